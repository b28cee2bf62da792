/**
 * The seams between the rooms. Read this file first.
 *
 *   source -> PacketSink -> link, IP, TCP -> StreamSink -> protocol decoder -> HttpSink | WebSocketSink -> records
 *
 * One convention for all of them: bytes are pushed in, events come out of the sink given to the constructor. Bytes
 * travel as `(data, start, end)`, borrowed and read-only, valid until the call returns; returning is "need more". Which
 * packet they came from, and when, stands in the shared `Moment`. Captured bytes never throw: what is wrong with them is
 * reported through `DiagnosticSink`.
 */
import type { DiagnosticCode } from './diagnostics.ts';
import type { HttpHead, KnownField } from './http.ts';
import type { Side } from './side.ts';
import type { TlsSink } from './tls.ts';

/** Takes captured packets, in capture order. The source sets the shared `Moment` (time, packet, position) first. */
export interface PacketSink {
  /**
   * @param linkType the libpcap LINKTYPE_ number (1 Ethernet, 101 raw IP ...)
   * @param wireLength bytes the packet had on the wire; more than `end - start` where the capture cut it
   */
  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void;
  /** A pcapng decryption-secrets block. `kind` is its secrets type (0x544c534b: NSS key log). */
  secrets(kind: number, data: Uint8Array, start: number, end: number): void;
}

/** Takes what is wrong with captured bytes. */
export interface DiagnosticSink {
  /**
   * @param connection slot in the connection table, or -1
   * @param side who sent the bytes, or -1
   * @param offset byte offset in that side's stream (or in the capture file, for capture and packet diagnostics); -1 unknown
   * @param detail what was found, in one short sentence; the catalogue's title stands where it is left out
   */
  report(code: DiagnosticCode, connection: number, side: Side | -1, offset: number, detail?: string): void;
}

/** How one direction of a stream came to its end. */
export const EndOfStream = {
  /** FIN, every byte before it delivered. */
  fin: 0,
  /** RST from either end. */
  reset: 1,
  /** The capture ended, or the connection was retired, with the stream still open. */
  captureEnd: 2,
} as const;
export type EndOfStream = (typeof EndOfStream)[keyof typeof EndOfStream];

/** A reassembled connection. Bytes of one side arrive in order, each once; `end` comes at most once a side. */
export interface StreamSink {
  bytes(side: Side, data: Uint8Array, start: number, end: number): void;
  /** `length` bytes of this side are missing from the capture here. */
  gap(side: Side, length: number): void;
  end(side: Side, how: EndOfStream): void;
}

/**
 * Takes connections: the TCP reassembler's output, and the live tap's. `slot` is the connection's slot in the shared
 * `ConnectionTable`, filled in by the caller before `opened`, given back after `closed`.
 */
export interface ConnectionSink {
  opened(slot: number): void;
  bytes(slot: number, side: Side, data: Uint8Array, start: number, end: number): void;
  gap(slot: number, side: Side, length: number): void;
  end(slot: number, side: Side, how: EndOfStream): void;
  /** Both sides have had their `end`. */
  closed(slot: number): void;
  /** Which side sent these bytes, told by what they say; -1 where they do not tell. Asked while the handshake was not seen. */
  speaker(data: Uint8Array, start: number, end: number): Side | -1;
}

/** How much of a message was seen when it ended. */
export const MessageEnd = {
  complete: 0,
  /** Cut: the stream ended before the framing said so, or bytes are missing. */
  truncated: 1,
  reset: 2,
  /** Still open when the capture ended. */
  open: 3,
} as const;
export type MessageEnd = (typeof MessageEnd)[keyof typeof MessageEnd];

/**
 * Takes HTTP messages of any version, paired into exchanges by the decoder. `X` is the sink's own handle for an
 * exchange: the decoder keeps it and gives it back, and drops it after `exchangeEnd`.
 *
 * Order: `openExchange`, then `requestHead` if the request was seen, and per side head, `content`*, `trailers`?,
 * `messageEnd`; any number of `interimHead` before `responseHead`; last `exchangeEnd`, once, always.
 */
export interface HttpSink<X> {
  /** @param stream HTTP/2 stream identifier; -1 in HTTP/1 */
  openExchange(connection: number, stream: number): X;
  requestHead(exchange: X, head: HttpHead): void;
  /** A 1xx response other than 101. */
  interimHead(exchange: X, head: HttpHead): void;
  responseHead(exchange: X, head: HttpHead): void;
  /** Content as sent: after chunked framing is removed, before a content coding is. */
  content(exchange: X, side: Side, data: Uint8Array, start: number, end: number): void;
  /** `length` bytes of content are missing from the capture. */
  contentGap(exchange: X, side: Side, length: number): void;
  /** Trailer fields: a head without a start line. */
  trailers(exchange: X, side: Side, head: HttpHead): void;
  /** A reset is told of a message that never began, too. */
  messageEnd(exchange: X, side: Side, how: MessageEnd): void;
  /** @param unanswered no response was seen, and none is to come, although the connection goes on */
  exchangeEnd(exchange: X, unanswered?: boolean): void;
  /** Something is wrong with this exchange. `offset` is a stream offset. */
  reportExchange(
    exchange: X,
    code: DiagnosticCode,
    connection: number,
    side: Side,
    offset: number,
    detail?: string,
  ): void;
}

/** Takes the frames and messages of one WebSocket connection (or HTTP/2 stream). */
export interface WebSocketSink {
  /** A frame begins with part of its header; `frameStart` follows when the rest has come, unless that is lost. */
  headerStart?(side: Side): void;
  /**
   * @param bits FIN in bit 7, RSV1-3 in bits 6-4, as in the first byte of the frame
   * @param maskingKey the four key bytes as an unsigned 32-bit number, first byte highest; 0 where not masked
   * @param length payload length in bytes
   * @param headerLength 2-14 bytes
   * @param begun `headerStart` came before
   * @param offset stream offset of the frame's first byte
   */
  frameStart(
    side: Side,
    opcode: number,
    bits: number,
    masked: boolean,
    maskingKey: number,
    length: number,
    headerLength: number,
    begun: boolean,
    offset: number,
  ): void;
  /** Payload after unmasking, as sent otherwise (still compressed where the message is). */
  framePayload(side: Side, data: Uint8Array, start: number, end: number): void;
  /** @param complete false where bytes are missing or the stream ended inside the payload */
  frameEnd(side: Side, complete: boolean): void;
  /** The message that the frame just started opens: text, binary, or a control frame by itself. */
  messageStart(side: Side, opcode: number, compressed: boolean): void;
  /** Message data as the application saw it. */
  messageData(side: Side, data: Uint8Array, start: number, end: number): void;
  /** @param how complete, truncated (cut, missing bytes or undecodable), or open at the end of the capture */
  messageEnd(side: Side, opcode: number, how: MessageEnd): void;
  report(code: DiagnosticCode, side: Side, offset: number, detail?: string): void;
  /** No more frames will come from this side. */
  end(side: Side, how: EndOfStream): void;
}

/** What an HTTP/2 connection was like as a whole; as in the trace format. Spans are seconds. */
export interface Http2Facts {
  streams: number;
  /** The most that were open at once. */
  concurrentStreams: number;
  pushedStreams: number;
  resetStreams: number;
  /** Last value announced of each setting, by name (RFC 9113 6.5.2). */
  settings: { client: Record<string, number>; server: Record<string, number> };
  /** Frames sent, by type. */
  frames: { client: Record<string, number>; server: Record<string, number> };
  /** How long each side could not send content because the connection's window was used up. */
  stalled: { client: number; server: number };
  ping?: { count: number; shortest: number; longest: number };
  goaway?: string[];
  origins?: string[];
  alternatives?: string[];
  course?: Http2Course;
}

/** From the first stream on, in spans of `interval` seconds. */
export interface Http2Course {
  interval: number;
  /** The most streams that were open in each. */
  streams: number[];
  /** The least that the connection's window left each side to send, in bytes. */
  window: { client: number[]; server: number[] };
}

/** Takes what HTTP/2 adds to exchanges. */
export interface Http2Sink<X> extends HttpSink<X>, DiagnosticSink {
  /** The connection has ended. Comes once, after its last exchange. */
  http2Connection(connection: number, facts: Http2Facts): void;
}

/** All that the decoders of a run have to say. `X` is the recorder's handle for an open exchange. */
export interface StreamRecorder<X> extends Http2Sink<X>, TlsSink {
  connectionOpened(slot: number): void;
  connectionClosed(slot: number): void;
  /** The value of a field of the exchange's request, undefined where it has none. */
  requestField(exchange: X, known: KnownField): string | undefined;
  /**
   * An exchange on an HTTP/2 stream whose request was sent in HTTP/1.1 and answered by an upgrade (RFC 7540 3.2): it has
   * that request, ended, and gets its response from the stream.
   */
  openUpgraded(exchange: X, connection: number, stream: number): X;
  /** A sink for the frames of one WebSocket connection. `stream` is -1 outside HTTP/2. */
  webSocket(slot: number, stream: number): WebSocketSink;
}

/** Undoes content codings, one instance a message. Output goes to the sink given to the factory. */
export interface ContentDecoder {
  push(data: Uint8Array, start: number, end: number): void;
  /** Bytes are missing here: nothing after this can be decoded. */
  gap(): void;
  /** The content has ended; gives what is left and reports a stream that stopped short. */
  finish(): void;
}

export interface DecodedContentSink {
  decoded(data: Uint8Array, start: number, end: number): void;
  problem(code: DiagnosticCode, detail: string): void;
}

/** @param codings the Content-Encoding value. Null where it names no coding, undecodable ones are reported. */
export type ContentDecoderFactory = (codings: string, sink: DecodedContentSink) => ContentDecoder | null;

/** Reads structured content as it arrives, content codings undone. One instance a message. */
export interface ContentReader {
  push(data: Uint8Array, start: number, end: number): void;
  /** Bytes are missing here, a number not known. */
  gap(): void;
  /** The content has ended. */
  finish(): void;
}

/** Takes the events of one text/event-stream response. */
export interface EventSink {
  /** An event's first line begins. */
  eventStart(): void;
  /**
   * @param type the event field's value; empty where there is none
   * @param id the id field's value, undefined where there is none
   * @param retry milliseconds, -1 where there is none
   * @param length of the data, which is borrowed and may be cut
   * @param wireLength octets of the event's lines; an LF behind the CR that ends the event comes too late to count
   * @param complete false where bytes are missing, or the content ended before the event did
   */
  event(
    type: string,
    id: string | undefined,
    retry: number,
    data: Uint8Array,
    start: number,
    end: number,
    length: number,
    wireLength: number,
    complete: boolean,
  ): void;
}

/** Takes the messages of gRPC content. */
export interface GrpcSink {
  /** A message's prefix has come. */
  grpcMessage(length: number, compressed: boolean): void;
  /** gRPC-Web: the trailers that end the content, as lines of text; borrowed, and perhaps cut. */
  grpcTrailers(data: Uint8Array, start: number, end: number): void;
  /** The content ends inside a message, or is none of gRPC's. */
  grpcCut(): void;
}

/** The readers of structured content that there are. */
export interface ContentReaders {
  eventStream(sink: EventSink): ContentReader;
  grpc(sink: GrpcSink): ContentReader;
}
