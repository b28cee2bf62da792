/** Expressions over records: a table a topic, `[expression, record, selected]`. */
import { describe, expect, test } from 'vitest';
import type { AnyRecord, RecordKind } from '../../src/filter/field.ts';
import { compileFilter, filteredSink, tryFilter, FilterError } from '../../src/filter/filter.ts';
import {
  ConnectionRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  type CaptureFacts,
  type RecordSink,
  type SummaryRecord,
} from '../../src/timeline/records.ts';
import { connection, diagnostic, exchange, frame, message, openConnection, upgrade } from '../support/records.ts';

const get = exchange({
  id: 7,
  client: '10.1.2.3:40000',
  server: '198.51.100.7:8080',
  request:
    'GET /api/users?id=7&x=%20 HTTP/1.1\r\nHost: api.example\r\nUser-Agent: probe/1.0\r\nCookie: a=1\r\nX-Trace: 00ff\r\nContent-Length: 0\r\n\r\n',
  response:
    'HTTP/1.1 404 Not Found\r\nServer: demo\r\nContent-Type: Application/JSON; charset=utf-8\r\nSet-Cookie: one\r\nSet-Cookie: two\r\nContent-Length: 21\r\n\r\n{"error":"not found"}',
  times: [1_000_000_000, 1_010_000_000, 1_210_000_000, 1_260_000_000],
  packets: [4, 5, 8, 9],
  diagnostics: ['tcp.gap'],
});
const post = exchange({
  id: 8,
  request: 'POST http://shop.example/cart HTTP/1.1\r\nHost: shop.example\r\n\r\nsku=1&n=2',
  packets: [20, 21],
});
const h2 = exchange({
  stream: 5,
  secure: true,
  request: 'GET /two HTTP/2\r\n:method: GET\r\n:path: /two\r\n:authority: two.example\r\n\r\n',
  response: 'HTTP/2 200\r\n:status: 200\r\ncontent-type: text/html\r\n\r\nhello',
});
const v6 = exchange({
  client: '[2001:db8::1]:40000',
  server: '[2001:db8::2]:80',
  request: 'GET / HTTP/1.0\r\n\r\n',
  response: 'HTTP/1.0 200 OK\r\n\r\n',
});
const hello = frame({ from: 'client', opcode: 1, maskingKey: 0x9acb0442, payload: 'hello world', packets: [12, 12] });
const bye = frame({ from: 'server', opcode: 8, payload: Uint8Array.of(0x03, 0xe9, 0x62, 0x79, 0x65) });
const big = frame({ opcode: 2, fin: false, rsv: 4, payload: Uint8Array.of(1, 2, 3), payloadLength: 70_000 });
const said = message({
  from: 'server',
  data: '{"price":"12€"}',
  compressed: true,
  wireLength: 9,
  frames: 2,
  endTime: 5_000_000,
});
const closing = message({ kind: 'close', code: 1006, reason: 'gone', data: '' });
const event = message({ kind: 'event', from: 'server', data: 'tick' });
const refused = upgrade({ outcome: 'refused', key: 'dGhlIHNhbXBsZSBub25jZQ==', verdict: 'refused with 403' });
const bad = diagnostic('websocket.unmasked-client-frame', { connection: 3, side: 0, packet: 14 });
const lossy = connection({
  retransmissions: [2, 1],
  missingBytes: [0, 4000],
  bytes: [100, 900],
  packets: [4, 5],
  protocols: ['tls', 'websocket'],
  closing: 'reset',
  handshakeRtt: 3_000_000,
  closedAt: 2_000_000_000,
  tls: { version: 'TLS 1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni: 'live.example', alpn: 'http/1.1', decrypted: true },
});

type Row = readonly [expression: string, record: AnyRecord, expected: boolean];

function kindOf(record: AnyRecord): RecordKind {
  if (record instanceof ExchangeRecord) return 'exchange';
  if (record instanceof FrameRecord) return 'frame';
  if (record instanceof MessageRecord) return 'message';
  if (record instanceof ConnectionRecord) return 'connection';
  return 'outcome' in record ? 'upgrade' : 'diagnostic';
}

function selects(expression: string, record: AnyRecord): boolean {
  const filter = compileFilter(expression);
  filter.capture({ epoch: 1_795_361_583_000_000_000n });
  const select = filter[kindOf(record)] as (record: AnyRecord) => boolean;
  return select(record);
}

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.each(rows)('%s', (expression, record, expected) => {
      expect(selects(expression, record)).toBe(expected);
    });
  });
}

table('start lines', [
  ['method == GET', get, true],
  ['method == "GET"', get, true],
  ["method == 'GET'", get, true],
  ['method == "get"', get, false],
  ['http.request.method in {"PUT", "GET"}', get, true],
  ['method > "F" and method < "H"', get, true],
  ['method in {"A".."H"}', get, true],
  ['target == "/api/users?id=7&x=%20"', get, true],
  ['path == /api/users', get, true],
  ['path == "/cart"', post, true],
  ['query == "id=7&x=%20"', get, true],
  ['query', post, false],
  ['url == "http://api.example/api/users?id=7&x=%20"', get, true],
  ['url contains http.host', get, true],
  ['url contains users', get, true],
  ['url contains host', get, false],
  ['http.request.full_uri == "http://shop.example/cart"', post, true],
  ['http.request.version == "HTTP/1.1"', get, true],
  ['version == "2"', h2, true],
  ['reason == "Not Found"', get, true],
  ['http.response.phrase contains "ound"', get, true],
]);

table('status and numbers', [
  ['status == 404', get, true],
  ['status == 0x194', get, true],
  ['status == 0624', get, true],
  ['status != 404', get, false],
  ['status >= 400 and status < 500', get, true],
  ['status in {200, 400..499}', get, true],
  ['status not in {200, 400..499}', get, false],
  ['not status in {200}', get, true],
  ['status', post, false],
  ['status != 200', post, false],
  ['not status == 200', post, true],
  ['status == 1 + 403', get, true],
  ['status - 4 == 400', get, true],
  ['status / 2 == 202', get, true],
  ['status/2 == 202', get, true],
  ['status & 4', get, true],
  ['status & 4 == 4', get, true],
  ['status % 2', get, false],
  ['{status + 1} * 2 == 810', get, true],
  ['-status == -404', get, true],
  ['-status < -400', get, true],
  ['size == reqsize', get, false],
  ['size > reqsize', get, true],
  ['{size + reqsize} == 21', get, true],
  ['size / 0 > 1', get, false],
  ['size < 10k and size > 20', get, true],
  ['size < 1KiB', get, true],
  ['frame contains "x" or status', get, true],
]);

table('several values', [
  ['http.set_cookie == "one"', get, true],
  ['http.set_cookie == "two"', get, true],
  ['http.set_cookie != "one"', get, false],
  ['http.set_cookie !== "one"', get, true],
  ['http.set_cookie any_ne "one"', get, true],
  ['http.set_cookie === "one"', get, false],
  ['all http.set_cookie matches "^...$"', get, true],
  ['any http.set_cookie != "one"', get, true],
  ['all http.set_cookie in {"one", "two"}', get, true],
  ['all http.set_cookie in {"one"}', get, false],
  ['count(http.set_cookie) == 2', get, true],
  ['count(http.set_cookie) == 0', post, false],
  ['tcp.port == 8080', get, true],
  ['tcp.port == 40000', get, true],
  ['tcp.port != 8080', get, false],
  ['tcp.port !== 8080', get, true],
  ['all tcp.port > 1024', get, true],
  ['tcp.srcport < tcp.dstport', get, false],
  ['tcp.srcport == tcp.port', get, true],
  ['tcp.srcport === tcp.port', get, false],
  ['max(tcp.srcport, tcp.dstport) == 40000', get, true],
  ['min(tcp.port) == 8080', get, true],
  ['tcp.port + 1 == 8081', get, true],
  ['http.content_length == 21', get, true],
  ['http.content_length == 0', get, true],
  ['http.content_length > 21', get, false],
  ['frame.number == 8', get, true],
  ['packet in {1..3, 6, 7, 10..99}', get, false],
  ['frame.number > 20', post, true],
]);

table('header fields', [
  ['host == api.example', get, true],
  ['host contains "api"', get, true],
  ['host contains ""', get, false],
  ['http.host == "two.example"', h2, true],
  ['http.user_agent matches "^PROBE/\\\\d"', get, true],
  ['type == application/json', get, true],
  ['type contains json', get, true],
  ['http.content_type == "Application/JSON; charset=utf-8"', get, true],
  ['header["x-trace"] == 00ff', get, true],
  ['http.header["X-Trace"]', get, true],
  ['request.header["Set-Cookie"]', get, false],
  ['response.header["Set-Cookie"] == "two"', get, true],
  ['header["X-Trace"][0:2] == "00"', get, true],
  ['header["nothing"]', get, false],
  ['header contains "probe"', get, true],
  ['http.request.line == "Host: api.example\\r\\n"', get, true],
  ['http.response.line contains "Cookie: two"', get, true],
  ['http.cookie', get, true],
  ['http.cookie', post, false],
  ['http2.headers.method == GET', h2, true],
  ['http2.headers.status == 200', h2, true],
  ['http2.headers.content_type == "text/html"', h2, true],
  ['http2.headers.method', get, false],
  ['http2.streamid == 5', h2, true],
  ['stream', get, false],
]);

table('text functions and slices', [
  ['upper(host) == "API.EXAMPLE"', get, true],
  ['lower(http.content_type) contains "json"', get, true],
  ['len(host) == 11', get, true],
  ['len(host) - 1 == 10', get, true],
  ['len (host) > 10', get, true],
  ['string(status) matches "^4"', get, true],
  ['string(ip.src) == "10.1.2.3"', get, true],
  ['host[0:3] == "api"', get, true],
  ['host[0-2] == "api"', get, true],
  ['host[:3] == 61:70:69', get, true],
  ['host[0] == 61', get, true],
  ['host[0] == 0x61', get, true],
  ['host[-7:] == "example"', get, true],
  ['host[-7:2] == "ex"', get, true],
  ['host[0,4-5] == "aex"', get, true],
  ['host[0:3][1:] == "pi"', get, true],
  ['upper(host)[0:3] == "API"', get, true],
  ['host[0:50] == "api.example"', get, false],
  ['host[0:50] != "api.example"', get, true],
  ['ip.src[0] == 0a', get, true],
  ['host[0:3] matches "^API$"', get, true],
]);

table('patterns', [
  ['path matches r"^/api/\\w+$"', get, true],
  ['path matches "^/api/\\w+$"', get, true],
  ['path ~ "USERS"', get, true],
  ['path matches "(?-i)USERS"', get, false],
  ['host matches "^api\\.example$"', get, true],
  ['query matches ""', get, true],
]);

table('addresses', [
  ['ip.addr == 10.0.0.0/8', get, true],
  ['ip.addr == 10.1.2.3', get, true],
  ['ip.addr != 10.1.2.3', get, false],
  ['ip.src == 198.51.100.7', get, false],
  ['ip.dst == 198.51.100.7', get, true],
  ['ip.addr in {192.168.0.0/16, 10.1.2.0..10.1.2.9}', get, true],
  ['ip.src < 10.1.2.4', get, true],
  ['ip.src == ip.dst', get, false],
  ['ip.addr == ip.dst', get, true],
  ['client == 10.1.2.3:40000', get, true],
  ['server == 198.51.100.7:81', get, false],
  ['client == 10.0.0.0/8', get, true],
  ['ipv6.addr == 2001:db8::/32', v6, true],
  ['ipv6.src == 2001:db8::1', v6, true],
  ['ipv6', v6, true],
  ['ip', v6, false],
  ['ip.addr', v6, false],
  ['client == "[2001:db8::1]:40000"', v6, true],
  ['client != 10.0.0.1', v6, true],
  ['ip.src == 192.0.2.1', hello, true],
  ['ip.src == 198.51.100.7', bye, true],
  ['tcp.dstport == 40000', bye, true],
]);

table('times and spans', [
  ['duration == 0.26', get, true],
  ['duration == 260ms', get, true],
  ['ttfb >= 200ms and ttfb < 0.201', get, true],
  ['wait == receive', get, false],
  ['receive == 50ms', get, true],
  ['http.time == 0.25', get, true],
  ['duration * 2 == 0.52', get, true],
  ['{duration - ttfb} == 60ms', get, true],
  ['ttfb / duration > 0.5', get, true],
  ['duration', post, false],
  ['frame.time_epoch == 1795361584', get, true],
  ['frame.time_epoch > 1795361583.999999999', get, true],
  ['time >= "2026-11-22 15:33:04"', get, true],
  ['time < "2026-11-22T16:33:04.000000001+01:00"', get, true],
  ['time in {"2026-11-22".."2026-11-23"}', get, true],
  ['frame.time_relative == 1', get, true],
  ['frame.time_relative < 1', get, false],
  ['duration', said, false],
  ['lifetime == 2 and rtt == 3ms', lossy, true],
]);

table('layers and kinds', [
  ['http', get, true],
  ['http', hello, false],
  ['http contains "probe"', get, true],
  ['http matches "NOT FOUND"', get, true],
  ['frame contains 6e:6f:74', get, true],
  ['frame contains "sku"', post, true],
  ['websocket', hello, true],
  ['websocket contains "world"', hello, true],
  ['websocket', event, false],
  ['websocket', refused, true],
  ['tcp', bad, false],
  ['http2 and tls', h2, true],
  ['tls', lossy, true],
  ['kind == exchange', get, true],
  ['kind == frame', hello, true],
  ['kind != frame', hello, false],
  ['kind in {frame, message}', said, true],
  ['protocol == h2', h2, true],
  ['protocol == "http/1.1"', get, true],
  ['protocol == websocket', lossy, true],
  ['protocol == sse', event, true],
  ['secure', h2, true],
  ['secure', get, false],
  ['secure == false', get, true],
  ['http.request == 0', get, false],
  ['http.request and not http.response', post, true],
  ['state == no-response', post, true],
  ['state == open', post, false],
  ['diagnostic', get, true],
]);

table('WebSocket', [
  ['opcode == 1', hello, true],
  ['opcode == text', hello, true],
  ['websocket.opcode == "Connection Close"', bye, true],
  ['opcode >= 8', bye, true],
  ['opcode in {ping, pong, close}', bye, true],
  ['opcode == text', said, true],
  ['opcode', event, false],
  ['websocket.fin == 1 && websocket.mask == true', hello, true],
  ['websocket.mask', bye, true],
  ['masked', bye, false],
  ['masked', hello, true],
  ['fin == false', big, true],
  ['websocket.rsv == 4 and websocket.pmc == 1', big, true],
  ['websocket.masking_key == 9a:cb:04:42', hello, true],
  ['websocket.masking_key == 9acb0442', hello, true],
  ['websocket.masking_key[1-2] == cb:04', hello, true],
  ['len(websocket.masking_key) == 4', hello, true],
  ['websocket.masking_key', bye, false],
  ['websocket.payload_length > 65535', big, true],
  ['websocket.payload_length_ext_64', big, true],
  ['websocket.payload_length_ext_16', big, false],
  ['size > 69k', big, true],
  ['websocket.payload.text contains "world"', hello, true],
  ['websocket.payload contains 01:02', big, true],
  ['websocket.payload.close.status_code == 1001', bye, true],
  ['code in {1000, 1001}', bye, true],
  ['reason == "bye"', bye, true],
  ['code == 1006 and reason == gone', closing, true],
  ['from == client', hello, true],
  ['from == server', said, true],
  ['text contains "12€"', said, true],
  ['text contains "\\u20ac"', said, true],
  ['text contains "\\xe2\\x82\\xac"', said, true],
  ['compressed and frames == 2 and wiresize < size', said, true],
  ['outcome == refused', refused, true],
  ['outcome != accepted and verdict contains "403"', refused, true],
  ['http.sec_websocket_key == "dGhlIHNhbXBsZSBub25jZQ=="', refused, true],
]);

table('diagnostics and connections', [
  ['diagnostic == "websocket.unmasked-client-frame"', bad, true],
  ['diagnostic contains "websocket."', bad, true],
  ['severity == error', bad, true],
  ['severity >= warning', bad, true],
  ['severity == note', bad, false],
  ['text contains "not masked"', bad, true],
  ['from == client and tcp.stream == 3 and frame.number == 14', bad, true],
  ['tcp.analysis.retransmission', lossy, true],
  ['tcp.analysis.out_of_order', lossy, false],
  ['not tcp.analysis.out_of_order', lossy, true],
  ['retransmissions == 3 and missing == 4k and bytes == 1000 and packets == 9', lossy, true],
  ['closing == reset', lossy, true],
  ['tls.handshake.extensions_server_name == "live.example"', lossy, true],
  ['cipher contains GCM and decrypted', lossy, true],
  ['http.host', lossy, false],
]);

table('joined', [
  ['method == GET and status == 200', get, false],
  ['method == GET && status == 404', get, true],
  ['method == PUT or method == PUT and status or status == 404', get, true],
  ['method == GET or status == 1 and status == 2', get, true],
  ['(method == GET or status == 1) and status == 2', get, false],
  ['method == GET xor status == 404', get, false],
  ['method == GET ^^ status == 200', get, true],
  ['not method == GET', get, false],
  ['!method == GET', get, false],
  ['!!method', get, true],
  ['not(method == PUT)', get, true],
  ['not method == PUT and status == 404', get, true],
  ['method==GET&&status==404', get, true],
  ['host == "a" or host == "b" or host == "api.example" or host == "c"', get, true],
]);

test('a filter knows whether it reads bodies', () => {
  expect(compileFilter('status == 200 and host contains "a"').readsBody).toBe(false);
  expect(compileFilter('text contains "a"').readsBody).toBe(true);
  expect(compileFilter('http').readsBody).toBe(false);
  expect(compileFilter('http contains "a"').readsBody).toBe(true);
  expect(compileFilter('websocket.payload.text').readsBody).toBe(true);
});

test('an expression that is being typed gives its mistake', () => {
  expect(tryFilter('status ==')).toBeInstanceOf(FilterError);
  expect(tryFilter('status == 2')).not.toBeInstanceOf(FilterError);
});

describe('filteredSink', () => {
  const names = ['capture', 'connection', 'exchange', 'upgrade', 'frame', 'message', 'diagnostic', 'summary'] as const;

  function recording(): { log: string[]; sink: RecordSink } {
    const log: string[] = [];
    const entries = names.map((name) => [name, () => log.push(name)]);
    return { log, sink: Object.fromEntries(entries) as RecordSink };
  }

  function feed(sink: RecordSink): void {
    sink.capture({ epoch: 5_000_000_000n } as CaptureFacts);
    sink.connection(lossy);
    sink.exchange(get);
    sink.upgrade(refused);
    sink.frame(hello);
    sink.message(said);
    sink.diagnostic(bad);
    sink.summary({} as SummaryRecord);
  }

  test.each([
    ['frame', names],
    ['method', ['capture', 'exchange', 'summary']],
    ['opcode == text', ['capture', 'frame', 'message', 'summary']],
    ['not opcode', ['capture', 'connection', 'exchange', 'upgrade', 'diagnostic', 'summary']],
    ['time == 6', ['capture', 'exchange', 'summary']],
  ])('%s', (expression, expected) => {
    const { log, sink } = recording();
    feed(filteredSink(compileFilter(expression), sink));
    expect(log).toEqual(expected);
  });

  test('growing exchanges are handed on only where somebody listens', () => {
    const { sink } = recording();
    expect('progress' in filteredSink(compileFilter('http'), sink)).toBe(false);
    const seen: ExchangeRecord[] = [];
    const growing = filteredSink(compileFilter('status == 404'), { ...sink, progress: (record) => seen.push(record) });
    growing.progress?.(get);
    growing.progress?.(post);
    expect(seen).toEqual([get]);
  });
});

test('records of one connection are read through its slot in the table', () => {
  const first = openConnection({ client: '10.0.0.1:1', server: '10.0.0.9:80' });
  const second = openConnection({ client: '10.0.0.2:2', server: '10.0.0.9:80' }, first.table);
  expect(selects('ip.src == 10.0.0.2 and tcp.stream == 1', frame({ on: second }))).toBe(true);
  expect(selects('ip.src == 10.0.0.2', frame({ on: first }))).toBe(false);
});
