import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/timeline/arena.ts';
import { RowList } from '../../src/timeline/columns.ts';
import { Query, type Rows } from '../../src/timeline/query.ts';
import type { SortKey } from '../../src/timeline/sort.ts';

/** A clock that says every slice is over at once. */
function impatient(): () => number {
  let now = 0;
  return () => now++;
}

function all(query: Query): number[] {
  const clock = impatient();
  for (let i = 0; query.work(clock(), clock); i++) if (i > 1e6) throw new Error('does not end');
  return Array.from({ length: query.length }, (_, index) => query.rowAt(index));
}

function sorted(key: SortKey, count: number, descending = false): number[] {
  const query = new Query(table(() => count));
  query.sort({ key, descending });
  return all(query);
}

/** A table of so many rows, of which none leaves. */
const table = (count: () => number): Rows => ({
  get count() {
    return count();
  },
  gone: 0,
  holds: () => true,
});

const rows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

describe('order', () => {
  const numbers = fc.array(fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 })), { maxLength: 900 });

  test('numbers, stable, those that are none last', () => {
    fc.assert(
      fc.property(numbers, fc.boolean(), (values, descending) => {
        const rank = (row: number): number => (Number.isNaN(values[row]!) ? Infinity : (descending ? -values[row]! : values[row]!) + 0);
        const expected = rows(values.length).sort((a, b) => (rank(a) === rank(b) ? a - b : rank(a) - rank(b)));
        expect(sorted({ kind: 'number', of: (row) => values[row]! + 0 }, values.length, descending)).toEqual(expected);
      }),
    );
  }); // prettier-ignore

  test('texts by their bytes, with beginnings in common', () => {
    const text = fc.stringMatching(/^(\/api\/v1\/)?[a-c]{0,9}$/);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 700 }), (texts) => {
        const arena = new Arena();
        const names = texts.map((each) => arena.name(Buffer.from(each), 0, each.length));
        const expected = rows(texts.length).sort((a, b) => Buffer.compare(Buffer.from(texts[a]!), Buffer.from(texts[b]!)) || a - b);
        expect(sorted({ kind: 'text', arena, of: (row) => names[row]! }, texts.length)).toEqual(expected);
      }),
    );
  }); // prettier-ignore

  test('a hundred thousand rows', () => {
    const count = 100_000;
    const key: SortKey = { kind: 'number', of: (row) => (row * 7919) % 1013 };
    const order = sorted(key, count);
    expect(order.length).toBe(count);
    for (let i = 1; i < count; i++) expect(key.of(order[i - 1]!) <= key.of(order[i]!)).toBe(true);
  });
});

describe('filter', () => {
  test('finds rows while the table grows, and judges again what was touched', () => {
    let count = 10;
    const values = rows(20).map((row) => row % 3);
    const query = new Query(table(() => count));
    query.filter((row) => values[row] === 0);
    expect(all(query)).toEqual([0, 3, 6, 9]);
    count = 20;
    expect(all(query)).toEqual([0, 3, 6, 9, 12, 15, 18]);
    values[4] = 0;
    values[9] = 1;
    const touched = new RowList();
    touched.push(4);
    touched.push(9);
    query.touch(touched);
    expect(all(query)).toEqual([0, 3, 4, 6, 12, 15, 18]);
    expect([query.indexOf(4), query.indexOf(9), query.indexOf(5)]).toEqual([2, -1, -1]);
  });

  test('shows what it has found before it is through', () => {
    const query = new Query(table(() => 100_000));
    query.filter((row) => row % 2 === 0);
    expect(query.work(0, impatient())).toBe(true);
    expect(query.length).toBeGreaterThan(0);
    expect(query.done).toBeLessThan(1);
    expect(all(query).length).toBe(50_000);
  });

  test('without a filter and an order, rows are where they are', () => {
    const query = new Query(table(() => 5));
    expect([query.length, query.rowAt(4), query.rowAt(5), query.indexOf(3)]).toEqual([5, 4, -1, 3]);
  });

  test('filtered and ordered', () => {
    const query = new Query(table(() => 1000));
    query.filter((row) => row % 100 === 0);
    query.sort({ key: { kind: 'number', of: (row) => row }, descending: true });
    expect(all(query)).toEqual([900, 800, 700, 600, 500, 400, 300, 200, 100, 0]);
    expect(query.indexOf(700)).toBe(2);
  });
});
