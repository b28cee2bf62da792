/** What is wrong with an expression, and where: thrown to a caller, or handed to a filter line that is being typed. */
import { UsageError } from '../core/errors.ts';

export class FilterError extends UsageError {
  /** The whole expression. */
  readonly expression: string;
  /** The range in `expression` that is wrong, as UTF-16 positions; empty at the end of the text. */
  readonly start: number;
  readonly end: number;
  /** What stands there, in words: `")"`, `the end`. */
  readonly found: string;
  /** What could stand there instead, in words. */
  readonly expected: string;

  constructor(expression: string, start: number, end: number, found: string, expected: string) {
    super(`filter, column ${start + 1}: found ${found}; expected ${expected}`);
    this.name = 'FilterError';
    this.expression = expression;
    this.start = start;
    this.end = end;
    this.found = found;
    this.expected = expected;
  }

  /** Column of the mistake, from 0. */
  get position(): number {
    return this.start;
  }
}
