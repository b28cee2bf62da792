/** What the detail pane says of bodies, bytes and TLS, as text. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodedLines } from '../../src/dashboard/detail/body-view.ts';
import { hexLines } from '../../src/dashboard/detail/hex.ts';
import { http2Lines, http2Totals } from '../../src/dashboard/detail/http2-facts.ts';
import { tlsLines } from '../../src/dashboard/detail/tls-facts.ts';
import { masked, WirePlaces } from '../../src/dashboard/detail/wire-places.ts';
import { line, lineText, span, type Line, type Span } from '../../src/dashboard/styled.ts';
import type { Http2Facts } from '../../src/core/sinks.ts';
import type { PacketDetail } from '../../src/timeline/details.ts';
import { ConnectionTable } from '../../src/core/connection-table.ts';
import { Timeline } from '../../src/timeline/timeline.ts';
import { shop } from '../support/shop.ts';
import * as build from '../support/records.ts';
import { Stage } from './stage.ts';

const texts = (lines: readonly Line[]): string[] => lines.map(lineText);

/** A packet of 20 bytes of TCP header and some text. */
function packet(number: number, sequence: number, text: string, side: 0 | 1 = 0): PacketDetail {
  const data = Buffer.concat([Buffer.alloc(20), Buffer.from(text, 'latin1')]);
  data.writeUInt32BE(sequence >>> 0, 4);
  return { packet: number, time: 0, side, data, tcp: 0, payload: 20, end: data.length, wireLength: data.length };
}

test('each line of a hex dump knows the packet its bytes came in', () => {
  // Out of order, sent twice, across the end of the sequence numbers.
  const packets = [packet(3, -8, 'GET /one'), packet(5, 20, '5678'), packet(6, -8, 'GET /one'), packet(7, 0, 'x'.repeat(20)), packet(8, 0, 'reply', 1)];
  const places = new WirePlaces(packets, 0);
  const bytes = Buffer.from(`GET /one${'x'.repeat(20)}5678`);
  expect(texts(hexLines(bytes, 0, (start, end) => places.packetOf(bytes.subarray(start, end))))).toEqual([
    '0000  47 45 54 20 2f 6f 6e 65  78 78 78 78 78 78 78 78  GET /onexxxxxxxx  packet 3',
    '0010  78 78 78 78 78 78 78 78  78 78 78 78 35 36 37 38  xxxxxxxxxxxx5678  packet 7',
  ]);
}); // prettier-ignore

test('bytes that are not there as shown have no packet, framing in between is passed over', () => {
  const places = new WirePlaces([packet(1, 0, 'HEAD\r\n5\r\nhello\r\n'), packet(2, 16, '5\r\nworld\r\n0\r\n\r\n')], 0);
  const at = (text: string): number => places.packetOf(Buffer.from(text));
  expect([at('HEAD\r\n'), at('hello'), at('elsewhere'), at('world')]).toEqual([1, 1, 0, 2]);
});

test('masking is its own inverse', () => {
  const data = Buffer.from('Hello, mask');
  expect(Buffer.from(masked(data, 0x37fa213d)).toString('hex').slice(0, 10)).toBe('7f9f4d5158');
  expect(Buffer.from(masked(masked(data, 0x9acb0442), 0x9acb0442))).toEqual(data);
});

test('gRPC messages are shown by their wire fields, unpacked where they are gzip', () => {
  const message = Buffer.from('0a044c414d501003', 'hex');
  const framed = (data: Buffer, flag: number): Buffer => {
    const head = Buffer.from([flag, 0, 0, 0, data.length]);
    return Buffer.concat([head, data]);
  };
  const body = Buffer.concat([framed(message, 0), framed(gzipSync(message), 1), framed(Buffer.from('zz'), 1), Buffer.from([0, 0, 0, 0, 9, 1])]);
  const shown = texts(decodedLines({ body, truncated: false, contentType: 'application/grpc+proto', name: '' }, new Set(), 80));
  expect(shown).toEqual([
    'message 1  8 bytes', '  1 text "LAMP"', '  2 varint 3',
    'message 2  28 bytes packed', '  1 text "LAMP"', '  2 varint 3',
    'message 3  2 bytes packed, in a coding that is not undone',
    'message 4  1 byte, cut',
  ]);
}); // prettier-ignore

test('TLS: decrypted or why not, and what was agreed', () => {
  const fact = (name: string, ...value: Line['spans']): Line => line(span(`${name}: `), ...value);
  const shown = texts(tlsLines({
    version: 'TLS 1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni: 'a.example', decrypted: false, reason: 'no secrets', ja4: 't13d',
    offered: { versions: [], ciphers: [], alpn: ['h2', 'http/1.1'] },
    alerts: [{ from: 'client', level: 'fatal', description: 'bad_certificate' }, { from: 'server', level: 'warning', description: 'close_notify' }],
  }, fact, 80));
  expect(shown).toEqual([
    'tls: TLS 1.3  ✗ not decrypted', ': no secrets', 'cipher: TLS_AES_128_GCM_SHA256', 'server name: a.example',
    'alpn: none known  offered: h2, http/1.1', 'ja4: t13d', 'alert: bad_certificate  fatal, from the client',
  ]);
}); // prettier-ignore

test('a message says what it is to its subprotocol', () => {
  const made = shop();
  const on = build.openConnection({}, new ConnectionTable());
  const { timeline } = made;
  const payload = '42["price",{"sku":"LAMP-7"}]';
  timeline.frame(build.frame({ on, id: 50, from: 'server', opcode: 1, payload }));
  timeline.message(build.message({ on, id: 50, from: 'server', data: payload }));
  const stage = new Stage({ timeline, details: made.details }, 120, 36);
  expect(stage.press('2 G l').screen()).toContain('event price  42["price",{"sku":"LAMP-7"}]');
});

test('a conversation whose opening was not captured is among the exchanges', () => {
  const timeline = new Timeline();
  const on = build.openConnection({ server: '198.51.100.7:9001' }, new ConnectionTable());
  timeline.frame(build.frame({ on, id: 1, opcode: 1, payload: 'late' }));
  const stage = new Stage({ timeline, details: shop().details }, 120, 24);
  expect(stage.screen()).toMatch(/WS +198\.51\.100\.7\S* +opening not captured +– ws 1/);
  expect(stage.press('enter').state.view).toBe('websocket');
});

test('an HTTP/2 connection as a whole: streams over time, windows, settings, why it ended', () => {
  const facts: Http2Facts = {
    streams: 12, concurrentStreams: 4, pushedStreams: 1, resetStreams: 0,
    settings: { client: { ENABLE_PUSH: 1, INITIAL_WINDOW_SIZE: 30_000 }, server: { MAX_CONCURRENT_STREAMS: 100 } },
    frames: { client: { HEADERS: 11 }, server: { DATA: 22 } },
    stalled: { client: 0, server: 0.012 },
    ping: { count: 2, shortest: 0.001, longest: 0.003 },
    goaway: ['NO_ERROR from the client, last stream 2'],
    course: { interval: 0.008, streams: [1, 4, 2, 0], window: { client: [65_535, 65_535, 65_535, 65_535], server: [65_535, 0, 0, 40_000] } },
  };
  const fact = (name: string, ...value: readonly Span[]): Line => line(span(`${name}:`), ...value);
  expect(http2Totals(facts)).toBe('12 streams, at most 4 open at once, 1 pushed');
  expect(texts(http2Lines(facts, fact, 48))).toEqual([
    'open:  ▂█▄   8.00 ms a column, at most 4',
    'may send:▲ ████  at least 65.5 kB',
    ':▼ █▁▁▅  used up',
    'stalled:▲ –  ▼ 12.0 ms  without window',
    'settings:▲ enable push 1',
    ':  initial window size 30,000',
    ':▼ max concurrent streams 100',
    'frames:▲ headers 11',
    ':▼ data 22',
    'ping:1.00 ms to 3.00 ms  2 answers',
    'goaway:NO_ERROR from the client, last stream 2',
  ]);
  // In one column there is nothing to see; more columns than there is room for are joined.
  expect(texts(http2Lines({ ...facts, course: { ...facts.course!, streams: [1] } }, fact, 48))[0]).toContain('stalled');
  const many = { interval: 0.001, streams: Array(32).fill(3), window: { client: Array(32).fill(9), server: Array(32).fill(9) } };
  expect(texts(http2Lines({ ...facts, course: many }, fact, 30))[0]).toBe(`open:  ${'█'.repeat(16)}  2.00 ms a column, at most 3`);
}); // prettier-ignore
