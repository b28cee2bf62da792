/** Numbers made of all records, for assertions: they see every record once and can be asked at the end. */
import { grown } from '../core/connection-table.ts';
import { spanSeconds } from '../core/time.ts';
import type { AnyRecord, RecordKind } from './field.ts';
import type { Predicate } from './predicates.ts';
import { numberClass, type NumberSource } from './source.ts';
import { reference, type RecordReference } from './record-reference.ts';

/** One predicate for each kind of record that is looked at. */
export type Predicates = Partial<Record<RecordKind, Predicate>>;

/** How an aggregate is written: those that count take a condition, the others a field; a second condition narrows both. */
export interface AggregateDefinition {
  readonly name: string;
  readonly counts: boolean;
  readonly description: string;
}

export const aggregates: readonly AggregateDefinition[] = [
  { name: 'count', counts: true, description: 'how many records satisfy the condition' },
  { name: 'all', counts: true, description: 'every record that has these fields satisfies the condition' },
  { name: 'any', counts: true, description: 'some record satisfies the condition' },
  { name: 'none', counts: true, description: 'no record satisfies the condition' },
  { name: 'max', counts: false, description: 'the largest value of a field' },
  { name: 'min', counts: false, description: 'the smallest value of a field' },
  { name: 'sum', counts: false, description: 'all values of a field together' },
  { name: 'avg', counts: false, description: 'the mean of a field' },
  { name: 'median', counts: false, description: 'the value half of all values do not exceed' },
  { name: 'p95', counts: false, description: 'the value 95 % do not exceed; any percentile: p50, p99.9' },
];

/** The definition with this name; percentiles are `p` and a number. */
export function findAggregate(name: string): AggregateDefinition | undefined {
  const known = aggregates.find((entry) => entry.name === name);
  return (
    known ?? (percentile(name) === undefined ? undefined : { name, counts: false, description: `percentile ${name}` })
  );
}

/** 0 to 100, or undefined where the name is none of a percentile. */
function percentile(name: string): number | undefined {
  if (name === 'median') return 50;
  const [, digits] = /^p(\d{1,2}(?:\.\d{1,3})?|100)$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

export interface Aggregator {
  add(kind: RecordKind, record: AnyRecord): void;
  /** NaN where there is nothing to make it of. */
  readonly value: number;
  /** The value in words. */
  readonly text: string;
  /** The record that explains the value: the first that was counted or failed, the largest, the smallest. */
  readonly record: RecordReference | undefined;
}

export class CountingAggregator implements Aggregator {
  record: RecordReference | undefined;
  private readonly name: string;
  private readonly tests: Predicates;
  private readonly where: Predicates | undefined;
  private seen = 0;
  private hits = 0;

  constructor(name: string, tests: Predicates, where: Predicates | undefined) {
    this.name = name;
    this.tests = tests;
    this.where = where;
  }

  add(kind: RecordKind, record: AnyRecord): void {
    const test = this.tests[kind];
    if (test === undefined || (this.where !== undefined && this.where[kind]?.(record) !== true)) return;
    this.seen++;
    const hit = test(record);
    if (hit) this.hits++;
    if (this.record === undefined && hit === (this.name !== 'all')) this.record = reference(kind, record);
  }

  get value(): number {
    switch (this.name) {
      case 'all':
        return Number(this.hits === this.seen);
      case 'any':
        return Number(this.hits > 0);
      case 'none':
        return Number(this.hits === 0);
      default:
        return this.hits;
    }
  }

  get text(): string {
    return this.name === 'count' ? String(this.hits) : `${this.hits} of ${this.seen}`;
  }
}

export class MeasuringAggregator implements Aggregator {
  record: RecordReference | undefined;
  private readonly name: string;
  private readonly sources: Partial<Record<RecordKind, NumberSource>>;
  private readonly where: Predicates | undefined;
  private readonly rank: number | undefined;
  private readonly inSeconds: boolean;
  private count = 0;
  private sum = 0;
  private least = Infinity;
  private most = -Infinity;
  /** All values, where a percentile is asked for. */
  private values = new Float64Array(0);

  constructor(name: string, sources: Partial<Record<RecordKind, NumberSource>>, where: Predicates | undefined) {
    this.name = name;
    this.sources = sources;
    this.where = where;
    this.rank = percentile(name);
    this.inSeconds = Object.values(sources).some((source) => numberClass(source) === 'duration');
  }

  add(kind: RecordKind, record: AnyRecord): void {
    const source = this.sources[kind];
    if (source?.read === undefined || (this.where !== undefined && this.where[kind]?.(record) !== true)) return;
    for (let i = 0; i === 0 || source.many; i++) {
      const value = source.read(record, i);
      if (Number.isNaN(value)) return;
      this.take(value, kind, record);
    }
  }

  private take(value: number, kind: RecordKind, record: AnyRecord): void {
    const extreme = this.name === 'min' ? value < this.least : value > this.most;
    if (extreme && this.name !== 'sum' && this.name !== 'avg') this.record = reference(kind, record);
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
    this.sum += value;
    if (this.rank !== undefined) {
      if (this.count === this.values.length) this.values = grown(this.values, Math.max(1024, this.count * 2));
      this.values[this.count] = value;
    }
    this.count++;
  }

  get value(): number {
    if (this.name === 'sum') return this.sum;
    if (this.count === 0) return NaN;
    if (this.rank !== undefined) return this.ranked(this.rank);
    return this.name === 'min' ? this.least : this.name === 'max' ? this.most : this.sum / this.count;
  }

  get text(): string {
    const { value } = this;
    if (Number.isNaN(value)) return 'not known: no record has it';
    return this.inSeconds ? `${spanSeconds(value)} s` : String(value);
  }

  /** The smallest value that so many percent of all do not exceed (nearest rank). */
  private ranked(percent: number): number {
    const sorted = this.values.subarray(0, this.count).sort();
    return sorted[Math.max(0, Math.ceil((percent / 100) * this.count - 1e-9) - 1)]!;
  }
}
