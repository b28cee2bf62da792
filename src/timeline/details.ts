/**
 * What is shown of one exchange, message or packet when somebody looks at it: an own copy of everything the record held.
 * Where it comes from differs: a file is read again, of a pipe the latest is kept.
 */
import type { DiagnosticCode } from '../core/diagnostics.ts';
import type { Side } from '../core/side.ts';
import type { ExchangeRecord, FrameRecord, HttpMessage, MessageRecord } from './records.ts';
import type { ExchangeState, LensJson, UpgradeJson } from './trace-format.ts';
import { isUpgrade, judgedHeads } from './upgraded-messages.ts';
import { latin1 } from '../core/bytes.ts';

export interface MessageDetail {
  /** As major * 10 + minor. */
  readonly version: number;
  /** The start line as sent; of HTTP/2, which has none, what it would be. */
  readonly startLine: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly trailers: readonly (readonly [string, string])[];
  readonly interim: readonly { readonly status: number; readonly headers: readonly (readonly [string, string])[] }[];
  /** The head's bytes as sent; of HTTP/2 what its fields unpack to, with nothing in between. */
  readonly head: Uint8Array;
  readonly headBytes: number;
  /** The first bytes of the content, decoded where that was possible. */
  readonly body: Uint8Array;
  readonly truncated: boolean;
  readonly bodyBytes: number;
  readonly decodedBytes: number;
  readonly missingBytes: number;
  readonly contentType: string | undefined;
  readonly encoding: string | undefined;
  readonly complete: boolean;
  readonly ended: boolean;
  readonly time: number;
  readonly endTime: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
}

export interface ExchangeDetail {
  readonly kind: 'exchange';
  readonly method: string;
  readonly target: string;
  readonly url: string;
  readonly protocol: string;
  readonly secure: boolean;
  readonly client: string;
  readonly server: string;
  readonly state: ExchangeState;
  readonly status: number;
  readonly request: MessageDetail | undefined;
  readonly response: MessageDetail | undefined;
  readonly wait: number | undefined;
  readonly receive: number | undefined;
  readonly total: number | undefined;
  readonly diagnostics: readonly DiagnosticCode[];
  readonly upgrade: UpgradeDetail | undefined;
}

export type UpgradeDetail = Omit<UpgradeJson, 'type' | 'connection' | 'exchange' | 'time'>;

export interface PayloadDetail {
  readonly kind: 'payload';
  readonly side: Side;
  /** Bytes as the application saw them; of a frame, the payload unmasked. */
  readonly body: Uint8Array;
  readonly truncated: boolean;
  readonly length: number;
  readonly wireLength: number;
  readonly compressed: boolean;
  readonly what: MessageRecord['kind'];
  readonly frames: number;
  readonly code: number;
  readonly reason: string | undefined;
  /** What it is to its subprotocol. */
  readonly lens: LensJson | undefined;
  readonly firstPacket: number;
  readonly lastPacket: number;
}

export interface PacketDetail {
  readonly packet: number;
  readonly time: number;
  readonly side: Side;
  /** The captured bytes, and where in them the TCP header and the payload begin. */
  readonly data: Uint8Array;
  readonly tcp: number;
  readonly payload: number;
  readonly end: number;
  readonly wireLength: number;
}

/** Which exchange or message of the capture is meant, in words that hold whichever part of it is read. */
export interface Place {
  /** Number of the connection's first packet; 0 where it is not known. */
  readonly connectionPacket: number;
  readonly client: string;
  readonly server: string;
  readonly stream: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
  /** How many of the same kind, connection and side begin in the same packet before it. */
  readonly nth: number;
}

/** Where details come from. All resolve to undefined where it is not to be had any more. */
export interface DetailSource {
  /** @param id the exchange's */
  exchange(place: Place, id: number, signal: AbortSignal): Promise<ExchangeDetail | undefined>;
  message(place: Place, side: Side, row: number, signal: AbortSignal): Promise<PayloadDetail | undefined>;
  packets(place: Place, signal: AbortSignal): Promise<readonly PacketDetail[]>;
  /** Every message of a conversation, in order, lent one by one; none where it cannot be read again. */
  conversation(place: Place, take: (record: MessageRecord) => void, signal: AbortSignal): Promise<void>;
  /** The exchange as the trace format writes it. */
  json(place: Place, id: number, signal: AbortSignal): Promise<string | undefined>;
}

export function exchangeDetail(record: ExchangeRecord): ExchangeDetail {
  const { request, response } = record;
  return {
    kind: 'exchange',
    method: request.present ? request.method : '',
    target: request.present ? request.target : '',
    url: request.present ? record.url : '',
    protocol: record.protocol,
    secure: record.secure,
    client: record.client,
    server: record.server,
    state: record.state,
    status: response.present ? response.status : 0,
    request: request.present ? messageDetail(request) : undefined,
    response: response.present ? messageDetail(response) : undefined,
    wait: record.wait,
    receive: record.receive,
    total: record.total,
    diagnostics: [...record.diagnostics],
    upgrade: upgradeDetail(record),
  };
}

function upgradeDetail({ request, response }: ExchangeRecord): UpgradeDetail | undefined {
  if (!isUpgrade(request, response)) return undefined;
  const { problems: _, ...judged } = judgedHeads(request, response);
  return judged;
}

function messageDetail(message: HttpMessage): MessageDetail {
  const { head, body } = message;
  const bytes = head.data.slice(head.start, head.end);
  const lineEnd = bytes.indexOf(0x0a);
  return {
    version: head.version,
    startLine:
      head.version >= 20 ? http2StartLine(message) : latin1(bytes, 0, lineEnd < 0 ? bytes.length : lineEnd).trimEnd(),
    headers: message.headers,
    trailers: [...message.trailers],
    interim: [...message.interim],
    head: bytes,
    headBytes: head.size,
    body: body.data.slice(0, body.length),
    truncated: body.truncated,
    bodyBytes: message.bodyBytes,
    decodedBytes: message.decodedBytes,
    missingBytes: message.missingBytes,
    contentType: message.contentType,
    encoding: message.encoding,
    complete: message.complete,
    ended: message.ended,
    time: message.time,
    endTime: message.endTime,
    firstPacket: message.firstPacket,
    lastPacket: message.lastPacket,
  };
}

function http2StartLine({ head, method, target, status }: HttpMessage): string {
  return head.methodEnd > head.methodStart ? `${method} ${target} HTTP/2` : `HTTP/2 ${status}`;
}

export function payloadDetail(record: MessageRecord): PayloadDetail {
  return {
    kind: 'payload',
    side: record.side,
    body: record.body.data.slice(0, record.body.length),
    truncated: record.body.truncated,
    length: record.length,
    wireLength: record.wireLength,
    compressed: record.compressed,
    what: record.kind,
    frames: record.frames,
    code: record.code,
    reason: record.reason,
    lens: record.lens,
    firstPacket: record.firstPacket,
    lastPacket: record.lastPacket,
  };
}

/** A frame by itself, where its message is not known. */
export function frameDetail(record: FrameRecord): PayloadDetail {
  return {
    kind: 'payload',
    side: record.side,
    body: record.body.data.slice(0, record.body.length),
    truncated: record.body.truncated,
    length: record.payloadLength,
    wireLength: record.payloadLength,
    compressed: (record.bits & 0x40) !== 0,
    what: record.opcode === 1 ? 'text' : 'binary',
    frames: 1,
    code: -1,
    reason: undefined,
    lens: undefined,
    firstPacket: record.firstPacket,
    lastPacket: record.lastPacket,
  };
}
