/**
 * Where a command writes its data. A file is written under another name, `OUT.part`, and gets its own when it is whole: what
 * bears the name asked for is always complete. Devices and pipes are written as they are.
 */
import { chmodSync, closeSync, openSync, realpathSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import type { Output } from '../export/output.ts';
import { OutputError, namedOutput, standardOutput } from './destination.ts';

export interface OutputFile {
  readonly output: Output;
  /** Everything was written: the file gets its name. */
  keep(): void;
  /** Something went wrong: the part that was written is removed. */
  discard(): void;
}

/**
 * @param path `-` or undefined for stdout
 * @param input the capture that is read meanwhile: it cannot be written over
 */
export function openOutput(path: string | undefined, input: string): OutputFile {
  if (path === undefined || path === '-') return { output: standardOutput(), keep() {}, discard() {} };
  const before = statSync(path, { throwIfNoEntry: false });
  if (before !== undefined && isSameFile(before, input))
    throw new UsageError(`-o ${path}: that is the capture being read`);
  return before === undefined || before.isFile() ? renamedWhenWhole(path, before) : asItIs(path);
}

function isSameFile(before: Stats, input: string): boolean {
  const read = input === '-' ? undefined : statSync(input, { throwIfNoEntry: false });
  return read !== undefined && read.ino === before.ino && read.dev === before.dev;
}

function renamedWhenWhole(path: string, before: Stats | undefined): OutputFile {
  // A link stays a link: what it points to is what gets written.
  const target = before === undefined ? path : realpathSync(path);
  const part = `${target}.part`;
  const fd = openForWriting(part, path);
  if (before !== undefined) chmodSync(part, before.mode & 0o777);
  return {
    output: namedOutput(fd, path),
    keep() {
      closeSync(fd);
      renameSync(part, target);
    },
    discard() {
      closeSync(fd);
      rmSync(part, { force: true });
    },
  };
}

function asItIs(path: string): OutputFile {
  const fd = openForWriting(path, path);
  const close = (): void => closeSync(fd);
  return { output: namedOutput(fd, path), keep: close, discard: close };
}

/** @param name what to call it where that fails */
function openForWriting(path: string, name: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new OutputError(name, error);
  }
}
