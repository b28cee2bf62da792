/**
 * Which decoder reads a connection: the first bytes are asked what they are, decoders are attached, changed at upgrades,
 * and taken back when they rest. The one place that knows all protocols, with `protocols.ts`.
 */
import { ConnectionFlag, grown, protocolBit, type ConnectionTable } from '../core/connection-table.ts';
import { KnownField, combinedValue, type HttpHead } from '../core/http.ts';
import type { Moment } from '../core/moment.ts';
import { client, otherSide, server, type Side } from '../core/side.ts';
import type { ConnectionSink, EndOfStream, StreamRecorder, StreamSink } from '../core/sinks.ts';
import { Http1Decoder, http1 } from './http1/http1-decoder.ts';
import { isVersionedRequest } from './http1/message-start.ts';
import { frameSpeaker, looksLikeFrames } from './http2/frame-start.ts';
import { Http2Decoder, http2, type Http2Options, type Http2Sinks } from './http2/http2-decoder.ts';
import type { ProtocolHost, StreamHost } from './protocol.ts';
import { TlsDecoder, type TlsShared } from './tls/tls-decoder.ts';
import { proxyHeaderLength } from './proxy-header.ts';
import { looksLikeRecords, tls, tlsSpeaker } from './tls/tls.ts';
import { Undecided, type Deciding } from './undecided.ts';
import { InflaterPool } from './websocket/inflater.ts';
import { WebSocketDecoder, type WebSocketOptions } from './websocket/websocket-decoder.ts';
import { websocket } from './websocket/websocket.ts';

/** What is known of a connection that has no decoder. */
const Phase = {
  /** No bytes yet, or too few. */
  fresh: 0,
  /** Nothing here decodes it. */
  opaque: 1,
  /** First bytes are none of ours; the server may still answer as HTTP does, and something known may come behind them. */
  doubtful: 4,
  /** Its beginning was not captured: every delivery is looked at as if it were the first. */
  searching: 2,
  /** HTTP/1, between messages. */
  restingHttp1: 3,
} as const;

/** A server that says more than this before its client has spoken means what it says. */
const settledBytes = 256;
/** How far into a connection of an unknown protocol something known is looked for: what SOCKS says first is short. */
const doubtfulBytes = 64 * 1024;
/** Decoders at rest that are kept for the next connection that speaks. */
const poolSize = 1024;
/** Tunnels through streams that are open at once; what others carry is content. */
const mostTunnels = 256;
/** TLS and tunnels in one another: nobody who means well goes deeper. */
const deepest = 8;

export class Streams<X> implements Deciding, ProtocolHost<X>, StreamHost {
  private readonly connections: ConnectionTable;
  private readonly recorder: StreamRecorder<X>;
  private readonly moment: Moment;
  private readonly sinks: (StreamSink | undefined)[] = [];
  private phase: Uint8Array;
  /** How each side has ended, for decoders that come later: `EndOfStream` + 1, two bits a side. */
  private ended: Uint8Array;
  private readonly resting: Http1Decoder<X>[] = [];
  /** Of connections whose decoder rests: the request that waits for its response. */
  private readonly unanswered: (object | null)[] = [];
  private readonly inflaters = new InflaterPool();
  private readonly http2Sinks: Http2Sinks<X>;
  readonly waiting: [number, number] = [0, 0];
  private readonly tls: TlsShared;
  /** What comes out of TLS goes through the same once more: protocols inside are told, put and rest as outside. */
  private inside: Streams<X> | null = null;
  private tunnels = 0;
  private readonly depth: number;
  /** Bytes delivered, where this is inside: those of the connection are encrypted. */
  private readonly plaintext: PlaintextOffsets | null;

  constructor(
    connections: ConnectionTable,
    recorder: StreamRecorder<X>,
    moment: Moment,
    tls: TlsShared,
    plaintext: PlaintextOffsets | null = null,
    depth = 0,
  ) {
    this.depth = depth;
    this.tls = tls;
    this.plaintext = plaintext;
    this.connections = connections;
    this.recorder = recorder;
    this.moment = moment;
    this.http2Sinks = { sink: recorder, host: this, moment };
    this.phase = new Uint8Array(connections.capacity);
    this.ended = new Uint8Array(connections.capacity);
  }

  opened(slot: number): void {
    this.begin(slot);
    this.recorder.connectionOpened(slot);
  }

  private begin(slot: number): void {
    if (slot >= this.phase.length) {
      this.phase = grown(this.phase, this.connections.capacity);
      this.ended = grown(this.ended, this.connections.capacity);
    }
    this.phase[slot] = Phase.fresh;
    this.ended[slot] = 0;
    while (this.sinks.length <= slot) {
      this.sinks.push(undefined);
      this.unanswered.push(null);
    }
  }

  bytes(slot: number, side: Side, data: Uint8Array, start: number, end: number): void {
    const sink = this.sinks[slot];
    if (sink !== undefined) sink.bytes(side, data, start, end);
    else this.attach(slot, side, data, start, end);
  }

  gap(slot: number, side: Side, length: number): void {
    const sink = this.sinks[slot];
    if (sink !== undefined) sink.gap(side, length);
    else if (this.phase[slot] === Phase.restingHttp1) this.takeHttp1(slot, side, length).gap(side, length);
    else this.phase[slot] = Phase.searching;
  }

  end(slot: number, side: Side, how: EndOfStream): void {
    this.ended[slot]! |= (how + 1) << (side * 2);
    const sink = this.sinks[slot];
    if (sink !== undefined) sink.end(side, how);
    else if (this.unanswered[slot] !== null) this.takeHttp1(slot, side, 0);
  }

  closed(slot: number): void {
    this.leave(slot);
    this.recorder.connectionClosed(slot);
  }

  private leave(slot: number): void {
    const sink = this.sinks[slot];
    this.sinks[slot] = undefined;
    this.unanswered[slot] = null;
    if (sink instanceof Http1Decoder && this.resting.length < poolSize) {
      sink.bind(-1, false);
      this.resting.push(sink as Http1Decoder<X>);
    }
    if (!(sink instanceof TlsDecoder)) return;
    sink.close();
    this.inside?.leave(slot);
    this.recorder.tlsConnection(slot, sink.facts);
  }

  speaker(data: Uint8Array, start: number, end: number): Side | -1 {
    if (http1.looksLike(client, data, start, end) === 'yes') return client;
    if (http1.looksLike(server, data, start, end) === 'yes') return server;
    const speaker = frameSpeaker(data, start, end);
    return speaker === -1 ? tlsSpeaker(data, start, end) : speaker;
  }

  switchProtocol(
    slot: number,
    token: string,
    exchange: X,
    response: HttpHead,
    offsets: readonly [number, number],
  ): StreamSink {
    switch (token.trim().toLowerCase()) {
      case 'websocket': {
        const extensions = combinedValue(response, KnownField.secWebSocketExtensions);
        return this.put(slot, this.webSocketDecoder(slot, -1, { extensions, baseOffset: offsets }));
      }
      case 'h2c': {
        // RFC 7540 3.2: who offers h2c sends its settings along; without them nobody will speak it.
        const settings = this.recorder.requestField(exchange, KnownField.http2Settings);
        if (settings === undefined) return this.tunnel(slot);
        const upgraded = { exchange: this.recorder.openUpgraded(exchange, slot, 1), settings };
        return this.put(slot, this.http2Decoder(slot, { upgraded, offsets }));
      }
      default:
        return this.tunnel(slot);
    }
  }

  switchStream(slot: number, stream: number, protocol: string, response: HttpHead): StreamSink | null {
    if (protocol === '') return this.streamTunnel(slot);
    if (protocol.toLowerCase() !== 'websocket') return null;
    const extensions = combinedValue(response, KnownField.secWebSocketExtensions);
    return this.webSocketDecoder(slot, stream, { extensions });
  }

  /** A tunnel through one of many streams: what it carries is found out apart from what its siblings carry. */
  private streamTunnel(slot: number): StreamSink | null {
    if (this.tunnels >= mostTunnels || this.depth >= deepest) return null;
    this.tunnels++;
    const offsets = new PlaintextOffsets();
    const streams = this.within(offsets);
    streams.begin(slot);
    return new StreamTunnel(streams, slot, offsets, this.connections, () => {
      this.tunnels--;
      streams.leave(slot);
    });
  }

  tunnel(slot: number): StreamSink {
    this.phase[slot] = Phase.fresh;
    return this.put(slot, undefined) ?? new SlotSink(this, slot);
  }

  rest(slot: number, unanswered: object | null, pipelined: boolean): void {
    if (pipelined) this.connections.flags[slot]! |= ConnectionFlag.pipelined;
    const decoder = this.sinks[slot];
    this.sinks[slot] = undefined;
    this.unanswered[slot] = unanswered;
    this.phase[slot] = Phase.restingHttp1;
    if (this.resting.length < poolSize) this.resting.push(decoder as Http1Decoder<X>);
  }

  waits(slot: number, side: Side): boolean {
    return this.connections.waits(slot, side);
  }

  /** First bytes were held back while they were too few to tell; now they go on, or nobody wants them. */
  decided(slot: number): void {
    this.sinks[slot] = undefined;
    this.phase[slot] = Phase.fresh;
  }

  /** Nothing more is to be learned from these first bytes. */
  undecidable(slot: number, lost: boolean): void {
    this.sinks[slot] = undefined;
    this.phase[slot] = lost ? Phase.searching : Phase.opaque;
  }

  /** Bytes of a connection that has no decoder at work. */
  private attach(slot: number, side: Side, data: Uint8Array, start: number, end: number): void {
    switch (this.phase[slot]) {
      case Phase.restingHttp1:
        return this.takeHttp1(slot, side, end - start).bytes(side, data, start, end);
      case Phase.opaque:
        return;
      case Phase.fresh:
        if (side === client) return this.begins(slot, data, start, end);
    }
    this.identify(slot, side, data, start, end)?.bytes(side, data, start, end);
  }

  /** The client's first bytes: what a load balancer has put in front of them is passed over. */
  private begins(slot: number, data: Uint8Array, start: number, end: number): void {
    const header = proxyHeaderLength(data, start, end);
    if (header < 0) return this.put(slot, new Undecided(slot, this, this.moment)).bytes(client, data, start, end);
    const at = start + header;
    if (at < end) this.identify(slot, client, data, at, end)?.bytes(client, data, at, end);
  }

  private identify(slot: number, side: Side, data: Uint8Array, start: number, end: number): StreamSink | undefined {
    const doubtful = this.phase[slot] === Phase.doubtful;
    if (doubtful && !beginsKnown(side, data, start, end)) return this.passOver(slot);
    const midstream = this.plaintext === null && this.connections.has(slot, ConnectionFlag.midstream);
    const searching = midstream || this.phase[slot] === Phase.searching;
    if (searching) this.phase[slot] = Phase.searching;
    const likeness = http1.looksLike(side, data, start, end);
    if (likeness === 'yes') return this.takeHttp1(slot, side, end - start);
    const second = http2.looksLike(side, data, start, end);
    // A server of HTTP/2 speaks first, whatever the client goes on to say: its SETTINGS wait for that.
    const early = side === server && !searching && end - start < settledBytes;
    if (second === 'yes' && !early) return this.takeHttp2(slot, side, end - start, false);
    const third = this.depth >= deepest ? 'no' : tls.looksLike(side, data, start, end);
    if (third === 'yes') return this.takeTls(slot);
    if (searching) {
      if (this.depth < deepest && looksLikeRecords(data, start, end)) return this.takeTls(slot);
      if (looksLikeFrames(data, start, end)) return this.takeHttp2(slot, side, end - start, true);
      if (websocket.looksLike(side, data, start, end) !== 'yes') return undefined;
      const baseOffset = this.offsets(slot, side, end - start);
      return this.put(slot, this.webSocketDecoder(slot, -1, { midstream: true, baseOffset }));
    }
    if (likeness === 'more' || second !== 'no' || third === 'more')
      return this.put(slot, new Undecided(slot, this, this.moment));
    // The client's first bytes say what is spoken, unless the server knows better, or something known comes behind them;
    // a server that speaks first may still be asked for something known.
    const inside = (this.connections.protocols[slot]! & protocolBit('http/1.1')) !== 0;
    if (side === client) this.phase[slot] = inside ? Phase.opaque : Phase.doubtful;
    return undefined;
  }

  /** Bytes that are none of ours, of a connection on which something known may yet begin, though not for ever. */
  private passOver(slot: number): undefined {
    const delivered = this.plaintext ?? this.connections;
    if (delivered.offset(slot, client) + delivered.offset(slot, server) > doubtfulBytes)
      this.phase[slot] = Phase.opaque;
    return undefined;
  }

  private takeHttp1(slot: number, side: Side, length: number): Http1Decoder<X> {
    const { connections } = this;
    const clientOffset = this.offset(slot, client) - (side === client ? length : 0);
    const serverOffset = this.offset(slot, server) - (side === server ? length : 0);
    const searching = this.phase[slot] === Phase.searching;
    let decoder = searching ? undefined : this.resting.pop();
    if (decoder === undefined) {
      decoder = new Http1Decoder<X>(this.recorder, this, this.recorder, this.moment);
      decoder.bind(slot, searching, clientOffset, serverOffset);
    }
    if (!searching) {
      const pipelined = connections.has(slot, ConnectionFlag.pipelined);
      decoder.rebind(slot, clientOffset, serverOffset, this.unanswered[slot]!, pipelined);
      this.unanswered[slot] = null;
    }
    connections.protocols[slot]! |= protocolBit('http/1.1');
    this.sinks[slot] = decoder;
    const ended = this.ended[slot]!;
    if ((ended & 3) !== 0) decoder.end(client, ((ended & 3) - 1) as EndOfStream);
    if (ended >> 2 !== 0) decoder.end(server, ((ended >> 2) - 1) as EndOfStream);
    return decoder;
  }

  private takeHttp2(slot: number, side: Side, length: number, midstream: boolean): Http2Decoder<X> {
    return this.put(slot, this.http2Decoder(slot, { midstream, offsets: this.offsets(slot, side, length) }));
  }

  /** Stream offsets of what a new decoder gets first: `length` bytes of `side` are at hand, and count as delivered. */
  private offsets(slot: number, side: Side, length: number): [number, number] {
    const offsets: [number, number] = [this.offset(slot, client), this.offset(slot, server)];
    offsets[side] -= length;
    return offsets;
  }

  private offset(slot: number, side: Side): number {
    const delivered = this.plaintext === null ? this.connections.offset(slot, side) : this.plaintext.offset(slot, side);
    return delivered - this.waiting[side];
  }

  private takeTls(slot: number): TlsDecoder {
    this.connections.protocols[slot]! |= protocolBit('tls');
    this.inside ??= this.within(new PlaintextOffsets());
    this.inside.leave(slot);
    this.inside.begin(slot);
    const out = new PlaintextSink(this.inside, slot, this.inside.plaintext!);
    return this.put(slot, new TlsDecoder(slot, this.tls, out));
  }

  private within(offsets: PlaintextOffsets): Streams<X> {
    return new Streams(this.connections, this.recorder, this.moment, this.tls, offsets, this.depth + 1);
  }

  private http2Decoder(slot: number, options: Http2Options<X>): Http2Decoder<X> {
    this.connections.protocols[slot]! |= protocolBit('h2');
    return new Http2Decoder<X>(slot, this.http2Sinks, options);
  }

  /** @param stream -1 where the connection carries nothing else */
  private webSocketDecoder(slot: number, stream: number, options: WebSocketOptions): WebSocketDecoder {
    this.connections.protocols[slot]! |= protocolBit('websocket');
    return new WebSocketDecoder(this.recorder.webSocket(slot, stream), { ...options, inflaters: this.inflaters });
  }

  private put<S extends StreamSink | undefined>(slot: number, sink: S): S {
    this.sinks[slot] = sink;
    return sink;
  }
}

/** Whether something known begins here beyond doubt. */
function beginsKnown(side: Side, data: Uint8Array, start: number, end: number): boolean {
  if (side === server) return http1.looksLike(server, data, start, end) === 'yes';
  if (isVersionedRequest(data, start, end)) return true;
  return tls.looksLike(client, data, start, end) === 'yes' || http2.looksLike(client, data, start, end) === 'yes';
}

/** A connection whose decoder is to be found anew, as a sink: what comes out of a tunnel. */
class SlotSink implements StreamSink {
  protected readonly streams: ConnectionSink;
  protected readonly slot: number;

  constructor(streams: ConnectionSink, slot: number) {
    this.streams = streams;
    this.slot = slot;
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.streams.bytes(this.slot, side, data, start, end);
  }

  gap(side: Side, length: number): void {
    this.streams.gap(this.slot, side, length);
  }

  end(side: Side, how: EndOfStream): void {
    this.streams.end(this.slot, side, how);
  }
}

/** Bytes of plaintext delivered, by slot and side. */
class PlaintextOffsets {
  private counts = new Float64Array(64);

  offset(slot: number, side: Side): number {
    return this.counts[slot * 2 + side]!;
  }

  reset(slot: number): void {
    if (slot * 2 + 2 > this.counts.length)
      this.counts = grown(this.counts, Math.max(slot * 2 + 2, this.counts.length * 2));
    this.counts[slot * 2] = this.counts[slot * 2 + 1] = 0;
  }

  add(slot: number, side: Side, length: number): void {
    this.counts[slot * 2 + side]! += length;
  }
}

/** What comes out of a connection's TLS. */
class PlaintextSink extends SlotSink {
  private readonly offsets: PlaintextOffsets;

  constructor(streams: ConnectionSink, slot: number, offsets: PlaintextOffsets) {
    super(streams, slot);
    this.offsets = offsets;
    offsets.reset(slot);
  }

  override bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.offsets.add(this.slot, side, end - start);
    super.bytes(side, data, start, end);
  }

  override gap(side: Side, length: number): void {
    this.offsets.add(this.slot, side, length);
    super.gap(side, length);
  }
}

/**
 * What comes out of a tunnel through a stream; `closed` is called when both sides have ended. TLS in it makes what it carries
 * secure, not its siblings: the connection's flag is its own while it is read.
 */
class StreamTunnel extends PlaintextSink {
  private readonly connections: ConnectionTable;
  private readonly closed: () => void;
  private readonly ended: [boolean, boolean] = [false, false];
  private secure: number;

  constructor(
    streams: ConnectionSink,
    slot: number,
    offsets: PlaintextOffsets,
    connections: ConnectionTable,
    closed: () => void,
  ) {
    super(streams, slot, offsets);
    this.connections = connections;
    this.closed = closed;
    this.secure = connections.flags[slot]! & ConnectionFlag.secure;
  }

  override bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    const outside = this.exchangeFlag(this.secure);
    super.bytes(side, data, start, end);
    this.secure = this.exchangeFlag(outside);
  }

  override gap(side: Side, length: number): void {
    const outside = this.exchangeFlag(this.secure);
    super.gap(side, length);
    this.secure = this.exchangeFlag(outside);
  }

  override end(side: Side, how: EndOfStream): void {
    if (this.ended[side]) return;
    this.ended[side] = true;
    const outside = this.exchangeFlag(this.secure);
    super.end(side, how);
    if (this.ended[otherSide(side)]) this.closed();
    this.secure = this.exchangeFlag(outside);
  }

  /** @returns what the connection's flag was */
  private exchangeFlag(secure: number): number {
    const flags = this.connections.flags[this.slot]!;
    this.connections.flags[this.slot] = (flags & ~ConnectionFlag.secure) | secure;
    return flags & ConnectionFlag.secure;
  }
}
