import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors.ts';
import { defaultColumns, ListExporter, narrowColumns, type ListSettings } from '../../src/export/list.ts';
import { listColumns } from '../../src/export/list-columns.ts';
import type { LensJson } from '../../src/timeline/trace-format.ts';
import { exchange, facts, message, upgrade } from '../insight/built-records.ts';
import { CapturedOutput } from './captured-output.ts';

function listed(fill: (list: ListExporter) => void, settings: Partial<ListSettings> = {}): string[] {
  const output = new CapturedOutput();
  const list = new ListExporter(output, { columns: narrowColumns, time: 'relative', ...settings });
  list.capture(facts);
  fill(list);
  list.summary();
  return output.text.split('\n').slice(0, -1);
}

test('a conversation reads like this', async () => {
  const lines = listed(
    (list) => {
      list.exchange(exchange({ request: 'GET /style.css HTTP/1.1\nHost: shop.example' }));
      list.exchange(exchange({ id: 2, connection: 3, time: 12.5e9, wait: 1.5e9, request: 'OPTIONS * HTTP/1.1\nHost: shop.example', response: 'HTTP/1.1 204 No Content', responseBytes: 0 }));
      list.exchange(exchange({ id: 3, request: '' }));
      list.exchange(exchange({ id: 4, response: '' }));
      list.exchange(exchange({ id: 5, request: 'GET /chat HTTP/1.1\nHost: shop.example\nUpgrade: websocket', response: 'HTTP/1.1 101 Switching Protocols', responseBytes: 0 }));
      list.upgrade(upgrade({ exchange: 5 }));
      list.message(message(0, 'text', 'hello\r\nworld \x1b[31m'));
      list.message(message(1, 'binary', Uint8Array.from({ length: 30 }, (_, i) => i * 9)));
      list.message(Object.assign(message(1, 'close', ''), { code: 1000, reason: 'bye' }));
      list.message(message(0, 'ping', ''));
    },
    { columns: defaultColumns },
  ); // prettier-ignore
  await expect(lines.join('\n') + '\n').toMatchFileSnapshot('list.txt');
});

describe('messages as their subprotocol reads them', () => {
  const columns = 'kind type label reply url'.split(' ');

  function line(kind: 'text' | 'binary', data: string | Uint8Array, reading: LensJson | undefined): string {
    const record = message(0, kind, data);
    record.reader = { read: () => reading };
    return listed((list) => list.message(record), { columns })[0]!.replace(/ +/g, ' ');
  }

  test.each<[string, 'text' | 'binary', string, LensJson | undefined, string]>([
    ['a label stands before the text', 'text', '42["added"]', { name: 'socket.io', label: 'event added', id: '#1', body: ['added'] }, 'text socket.io event\\x20added #1 event added · 42["added"]'],
    ['a binary message is shown decoded', 'binary', '\x30\x01', { name: 'MQTT', label: 'PUBLISH a', body: { topic: 'a' } }, 'binary MQTT PUBLISH\\x20a - PUBLISH a · {"topic":"a"}'],
    ['JSON says itself what it is', 'text', '{"type":"price"}', { name: 'JSON', label: 'price' }, 'text JSON price - {"type":"price"}'],
    ['a label is captured text', 'text', '42["\x1b[2J"]', { name: 'socket.io', label: 'event \x1b[2J' }, 'text socket.io event\\x20\\x1b[2J - event \\x1b[2J · 42["\\x1b[2J"]'],
    ['what nobody knows is shown as it is', 'text', 'hello', undefined, 'text - - - hello'],
  ])('%s', (_, kind, data, reading, expected) => expect(line(kind, data, reading)).toBe(expected)); // prettier-ignore
});

describe('cells', () => {
  const hostile = exchange({
    request: 'GET /a b\x1b]0;x\x07 HTTP/1.1\nHost: h ost\u0085',
    response: 'HTTP/1.1 200 OK\nContent-Type: text/\x1b[2J html',
  });

  test('hold no spaces and no controls, whatever was captured', () => {
    const columns = [...Object.keys(listColumns).filter((name) => name !== 'url'), 'url'];
    const [line] = listed((list) => list.exchange(hostile), { columns });
    expect(line).not.toMatch(/\p{Cc}/u);
    const cells = line!.trim().split(/ +/);
    expect(cells[columns.indexOf('type')]).toBe('text/\\x1b[2j\\x20html');
    expect(cells[columns.indexOf('host')]).toBe('h\\x20ost\\x85');
    expect(cells.slice(0, columns.length).every((cell) => cell !== '')).toBe(true);
  });

  test.each(Object.entries(listColumns))('%s is never empty', (_name, column) => {
    const context = { epoch: 0n, time: 'relative', client: '-', server: '-' } as const;
    for (const record of [exchange(), exchange({ request: '' }), exchange({ response: '' })]) {
      expect(column.exchange(record, context)).not.toBe('');
    }
    for (const kind of ['text', 'binary', 'close', 'ping', 'event'] as const) {
      expect(column.message(message(1, kind, ''), context)).not.toBe('');
    }
    expect(column.upgrade(upgrade(), context)).not.toBe('');
  });

  test('a column that is too narrow grows once, and later lines keep to it', () => {
    const lines = listed(
      (list) => {
        list.exchange(exchange({ response: 'HTTP/1.1 200 OK\nContent-Type: application/vnd.example+json' }));
        list.exchange(exchange());
      },
      { columns: ['type', 'url'] },
    );
    expect(lines).toEqual([
      'application/vnd.example+json http://example.com/',
      'text/html                    http://example.com/',
    ]);
  });

  test('endless URLs and texts are cut', () => {
    const long = 'x'.repeat(100_000);
    const lines = listed((list) => {
      list.exchange(exchange({ request: `GET /${long} HTTP/1.1` }));
      list.message(message(0, 'text', 'é'.repeat(10_000)));
      list.message(message(0, 'binary', Buffer.from(long)));
    });
    expect(lines[0]!.length).toBeLessThan(2200);
    expect(lines[1]).toMatch(/é…$/);
    expect(lines[2]).toMatch(/78 78 …$/);
  });

  test('a text that is no UTF-8 shows as bytes', () => {
    expect(listed((list) => list.message(message(0, 'text', Uint8Array.of(0xff, 0xfe))))[0]).toMatch(/ ff fe$/);
  });
});

test.each([
  ['relative', '1.500000'],
  ['absolute', '1795361584.500000000'],
  ['iso', '2026-11-22T15:33:04.500000Z'],
] as const)('%s times', (time, expected) => {
  const lines = listed((list) => list.exchange(exchange({ time: 1.5e9 })), { time, columns: ['time'] });
  expect(lines[0]!.trim()).toBe(expected);
});

test('every line has as many cells as there are columns', () => {
  const lines = listed(
    (list) => {
      list.exchange(exchange({ request: '', response: 'HTTP/1.1 404 Not Found' }));
      list.upgrade(upgrade());
      list.message(message(0, 'pong', ''));
    },
    { columns: defaultColumns.slice(0, -1) },
  );
  expect(lines.map((line) => line.trim().split(/ +/).length)).toEqual([10, 10, 10]);
});

test('the first line is written at once, later ones in large pieces', () => {
  const output = new CapturedOutput();
  const list = new ListExporter(output, { columns: narrowColumns, time: 'relative' });
  list.exchange(exchange());
  expect(output.writes.length).toBe(1);
  for (let i = 0; i < 100; i++) list.exchange(exchange());
  expect(output.writes.length).toBe(1);
  list.flush();
  expect(output.writes.length).toBe(2);
});

test('a header names the columns', () => {
  const lines = listed((list) => list.exchange(exchange()), { header: true, columns: ['id', 'status', 'url'] });
  expect(lines).toEqual(['   id status url', '    1    200 http://example.com/']);
});

test('on a terminal lines end where it does', () => {
  const lines = listed((list) => list.exchange(exchange({ request: 'GET /a/long/path HTTP/1.1\nHost: example.com' })), {
    columns: ['stream', 'status', 'url'],
    lineWidth: 30,
  });
  expect(lines).toEqual(['   0  200 http://example.com/…']);
});

test.each([
  [['time', 'colour'], 'there is no column "colour"'],
  [['url', 'time'], 'the column "url" holds free text and can only be the last'],
])('columns %j are refused', (columns, problem) => {
  expect(() => new ListExporter(new CapturedOutput(), { columns, time: 'relative' })).toThrow(UsageError);
  expect(() => new ListExporter(new CapturedOutput(), { columns, time: 'relative' })).toThrow(problem);
});
