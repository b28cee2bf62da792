/**
 * HTTP/2 (RFC 9113) of one connection: bytes of both sides in, exchanges out, one a stream. With extended CONNECT (RFC 8441),
 * ALTSVC (RFC 7838), ORIGIN (RFC 8336) and PRIORITY_UPDATE (RFC 9218); priorities themselves are read past.
 *
 * This file holds what frames mean. They are cut out of the bytes by `frame-reader.ts`, field blocks are decoded by
 * `header-block.ts`, heads are judged by `head-fields.ts`, and the states of streams stand in `stream.ts`.
 *
 * Missing bytes: inside DATA they are content, inside a field block the dynamic table is lost (fields that refer to it are
 * shown as unknown), and where frame boundaries are lost the side is deaf until bytes come that begin like frames.
 */
import { latin1, u16, u32 } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { HttpHead } from '../../core/http.ts';
import type { Moment } from '../../core/moment.ts';
import { client, otherSide, server, sideName, type Side } from '../../core/side.ts';
import { EndOfStream, MessageEnd, type Http2Sink, type StreamSink } from '../../core/sinks.ts';
import { excerpt } from '../http/octets.ts';
import type { Protocol, StreamHost } from '../protocol.ts';
import { FlowControl } from './flow-control.ts';
import { Payload, type FrameReader, type FrameSink } from './frame-reader.ts';
import { looksLikeHttp2 } from './frame-start.ts';
import { ErrorCode, FrameFlag, FrameType, errorName, frameTypeName } from './frame-type.ts';
import { HeadFields } from './head-fields.ts';
import { manyContinuations, type BlockFault, type HeaderBlock } from './header-block.ts';
import { HpackFault } from './hpack/hpack-decoder.ts';
import { Lane } from './lane.ts';
import { Stream } from './stream.ts';
import { connectionFacts } from './connection-facts.ts';

/** HTTP/2 as the registry knows it. */
export const http2: Protocol = { name: 'h2', looksLike: looksLikeHttp2 };

/** Streams that are kept open at once. */
const mostStreams = 16_384;
/** Identifiers this far beyond the highest are believed while frames are searched for. */
const believableLead = 2048;
/** A wait for window that is worth a note, in nanoseconds. */
const longStall = 20e6;
/** Requests taken back before they were answered, from which on it looks like an attack. */
const manyResets = 100;
/** GOAWAY debug data and names that are shown. */
const longestShown = 200;
const mostListed = 32;

/** Heads are read one at a time, to the end. */
const heads = new HeadFields();

export interface Http2Options<X> {
  /** The connection's beginning was not captured. */
  readonly midstream?: boolean;
  /** Stream offsets of the first bytes given, client's and server's. */
  readonly offsets?: readonly [number, number];
  /** After an HTTP/1.1 upgrade to h2c (RFC 7540 3.2): stream 1's exchange, its request told; and the HTTP2-Settings value. */
  readonly upgraded?: { readonly exchange: X; readonly settings: string };
}

export interface Http2Sinks<X> {
  readonly sink: Http2Sink<X>;
  readonly host: StreamHost;
  readonly moment: Moment;
}

export class Http2Decoder<X> implements StreamSink, FrameSink {
  private readonly connection: number;
  private readonly sink: Http2Sink<X>;
  private readonly host: StreamHost;
  private readonly moment: Moment;
  private readonly lanes: readonly [Lane<X>, Lane<X>];
  private readonly streams: Map<number, Stream<X>> = new Map();
  private readonly flow: FlowControl = new FlowControl();
  /** Highest stream identifier opened by requests, and by promises. */
  private readonly highest: [number, number] = [0, 0];
  /** Codes about the whole connection are reported once. */
  private readonly reported: Set<DiagnosticCode> = new Set();
  private readonly counts = { streams: 0, pushed: 0, peak: 0, resets: 0, quickResets: 0 };
  private readonly goaways: string[] = [];
  private readonly origins: string[] = [];
  private readonly alternatives: string[] = [];

  constructor(connection: number, sinks: Http2Sinks<X>, options: Http2Options<X> = {}) {
    this.connection = connection;
    this.sink = sinks.sink;
    this.host = sinks.host;
    this.moment = sinks.moment;
    const { midstream = false, offsets = [0, 0], upgraded } = options;
    this.lanes = [
      new Lane<X>(client, this, midstream ? 'anything' : 'preface', offsets[0]),
      new Lane<X>(server, this, midstream ? 'anything' : 'frame', offsets[1]),
    ];
    if (upgraded !== undefined) this.beginUpgraded(upgraded.exchange, upgraded.settings);
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.lanes[side].reader.bytes(data, start, end);
  }

  gap(side: Side, length: number): void {
    this.lanes[side].reader.gap(length);
  }

  end(side: Side, how: EndOfStream): void {
    const lane = this.lanes[side];
    if (lane.ended >= 0) return;
    lane.ended = how;
    if (!lane.reader.isBetweenFrames && !lane.reader.isDeaf && how === EndOfStream.fin)
      this.report('http2.cut-frame', side, lane.reader.frameOffset);
    if (lane.block.isOpen) this.cutBlock(lane, how);
    const isLast = this.lanes[otherSide(side)].ended >= 0;
    for (const stream of this.streams.values()) {
      stream.tunnel?.end(side, how);
      if (!stream.ended[side]) this.endSide(stream, side, messageEnds[how]);
      // Opened after the other side's end.
      if (isLast && !stream.ended[otherSide(side)]) this.endSide(stream, otherSide(side), messageEnds[how]);
    }
    if (!isLast) return;
    this.streams.clear();
    this.sink.http2Connection(this.connection, this.facts());
  }

  // --- frames ----------------------------------------------------------------------------------------------------------

  get isSure(): boolean {
    return this.highest[client] > 0;
  }

  mayBe(stream: number): boolean {
    return this.isSure
      ? stream <= Math.max(this.highest[client], this.highest[server]) + believableLead
      : stream < 1 << 24;
  }

  frame(reader: FrameReader): Payload {
    const lane = this.lanes[reader.side];
    const { type, stream } = reader;
    lane.countFrame(type);
    lane.stream = null;
    if (!lane.begun) this.firstFrame(lane);
    if (lane.block.isOpen && (type !== FrameType.continuation || stream !== lane.block.stream)) this.interrupt(lane);
    if (reader.length > this.lanes[otherSide(lane.side)].settings.largestFrame) {
      if (!this.takeLongFrame(lane)) return Payload.skip;
    }
    switch (type) {
      case FrameType.data:
        return this.data(lane);
      case FrameType.headers:
      case FrameType.pushPromise:
      case FrameType.continuation:
        return this.fieldBlock(lane);
      case FrameType.priority:
        return this.expect(lane, reader.length === 5, stream !== 0, Payload.skip);
      case FrameType.rstStream:
        return this.expect(lane, reader.length === 4, stream !== 0, Payload.whole);
      case FrameType.settings:
        return this.expect(lane, reader.length % 6 === 0, stream === 0, Payload.whole);
      case FrameType.ping:
        return this.expect(lane, reader.length === 8, stream === 0, Payload.whole);
      case FrameType.goaway:
        return this.expect(lane, reader.length >= 8, stream === 0, Payload.whole);
      case FrameType.windowUpdate:
        return this.expect(lane, reader.length === 4, true, Payload.whole);
      case FrameType.altsvc:
        return this.expect(lane, reader.length >= 2, true, Payload.whole);
      case FrameType.origin:
        return this.expect(lane, true, stream === 0, Payload.whole);
      case FrameType.priorityUpdate:
        return this.expect(lane, reader.length >= 4, stream === 0, Payload.skip);
      default:
        this.reportOnce('http2.unknown-frame', lane.side, reader.frameOffset, frameTypeName(type));
        return Payload.skip;
    }
  }

  fragmentStart(reader: FrameReader): void {
    const { block } = this.lanes[reader.side];
    if (reader.type === FrameType.pushPromise) block.promised = reader.promised;
  }

  fragment(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    this.lanes[reader.side].block.push(data, start, end);
  }

  fragmentGap(reader: FrameReader): void {
    const lane = this.lanes[reader.side];
    lane.partial = true;
    lane.block.fail('gap');
  }

  content(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    const { side } = reader;
    const { stream } = this.lanes[side];
    if (stream === null) return;
    stream.received[side] += end - start;
    if (stream.tunnel !== null) stream.tunnel.bytes(side, data, start, end);
    // The other side may have given up the stream in the middle of this frame.
    else if (!stream.ended[side]) this.sink.content(stream.exchange, side, data, start, end);
  }

  contentGap(reader: FrameReader, length: number): void {
    const { side } = reader;
    const { stream } = this.lanes[side];
    this.lanes[side].partial = true;
    if (stream === null) return;
    stream.received[side] += length;
    stream.damaged[side] = true;
    if (stream.tunnel !== null) stream.tunnel.gap(side, length);
    else if (!stream.ended[side]) this.sink.contentGap(stream.exchange, side, length);
  }

  whole(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    const lane = this.lanes[reader.side];
    switch (reader.type) {
      case FrameType.rstStream:
        this.reset(lane, u32(data, start));
        return;
      case FrameType.settings:
        this.settings(lane, data, start, end);
        return;
      case FrameType.ping:
        this.ping(lane, data, start);
        return;
      case FrameType.goaway:
        this.goaway(lane, data, start, end);
        return;
      case FrameType.windowUpdate:
        this.windowUpdate(lane, u32(data, start) & 0x7fff_ffff);
        return;
      case FrameType.altsvc:
        this.alternative(data, start, end);
        return;
      default:
        this.origin(data, start, end);
    }
  }

  frameEnd(reader: FrameReader, complete: boolean): void {
    const lane = this.lanes[reader.side];
    const { type, flags } = reader;
    if (!complete) lane.partial = true;
    if (type === FrameType.data) {
      const { stream } = lane;
      lane.stream = null;
      if (stream !== null && (flags & FrameFlag.endStream) !== 0) this.endStream(stream, lane.side);
    } else if (lane.block.isOpen && (flags & FrameFlag.endHeaders) !== 0 && isFieldBlock(type)) this.finishBlock(lane);
  }

  fault(reader: FrameReader, fault: 'padding' | 'preface'): void {
    const lane = this.lanes[reader.side];
    if (fault === 'preface') {
      this.report('http2.bad-preface', lane.side, reader.frameOffset);
      return;
    }
    this.report('http2.bad-padding', lane.side, reader.frameOffset, frameTypeName(reader.type));
    if (isFieldBlock(reader.type)) lane.block.fail('gap');
    else if (lane.stream !== null) lane.stream.damaged[lane.side] = true;
  }

  lost(reader: FrameReader): void {
    const lane = this.lanes[reader.side];
    const { side } = lane;
    lane.partial = true;
    lane.stream = null;
    if (lane.block.isOpen) {
      lane.block.fail('gap');
      this.finishBlock(lane);
    }
    lane.hpack.lose();
    for (const stream of this.streams.values()) if (!stream.ended[side]) stream.damaged[side] = true;
  }

  found(reader: FrameReader, skipped: number): void {
    if (skipped > 0 && this.lanes[reader.side].begun)
      this.report('http2.skipped', reader.side, reader.frameOffset, `${skipped} bytes`);
  }

  private firstFrame(lane: Lane<X>): void {
    lane.begun = true;
    const { type, flags, frameOffset } = lane.reader;
    if (lane.partial || (type === FrameType.settings && (flags & FrameFlag.ack) === 0)) return;
    this.report(
      'http2.no-settings',
      lane.side,
      frameOffset,
      `the first frame is ${frameTypeName(type)}${type === FrameType.settings ? ' (acknowledgement)' : ''}`,
    );
  }

  /** RFC 9113 6.10: nothing may come between the frames of a field block. */
  private interrupt(lane: Lane<X>): void {
    this.report('http2.interrupted-block', lane.side, lane.reader.frameOffset, `by ${frameTypeName(lane.reader.type)}`);
    lane.block.fail('cut');
    this.finishBlock(lane);
  }

  /** A frame longer than the other side accepts. @returns false where it is more likely that framing was lost */
  private takeLongFrame(lane: Lane<X>): boolean {
    const { reader } = lane;
    if (this.lanes[otherSide(lane.side)].partial) return true;
    this.reportOnce(
      'http2.frame-too-long',
      lane.side,
      reader.frameOffset,
      `${frameTypeName(reader.type)} of ${reader.length} bytes`,
    );
    if (this.mayBe(reader.stream) && reader.type <= FrameType.continuation) return true;
    reader.lose();
    return false;
  }

  /** The stream ends inside a field block: what there is of it is told. */
  private cutBlock(lane: Lane<X>, how: EndOfStream): void {
    lane.block.fail(how === EndOfStream.captureEnd ? 'gap' : 'cut');
    this.finishBlock(lane);
  }

  private expect(lane: Lane<X>, length: boolean, place: boolean, payload: Payload): Payload {
    const { reader } = lane;
    if (!length)
      this.report(
        'http2.frame-size',
        lane.side,
        reader.frameOffset,
        `${frameTypeName(reader.type)} of ${reader.length} bytes`,
      );
    else if (!place)
      this.report(
        'http2.wrong-stream',
        lane.side,
        reader.frameOffset,
        `${frameTypeName(reader.type)} on stream ${reader.stream}`,
      );
    else return payload;
    return Payload.skip;
  }

  private data(lane: Lane<X>): Payload {
    const { side, reader } = lane;
    const { stream: id, flags, length } = reader;
    const stream = this.streams.get(id) ?? null;
    const more = (flags & FrameFlag.endStream) === 0;
    if (!this.flow.spend(stream, side, length, more, this.moment.time) && !this.isPartial)
      this.reportOnce('http2.window-exceeded', side, reader.frameOffset, `DATA of ${length} bytes on stream ${id}`);
    if (id === 0) return this.expect(lane, true, false, Payload.skip);
    if (stream === null) {
      if (this.isIdle(id) && !lane.partial)
        this.report('http2.idle-stream', side, reader.frameOffset, `DATA on stream ${id}`);
      return Payload.skip;
    }
    if (side === server && stream.pending !== null) this.settlePending(stream);
    const allowed = stream.go(side === client ? 'client-data' : 'server-data');
    lane.stream = stream;
    if (stream.tunnel !== null || (stream.headed[side] && !stream.ended[side])) return Payload.content;
    if (stream.ended[side]) lane.stream = null;
    if (!stream.damaged[side]) {
      const code = allowed && !stream.ended[side] ? 'http2.content-before-head' : 'http2.after-end';
      this.reportStream(stream, code, side, reader.frameOffset, 'DATA');
    }
    return Payload.skip;
  }

  // --- field blocks ----------------------------------------------------------------------------------------------------

  private fieldBlock(lane: Lane<X>): Payload {
    const { reader, block } = lane;
    const { type, stream, flags, frameOffset } = reader;
    if (type === FrameType.continuation) {
      if (!block.isOpen) {
        if (!lane.partial) this.report('http2.stray-continuation', lane.side, frameOffset);
        lane.hpack.lose();
        return Payload.skip;
      }
      if (++block.continuations === manyContinuations)
        this.reportOnce('http2.continuation-flood', lane.side, block.offset);
      return Payload.fragment;
    }
    if (stream === 0) return this.expect(lane, true, false, Payload.skip);
    block.begin(stream, type === FrameType.headers && (flags & FrameFlag.endStream) !== 0, frameOffset);
    block.section.head.packet = this.moment.packet;
    block.section.head.time = this.moment.time;
    return Payload.fragment;
  }

  private finishBlock(lane: Lane<X>): void {
    const { block } = lane;
    const sizeUpdates = lane.hpack.sizeUpdates;
    block.finish();
    if (
      !lane.partial &&
      block.fault === undefined &&
      lane.hpack.table.limit > this.lanes[otherSide(lane.side)].settings.headerTableSize
    )
      this.reportOnce(
        'hpack.table-size',
        lane.side,
        block.offset,
        `${lane.hpack.table.limit} bytes, after ${sizeUpdates} size updates`,
      );
    const stream =
      lane.side === client
        ? this.clientBlock(block)
        : block.promised >= 0
          ? this.promise(block)
          : this.serverBlock(block);
    this.reportBlock(lane, stream);
    if (stream !== null && block.endsStream) this.endStream(stream, lane.side);
  }

  /** What was wrong with the last block, beside what it said. */
  private reportBlock(lane: Lane<X>, stream: Stream<X> | null): void {
    const { block, side } = lane;
    const { section, fault, offset } = block;
    const say = (code: DiagnosticCode, detail?: string): void => {
      if (stream === null || stream.settled) this.report(code, side, offset, detail);
      else this.reportStream(stream, code, side, offset, detail);
    };
    if (fault !== undefined) {
      say(
        blockCodes[fault],
        fault === 'gap'
          ? undefined
          : `stream ${block.stream}: ${section.head.fieldCount} fields were decoded before it`,
      );
      lane.partial = true;
    }
    if (section.omitted > 0) say('hpack.too-many-fields', `${section.omitted} fields are not shown`);
    if (block.unresolved > 0)
      this.reportOnce(
        'hpack.unknown-index',
        side,
        offset,
        `stream ${block.stream}: ${block.unresolved} fields refer to what was not captured`,
      );
  }

  private clientBlock(block: HeaderBlock): Stream<X> | null {
    const { stream: id, offset } = block;
    if (block.promised >= 0) {
      this.report('http2.client-push', client, offset);
      return null;
    }
    const stream = this.streams.get(id);
    if (stream !== undefined) return this.laterBlock(stream, client, block);
    if (!this.isIdle(id)) return null;
    if (id % 2 === 0) this.report('http2.bad-stream-id', client, offset, `a request on stream ${id}`);
    return this.request(this.open(id), block);
  }

  private request(stream: Stream<X>, block: HeaderBlock): Stream<X> {
    const whole = block.fault === undefined && block.unresolved === 0;
    heads.read(block.section, 'request', whole);
    stream.go('request');
    stream.method = heads.method;
    stream.protocol = heads.protocol;
    this.takeHead(stream, client, block);
    this.sink.requestHead(stream.exchange, block.section.head);
    this.reportHead(stream, client, block);
    if (heads.protocol !== undefined && !this.lanes[server].settings.enableConnectProtocol && !this.isPartial)
      this.reportStream(stream, 'http2.connect-not-enabled', client, block.offset);
    return stream;
  }

  private serverBlock(block: HeaderBlock): Stream<X> | null {
    const { stream: id, offset } = block;
    let stream = this.streams.get(id);
    if (stream !== undefined) {
      if (stream.headed[server] || stream.tunnel !== null) return this.laterBlock(stream, server, block);
      if (stream.ended[server]) return this.afterEnd(stream, server, offset);
    } else if (!this.isIdle(id) && !this.isPartial) return null;
    const whole = block.fault === undefined && block.unresolved === 0;
    heads.read(block.section, 'response', whole);
    const { head } = block.section;
    if (stream !== undefined && stream.pending !== null) {
      if (head.status === 0) {
        this.settlePending(stream);
        return this.laterBlock(stream, server, block);
      }
      this.sink.interimHead(stream.exchange, stream.pending);
      stream.pending = null;
    }
    if (stream === undefined) {
      // Trailers of a message that was not captured.
      if (this.isPartial && whole && head.status === 0) return null;
      if (!this.isPartial) this.report('http2.idle-stream', server, offset, `HEADERS on stream ${id}`);
      stream = this.open(id);
      stream.ended[client] = stream.damaged[client] = true;
    }
    stream.go('response');
    if (head.status === 0 && block.unresolved > 0 && !block.endsStream) {
      stream.pending = this.copied(head);
      return stream;
    }
    if (head.status >= 100 && head.status < 200) {
      this.sink.interimHead(stream.exchange, head);
      this.reportHead(stream, server, block);
      if (head.status === 101)
        this.reportStream(stream, 'http2.malformed-head', server, offset, '101 does not exist in HTTP/2');
      return stream;
    }
    this.takeHead(stream, server, block);
    this.sink.responseHead(stream.exchange, head);
    this.reportHead(stream, server, block);
    if (stream.protocol !== undefined && head.status >= 200 && head.status < 300) this.switchStream(stream, block);
    return stream;
  }

  /** The response head that waited was the final one. */
  private settlePending(stream: Stream<X>): void {
    stream.headed[server] = true;
    stream.damaged[server] = false;
    this.sink.responseHead(stream.exchange, stream.pending!);
    stream.pending = null;
  }

  private copied(head: HttpHead): HttpHead {
    const copy = new HttpHead(head.fieldCount);
    copy.copyFrom(head);
    copy.packet = this.moment.packet;
    copy.time = this.moment.time;
    return copy;
  }

  private takeHead(stream: Stream<X>, side: Side, block: HeaderBlock): void {
    stream.headed[side] = true;
    stream.announced[side] = heads.contentLength;
    // What was missing before its head was not the message's.
    stream.damaged[side] = block.fault !== undefined;
    const { status } = block.section.head;
    const bodiless = stream.method === 'head' || stream.method === 'unknown';
    if (side === server && (bodiless || status === 204 || status === 304)) stream.announced[side] = -1;
  }

  /** A field section behind the head: trailers (RFC 9113 8.1). */
  private laterBlock(stream: Stream<X>, side: Side, block: HeaderBlock): Stream<X> | null {
    if (stream.tunnel !== null) return stream;
    if (stream.ended[side]) return this.afterEnd(stream, side, block.offset);
    heads.read(block.section, 'trailers', true);
    this.sink.trailers(stream.exchange, side, block.section.head);
    this.reportHead(stream, side, block);
    if (!block.endsStream) this.reportStream(stream, 'http2.open-trailers', side, block.offset);
    return stream;
  }

  private promise(block: HeaderBlock): Stream<X> | null {
    const { promised, offset } = block;
    if (promised % 2 !== 0 || promised === 0 || !this.isIdle(promised)) {
      this.report('http2.bad-stream-id', server, offset, `a promise of stream ${promised}`);
      return null;
    }
    const stream = this.open(promised);
    heads.read(block.section, 'request', block.fault === undefined && block.unresolved === 0);
    stream.go('promise');
    stream.method = heads.method;
    this.takeHead(stream, client, block);
    this.sink.requestHead(stream.exchange, block.section.head);
    this.reportHead(stream, server, block);
    this.reportStream(stream, 'http2.pushed', server, offset, `with stream ${block.stream}`);
    stream.announced[client] = -1;
    this.endSide(stream, client, MessageEnd.complete);
    return null;
  }

  private reportHead(stream: Stream<X>, side: Side, block: HeaderBlock): void {
    if (heads.hasUpperCase) this.reportStream(stream, 'http2.upper-case-name', side, block.offset);
    for (const fault of heads.faults) this.reportStream(stream, 'http2.malformed-head', side, block.offset, fault);
  }

  private afterEnd(stream: Stream<X>, side: Side, offset: number): null {
    if (stream.state !== 'closed' && !stream.damaged[side] && !stream.settled)
      this.reportStream(stream, 'http2.after-end', side, offset, 'HEADERS');
    return null;
  }

  // --- streams ---------------------------------------------------------------------------------------------------------

  /** Not opened yet, as far as is known. */
  private isIdle(id: number): boolean {
    return id > this.highest[id % 2 === 1 ? client : server];
  }

  private open(id: number): Stream<X> {
    if (this.streams.size >= mostStreams) this.evict();
    const opener = id % 2 === 1 ? client : server;
    this.highest[opener] = Math.max(this.highest[opener], id);
    const { initial } = this.flow;
    const stream = new Stream<X>(id, this.sink.openExchange(this.connection, id), initial[client], initial[server]);
    this.streams.set(id, stream);
    this.counts.streams++;
    if (id % 2 === 0) this.counts.pushed++;
    this.counts.peak = Math.max(this.counts.peak, this.streams.size);
    return stream;
  }

  /** The oldest stream makes room. */
  private evict(): void {
    const [oldest] = this.streams.values();
    this.reportOnce('http2.stream-limit', client, this.lanes[client].reader.frameOffset);
    this.abandon(oldest!, MessageEnd.truncated);
    this.streams.delete(oldest!.id);
  }

  private endStream(stream: Stream<X>, side: Side): void {
    stream.go(side === client ? 'client-ends' : 'server-ends');
    if (stream.tunnel !== null) {
      stream.tunnel.end(side, EndOfStream.fin);
      if (stream.state === 'closed') this.streams.delete(stream.id);
      return;
    }
    if (stream.ended[side]) return;
    this.checkLength(stream, side);
    // Its request's end was in bytes that are missing: there is no more of it to come.
    if (side === server && stream.damaged[client] && !stream.ended[client])
      this.endSide(stream, client, MessageEnd.truncated);
    this.endSide(stream, side, stream.damaged[side] ? MessageEnd.truncated : MessageEnd.complete);
  }

  private endSide(stream: Stream<X>, side: Side, how: MessageEnd): void {
    if (side === server && stream.pending !== null) this.settlePending(stream);
    stream.ended[side] = true;
    // A reset is told even of a response that never began.
    if (stream.headed[side] || how === MessageEnd.reset) this.sink.messageEnd(stream.exchange, side, how);
    this.settle(stream);
  }

  private settle(stream: Stream<X>): void {
    if (stream.settled || !stream.ended[client] || !stream.ended[server]) return;
    stream.settled = true;
    this.sink.exchangeEnd(stream.exchange);
    if (stream.tunnel === null) this.streams.delete(stream.id);
  }

  private abandon(stream: Stream<X>, how: MessageEnd): void {
    stream.tunnel?.end(client, EndOfStream.reset);
    stream.tunnel?.end(server, EndOfStream.reset);
    stream.tunnel = null;
    for (const side of [client, server]) if (!stream.ended[side]) this.endSide(stream, side, how);
  }

  /** RFC 9113 8.1.1. */
  private checkLength(stream: Stream<X>, side: Side): void {
    const announced = stream.announced[side];
    const received = stream.received[side];
    if (announced >= 0 && received !== announced && !stream.damaged[side])
      this.reportStream(
        stream,
        'http2.content-length',
        side,
        this.lanes[side].reader.frameOffset,
        `${received} bytes instead of ${announced}`,
      );
  }

  /** Extended CONNECT was granted: the stream's DATA is another protocol's from here on (RFC 8441 5). */
  private switchStream(stream: Stream<X>, block: HeaderBlock): void {
    const next = this.host.switchStream(this.connection, stream.id, stream.protocol!, block.section.head);
    if (next === null) return;
    stream.tunnel = next;
    for (const side of [client, server]) if (!stream.ended[side]) this.endSide(stream, side, MessageEnd.complete);
  }

  // --- control frames --------------------------------------------------------------------------------------------------

  private reset(lane: Lane<X>, code: number): void {
    const { side, reader } = lane;
    const stream = this.streams.get(reader.stream);
    if (stream === undefined) {
      if (this.isIdle(reader.stream) && !this.isPartial)
        this.report('http2.idle-stream', side, reader.frameOffset, `RST_STREAM on stream ${reader.stream}`);
      return;
    }
    stream.go('reset');
    this.counts.resets++;
    if (side === client && !stream.headed[server]) this.countQuickReset(reader.frameOffset);
    const quiet = code === ErrorCode.noError || code === ErrorCode.cancel;
    if (!stream.settled) {
      const detail = `${errorName(code)} from the ${sideName(side)}`;
      this.reportStream(stream, quiet ? 'http2.cancelled' : 'http2.reset', side, reader.frameOffset, detail);
    }
    this.abandon(stream, quiet && stream.ended[server] ? answeredEnd(stream) : MessageEnd.reset);
    this.streams.delete(stream.id);
  }

  private countQuickReset(offset: number): void {
    const { counts } = this;
    if (++counts.quickResets >= manyResets && counts.quickResets * 2 >= counts.streams)
      this.reportOnce('http2.rapid-reset', client, offset, `${counts.quickResets} of ${counts.streams} requests`);
  }

  private settings(lane: Lane<X>, data: Uint8Array, start: number, end: number): void {
    const { side, reader } = lane;
    const other = this.lanes[otherSide(side)];
    if ((reader.flags & FrameFlag.ack) === 0) {
      const fault = lane.settings.announce(data, start, end);
      if (fault !== undefined) this.report('http2.bad-setting', side, reader.frameOffset, fault);
      if (lane.settings.early > 0) {
        lane.settings.early--;
        this.acknowledge(lane, other);
      }
      return;
    }
    if (reader.length > 0)
      this.report('http2.frame-size', side, reader.frameOffset, 'SETTINGS acknowledgement with a payload');
    if (this.acknowledge(other, lane)) return;
    if (other.settings.early++ > 0 && !this.isPartial)
      this.reportOnce('http2.stray-ack', side, reader.frameOffset, 'SETTINGS');
  }

  /** @returns whether there was something to acknowledge */
  private acknowledge(announcer: Lane<X>, acknowledger: Lane<X>): boolean {
    const change = announcer.settings.acknowledged();
    if (change === undefined) return false;
    if (change.initialWindowSize >= 0)
      this.flow.adjust(this.streams.values(), acknowledger.side, change.initialWindowSize);
    return true;
  }

  private ping(lane: Lane<X>, data: Uint8Array, start: number): void {
    const { side, reader } = lane;
    if ((reader.flags & FrameFlag.ack) === 0) lane.pings.send(data, start, this.moment.time);
    else if (!this.lanes[otherSide(side)].pings.answer(data, start, this.moment.time) && !this.isPartial)
      this.reportOnce('http2.stray-ack', side, reader.frameOffset, 'PING');
  }

  private goaway(lane: Lane<X>, data: Uint8Array, start: number, end: number): void {
    const { side, reader } = lane;
    const last = u32(data, start) & 0x7fff_ffff;
    const code = u32(data, start + 4);
    const shown = Math.min(end, start + 8 + longestShown);
    const debug = end > start + 8 ? `: ${excerpt(data, start + 8, shown)}` : '';
    const detail = `${errorName(code)} from the ${sideName(side)}, last stream ${last}${debug}`;
    // Said twice in a graceful shutdown.
    if (this.goaways.at(-1) === detail) return;
    this.report(
      code === ErrorCode.noError ? 'http2.goaway' : 'http2.connection-error',
      side,
      reader.frameOffset,
      detail,
    );
    if (this.goaways.length < mostListed) this.goaways.push(detail);
    // Streams of the other side's that are above `last` were not acted upon (RFC 9113 6.8).
    const own = side === server ? 1 : 0;
    for (const stream of this.streams.values())
      if (stream.id > last && stream.id % 2 === own && !stream.settled)
        this.reportStream(stream, 'http2.not-processed', side, reader.frameOffset);
  }

  private windowUpdate(lane: Lane<X>, increment: number): void {
    const { side, reader } = lane;
    const { stream: id, frameOffset } = reader;
    const stream = id === 0 ? null : this.streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) {
      this.report('http2.bad-window-update', side, frameOffset, `an increment of 0 on stream ${id}`);
      return;
    }
    const sender = otherSide(side);
    const waited = this.flow.credit(stream, sender, increment, this.moment.time);
    if (this.flow.isOverfull(stream, sender) && !this.isPartial)
      this.reportOnce('http2.bad-window-update', side, frameOffset, `the window of stream ${id} exceeds 2147483647`);
    if (waited < longStall || this.isPartial) return;
    const detail = `the ${sideName(sender)} waited ${(waited / 1e6).toFixed(1)} ms for window`;
    if (stream === null) this.reportOnce('http2.flow-control-stall', side, frameOffset, detail);
    else if (!stream.settled) this.reportStream(stream, 'http2.flow-control-stall', side, frameOffset, detail);
  }

  /** RFC 7838 4: Origin-Len (16), Origin, Alt-Svc-Field-Value. */
  private alternative(data: Uint8Array, start: number, end: number): void {
    const value = start + 2 + u16(data, start);
    if (value < end) listOnce(this.alternatives, latin1(data, value, Math.min(end, value + longestShown)));
  }

  /** RFC 8336 2.1: entries of Origin-Len (16) and ASCII-Origin. */
  private origin(data: Uint8Array, start: number, end: number): void {
    for (let at = start; at + 2 <= end && this.origins.length < mostListed;) {
      const next = at + 2 + u16(data, at);
      if (next > end) return;
      listOnce(this.origins, latin1(data, at + 2, Math.min(next, at + 2 + longestShown)));
      at = next;
    }
  }

  // --- beginning and end -----------------------------------------------------------------------------------------------

  private beginUpgraded(exchange: X, settings: string): void {
    const payload = Buffer.from(settings, 'base64url');
    const { lanes, flow } = this;
    // RFC 7540 3.2.1: they count as acknowledged by the 101 response.
    if (lanes[client].settings.announce(payload, 0, payload.length - (payload.length % 6)) !== undefined)
      this.report('http2.bad-setting', client, 0, 'in HTTP2-Settings');
    const change = lanes[client].settings.acknowledged()!;
    if (change.initialWindowSize >= 0) flow.adjust([], server, change.initialWindowSize);
    const stream = new Stream<X>(1, exchange, flow.initial[client], flow.initial[server]);
    stream.go('request');
    stream.go('client-ends');
    stream.headed[client] = stream.ended[client] = true;
    this.streams.set(1, stream);
    this.highest[client] = this.counts.streams = this.counts.peak = 1;
  }

  private facts(): ReturnType<typeof connectionFacts> {
    const { counts, goaways, origins, alternatives } = this;
    return connectionFacts(this.lanes, this.flow.stalled, { ...counts, goaways, origins, alternatives });
  }

  /** Bytes of either side are missing: what looks wrong may be right. */
  private get isPartial(): boolean {
    return this.lanes[client].partial || this.lanes[server].partial;
  }

  private report(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.sink.report(code, this.connection, side, offset, detail);
  }

  private reportOnce(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    if (this.reported.has(code)) return;
    this.reported.add(code);
    this.report(code, side, offset, detail);
  }

  private reportStream(stream: Stream<X>, code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.sink.reportExchange(stream.exchange, code, this.connection, side, offset, detail);
  }
}

/** By `EndOfStream`: how a message ends that was still open. */
const messageEnds: readonly MessageEnd[] = [MessageEnd.truncated, MessageEnd.reset, MessageEnd.open];

const blockCodes: Readonly<Record<BlockFault, DiagnosticCode>> = {
  gap: 'hpack.lost',
  cut: 'hpack.cut-block',
  'too-long': 'hpack.field-too-long',
  [HpackFault.badHuffman]: 'hpack.bad-huffman',
  [HpackFault.badIndex]: 'hpack.bad-index',
  [HpackFault.integerOverflow]: 'hpack.integer-overflow',
  [HpackFault.misplacedSizeUpdate]: 'hpack.misplaced-size-update',
};

function listOnce(list: string[], text: string): void {
  if (list.length < mostListed && !list.includes(text)) list.push(text);
}

/** How a request ends that is given up when its answer is whole (RFC 9113 8.1): no failure, but not all of it was sent. */
function answeredEnd(stream: Stream<unknown>): MessageEnd {
  return stream.method === 'connect' ? MessageEnd.complete : MessageEnd.truncated;
}

function isFieldBlock(type: number): boolean {
  return type === FrameType.headers || type === FrameType.continuation || type === FrameType.pushPromise;
}
