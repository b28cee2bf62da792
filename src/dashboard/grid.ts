/**
 * The screen as cells: one grapheme cluster each, a wide one followed by an empty cell. What goes in has been made
 * printable; whatever slips through is replaced here, so that no captured byte ever acts on the terminal.
 */
import stringWidth from 'string-width';
import type { Back, Line } from './styled.ts';
import { inkOf } from './theme.ts';

/** Characters that take one cell and combine with nothing: Latin, dashes, arrows, boxes, blocks, Braille patterns. */
const narrow =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u25fc\u2713\u2717\u2800-\u28ff]*$/;
// oxlint-disable-next-line no-control-regex
const control = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;
const graphemes = new Intl.Segmenter();

export class Grid {
  readonly width: number;
  readonly height: number;
  readonly texts: string[];
  readonly inks: Uint16Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.texts = Array.from({ length: width * height }, () => ' ');
    this.inks = new Uint16Array(width * height);
  }

  clear(): void {
    this.texts.fill(' ');
    this.inks.fill(0);
  }

  /** Draws a line at `x`, `y` over exactly `width` cells. */
  put(x: number, y: number, width: number, { spans, back = 'none' }: Line): void {
    if (y < 0 || y >= this.height) return;
    const end = y * this.width + Math.min(x + width, this.width);
    let at = y * this.width + x;
    for (const each of spans) {
      if (at >= end) break;
      const ink = inkOf(each.style, each.back ?? back);
      at = narrow.test(each.text) ? this.plain(at, end, each.text, ink) : this.clusters(at, end, each.text, ink);
    }
    this.fill(at, end, inkOf('text', back));
  }

  /** A row as text, for tests. */
  row(y: number): string {
    return this.texts.slice(y * this.width, (y + 1) * this.width).join('');
  }

  private plain(at: number, end: number, text: string, ink: number): number {
    const stop = Math.min(end, at + text.length);
    for (let i = 0; at < stop; i++, at++) {
      this.texts[at] = text[i]!;
      this.inks[at] = ink;
    }
    return at;
  }

  private clusters(at: number, end: number, text: string, ink: number): number {
    for (const { segment } of graphemes.segment(text)) {
      const safe = control.test(segment) ? '\ufffd' : segment;
      const cells = stringWidth(safe);
      if (cells === 0) continue;
      if (at + cells > end) break;
      this.texts[at] = safe;
      this.inks[at] = ink;
      for (let i = 1; i < cells; i++) {
        this.texts[at + i] = '';
        this.inks[at + i] = ink;
      }
      at += cells;
    }
    return at;
  }

  private fill(at: number, end: number, ink: number): void {
    for (; at < end; at++) {
      this.texts[at] = ' ';
      this.inks[at] = ink;
    }
  }
}

export function isNarrow(text: string): boolean {
  return narrow.test(text);
}

export type { Back };
