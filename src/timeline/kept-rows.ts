/** Rows that are objects: few, and the oldest may leave. Row numbers stay what they were. */
export class KeptRows<T> {
  /** Rows there ever were. */
  count = 0;
  private readonly rows = new Map<number, T>();
  private readonly blank: T;

  /** @param blank what a row that has left reads as */
  constructor(blank: T) {
    this.blank = blank;
  }

  get kept(): number {
    return this.rows.size;
  }

  get gone(): number {
    return this.count - this.rows.size;
  }

  push(value: T): number {
    this.rows.set(this.count, value);
    return this.count++;
  }

  holds(row: number): boolean {
    return this.rows.has(row);
  }

  get(row: number): T | undefined {
    return this.rows.get(row);
  }

  at(row: number): T {
    return this.rows.get(row) ?? this.blank;
  }

  values(): Iterable<T> {
    return this.rows.values();
  }

  /** Lets the oldest that are over go until `most` are left. */
  trim(most: number, isOver: (value: T, row: number) => boolean, left: (value: T) => void = () => {}): void {
    if (this.rows.size <= most) return;
    for (const [row, value] of this.rows) {
      if (!isOver(value, row)) continue;
      this.rows.delete(row);
      left(value);
      if (this.rows.size <= most) return;
    }
  }
}
