/** Records built by hand, for tests of what reads records. Times are nanoseconds after `epoch`. */
import { ConnectionTable, ConnectionFlag, type ProtocolName } from '../../src/core/connection-table.ts';
import type { DiagnosticCode } from '../../src/core/diagnostics.ts';
import { diagnostics } from '../../src/core/diagnostics.ts';
import { HttpHead, KnownField, knownFieldNames, offsetsPerField } from '../../src/core/http.ts';
import type { Side } from '../../src/core/side.ts';
import {
  ConnectionRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  type CaptureFacts,
  type DiagnosticRecord,
  type SummaryRecord,
  type UpgradeRecord,
} from '../../src/timeline/records.ts';
import type { ExchangeState, MessageJson } from '../../src/timeline/trace-format.ts';
import { epoch } from '../support/captures.ts';

export const facts: CaptureFacts = {
  kind: 'file',
  name: 'demo.pcapng',
  format: 'pcapng',
  linkTypes: ['Ethernet'],
  epoch,
};

/** A table with open connections 0-9: 192.0.2.1:40000+n to 198.51.100.1:80. */
export const table = connectionTable();

function connectionTable(): ConnectionTable {
  const open = new ConnectionTable(16);
  for (let i = 0; i < 10; i++) {
    const slot = open.open(i * 1e6);
    open.words[slot * 8] = 0xc0000201 | 0;
    open.words[slot * 8 + 4] = 0xc6336401 | 0;
    open.ports[slot] = ((40000 + i) << 16) | 80;
    open.flags[slot]! |= ConnectionFlag.oriented;
    open.packets.set([10, 12], slot * 2);
    open.bytes.set([1000, 20_000], slot * 2);
    open.handshakeRtt[slot] = 50_000;
  }
  return open;
}

/** A head out of its text: start line and field lines, `\n` between them. */
export function fillHead(head: HttpHead, text: string): void {
  const data = Uint8Array.from(Buffer.from(text, 'latin1'));
  const [startLine = '', ...lines] = text.split('\n');
  const one = new HttpHead();
  one.data = data;
  one.end = data.length;
  one.size = data.length + lines.length + 3;
  const [first = '', second = ''] = startLine.split(' ');
  if (startLine.startsWith('HTTP/')) {
    one.version = Number(first.slice(5).replace('.', ''));
    one.status = Number(second);
    one.reasonStart = first.length + second.length + 2;
    one.reasonEnd = startLine.length;
  } else {
    one.version = Number(startLine.slice(-3).replace('.', ''));
    one.methodEnd = first.length;
    one.targetStart = first.length + 1;
    one.targetEnd = first.length + 1 + second.length;
  }
  let at = startLine.length + 1;
  for (const line of lines) {
    one.reserve();
    const colon = line.indexOf(':');
    const field = one.fieldCount++;
    one.offsets.set([at, at + colon, at + colon + 2, at + line.length], field * offsetsPerField);
    const known = knownFieldNames.indexOf(line.slice(0, colon).toLowerCase());
    one.known[field] = Math.max(KnownField.other, known);
    at += line.length + 1;
  }
  head.copyFrom(one);
}

export interface BuiltExchange {
  readonly id?: number;
  readonly connection?: number;
  /** Nanoseconds after the epoch. */
  readonly time?: number;
  /** Nanoseconds from the request's end to the response's head, and from there to its end. */
  readonly wait?: number;
  readonly receive?: number;
  readonly request?: string;
  readonly response?: string;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
  readonly state?: ExchangeState;
}

/** GET / answered with 200 unless something else is said; an empty text for a message that was not seen. */
export function exchange(built: BuiltExchange = {}): ExchangeRecord {
  const record = new ExchangeRecord(table);
  const { request, response } = record;
  record.id = built.id ?? 1;
  record.slot = built.connection ?? 0;
  const time = built.time ?? 1e9;
  const requestText = built.request ?? 'GET / HTTP/1.1\nHost: example.com';
  const responseText = built.response ?? 'HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8';
  if (requestText !== '') {
    fillHead(request.head, requestText);
    request.present = request.ended = request.complete = true;
    request.time = request.endTime = time;
    request.firstPacket = request.lastPacket = 4;
    request.bodyBytes = request.decodedBytes = built.requestBytes ?? 0;
  }
  if (responseText !== '') {
    fillHead(response.head, responseText);
    response.present = response.ended = response.complete = true;
    response.time = time + (built.wait ?? 2e6);
    response.endTime = response.time + (built.receive ?? 1e6);
    response.firstPacket = 5;
    response.lastPacket = 6;
    response.bodyBytes = response.decodedBytes = built.responseBytes ?? 1234;
  }
  record.state = built.state ?? (responseText === '' ? 'no-response' : requestText === '' ? 'no-request' : 'complete');
  return record;
}

export function connection(slot = 0, protocols: ProtocolName[] = ['http/1.1']): ConnectionRecord {
  const record = new ConnectionRecord(table);
  record.slot = slot;
  record.closedAt = 5e9;
  record.closing = 'fin';
  record.protocols = protocols;
  return record;
}

export function upgrade(given: Partial<UpgradeRecord> = {}): UpgradeRecord {
  return {
    connection: 0,
    exchange: 1,
    time: 1e9,
    outcome: 'accepted',
    protocol: 'websocket',
    key: 'dGhlIHNhbXBsZSBub25jZQ==',
    accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    expectedAccept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    version: '13',
    offeredSubprotocols: [],
    checks: [{ name: 'accept', ok: true, detail: 'the accept value belongs to the key', reference: 'RFC 6455 4.2.2' }],
    verdict: 'accepted: chat over permessage-deflate',
    ...given,
  };
}

export function frame(side: Side, opcode: number, payload: string | Uint8Array): FrameRecord {
  const record = new FrameRecord(table);
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  record.id = 1;
  record.side = side;
  record.time = 2e9;
  record.firstPacket = record.lastPacket = 9;
  record.bits = 0x80;
  record.opcode = opcode;
  record.masked = side === 0;
  record.maskingKey = side === 0 ? 0x9acb0442 : 0;
  record.payloadLength = bytes.length;
  record.headerLength = side === 0 ? 6 : 2;
  record.complete = true;
  record.body.append(bytes, 0, bytes.length, 65_536);
  return record;
}

export function message(side: Side, kind: MessageJson['kind'], payload: string | Uint8Array): MessageRecord {
  const record = new MessageRecord(table);
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  record.id = 1;
  record.side = side;
  record.kind = kind;
  record.time = record.endTime = 2e9;
  record.firstPacket = record.lastPacket = 9;
  record.length = record.wireLength = bytes.length;
  record.frames = 1;
  record.complete = true;
  record.body.append(bytes, 0, bytes.length, 65_536);
  return record;
}

export function diagnostic(code: DiagnosticCode, given: Partial<DiagnosticRecord> = {}): DiagnosticRecord {
  const { severity, title } = diagnostics[code];
  return {
    severity,
    code,
    message: title,
    reference: undefined,
    connection: 0,
    exchange: -1,
    side: 0,
    time: 1e9,
    packet: 7,
    offset: 100,
    ...given,
  };
}

export function summary(given: Partial<SummaryRecord> = {}): SummaryRecord {
  return {
    packets: 1234,
    bytes: 1_200_000,
    duration: 12.345e9,
    connections: 0,
    exchanges: 0,
    upgrades: 0,
    frames: 0,
    messages: 0,
    statuses: {},
    methods: {},
    diagnostics: {},
    ...given,
  };
}
