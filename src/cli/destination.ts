/** An output that says of itself what went wrong with it: a full disk is not the fault of the capture being read. */
import { OutputClosed, fdOutput, type Output } from '../export/output.ts';
import { systemProblem } from './system-problem.ts';

/** What is written cannot be written. */
export class OutputError extends Error {
  /** @param name the file as it was asked for, or `standard output` */
  constructor(name: string, cause: unknown) {
    super(`${name}: ${systemProblem(cause)}`, { cause });
    this.name = 'OutputError';
  }
}

const stdoutNumber = 1;

/** @throws OutputClosed where nobody reads it any more, OutputError where it cannot be written */
export function standardOutput(): Output {
  return namedOutput(stdoutNumber, 'standard output');
}

export function namedOutput(fd: number, name: string): Output {
  const output = fdOutput(fd);
  return {
    write(data, start, end) {
      try {
        output.write(data, start, end);
      } catch (error) {
        throw error instanceof OutputClosed ? error : new OutputError(name, error);
      }
    },
    end: () => output.end(),
  };
}
