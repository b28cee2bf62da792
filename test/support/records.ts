/**
 * Builds records as the recorder would lend them, out of text: `exchange({ request: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' })`.
 * Times are nanoseconds since the first packet. Every record has a connection of its own unless one is handed in.
 */
import { parseAddress } from '../../src/core/address.ts';
import { ConnectionFlag, ConnectionTable, type ProtocolName } from '../../src/core/connection-table.ts';
import type { DiagnosticCode } from '../../src/core/diagnostics.ts';
import { diagnostics } from '../../src/core/diagnostics.ts';
import { HttpHead, knownFieldNames, offsetsPerField } from '../../src/core/http.ts';
import type { Side } from '../../src/core/side.ts';
import { Opcode } from '../../src/core/websocket.ts';
import {
  ConnectionRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  type DiagnosticRecord,
  HttpMessage,
  type UpgradeRecord,
} from '../../src/timeline/records.ts';
import type { ExchangeState, TlsJson } from '../../src/timeline/trace-format.ts';

const bodyLimit = 64 * 1024;

// --- connections -----------------------------------------------------------------------------------------------------

export interface ConnectionOptions {
  /** `ip:port`, IPv6 in brackets. */
  readonly client?: string;
  readonly server?: string;
  readonly openedAt?: number;
  readonly secure?: boolean;
}

/** An open connection in a table: what all records of a connection refer to. */
export interface OpenConnection {
  readonly table: ConnectionTable;
  readonly slot: number;
}

export function openConnection(options: ConnectionOptions = {}, table = new ConnectionTable(4)): OpenConnection {
  const slot = table.open(options.openedAt ?? 0);
  const client = endpoint(options.client ?? '192.0.2.1:40000', table.words, slot * 8);
  const server = endpoint(options.server ?? '198.51.100.7:80', table.words, slot * 8 + 4);
  table.ports[slot] = (client.port << 16) | server.port;
  table.flags[slot] =
    ConnectionFlag.oriented |
    (client.version === 6 ? ConnectionFlag.ipv6 : 0) |
    (options.secure === true ? ConnectionFlag.secure : 0);
  return { table, slot };
}

function endpoint(text: string, words: Int32Array, at: number): { version: 4 | 6; port: number } {
  const colon = text.lastIndexOf(':');
  const address = text.slice(0, colon).replace(/^\[|\]$/g, '');
  const version = parseAddress(address, words, at);
  if (version === 0) throw new Error(`not an endpoint: ${text}`);
  return { version, port: Number(text.slice(colon + 1)) };
}

export interface ConnectionRecordOptions extends ConnectionOptions {
  readonly on?: OpenConnection;
  readonly closedAt?: number;
  readonly closing?: 'fin' | 'reset' | 'open';
  readonly opening?: 'handshake' | 'midstream';
  readonly protocols?: ProtocolName[];
  readonly tls?: TlsJson;
  readonly handshakeRtt?: number;
  /** Client's, server's. */
  readonly packets?: readonly [number, number];
  readonly bytes?: readonly [number, number];
  readonly retransmissions?: readonly [number, number];
  readonly outOfOrder?: readonly [number, number];
  readonly missingBytes?: readonly [number, number];
}

export function connection(options: ConnectionRecordOptions = {}): ConnectionRecord {
  const { table, slot } = options.on ?? openConnection(options);
  const record = new ConnectionRecord(table);
  record.slot = slot;
  record.closedAt = options.closedAt ?? 0;
  record.closing = options.closing ?? 'open';
  record.opening = options.opening ?? 'handshake';
  record.protocols = options.protocols ?? [];
  record.tls = options.tls;
  table.handshakeRtt[slot] = options.handshakeRtt ?? -1;
  for (const key of ['packets', 'bytes', 'retransmissions', 'outOfOrder', 'missingBytes'] as const) {
    table[key].set(options[key] ?? [0, 0], slot * 2);
  }
  return record;
}

// --- exchanges -------------------------------------------------------------------------------------------------------

export interface ExchangeOptions extends ConnectionOptions {
  readonly on?: OpenConnection;
  readonly id?: number;
  /** HTTP/2 stream; -1 in HTTP/1. */
  readonly stream?: number;
  /** Whole messages as text, head and body; latin1, line ends `\r\n` or `\n`. Left out: that message was not seen. */
  readonly request?: string;
  readonly response?: string;
  /** Request's begin and end, response's begin and end; the last may be left out where it is still open. */
  readonly times?: readonly [number, number, number?, number?];
  /** First and last packet of the request, of the response. */
  readonly packets?: readonly [number, number, number?, number?];
  readonly state?: ExchangeState;
  readonly diagnostics?: DiagnosticCode[];
}

export function exchange(options: ExchangeOptions = {}): ExchangeRecord {
  const { table, slot } = options.on ?? openConnection(options);
  const record = new ExchangeRecord(table);
  record.reset();
  record.slot = slot;
  record.id = options.id ?? 1;
  record.stream = options.stream ?? -1;
  record.secure = options.secure ?? false;
  const [requestTime = 0, requestEnd = 0, responseTime = requestEnd, responseEnd] = options.times ?? [0, 0, 0, 0];
  const [first = 1, last = first, answerFirst = last + 1, answerLast = answerFirst] = options.packets ?? [];
  if (options.request !== undefined) {
    record.request = new HttpMessage();
    fillMessage(record.request, options.request, requestTime, requestEnd, first, last);
  }
  if (options.response !== undefined) {
    record.response = new HttpMessage();
    fillMessage(record.response, options.response, responseTime, responseEnd, answerFirst, answerLast);
  }
  record.state =
    options.state ??
    (options.request === undefined ? 'no-request' : options.response === undefined ? 'no-response' : 'complete');
  record.diagnostics = options.diagnostics ?? [];
  return record;
}

/** Fills a message from its text; without `endTime` it has not ended. */
export function fillMessage(
  message: HttpMessage,
  text: string,
  time: number,
  endTime: number | undefined,
  firstPacket: number,
  lastPacket: number,
): void {
  const bytes = latin1Bytes(text);
  const bodyAt = parseHead(message.head, bytes);
  message.present = true;
  message.time = time;
  message.endTime = endTime ?? time;
  message.ended = message.complete = endTime !== undefined;
  message.firstPacket = firstPacket;
  message.lastPacket = lastPacket;
  message.bodyBytes = message.decodedBytes = bytes.length - bodyAt;
  message.body.append(bytes, bodyAt, bytes.length, bodyLimit);
}

/** Fills a head from the message that starts at `bytes[0]`; the position where the body begins. */
export function parseHead(head: HttpHead, bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString('latin1');
  const blank = /\r?\n\r?\n/.exec(text);
  const end = blank === null ? text.length : blank.index + blank[0].length;
  head.data = bytes;
  head.start = 0;
  head.end = head.size = end;
  head.fieldCount = 0;
  let at = 0;
  for (const line of text.slice(0, end).split('\n')) {
    const content = line.replace(/\r$/, '');
    if (at === 0) startLine(head, content);
    else if (content !== '') fieldLine(head, content, at);
    at += line.length + 1;
  }
  return end;
}

function startLine(head: HttpHead, line: string): void {
  const status = /^HTTP\/(\d)\.?(\d)? (\d+) ?(.*)$/.exec(line);
  if (status !== null) {
    head.status = Number(status[3]);
    head.version = Number(status[1]) * 10 + Number(status[2] ?? 0);
    head.reasonStart = line.length - status[4]!.length;
    head.reasonEnd = line.length;
    return;
  }
  const [method = '', target = '', version = 'HTTP/0.9'] = line.split(' ');
  head.methodEnd = method.length;
  head.targetStart = method.length + 1;
  head.targetEnd = head.targetStart + target.length;
  const [major = 0, minor = 0] = version.replace('HTTP/', '').split('.').map(Number);
  head.version = major * 10 + minor;
}

function fieldLine(head: HttpHead, line: string, at: number): void {
  head.reserve();
  // The colon that ends the name: not the one a pseudo-header field's name begins with.
  const colon = line.indexOf(':', 1);
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  const valueAt = at + colon + 1 + (value.length - value.trimStart().length);
  head.offsets.set([at, at + colon, valueAt, valueAt + value.trim().length], head.fieldCount * offsetsPerField);
  head.known[head.fieldCount] = Math.max(0, knownFieldNames.indexOf(name.toLowerCase()));
  head.fieldCount++;
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

// --- WebSocket -------------------------------------------------------------------------------------------------------

export interface FrameOptions extends ConnectionOptions {
  readonly on?: OpenConnection;
  readonly id?: number;
  readonly stream?: number;
  readonly from?: 'client' | 'server';
  readonly time?: number;
  readonly packets?: readonly [number, number];
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly rsv?: number;
  /** Unsigned 32-bit; a frame without one is not masked. */
  readonly maskingKey?: number;
  /** Text is taken as UTF-8. */
  readonly payload?: string | Uint8Array;
  /** Length in the header, where it is not the payload's own. */
  readonly payloadLength?: number;
}

export function frame(options: FrameOptions = {}): FrameRecord {
  const { table, slot } = options.on ?? openConnection(options);
  const record = new FrameRecord(table);
  const payload = Uint8Array.from(Buffer.from(options.payload ?? ''));
  const length = options.payloadLength ?? payload.length;
  record.slot = slot;
  record.id = options.id ?? 1;
  record.stream = options.stream ?? -1;
  record.side = sideOf(options.from);
  record.time = options.time ?? 0;
  [record.firstPacket, record.lastPacket] = options.packets ?? [1, 1];
  record.bits = ((options.fin ?? true) ? 0x80 : 0) | ((options.rsv ?? 0) << 4);
  record.opcode = options.opcode ?? Opcode.text;
  record.masked = options.maskingKey !== undefined;
  record.maskingKey = options.maskingKey ?? 0;
  record.payloadLength = length;
  record.headerLength = 2 + (length > 0xffff ? 8 : length > 125 ? 2 : 0) + (record.masked ? 4 : 0);
  record.complete = true;
  record.body.append(payload, 0, payload.length, bodyLimit);
  return record;
}

export interface MessageOptions extends ConnectionOptions {
  readonly on?: OpenConnection;
  readonly id?: number;
  readonly stream?: number;
  readonly from?: 'client' | 'server';
  readonly kind?: MessageRecord['kind'];
  readonly time?: number;
  readonly endTime?: number;
  readonly packets?: readonly [number, number];
  /** Text is taken as UTF-8. */
  readonly data?: string | Uint8Array;
  readonly wireLength?: number;
  readonly compressed?: boolean;
  readonly frames?: number;
  readonly code?: number;
  readonly reason?: string;
}

export function message(options: MessageOptions = {}): MessageRecord {
  const { table, slot } = options.on ?? openConnection(options);
  const record = new MessageRecord(table);
  const data = Uint8Array.from(Buffer.from(options.data ?? ''));
  record.slot = slot;
  record.id = options.id ?? 1;
  record.stream = options.stream ?? -1;
  record.side = sideOf(options.from);
  record.kind = options.kind ?? 'text';
  record.time = options.time ?? 0;
  record.endTime = options.endTime ?? record.time;
  [record.firstPacket, record.lastPacket] = options.packets ?? [1, 1];
  record.length = data.length;
  record.wireLength = options.wireLength ?? data.length;
  record.compressed = options.compressed ?? false;
  record.frames = options.frames ?? 1;
  record.complete = true;
  record.code = options.code ?? -1;
  record.reason = options.reason;
  record.body.append(data, 0, data.length, bodyLimit);
  return record;
}

function sideOf(from: 'client' | 'server' | undefined): Side {
  return from === 'server' ? 1 : 0;
}

// --- plain records ---------------------------------------------------------------------------------------------------

export function upgrade(options: Partial<UpgradeRecord> = {}): UpgradeRecord {
  return {
    connection: 0,
    exchange: 1,
    time: 0,
    outcome: 'accepted',
    protocol: 'websocket',
    offeredSubprotocols: [],
    checks: [],
    verdict: 'accepted',
    ...options,
  };
}

export function diagnostic(code: DiagnosticCode, options: Partial<DiagnosticRecord> = {}): DiagnosticRecord {
  const entry = diagnostics[code];
  return {
    severity: entry.severity,
    code,
    message: entry.title,
    reference: 'reference' in entry ? entry.reference : undefined,
    connection: 0,
    exchange: -1,
    side: -1,
    time: 0,
    packet: 1,
    offset: -1,
    ...options,
  };
}
