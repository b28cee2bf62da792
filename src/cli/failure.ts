/** What a command that failed says, in one line, and the status it exits with. */
import { CommanderError } from 'commander';
import { printable } from '../core/printable.ts';
import { CaptureError, UsageError } from '../core/errors.ts';
import { OutputClosed } from '../export/output.ts';
import { OutputError } from './destination.ts';
import { isSystemError, systemProblem } from './system-problem.ts';

export const ExitStatus = { done: 0, failed: 1, usage: 2 } as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

export interface Failure {
  readonly status: ExitStatus;
  /** For stderr; undefined where there is nothing to say. */
  readonly line: string | undefined;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof OutputClosed) return { status: ExitStatus.done, line: undefined };
  if (error instanceof CommanderError) return commanderFailure(error);
  if (error instanceof UsageError) return { status: ExitStatus.usage, line: oneLine(error.message) };
  if (error instanceof CaptureError || error instanceof OutputError)
    return { status: ExitStatus.failed, line: oneLine(error.message) };
  if (isSystemError(error)) return { status: ExitStatus.failed, line: oneLine(namedProblem(error)) };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // A defect of the program: where it is helps whoever mends it.
  return { status: ExitStatus.failed, line: `internal error: ${message}` };
}

/** Help and version end in an "error" too, with status 0. */
function commanderFailure(error: CommanderError): Failure {
  if (error.exitCode === 0) return { status: ExitStatus.done, line: undefined };
  return { status: ExitStatus.usage, line: oneLine(error.message.replace(/^error: /, '').replace('(Did', '(did')) };
}

function oneLine(message: string): string {
  return printable(message.trim().replace(/\s*\n\s*/g, ' '));
}

function namedProblem(error: NodeJS.ErrnoException): string {
  const problem = systemProblem(error);
  return error.path === undefined ? problem : `${error.path}: ${problem}`;
}
