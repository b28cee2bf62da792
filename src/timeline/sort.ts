/**
 * Sorts a million rows without holding up whoever waits for a key: generators that yield every few milliseconds of work.
 * Numbers by radix, texts by six bytes at a time, both stable.
 */
import type { Arena } from './arena.ts';

export type SortKey =
  | { readonly kind: 'number'; readonly of: (row: number) => number }
  /** `of` names a text of the arena. */
  | { readonly kind: 'text'; readonly arena: Arena; readonly of: (row: number) => number };

/** Rows looked at between two yields. */
const slice = 32 * 1024;
/** Below this, comparing is faster than counting. */
const fewRows = 512;
const digitBits = 11;
const buckets = 1 << digitBits;

/** `rows[0, count)` in order of their keys; the result is a new array. Rows without a key (NaN) come last either way. */
export function* sortRows(
  rows: Int32Array,
  count: number,
  key: SortKey,
  descending: boolean,
): Generator<void, Int32Array, void> {
  const sorted = rows.slice(0, count);
  if (key.kind === 'text') {
    yield* sortTexts(sorted, key.arena, key.of);
    return descending ? sorted.reverse() : sorted;
  }
  const keys = new Float64Array(count);
  for (let from = 0; from < count; from += slice) {
    const to = Math.min(count, from + slice);
    for (let i = from; i < to; i++) {
      const value = key.of(sorted[i]!);
      keys[i] = value !== value ? Infinity : descending ? -value : value;
    }
    yield;
  }
  yield* sortByKeys(sorted, keys, 0, count);
  return sorted;
}

/** Sorts `rows[from, to)` by `keys[from, to)`, moving both. */
function* sortByKeys(rows: Int32Array, keys: Float64Array, from: number, to: number): Generator<void, void, void> {
  const count = to - from;
  if (count <= fewRows) {
    insertion(rows, keys, from, to);
    return;
  }
  // A double's bits, with the sign bit turned over (all bits of a negative number), sort as the number does.
  const words = new Uint32Array(keys.buffer, from * 8, count * 2);
  for (let i = 0; i < count * 2; i += 2) {
    const high = words[i + 1]!;
    if (high >>> 31 === 1) {
      words[i] = ~words[i]!;
      words[i + 1] = ~high;
    } else words[i + 1] = high | 0x80000000;
  }
  yield;
  let source: Pair = { rows: rows.subarray(from, to), words };
  let target: Pair = { rows: new Int32Array(count), words: new Uint32Array(count * 2) };
  for (let bit = 0; bit < 64; bit += digitBits) {
    if (!(yield* pass(source, target, count, bit))) continue;
    [source, target] = [target, source];
    yield;
  }
  if (source.words !== words) {
    rows.set(source.rows, from);
    words.set(source.words);
  }
  yield;
}

interface Pair {
  rows: Int32Array;
  words: Uint32Array;
}

/** One counting pass over `digitBits` bits from `bit`; false where all rows have the same digit and nothing was moved. */
function* pass(source: Pair, target: Pair, count: number, bit: number): Generator<void, boolean, void> {
  const { words, rows } = source;
  const counts = new Int32Array(buckets);
  const word = bit >>> 5;
  const shift = bit & 31;
  const across = shift + digitBits > 32 && word === 0;
  const digit = (at: number): number =>
    ((words[at + word]! >>> shift) | (across ? words[at + 1]! << (32 - shift) : 0)) & (buckets - 1);
  for (let i = 0; i < count; i++) counts[digit(i * 2)]!++;
  if (counts[digit(0)] === count) return false;
  let sum = 0;
  for (let i = 0; i < buckets; i++) {
    const n = counts[i]!;
    counts[i] = sum;
    sum += n;
  }
  for (let from = 0; from < count; from += slice * 4) {
    const to = Math.min(count, from + slice * 4);
    for (let i = from; i < to; i++) {
      const at = counts[digit(i * 2)]!++;
      target.rows[at] = rows[i]!;
      target.words[at * 2] = words[i * 2]!;
      target.words[at * 2 + 1] = words[i * 2 + 1]!;
    }
    yield;
  }
  return true;
}

function insertion(rows: Int32Array, keys: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const row = rows[i]!;
    const key = keys[i]!;
    let at = i;
    while (at > from && keys[at - 1]! > key) {
      rows[at] = rows[at - 1]!;
      keys[at] = keys[at - 1]!;
      at--;
    }
    rows[at] = row;
    keys[at] = key;
  }
}

/** Most significant bytes first: runs that are equal so far are sorted by their next six bytes. */
function* sortTexts(rows: Int32Array, arena: Arena, of: (row: number) => number): Generator<void, void, void> {
  const keys = new Float64Array(rows.length);
  const runs: [from: number, to: number, depth: number][] = [[0, rows.length, 0]];
  let sinceYield = 0;
  for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
    const [from, to, depth] = run;
    let longest = 0;
    for (let i = from; i < to; i++) {
      const text = of(rows[i]!);
      keys[i] = arena.sortKey(text, depth);
      longest = Math.max(longest, arena.lengthOf(text));
      if (++sinceYield >= slice) {
        sinceYield = 0;
        yield;
      }
    }
    yield* sortRun(rows, keys, from, to);
    if (longest <= depth + 6) continue;
    for (let start = from; start < to;) {
      // Keys of a run were turned into sortable bits, or not: equal stays equal.
      let end = start + 1;
      while (end < to && keys[end] === keys[start]) end++;
      if (end - start > 1 && !sameText(rows, of, start, end)) runs.push([start, end, depth + 6]);
      start = end;
    }
  }
}

function sortRun(rows: Int32Array, keys: Float64Array, from: number, to: number): Generator<void, void, void> {
  return sortByKeys(rows, keys, from, to);
}

function sameText(rows: Int32Array, of: (row: number) => number, from: number, to: number): boolean {
  const text = of(rows[from]!);
  for (let i = from + 1; i < to; i++) if (of(rows[i]!) !== text) return false;
  return true;
}
