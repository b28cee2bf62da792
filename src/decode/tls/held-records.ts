/** Records that wait for keys, in the order they came; bounded for each connection and for all. */
import type { Budget } from '../../core/budget.ts';
import { ownBytes } from '../../core/bytes.ts';
import { KeptMoment, type Moment } from '../../core/moment.ts';
import type { Side } from '../../core/side.ts';
import type { EndOfStream } from '../../core/sinks.ts';

export interface HeldRecord {
  readonly side: Side;
  /** Null: not a record but the end of this side. */
  readonly data: Uint8Array | null;
  readonly holes: readonly number[] | null;
  readonly how: EndOfStream;
  readonly at: KeptMoment;
}

const recordOverhead = 200;

/** What all connections hold together. */
export class HeldTotal {
  used = 0;
  readonly limit: number;
  readonly connectionLimit: number;
  readonly budget: Budget;

  constructor(budget: Budget, limit: number, connectionLimit: number) {
    this.budget = budget;
    this.limit = limit;
    this.connectionLimit = connectionLimit;
  }
}

export class HeldRecords {
  private records: HeldRecord[] = [];
  private next = 0;
  private used = 0;
  private readonly total: HeldTotal;

  constructor(total: HeldTotal) {
    this.total = total;
  }

  get isEmpty(): boolean {
    return this.next === this.records.length;
  }

  get head(): HeldRecord {
    return this.records[this.next]!;
  }

  get isFull(): boolean {
    return this.used > this.total.connectionLimit || this.total.used > this.total.limit;
  }

  push(
    side: Side,
    data: Uint8Array | null,
    start: number,
    end: number,
    holes: readonly number[] | null,
    how: EndOfStream,
    moment: Moment,
  ): void {
    const own = data === null ? null : ownBytes(data, start, end);
    this.records.push({ side, data: own, holes, how, at: new KeptMoment(moment) });
    this.count(recordOverhead + end - start);
  }

  shift(): void {
    const { data } = this.records[this.next++]!;
    this.count(-recordOverhead - (data === null ? 0 : data.length));
    if (this.isEmpty) {
      this.records = [];
      this.next = 0;
    } else if (this.next > 256 && this.next * 2 > this.records.length) {
      this.records = this.records.slice(this.next);
      this.next = 0;
    }
  }

  private count(bytes: number): void {
    this.used += bytes;
    this.total.used += bytes;
    this.total.budget.used += bytes;
  }
}
