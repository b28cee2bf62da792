/** The published schema and the types of the trace format say the same; real records keep to it. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { exportFormats } from '../../src/export/exporters.ts';
import type { RecordSink } from '../../src/timeline/records.ts';
import type {
  CaptureJson,
  ConnectionJson,
  DiagnosticJson,
  ExchangeJson,
  GrpcJson,
  FrameJson,
  MessageJson,
  RequestJson,
  ResponseJson,
  SummaryJson,
  TlsJson,
  UpgradeJson,
} from '../../src/timeline/trace-format.ts';
import type { Http2Facts } from '../../src/core/sinks.ts';
import { connection, diagnostic, exchange, facts, frame, message, summary, upgrade } from '../insight/built-records.ts';
import { CapturedOutput } from './captured-output.ts';

interface Schema {
  readonly $defs: Record<string, { readonly properties?: Record<string, unknown>; readonly required?: string[] }>;
}

const schema = JSON.parse(
  readFileSync(new URL('../../src/export/wirescope.schema.json', import.meta.url), 'utf8'),
) as Schema;
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const valid = ajv.compile(schema);

function problems(validate: ValidateFunction, value: unknown): unknown {
  return validate(value) ? [] : validate.errors;
}

// Every property the types know, so that neither side can have one that the other lacks.
const sides = { client: 1, server: 2 };
const certificate = { from: 'server' as const, subject: 'CN=a.example', issuer: 'CN=ca.example', names: ['a.example'], validFrom: 1, validTo: 2, fingerprint: '0'.repeat(64) }; // prettier-ignore
const tls: Required<TlsJson> = { version: 'TLS 1.3', cipher: 'TLS_AES_128_GCM_SHA256', sni: 'a.example', alpn: 'h2', decrypted: false, reason: 'no secret for this client random', offered: { versions: ['TLS 1.3'], ciphers: ['TLS_AES_128_GCM_SHA256'], alpn: ['h2', 'http/1.1'] }, ja3: '0'.repeat(32), ja4: `t13d1516h2_${'0'.repeat(12)}_${'0'.repeat(12)}`, resumed: true, earlyData: true, encryptedHello: true, innerSni: 'inner.example', certificates: [certificate], alerts: [{ from: 'client', level: 'warning', description: 'close_notify' }], records: sides, recordBytes: sides, estimate: { protocol: 'h2', turns: 1, client: 2, server: 3 } }; // prettier-ignore
const counts = { client: { HEADERS: 1 }, server: {} };
const http2: Required<Http2Facts> = { streams: 1, concurrentStreams: 1, pushedStreams: 0, resetStreams: 0, settings: counts, frames: counts, stalled: sides, ping: { count: 1, shortest: 0.1, longest: 0.2 }, goaway: ['NO_ERROR'], origins: ['https://a'], alternatives: ['h3'], course: { interval: 0.001, streams: [1], window: { client: [65535], server: [-1] } } }; // prettier-ignore
const grpc: Required<GrpcJson> = { service: 'shop.Prices', method: 'Watch', status: 0, message: 'fine', messages: sides, bytes: sides, compressed: sides }; // prettier-ignore
const both = { time: 1795361583.359391, endTime: 1795361583.5, version: '1.1', headers: [['Host', 'a']] as [string, string][], trailers: [], headerBytes: 20, bodyBytes: 3, decodedBytes: 3, mediaType: 'text/plain', encoding: 'gzip', neverIndexed: ['authorization'], text: 'abc', base64: 'YWJj', truncated: false, complete: true, missingBytes: 0, firstPacket: 4, lastPacket: 5 }; // prettier-ignore
const request: Required<RequestJson> = { ...both, method: 'GET', target: '/', url: 'http://a/' };
const response: Required<ResponseJson> = { ...both, status: 200, reason: 'OK', interim: [{ status: 103, headers: [['Link', '</a>']], time: 1 }] }; // prettier-ignore
const place = { id: 1, connection: 0, stream: null, client: '192.0.2.1:4000', server: '[2001:db8::1]:80' };
const records = {
  capture: { type: 'capture', schema: 'wirescope/1', creator: { name: 'wirescope', version: '0.1.0' }, source: { kind: 'file', name: 'a', format: 'pcap', linkTypes: ['Ethernet'] } } satisfies Required<CaptureJson>,
  connection: { type: 'connection', id: 0, client: '192.0.2.1:4000', server: '192.0.2.2:80', protocols: ['tcp'], openedAt: 1, closedAt: 2, opening: 'handshake', closing: 'fin', closedBy: 'client', packets: sides, bytes: sides, retransmissions: sides, outOfOrder: sides, missingBytes: sides, conflictingOverlaps: 0, handshakeRtt: 0.001, tls, http2 } satisfies Required<ConnectionJson>,
  exchange: { type: 'exchange', ...place, protocol: 'http/1.1', secure: false, request, response, state: 'complete', timing: { wait: 0.1, receive: 0.2, total: 0.3 }, diagnostics: ['tcp.gap'], grpc } satisfies Required<ExchangeJson>,
  upgrade: { type: 'upgrade', connection: 0, exchange: 1, time: 1, outcome: 'accepted', protocol: 'websocket', key: 'k', accept: 'a', expectedAccept: 'a', version: '13', offeredSubprotocols: ['chat'], subprotocol: 'chat', extensions: 'permessage-deflate', checks: [{ name: 'accept', ok: true, detail: 'd', reference: 'RFC 6455 4.2.2' }], verdict: 'accepted' } satisfies Required<UpgradeJson>,
  frame: { type: 'frame', ...place, time: 1, from: 'client', fin: true, rsv: 0, opcode: 1, name: 'text', masked: true, maskingKey: '9acb0442', payloadLength: 5, headerLength: 6, text: 'hello', base64: 'aGVsbG8=', truncated: false, firstPacket: 1, lastPacket: 1 } satisfies Required<FrameJson>,
  message: { type: 'message', ...place, time: 1, endTime: 1, from: 'server', kind: 'text', length: 5, wireLength: 5, compressed: false, frames: 1, code: 1000, reason: 'bye', exchange: 1, event: 'price', eventId: '7', retry: 3000, lens: { name: 'socket.io', label: 'event added', id: '#17', role: 'request', body: ['added', 1] }, text: 'hello', base64: 'aGVsbG8=', truncated: false, complete: true, firstPacket: 1, lastPacket: 1 } satisfies Required<MessageJson>,
  diagnostic: { type: 'diagnostic', severity: 'warning', code: 'tcp.gap', message: 'm', connection: 0, exchange: 1, from: 'client', time: 1, packet: 1, offset: 0, reference: 'RFC 9293 3.1' } satisfies Required<DiagnosticJson>,
  summary: { type: 'summary', packets: 1, bytes: 1, duration: 0.5, connections: 1, exchanges: 1, upgrades: 0, frames: 0, messages: 0, statuses: { 200: 1 }, methods: { GET: 1 }, diagnostics: {} } satisfies Required<SummaryJson>,
}; // prettier-ignore

describe('the schema', () => {
  test.each(Object.entries({ ...records, request, response, tls, http2, grpc }))(
    'knows each property of %s and no other',
    (name, record) => {
      expect(Object.keys(schema.$defs[name]!.properties!).toSorted()).toEqual(Object.keys(record).toSorted());
    },
  );

  test.each(Object.entries(records))('takes a %s with all it may have', (_name, record) => {
    expect(problems(valid, record)).toEqual([]);
  });

  test.each(Object.entries(records))('takes no %s with more than that', (_name, record) => {
    expect(valid({ ...record, surprise: 1 })).toBe(false);
  });

  test.each(Object.entries(records))('takes no %s that lacks what is required', (name, record) => {
    for (const property of schema.$defs[name]!.required!) {
      const { [property]: _, ...rest } = record as Record<string, unknown>;
      expect(valid(rest), property).toBe(false);
    }
  });

  test.each([
    ['a time as text', { ...records.frame, time: '1' }],
    ['a masking key in upper case', { ...records.frame, maskingKey: '9ACB0442' }],
    ['an address without a port', { ...records.connection, client: '192.0.2.1' }],
    ['a field line of three', { ...records.exchange, request: { ...request, headers: [['a', 'b', 'c']] } }],
    ['an unknown state', { ...records.exchange, state: 'done' }],
    ['no type', {}],
  ])('takes no %s', (_name, value) => expect(valid(value)).toBe(false));
});

/** One of each, as the recorder lends them. */
function emitAll(sink: RecordSink): void {
  sink.capture(facts);
  for (let i = 0; i < 3; i++) {
    sink.exchange(exchange({ id: i + 1, request: 'POST /é"\\\x01 HTTP/1.1\nHost: a\nX: \x80\xff' }));
    sink.exchange(exchange({ response: '' }));
    sink.exchange(exchange({ request: '' }));
    sink.upgrade(upgrade());
    sink.frame(frame(0, 1, 'hello'));
    sink.frame(frame(1, 2, Uint8Array.of(0xff, 0)));
    sink.message(message(0, 'text', 'hello \u{1f600}\u2028'));
    sink.message(message(1, 'binary', Uint8Array.of(0xff, 0)));
    sink.message(Object.assign(message(1, 'close', ''), { code: 1000, reason: 'bye' }));
    sink.diagnostic(diagnostic('tcp.gap'));
    sink.diagnostic(diagnostic('capture.cut', { connection: -1, side: -1, packet: 0, offset: -1 }));
    sink.connection(connection(0, ['http/1.1', 'websocket']));
  }
  sink.summary(summary({ statuses: { 200: 1 } }));
}

function exported(format: string, emit: (sink: RecordSink) => void): string {
  const output = new CapturedOutput();
  emit(exportFormats[format]!.create(output, { version: '0.1.0', maxBody: 65_536 }));
  return output.text;
}

describe('exported records', () => {
  const lines = exported('jsonl', emitAll).split('\n').slice(0, -1);
  const document = JSON.parse(exported('json', emitAll)) as Record<string, unknown>;

  test('are valid, a line each', () => {
    expect(lines.length).toBe(38);
    for (const line of lines) expect(problems(valid, JSON.parse(line)), line).toEqual([]);
  });

  test('are valid as a document', () => {
    expect(problems(valid, document)).toEqual([]);
  });

  test('are the same in lines and in the document', () => {
    const byType = (type: string): unknown[] => lines.map((line) => JSON.parse(line) as { type: string }).filter((r) => r.type === type); // prettier-ignore
    const { type: _, ...capture } = byType('capture')[0] as CaptureJson;
    expect(document).toEqual({
      ...capture,
      connections: byType('connection'),
      exchanges: byType('exchange'),
      upgrades: byType('upgrade'),
      frames: byType('frame'),
      messages: byType('message'),
      diagnostics: byType('diagnostic'),
      summary: byType('summary')[0],
    });
    expect(Object.keys(document)).toEqual(['schema', 'creator', 'source', 'connections', 'exchanges', 'upgrades', 'frames', 'messages', 'diagnostics', 'summary']); // prettier-ignore
  });

  test('make a valid document where there are none', () => {
    const empty = exported('json', (sink) => {
      sink.capture(facts);
      sink.summary(summary());
    });
    expect(problems(valid, JSON.parse(empty))).toEqual([]);
  });
});
