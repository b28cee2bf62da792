/**
 * One IP datagram while its fragments come in. Offsets count from the first byte behind the IP headers; coverage is kept
 * in units of eight bytes, the grain of the fragment offset (RFC 791 3.2, RFC 8200 4.5): every fragment but the last is
 * a multiple of it.
 *
 * Where fragments overlap the first copy stays. Bytes that the snap length cut off count as arrived, so that the
 * datagram becomes whole; it is then handed over up to the first of them.
 */
import { copyBytes } from '../../core/bytes.ts';

const unit = 8;
const noLimit = 0x7fffffff;
/** Units that a datagram has room for at first: two fragments of an Ethernet, and a bit map that is cheap to make. */
const smallest = 512;

/** The most bytes behind the IP headers: what both length fields can say, and the rebuilt IPv4 header's 20 taken off. */
export const largestDatagram = 0xffff - 20;

/** What a fragment turned out to be. */
export const Placement = {
  added: 0,
  /** All of it was there, with the same bytes. */
  duplicate: 1,
  /** Part of it was there, or all of it with other bytes. */
  overlap: 2,
  /** It does not fit the end of the datagram that another fragment set. Nothing of it was kept. */
  contradiction: 3,
} as const;
export type Placement = (typeof Placement)[keyof typeof Placement];

export class Datagram {
  readonly version: 4 | 6;
  readonly id: number;
  /** When the first fragment came, as in `Moment`. */
  readonly startedAt: number;
  readonly startedIn: number;
  /** Its fragments repeat a datagram that was put together a moment ago. */
  readonly repeated: boolean;
  /** An overlap was reported. */
  overlapped = false;
  /** An IP header without options, then the payload. */
  bytes: Uint8Array;
  /** Payload length; -1 until the last fragment came. */
  length = -1;
  private readonly headerLength: 20 | 40;
  /** A bit for each unit that has arrived. */
  private covered: Uint8Array;
  private unitsCovered = 0;
  /** One past the highest byte that has arrived. */
  private reach = 0;
  /** The first byte that arrived and was not captured. */
  private limit = noLimit;

  constructor(version: 4 | 6, id: number, startedAt: number, startedIn: number, repeated: boolean) {
    this.version = version;
    this.id = id;
    this.startedAt = startedAt;
    this.startedIn = startedIn;
    this.repeated = repeated;
    this.headerLength = version === 4 ? 20 : 40;
    this.bytes = new Uint8Array(0);
    this.covered = new Uint8Array(0);
  }

  get complete(): boolean {
    return this.length >= 0 && this.unitsCovered * unit >= this.length;
  }

  /** Payload bytes that have arrived, to the unit. */
  get arrived(): number {
    return this.unitsCovered * unit;
  }

  /** Bytes of memory held. */
  get size(): number {
    return this.bytes.length + this.covered.length;
  }

  /** One past the last byte of `bytes` that can be handed over. */
  get end(): number {
    return this.headerLength + Math.min(this.length, this.limit);
  }

  /**
   * Takes the fragment whose captured bytes are `data[start, end)`.
   *
   * @param offset a multiple of 8
   * @param length on the wire, 1 or more; a multiple of 8 unless `last`
   */
  place(offset: number, length: number, last: boolean, data: Uint8Array, start: number, end: number): Placement {
    const to = offset + length;
    if (this.length >= 0 ? to > this.length || (last && to !== this.length) : last && to < this.reach) {
      return Placement.contradiction;
    }
    this.grow(to);
    if (last) this.length = to;
    if (to > this.reach) this.reach = to;
    if (!this.anyCovered(offset, to)) {
      this.coverAll(offset, to, data, start, end);
      return Placement.added;
    }
    return this.merge(offset, to, data, start, end);
  }

  /** Puts the IP header of the fragment at offset 0 in front, without options and as of a packet that is whole. */
  writeHeader(data: Uint8Array, ipStart: number, protocol: number): void {
    if (this.bytes[0] !== 0) return;
    copyBytes(data, ipStart, ipStart + this.headerLength, this.bytes, 0);
    if (this.version === 4) {
      this.bytes[0] = 0x45;
      this.bytes[6] = 0;
      this.bytes[7] = 0;
      this.bytes[9] = protocol;
    } else {
      this.bytes[6] = protocol;
    }
  }

  /** Writes the length field, known only when all has arrived. */
  seal(): void {
    const at = this.version === 4 ? 2 : 4;
    const value = this.version === 4 ? this.length + this.headerLength : this.length;
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value & 0xff;
  }

  private anyCovered(from: number, to: number): boolean {
    for (let u = from / unit; u * unit < to; u++) if (this.isCovered(u)) return true;
    return false;
  }

  /** All of the fragment is new. */
  private coverAll(from: number, to: number, data: Uint8Array, start: number, end: number): void {
    for (let u = from / unit; u * unit < to; u++) this.setCovered(u);
    copyBytes(data, start, end, this.bytes, this.headerLength + from);
    const captured = from + (end - start);
    if (captured < to && captured < this.limit) this.limit = captured;
  }

  /** Some of the fragment is not new: unit by unit. */
  private merge(from: number, to: number, data: Uint8Array, start: number, end: number): Placement {
    let fresh = false;
    let differs = false;
    for (let at = from; at < to; at += unit) {
      const first = Math.min(start + at - from, end);
      const stop = Math.min(first + unit, end);
      if (this.isCovered(at / unit)) {
        differs ||= !this.agrees(data, first, stop, at);
      } else {
        fresh = true;
        this.coverAll(at, Math.min(at + unit, to), data, first, stop);
      }
    }
    return fresh || differs ? Placement.overlap : Placement.duplicate;
  }

  private isCovered(u: number): boolean {
    return (this.covered[u >>> 3]! & (1 << (u & 7))) !== 0;
  }

  private setCovered(u: number): void {
    this.covered[u >>> 3] = this.covered[u >>> 3]! | (1 << (u & 7));
    this.unitsCovered++;
  }

  private agrees(data: Uint8Array, start: number, end: number, at: number): boolean {
    const stop = Math.min(end, start + this.limit - at);
    for (let i = start, j = this.headerLength + at; i < stop; i++, j++) if (this.bytes[j] !== data[i]) return false;
    return true;
  }

  private grow(to: number): void {
    const units = Math.ceil(to / unit);
    if (this.headerLength + units * unit <= this.bytes.length) return;
    const capacity = Math.min(Math.max(units, this.covered.length * 16, smallest), Math.ceil(largestDatagram / unit));
    const bytes = new Uint8Array(this.headerLength + capacity * unit);
    bytes.set(this.bytes);
    this.bytes = bytes;
    const covered = new Uint8Array((capacity + 7) >>> 3);
    covered.set(this.covered);
    this.covered = covered;
  }
}
