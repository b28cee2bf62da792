/** What a conversation has agreed on decides how its messages are read, until it ends; all who ask get one reading. */
import { expect, test } from 'vitest';
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
