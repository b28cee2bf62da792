/** Growing typed-array columns: what tables of a million rows are made of. */

type Column = Uint8Array | Uint16Array | Int32Array | Float64Array;

/** Capacity that holds row `row`, at least doubled. Pages that nothing was written to take no memory. */
export function capacityFor(capacity: number, row: number): number {
  return Math.max(capacity * 2, row + 1);
}

/** A copy of a column with room for `length` numbers. */
export function grownTo<T extends Column>(column: T, length: number): T {
  const larger = new (column.constructor as new (length: number) => T)(length);
  larger.set(column);
  return larger;
}

/** A list of row numbers that grows at its end. */
export class RowList {
  rows: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.rows = new Int32Array(capacity);
  }

  push(row: number): void {
    if (this.length === this.rows.length) this.rows = grownTo(this.rows, this.length * 2);
    this.rows[this.length++] = row;
  }

  /** Index of the first number that is not below `row`, in a list that ascends. */
  lowerBound(row: number): number {
    let low = 0;
    let high = this.length;
    // What is asked for mostly stands near the end.
    if (high > 32 && this.rows[high - 32]! < row) low = high - 32;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.rows[middle]! < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  insert(at: number, row: number): void {
    this.push(row);
    this.rows.copyWithin(at + 1, at, this.length - 1);
    this.rows[at] = row;
  }

  remove(at: number): void {
    this.rows.copyWithin(at, at + 1, this.length);
    this.length--;
  }
}
