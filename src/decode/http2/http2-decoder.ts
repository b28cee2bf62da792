/**
 * HTTP/2 (RFC 9113) of one connection: bytes of both sides in, exchanges out, one a stream. With extended CONNECT (RFC 8441),
 * ALTSVC (RFC 7838), ORIGIN (RFC 8336) and PRIORITY_UPDATE (RFC 9218); priorities themselves are read past.
 *
 * This file says what is done with each frame. Frames are cut out of the bytes by `frame-reader.ts`; field blocks are decoded
 * by `header-block.ts` and understood by `field-sections.ts`; frames that carry no message are `control-frames.ts`; streams
 * live in `connection.ts`, by the states of `stream.ts`.
 *
 * Missing bytes: inside DATA they are content, inside a field block the dynamic table is lost (fields that refer to it are
 * shown as unknown), and where frame boundaries are lost the side is deaf until bytes come that begin like frames.
 */
import { client, otherSide, server, type Side } from '../../core/side.ts';
import { EndOfStream, MessageEnd, type StreamSink } from '../../core/sinks.ts';
import type { Protocol } from '../protocol.ts';
import { Connection, type Http2Sinks } from './connection.ts';
import { ControlFrames } from './control-frames.ts';
import { FieldSections } from './field-sections.ts';
import { Payload, type FrameReader, type FrameSink } from './frame-reader.ts';
import { looksLikeHttp2 } from './frame-start.ts';
import { FrameFlag, FrameType, frameTypeName } from './frame-type.ts';
import { manyContinuations } from './header-block.ts';
import { Lane } from './lane.ts';

export type { Http2Sinks } from './connection.ts';

/** HTTP/2 as the registry knows it. */
export const http2: Protocol = { name: 'h2', looksLike: looksLikeHttp2 };

/** Identifiers this far beyond the highest are believed while frames are searched for. */
const believableLead = 2048;

export interface Http2Options<X> {
  /** The connection's beginning was not captured. */
  readonly midstream?: boolean;
  /** Stream offsets of the first bytes given, client's and server's. */
  readonly offsets?: readonly [number, number];
  /** After an HTTP/1.1 upgrade to h2c (RFC 7540 3.2): stream 1's exchange, its request told; and the HTTP2-Settings value. */
  readonly upgraded?: { readonly exchange: X; readonly settings: string };
}

export class Http2Decoder<X> implements StreamSink, FrameSink {
  private readonly connection: Connection<X>;
  private readonly sections: FieldSections<X>;
  private readonly control: ControlFrames<X>;
  private readonly midstream: boolean;

  constructor(slot: number, sinks: Http2Sinks<X>, options: Http2Options<X> = {}) {
    const { midstream = false, offsets = [0, 0], upgraded } = options;
    this.midstream = midstream;
    this.connection = new Connection<X>(slot, sinks, [
      new Lane<X>(client, this, midstream ? 'anything' : 'preface', offsets[client]),
      new Lane<X>(server, this, midstream ? 'anything' : 'frame', offsets[server]),
    ]);
    this.sections = new FieldSections<X>(this.connection);
    this.control = new ControlFrames<X>(this.connection);
    if (upgraded === undefined) return;
    this.control.upgradeSettings(upgraded.settings);
    this.connection.adopt(upgraded.exchange);
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.connection.lanes[side].reader.bytes(data, start, end);
  }

  gap(side: Side, length: number): void {
    this.connection.lanes[side].reader.gap(length);
  }

  end(side: Side, how: EndOfStream): void {
    const lane = this.connection.lanes[side];
    if (lane.ended >= 0) return;
    lane.ended = how;
    if (!lane.reader.isBetweenFrames && !lane.reader.isDeaf && how === EndOfStream.fin)
      this.connection.report('http2.cut-frame', side, lane.reader.frameOffset);
    if (lane.block.isOpen) this.cutBlock(lane, how);
    const isLast = this.connection.lanes[otherSide(side)].ended >= 0;
    for (const stream of this.connection.streams.values()) {
      stream.tunnel?.end(side, how);
      if (!stream.ended[side]) this.connection.endSide(stream, side, messageEnds[how]);
      // Opened after the other side's end.
      if (isLast && !stream.ended[otherSide(side)]) this.connection.endSide(stream, otherSide(side), messageEnds[how]);
    }
    if (!isLast) return;
    this.connection.streams.clear();
    this.connection.sink.http2Connection(this.connection.slot, this.control.facts());
  }

  // --- frames ----------------------------------------------------------------------------------------------------------

  /** It is known which streams there are, so that an identifier says much. */
  get isSure(): boolean {
    return !this.midstream || this.connection.highest[client] > 0;
  }

  mayBe(stream: number): boolean {
    const { highest } = this.connection;
    return this.isSure ? stream <= Math.max(highest[client], highest[server]) + believableLead : stream < 1 << 24;
  }

  frame(reader: FrameReader): Payload {
    const lane = this.connection.lanes[reader.side];
    const { type, stream } = reader;
    lane.countFrame(type);
    lane.stream = null;
    if (!lane.begun) this.firstFrame(lane);
    if (lane.block.isOpen && (type !== FrameType.continuation || stream !== lane.block.stream)) this.interrupt(lane);
    if (reader.length > this.connection.lanes[otherSide(lane.side)].settings.largestFrame) {
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
        this.connection.reportOnce('http2.unknown-frame', lane.side, reader.frameOffset, frameTypeName(type));
        return Payload.skip;
    }
  }

  whole(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    this.control.take(this.connection.lanes[reader.side], data, start, end);
  }

  fragmentStart(reader: FrameReader): void {
    const { block } = this.connection.lanes[reader.side];
    if (reader.type === FrameType.pushPromise) block.promised = reader.promised;
  }

  fragment(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    this.connection.lanes[reader.side].block.push(data, start, end);
  }

  fragmentGap(reader: FrameReader): void {
    const lane = this.connection.lanes[reader.side];
    lane.partial = true;
    lane.block.fail('gap');
  }

  content(reader: FrameReader, data: Uint8Array, start: number, end: number): void {
    const { side } = reader;
    const { stream } = this.connection.lanes[side];
    if (stream === null) return;
    stream.received[side] += end - start;
    if (stream.tunnel !== null) stream.tunnel.bytes(side, data, start, end);
    // The other side may have given up the stream in the middle of this frame.
    else if (!stream.ended[side]) this.connection.sink.content(stream.exchange, side, data, start, end);
  }

  contentGap(reader: FrameReader, length: number): void {
    const { side } = reader;
    const { stream } = this.connection.lanes[side];
    this.connection.lanes[side].partial = true;
    if (stream === null) return;
    stream.received[side] += length;
    stream.damaged[side] = true;
    if (stream.tunnel !== null) stream.tunnel.gap(side, length);
    else if (!stream.ended[side]) this.connection.sink.contentGap(stream.exchange, side, length);
  }

  frameEnd(reader: FrameReader, complete: boolean): void {
    const lane = this.connection.lanes[reader.side];
    const { type, flags } = reader;
    if (!complete) lane.partial = true;
    if (type === FrameType.data) {
      const { stream } = lane;
      lane.stream = null;
      if (stream !== null && (flags & FrameFlag.endStream) !== 0) this.connection.endStream(stream, lane.side);
    } else if (lane.block.isOpen && (flags & FrameFlag.endHeaders) !== 0 && isFieldBlock(type))
      this.sections.finish(lane);
  }

  fault(reader: FrameReader, fault: 'padding' | 'preface'): void {
    const lane = this.connection.lanes[reader.side];
    if (fault === 'preface') {
      this.connection.report('http2.bad-preface', lane.side, reader.frameOffset);
      return;
    }
    this.connection.report('http2.bad-padding', lane.side, reader.frameOffset, frameTypeName(reader.type));
    if (isFieldBlock(reader.type)) lane.block.fail('gap');
    else if (lane.stream !== null) lane.stream.damaged[lane.side] = true;
  }

  lost(reader: FrameReader): void {
    const lane = this.connection.lanes[reader.side];
    const { side } = lane;
    lane.partial = true;
    lane.stream = null;
    if (lane.block.isOpen) {
      lane.block.fail('gap');
      this.sections.finish(lane);
    }
    lane.hpack.lose();
    for (const stream of this.connection.streams.values()) if (!stream.ended[side]) stream.damaged[side] = true;
  }

  found(reader: FrameReader, skipped: number): void {
    if (skipped > 0 && this.connection.lanes[reader.side].begun)
      this.connection.report('http2.skipped', reader.side, reader.frameOffset, `${skipped} bytes`);
  }

  private firstFrame(lane: Lane<X>): void {
    lane.begun = true;
    const { type, flags, frameOffset } = lane.reader;
    if (lane.partial || (type === FrameType.settings && (flags & FrameFlag.ack) === 0)) return;
    this.connection.report(
      'http2.no-settings',
      lane.side,
      frameOffset,
      `the first frame is ${frameTypeName(type)}${type === FrameType.settings ? ' (acknowledgement)' : ''}`,
    );
  }

  /** RFC 9113 6.10: nothing may come between the frames of a field block. */
  private interrupt(lane: Lane<X>): void {
    this.connection.report(
      'http2.interrupted-block',
      lane.side,
      lane.reader.frameOffset,
      `by ${frameTypeName(lane.reader.type)}`,
    );
    lane.block.fail('cut');
    this.sections.finish(lane);
  }

  /** A frame longer than the other side accepts. @returns false where it is more likely that framing was lost */
  private takeLongFrame(lane: Lane<X>): boolean {
    const { reader } = lane;
    if (this.connection.lanes[otherSide(lane.side)].partial) return true;
    this.connection.reportOnce(
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
    this.sections.finish(lane);
  }

  private expect(lane: Lane<X>, length: boolean, place: boolean, payload: Payload): Payload {
    const { reader } = lane;
    if (!length)
      this.connection.report(
        'http2.frame-size',
        lane.side,
        reader.frameOffset,
        `${frameTypeName(reader.type)} of ${reader.length} bytes`,
      );
    else if (!place)
      this.connection.report(
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
    const stream = this.connection.streams.get(id) ?? null;
    const more = (flags & FrameFlag.endStream) === 0;
    const fits = this.connection.flow.spend(stream, side, length, more, this.connection.moment.time);
    this.connection.noteWindow(side);
    if (!fits && !this.connection.isPartial)
      this.connection.reportOnce(
        'http2.window-exceeded',
        side,
        reader.frameOffset,
        `DATA of ${length} bytes on stream ${id}`,
      );
    if (id === 0) return this.expect(lane, true, false, Payload.skip);
    if (stream === null) {
      if (this.connection.isIdle(id) && !lane.partial)
        this.connection.report('http2.idle-stream', side, reader.frameOffset, `DATA on stream ${id}`);
      return Payload.skip;
    }
    if (side === server && stream.pending !== null) this.connection.settlePending(stream);
    const allowed = stream.go(side === client ? 'client-data' : 'server-data');
    lane.stream = stream;
    if (stream.tunnel !== null || (stream.headed[side] && !stream.ended[side])) return Payload.content;
    if (stream.ended[side]) lane.stream = null;
    if (!stream.damaged[side]) {
      const code = allowed && !stream.ended[side] ? 'http2.content-before-head' : 'http2.after-end';
      this.connection.reportStream(stream, code, side, reader.frameOffset, 'DATA');
    }
    return Payload.skip;
  }

  private fieldBlock(lane: Lane<X>): Payload {
    const { reader, block } = lane;
    const { type, stream, flags, frameOffset } = reader;
    if (type === FrameType.continuation) {
      if (!block.isOpen) {
        if (!lane.partial) this.connection.report('http2.stray-continuation', lane.side, frameOffset);
        lane.hpack.lose();
        return Payload.skip;
      }
      if (++block.continuations === manyContinuations)
        this.connection.reportOnce('http2.continuation-flood', lane.side, block.offset);
      return Payload.fragment;
    }
    if (stream === 0) return this.expect(lane, true, false, Payload.skip);
    block.begin(stream, type === FrameType.headers && (flags & FrameFlag.endStream) !== 0, frameOffset);
    block.section.head.packet = this.connection.moment.packet;
    block.section.head.time = this.connection.moment.time;
    return Payload.fragment;
  }
}

/** By `EndOfStream`: how a message ends that was still open. */
const messageEnds: readonly MessageEnd[] = [MessageEnd.truncated, MessageEnd.reset, MessageEnd.open];

function isFieldBlock(type: number): boolean {
  return type === FrameType.headers || type === FrameType.continuation || type === FrameType.pushPromise;
}
