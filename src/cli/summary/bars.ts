/** Lines of a name, a bar, a count and a share: what status codes, methods and hosts are drawn as. */
import { bar } from '../../insight/bars.ts';
import { cellWidth, left, right } from '../../insight/cells.ts';
import { countText } from '../../insight/units.ts';
import type { Style } from '../paint.ts';
import { indent, widest, type Page } from './layout.ts';

export interface BarLine {
  /** Printable. The first word stands out where `strong` says so. */
  readonly name: string;
  readonly count: number;
  /** A last column: a share, or bytes. */
  readonly note: string;
  readonly style: Style;
  readonly strong?: boolean;
}

/** Bars are scaled to the largest count. Columns have a least width, so that charts one below the other line up. */
export function barLines(page: Page, lines: readonly BarLine[]): string[] {
  const { paint } = page;
  const names = column(lines, (line) => line.name, 25, Math.floor(page.width * 0.45));
  const counts = column(lines, (line) => countText(line.count), 5, 20);
  const notes = column(lines, (line) => line.note, 7, 20);
  const largest = Math.max(...lines.map(({ count }) => count));
  const bars = page.width - indent.length - names - 2 - 2 - counts - 2 - notes;
  return lines.map((line) => {
    const drawn = bar(line.count, largest, bars);
    const shown = left(line.name, names);
    const name = line.strong ? strongFirstWord(page, shown, line.style) : shown;
    const space = ' '.repeat(bars - cellWidth(drawn));
    const count = right(countText(line.count), counts);
    return `${indent}${name}  ${paint(line.style, drawn)}${space}  ${count}  ${paint('dim', right(line.note, notes))}`;
  });
}

function column(lines: readonly BarLine[], text: (line: BarLine) => string, least: number, most: number): number {
  return widest(lines.map(text), least, most);
}

function strongFirstWord({ paint }: Page, text: string, style: Style): string {
  const end = text.indexOf(' ');
  return end < 0 ? paint(style, text) : paint(style, text.slice(0, end)) + text.slice(end);
}
