/** Counts by name with a bound on the names, so that a capture that makes up names without end is counted all the same. */

export interface Count {
  readonly name: string;
  count: number;
  bytes: number;
}

/** Names longer than this are cut before they are counted. */
const longestName = 256;

export class Counter {
  /** What came after all names were taken. */
  readonly others: Count = { name: 'others', count: 0, bytes: 0 };
  private readonly counts = new Map<string, Count>();
  private readonly capacity: number;

  /** @param capacity names that are told apart: the first that come */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Names told apart so far. */
  get size(): number {
    return this.counts.size;
  }

  add(name: string, bytes = 0): void {
    const key = name.length > longestName ? name.slice(0, longestName) : name;
    let count = this.counts.get(key);
    if (count === undefined) {
      count = this.others;
      if (this.counts.size < this.capacity) this.counts.set(key, (count = { name: key, count: 0, bytes: 0 }));
    }
    count.count++;
    count.bytes += bytes;
  }

  /** The `limit` names with the highest counts, then bytes, then in the order of the alphabet. */
  top(limit = Infinity): Count[] {
    return [...this.counts.values()].sort(byCount).slice(0, limit);
  }
}

function byCount(a: Count, b: Count): number {
  return b.count - a.count || b.bytes - a.bytes || (a.name < b.name ? -1 : 1);
}
