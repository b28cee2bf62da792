/**
 * A pcapng interface (draft-ietf-opsawg-pcapng 4.2): link type, snap length, and the unit its timestamps count in.
 *
 * A timestamp is 64 bits of ticks, too wide for a double. Ticks are therefore counted from the capture's first packet:
 * the base is found once with big integers, and what is left per packet is exact in doubles. Resolutions that are no
 * decimal fraction of a second down to nanoseconds go through big integers each time; hardly any file has them.
 */
import type { Moment } from '../core/moment.ts';
import { OptionCode } from './pcapng-blocks.ts';

const nanosecondsPerSecond = 1_000_000_000n;

/** Times beyond the years that have four digits are nonsense, and so are packets three centuries apart: they are cut there. */
const farthest = 253_402_300_799n * nanosecondsPerSecond;
const longest = 2 ** 63;

export class PcapngInterface {
  readonly linkType: number;
  /** Bytes of a packet that are kept at most; 0 is no limit. */
  readonly snaplen: number;
  /** Bytes of frame check sequence at the end of each packet. */
  fcsLength = 0;
  private unitsPerSecond = 1_000_000n;
  private offset = 0n;
  /** Nanoseconds a tick, 0 where that is not a whole number. */
  private step = 1000;
  private started = false;
  private epoch = 0n;
  /** The capture's first packet in this interface's ticks, halves of 32 bits, and the nanoseconds that rounding left. */
  private baseHigh = 0;
  private baseLow = 0;
  private rest = 0;

  /** Reads the block that stands at `at`, `length` bytes long. */
  constructor(view: DataView, at: number, length: number, littleEndian: boolean) {
    this.linkType = view.getUint16(at + 8, littleEndian);
    this.snaplen = view.getUint32(at + 12, littleEndian);
    const end = at + length - 4;
    let option = at + 16;
    while (end - option >= 4) {
      const code = view.getUint16(option, littleEndian);
      const size = view.getUint16(option + 2, littleEndian);
      if (code === OptionCode.end || size > end - option - 4) break;
      this.take(code, size, view, option + 4, littleEndian);
      option += 4 + ((size + 3) & ~3);
    }
  }

  private take(code: number, size: number, view: DataView, at: number, littleEndian: boolean): void {
    if (code === OptionCode.timestampResolution && size >= 1) this.resolution(view.getUint8(at));
    else if (code === OptionCode.timestampOffset && size >= 8) this.offset = view.getBigInt64(at, littleEndian);
    // Bytes; a value beyond any check sequence is no length of one.
    else if (code === OptionCode.fcsLength && size >= 1 && view.getUint8(at) <= 8) this.fcsLength = view.getUint8(at);
  }

  /** if_tsresol: a negative power of ten, or of two where the highest bit is set. */
  private resolution(value: number): void {
    const exponent = value & 0x7f;
    const binary = (value & 0x80) !== 0;
    this.unitsPerSecond = (binary ? 2n : 10n) ** BigInt(exponent);
    this.step = exponent === 0 ? 1e9 : binary || exponent > 9 ? 0 : 10 ** (9 - exponent);
  }

  /** A timestamp as nanoseconds since the Unix epoch, rounded down. */
  absolute(high: number, low: number): bigint {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    const time = (ticks * nanosecondsPerSecond) / this.unitsPerSecond + this.offset * nanosecondsPerSecond;
    return time > farthest ? farthest : time < -farthest ? -farthest : time;
  }

  /** Sets `moment.time` from the timestamp whose halves stand at `at`. The moment's epoch must be set. */
  setTime(moment: Moment, view: DataView, at: number, littleEndian: boolean): void {
    if (!this.started) this.start(moment.epoch);
    const high = view.getUint32(at, littleEndian);
    const low = view.getUint32(at + 4, littleEndian);
    if (this.step === 0) moment.time = Number(this.absolute(high, low) - this.epoch);
    else moment.time = ((high - this.baseHigh) * 0x1_0000_0000 + (low - this.baseLow)) * this.step - this.rest;
    if (high !== this.baseHigh && Math.abs(moment.time) > longest) moment.time = moment.time < 0 ? -longest : longest;
  }

  private start(epoch: bigint): void {
    this.started = true;
    this.epoch = epoch;
    if (this.step === 0) return;
    const step = BigInt(this.step);
    const local = epoch - this.offset * nanosecondsPerSecond;
    const rest = ((local % step) + step) % step;
    const base = (local - rest) / step;
    this.rest = Number(rest);
    this.baseHigh = Number(base >> 32n);
    this.baseLow = Number(base & 0xffff_ffffn);
  }
}
