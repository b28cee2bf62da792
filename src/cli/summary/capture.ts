/** What the capture is: name, format, link types, size, length, when it begins; and what is wrong with it, counted. */
import { printable } from '../../core/printable.ts';
import { cut } from '../../insight/cells.ts';
import type { Totals } from '../../insight/totals.ts';
import { bytesText, counted, dateText, spanText } from '../../insight/units.ts';
import { flow, type Page } from './layout.ts';
import { verdictLine } from './severity.ts';

export function captureLines(page: Page, totals: Totals): string[] {
  const { facts, end } = totals;
  const name = facts === undefined || facts.name === '-' ? 'standard input' : facts.name;
  const parts = facts === undefined ? [] : [facts.format, ...facts.linkTypes];
  if (end !== undefined) parts.push(counted(end.packets, 'packet'), bytesText(end.bytes), spanText(end.duration));
  if (facts !== undefined && end !== undefined && end.packets > 0) parts.push(`from ${dateText(facts.epoch)}`);
  return [
    page.paint('bold', cut(printable(name), page.width)),
    ...flow(page, parts.map(printable), page.width),
    verdictLine(page, (severity) => totals.diagnostics.of(severity)),
  ];
}
