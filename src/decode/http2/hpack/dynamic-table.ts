/**
 * HPACK's dynamic table (RFC 7541 2.3.2, 4): the newest entry has the lowest index, the oldest are evicted to stay within
 * a size. Entries are octets in one buffer, newest last; when its end is reached the live ones move to its start, which
 * costs each octet a bounded number of copies. Storage grows with what is in the table, not with its permitted size.
 */
import { copyBytes } from '../../../core/bytes.ts';

/** RFC 7541 4.1: what an entry counts beside its octets. */
const entryOverhead = 32;
const none = new Uint8Array(0);

export class DynamicTable {
  /** Names and values; replaced and moved by `insert`. */
  data: Uint8Array = none;
  /** Permitted size, as RFC 7541 4.1 counts it. */
  limit: number;
  /** Size of the entries. */
  size = 0;
  /** Number of entries. */
  count = 0;
  private position = 0;
  /** Columns of a ring: where name, value and end stand in `data`. Its length is a power of two. */
  private starts: Int32Array = new Int32Array(16);
  private nameEnds: Int32Array = new Int32Array(16);
  private ends: Int32Array = new Int32Array(16);
  private knowns: Uint8Array = new Uint8Array(16);
  /** Ring position of the next entry. */
  private next = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Entries by age: 0 is the newest. `at` is a handle for the next four. */
  at(age: number): number {
    return (this.next - 1 - age) & (this.starts.length - 1);
  }
  start(at: number): number {
    return this.starts[at]!;
  }
  nameEnd(at: number): number {
    return this.nameEnds[at]!;
  }
  end(at: number): number {
    return this.ends[at]!;
  }
  known(at: number): number {
    return this.knowns[at]!;
  }

  /** RFC 7541 4.3. */
  resize(limit: number): void {
    this.limit = limit;
    this.evict(limit);
  }

  clear(): void {
    this.size = this.count = this.position = 0;
    this.data = none;
  }

  /** Name and value stand one after the other in `data`, which is not the table's own. An entry too large empties it (4.4). */
  insert(data: Uint8Array, start: number, nameEnd: number, end: number, known: number): void {
    const length = end - start;
    const size = length + entryOverhead;
    this.evict(this.limit - size);
    if (size > this.limit) return;
    if (this.position + length > this.data.length) this.makeRoom(length);
    if (this.count === this.starts.length) this.widen();
    const at = this.next;
    const position = this.position;
    copyBytes(data, start, end, this.data, position);
    this.starts[at] = position;
    this.nameEnds[at] = position + nameEnd - start;
    this.ends[at] = this.position = position + length;
    this.knowns[at] = known;
    this.next = (at + 1) & (this.starts.length - 1);
    this.count++;
    this.size += size;
  }

  private evict(limit: number): void {
    while (this.count > 0 && this.size > limit) {
      const oldest = this.at(this.count - 1);
      this.size -= this.ends[oldest]! - this.starts[oldest]! + entryOverhead;
      this.count--;
    }
  }

  /** Moves the live octets to the front; the buffer is at least twice as long as they are. */
  private makeRoom(length: number): void {
    const from = this.count === 0 ? this.position : this.starts[this.at(this.count - 1)]!;
    const live = this.position - from;
    const room = Math.max(256, (live + length) * 2);
    const old = this.data;
    if (room > old.length) this.data = new Uint8Array(room * 2);
    if (this.data === old) old.copyWithin(0, from, this.position);
    else copyBytes(old, from, this.position, this.data, 0);
    this.position = live;
    for (let age = 0; age < this.count; age++) {
      const at = this.at(age);
      this.starts[at]! -= from;
      this.nameEnds[at]! -= from;
      this.ends[at]! -= from;
    }
  }

  private widen(): void {
    const length = this.starts.length;
    this.starts = this.unrolled(this.starts, new Int32Array(length * 2));
    this.nameEnds = this.unrolled(this.nameEnds, new Int32Array(length * 2));
    this.ends = this.unrolled(this.ends, new Int32Array(length * 2));
    this.knowns = this.unrolled(this.knowns, new Uint8Array(length * 2));
    this.next = length;
  }

  /** The full ring's column, oldest first. */
  private unrolled<T extends Int32Array | Uint8Array>(column: T, wider: T): T {
    const length = column.length;
    for (let i = 0; i < length; i++) wider[i] = column[(this.next + i) & (length - 1)]!;
    return wider;
  }
}
