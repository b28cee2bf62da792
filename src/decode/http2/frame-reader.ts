/**
 * One direction of an HTTP/2 connection as frames (RFC 9113 4.1): headers, padding and payloads told apart, whatever pieces
 * the bytes come in. What a frame means is the sink's business; content and header fragments are handed on where they lie.
 *
 *     Length (24) | Type (8) | Flags (8) | R (1) Stream Identifier (31) | Pad Length (8)? ... Padding?
 *
 * Missing bytes inside a payload are taken from it, since its length is known. Where they reach into the next frame header
 * the reader is deaf until bytes come that begin like frames.
 */
import { ByteQueue } from '../../core/byte-queue.ts';
import { copyBytes, u16, u32 } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import { findFrames, preface, type StreamGuess } from './frame-start.ts';
import { FrameFlag, FrameType, frameHeaderLength } from './frame-type.ts';

/** How a frame's payload is to be read: handed on in pieces, gathered whole, or passed over. */
export const Payload = { content: 0, fragment: 1, whole: 2, skip: 3 } as const;
export type Payload = (typeof Payload)[keyof typeof Payload];

export interface FrameSink extends StreamGuess {
  /** A frame header; the reader's `type`, `flags`, `stream`, `length` say which. @returns a `Payload` */
  frame(reader: FrameReader): Payload;
  /** What precedes a fragment: `promised` is set in a PUSH_PROMISE. */
  fragmentStart(reader: FrameReader): void;
  /** DATA, padding removed. */
  content(reader: FrameReader, data: Uint8Array, start: number, end: number): void;
  contentGap(reader: FrameReader, length: number): void;
  /** A piece of a field block. */
  fragment(reader: FrameReader, data: Uint8Array, start: number, end: number): void;
  /** Bytes of a field block, or an unknown number of frames, are missing. */
  fragmentGap(reader: FrameReader): void;
  /** A payload that was gathered: its first `longestWhole` bytes. */
  whole(reader: FrameReader, data: Uint8Array, start: number, end: number): void;
  /** The frame's last byte has passed. @param complete false where bytes of it are missing */
  frameEnd(reader: FrameReader, complete: boolean): void;
  /** Padding that reaches beyond the frame, or a preface that is none. */
  fault(reader: FrameReader, fault: 'padding' | 'preface'): void;
  /** Frame boundaries are lost; found again. */
  lost(reader: FrameReader): void;
  found(reader: FrameReader, skipped: number): void;
}

/** Payload that is gathered of one frame; no frame that is read whole needs more. */
export const longestWhole = 16_384;

const Phase = { preface: 0, header: 1, padLength: 2, prefix: 3, payload: 4, padding: 5, deaf: 6 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** Octets that precede the field block: of HEADERS with PRIORITY, and of PUSH_PROMISE. */
const prioritySize = 5;
const promisedSize = 4;

export class FrameReader {
  readonly side: Side;
  private readonly sink: FrameSink;
  private phase: Phase;
  /** The frame being read. */
  type = 0;
  flags = 0;
  stream = 0;
  length = 0;
  /** Of a PUSH_PROMISE. */
  promised = 0;
  /** Stream offset of the frame's header. */
  frameOffset = 0;
  /** Stream offset of the next byte. */
  offset: number;
  /** Stream offset of position 0 of the bytes at hand. */
  private origin = 0;
  private reading: Payload = Payload.skip;
  /** Payload bytes to come before the padding, and of padding. */
  private remaining = 0;
  private padding = 0;
  private complete = true;
  /** Headers and prefixes that straddle deliveries; `held` of `wanted` bytes are there. */
  private readonly scratch: Uint8Array = new Uint8Array(24);
  private held = 0;
  private wanted = 0;
  private readonly queue: ByteQueue = new ByteQueue();
  private skipped = 0;

  /**
   * @param start what comes first: the client's preface, a frame, or anything (picked up in the middle)
   * @param offset stream offset of the first byte
   */
  constructor(side: Side, sink: FrameSink, start: 'preface' | 'frame' | 'anything', offset: number) {
    this.side = side;
    this.sink = sink;
    this.offset = offset;
    this.phase = start === 'preface' ? Phase.preface : start === 'frame' ? Phase.header : Phase.deaf;
  }

  get isDeaf(): boolean {
    return this.phase === Phase.deaf;
  }

  /** Nothing of a frame has been read. */
  get isBetweenFrames(): boolean {
    return this.phase === Phase.header && this.held === 0;
  }

  bytes(data: Uint8Array, start: number, end: number): void {
    this.origin = this.offset - start;
    this.offset += end - start;
    let at = start;
    while (at < end) {
      switch (this.phase) {
        case Phase.header:
          at = this.header(data, at, end);
          break;
        case Phase.payload:
          at = this.payload(data, at, end);
          break;
        case Phase.padLength:
          this.padLength(data[at++]!);
          break;
        case Phase.prefix:
          at = this.prefix(data, at, end);
          break;
        case Phase.padding:
          at = this.passPadding(at, end);
          break;
        case Phase.preface:
          at = this.preface(data, at, end);
          break;
        default:
          at = this.search(data, at, end);
      }
    }
  }

  gap(length: number): void {
    this.offset += length;
    if (this.phase === Phase.deaf) {
      this.skipped = 0;
      return;
    }
    if (this.phase === Phase.padLength || this.phase === Phase.prefix) this.giveUpPayload();
    if (this.phase !== Phase.payload && this.phase !== Phase.padding) {
      this.lose();
      return;
    }
    this.complete = false;
    const missing = Math.min(length, this.remaining);
    if (missing > 0) this.payloadGap(missing);
    let beyond = length - missing;
    if (this.phase === Phase.padding) {
      const padding = Math.min(beyond, this.padding);
      this.padding -= padding;
      beyond -= padding;
      if (this.padding === 0) this.end();
    }
    if (beyond > 0) this.lose();
  }

  /** Framing cannot be trusted any more: reading goes on where bytes begin like frames. */
  lose(): void {
    if (this.phase === Phase.deaf) return;
    this.phase = Phase.deaf;
    this.held = this.skipped = 0;
    this.queue.clear();
    this.sink.lost(this);
  }

  /** How the payload begins is missing, so its padding and what it says are not known; where it ends is. */
  private giveUpPayload(): void {
    this.held = 0;
    if (this.reading === Payload.content) this.sink.contentGap(this, this.remaining);
    else this.sink.fragmentGap(this);
    this.reading = Payload.skip;
    this.phase = Phase.payload;
  }

  private payloadGap(missing: number): void {
    this.remaining -= missing;
    if (this.reading === Payload.content) this.sink.contentGap(this, missing);
    else if (this.reading === Payload.fragment) this.sink.fragmentGap(this);
    else this.queue.clear();
    if (this.remaining === 0) this.endPayload();
  }

  private preface(data: Uint8Array, at: number, end: number): number {
    while (at < end && this.held < preface.length) {
      if (data[at] !== preface[this.held]) {
        this.sink.fault(this, 'preface');
        this.lose();
        return at;
      }
      this.held++;
      at++;
    }
    if (this.held === preface.length) {
      this.held = 0;
      this.phase = Phase.header;
    }
    return at;
  }

  private header(data: Uint8Array, at: number, end: number): number {
    if (this.held === 0) {
      this.frameOffset = this.origin + at;
      if (end - at >= frameHeaderLength) {
        this.begin(data, at);
        return at + frameHeaderLength;
      }
    }
    at = this.hold(data, at, end, frameHeaderLength);
    if (this.held === frameHeaderLength) {
      this.held = 0;
      this.begin(this.scratch, 0);
    }
    return at;
  }

  private begin(data: Uint8Array, at: number): void {
    this.length = (data[at]! << 16) | u16(data, at + 1);
    this.type = data[at + 3]!;
    this.flags = data[at + 4]!;
    this.stream = u32(data, at + 5) & 0x7fff_ffff;
    this.remaining = this.length;
    this.padding = 0;
    this.complete = true;
    this.reading = this.sink.frame(this);
    // The sink may have given up on the framing.
    if (this.phase === Phase.deaf) return;
    const carries = this.reading === Payload.content || this.reading === Payload.fragment;
    if (carries && (this.flags & FrameFlag.padded) !== 0 && this.type !== FrameType.continuation) {
      if (this.length === 0) this.refusePadding();
      else this.phase = Phase.padLength;
    } else this.beginPrefix();
  }

  private padLength(padding: number): void {
    this.remaining--;
    if (padding > this.remaining) {
      this.refusePadding();
      return;
    }
    this.padding = padding;
    this.remaining -= padding;
    this.beginPrefix();
  }

  private refusePadding(): void {
    this.sink.fault(this, 'padding');
    this.reading = Payload.skip;
    this.beginPayload();
  }

  private beginPrefix(): void {
    this.wanted = 0;
    if (this.reading === Payload.fragment) {
      if (this.type === FrameType.pushPromise) this.wanted = promisedSize;
      else if (this.type === FrameType.headers && (this.flags & FrameFlag.priority) !== 0) this.wanted = prioritySize;
      if (this.wanted > this.remaining) {
        this.refusePadding();
        return;
      }
    }
    if (this.wanted > 0) this.phase = Phase.prefix;
    else this.beginPayload();
  }

  private prefix(data: Uint8Array, at: number, end: number): number {
    at = this.hold(data, at, end, this.wanted);
    if (this.held === this.wanted) {
      this.held = 0;
      this.remaining -= this.wanted;
      if (this.type === FrameType.pushPromise) this.promised = u32(this.scratch, 0) & 0x7fff_ffff;
      this.beginPayload();
    }
    return at;
  }

  private beginPayload(): void {
    this.phase = Phase.payload;
    if (this.reading === Payload.fragment) this.sink.fragmentStart(this);
    if (this.remaining === 0) {
      if (this.reading === Payload.whole) this.sink.whole(this, this.scratch, 0, 0);
      this.endPayload();
    }
  }

  private payload(data: Uint8Array, at: number, end: number): number {
    const stop = Math.min(end, at + this.remaining);
    const before = this.remaining;
    this.remaining -= stop - at;
    switch (this.reading) {
      case Payload.content:
        this.sink.content(this, data, at, stop);
        break;
      case Payload.fragment:
        this.sink.fragment(this, data, at, stop);
        break;
      case Payload.whole:
        this.gather(data, at, stop, before);
        break;
      default:
    }
    if (this.remaining === 0 && this.phase === Phase.payload) this.endPayload();
    return stop;
  }

  private gather(data: Uint8Array, at: number, stop: number, before: number): void {
    if (!this.complete) return;
    if (this.remaining === 0 && before === this.length) {
      this.sink.whole(this, data, at, Math.min(stop, at + longestWhole));
      return;
    }
    const room = longestWhole - this.queue.length;
    if (room > 0) this.queue.append(data, at, Math.min(stop, at + room));
    if (this.remaining > 0) return;
    this.sink.whole(this, this.queue.data, 0, this.queue.length);
    this.queue.clear();
  }

  private endPayload(): void {
    if (this.padding > 0) this.phase = Phase.padding;
    else this.end();
  }

  private passPadding(at: number, end: number): number {
    const stop = Math.min(end, at + this.padding);
    this.padding -= stop - at;
    if (this.padding === 0) this.end();
    return stop;
  }

  private end(): void {
    this.phase = Phase.header;
    this.sink.frameEnd(this, this.complete);
  }

  /** Looks for frames in one delivery; a few bytes at its end may begin one whose rest comes later, and are given up. */
  private search(data: Uint8Array, at: number, end: number): number {
    const found = findFrames(data, at, end, this.sink.isSure ? end : at, this.sink);
    if (found < 0) {
      this.skipped += end - at;
      return end;
    }
    this.skipped += found - at;
    this.frameOffset = this.origin + found;
    this.phase = Phase.header;
    this.sink.found(this, this.skipped);
    return found;
  }

  /** Adds to `scratch` until `wanted` bytes are there. */
  private hold(data: Uint8Array, at: number, end: number, wanted: number): number {
    const stop = Math.min(end, at + wanted - this.held);
    copyBytes(data, at, stop, this.scratch, this.held);
    this.held += stop - at;
    return stop;
  }
}
