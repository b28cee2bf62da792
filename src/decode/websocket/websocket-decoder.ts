/**
 * WebSocket (RFC 6455) with permessage-deflate (RFC 7692): the bytes that follow a handshake, both sides, to frames and
 * messages. Each side is a machine of its own. Over HTTP/2 (RFC 8441) the bytes are a stream's data; nothing differs.
 *
 * Not here: the handshake (timeline/upgrade-checks.ts), and what the two sides' close frames mean together.
 */
import { client, server, type Side } from '../../core/side.ts';
import type { EndOfStream, StreamSink, WebSocketSink } from '../../core/sinks.ts';
import {
  FrameBit,
  deflateParameters,
  parseExtensions,
  permessageDeflate,
  type DeflateParameters,
} from '../../core/websocket.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { InflaterPool } from './inflater.ts';
import { MessageAssembler } from './message-assembler.ts';

export interface WebSocketOptions {
  /** The response's Sec-WebSocket-Extensions, all values joined: what both ends agreed to. */
  readonly extensions?: string | undefined;
  /** The first byte given is not the first after the handshake: it may stand anywhere in a frame. */
  readonly midstream?: boolean;
  /** Stream offsets of the first byte given, client's and server's, so that reports count from the connection's start. */
  readonly baseOffset?: readonly [number, number];
  /** The most bytes a message may inflate to; 64 MiB if left out. */
  readonly inflateLimit?: number;
  /** Shared by all connections of an analysis; one of its own if left out. */
  readonly inflaters?: InflaterPool;
}

const defaultInflateLimit = 64 * 1024 * 1024;
const allReservedBits = FrameBit.rsv1 | FrameBit.rsv2 | FrameBit.rsv3;

export class WebSocketDecoder implements StreamSink {
  private readonly client: FrameDecoder;
  private readonly server: FrameDecoder;

  constructor(sink: WebSocketSink, options: WebSocketOptions = {}) {
    const agreed = agreement(options);
    this.client = createSide(sink, client, options, agreed);
    this.server = createSide(sink, server, options, agreed);
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    if (side === client) this.client.bytes(data, start, end);
    else this.server.bytes(data, start, end);
  }

  gap(side: Side, length: number): void {
    if (side === client) this.client.gap(length);
    else this.server.gap(length);
  }

  end(side: Side, how: EndOfStream): void {
    if (side === client) this.client.end(how);
    else this.server.end(how);
  }
}

interface Agreement {
  /** Reserved bits that mean something. */
  readonly bits: number;
  readonly deflate: DeflateParameters | null;
  readonly pool: InflaterPool | null;
}

const nothingAgreed: Agreement = { bits: 0, deflate: null, pool: null };

function agreement(options: WebSocketOptions): Agreement {
  if (options.extensions === undefined && options.midstream !== true) return nothingAgreed;
  // Met in mid-stream, RSV1 most likely means what it means nearly everywhere.
  const extensions = parseExtensions(options.extensions ?? permessageDeflate);
  const deflate = extensions.find((extension) => extension.name === permessageDeflate);
  const others = extensions.some((extension) => extension.name !== permessageDeflate);
  return {
    bits: others ? allReservedBits : deflate !== undefined ? FrameBit.rsv1 : 0,
    deflate: deflate === undefined ? null : deflateParameters(deflate),
    pool: deflate === undefined ? null : (options.inflaters ?? new InflaterPool()),
  };
}

function createSide(sink: WebSocketSink, side: Side, options: WebSocketOptions, agreed: Agreement): FrameDecoder {
  const { deflate, pool, bits } = agreed;
  const midstream = options.midstream === true;
  const settings =
    deflate === null || pool === null
      ? null
      : {
          pool,
          limit: options.inflateLimit ?? defaultInflateLimit,
          contextTakeover: side === client ? !deflate.clientNoContextTakeover : !deflate.serverNoContextTakeover,
          windowBits: side === client ? deflate.clientMaxWindowBits : deflate.serverMaxWindowBits,
        };
  const messages = new MessageAssembler(sink, side, settings, midstream);
  return new FrameDecoder(sink, side, messages, bits, options.baseOffset?.[side] ?? 0, midstream);
}
