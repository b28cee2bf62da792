import { expect, test } from 'vitest';

import type { Side } from '../../../src/core/side.ts';
import { websocket } from '../../../src/decode/websocket/websocket.ts';
import { binary, closePayload, frameBytes, text } from '../../support/websocket-frame.ts';

const key = 0x9acb0442;

test.each<[name: string, side: Side, bytes: Buffer, likeness: string]>([
  ['masked text', 0, text('hello', { key }), 'yes'],
  ['text', 1, text('{"type":"tick"}'), 'yes'],
  ['a close frame', 1, frameBytes({ opcode: 8, payload: closePayload(1000) }), 'yes'],
  ['text after binary', 1, Buffer.concat([binary('a'), text('hello')]), 'yes'],
  [
    'some masked binary frames',
    0,
    Buffer.concat([binary('a', { key }), binary('b', { key }), binary('c', { key })]),
    'yes',
  ],
  ['some binary frames', 1, Buffer.concat([binary('a'), binary('b'), binary('c'), binary('d')]), 'yes'],
  ['one binary frame proves nothing', 1, binary('payload'), 'no'],
  ['one empty ping proves nothing', 0, frameBytes({ opcode: 9, key }), 'no'],
  ['text of very few letters proves nothing', 1, text('abc'), 'no'],
  ['text that is not UTF-8', 1, text(Buffer.from('616263c0', 'hex')), 'no'],
  ['a close code that may not be sent', 1, frameBytes({ opcode: 8, payload: closePayload(1006) }), 'no'],
  ['a mask from the server', 1, text('hello', { key }), 'no'],
  ['no mask from the client', 0, text('hello'), 'no'],
  ['a frame that goes on', 1, text('hello').subarray(0, 5), 'no'],
  ['bytes left over', 1, Buffer.concat([text('hello'), Buffer.from([0x81])]), 'no'],
  ['an HTTP request', 0, Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'no'],
  ['an HTTP response', 1, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 'no'],
  ['a TLS record', 0, Buffer.from('160301000501000001', 'hex'), 'no'],
  ['zeros', 1, Buffer.alloc(100), 'no'],
  ['nothing', 1, Buffer.alloc(0), 'no'],
])('%s', (_name, side, bytes, likeness) => {
  expect(websocket.looksLike(side, bytes, 0, bytes.length)).toBe(likeness);
});

test('random segments are hardly ever taken for frames', () => {
  let state = 1;
  const segment = new Uint8Array(64);
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    for (let j = 0; j < segment.length; j++)
      segment[j] = (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24;
    const length = 4 + (i % 60);
    if (websocket.looksLike((i & 1) as Side, segment, 0, length) === 'yes') taken++;
  }
  expect(taken).toBeLessThanOrEqual(2);
});
