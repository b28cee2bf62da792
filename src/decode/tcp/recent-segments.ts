/**
 * The segments delivered last, by reference: what a retransmission is compared with. The source keeps the bytes of the
 * current and the previous block intact (`Moment.block`), so nothing is copied; older segments cannot be compared.
 */
import type { Moment } from '../../core/moment.ts';

const size = 1024;

export class RecentSegments {
  private readonly moment: Moment;
  private readonly streams = new Int32Array(size).fill(-1);
  private readonly seqs = new Int32Array(size);
  private readonly offsets = new Int32Array(size);
  private readonly lengths = new Int32Array(size);
  private readonly blocks = new Int32Array(size);
  private readonly data: Uint8Array[];
  private next = 0;

  constructor(moment: Moment) {
    this.moment = moment;
    const none = new Uint8Array(0);
    this.data = Array.from({ length: size }, () => none);
  }

  /** @param stream connection id * 2 + direction */
  add(stream: number, seq: number, data: Uint8Array, start: number, end: number): void {
    const at = this.next;
    this.next = (at + 1) & (size - 1);
    this.streams[at] = stream;
    this.seqs[at] = seq;
    this.offsets[at] = start;
    this.lengths[at] = end - start;
    this.blocks[at] = this.moment.block;
    if (this.data[at] !== data) this.data[at] = data;
  }

  /** Whether any byte of the segment differs from a recent one of the same stream at the same sequence number. */
  conflicts(stream: number, seq: number, data: Uint8Array, start: number, end: number): boolean {
    for (let at = 0; at < size; at++) {
      if (this.streams[at] !== stream || this.blocks[at]! < this.moment.block - 1) continue;
      const shift = (seq - this.seqs[at]!) | 0; // recent[shift + k] is data[start + k]
      const from = Math.max(0, -shift);
      const to = Math.min(end - start, this.lengths[at]! - shift);
      const recent = this.data[at]!;
      const offset = this.offsets[at]! + shift;
      for (let k = from; k < to; k++) if (data[start + k] !== recent[offset + k]) return true;
    }
    return false;
  }
}
