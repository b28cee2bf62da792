/**
 * The trace format, `wirescope/1`: plain objects as they stand in JSON. The schema beside the exporters says the same;
 * tests hold one to the other. Times are seconds since the Unix epoch, spans are seconds.
 */
import type { DiagnosticCode, Severity } from '../core/diagnostics.ts';
import type { TlsFacts } from '../core/tls.ts';
import type { Http2Facts } from '../core/sinks.ts';

export type SideName = 'client' | 'server';

export interface CaptureJson {
  type: 'capture';
  schema: 'wirescope/1';
  creator: { name: 'wirescope'; version: string };
  source: { kind: 'file' | 'stdin' | 'tap'; name: string; format: string; linkTypes: string[] };
}

export interface ConnectionJson {
  type: 'connection';
  /** Wireshark's tcp.stream, from 0. */
  id: number;
  client: string;
  server: string;
  protocols: string[];
  openedAt: number;
  closedAt: number;
  opening: 'handshake' | 'midstream';
  closing: 'fin' | 'reset' | 'open';
  /** Who sent the first FIN. */
  closedBy?: SideName;
  packets: BySide;
  /** TCP payload bytes on the wire, retransmissions included. */
  bytes: BySide;
  retransmissions: BySide;
  outOfOrder: BySide;
  missingBytes: BySide;
  conflictingOverlaps: number;
  handshakeRtt?: number;
  tls?: TlsJson;
  http2?: Http2Facts;
}

export interface BySide {
  client: number;
  server: number;
}

export type TlsJson = TlsFacts;

export type ExchangeState = 'complete' | 'open' | 'no-request' | 'no-response' | 'truncated' | 'reset';

export interface MessageHeadJson {
  time: number;
  endTime: number;
  version: string;
  headers: [string, string][];
  trailers: [string, string][];
  headerBytes: number;
  bodyBytes: number;
  decodedBytes: number;
  mediaType?: string;
  encoding?: string;
  /** HTTP/2 fields that their sender marks as never to be indexed: names, in wire order. */
  neverIndexed?: string[];
  text?: string;
  base64?: string;
  truncated: boolean;
  complete: boolean;
  /** Content bytes that are missing from the capture; left out where none are. */
  missingBytes?: number;
  firstPacket: number;
  lastPacket: number;
}

export interface RequestJson extends MessageHeadJson {
  method: string;
  target: string;
  url: string;
}

export interface ResponseJson extends MessageHeadJson {
  status: number;
  reason: string;
  interim: { status: number; headers: [string, string][]; time: number }[];
}

export interface ExchangeJson {
  type: 'exchange';
  id: number;
  connection: number;
  stream: number | null;
  protocol: 'http/0.9' | 'http/1.0' | 'http/1.1' | 'h2';
  secure: boolean;
  client: string;
  server: string;
  request: RequestJson | null;
  response: ResponseJson | null;
  state: ExchangeState;
  /** Request's end to response's first byte; response's first to last byte; request's first to response's last. */
  timing: { wait?: number; receive?: number; total?: number };
  diagnostics: DiagnosticCode[];
  /** Where the content is gRPC's. */
  grpc?: GrpcJson;
}

export interface GrpcJson {
  service?: string;
  method?: string;
  /** grpc-status and grpc-message, the latter decoded. */
  status?: number;
  message?: string;
  /** Messages, their bytes, and how many of them are compressed. */
  messages: BySide;
  bytes: BySide;
  compressed: BySide;
}

export interface UpgradeJson {
  type: 'upgrade';
  connection: number;
  exchange: number;
  time: number;
  outcome: 'accepted' | 'refused' | 'unanswered' | 'invalid';
  protocol: string;
  key?: string;
  accept?: string;
  expectedAccept?: string;
  version?: string;
  offeredSubprotocols: string[];
  subprotocol?: string;
  extensions?: string;
  checks: { name: string; ok: boolean; detail: string; reference: string }[];
  verdict: string;
}

export interface FrameJson {
  type: 'frame';
  id: number;
  connection: number;
  stream: number | null;
  client: string;
  server: string;
  time: number;
  from: SideName;
  fin: boolean;
  rsv: number;
  opcode: number;
  name: string;
  masked: boolean;
  maskingKey: string | null;
  payloadLength: number;
  headerLength: number;
  text?: string;
  base64?: string;
  truncated: boolean;
  firstPacket: number;
  lastPacket: number;
}

export interface MessageJson {
  type: 'message';
  id: number;
  connection: number;
  stream: number | null;
  client: string;
  server: string;
  time: number;
  endTime: number;
  from: SideName;
  kind: 'text' | 'binary' | 'close' | 'ping' | 'pong' | 'event';
  length: number;
  wireLength: number;
  compressed: boolean;
  frames: number;
  code?: number;
  reason?: string;
  /** Of a server-sent event: its exchange, its type, its id, and how long to wait before reconnecting, in milliseconds. */
  exchange?: number;
  event?: string;
  eventId?: string;
  retry?: number;
  /** What the message is to its subprotocol, where that is known and the whole message is at hand. */
  lens?: LensJson;
  text?: string;
  base64?: string;
  truncated: boolean;
  complete: boolean;
  firstPacket: number;
  lastPacket: number;
}

/** A WebSocket message read by its subprotocol. */
export interface LensJson {
  /** Which: socket.io, graphql, MQTT, JSON ... */
  name: string;
  /** Its event, topic or operation, in a few words. */
  label: string;
  /** What ties a reply to its request. */
  id?: string;
  role?: 'request' | 'reply' | 'heartbeat';
  /** What it carries, decoded; left out where the message is JSON text itself. */
  body?: unknown;
}

export interface DiagnosticJson {
  type: 'diagnostic';
  severity: Severity;
  code: DiagnosticCode;
  message: string;
  connection?: number;
  exchange?: number;
  from?: SideName;
  time?: number;
  packet?: number;
  offset?: number;
  reference?: string;
}

export interface SummaryJson {
  type: 'summary';
  packets: number;
  /** Bytes of the packets on the wire. */
  bytes: number;
  duration: number;
  connections: number;
  exchanges: number;
  upgrades: number;
  frames: number;
  messages: number;
  statuses: Record<string, number>;
  methods: Record<string, number>;
  diagnostics: Record<string, number>;
}

export type RecordJson =
  CaptureJson | ConnectionJson | ExchangeJson | UpgradeJson | FrameJson | MessageJson | DiagnosticJson | SummaryJson;
