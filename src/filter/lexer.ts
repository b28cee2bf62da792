/**
 * An expression's text cut into tokens. Words are not divided further here: whether `10.0.0.0/8` is an address, `1.5` a
 * duration or `http.host` a field depends on what they are compared with, and is decided where that is known.
 */
import { FilterError } from './filter-error.ts';
import { readString } from './string-literal.ts';

export type TokenKind = 'word' | 'string' | 'symbol' | 'bracket' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Range in the expression, UTF-16 positions. */
  readonly start: number;
  readonly end: number;
  /** The token as written; of a bracket what stands between `[` and `]`. */
  readonly text: string;
  /** Of a string: its characters, escapes resolved. Those of `bytes` are what captured bytes are compared with. */
  readonly value: string;
  readonly bytes: Uint8Array;
  readonly badEscape: number;
}

/** Longer expressions are refused: nobody types them, and everything behind the lexer may then be recursive. */
export const maxLength = 16 * 1024;

/** Longest first. */
const symbols = [
  '===', '!==', '==', '!=', '<=', '>=', '&&', '||', '^^', '~=', '..',
  '<', '>', '!', '~', '&', '(', ')', '{', '}', ',', '+', '-', '*', '/', '%',
]; // prettier-ignore

const none = new Uint8Array(0);
const space = /\s/;
const wordStart = /[A-Za-z0-9_./:]/;
const wordRest = /[A-Za-z0-9_.:-]/;

/** All tokens, closed by one of kind `end`. */
export function tokenize(text: string): Token[] {
  if (text.length > maxLength) {
    throw new FilterError(text, maxLength, text.length, `${text.length} characters`, `at most ${maxLength}`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (space.test(text[at]!)) at++;
    else {
      const token = read(text, at, tokens.at(-1));
      tokens.push(token);
      at = token.end;
    }
  }
  tokens.push(plain('end', text, text.length, text.length));
  return tokens;
}

function read(text: string, at: number, previous: Token | undefined): Token {
  const character = text[at]!;
  if (character === '"' || character === "'") return stringToken(text, at, at);
  if ((character === 'r' || character === 'R') && text[at + 1] === '"') return stringToken(text, at, at + 1);
  if (character === '[') return bracket(text, at);
  if (startsWord(text, at, previous)) return plain('word', text, at, wordEnd(text, at));
  for (const symbol of symbols) if (text.startsWith(symbol, at)) return plain('symbol', text, at, at + symbol.length);
  const [found, expected] = mistaken(character);
  throw new FilterError(text, at, at + character.length, found, expected);
}

function startsWord(text: string, at: number, previous: Token | undefined): boolean {
  const character = text[at]!;
  const next = text[at + 1] ?? '';
  if (character === '-') return !endsOperand(previous) && /[0-9.]/.test(next);
  if (character === '.') return next !== '.' && wordRest.test(next);
  if (character === '/') return !endsOperand(previous);
  return wordStart.test(character);
}

/** After an operand, `-` and `/` are operators; elsewhere they begin a number or a path. */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'word') return !operatorWords.has(token.text);
  return token.kind === 'string' || token.kind === 'bracket' || token.text === ')' || token.text === '}';
}

export const operatorWords: ReadonlySet<string> = new Set([
  'and', 'or', 'xor', 'not', 'in', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'contains', 'matches', 'any', 'all',
  'any_eq', 'all_eq', 'any_ne', 'all_ne', 'bitwise_and',
]); // prettier-ignore

/** A word ends before `..`, and before a `/` that divides by a number: `tcp.port/2`, but not in `10.0.0.0/8`. */
function wordEnd(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const character = text[at]!;
    if (character === '/') {
      if (dividesNumber(text, start, at)) break;
    } else if (!wordRest.test(character)) break;
    if (character === '.' && text[at + 1] === '.') break;
  }
  return at;
}

function dividesNumber(text: string, start: number, slash: number): boolean {
  if (!/[0-9]/.test(text[slash + 1] ?? ''))
    return !wordRest.test(text[slash + 1] ?? '') && !text.startsWith('/', start);
  return /^[A-Za-z_][\w.]*$|^\d+$/.test(text.slice(start, slash));
}

function stringToken(text: string, start: number, quote: number): Token {
  const literal = readString(text, start, quote);
  return { kind: 'string', start, text: text.slice(start, literal.end), ...literal };
}

/** Everything up to the `]`, strings in it skipped. */
function bracket(text: string, start: number): Token {
  let at = start + 1;
  while (at < text.length && text[at] !== ']') at = text[at] === '"' ? readString(text, at, at).end : at + 1;
  if (at >= text.length) throw new FilterError(text, text.length, text.length, 'the end', '"]"');
  return { ...plain('bracket', text, start, at + 1), text: text.slice(start + 1, at) };
}

function plain(kind: TokenKind, text: string, start: number, end: number): Token {
  return { kind, start, end, text: text.slice(start, end), value: '', bytes: none, badEscape: -1 };
}

function mistaken(character: string): [found: string, expected: string] {
  const found = JSON.stringify(character);
  switch (character) {
    case '=':
      return [found, '"==" to compare'];
    case '|':
      return [found, '"||" or "or"'];
    case '^':
      return [found, '"^^" or "xor"'];
    case '#':
      return [found, 'no layer number: a record has one layer of each protocol'];
    case '@':
    case '$':
      return [found, 'a field name: raw fields and field references are not offered'];
    default:
      return [found, 'a field, an operator, or text in double quotes'];
  }
}
