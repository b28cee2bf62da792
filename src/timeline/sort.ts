/**
 * Sorts a million rows without holding up whoever waits for a key: generators that yield every few milliseconds of work.
 * Rows are sorted by 32 bits of their key at a time (radix, most significant first); runs that are equal so far are
 * sorted by the next 32 bits: the other half of a number, the next four bytes of a text. Stable.
 */
import type { Arena } from './arena.ts';

export type SortKey =
  | { readonly kind: 'number'; readonly of: (row: number) => number }
  /** `of` names a text of the arena. */
  | { readonly kind: 'text'; readonly arena: Arena; readonly of: (row: number) => number };

/** Rows moved or looked at between two yields. */
const slice = 24 * 1024;
/** Below this, comparing is faster than counting. */
const fewRows = 256;
const digitBits = 11;
const buckets = 1 << digitBits;
const digitMask = buckets - 1;

/** `rows[0, count)` in order of their keys; the result is a new array. Rows without a key (NaN) come last either way. */
export function* sortRows(
  rows: Int32Array,
  count: number,
  key: SortKey,
  descending: boolean,
): Generator<void, Int32Array, void> {
  const sorter = new Sorter(rows.slice(0, count));
  yield;
  yield* key.kind === 'text' ? sorter.byText(key.arena, key.of) : sorter.byNumber(key.of, descending);
  return key.kind === 'text' && descending ? sorter.rows.reverse() : sorter.rows;
}

class Sorter {
  readonly rows: Int32Array;
  /** The 32 bits that count now, beside each row. */
  private readonly words: Uint32Array;
  private readonly otherRows: Int32Array;
  private readonly otherWords: Uint32Array;
  private readonly counts = [new Int32Array(buckets), new Int32Array(buckets), new Int32Array(buckets)] as const;
  private sinceYield = 0;

  constructor(rows: Int32Array) {
    this.rows = rows;
    this.words = new Uint32Array(rows.length);
    this.otherRows = new Int32Array(rows.length);
    this.otherWords = new Uint32Array(rows.length);
  }

  *byNumber(of: (row: number) => number, descending: boolean): Generator<void, void, void> {
    const { rows, words } = this;
    const number = new Float64Array(1);
    const bits = new Uint32Array(number.buffer);
    // A double's bits, with the sign bit turned over (all bits of a negative number), sort as the number does.
    const half = (row: number, which: 0 | 1): number => {
      const value = of(row);
      number[0] = value !== value ? Infinity : descending ? -value : value;
      const negative = bits[1]! >>> 31 === 1;
      if (which === 0) return negative ? ~bits[0]! >>> 0 : bits[0]!;
      return (negative ? ~bits[1]! : bits[1]! | 0x80000000) >>> 0;
    };
    for (let from = 0; from < rows.length; from += slice) {
      const to = Math.min(rows.length, from + slice);
      for (let i = from; i < to; i++) words[i] = half(rows[i]!, 1);
      yield;
    }
    yield* this.byWords(0, rows.length);
    for (const [from, to] of this.equalRuns(0, rows.length)) {
      for (let i = from; i < to; i++) words[i] = half(rows[i]!, 0);
      if (this.worked(to - from)) yield;
      yield* this.byWords(from, to);
    }
  }

  *byText(arena: Arena, of: (row: number) => number): Generator<void, void, void> {
    const { rows, words } = this;
    const runs: [from: number, to: number, depth: number][] = [[0, rows.length, 0]];
    for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
      const [from, to, depth] = run;
      let longest = 0;
      for (let at = from; at < to; at += slice) {
        const end = Math.min(to, at + slice);
        for (let i = at; i < end; i++) {
          const text = of(rows[i]!);
          words[i] = arena.sortKey(text, depth);
          const length = arena.lengthOf(text);
          if (length > longest) longest = length;
        }
        if (this.worked(end - at)) yield;
      }
      yield* this.byWords(from, to);
      if (longest <= depth + 4) continue;
      for (const [start, end] of this.equalRuns(from, to)) {
        if (this.worked(end - start)) yield;
        if (!this.sameText(of, start, end)) runs.push([start, end, depth + 4]);
      }
    }
  }

  /** Sorts `[from, to)` by `words`, moving both. */
  private *byWords(from: number, to: number): Generator<void, void, void> {
    const count = to - from;
    if (count <= fewRows) {
      this.insertion(from, to);
      return;
    }
    const [low, middle, high] = this.counts;
    if (!this.countDigits(from, to)) return;
    if (this.worked(count)) yield;
    yield* this.pass(from, to, 0, low, this.rows, this.words, this.otherRows, this.otherWords);
    yield* this.pass(from, to, digitBits, middle, this.otherRows, this.otherWords, this.rows, this.words);
    yield* this.pass(from, to, 2 * digitBits, high, this.rows, this.words, this.otherRows, this.otherWords);
    this.rows.set(this.otherRows.subarray(from, to), from);
    this.words.set(this.otherWords.subarray(from, to), from);
  }

  /** Fills `counts`; false where all words are the same. */
  private countDigits(from: number, to: number): boolean {
    const { words } = this;
    const [low, middle, high] = this.counts;
    low.fill(0);
    middle.fill(0);
    high.fill(0);
    const first = words[from]!;
    let different = 0;
    for (let i = from; i < to; i++) {
      const word = words[i]!;
      different |= word ^ first;
      low[word & digitMask]!++;
      middle[(word >>> digitBits) & digitMask]!++;
      high[word >>> (2 * digitBits)]!++;
    }
    return different !== 0;
  }

  private *pass(
    from: number,
    to: number,
    shift: number,
    places: Int32Array,
    rows: Int32Array,
    words: Uint32Array,
    toRows: Int32Array,
    toWords: Uint32Array,
  ): Generator<void, void, void> {
    let sum = from;
    for (let i = 0; i < buckets; i++) {
      const count = places[i]!;
      places[i] = sum;
      sum += count;
    }
    for (let at = from; at < to; at += slice) {
      const end = Math.min(to, at + slice);
      scatter(at, end, shift, places, rows, words, toRows, toWords);
      if (this.worked(end - at)) yield;
    }
  }

  private insertion(from: number, to: number): void {
    const { rows, words } = this;
    for (let i = from + 1; i < to; i++) {
      const row = rows[i]!;
      const word = words[i]!;
      let at = i;
      while (at > from && words[at - 1]! > word) {
        rows[at] = rows[at - 1]!;
        words[at] = words[at - 1]!;
        at--;
      }
      rows[at] = row;
      words[at] = word;
    }
  }

  /** Runs of more than one row whose words are equal. */
  private *equalRuns(from: number, to: number): Generator<[number, number], void, void> {
    const { words } = this;
    for (let start = from; start < to;) {
      let end = start + 1;
      while (end < to && words[end] === words[start]) end++;
      if (end - start > 1) yield [start, end];
      start = end;
    }
  }

  private sameText(of: (row: number) => number, from: number, to: number): boolean {
    const text = of(this.rows[from]!);
    for (let i = from + 1; i < to; i++) if (of(this.rows[i]!) !== text) return false;
    return true;
  }

  private worked(rows: number): boolean {
    this.sinceYield += rows;
    if (this.sinceYield < slice) return false;
    this.sinceYield = 0;
    return true;
  }
}

function scatter(
  from: number,
  to: number,
  shift: number,
  places: Int32Array,
  rows: Int32Array,
  words: Uint32Array,
  toRows: Int32Array,
  toWords: Uint32Array,
): void {
  for (let i = from; i < to; i++) {
    const word = words[i]!;
    const at = places[(word >>> shift) & digitMask]!++;
    toRows[at] = rows[i]!;
    toWords[at] = word;
  }
}
