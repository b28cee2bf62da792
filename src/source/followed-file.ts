/** A capture that is still being written, read as it grows (`--follow`). */
import fs from 'node:fs';
import { FileInput, type ByteInput, type InputFault } from './byte-input.ts';

/** How often a followed file is asked whether it has grown. */
const followIntervalMs = 100;

/** A regular file that is still being written: at its end it waits for more, until the signal aborts. */
export class FollowedFileInput implements ByteInput {
  fault: InputFault | null = null;
  private readonly path: string;
  private readonly fd: number;
  private readonly file: FileInput;
  private readonly waiting = new AbortController();
  private closed = false;

  constructor(path: string, fd: number, signal: AbortSignal) {
    this.path = path;
    this.fd = fd;
    // What has been written is read to its end.
    this.file = new FileInput(fd, new AbortController().signal);
    signal.addEventListener('abort', () => this.waiting.abort(), { once: true });
    if (signal.aborted) this.waiting.abort();
  }

  get bytesRead(): number {
    return this.file.bytesRead;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    for (;;) {
      const lastTime = this.waiting.signal.aborted;
      const count = await this.file.read(target, at, length);
      if (count > 0 || lastTime || this.closed) return count;
      this.fault = this.replaced();
      if (this.fault !== null) return 0;
      await delay(followIntervalMs, this.waiting.signal);
    }
  }

  /** Asked only when every byte of the open file has been read, so that a rotated file loses nothing. */
  private replaced(): InputFault | null {
    const open = fs.fstatSync(this.fd);
    if (open.size < this.file.bytesRead) {
      const detail = `the file shrank from ${this.file.bytesRead} to ${open.size} bytes`;
      return { code: 'capture.replaced', detail };
    }
    const named = fs.statSync(this.path, { throwIfNoEntry: false });
    if (named === undefined || (named.ino === open.ino && named.dev === open.dev)) return null;
    return { code: 'capture.replaced', detail: 'another file has taken its name' };
  }

  close(): Promise<void> {
    this.closed = true;
    this.waiting.abort();
    return this.file.close();
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
