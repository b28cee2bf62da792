/**
 * One side of a WebSocket connection, from bytes to frames (RFC 6455 5). Headers may be cut anywhere: one that is not
 * whole in the bytes at hand is put together in a few bytes of our own, and there is one way to read both. Payloads pass
 * through, unmasked in `scratch` or as they came; no frame is ever held, whatever its length.
 *
 * Order of calls for a frame: frameStart, reports on its header, messageStart if it opens a message, framePayload and
 * messageData by turns, frameEnd, messageEnd if it was the last of its message. A message that a new one interrupts has
 * its messageEnd before the new frame's frameStart.
 */
import { u32 } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import { EndOfStream, type WebSocketSink } from '../../core/sinks.ts';
import { Opcode } from '../../core/websocket.ts';
import { faultReports, headerFaults, headerLength, maxHeaderLength, payloadLength } from './frame-header.ts';
import type { MessageAssembler } from './message-assembler.ts';
import { Resync } from './resync.ts';
import { scratch, scratchSize, unmask } from './unmask.ts';

export class FrameDecoder {
  private readonly sink: WebSocketSink;
  private readonly side: Side;
  private readonly messages: MessageAssembler;
  /** Reserved bits that an agreed extension gives a meaning to. */
  private readonly extensionBits: number;

  /** Bytes of payload still to come; 0 between frames. */
  private remaining = 0;
  private masked = false;
  /** Signed 32-bit, first key byte highest. */
  private key = 0;
  /** Which key byte the next payload byte is masked with. */
  private phase = 0;
  /** No byte of the frame under way is missing so far. */
  private whole = true;
  private closes = false;

  /** The start of a header that is not whole yet. */
  private held: Uint8Array | null = null;
  private heldLength = 0;

  /** Set while it is not known where frames begin. */
  private resync: Resync | null;
  private lossSaid = false;
  private closed = false;
  private afterCloseSaid = false;

  /** Stream offset of the next byte. */
  private offset: number;
  /** Stream offset of index 0 of the array at hand. */
  private base = 0;

  /** @param offset the stream offset of the first byte that `bytes` will be given */
  constructor(
    sink: WebSocketSink,
    side: Side,
    messages: MessageAssembler,
    extensionBits: number,
    offset: number,
    midstream: boolean,
  ) {
    this.sink = sink;
    this.side = side;
    this.messages = messages;
    this.extensionBits = extensionBits;
    this.offset = offset;
    this.resync = midstream ? new Resync(side, extensionBits) : null;
  }

  bytes(data: Uint8Array, start: number, end: number): void {
    this.base = this.offset - start;
    this.offset += end - start;
    let at = this.resync === null ? start : this.regain(this.resync, data, start, end);
    while (at < end) {
      if (this.remaining > 0) at = this.payload(data, at, end);
      else if (this.heldLength === 0 && end - at >= 2 && end - at >= headerLength(data[at + 1]!)) {
        at = this.header(data, at, this.base + at, false);
      } else at = this.hold(data, at, end);
    }
  }

  gap(length: number): void {
    this.offset += length;
    const inside = Math.min(length, this.remaining);
    if (inside > 0) this.skipPayload(inside);
    if (length > inside) this.loseSync(length - inside);
  }

  end(how: EndOfStream): void {
    if (this.remaining > 0) this.sink.frameEnd(this.side, false);
    if (how === EndOfStream.fin && (this.remaining > 0 || this.heldLength > 0)) this.reportCut();
    this.remaining = 0;
    this.heldLength = 0;
    this.messages.end(how);
    this.sink.end(this.side, how);
  }

  /** Collects a header that is cut; returns where to go on. */
  private hold(data: Uint8Array, start: number, end: number): number {
    this.held ??= new Uint8Array(maxHeaderLength);
    if (this.heldLength === 0) this.sink.headerStart?.(this.side);
    let at = start;
    while (at < end) {
      this.held[this.heldLength++] = data[at++]!;
      if (this.heldLength >= 2 && this.heldLength === headerLength(this.held[1]!)) {
        const offset = this.base + at - this.heldLength;
        this.heldLength = 0;
        this.header(this.held, 0, offset, true);
        return at;
      }
    }
    return at;
  }

  /** Reads the whole header at `at`; returns the index of the payload. */
  private header(data: Uint8Array, at: number, offset: number, begun: boolean): number {
    const first = data[at]!;
    const second = data[at + 1]!;
    const size = headerLength(second);
    const length = payloadLength(data, at);
    const opcode = first & 0x0f;
    this.masked = second >= 0x80;
    this.key = this.masked ? u32(data, at + size - 4) | 0 : 0;
    this.phase = 0;
    this.remaining = length;
    this.whole = true;
    this.closes = opcode === Opcode.close;
    this.messages.frameOffset = offset;

    const opensData = opcode === Opcode.text || opcode === Opcode.binary;
    const interrupts = opensData && this.messages.interrupt();
    this.sink.frameStart(this.side, opcode, first & 0xf0, this.masked, this.key >>> 0, length, size, begun, offset);
    const faults = headerFaults(this.side, first, second, length, this.extensionBits);
    if (faults !== 0) this.reportFaults(faults, first, length, offset);
    if (interrupts) this.sink.report('websocket.interrupted-message', this.side, offset);
    if (this.closed && !this.afterCloseSaid) this.reportAfterClose(offset);
    this.messages.frameStart(first);
    if (length === 0) this.endFrame();
    return at + size;
  }

  private payload(data: Uint8Array, start: number, end: number): number {
    const stop = end - start > this.remaining ? start + this.remaining : end;
    if (this.masked) this.maskedPayload(data, start, stop);
    else {
      this.messages.payloadBase = this.base;
      this.sink.framePayload(this.side, data, start, stop);
      this.messages.payload(data, start, stop, false);
    }
    this.remaining -= stop - start;
    if (this.remaining === 0) this.endFrame();
    return stop;
  }

  private maskedPayload(data: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += scratchSize) {
      const length = Math.min(end - at, scratchSize);
      const ascii = unmask(data, at, at + length, this.key, this.phase);
      this.phase = (this.phase + length) & 3;
      this.messages.payloadBase = this.base + at;
      this.sink.framePayload(this.side, scratch, 0, length);
      this.messages.payload(scratch, 0, length, ascii);
    }
  }

  private skipPayload(length: number): void {
    this.whole = false;
    this.messages.gap();
    this.phase = (this.phase + (length % 4)) & 3;
    this.remaining -= length;
    if (this.remaining === 0) this.endFrame();
  }

  private endFrame(): void {
    if (this.closes) this.closed = true;
    this.sink.frameEnd(this.side, this.whole);
    this.messages.frameEnd(this.whole);
  }

  /** `length` bytes are missing where a header should stand. */
  private loseSync(length: number): void {
    this.messages.lostSync();
    this.heldLength = 0;
    if (this.resync !== null) return this.resync.gap();
    this.resync = new Resync(this.side, this.extensionBits);
    this.reportLoss(this.offset - length);
  }

  private regain(resync: Resync, data: Uint8Array, start: number, end: number): number {
    const at = resync.find(data, start, end, this.base + start);
    if (at >= 0) {
      this.resync = null;
      this.lossSaid = false;
      return at;
    }
    if (!this.lossSaid) this.reportLoss(this.base + start);
    return end;
  }

  private reportLoss(offset: number): void {
    this.lossSaid = true;
    this.sink.report('websocket.lost-sync', this.side, offset);
  }

  private reportFaults(faults: number, first: number, length: number, offset: number): void {
    for (const { fault, code, detail } of faultReports) {
      if ((faults & fault) !== 0) this.sink.report(code, this.side, offset, detail(first, length));
    }
  }

  private reportAfterClose(offset: number): void {
    this.afterCloseSaid = true;
    this.sink.report('websocket.data-after-close', this.side, offset);
  }

  private reportCut(): void {
    const where = this.remaining > 0 ? 'inside a payload' : 'inside a frame header';
    this.sink.report('websocket.cut-frame', this.side, this.offset, where);
  }
}
