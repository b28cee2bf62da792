/**
 * One direction's bytes, cut into TLS records (RFC 8446 5.1): any segmentation, several to a packet, one over many.
 *
 *   | type 1 | version 2 | length 2 | fragment |
 *
 * Missing bytes inside a record whose header was seen leave a hole in it (zeros stand there). Where a header is among them,
 * the next record is searched for: whatever looks like a header is offered to the sink, which knows by trying a key.
 */
import { copyBytes, u16 } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import { headerLength, longestFragment } from './numbers.ts';
import type { ScratchPool } from './scratch-pool.ts';

export interface RecordReaderSink {
  /**
   * A whole record; its header begins at `start`.
   *
   * @param holes null, or pairs of positions from the record's start between which bytes are missing
   */
  record(side: Side, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): void;
  /** Bytes are missing; what was being read is lost with them. */
  lost(side: Side): void;
  /**
   * After missing bytes: may a record begin at `start`?
   *
   * @param missing bytes between the last whole record and this one
   * @param chained another record's header follows, or nothing
   */
  resumes(side: Side, data: Uint8Array, start: number, end: number, missing: number, chained: boolean): boolean;
  /** What comes now is no TLS record. */
  notRecord(side: Side): void;
}

const firstType = 20;
const lastType = 24;
const majorVersion = 3;
const lastMinor = 4;

export class RecordReader {
  /** Stream offset of the next byte. */
  offset = 0;
  /** Whole records so far. */
  records = 0;
  /** Bytes missing since the last whole record, while the next is searched for; -1 while none is. */
  missing = -1;
  private readonly side: Side;
  private readonly sink: RecordReaderSink;
  private readonly pool: ScratchPool;
  /** A record's beginning, or what is searched. */
  private buffer: Uint8Array | null = null;
  private have = 0;
  /** Length of the record, once its header is there; where a search may go on, the bytes it waits for. */
  private need = 0;
  private holes: number[] | null = null;

  constructor(side: Side, sink: RecordReaderSink, pool: ScratchPool) {
    this.side = side;
    this.sink = sink;
    this.pool = pool;
  }

  bytes(data: Uint8Array, start: number, end: number): void {
    this.offset += end - start;
    if (this.missing >= 0) this.search(data, start, end);
    else this.read(data, start, end);
  }

  gap(length: number): void {
    this.offset += length;
    if (this.missing >= 0) {
      this.missing += this.have + length;
      this.release();
    } else if (this.have >= headerLength) this.leaveHole(length);
    else this.lose(length);
  }

  /** The stream is over: what there is of a record goes out with its end missing. */
  end(): void {
    if (this.missing >= 0 && this.buffer !== null) this.scan(this.buffer, true);
    if (this.missing < 0 && this.have >= headerLength && this.have < this.need) this.leaveHole(this.need - this.have);
    this.release();
  }

  private read(data: Uint8Array, start: number, end: number): void {
    let at = start;
    if (this.have > 0) {
      at = this.complete(data, start, end);
      if (at < 0) return;
    }
    while (end - at >= headerLength) {
      if (!isHeader(data, at)) return this.derail(data, at, end);
      const next = at + headerLength + u16(data, at + 3);
      if (next > end) break;
      this.emit(data, at, next, null);
      at = next;
    }
    if (at < end) this.keep(data, at, end);
  }

  /** @returns where the next record begins; -1 where this one is still not whole, or reading is over */
  private complete(data: Uint8Array, start: number, end: number): number {
    let at = start;
    if (this.have < headerLength) {
      at = this.fill(headerLength, data, at, end);
      if (this.have < headerLength) return -1;
      const buffer = this.buffer!;
      if (!isHeader(buffer, 0)) {
        const head = buffer.slice(0, headerLength);
        this.release();
        this.derail(head, 0, headerLength);
        if (at < end) this.search(data, at, end);
        return -1;
      }
      this.need = headerLength + u16(buffer, 3);
    }
    at = this.fill(this.need, data, at, end);
    if (this.have < this.need) return -1;
    this.emitKept();
    return at;
  }

  private fill(upTo: number, data: Uint8Array, start: number, end: number): number {
    const to = Math.min(end, start + upTo - this.have);
    copyBytes(data, start, to, this.buffer!, this.have);
    this.have += to - start;
    return to;
  }

  private keep(data: Uint8Array, start: number, end: number): void {
    this.buffer = this.pool.take();
    this.have = end - start;
    copyBytes(data, start, end, this.buffer, 0);
    this.need = this.have >= headerLength ? headerLength + u16(this.buffer, 3) : 0;
  }

  private emitKept(): void {
    const { buffer, need, holes } = this;
    // Taken out first: the sink may come back with an end.
    this.buffer = null;
    this.have = 0;
    this.holes = null;
    this.emit(buffer!, 0, need, holes);
    this.pool.give(buffer!);
  }

  private emit(data: Uint8Array, start: number, end: number, holes: readonly number[] | null): void {
    this.records++;
    this.sink.record(this.side, data, start, end, holes);
  }

  private leaveHole(length: number): void {
    const to = Math.min(this.need, this.have + length);
    this.buffer!.fill(0, this.have, to);
    this.holes ??= [];
    this.holes.push(this.have, to);
    const rest = length - (to - this.have);
    this.have = to;
    if (to === this.need) this.emitKept();
    if (rest > 0) this.lose(rest);
  }

  private lose(length: number): void {
    this.missing = this.have + length;
    this.release();
    this.sink.lost(this.side);
  }

  /** No record begins where one should: the next is searched for as after missing bytes. */
  private derail(data: Uint8Array, start: number, end: number): void {
    this.sink.notRecord(this.side);
    this.missing = 0;
    this.search(data, start, end);
  }

  // --- search ----------------------------------------------------------------------------------------------------------

  private search(data: Uint8Array, start: number, end: number): void {
    const length = this.have + end - start;
    if (this.buffer === null || length > this.buffer.length) {
      const larger = length <= this.pool.length ? this.pool.take() : new Uint8Array(length);
      if (this.buffer !== null) copyBytes(this.buffer, 0, this.have, larger, 0);
      this.giveBack();
      this.buffer = larger;
    }
    copyBytes(data, start, end, this.buffer, this.have);
    this.have = length;
    if (length >= this.need) this.scan(this.buffer);
  }

  /**
   * Each position is decided once: a header is waited for until its record is whole. What looked like one may have been
   * content, and hidden the records in it: at the end nothing is waited for.
   */
  private scan(buffer: Uint8Array, isLast = false): void {
    let at = 0;
    for (; at + headerLength <= this.have; at++) {
      if (!isHeader(buffer, at)) continue;
      const next = at + headerLength + u16(buffer, at + 3);
      if (next > this.have) {
        if (isLast) continue;
        return this.forgetBefore(at, next - at);
      }
      if (this.sink.resumes(this.side, buffer, at, next, this.missing + at, this.isChained(buffer, next))) {
        return this.resume(buffer, at);
      }
    }
    this.forgetBefore(at, headerLength);
  }

  private resume(buffer: Uint8Array, at: number): void {
    const { have } = this;
    this.missing = -1;
    this.buffer = null;
    this.have = this.need = 0;
    this.read(buffer, at, have);
    if (buffer.length === this.pool.length) this.pool.give(buffer);
  }

  private isChained(buffer: Uint8Array, at: number): boolean {
    const { have } = this;
    if (at + headerLength <= have) return isHeader(buffer, at);
    if (at === have) return true;
    return isType(buffer[at]!) && (at + 1 === have || buffer[at + 1] === majorVersion);
  }

  private forgetBefore(at: number, need: number): void {
    this.missing += at;
    this.buffer!.copyWithin(0, at, this.have);
    this.have -= at;
    this.need = need;
    if (this.have === 0) this.release();
  }

  private release(): void {
    this.giveBack();
    this.buffer = null;
    this.have = this.need = 0;
    this.holes = null;
  }

  private giveBack(): void {
    if (this.buffer !== null && this.buffer.length === this.pool.length) this.pool.give(this.buffer);
  }
}

function isHeader(data: Uint8Array, at: number): boolean {
  return (
    isType(data[at]!) &&
    data[at + 1] === majorVersion &&
    data[at + 2]! <= lastMinor &&
    u16(data, at + 3) <= longestFragment
  );
}

function isType(type: number): boolean {
  return type >= firstType && type <= lastType;
}
