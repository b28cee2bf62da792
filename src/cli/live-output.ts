/**
 * An output that never makes the writer wait: what its reader has not taken waits in memory up to a bound, and beyond it
 * is dropped, whole pieces at a time, and said once.
 */
import { write } from 'node:fs';
import type { Output } from '../export/output.ts';

const defaultBound = 64 * 1024 * 1024;
const retryMs = 5;

export class LiveOutput implements Output {
  /** Bytes dropped because nobody took what came before. */
  dropped = 0;
  private readonly fd: number;
  private readonly say: (line: string) => void;
  private readonly bound: number;
  private readonly waiting: Buffer[] = [];
  private held = 0;
  private writing = false;
  private closed = false;
  private idle: (() => void) | undefined;

  constructor(fd: number, say: (line: string) => void, bound = defaultBound) {
    this.fd = fd;
    this.say = say;
    this.bound = bound;
  }

  write(data: Uint8Array, start: number, end: number): void {
    if (this.closed) return;
    if (this.held > this.bound) {
      if (this.dropped === 0) this.say('records are not read as fast as they come: some are left out');
      this.dropped += end - start;
      return;
    }
    this.waiting.push(Buffer.from(data.subarray(start, end)));
    this.held += end - start;
    if (!this.writing) this.next();
  }

  end(): void {}

  /** Resolves when all is written, or nobody reads any more. */
  async drained(): Promise<void> {
    if (!this.writing) return;
    await new Promise<void>((resolve) => {
      this.idle = resolve;
    });
  }

  private next(): void {
    const piece = this.waiting.shift();
    this.writing = piece !== undefined;
    if (piece !== undefined) this.put(piece, 0);
    else this.idle?.();
  }

  private put(piece: Buffer, from: number): void {
    write(this.fd, piece, from, piece.length - from, null, (error, count) => {
      if (error === null) {
        this.held -= count;
        if (from + count < piece.length) this.put(piece, from + count);
        else this.next();
      } else if (error.code === 'EAGAIN') setTimeout(() => this.put(piece, from), retryMs);
      else this.abandon(error);
    });
  }

  private abandon(error: NodeJS.ErrnoException): void {
    this.closed = true;
    this.waiting.length = 0;
    if (error.code !== 'EPIPE') this.say(`records cannot be written: ${error.message}`);
    this.next();
  }
}
