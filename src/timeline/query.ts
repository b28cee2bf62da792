/**
 * The rows a list shows: those of a growing table that match, in some order; rows may leave the table. Work is done in slices, so that a million
 * rows can be filtered and sorted while keys are answered: what has been found so far can be shown at any time.
 */
import { RowList } from './columns.ts';
import { sortRows, type SortKey } from './sort.ts';

/** Rows tested between two looks at the clock. */
const slice = 2048;
/** A list that grows is sorted again after this long, or after ten times what the last sort took. */
const resortAfterMs = 250;

export interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** What a list shows rows of. */
export interface Rows {
  /** Rows there ever were, and rows that have left. */
  readonly count: number;
  readonly gone: number;
  holds(row: number): boolean;
}

export class Query {
  /** Grows whenever other rows are shown. */
  changes = 0;
  private readonly rows: Rows;
  /** Rows that had left when `selected` was made. */
  private gone = 0;
  /** What the person asked for. */
  private wanted: ((row: number) => boolean) | undefined;
  /** The same, of rows that are there; undefined where every row is shown. */
  private match: ((row: number) => boolean) | undefined;
  private order: Order | undefined;
  /** Matching rows, ascending; unused where nothing is filtered out. */
  private selected = new RowList();
  private scanned = 0;
  private sorted: Int32Array | undefined;
  private sorting: Generator<void, Int32Array, void> | undefined;
  private stale = false;
  private sortedAt = -Infinity;
  private sortTook = 0;
  private sortStarted = 0;
  private everything = new Int32Array(0);

  constructor(rows: Rows) {
    this.rows = rows;
  }

  /** Rows shown. */
  get length(): number {
    return this.order === undefined ? this.matching : (this.sorted?.length ?? this.matching);
  }

  /** Rows that match, as far as they have been looked at. */
  get matching(): number {
    return this.match === undefined ? this.rows.count : this.selected.length;
  }

  /** Rows that are there. */
  get total(): number {
    return this.rows.count - this.rows.gone;
  }

  /** Share of the rows that have been looked at, 1 when all work is done. */
  get done(): number {
    const total = this.rows.count;
    if (this.match !== undefined && this.scanned < total) return total === 0 ? 1 : this.scanned / total;
    return this.sorting === undefined ? 1 : 0.99;
  }

  filter(match: ((row: number) => boolean) | undefined): void {
    this.wanted = match;
    this.gone = this.rows.gone;
    this.match = this.gone === 0 ? match : this.ofThose(match);
    this.selected = new RowList();
    this.scanned = 0;
    this.restartSort();
    this.changes++;
  }

  sort(order: Order | undefined): void {
    this.order = order;
    this.restartSort();
    this.changes++;
  }

  rowAt(index: number): number {
    if (this.order !== undefined && this.sorted !== undefined) return this.sorted[index] ?? -1;
    if (this.match === undefined) return index < this.rows.count ? index : -1;
    return index < this.selected.length ? this.selected.rows[index]! : -1;
  }

  /** Where a row stands, -1 where it is not shown. */
  indexOf(row: number): number {
    if (this.order !== undefined && this.sorted !== undefined) return this.sorted.indexOf(row);
    if (this.match === undefined) return row < this.rows.count ? row : -1;
    const at = this.selected.lowerBound(row);
    return at < this.selected.length && this.selected.rows[at] === row ? at : -1;
  }

  /** These rows have changed: do they still match? Undefined: any may have. */
  touch(rows: RowList | undefined): void {
    if (rows !== undefined && rows.length === 0) return;
    this.stale = true;
    if (this.match === undefined) return;
    if (rows === undefined) {
      this.selected = new RowList();
      this.scanned = 0;
      return;
    }
    for (let i = 0; i < rows.length; i++) this.judgeAgain(rows.rows[i]!);
  }

  /** Works until the clock (milliseconds) says `until`; false where nothing is left to do. */
  work(until: number, clock: () => number): boolean {
    if (this.rows.gone !== this.gone) this.letGo();
    if (this.scan(until, clock)) return true;
    return this.order !== undefined && this.keepSorted(until, clock);
  }

  private scan(until: number, clock: () => number): boolean {
    const { match, selected } = this;
    const total = this.rows.count;
    if (match === undefined || this.scanned >= total) return false;
    const before = selected.length;
    do {
      const end = Math.min(total, this.scanned + slice);
      for (let row = this.scanned; row < end; row++) if (match(row)) selected.push(row);
      this.scanned = end;
    } while (this.scanned < total && clock() < until);
    if (selected.length !== before) {
      this.stale = true;
      this.changes++;
    }
    return this.scanned < total;
  }

  private keepSorted(until: number, clock: () => number): boolean {
    const now = clock();
    if (this.sorting === undefined) {
      const length = this.matching;
      if (this.sorted !== undefined && this.sorted.length === length && !this.stale) return false;
      const pause = this.sorted === undefined ? 0 : Math.max(resortAfterMs, this.sortTook * 10);
      if (now - this.sortedAt < pause) return false;
      this.stale = false;
      this.sortStarted = now;
      const rows = this.match === undefined ? this.allRows(length) : this.selected.rows;
      this.sorting = sortRows(rows, length, this.order!.key, this.order!.descending);
    }
    for (;;) {
      const step = this.sorting.next();
      if (step.done === true) {
        // Some may have left while they were sorted.
        this.sorted = this.gone === 0 ? step.value : step.value.filter((row) => this.rows.holds(row));
        this.sorting = undefined;
        this.sortedAt = clock();
        this.sortTook = this.sortedAt - this.sortStarted;
        this.changes++;
        return false;
      }
      if (clock() >= until) return true;
    }
  }

  /** Takes out the rows that have left. */
  private letGo(): void {
    const holds = (row: number): boolean => this.rows.holds(row);
    this.gone = this.rows.gone;
    if (this.match === undefined) {
      // From now on rows do not stand where their number says.
      this.match = this.ofThose(this.wanted);
      this.selected = new RowList();
      this.scanned = 0;
      for (; this.scanned < this.rows.count; this.scanned++) if (holds(this.scanned)) this.selected.push(this.scanned);
      this.everything = new Int32Array(0);
    } else this.selected.keep(holds);
    if (this.sorted !== undefined) {
      const before = this.sorted.length;
      this.sorted = this.sorted.filter(holds);
      // Too few are left to wait for the next time.
      if (this.sorted.length < before / 2) this.restartSort();
    }
    this.stale = true;
    this.changes++;
  }

  private ofThose(match: ((row: number) => boolean) | undefined): (row: number) => boolean {
    const { rows } = this;
    return match === undefined ? (row) => rows.holds(row) : (row) => rows.holds(row) && match(row);
  }

  private allRows(length: number): Int32Array {
    if (this.everything.length < length) {
      this.everything = new Int32Array(Math.max(length, this.everything.length * 2));
      for (let i = 0; i < this.everything.length; i++) this.everything[i] = i;
    }
    return this.everything;
  }

  private restartSort(): void {
    this.sorted = undefined;
    this.sorting = undefined;
    this.sortedAt = -Infinity;
    this.stale = true;
  }

  private judgeAgain(row: number): void {
    if (row >= this.scanned) return;
    const { selected } = this;
    const at = selected.lowerBound(row);
    const there = at < selected.length && selected.rows[at] === row;
    const matches = this.match!(row);
    if (there === matches) return;
    if (matches) selected.insert(at, row);
    else selected.remove(at);
    this.changes++;
  }
}
