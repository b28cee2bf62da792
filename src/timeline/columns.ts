/**
 * Growing columns of numbers: what tables of a million rows are made of. A column is a list of chunks, so that it grows
 * without moving what is there, and lets go of its oldest rows. A row that is not there (any more) reads as the column's
 * `absent` number.
 */

const chunkBits = 12;
/** Rows of a chunk. */
export const chunkRows: number = 1 << chunkBits;
const mask = chunkRows - 1;

/** The chunk a row stands in. */
export function chunkOf(row: number): number {
  return row >> chunkBits;
}

/** What a table asks of its columns. */
export interface Column {
  readonly bytesPerRow: number;
  /** Takes its chunk's part of a buffer, `bytesPerRow * chunkRows` bytes of zeros from `offset` on. */
  grow(buffer: ArrayBuffer, offset: number): void;
  drop(chunk: number): void;
  clear(row: number): void;
}

// The classes differ in their arrays only, and are written out so that each of them meets one kind of array.

export class Float64Column implements Column {
  readonly bytesPerRow = 8;
  private readonly chunks: (Float64Array | undefined)[] = [];

  at(row: number): number {
    const chunk = this.chunks[row >> chunkBits];
    return chunk === undefined ? 0 : chunk[row & mask]!;
  }

  set(row: number, value: number): void {
    const chunk = this.chunks[row >> chunkBits];
    if (chunk !== undefined) chunk[row & mask] = value;
  }

  grow(buffer: ArrayBuffer, offset: number): void {
    this.chunks.push(new Float64Array(buffer, offset, chunkRows));
  }

  drop(chunk: number): void {
    this.chunks[chunk] = undefined;
  }

  clear(row: number): void {
    this.set(row, 0);
  }
}

export class Int32Column implements Column {
  readonly bytesPerRow = 4;
  private readonly chunks: (Int32Array | undefined)[] = [];
  private readonly absent: number;

  constructor(absent = 0) {
    this.absent = absent;
  }

  at(row: number): number {
    const chunk = this.chunks[row >> chunkBits];
    return chunk === undefined ? this.absent : chunk[row & mask]!;
  }

  set(row: number, value: number): void {
    const chunk = this.chunks[row >> chunkBits];
    if (chunk !== undefined) chunk[row & mask] = value;
  }

  grow(buffer: ArrayBuffer, offset: number): void {
    const chunk = new Int32Array(buffer, offset, chunkRows);
    if (this.absent !== 0) chunk.fill(this.absent);
    this.chunks.push(chunk);
  }

  drop(chunk: number): void {
    this.chunks[chunk] = undefined;
  }

  clear(row: number): void {
    this.set(row, this.absent);
  }
}

export class Uint16Column implements Column {
  readonly bytesPerRow = 2;
  private readonly chunks: (Uint16Array | undefined)[] = [];

  at(row: number): number {
    const chunk = this.chunks[row >> chunkBits];
    return chunk === undefined ? 0 : chunk[row & mask]!;
  }

  set(row: number, value: number): void {
    const chunk = this.chunks[row >> chunkBits];
    if (chunk !== undefined) chunk[row & mask] = value;
  }

  grow(buffer: ArrayBuffer, offset: number): void {
    this.chunks.push(new Uint16Array(buffer, offset, chunkRows));
  }

  drop(chunk: number): void {
    this.chunks[chunk] = undefined;
  }

  clear(row: number): void {
    this.set(row, 0);
  }
}

export class Uint8Column implements Column {
  readonly bytesPerRow = 1;
  private readonly chunks: (Uint8Array | undefined)[] = [];

  at(row: number): number {
    const chunk = this.chunks[row >> chunkBits];
    return chunk === undefined ? 0 : chunk[row & mask]!;
  }

  set(row: number, value: number): void {
    const chunk = this.chunks[row >> chunkBits];
    if (chunk !== undefined) chunk[row & mask] = value;
  }

  grow(buffer: ArrayBuffer, offset: number): void {
    this.chunks.push(new Uint8Array(buffer, offset, chunkRows));
  }

  drop(chunk: number): void {
    this.chunks[chunk] = undefined;
  }

  clear(row: number): void {
    this.set(row, 0);
  }
}

/** A list of row numbers that grows at its end. */
export class RowList {
  rows: Int32Array;
  length = 0;

  constructor(capacity = 64) {
    this.rows = new Int32Array(capacity);
  }

  push(row: number): void {
    if (this.length === this.rows.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
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

  /** Takes out what does not pass. */
  keep(passes: (row: number) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.length; i++) {
      const row = this.rows[i]!;
      if (passes(row)) this.rows[kept++] = row;
    }
    this.length = kept;
  }
}
