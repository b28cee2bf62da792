/**
 * Quoted text in an expression: `"..."` with escapes, `'...'` the same, and r"..." where a backslash is only itself (and
 * keeps a quote from ending the text). Text becomes bytes as UTF-8; `\xhh` and `\ooo` are single bytes, whatever they spell.
 */
import { FilterError } from './filter-error.ts';

export interface StringLiteral {
  /** One past the closing quote. */
  readonly end: number;
  readonly value: string;
  readonly bytes: Uint8Array;
  /** Position of the first escape that is none, -1 where all are known. */
  readonly badEscape: number;
}

const simple: Readonly<Record<string, string>> = {
  '"': '"', "'": "'", '\\': '\\', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v',
}; // prettier-ignore

/** Reads the text whose opening quote stands at `quote`; `start` is before it where the text is raw. */
export function readString(text: string, start: number, quote: number): StringLiteral {
  const closing = text[quote]!;
  const raw = quote > start;
  const parts = new Parts();
  let at = quote + 1;
  while (text[at] !== closing) {
    if (at >= text.length) throw new FilterError(text, text.length, text.length, 'the end', `a closing ${closing}`);
    if (text[at] !== '\\' || at + 1 >= text.length) parts.character(text[at++]!);
    else if (raw) {
      parts.character(text.slice(at, at + 2));
      at += 2;
    } else at = escape(text, at, parts);
  }
  return { end: at + 1, value: parts.value, bytes: parts.bytes(), badEscape: parts.badEscape };
}

/** Reads the escape at `at`; the position behind it. One that is not known stays as it is: patterns have many of their own. */
function escape(text: string, at: number, parts: Parts): number {
  const character = text[at + 1]!;
  const single = simple[character];
  if (single !== undefined) {
    parts.character(single);
    return at + 2;
  }
  const number = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(text.slice(at + 1, at + 4));
  if (number !== null) {
    parts.byte(number[1] === undefined ? parseInt(number[2]!, 8) & 0xff : parseInt(number[1], 16));
    return at + 1 + number[0].length;
  }
  const name = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text.slice(at + 1, at + 10));
  const point = name === null ? -1 : parseInt(name[1] ?? name[2]!, 16);
  if (name !== null && point <= 0x10ffff) {
    parts.character(String.fromCodePoint(point));
    return at + 1 + name[0].length;
  }
  parts.character(text.slice(at, at + 2));
  if (parts.badEscape < 0) parts.badEscape = at;
  return at + 2;
}

class Parts {
  value = '';
  badEscape = -1;
  private readonly chunks: Uint8Array[] = [];
  private pending = '';

  character(text: string): void {
    this.value += text;
    this.pending += text;
  }

  byte(value: number): void {
    this.value += String.fromCharCode(value);
    this.flush();
    this.chunks.push(Uint8Array.of(value));
  }

  bytes(): Uint8Array {
    this.flush();
    return Uint8Array.from(Buffer.concat(this.chunks));
  }

  private flush(): void {
    if (this.pending !== '') this.chunks.push(Buffer.from(this.pending));
    this.pending = '';
  }
}
