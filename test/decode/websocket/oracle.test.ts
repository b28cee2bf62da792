/** Random conversations written by the `ws` package: the decoder must see the messages that were said, and the receiver's. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { MessageEnd } from '../../../src/core/sinks.ts';
import { opcodeName } from '../../../src/core/websocket.ts';
import { WebSocketDecoder } from '../../../src/decode/websocket/websocket-decoder.ts';
import { closePayload } from '../../support/websocket-frame.ts';
import { WebSocketLog } from '../../support/websocket-log.ts';
import { type PeerMessage, type Utterance, receiveAll, sendAll } from '../../support/ws-peer.ts';

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc
      .array(fc.constantFrom('{"type":"tick","id":', '42', '"name":"', 'añb€😀', '"},'), { maxLength: 400 })
      .map((s) => s.join('')),
  )
  .map((value) => Buffer.from(value));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.tuple(fc.integer({ min: 0, max: 255 }), fc.nat(70_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
  fc.nat(1 << 30).map(noise),
);
const controlBytes = fc.uint8Array({ maxLength: 125 }).map((data) => Buffer.from(data));
const control: fc.Arbitrary<PeerMessage> = fc.record({ kind: fc.constantFrom('ping', 'pong'), data: controlBytes });

/** Data that does not compress: more than a window of it, so that stored blocks and old distances occur. */
function noise(seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: 40_000 }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) | 0) >>> 16);
}

function dataMessage(kind: 'text' | 'binary', data: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Utterance> {
  return fc
    .record({
      data: data.map((value) => Buffer.from(value)),
      cuts: fc.array(fc.nat(1000), { maxLength: 3 }),
      compress: fc.boolean(),
      between: fc.option(control, { nil: undefined }),
    })
    .map(({ data: value, cuts, compress, between }) => ({
      kind,
      data: value,
      fragments: [...cuts, 0],
      compress,
      ...(between !== undefined && { between }),
    }));
}

const utterance: fc.Arbitrary<Utterance> = fc.oneof(
  { weight: 4, arbitrary: dataMessage('text', text) },
  { weight: 3, arbitrary: dataMessage('binary', bytes) },
  { weight: 1, arbitrary: control.map((message) => ({ ...message, fragments: [], compress: false })) },
);
const closing = fc
  .tuple(fc.constantFrom(1000, 1001, 1011, 3000, 4999), fc.constantFrom('', 'bye', 'größer als gedacht €'))
  .map(([code, reason]): Utterance => ({
    kind: 'close',
    data: closePayload(code, reason),
    fragments: [],
    compress: false,
  }));
const conversation = fc
  .tuple(fc.array(utterance, { maxLength: 12 }), fc.option(closing))
  .map(([said, last]) => (last === null ? said : [...said, last]));

const agreements: [extensions: string | undefined, params: Record<string, boolean | number> | null][] = [
  [undefined, null],
  ['permessage-deflate', {}],
  ['permessage-deflate; server_no_context_takeover', { server_no_context_takeover: true }],
  ['permessage-deflate; client_no_context_takeover', { client_no_context_takeover: true }],
  [
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    { server_no_context_takeover: true, client_no_context_takeover: true },
  ],
  [
    'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9',
    { server_max_window_bits: 9, client_max_window_bits: 9 },
  ],
  [
    'permessage-deflate; server_max_window_bits="10"; client_max_window_bits=12',
    { server_max_window_bits: 10, client_max_window_bits: 12 },
  ],
];

describe.each(agreements)('%s', (extensions, params) => {
  test.each([
    ['client', 0],
    ['server', 1],
  ] as const)('the %s speaks', async (_name, side) => {
    await fc.assert(
      fc.asyncProperty(conversation, fc.infiniteStream(fc.integer({ min: 1, max: 3000 })), async (said, lengths) => {
        const sent = await sendAll(side === 1, params, said);
        const heard = await receiveAll(side === 0, params, sent);
        const log = new WebSocketLog();
        const decoder = new WebSocketDecoder(log, { extensions });
        for (let at = 0; at < sent.length;) {
          const end = Math.min(sent.length, at + lengths.next().value);
          decoder.bytes(side, sent, at, end);
          at = end;
        }
        const seen = log.messages.map(({ opcode, data }) => ({ kind: opcodeName(opcode), data: data.toString('hex') }));
        const inHex = ({ kind, data }: PeerMessage): object => ({ kind, data: data.toString('hex') });
        expect(seen).toEqual(heard.map(inHex));
        expect(seen).toEqual(said.flatMap(inOrder).map(inHex));
        expect(log.reports).toEqual([]);
        expect(log.messages.every(({ end }) => end === MessageEnd.complete)).toBe(true);
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});

/** In the order in which they are whole. */
function inOrder(said: Utterance): PeerMessage[] {
  if (said.between === undefined) return [said];
  return said.fragments.length === 1 ? [said, said.between] : [said.between, said];
}
