/**
 * Bytes from the outside world, pulled: regular files, pipes and standard input. What the bytes mean is not known here.
 * Reads are asynchronous, so that the next block is read while the current one is decoded.
 */
import fs from 'node:fs';
import type { Readable } from 'node:stream';
import type { DiagnosticCode } from '../core/diagnostics.ts';

export interface ByteInput {
  /** Fills `target` from `at` on with up to `length` bytes and gives their number; 0 at the end. One call at a time. */
  read(target: Uint8Array, at: number, length: number): Promise<number>;
  /** Bytes taken from the disk or the pipe so far (compressed ones where the input is compressed). */
  readonly bytesRead: number;
  /** Why the bytes ended before their time; null where they did not. Settled once `read` has given 0. */
  readonly fault: InputFault | null;
  close(): Promise<void>;
}

export interface InputFault {
  readonly code: DiagnosticCode;
  readonly detail: string;
}

/** A regular file, read from its beginning; where the signal aborts, no further than what has been read. */
export class FileInput implements ByteInput {
  bytesRead = 0;
  readonly fault = null;
  private readonly fd: number;
  private readonly signal: AbortSignal;
  private closed = false;
  private pending: Promise<number> = Promise.resolve(0);

  constructor(fd: number, signal: AbortSignal) {
    this.fd = fd;
    this.signal = signal;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    // What the capture is, is told in any case.
    if (this.closed || (this.signal.aborted && this.bytesRead > 0)) return 0;
    this.pending = new Promise((resolve, reject) => {
      fs.read(this.fd, target, at, length, this.bytesRead, (error, count) => (error ? reject(error) : resolve(count)));
    });
    const count = await this.pending;
    this.bytesRead += count;
    return count;
  }

  /** Waits for a read under way: closing beneath it would hand its descriptor to someone else's file. */
  async close(): Promise<void> {
    this.closed = true;
    await this.pending.catch(() => 0);
    // Standard input is the process's own.
    if (this.fd === 0) return;
    await new Promise<void>((resolve) => fs.close(this.fd, () => resolve()));
  }
}

/** A pipe, a socket or a terminal. Gives what has arrived, without waiting for a whole block. */
export class StreamInput implements ByteInput {
  bytesRead = 0;
  readonly fault = null;
  private readonly stream: Readable;
  private chunk: Uint8Array = new Uint8Array(0);
  private ended = false;
  private error: Error | null = null;
  private wake: () => void = () => {};

  constructor(stream: Readable, signal: AbortSignal) {
    this.stream = stream;
    stream.on('readable', () => this.wake());
    stream.on('end', () => this.finish(null));
    stream.on('close', () => this.finish(null));
    stream.on('error', (error) => this.finish(error));
    signal.addEventListener('abort', () => this.finish(null), { once: true });
    this.ended = signal.aborted;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    while (this.chunk.length === 0) {
      const chunk = this.stream.read() as Uint8Array | null;
      if (chunk !== null) this.chunk = chunk;
      else if (this.error !== null) throw this.error;
      else if (this.ended) return 0;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const count = Math.min(length, this.chunk.length);
    target.set(this.chunk.subarray(0, count), at);
    this.chunk = this.chunk.subarray(count);
    this.bytesRead += count;
    return count;
  }

  private finish(error: Error | null): void {
    this.error ??= error;
    this.ended = true;
    this.wake();
  }

  close(): Promise<void> {
    this.finish(null);
    this.stream.destroy();
    return Promise.resolve();
  }
}

/** An input whose first bytes have been looked at already. */
export class PrefixedInput implements ByteInput {
  private prefix: Uint8Array;
  private readonly input: ByteInput;

  constructor(prefix: Uint8Array, input: ByteInput) {
    this.prefix = prefix;
    this.input = input;
  }

  get bytesRead(): number {
    return this.input.bytesRead;
  }

  get fault(): InputFault | null {
    return this.input.fault;
  }

  read(target: Uint8Array, at: number, length: number): Promise<number> {
    const count = Math.min(length, this.prefix.length);
    if (count === 0) return this.input.read(target, at, length);
    target.set(this.prefix.subarray(0, count), at);
    this.prefix = this.prefix.subarray(count);
    return Promise.resolve(count);
  }

  close(): Promise<void> {
    return this.input.close();
  }
}
