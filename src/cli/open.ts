/** `wirescope FILE`: what a capture deserves where it is shown. */
import { existsSync } from 'node:fs';
import { isatty } from 'node:tty';
import { UsageError } from '../core/errors.ts';
import { ExitStatus } from './failure.ts';
import { nearestWord } from './nearest.ts';
import type { ReadingOptions } from './reading.ts';

/** @param commands names of all commands: a word that is no file may be one of them misspelt */
export async function open(
  paths: readonly string[],
  options: ReadingOptions,
  commands: readonly string[],
): Promise<ExitStatus> {
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
  if (isForPerson(path)) {
    const { runDashboard } = await import('./dashboard.ts');
    return runDashboard(path, options);
  }
  const { summary } = await import('./summary.ts');
  await summary(path, options);
  return ExitStatus.done;
}

/** The dashboard needs a terminal to draw on, and keys: from the terminal itself where standard input is the capture. */
function isForPerson(path: string): boolean {
  if (process.env['TERM'] === 'dumb' || !isatty(1)) return false;
  return path === '-' ? !isatty(0) : isatty(0);
}
