/** How a summary is laid out: headed sections of aligned lines, two cells in from the left. */
import { cellWidth, cut } from '../../insight/cells.ts';
import type { Paint } from '../paint.ts';

export interface Page {
  readonly paint: Paint;
  /** Cells in a line. */
  readonly width: number;
}

export const indent = '  ';

/** `Title ──────`, to the right edge. */
export function heading(page: Page, title: string): string {
  return `${page.paint('bold', title)} ${page.paint('dim', '─'.repeat(page.width - cellWidth(title) - 1))}`;
}

/**
 * Facts one after another with a dot between, broken into lines of at most `width` cells. Facts hold no styles; one that is
 * too long for a line is cut.
 */
export function flow(page: Page, facts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  const dot = page.paint('dim', ' · ');
  let used = Infinity;
  for (const fact of facts) {
    const shown = cut(fact, width);
    const needs = cellWidth(shown);
    if (used + 3 + needs > width) {
      lines.push(shown);
      used = needs;
    } else {
      lines[lines.length - 1] += dot + shown;
      used += 3 + needs;
    }
  }
  return lines;
}

/** A space where a line may break: not between a number and its unit. */
const between = / (?!(?:[kMGTP]?B|[nµm]?s|min)(?![\w]))/;

/** Words broken into lines of at most `width` cells. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(between)) {
    const last = lines.at(-1);
    if (last !== undefined && cellWidth(last) + 1 + cellWidth(word) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, width));
  }
  return lines;
}

/** An arrow, then a remedy: its sentences wrapped, lines that are indented left as they are. */
export function remedyLines({ paint, width }: Page, remedy: string): string[] {
  const lines = remedy
    .split('\n')
    .flatMap((line) => (line.startsWith(' ') ? [line] : wrapped(line, width - indent.length - 2)));
  return lines.map((line, i) => `${indent}${i === 0 ? paint('green', '→ ') : '  '}${line}`);
}

/** The widest of some texts, in cells, within bounds. */
export function widest(texts: readonly string[], least: number, most: number): number {
  return Math.min(most, Math.max(least, ...texts.map(cellWidth)));
}
