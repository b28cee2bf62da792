/** Words and texts of an expression read as values of what they are compared with; what does not fit is a `FilterError`. */
import type { Interval, Operand, Text, Word } from './ast.ts';
import { Constant } from './constant.ts';
import type { AddressType } from './field.ts';
import { FilterError } from './filter-error.ts';
import { address, decimal, duration, hexBytes, integer, moment, size, truth, type AddressLiteral } from './literals.ts';
import { nearest } from './nearest.ts';
import { PatternError } from './pattern-syntax.ts';
import { Pattern } from './pattern.ts';
import type { AddressSource, BytesSource, NumberSource } from './source.ts';

export type Literal = Word | Text;

export function isLiteral(node: Operand): node is Literal {
  return node.kind === 'word' || node.kind === 'text';
}

/** `found` the literal, where something else was expected. */
export function misfit(expression: string, node: { start: number; end: number }, expected: string): FilterError {
  const text = expression.slice(node.start, node.end);
  const shown = JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
  return new FilterError(expression, node.start, node.end, shown, expected);
}

export function numberValue(expression: string, node: Literal, source: NumberSource): Constant {
  const { type, field, label } = source;
  const text = node.kind === 'text' ? node.value : node.text;
  const wrong = (what: string): FilterError => misfit(expression, node, `${what} to compare ${label} with`);
  if (node.kind === 'text' && type !== 'time' && type !== 'choice') throw wrong(`${expectations[type]} without quotes`);
  if (type === 'time') {
    const instant = moment(text);
    if (instant === undefined) throw wrong(expectations.time);
    return new Constant(Number(instant), instant);
  }
  const value = type === 'choice' ? chosen(text, field?.choices ?? {}) : parsers[type](text);
  if (value === undefined)
    throw wrong(type === 'choice' ? oneOf(Object.keys(field?.choices ?? {})) : expectations[type]);
  if (value > (field?.most ?? Infinity)) throw wrong(`at most ${field?.most}`);
  return new Constant(value);
}

const parsers: Readonly<
  Record<Exclude<NumberSource['type'], 'time' | 'choice'>, (text: string) => number | undefined>
> = {
  integer,
  size,
  duration,
  number: (text) => integer(text) ?? decimal(text),
  boolean: yesOrNo,
  flag: yesOrNo,
};

const expectations: Readonly<Record<NumberSource['type'], string>> = {
  integer: 'a whole number',
  size: 'a number of bytes such as 1500 or 10k',
  duration: 'seconds, or a span such as 200ms',
  time: 'seconds since 1970, or a date such as "2026-11-22 15:33:03"',
  boolean: 'true or false',
  flag: 'true or false',
  choice: 'a number',
  number: 'a number',
};

function yesOrNo(text: string): number | undefined {
  const value = truth(text);
  return value === undefined ? undefined : Number(value);
}

function chosen(text: string, choices: Readonly<Record<string, number>>): number | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(choices, name) ? choices[name] : integer(text);
}

/** The bytes a literal stands for; of sources that are bytes, words are hex. `exact`: it is compared as a whole. */
export function bytesValue(expression: string, node: Literal, source: BytesSource, exact: boolean): Uint8Array {
  if (node.kind === 'text') {
    if (node.badEscape >= 0) throw badEscape(expression, node);
    if (exact) checkClosed(expression, node, node.value, source);
    return node.bytes;
  }
  if (source.type !== 'text') {
    const bytes = hexBytes(node.text);
    if (bytes !== undefined) return bytes;
    if (source.type === 'bytes') throw misfit(expression, node, 'bytes such as 6c:69, or text in double quotes');
  }
  if (exact) checkClosed(expression, node, node.text, source);
  return Buffer.from(node.text);
}

function badEscape(expression: string, node: Text): FilterError {
  const found = `the escape ${expression.slice(node.badEscape, node.badEscape + 2)}`;
  return new FilterError(expression, node.badEscape, node.badEscape + 2, found, 'a known escape, or raw text: r"..."');
}

function checkClosed(expression: string, node: Literal, value: string, { field, label }: BytesSource): void {
  if (field === undefined || !field.closed || field.values === undefined || field.values.includes(value)) return;
  const close = nearest(value, field.values);
  const hint = close === undefined ? oneOf(field.values) : `"${close}"`;
  throw misfit(expression, node, `${hint} to compare ${label} with`);
}

function oneOf(values: readonly string[]): string {
  return values.length > 12 ? 'one of its known values' : `one of ${values.join(', ')}`;
}

export function addressValue(expression: string, node: Literal, source: AddressSource): AddressLiteral {
  const value = address(node.kind === 'text' ? node.value : node.text);
  const version = versions[source.type];
  if (value === undefined || (version !== 0 && value.version !== version)) {
    throw misfit(expression, node, `${examples[source.type]} to compare ${source.label} with`);
  }
  return value;
}

const versions: Readonly<Record<AddressType, 0 | 4 | 6>> = { address: 0, ipv4: 4, ipv6: 6 };
const examples: Readonly<Record<AddressType, string>> = {
  address: 'an address such as 10.0.0.1, 10.0.0.1:80 or fe80::/10',
  ipv4: 'an IPv4 address such as 10.0.0.1 or 10.0.0.0/8',
  ipv6: 'an IPv6 address such as ::1 or fe80::/10',
};

export function patternValue(expression: string, node: Operand): Pattern {
  if (node.kind !== 'text') throw misfit(expression, node, 'a pattern in double quotes');
  try {
    return new Pattern(node.bytes);
  } catch (error) {
    if (error instanceof PatternError) throw misplaced(expression, node, error);
    throw error;
  }
}

/** A mistake inside a pattern: shown at its own place where no escape has moved it. */
function misplaced(expression: string, node: Text, { position, expected }: PatternError): FilterError {
  const open = expression.indexOf(expression[node.end - 1]!, node.start) + 1;
  const plain = Buffer.from(expression.slice(open, node.end - 1)).equals(node.bytes);
  const start = plain ? Math.min(open + position, node.end - 1) : node.start;
  const found = plain && start < node.end - 1 ? JSON.stringify(expression[start]!) : 'a mistake';
  return new FilterError(expression, start, plain ? start + 1 : node.end, `${found} in the pattern`, expected);
}

/** Both ends of an interval; a single value is its own end. */
export function ends<T>({ low, high }: Interval, value: (node: Literal) => T): readonly [T, T | undefined] {
  return [value(low as Literal), high === undefined ? undefined : value(high as Literal)];
}
