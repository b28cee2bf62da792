/** What is wrong, by code, worst first. */
import { right } from '../../insight/cells.ts';
import { type DiagnosticCount } from '../../insight/diagnostic-counts.ts';
import type { Totals } from '../../insight/totals.ts';
import { countText } from '../../insight/units.ts';
import { heading, indent, widest, wrapped, type Page } from './layout.ts';
import { marks } from './severity.ts';

/** The worst; `diagnose` tells all. */
const shownCodes = 12;

export function diagnosticLines(page: Page, { diagnostics }: Totals): string[] {
  const entries = diagnostics.entries();
  const lines = [heading(page, 'Diagnostics')];
  if (entries.length === 0) return [...lines, `${indent}${page.paint('green', '✔')} nothing wrong was found`];
  const shown = entries.slice(0, shownCodes);
  const counts = widest(shown.map(({ count }) => countText(count)), 1, 20); // prettier-ignore
  const more = entries.length - shown.length;
  const rest = more > 0 ? `and ${countText(more)} more kinds; ` : '';
  const hint = page.paint('dim', `${indent}${rest}wirescope diagnose FILE tells each with its place and remedy`);
  return [...lines, ...shown.flatMap((entry) => entryLines(page, entry, counts)), hint];
}

function entryLines({ paint, width }: Page, entry: DiagnosticCount, countWidth: number): string[] {
  const [mark, style] = marks[entry.severity];
  const margin = indent.length + 11 + countWidth + 2;
  const place = entry.firstPacket > 0 ? paint('dim', `  from packet ${countText(entry.firstPacket)}`) : '';
  const begin = `${indent}${paint(style, `${mark} ${entry.severity.padEnd(9)}`)}${right(countText(entry.count), countWidth)}  `;
  const title = wrapped(entry.title, width - margin).map((line) => ' '.repeat(margin) + paint('dim', line));
  return [`${begin}${entry.code}${place}`, ...title];
}
