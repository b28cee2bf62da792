/** The exchanges that took longest, a fixed number of them. */
import type { ExchangeRecord } from '../timeline/records.ts';

export interface SlowExchange {
  readonly id: number;
  readonly connection: number;
  /** Nanoseconds from the request's first byte to the response's last. */
  readonly duration: number;
  readonly status: number;
  readonly method: string;
  readonly url: string;
}

/** Characters of a URL that are kept. */
const longestUrl = 1024;

export class Slowest {
  private readonly capacity: number;
  /** Longest first. */
  private readonly kept: SlowExchange[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  exchange(record: ExchangeRecord): void {
    const duration = record.total;
    if (duration === undefined) return;
    const full = this.kept.length === this.capacity;
    if (full && (this.capacity === 0 || duration <= this.kept[this.capacity - 1]!.duration)) return;
    if (full) this.kept.pop();
    const at = this.kept.findIndex((other) => duration > other.duration);
    this.kept.splice(at < 0 ? this.kept.length : at, 0, slowExchange(record, duration));
  }

  /** Longest first; of equals, the first seen. */
  entries(): readonly SlowExchange[] {
    return this.kept;
  }
}

function slowExchange(record: ExchangeRecord, duration: number): SlowExchange {
  return {
    id: record.id,
    connection: record.connection,
    duration,
    status: record.response.status,
    method: record.request.method,
    url: record.url.slice(0, longestUrl),
  };
}
