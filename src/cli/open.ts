/** `wirescope FILE`: what a capture deserves where it is shown. */
import { existsSync } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import { nearestWord } from './nearest.ts';
import type { ReadingOptions } from './reading.ts';
import { summary } from './summary.ts';

/** @param commands names of all commands: a word that is no file may be one of them misspelt */
export async function open(
  paths: readonly string[],
  options: ReadingOptions,
  commands: readonly string[],
): Promise<void> {
  const [path, ...more] = paths;
  if (path === undefined) {
    throw new UsageError(
      'no capture was named; expected a file, - for standard input, or a command (wirescope --help)',
    );
  }
  if (path !== '-' && !existsSync(path)) {
    const meant = nearestWord(path, commands);
    if (meant !== undefined) throw new UsageError(`${path}: no such file and no such command (did you mean ${meant}?)`);
    if (more.length > 0) throw new UsageError(`${path}: no such command; expected ${commands.join(', ')}`);
  }
  if (more.length > 0) throw new UsageError(`one capture at a time: ${path} and ${more.join(', ')} were named`);
  await summary(path, options);
}
