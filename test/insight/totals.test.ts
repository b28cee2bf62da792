import { describe, expect, test } from 'vitest';
import { Counter } from '../../src/insight/counter.ts';
import { Distribution } from '../../src/insight/distribution.ts';
import { Slowest } from '../../src/insight/slowest.ts';
import { Totals } from '../../src/insight/totals.ts';
import { Upgrades } from '../../src/insight/upgrades.ts';
import { connection, diagnostic, exchange, frame, message, upgrade } from './built-records.ts';
import { exchange as parsedExchange } from '../support/records.ts';

describe('Counter', () => {
  test('names the most frequent first, then the largest, then by alphabet', () => {
    const counter = new Counter(10);
    for (const [name, bytes] of [['b', 1], ['a', 1], ['c', 9], ['d', 1], ['d', 1]] as const) counter.add(name, bytes); // prettier-ignore
    expect(counter.top().map(({ name }) => name)).toEqual(['d', 'c', 'a', 'b']);
    expect(counter.top(1)).toEqual([{ name: 'd', count: 2, bytes: 2 }]);
  });

  test('keeps no more names than it may, and counts all', () => {
    const counter = new Counter(3);
    for (let i = 0; i < 100; i++) counter.add(`made-up-${i}`, 2);
    counter.add('made-up-1', 5);
    expect(counter.size).toBe(3);
    expect(counter.others).toEqual({ name: 'others', count: 97, bytes: 194 });
    expect(counter.top(1)).toEqual([{ name: 'made-up-1', count: 2, bytes: 7 }]);
  });

  test('cuts endless names', () => {
    const counter = new Counter(3);
    counter.add('x'.repeat(100_000));
    expect(counter.top()[0]!.name.length).toBe(256);
  });
});

describe('Distribution', () => {
  test('knows percentiles to within 1.1 %', () => {
    const distribution = new Distribution();
    const values = Array.from({ length: 10_000 }, (_, i) => Math.exp(((i * 7919) % 10_000) / 600) * 1000);
    for (const value of values) distribution.add(value);
    values.sort((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const exact = values[Math.ceil(share * values.length) - 1]!;
      expect(Math.abs(distribution.percentile(share) / exact - 1)).toBeLessThan(0.011);
    }
    expect(distribution.percentile(1)).toBe(values.at(-1));
  });

  test.each([0, 0.5, 1, 7, 1e18])('of one number %d knows just that', (value) => {
    const distribution = new Distribution();
    distribution.add(value);
    expect([0, 0.5, 1].map((share) => distribution.percentile(share))).toEqual([value, value, value]);
    expect(distribution.shape(5).reduce((a, b) => a + b)).toBe(1);
  });

  test('of none is nothing', () => {
    expect(new Distribution().percentile(0.5)).toBe(0);
    expect(new Distribution().shape(3)).toEqual([0, 0, 0]);
  });

  test('its shape counts every number once', () => {
    const distribution = new Distribution();
    for (let i = 1; i <= 1000; i++) distribution.add(i * 1000);
    for (const columns of [1, 7, 32, 500]) expect(distribution.shape(columns).reduce((a, b) => a + b)).toBe(1000);
  });
});

describe('Slowest', () => {
  test('keeps the longest, longest first, of equals the first seen', () => {
    const slowest = new Slowest(3);
    for (const [i, wait] of [5, 9, 1, 9, 7, 8].entries()) slowest.exchange(exchange({ id: i, wait, receive: 0 }));
    expect(slowest.entries().map(({ id, duration }) => [id, duration])).toEqual([[1, 9], [3, 9], [5, 8]]); // prettier-ignore
  });

  test('leaves out what has no end', () => {
    const slowest = new Slowest(3);
    slowest.exchange(exchange({ response: '' }));
    expect(slowest.entries()).toEqual([]);
  });
});

describe('Upgrades', () => {
  const asked = exchange({ id: 7, request: 'GET /chat HTTP/1.1\nHost: a.example\nUpgrade: websocket' });

  test.each([
    ['before', true],
    ['after', false],
  ])('learn their URL from an exchange that comes %s', (_name, before) => {
    const upgrades = new Upgrades(10);
    if (before) upgrades.exchange(asked);
    upgrades.upgrade(upgrade({ exchange: 7 }));
    if (!before) upgrades.exchange(asked);
    expect(upgrades.entries()[0]!.url).toBe('http://a.example/chat');
  });

  test('learn the URL of an extended CONNECT', () => {
    const upgrades = new Upgrades(10);
    const request = 'CONNECT /chat HTTP/2.0\nHost: a.example\n:protocol: websocket\n\n';
    upgrades.exchange(parsedExchange({ id: 7, request }));
    upgrades.upgrade(upgrade({ exchange: 7 }));
    expect(upgrades.entries()[0]!.url).toBe('http://a.example/chat');
  });

  test('keep no more than they may, and count all', () => {
    const upgrades = new Upgrades(2);
    for (let i = 0; i < 5; i++) upgrades.upgrade(upgrade({ exchange: i, outcome: 'refused' }));
    expect(upgrades.entries().length).toBe(2);
    expect(upgrades.outcomes.refused).toBe(5);
  });
});

test('totals add up what they are given', () => {
  const totals = new Totals();
  totals.connection(connection(0, ['http/1.1', 'websocket']));
  totals.connection(connection(1));
  totals.exchange(exchange({ responseBytes: 100 }));
  totals.exchange(exchange({ response: 'HTTP/1.1 404 Not Found', responseBytes: 5 }));
  totals.exchange(exchange({ response: '' }));
  totals.exchange(exchange({ request: '' }));
  totals.frame(frame(0, 1, 'hello'));
  totals.frame(frame(1, 9, ''));
  totals.message(message(0, 'text', 'hello'));
  totals.diagnostic(diagnostic('tcp.gap', { packet: 3 }));
  totals.diagnostic(diagnostic('tcp.gap', { packet: 4 }));
  totals.diagnostic(diagnostic('tcp.retired'));
  totals.diagnostic(diagnostic('tcp.conflicting-overlap'));

  expect(totals.connections.count).toBe(2);
  expect(totals.connections.bytes).toEqual([2000, 40_000]);
  expect([...totals.connections.protocols]).toEqual([['http/1.1', 2], ['websocket', 1]]); // prettier-ignore
  expect([...totals.exchanges.states]).toEqual([['complete', 2], ['no-response', 1], ['no-request', 1]]); // prettier-ignore
  expect(totals.exchanges.methods.top()).toMatchObject([{ name: 'GET', count: 3 }]);
  expect(totals.exchanges.hosts.top()).toMatchObject([{ name: 'example.com', count: 3 }]);
  expect(totals.statuses.entries()).toEqual([{ status: 200, count: 2 }, { status: 404, count: 1 }]); // prettier-ignore
  expect([totals.statuses.ofClass(2), totals.statuses.unanswered]).toEqual([2, 1]);
  expect(totals.frames.entries()).toEqual([
    { opcode: 1, name: 'text', traffic: { count: [1, 0], bytes: [5, 0] } },
    { opcode: 9, name: 'ping', traffic: { count: [0, 1], bytes: [0, 0] } },
  ]);
  expect(totals.messages.entries()).toEqual([{ kind: 'text', traffic: { count: [1, 0], bytes: [5, 0] } }]);
  expect(totals.diagnostics.entries().map(({ code, count, firstPacket }) => [code, count, firstPacket])).toEqual([
    ['tcp.conflicting-overlap', 1, 7],
    ['tcp.gap', 2, 3],
    ['tcp.retired', 1, 7],
  ]);
  expect(totals.diagnostics.of('warning')).toBe(2);
});
