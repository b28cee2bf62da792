/** A small made-up capture as a timeline: every kind of row that the dashboard draws, and texts that want to do harm. */
import { ConnectionTable, type ProtocolName } from '../../src/core/connection-table.ts';
import type { DetailSource } from '../../src/timeline/details.ts';
import { fanOut } from '../../src/timeline/fan-out.ts';
import { KeptDetails } from '../../src/timeline/kept-details.ts';
import type { RecordSink } from '../../src/timeline/records.ts';
import { Timeline } from '../../src/timeline/timeline.ts';
import * as build from './records.ts';

export const ms = 1e6;

/** What a hostile peer would like a terminal to do: clear it, set its title, ring, turn the writing round. */
export const hostile = '\x1b[2J\x1b]0;owned\x07{red-fg}\u202e\x9b31m';

export interface Shop {
  readonly timeline: Timeline;
  readonly details: DetailSource;
}

export function shopTimeline(): Timeline {
  return shop().timeline;
}

export function shop(): Shop {
  const timeline = new Timeline();
  const kept = new KeptDetails();
  fill(fanOut([timeline, kept]));
  return { timeline, details: kept.source };
}

function fill(timeline: RecordSink): void {
  const table = new ConnectionTable();
  timeline.capture({ kind: 'file', name: 'shop.pcap', format: 'pcap', linkTypes: ['ETHERNET'], epoch: 1_795_361_583_000_000_000n });
  const first = build.openConnection({ client: '192.0.2.1:40000', server: '198.51.100.7:80' }, table);
  const second = build.openConnection({ client: '[2001:db8::1]:40001', server: '[2001:db8::7]:80' }, table);
  timeline.opened?.(table, first.slot, 1);
  timeline.opened?.(table, second.slot, 4);
  const get = (id: number, target: string, status: string, at: number, took: number, more = ''): void => {
    const request = `GET ${target} HTTP/1.1\r\nHost: shop.example\r\n\r\n`;
    const response = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${more}\r\n{"id":${id}}`;
    const times = [at * ms, at * ms, (at + took / 2) * ms, (at + took) * ms] as const;
    timeline.exchange(build.exchange({ on: first, id, request, response, times, packets: [id * 10, id * 10, id * 10 + 1, id * 10 + 2] }));
  };
  get(1, '/', '200 OK', 1, 4);
  get(2, '/products?page=2', '200 OK', 10, 120);
  get(3, '/missing', '404 Not Found', 140, 2);
  get(4, '/h%C3%A9llo/\u00e6\u00bc\u00a2\u00e5\u00ad\u0097', '200 OK', 150, 1500);
  get(5, `/${hostile}`, '500 Internal Server Error', 1700, 3);
  const upgrade = {
    request:
      'GET /live HTTP/1.1\r\nHost: shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    response:
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  };
  timeline.exchange(build.exchange({ on: second, id: 6, ...upgrade, times: [1800 * ms, 1800 * ms, 1801 * ms, 1801 * ms], packets: [70, 70, 71, 71] }));
  timeline.upgrade(build.upgrade({ connection: 1, exchange: 6, time: 1801 * ms, verdict: 'accepted: websocket' }));
  talk(timeline, second);
  timeline.diagnostic(build.diagnostic('http.bare-lf', { connection: 0, exchange: 5, time: 1700 * ms, packet: 50, side: 0 }));
  const protocols: ProtocolName[] = ['http/1.1'];
  timeline.connection(build.connection({ on: first, closedAt: 1800 * ms, closing: 'fin', protocols, handshakeRtt: 2 * ms, packets: [12, 11], bytes: [900, 4000], retransmissions: [0, 1] }));
} // prettier-ignore

function talk(timeline: RecordSink, on: build.OpenConnection): void {
  const rows: [from: 'client' | 'server', opcode: number, payload: string, kind: 'text' | 'ping' | 'pong' | 'close'][] =
    [
      ['client', 1, '{"subscribe":["LAMP-7"]}', 'text'],
      ['server', 1, '{"price":49.9}', 'text'],
      ['server', 9, 'still there?', 'ping'],
      ['client', 10, 'still there?', 'pong'],
      ['server', 1, `price \u{1f4a1} ${hostile}`, 'text'],
      ['client', 8, '\x03\xe8bye', 'close'],
    ];
  rows.forEach(([from, opcode, text, kind], i) => {
    const payload = kind === 'close' ? Uint8Array.from(Buffer.from(text, 'latin1')) : text;
    const time = (1810 + i * 10) * ms;
    const packets = [80 + i, 80 + i] as const;
    const maskingKey = from === 'client' ? { maskingKey: 0x9acb0442 } : {};
    timeline.frame(build.frame({ on, id: i + 1, from, opcode, payload, time, packets, ...maskingKey }));
    const close = kind === 'close' ? { code: 1000, reason: 'bye' } : {};
    timeline.message(build.message({ on, id: i + 1, from, kind, data: payload, time, packets, ...close }));
  });
}
