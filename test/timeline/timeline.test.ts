import { describe, expect, test } from 'vitest';
import { ConnectionTable } from '../../src/core/connection-table.ts';
import { compileFilter } from '../../src/filter/filter.ts';
import { Arena, longestText } from '../../src/timeline/arena.ts';
import { ExchangeFlag } from '../../src/timeline/exchange-table.ts';
import { RowRecords } from '../../src/timeline/row-record.ts';
import { Timeline } from '../../src/timeline/timeline.ts';
import * as build from '../support/records.ts';
import { ms, shopTimeline } from '../support/shop.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe('arena', () => {
  test('equal texts have one name, the empty text has name 0', () => {
    const arena = new Arena();
    const name = arena.name(bytes('/products'), 0, 9);
    expect(arena.name(bytes('x/products'), 1, 10)).toBe(name);
    expect(arena.name(bytes(''), 0, 0)).toBe(0);
    expect(arena.latin1(name)).toBe('/products');
    expect(arena.latin1(0)).toBe('');
  });

  test('keeps texts across chunks, cuts what is too long', () => {
    const arena = new Arena();
    const names = Array.from({ length: 5000 }, (_, i) => arena.name(bytes(`/${i}/`.padEnd(200, 'x')), 0, 200));
    expect(arena.latin1(names[4999]!)).toMatch(/^\/4999\/x+$/);
    expect(arena.latin1(names[0]!)).toMatch(/^\/0\/x+$/);
    const long = arena.name(new Uint8Array(longestText + 100).fill(0x61), 0, longestText + 100);
    expect(arena.latin1(long).length).toBe(longestText);
  });

  test('beyond its bound texts are empty', () => {
    const arena = new Arena(1 << 19);
    let name = 1;
    for (let i = 0; name !== 0 && i < 1e6; i++) name = arena.name(bytes(`${i}`.padEnd(1000, '.')), 0, 1000);
    expect(name).toBe(0);
    expect(arena.bytes).toBeLessThanOrEqual(1 << 20);
  });
});

describe('rows', () => {
  test('an exchange is a row from its request on, and grows', () => {
    const timeline = new Timeline();
    const on = build.openConnection({}, new ConnectionTable());
    const request = 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n';
    timeline.progress(build.exchange({ on, id: 1, request, times: [1 * ms, 2 * ms], packets: [3, 3] }));
    const { exchanges: x } = timeline;
    expect([x.count, x.has(0, ExchangeFlag.done), x.duration(0)]).toEqual([1, false, NaN]);
    const response = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n';
    timeline.exchange(build.exchange({ on, id: 1, request, response, times: [1 * ms, 2 * ms, 3 * ms, 9 * ms], packets: [3, 3, 4, 6] }));
    expect([x.count, x.has(0, ExchangeFlag.done), x.duration(0), x.status.at(0)]).toEqual([1, true, 8 * ms, 200]);
    expect(timeline.takeTouched()?.length).toBe(1);
    expect(timeline.takeTouched()?.length).toBe(0);
  }); // prettier-ignore

  test('frames know their message, conversations their exchange', () => {
    const timeline = shopTimeline();
    const talk = timeline.conversations.at(0);
    expect([talk.exchange, talk.frames, talk.messages, talk.bytes]).toEqual([6, 6, 6, [41, 67]]);
    expect(timeline.exchanges.conversation.at(5)).toBe(0);
    expect([...timeline.rowsOf(talk, 'frames')].map((row) => timeline.messages.ordinal.at(timeline.frames.message.at(row)))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(timeline.messages.code.at(talk.close[0])).toBe(1000);
  }); // prettier-ignore

  test('a message of several frames claims them, whatever comes in between', () => {
    const timeline = new Timeline();
    const on = build.openConnection({}, new ConnectionTable());
    const frame = (id: number, opcode: number, fin: boolean, from: 'client' | 'server' = 'client'): void =>
      timeline.frame(build.frame({ on, id, opcode, fin, from, payload: 'ab' }));
    frame(1, 1, false);
    frame(2, 9, true);
    timeline.message(build.message({ on, id: 2, kind: 'ping', data: 'ab' }));
    frame(3, 1, true, 'server');
    timeline.message(build.message({ on, id: 3, from: 'server', data: 'ab' }));
    frame(4, 0, true);
    timeline.message(build.message({ on, id: 1, data: 'abab', frames: 2 }));
    expect([0, 1, 2, 3].map((row) => timeline.frames.message.at(row))).toEqual([2, 0, 1, 2]);
  });

  test('diagnostics mark their rows, also those that come before their exchange', () => {
    const timeline = new Timeline();
    const on = build.openConnection({}, new ConnectionTable());
    timeline.diagnostic(build.diagnostic('http.bare-lf', { exchange: 1 }));
    timeline.exchange(build.exchange({ on, id: 1, request: 'GET / HTTP/1.1\r\n\r\n', times: [0, 0] }));
    timeline.diagnostic(build.diagnostic('http.bare-cr', { exchange: 1 }));
    expect(timeline.exchanges.severity.at(0)).toBe(3);
  });

  test('a million rows take less than 150 bytes each, beside their texts', () => {
    const timeline = new Timeline();
    expect(timeline.exchanges.bytesPerRow).toBeLessThanOrEqual(150);
  });
});

test('filters find the same in rows as in the records they were made from', () => {
  const timeline = shopTimeline();
  const records = new RowRecords(timeline);
  const rows = (expression: string): number[] => {
    const filter = compileFilter(expression);
    return Array.from({ length: timeline.exchanges.count }, (_, row) => row).filter((row) => filter.exchange(records.exchange(row)));
  };
  expect(rows('status == 404')).toEqual([2]);
  expect(rows('status >= 400 and method == GET')).toEqual([2, 4]);
  expect(rows('path contains "missing" or host == "nowhere"')).toEqual([2]);
  expect(rows('duration > 1')).toEqual([3]);
  expect(rows('type == "application/json" and query == "page=2"')).toEqual([1]);
  expect(rows('ip.addr == 192.0.2.0/24')).toEqual([0, 1, 2, 3, 4]);
  expect(rows('tcp.port == 40001')).toEqual([5]);
  expect(rows('frame.number == 31')).toEqual([2]);
}); // prettier-ignore
