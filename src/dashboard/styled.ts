/**
 * Text with styles by name: what panels are made of. A panel knows no colours and no terminal; a test reads its lines as
 * text. Everything captured passes `printable` before it becomes a span.
 */
import { printable } from '../core/printable.ts';
import { cellWidth, cut } from '../insight/cells.ts';

export const styleNames = [
  'text', 'dim', 'faint', 'strong', 'title', 'accent', 'key', 'good', 'info', 'warn', 'bad', 'method', 'name', 'string',
  'number', 'literal', 'hit', 'client', 'server', 'border', 'active', 'error', 'spark',
] as const; // prettier-ignore
export type Style = (typeof styleNames)[number];

/** What lies behind the cells of a line. */
export const backNames = ['none', 'cursor', 'resting', 'head', 'bar', 'prompt', 'tab'] as const;
export type Back = (typeof backNames)[number];

export interface Span {
  readonly text: string;
  readonly style: Style;
  /** Over the line's own. */
  readonly back?: Back;
}

export interface Line {
  readonly spans: readonly Span[];
  readonly back?: Back;
}

export const blank: Line = { spans: [] };

export function span(text: string, style: Style = 'text'): Span {
  return { text, style };
}

/** Captured text, made safe to show. */
export function captured(text: string, style: Style = 'text'): Span {
  return { text: printable(text), style };
}

export function line(...spans: readonly (Span | string)[]): Line {
  return { spans: spans.map((each) => (typeof each === 'string' ? span(each) : each)) };
}

export function behind(of: Line, back: Back): Line {
  return { ...of, back };
}

export function lineText(of: Line): string {
  return of.spans.map(({ text }) => text).join('');
}

export function lineWidth(of: Line): number {
  return of.spans.reduce((sum, { text }) => sum + cellWidth(text), 0);
}

export const spaces = (count: number): string => ' '.repeat(Math.max(0, count));

/** Left text, right text, and space between to fill `width`; the left gives way. */
export function spread(left: readonly Span[], right: readonly Span[], width: number): Line {
  const rightWidth = lineWidth({ spans: right });
  const fitted = fit(left, Math.max(0, width - rightWidth - 1));
  const gap = width - lineWidth({ spans: fitted }) - rightWidth;
  return { spans: [...fitted, span(spaces(gap)), ...right] };
}

/** Spans cut to `width` cells. */
export function fit(spans: readonly Span[], width: number): Span[] {
  const fitted: Span[] = [];
  let left = width;
  for (const each of spans) {
    const cells = cellWidth(each.text);
    if (cells <= left) {
      fitted.push(each);
      left -= cells;
      continue;
    }
    if (left > 0) fitted.push({ ...each, text: cut(each.text, left) });
    break;
  }
  return fitted;
}

/** A line broken into lines of at most `width` cells; those after the first begin with `indent` spaces. */
export function wrap(of: Line, width: number, indent = 0): Line[] {
  if (width < 8 || lineWidth(of) <= width) return [of];
  const lines: Line[] = [];
  let spans: Span[] = [];
  let left = width;
  const next = (): void => {
    lines.push({ ...of, spans });
    spans = indent > 0 ? [span(spaces(indent))] : [];
    left = width - indent;
  };
  for (const each of of.spans) {
    let { text } = each;
    while (text !== '') {
      const part = prefixOf(text, left);
      if (part === '') {
        if (left === width - indent && spans.length <= 1) break;
        next();
        continue;
      }
      spans.push({ ...each, text: part });
      left -= cellWidth(part);
      text = text.slice(part.length);
    }
  }
  lines.push({ ...of, spans });
  return lines;
}

const ascii = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter();

/** The longest beginning of a text that fits. */
function prefixOf(text: string, width: number): string {
  const head = text.slice(0, width * 16);
  if (ascii.test(head)) return head.slice(0, width);
  let used = 0;
  let end = 0;
  for (const { segment, index } of graphemes.segment(head)) {
    used += cellWidth(segment);
    if (used > width) break;
    end = index + segment.length;
  }
  return head.slice(0, end);
}
