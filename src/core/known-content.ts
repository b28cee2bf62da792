/**
 * The content of one direction of a TLS session, known to who holds the session's end: its records need not be opened
 * again. What is told here and what is read off the records keep in step by counting bytes.
 */

const nothing = new Uint8Array(0);
/** More that nobody asks for is forgotten, and all that follows. */
const limit = 4 * 1024 * 1024;

export class KnownContent {
  /** The next bytes that are known. */
  data: Uint8Array = nothing;
  start = 0;
  end = 0;
  /** Each piece is the content of one record. */
  private readonly byRecord: boolean;
  private readonly later: Uint8Array[] = [];
  /** Known bytes that were not read yet; negative where more was read than was known. */
  private ahead = 0;
  private forgotten = false;

  constructor(byRecord: boolean) {
    this.byRecord = byRecord;
  }

  /** @param data kept, and not to be changed */
  push(data: Uint8Array): void {
    if (this.forgotten) return;
    const late = Math.min(Math.max(0, -this.ahead), data.length);
    this.ahead += data.length;
    if (late === data.length) return;
    const piece = late === 0 ? data : data.subarray(late);
    if (this.start === this.end) this.take(piece);
    else this.later.push(piece);
    if (this.ahead > limit) this.forget();
  }

  /** Whether the content of the next record is known, if it has this length. */
  has(length: number): boolean {
    return this.byRecord ? this.end - this.start === length : this.ahead >= length;
  }

  /** So much was read. */
  skip(length: number): void {
    this.ahead -= length;
    let left = length;
    while (left > 0 && this.start < this.end) {
      const step = Math.min(left, this.end - this.start);
      this.start += step;
      left -= step;
      if (this.start === this.end) this.take(this.later.shift() ?? nothing);
    }
  }

  forget(): void {
    this.forgotten = true;
    this.ahead = 0;
    this.later.length = 0;
    this.take(nothing);
  }

  private take(piece: Uint8Array): void {
    this.data = piece;
    this.start = 0;
    this.end = piece.length;
  }
}
