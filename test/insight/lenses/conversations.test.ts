/** What a conversation has agreed on decides how its messages are read, until it ends; all who ask get one reading. */
import { describe, expect, test } from 'vitest';
import { MessageLenses } from '../../../src/insight/lenses/message-lenses.ts';
import type { MessageRecord } from '../../../src/timeline/records.ts';
import { message, openConnection, type OpenConnection } from '../../support/records.ts';

const connect = Uint8Array.of(0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 30, 0, 0, 1, 0x61);
/** With a property section, as MQTT 5 has it. */
const publish = Uint8Array.of(0x30, 6, 0, 1, 0x61, 0, 0x6f, 0x6e);
const array = '[48,7,{},"shop.add"]';

function said(lenses: MessageLenses, on: OpenConnection, data: string | Uint8Array, stream = -1): MessageRecord {
  const record = message({ on, data, kind: typeof data === 'string' ? 'text' : 'binary' });
  record.stream = stream;
  lenses.message(record);
  return record;
}

test('an agreed subprotocol is looked through first, on its own stream alone', () => {
  const lenses = new MessageLenses();
  const on = openConnection();
  lenses.agreed(0, 1, 'WAMP.2.json');
  expect(said(lenses, on, array, 1).lens?.name).toBe('WAMP');
  expect(said(lenses, on, array, 3).lens?.name).toBe('JSON');
  lenses.ended(0);
  expect(said(lenses, on, array, 1).lens?.name).toBe('JSON');
});

test('the version that CONNECT names is remembered', () => {
  const lenses = new MessageLenses();
  const on = openConnection();
  expect(said(lenses, on, publish).lens?.name).not.toBe('MQTT');
  expect(said(lenses, on, connect).lens?.label).toBe('CONNECT a (MQTT 5)');
  expect(said(lenses, on, publish).lens).toMatchObject({ name: 'MQTT', label: 'PUBLISH a', body: { payload: 'on' } });
});

test('a message is read once, and what was cut is not read at all', () => {
  const lenses = new MessageLenses();
  const record = said(lenses, openConnection(), '{"type":"price"}');
  expect(record.lens).toBe(record.lens);
  const cut = message({ data: '{"type":"price"}' });
  cut.body.truncated = true;
  lenses.message(cut);
  expect(cut.lens).toBeUndefined();
});

const label = (record: MessageRecord): string | undefined => record.lens && `${record.lens.name}: ${record.lens.label}`;

describe('MQTT packets are not bound to messages', () => {
  const older = Uint8Array.of(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 30, 0, 1, 0x61);
  const telling = Uint8Array.of(0x30, 5, 0, 1, 0x61, 0x6f, 0x6e);
  const start = (): [MessageLenses, (data: Uint8Array) => string | undefined] => {
    const lenses = new MessageLenses();
    const on = openConnection();
    lenses.agreed(0, -1, 'mqtt');
    return [lenses, (data) => label(said(lenses, on, data))];
  };

  test('a packet in pieces is read with its last', () => {
    const [, say] = start();
    expect([...older].map((byte) => say(Uint8Array.of(byte)))).toEqual([
      ...Array<string>(14).fill('MQTT: part of CONNECT'),
      'MQTT: CONNECT a (MQTT 3.1.1)',
    ]);
  });

  test('a message with the end of one and the beginning of the next', () => {
    const [, say] = start();
    expect(say(older)).toBe('MQTT: CONNECT a (MQTT 3.1.1)');
    expect(say(telling.subarray(0, 4))).toBe('MQTT: part of PUBLISH');
    expect(say(Buffer.concat([telling.subarray(4), telling, telling.subarray(0, 2)]))).toBe(
      'MQTT: PUBLISH a and 1 more',
    );
    expect(say(telling.subarray(2))).toBe('MQTT: PUBLISH a');
  });

  test('a packet too long to be kept is counted through', () => {
    const [, say] = start();
    const long = Buffer.concat([Uint8Array.of(0x30, 0xff, 0xff, 0x7f, 0, 1, 0x61), Buffer.alloc(0x1fffff - 3)]);
    const labels = [0, 1, 2, 3].map((i) => say(long.subarray(i * 1_000_000, (i + 1) * 1_000_000)));
    expect(labels).toEqual([...Array<string>(3).fill('MQTT: part of PUBLISH'), undefined]);
    expect(say(telling)).toBe('MQTT: PUBLISH a');
  });

  test('after a message that was not seen whole, whole packets tell where one begins', () => {
    const [lenses, say] = start();
    const cut = message({ on: openConnection(), data: telling.subarray(0, 4), kind: 'binary' });
    cut.complete = false;
    lenses.message(cut);
    expect(say(telling.subarray(3))).toBeUndefined();
    expect(say(telling)).toBe('MQTT: PUBLISH a');
    expect(say(telling.subarray(0, 3))).toBe('MQTT: part of PUBLISH');
  });
});

test('binary messages that a socket.io packet has announced', () => {
  const lenses = new MessageLenses();
  const on = openConnection();
  said(lenses, on, '452-["photo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
  const [first, second, third] = [1, 2, 3].map((n) => label(said(lenses, on, Uint8Array.of(n, 0xc1))));
  expect(first).toBe('socket.io: attachment 1 of 2: binary event photo');
  expect(second).toBe('socket.io: attachment 2 of 2: binary event photo');
  expect(third).toBeUndefined();
});

test('what a client of SockJS sends', () => {
  const lenses = new MessageLenses();
  const on = openConnection();
  expect(label(said(lenses, on, '["x"]'))).toBe('JSON: array');
  const open = message({ on, data: 'o', from: 'server' });
  lenses.message(open);
  expect(label(open)).toBe('SockJS: open');
  expect(label(said(lenses, on, '["x"]'))).toBe('SockJS: message');
  expect(label(said(lenses, on, '["SEND\\ndestination:/a\\n\\nhi\\u0000"]'))).toBe('STOMP: SEND /a');
});
