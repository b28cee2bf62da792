/**
 * Bytes that wait for the rest of their unit: glue for a message head that straddles packets.
 *
 * The queue owns its storage. It remembers how far it searched for the empty line that ends a head, so that a head which
 * arrives one byte at a time costs as much as one that arrives whole. It sets no bound itself: its user does, by `length`.
 */
import { copyBytes } from './bytes.ts';

const nothing = new Uint8Array(0);
const smallest = 512;
/** Storage above this is given back when the queue is cleared. */
const kept = 4096;

export class ByteQueue {
  /** Storage; the waiting bytes are `[0, length)`. Borrowed: replaced when the queue grows. */
  data: Uint8Array = nothing;
  length = 0;
  /** Where the search stands: 0 inside a line, 1 after its LF, 2 after that and a CR. */
  private line = 0;

  append(data: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start;
    if (length > this.data.length) this.grow(length);
    copyBytes(data, start, end, this.data, this.length);
    this.length = length;
  }

  /**
   * Appends `[start, end)`, but nothing after the first empty line (LF LF or LF CR LF, across calls).
   *
   * @returns one past the empty line's LF, or -1 where all was taken and no empty line found
   */
  appendToEmptyLine(data: Uint8Array, start: number, end: number): number {
    let i = start;
    let line = this.line;
    while (i < end) {
      const c = data[i]!;
      if (line > 0 && c === 0x0a) {
        this.line = 0;
        this.append(data, start, i + 1);
        return i + 1;
      }
      if (line === 1 && c === 0x0d) line = 2;
      else {
        while (i < end && data[i] !== 0x0a) i++;
        line = i < end ? 1 : 0;
      }
      i++;
    }
    this.line = line;
    this.append(data, start, end);
    return -1;
  }

  clear(): void {
    this.length = 0;
    this.line = 0;
    if (this.data.length > kept) this.data = nothing;
  }

  private grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, this.data.length * 2, smallest));
    copyBytes(this.data, 0, this.length, larger, 0);
    this.data = larger;
  }
}
