/**
 * Bytes from the outside world, pulled: regular files, files that grow, pipes and standard input. What the bytes mean is
 * not known here. Reads are asynchronous, so that the next block is read while the current one is decoded.
 */
import fs from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { CaptureError } from '../core/errors.ts';
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

/** A regular file, read from its beginning. */
export class FileInput implements ByteInput {
  bytesRead = 0;
  readonly fault = null;
  private readonly fd: number;
  private closed = false;
  private pending: Promise<number> = Promise.resolve(0);

  constructor(fd: number) {
    this.fd = fd;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    if (this.closed) return 0;
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
    this.file = new FileInput(fd);
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

export interface OpenedInput {
  readonly input: ByteInput;
  /** Bytes on disk; undefined for a pipe. */
  readonly size?: number;
}

/** Opens a file or a named pipe. Only a regular file can be followed: a pipe waits for its writer by itself. */
export async function openInput(path: string, follow: boolean, signal: AbortSignal): Promise<OpenedInput> {
  const fd = await open(path);
  const stat = fs.fstatSync(fd);
  if (stat.isFile()) {
    const input = follow ? new FollowedFileInput(path, fd, signal) : new FileInput(fd);
    return { input, size: stat.size };
  }
  if (stat.isFIFO()) return { input: new StreamInput(new Socket({ fd, readable: true, writable: false }), signal) };
  if (!stat.isDirectory()) return { input: new FileInput(fd) };
  fs.closeSync(fd);
  throw new CaptureError(`${path}: is a directory; expected a capture file`);
}

/** Standard input: a pipe, or a file where the shell redirected one (`< file`). */
export function standardInput(follow: boolean, signal: AbortSignal): OpenedInput {
  const stat = fs.fstatSync(0);
  if (!stat.isFile()) return { input: new StreamInput(process.stdin, signal) };
  const input = follow ? new FollowedFileInput('/dev/stdin', 0, signal) : new FileInput(0);
  return { input, size: stat.size };
}

function open(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, 'r', (error, fd) => (error ? reject(openingError(path, error)) : resolve(fd)));
  });
}

const openingProblems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory; expected a capture file',
  EMFILE: 'too many files are open',
};

export function openingError(path: string, error: NodeJS.ErrnoException): CaptureError {
  return new CaptureError(
    `${path}: ${openingProblems[error.code ?? ''] ?? `cannot be read (${error.code ?? error.message})`}`,
  );
}
