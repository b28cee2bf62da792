/** What was asked and how it was answered: status codes, methods, hosts, latency, the slowest exchanges. */
import { printable } from '../../core/printable.ts';
import { sparkline } from '../../insight/bars.ts';
import { cut, left, right } from '../../insight/cells.ts';
import type { Count, Counter } from '../../insight/counter.ts';
import type { Distribution } from '../../insight/distribution.ts';
import { statusReason } from '../../insight/status-reasons.ts';
import type { Totals } from '../../insight/totals.ts';
import { bytesText, countText, shareText, spanText } from '../../insight/units.ts';
import { statusStyle, type Style } from '../paint.ts';
import { barLines, type BarLine } from './bars.ts';
import { heading, indent, widest, type Page } from './layout.ts';

const shownMethods = 10;
const shownHosts = 8;

export function statusLines(page: Page, { statuses, exchanges }: Totals): string[] {
  const lines: BarLine[] = statuses.entries().map(({ status, count }) => ({
    name: `${String(status).padStart(3, '0')} ${statusReason(status)}`,
    count,
    note: shareText(count, exchanges.count),
    style: statusStyle(status),
    strong: true,
  }));
  const { unanswered } = statuses;
  const note = shareText(unanswered, exchanges.count);
  if (unanswered > 0) lines.push({ name: '··· no response', count: unanswered, note, style: 'magenta', strong: true });
  return lines.length === 0 ? [] : [heading(page, 'Status codes'), ...barLines(page, lines)];
}

export function methodLines(page: Page, { exchanges }: Totals): string[] {
  const lines = counterLines(exchanges.methods, shownMethods, ({ count }) => shareText(count, exchanges.count), 'cyan');
  return lines.length === 0 ? [] : [heading(page, 'Methods'), ...barLines(page, lines)];
}

export function hostLines(page: Page, { exchanges }: Totals): string[] {
  const lines = counterLines(exchanges.hosts, shownHosts, ({ bytes }) => bytesText(bytes), 'blue');
  return lines.length === 0 ? [] : [heading(page, 'Hosts'), ...barLines(page, lines)];
}

/** The most frequent names, and all others in one line. */
function counterLines(counter: Counter, shown: number, note: (count: Count) => string, style: Style): BarLine[] {
  const all = counter.top();
  const named = all.slice(0, shown);
  const rest = all.slice(shown);
  if (counter.others.count > 0) rest.push(counter.others);
  const lines: BarLine[] = named.map((c) => ({
    name: printable(c.name),
    count: c.count,
    note: note(c),
    style,
  }));
  if (rest.length === 0) return lines;
  const others: Count = { name: otherNames(all.length - named.length, counter.others.count > 0), count: 0, bytes: 0 };
  for (const { count, bytes } of rest) {
    others.count += count;
    others.bytes += bytes;
  }
  return [...lines, { name: others.name, count: others.count, note: note(others), style: 'dim' }];
}

function otherNames(known: number, more: boolean): string {
  return more ? `more than ${countText(known)} others` : known === 1 ? '1 other' : `${countText(known)} others`;
}

export function latencyLines(page: Page, { latency }: Totals): string[] {
  if (latency.total.count === 0) return [];
  const head = indent + left('', 6) + ['median', '95%', '99%', 'longest'].map((name) => right(name, 11)).join('');
  return [
    heading(page, 'Latency'),
    page.paint('dim', head),
    ...(latency.wait.count > 0 ? [latencyLine(page, 'wait', latency.wait)] : []),
    latencyLine(page, 'total', latency.total),
  ];
}

/** Numbers to the left, the distribution's shape (logarithmic, between the two spans) to the right. */
function latencyLine(page: Page, name: string, times: Distribution): string {
  const numbers = [0.5, 0.95, 0.99, 1].map((share) => right(spanText(times.percentile(share)), 11)).join('');
  const least = right(spanText(times.smallest), 9);
  const columns = Math.min(32, page.width - indent.length - 6 - 44 - 12);
  return `${indent}${left(name, 6)}${numbers}  ${page.paint('dim', least)} ${page.paint('cyan', sparkline(times.shape(columns)))}`;
}

export function slowestLines(page: Page, { slowest }: Totals): string[] {
  const entries = slowest.entries();
  if (entries.length === 0) return [];
  const methods = widest(entries.map(({ method }) => printable(method)), 3, 12); // prettier-ignore
  return [
    heading(page, 'Slowest'),
    ...entries.map((entry) => {
      const status = page.paint(statusStyle(entry.status), String(entry.status).padStart(3));
      const begin = `${indent}${right(spanText(entry.duration), 9)}  ${status}  ${left(printable(entry.method), methods)}  `;
      return begin + cut(printable(entry.url), page.width - 18 - methods - 2);
    }),
  ];
}
