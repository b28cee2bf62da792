/**
 * Which decoder reads a connection: the first bytes are asked what they are, decoders are attached, changed at upgrades,
 * and taken back when they rest. The one place that knows all protocols, with `protocols.ts`.
 */
import { ConnectionFlag, grown, protocolBit, type ConnectionTable } from '../core/connection-table.ts';
import { KnownField, combinedValue, type HttpHead } from '../core/http.ts';
import type { Moment } from '../core/moment.ts';
import { client, server, type Side } from '../core/side.ts';
import type { ConnectionSink, EndOfStream, StreamRecorder, StreamSink } from '../core/sinks.ts';
import { Http1Decoder, http1 } from './http1/http1-decoder.ts';
import type { ProtocolHost } from './protocol.ts';
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
  /** The client's first bytes are none of ours; what the server answers may still be HTTP's word for a bad request. */
  doubtful: 4,
  /** Its beginning was not captured: every delivery is looked at as if it were the first. */
  searching: 2,
  /** HTTP/1, between messages. */
  restingHttp1: 3,
} as const;

/** Decoders at rest that are kept for the next connection that speaks. */
const poolSize = 1024;

export class Streams<X> implements Deciding, ProtocolHost<X> {
  private readonly connections: ConnectionTable;
  private readonly recorder: StreamRecorder<X>;
  private readonly moment: Moment;
  private readonly sinks: (StreamSink | undefined)[] = [];
  private phase: Uint8Array;
  private readonly resting: Http1Decoder<X>[] = [];
  private readonly inflaters = new InflaterPool();
  readonly waiting: [number, number] = [0, 0];

  constructor(connections: ConnectionTable, recorder: StreamRecorder<X>, moment: Moment) {
    this.connections = connections;
    this.recorder = recorder;
    this.moment = moment;
    this.phase = new Uint8Array(connections.capacity);
  }

  opened(slot: number): void {
    if (slot >= this.phase.length) this.phase = grown(this.phase, this.connections.capacity);
    this.phase[slot] = Phase.fresh;
    while (this.sinks.length <= slot) this.sinks.push(undefined);
    this.recorder.connectionOpened(slot);
  }

  bytes(slot: number, side: Side, data: Uint8Array, start: number, end: number): void {
    const sink = this.sinks[slot] ?? this.attach(slot, side, data, start, end);
    if (sink !== undefined) sink.bytes(side, data, start, end);
  }

  gap(slot: number, side: Side, length: number): void {
    const sink = this.sinks[slot];
    if (sink !== undefined) sink.gap(side, length);
    else if (this.phase[slot] === Phase.restingHttp1) this.takeHttp1(slot, side, length).gap(side, length);
    else this.phase[slot] = Phase.searching;
  }

  end(slot: number, side: Side, how: EndOfStream): void {
    this.sinks[slot]?.end(side, how);
  }

  closed(slot: number): void {
    this.sinks[slot] = undefined;
    this.recorder.connectionClosed(slot);
  }

  speaker(data: Uint8Array, start: number, end: number): Side | -1 {
    if (http1.looksLike(client, data, start, end) === 'yes') return client;
    if (http1.looksLike(server, data, start, end) === 'yes') return server;
    return -1;
  }

  switchProtocol(
    slot: number,
    token: string,
    _exchange: X,
    response: HttpHead,
    offsets: readonly [number, number],
  ): StreamSink {
    if (!/^websocket$/i.test(token.trim())) return this.tunnel(slot);
    const extensions = combinedValue(response, KnownField.secWebSocketExtensions);
    return this.put(slot, this.webSocketDecoder(slot, { extensions, baseOffset: offsets }));
  }

  tunnel(slot: number): StreamSink {
    this.phase[slot] = Phase.fresh;
    return this.put(slot, undefined) ?? new SlotSink(this, slot);
  }

  rest(slot: number): void {
    const decoder = this.sinks[slot];
    this.sinks[slot] = undefined;
    this.phase[slot] = Phase.restingHttp1;
    if (this.resting.length < poolSize) this.resting.push(decoder as Http1Decoder<X>);
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

  private attach(slot: number, side: Side, data: Uint8Array, start: number, end: number): StreamSink | undefined {
    switch (this.phase[slot]) {
      case Phase.restingHttp1:
        return this.takeHttp1(slot, side, end - start);
      case Phase.opaque:
        return undefined;
      default:
        return this.identify(slot, side, data, start, end);
    }
  }

  private identify(slot: number, side: Side, data: Uint8Array, start: number, end: number): StreamSink | undefined {
    const doubtful = this.phase[slot] === Phase.doubtful;
    if (doubtful && side === client) return undefined;
    const likeness = http1.looksLike(side, data, start, end);
    if (likeness === 'yes') return this.takeHttp1(slot, side, end - start);
    const searching = this.phase[slot] === Phase.searching || this.connections.has(slot, ConnectionFlag.midstream);
    if (searching) {
      this.phase[slot] = Phase.searching;
      if (websocket.looksLike(side, data, start, end) !== 'yes') return undefined;
      const baseOffset: [number, number] = [
        this.connections.offset(slot, client),
        this.connections.offset(slot, server),
      ];
      baseOffset[side] -= end - start;
      return this.put(slot, this.webSocketDecoder(slot, { midstream: true, baseOffset }));
    }
    if (likeness === 'more') return this.put(slot, new Undecided(slot, this, this.moment));
    // The client's first bytes say what is spoken, unless the server knows better; a server that speaks first may still
    // be asked for something known.
    const inside = (this.connections.protocols[slot]! & protocolBit('http/1.1')) !== 0;
    if (side === client) this.phase[slot] = inside ? Phase.opaque : Phase.doubtful;
    else if (doubtful) this.phase[slot] = Phase.opaque;
    return undefined;
  }

  private takeHttp1(slot: number, side: Side, length: number): Http1Decoder<X> {
    const { connections } = this;
    let clientOffset = connections.offset(slot, client) - this.waiting[client];
    let serverOffset = connections.offset(slot, server) - this.waiting[server];
    if (side === client) clientOffset -= length;
    else serverOffset -= length;
    const searching = this.phase[slot] === Phase.searching;
    let decoder = searching ? undefined : this.resting.pop();
    if (decoder !== undefined) decoder.rebind(slot, clientOffset, serverOffset);
    else {
      decoder = new Http1Decoder<X>(this.recorder, this, this.recorder);
      decoder.bind(slot, searching, clientOffset, serverOffset);
    }
    connections.protocols[slot]! |= protocolBit('http/1.1');
    this.sinks[slot] = decoder;
    return decoder;
  }

  private webSocketDecoder(slot: number, options: WebSocketOptions): WebSocketDecoder {
    this.connections.protocols[slot]! |= protocolBit('websocket');
    return new WebSocketDecoder(this.recorder.webSocket(slot, -1), { ...options, inflaters: this.inflaters });
  }

  private put<S extends StreamSink | undefined>(slot: number, sink: S): S {
    this.sinks[slot] = sink;
    return sink;
  }
}

/** A connection whose decoder is to be found anew, as a sink: what comes out of a tunnel. */
class SlotSink implements StreamSink {
  private readonly streams: ConnectionSink;
  private readonly slot: number;

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
