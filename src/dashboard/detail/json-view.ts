/** JSON as a tree that folds, coloured. Numbers and strings stand as they were sent; nothing is rounded or reordered. */
import { captured, span, spaces, type Span } from '../styled.ts';
import type { TextLine } from '../text-view.ts';

/** Deeper than this, and it is shown as text. */
const mostDeep = 100;
const mostLines = 20_000;
/** Arrays and objects with more entries are folded at first. */
const foldFrom = 200;

/** Undefined where the text is no JSON. `folds` are the parts that are not as they were at first. */
export function jsonLines(text: string, name: string, folds: ReadonlySet<string>): TextLine[] | undefined {
  const trimmed = text.trim();
  if (!/^[[{"\-\dtfn]/.test(trimmed)) return undefined;
  try {
    JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  const printer = new Printer(trimmed, name, folds);
  return printer.print() ? printer.lines : undefined;
}

class Printer {
  readonly lines: TextLine[] = [];
  private readonly text: string;
  private readonly name: string;
  private readonly folds: ReadonlySet<string>;
  private at = 0;
  /** Folded around what is being read: it is read, not shown. */
  private hidden = 0;

  constructor(text: string, name: string, folds: ReadonlySet<string>) {
    this.text = text;
    this.name = name;
    this.folds = folds;
  }

  print(): boolean {
    return this.value([], 0);
  }

  /** Reads the value here; `before` is what stands on its first line. */
  private value(before: readonly Span[], depth: number): boolean {
    if (depth > mostDeep || this.lines.length > mostLines) return false;
    this.space();
    const first = this.text[this.at]!;
    if (first === '{' || first === '[') return this.container(before, depth, first);
    this.add([...before, ...this.scalar(), ...this.comma()], depth);
    return true;
  }

  private container(before: readonly Span[], depth: number, open: '{' | '['): boolean {
    const close = open === '{' ? '}' : ']';
    const fold = `${this.name}@${this.at}`;
    const entries = countEntries(this.text, this.at);
    this.at++;
    this.space();
    if (this.text[this.at] === close) {
      this.at++;
      this.add([...before, span(open + close, 'dim'), ...this.comma()], depth);
      return true;
    }
    const folded = this.folds.has(fold) !== entries > foldFrom;
    const head = this.lines.length;
    this.add([...before, span(open, 'dim')], depth, fold);
    if (folded) this.hidden++;
    for (;;) {
      this.space();
      const key = open === '{' ? this.key() : [];
      if (!this.value(key, depth + 1)) return false;
      this.space();
      if (this.text[this.at] === close) break;
    }
    this.at++;
    if (folded) this.hidden--;
    const comma = this.comma();
    if (!folded) this.add([span(close, 'dim'), ...comma], depth);
    else if (this.hidden === 0) {
      const what = open === '{' ? 'field' : 'item';
      const count = span(` ${entries} ${what}${entries === 1 ? '' : 's'} `, 'faint');
      this.lines[head] = { spans: [...this.lines[head]!.spans, count, span(close, 'dim'), ...comma], fold };
    }
    return true;
  }

  private key(): Span[] {
    const key = this.string();
    this.space();
    this.at++;
    return [captured(key, 'name'), span(': ', 'dim')];
  }

  private scalar(): Span[] {
    if (this.text[this.at] === '"') return [captured(this.string(), 'string')];
    const start = this.at;
    while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at]!)) this.at++;
    const word = this.text.slice(start, this.at);
    return [captured(word, /^[tfn]/.test(word) ? 'literal' : 'number')];
  }

  private string(): string {
    const start = this.at++;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    return this.text.slice(start, ++this.at);
  }

  private comma(): Span[] {
    this.space();
    if (this.text[this.at] !== ',') return [];
    this.at++;
    return [span(',', 'dim')];
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at++;
  }

  private add(spans: readonly Span[], depth: number, fold?: string): void {
    if (this.hidden > 0) return;
    const made = { spans: [span(spaces(depth * 2)), ...spans] };
    this.lines.push(fold === undefined ? made : { ...made, fold });
  }
}

/** Entries of the array or object that begins here; the text is known to be JSON. */
function countEntries(text: string, start: number): number {
  let depth = 0;
  let count = 0;
  let any = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      any = true;
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (character === '{' || character === '[') {
      if (depth++ === 1) any = true;
    } else if (character === '}' || character === ']') {
      if (--depth === 0) break;
    } else if (character === ',' && depth === 1) count++;
    else if (!/\s/.test(character)) any = true;
  }
  return any ? count + 1 : 0;
}
