/** Bytes put aside until they are wanted: in memory up to a bound, in a temporary file beyond it. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from './output.ts';

export class Spool {
  private readonly limit: number;
  /** Bytes not written to the file yet. */
  private held = new Uint8Array(4096);
  private heldLength = 0;
  private fileLength = 0;
  private folder = '';
  private file = -1;

  /** @param limit bytes kept in memory */
  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.fileLength + this.heldLength;
  }

  append(data: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.heldLength + length > this.limit) this.spill();
    if (length > this.limit) this.writeFile(data, start, end);
    else {
      this.reserve(this.heldLength + length);
      this.held.set(data.subarray(start, end), this.heldLength);
      this.heldLength += length;
    }
  }

  /** Everything, in the order it came. */
  copyTo(output: Output): void {
    const piece = new Uint8Array(this.fileLength === 0 ? 0 : 256 * 1024);
    for (let at = 0; at < this.fileLength;) {
      const count = readSync(this.file, piece, 0, piece.length, at);
      output.write(piece, 0, count);
      at += count;
    }
    output.write(this.held, 0, this.heldLength);
  }

  /** Lets go of memory and file. */
  close(): void {
    if (this.file >= 0) {
      closeSync(this.file);
      rmSync(this.folder, { recursive: true, force: true });
    }
    this.file = -1;
    this.fileLength = this.heldLength = 0;
  }

  private reserve(length: number): void {
    if (length <= this.held.length) return;
    const larger = new Uint8Array(Math.min(this.limit, Math.max(length, this.held.length * 2)));
    larger.set(this.held.subarray(0, this.heldLength));
    this.held = larger;
  }

  private spill(): void {
    if (this.heldLength === 0) return;
    this.writeFile(this.held, 0, this.heldLength);
    this.heldLength = 0;
  }

  private writeFile(data: Uint8Array, start: number, end: number): void {
    if (this.file < 0) {
      this.folder = mkdtempSync(join(tmpdir(), 'wirescope-'));
      this.file = openSync(join(this.folder, 'spool'), 'wx+', 0o600);
    }
    while (start < end) {
      const count = writeSync(this.file, data, start, end - start, this.fileLength);
      start += count;
      this.fileLength += count;
    }
  }
}
