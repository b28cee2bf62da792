/** Upgrades with their verdicts; frames by opcode and messages by kind, each way. */
import { printable } from '../../core/printable.ts';
import { cut, left, right } from '../../insight/cells.ts';
import type { Totals } from '../../insight/totals.ts';
import { bytesText, countText } from '../../insight/units.ts';
import type { UpgradeEntry } from '../../insight/upgrades.ts';
import type { Traffic } from '../../insight/websocket-totals.ts';
import type { Style } from '../paint.ts';
import { heading, indent, wrapped, type Page } from './layout.ts';

const shownUpgrades = 6;

const marks: Readonly<Record<UpgradeEntry['outcome'], readonly [string, Style]>> = {
  accepted: ['✔', 'green'],
  refused: ['✖', 'yellow'],
  unanswered: ['…', 'magenta'],
  invalid: ['✖', 'red'],
};
const worstFirst: readonly UpgradeEntry['outcome'][] = ['invalid', 'unanswered', 'refused', 'accepted'];

export function upgradeLines(page: Page, { upgrades }: Pick<Totals, 'upgrades'>): string[] {
  if (upgrades.count === 0) return [];
  const rank = (entry: UpgradeEntry): number => worstFirst.indexOf(entry.outcome);
  const shown = [...upgrades.entries()].sort((a, b) => rank(a) - rank(b)).slice(0, shownUpgrades);
  const lines = [heading(page, 'Upgrades'), ...shown.flatMap((entry) => entryLines(page, entry))];
  const more = upgrades.count - shown.length;
  if (more > 0) lines.push(page.paint('dim', `${indent}and ${countText(more)} more`));
  return lines;
}

function entryLines({ paint, width }: Page, entry: UpgradeEntry): string[] {
  const [mark, style] = marks[entry.outcome];
  const protocol = left(printable(entry.protocol), 9);
  const target = cut(printable(entry.url ?? `connection ${entry.connection}`), width - 6 - protocol.length);
  // The verdict begins with the outcome.
  const [verdict = '', ...more] = wrapped(printable(entry.verdict), width - 4).slice(0, 3);
  const end = verdict.startsWith(entry.outcome) ? entry.outcome.length : 0;
  return [
    `${indent}${paint(style, mark)} ${protocol}  ${target}`,
    `    ${paint(style, verdict.slice(0, end))}${paint('dim', verdict.slice(end))}`,
    ...more.map((line) => `    ${paint('dim', line)}`),
  ];
}

export function webSocketLines(page: Page, { frames, messages }: Totals): string[] {
  if (frames.count === 0 && messages.count === 0) return [];
  const events = messages.entries().some(({ kind }) => kind === 'event');
  const lines = [heading(page, events ? 'WebSocket and event streams' : 'WebSocket')];
  if (frames.count > 0) {
    lines.push(head(page, 'frames'), ...frames.entries().map(({ name, traffic }) => trafficLine(name, traffic)));
  }
  if (messages.count > 0) {
    lines.push(head(page, 'messages'), ...messages.entries().map(({ kind, traffic }) => trafficLine(kind, traffic)));
  }
  return lines;
}

function head(page: Page, name: string): string {
  return page.paint('dim', indent + left(name, 14) + right('client →', 12) + right('', 12) + right('← server', 16));
}

function trafficLine(name: string, { count, bytes }: Traffic): string {
  const way = (side: 0 | 1): string =>
    count[side] === 0
      ? right('–', 12) + right('', 12)
      : right(countText(count[side]), 12) + right(bytesText(bytes[side]), 12);
  return `${indent}${left(name, 14)}${way(0)}    ${way(1)}`.trimEnd();
}
