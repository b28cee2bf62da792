/**
 * Records as the recorder hands them on: one class a kind, reused from call to call, with bytes where the trace format has
 * text. A `RecordSink` may read them until the call returns; who wants to keep one copies what it needs (or has the
 * JSON Lines exporter make text of it). Numbers are bytes and nanoseconds since the first packet, as everywhere inside.
 */
import type { ConnectionTable, ProtocolName } from '../core/connection-table.ts';
import type { DiagnosticCode, Severity } from '../core/diagnostics.ts';
import { HttpHead, KnownField, combinedValue, fieldName, fieldValue, findField, hostField } from '../core/http.ts';
import { latin1 } from '../core/bytes.ts';
import { client, server, type Side } from '../core/side.ts';
import type { ContentDecoder, ContentReader, Http2Facts } from '../core/sinks.ts';
import { opcodeName } from '../core/websocket.ts';
import { Body } from './body.ts';
import { grpcJson, type GrpcCounts, type Structure } from './grpc.ts';
import type {
  ExchangeState,
  GrpcJson,
  LensJson,
  MessageJson,
  SideName,
  SummaryJson,
  TlsJson,
  UpgradeJson,
} from './trace-format.ts';

/** Takes finished records, in the order of completion. */
export interface RecordSink {
  capture(facts: CaptureFacts): void;
  connection(record: ConnectionRecord): void;
  exchange(record: ExchangeRecord): void;
  upgrade(record: UpgradeRecord): void;
  frame(record: FrameRecord): void;
  message(record: MessageRecord): void;
  diagnostic(record: DiagnosticRecord): void;
  summary(record: SummaryRecord): void;
  /** An exchange has begun or grown and is still open (a live view shows it already). The same object ends in `exchange`. */
  progress?(record: ExchangeRecord): void;
  /** A connection has begun; its row in the table is not filled in yet beyond addresses. */
  opened?(table: ConnectionTable, slot: number, packet: number): void;
}

/** What the capture is; known once the first packet has been read. */
export interface CaptureFacts {
  kind: 'file' | 'stdin' | 'tap';
  name: string;
  format: string;
  linkTypes: string[];
  /** Nanoseconds since the Unix epoch of the moment all record times count from. */
  epoch: bigint;
}

export type SummaryRecord = Omit<SummaryJson, 'type'>;
/** Upgrades are rare: a plain object, its time in nanoseconds since the first packet. */
export type UpgradeRecord = Omit<UpgradeJson, 'type'>;

export interface DiagnosticRecord {
  severity: Severity;
  code: DiagnosticCode;
  message: string;
  reference: string | undefined;
  /** Connection and exchange ids; -1 where it belongs to none. */
  connection: number;
  exchange: number;
  side: Side | -1;
  time: number;
  packet: number;
  /** Stream offset of that side (capture and packet diagnostics: file offset); -1 unknown. */
  offset: number;
  /** How many it stands for, where those beyond a bound are told together; else 1, or left out. */
  times?: number;
}

/** Fields that all records of a connection share. Valid while the record is lent. */
class OnConnection {
  /** The open connections, and this record's slot in it. */
  readonly table: ConnectionTable;
  slot = 0;

  constructor(table: ConnectionTable) {
    this.table = table;
  }

  get connection(): number {
    return this.table.ids[this.slot]!;
  }
  /** `ip:port`. */
  get client(): string {
    return this.table.endpoint(this.slot, client);
  }
  get server(): string {
    return this.table.endpoint(this.slot, server);
  }
}

export class ConnectionRecord extends OnConnection {
  closedAt = 0.5;
  closing: 'fin' | 'reset' | 'open' = 'open';
  opening: 'handshake' | 'midstream' = 'handshake';
  protocols: readonly ProtocolName[] = [];
  tls: TlsJson | undefined;
  http2: Http2Facts | undefined;

  get id(): number {
    return this.connection;
  }
  get openedAt(): number {
    return this.table.openedAt[this.slot]!;
  }
  /** Which side closed it: sent its FIN first; -1 where none has. */
  get endedFirst(): Side | -1 {
    return this.table.endedFirst(this.slot);
  }
  /** Nanoseconds, negative where the handshake was not seen. */
  get handshakeRtt(): number {
    return this.table.handshakeRtt[this.slot]!;
  }
  get conflictingOverlaps(): number {
    return this.table.conflictingOverlaps[this.slot]!;
  }
  packets(side: Side): number {
    return this.table.packets[this.column(side)]!;
  }
  bytes(side: Side): number {
    return this.table.bytes[this.column(side)]!;
  }
  retransmissions(side: Side): number {
    return this.table.retransmissions[this.column(side)]!;
  }
  outOfOrder(side: Side): number {
    return this.table.outOfOrder[this.column(side)]!;
  }
  missingBytes(side: Side): number {
    return this.table.missingBytes[this.column(side)]!;
  }
  private column(side: Side): number {
    return this.slot * 2 + this.table.direction(this.slot, side);
  }
}

/** One HTTP message of an exchange. `present` tells whether it was seen at all. */
export class HttpMessage {
  present = false;
  readonly head: HttpHead = new HttpHead();
  time = 0.5;
  endTime = 0.5;
  firstPacket = 0;
  lastPacket = 0;
  /** Content as sent, after chunked framing, before codings; missing bytes not counted. */
  bodyBytes = 0.5;
  /** Content after codings; equal to `bodyBytes` where there is none. */
  decodedBytes = 0.5;
  missingBytes = 0.5;
  /** The framing's end was seen and nothing is missing. */
  complete = false;
  ended = false;
  /** A `MessageEnd`, or -1 while the message goes on. */
  how = -1;
  /** Undoes the content codings while the content arrives. */
  decoder: ContentDecoder | null = null;
  /** What the content's type says of its structure, and who reads that while the content arrives. */
  structure: Structure = 'none';
  reader: ContentReader | null = null;
  /** The first bytes of the content (decoded where that was possible). */
  readonly body: Body = new Body();
  trailers: [string, string][] = [];
  interim: { status: number; headers: [string, string][]; time: number }[] = [];

  constructor() {
    // Given a fraction above, so that they are stored as doubles from the start.
    this.reset();
  }

  get method(): string {
    return latin1(this.head.data, this.head.methodStart, this.head.methodEnd);
  }
  /** The request target as sent. */
  get target(): string {
    return latin1(this.head.data, this.head.targetStart, this.head.targetEnd);
  }
  get status(): number {
    return this.head.status;
  }
  get reason(): string {
    return latin1(this.head.data, this.head.reasonStart, this.head.reasonEnd);
  }
  /** `1.1`, `1.0`, `0.9`, `2`. */
  get version(): string {
    return versionText(this.head.version);
  }
  /** Field lines in wire order, as sent. */
  get headers(): [string, string][] {
    return fieldLines(this.head);
  }
  get contentType(): string | undefined {
    return combinedValue(this.head, KnownField.contentType);
  }
  /** The content type without parameters, in lower case. */
  get mediaType(): string | undefined {
    const value = this.contentType;
    if (value === undefined) return undefined;
    const end = value.indexOf(';');
    return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
  }
  get encoding(): string | undefined {
    return combinedValue(this.head, KnownField.contentEncoding);
  }

  /** Takes over all that is known of another message, its bytes copied. */
  copyFrom(other: HttpMessage): void {
    this.present = other.present;
    this.head.copyFrom(other.head);
    this.time = other.time;
    this.endTime = other.endTime;
    this.firstPacket = other.firstPacket;
    this.lastPacket = other.lastPacket;
    this.bodyBytes = other.bodyBytes;
    this.decodedBytes = other.decodedBytes;
    this.missingBytes = other.missingBytes;
    this.body.append(other.body.data, 0, other.body.length, other.body.length);
    this.trailers = other.trailers;
  }

  reset(): void {
    this.present = false;
    this.head.fieldCount = 0;
    this.time = this.endTime = 0;
    this.firstPacket = this.lastPacket = 0;
    this.bodyBytes = this.decodedBytes = this.missingBytes = 0;
    this.complete = this.ended = false;
    this.how = -1;
    this.decoder = null;
    this.structure = 'none';
    this.reader = null;
    this.body.clear();
    if (this.trailers.length > 0) this.trailers = [];
    if (this.interim.length > 0) this.interim = [];
  }
}

/** Stands for a message that was not seen; `present` is false. Never written to. */
export const absentMessage = new HttpMessage();

export class ExchangeRecord extends OnConnection {
  /** From 1, in the order of first packets. */
  id = 0;
  /** HTTP/2 stream identifier, -1 in HTTP/1. */
  stream = -1;
  secure = false;
  /** `absentMessage` where the recorder has not seen it. */
  request: HttpMessage = new HttpMessage();
  response: HttpMessage = new HttpMessage();
  state: ExchangeState = 'open';
  /** When nothing more could come: the last byte's time, the connection's end, or the capture's. */
  endedAt = 0.5;
  diagnostics: DiagnosticCode[] = [];
  /** Where either side's content is gRPC's. */
  grpcCounts: GrpcCounts | null = null;
  /** Bytes this record keeps alive while it is open, as counted in the budget. */
  held = 0;

  /** By what carries it: a version that HTTP/1's lines cannot have is odd, and reported, and changes nothing. */
  get protocol(): 'http/0.9' | 'http/1.0' | 'http/1.1' | 'h2' {
    if (this.stream >= 0) return 'h2';
    const message = this.response.present && this.response.head.version < 20 ? this.response : this.request;
    const version = (message.present ? message : this.response).head.version;
    return version === 10 ? 'http/1.0' : version === 9 ? 'http/0.9' : 'http/1.1';
  }
  /** Absolute URL of the target (RFC 9112 3.3); authority-form and asterisk-form targets give `host:port` and `http://host`. */
  get url(): string {
    return requestUrl(this);
  }
  /** `:authority`, or the Host field. */
  get host(): string | undefined {
    const at = hostField(this.request.head);
    return at < 0 ? undefined : fieldValue(this.request.head, at);
  }
  /** As a gRPC call, undefined where it is none. */
  get grpc(): GrpcJson | undefined {
    return this.grpcCounts === null ? undefined : grpcJson(this.grpcCounts, this.request, this.response);
  }
  /** Spans in nanoseconds; undefined where one end was not seen, or lies before the other by the capture's clock. */
  get wait(): number | undefined {
    const { request, response } = this;
    if (!request.ended || !response.present) return undefined;
    // An answer to a request that is still under way has not been waited for.
    if (span(request.time, response.time) === undefined) return undefined;
    return Math.max(0, response.time - (isTunnel(request.head) ? request.time : request.endTime));
  }
  get receive(): number | undefined {
    return this.response.ended ? span(this.response.time, this.response.endTime) : undefined;
  }
  get total(): number | undefined {
    return this.request.present && this.response.ended ? span(this.request.time, this.response.endTime) : undefined;
  }

  reset(): void {
    this.request = this.response = absentMessage;
    this.state = 'open';
    this.grpcCounts = null;
    if (this.diagnostics.length > 0) this.diagnostics = [];
  }
}

/** A CONNECT of HTTP/2: its stream goes on after the answer, and so does the request (RFC 9113 8.5). */
function isTunnel(head: HttpHead): boolean {
  return head.version >= 20 && head.isMethod('CONNECT');
}

function span(from: number, to: number): number | undefined {
  return to < from ? undefined : to - from;
}

export class FrameRecord extends OnConnection {
  id = 0;
  stream = -1;
  side: Side = 0;
  time = 0.5;
  firstPacket = 0;
  lastPacket = 0;
  /** FIN in bit 7, RSV1-3 in bits 6-4. */
  bits = 0;
  opcode = 0;
  masked = false;
  /** Unsigned 32-bit, first key byte highest. */
  maskingKey = 0;
  payloadLength = 0.5;
  headerLength = 0;
  /** Stream offset of the first byte. */
  offset = 0.5;
  complete = false;
  readonly body: Body = new Body();

  get fin(): boolean {
    return (this.bits & 0x80) !== 0;
  }
  get rsv(): number {
    return (this.bits >> 4) & 7;
  }
  get name(): string {
    return opcodeName(this.opcode);
  }
  get from(): SideName {
    return this.side === 0 ? 'client' : 'server';
  }
}

/** Reads messages by their subprotocol. */
export interface MessageReader {
  /** Undefined where the message is of no subprotocol that is known. */
  read(record: MessageRecord): LensJson | undefined;
}

export class MessageRecord extends OnConnection {
  id = 0;
  stream = -1;
  side: Side = 0;
  kind: MessageJson['kind'] = 'text';
  time = 0.5;
  endTime = 0.5;
  firstPacket = 0;
  lastPacket = 0;
  /** Bytes as the application saw them. */
  length = 0.5;
  /** Sum of the frames' payload lengths. */
  wireLength = 0.5;
  compressed = false;
  frames = 0;
  complete = false;
  /** Close code, -1 where there is none. */
  code = -1;
  reason: string | undefined;
  /** A server-sent event: the id of its exchange (else -1), its type, id, and milliseconds to retry (else -1). */
  exchange = -1;
  event: string | undefined;
  eventId: string | undefined;
  retry = -1;
  /** The data's first bytes; of a single uncompressed frame this is the frame's own. */
  body: Body = new Body();
  /** Who reads it by its subprotocol, once for all who ask; null where nobody does. */
  reader: MessageReader | null = null;
  private readId = 0;
  private reading: LensJson | undefined;

  /** What the message is to its subprotocol. */
  get lens(): LensJson | undefined {
    if (this.readId !== this.id) {
      this.readId = this.id;
      this.reading = this.reader?.read(this);
    }
    return this.reading;
  }
  get from(): SideName {
    return this.side === 0 ? 'client' : 'server';
  }
}

export function versionText(version: number): string {
  return version >= 20 && version % 10 === 0 ? String(version / 10) : `${Math.floor(version / 10)}.${version % 10}`;
}

export function fieldLines(head: HttpHead): [string, string][] {
  const lines: [string, string][] = [];
  for (let i = 0; i < head.fieldCount; i++) lines.push([fieldName(head, i), fieldValue(head, i)]);
  return lines;
}

function requestUrl(exchange: ExchangeRecord): string {
  const target = exchange.request.target;
  const { head } = exchange.request;
  const named = findField(head, KnownField.scheme);
  const scheme = named >= 0 ? fieldValue(head, named) + '://' : exchange.secure ? 'https://' : 'http://';
  // Of extended CONNECT (RFC 8441) the target is a path like any other's.
  if (exchange.request.method === 'CONNECT' && !target.startsWith('/')) return target;
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(target)) return target;
  const authority = exchange.host || exchange.server;
  return scheme + authority + (target === '*' ? '' : target.startsWith('/') ? target : '/' + target);
}
