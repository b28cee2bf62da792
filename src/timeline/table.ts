/**
 * A table of rows that come at its end and, where it is bounded, leave at its beginning: whole chunks when all their rows
 * are over, single rows where some beside them are not. Row numbers stay what they were.
 */
import type { Arena } from './arena.ts';
import { chunkOf, chunkRows, type Column } from './columns.ts';

/** Chunks kept for the sake of rows that are not over; beyond that, the oldest goes with all its rows. */
const mostLingering = 64;

export abstract class Table {
  /** Rows there ever were. */
  count = 0;
  /** Rows that have left. */
  gone = 0;
  readonly arena: Arena;
  private readonly columns: Column[] = [];
  private chunks = 0;
  /** Every row in chunks before this one has left, or stands in `lingering`. */
  private oldest = 0;
  private lingering: number[] = [];
  /** Where the texts of each chunk lie in the arena. */
  private readonly textsFrom: number[] = [];
  private readonly textsTo: number[] = [];

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** Rows that are there. */
  get kept(): number {
    return this.count - this.gone;
  }

  /** Bytes a row takes, beside its texts. */
  get bytesPerRow(): number {
    return this.columns.reduce((sum, { bytesPerRow }) => sum + bytesPerRow, 0);
  }

  /** The row has come and has not left. */
  abstract holds(row: number): boolean;

  /** Told of each row before it leaves. */
  protected leaving(_row: number): void {}

  protected column<C extends Column>(column: C): C {
    this.columns.push(column);
    return column;
  }

  /** Makes room for a row, and counts it. */
  protected reach(row: number): void {
    while (this.chunks <= chunkOf(row)) {
      this.addChunk();
      this.textsFrom.push(this.arena.oldestShared);
      this.textsTo.push(this.arena.serial);
    }
    if (row >= this.count) this.count = row + 1;
  }

  /**
   * One buffer for all columns, which leaves with its rows. The widest columns come first, so that each is aligned.
   */
  private addChunk(): void {
    if (this.chunks === 0) this.columns.sort((a, b) => b.bytesPerRow - a.bytesPerRow);
    const bytesPerRow = this.columns.reduce((sum, column) => sum + column.bytesPerRow, 0);
    const buffer = new ArrayBuffer(bytesPerRow * chunkRows);
    let offset = 0;
    for (const column of this.columns) {
      column.grow(buffer, offset);
      offset += column.bytesPerRow * chunkRows;
    }
    this.chunks++;
  }

  /** The row has taken texts. */
  protected tookTexts(row: number): void {
    this.textsTo[chunkOf(row)] = this.arena.serial;
  }

  /** Lets the oldest rows that are over go, a chunk's at a time, as long as `most` are left; of none, all that are over. */
  trim(most: number, isOver: (row: number) => boolean): void {
    this.lingering = this.lingering.filter((chunk) => !this.sweep(chunk, isOver));
    // The last chunk is still being filled.
    while ((most === 0 || this.kept - chunkRows >= most) && this.oldest < this.chunks - 1) {
      if (!this.sweep(this.oldest, isOver)) this.lingering.push(this.oldest);
      this.oldest++;
    }
    while (this.lingering.length > mostLingering) this.sweep(this.lingering.shift()!, () => true);
    if (most === 0 && this.chunks > 0) this.sweep(this.chunks - 1, isOver);
  }

  /** Calls for each run of the arena that rows still have texts in. */
  eachTexts(call: (from: number, to: number) => void): void {
    for (const chunk of this.lingering) call(this.textsFrom[chunk]!, this.textsTo[chunk]!);
    for (let chunk = this.oldest; chunk < this.chunks; chunk++) call(this.textsFrom[chunk]!, this.textsTo[chunk]!);
  }

  /** Lets the rows of a chunk go; true where none is left and none will come. */
  private sweep(chunk: number, isOver: (row: number) => boolean): boolean {
    const start = chunk * chunkRows;
    const end = Math.min(start + chunkRows, this.count);
    let left = 0;
    for (let row = start; row < end; row++) {
      if (!this.holds(row)) continue;
      if (!isOver(row)) {
        left++;
        continue;
      }
      this.leaving(row);
      for (const column of this.columns) column.clear(row);
      this.gone++;
    }
    if (left > 0 || end < start + chunkRows) return false;
    for (const column of this.columns) column.drop(chunk);
    return true;
  }
}
