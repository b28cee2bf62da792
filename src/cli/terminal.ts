/** Where the command writes, and what it may use there. Only a terminal is opened as one: a pipe keeps its blocking writes. */
import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { standardOutput } from './destination.ts';
import { colours, plain, wantsColour, type Paint } from './paint.ts';

export interface Terminal {
  readonly isTerminal: boolean;
  readonly paint: Paint;
  /** Cells in a line. */
  readonly width: number;
}

const stdoutNumber = 1;
const stderrNumber = 2;

/** @param colour `--color` or `--no-color`, where one was given */
export function stdoutTerminal(colour: boolean | undefined): Terminal {
  const isTerminal = isatty(stdoutNumber);
  const columns = (isTerminal ? process.stdout.columns : 0) || Number(process.env['COLUMNS']) || 80;
  const paint = wantsColour(colour, isTerminal, process.env) ? colours : plain;
  return { isTerminal, paint, width: columns };
}

export function stderrIsTerminal(): boolean {
  return isatty(stderrNumber);
}

/** Text on stdout. @throws OutputClosed where nobody reads it */
export function say(text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  standardOutput().write(bytes, 0, bytes.length);
}

/** One line on stderr. A stderr that is closed is nobody's loss. */
export function complain(line: string): void {
  try {
    writeSync(stderrNumber, line + '\n');
  } catch {
    // Nobody listens.
  }
}
