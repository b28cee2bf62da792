/** Where exported bytes go: a file descriptor, written synchronously in large pieces. */
import { closeSync, writeSync } from 'node:fs';

export interface Output {
  /** The bytes are borrowed: written, or copied, before the call returns. */
  write(data: Uint8Array, start: number, end: number): void;
  /** Everything was written. */
  end(): void;
}

/** The reader of our output has gone (`| head`): not an error, but nothing more needs to be done. */
export class OutputClosed extends Error {
  constructor() {
    super('output closed');
    this.name = 'OutputClosed';
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** @param close whether `end` closes the descriptor */
export function fdOutput(fd: number, close = false): Output {
  return {
    write(data, start, end) {
      while (start < end) {
        try {
          start += writeSync(fd, data, start, end - start);
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException;
          if (code === 'EPIPE') throw new OutputClosed();
          // A pipe that another program made non-blocking: wait for its reader.
          if (code !== 'EAGAIN') throw error;
          Atomics.wait(pause, 0, 0, 1);
        }
      }
    },
    end() {
      if (close) closeSync(fd);
    },
  };
}
