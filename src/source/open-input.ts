/** Opens what a path names as a byte input: a file, a named pipe, standard input. */
import fs from 'node:fs';
import { CaptureError } from '../core/errors.ts';
import { FileInput, StreamInput, type ByteInput } from './byte-input.ts';
import { FollowedFileInput } from './followed-file.ts';

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
    const input = follow ? new FollowedFileInput(path, fd, signal) : new FileInput(fd, signal);
    return { input, size: stat.size };
  }
  if (stat.isFIFO()) {
    const { Socket } = await import('node:net');
    return { input: new StreamInput(new Socket({ fd, readable: true, writable: false }), signal) };
  }
  if (!stat.isDirectory()) return { input: new FileInput(fd, signal) };
  fs.closeSync(fd);
  throw new CaptureError(`${path}: is a directory; expected a capture file`);
}

/** Standard input: a pipe, or a file where the shell redirected one (`< file`). */
export function standardInput(follow: boolean, signal: AbortSignal): OpenedInput {
  const stat = fs.fstatSync(0);
  if (stat.isDirectory()) throw openingError('-', Object.assign(new Error(), { code: 'EISDIR' }));
  if (!stat.isFile()) return { input: new StreamInput(process.stdin, signal) };
  const input = follow ? new FollowedFileInput('/dev/stdin', 0, signal) : new FileInput(0, signal);
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
