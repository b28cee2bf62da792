/** Attempts to change protocol. */
import { printable } from '../../core/printable.ts';
import { captured, span, type Style } from '../styled.ts';
import type { Column } from '../table.ts';
import { statusStyle, timeText } from '../words.ts';
import type { World } from '../world.ts';
import type { UpgradeRow } from '../../timeline/timeline.ts';
import { decoded } from './exchanges.ts';

export const outcomeStyles: Readonly<Record<UpgradeRow['outcome'], Style>> = {
  accepted: 'good', refused: 'bad', unanswered: 'warn', invalid: 'bad',
}; // prettier-ignore
export const outcomeMarks: Readonly<Record<UpgradeRow['outcome'], string>> = {
  accepted: '✓', refused: '✗', unanswered: '?', invalid: '✗',
}; // prettier-ignore

const of = ({ timeline }: World, row: number): UpgradeRow => timeline.upgrades.at(row);

export const upgradeColumns: readonly Column<World>[] = [
  { name: 'mark', title: '', width: 1, rank: 0, cell: (world, row) => (world.marks.has(`upgrades:${row}`) ? span('◆', 'key') : span(' ')) },
  { name: 'time', title: 'time', width: 8, rank: 4, align: 'right', key: ({ timeline }) => ({ kind: 'number', of: (row) => timeline.upgrades.at(row).time }), cell: (world, row) => span(timeText(of(world, row).time), 'dim') },
  { name: 'connection', title: 'conn', width: 5, rank: 6, align: 'right', cell: (world, row) => span(String(of(world, row).connection), 'faint') },
  { name: 'outcome', title: 'outcome', width: 12, rank: 0, cell(world, row) {
    const { outcome } = of(world, row);
    return span(`${outcomeMarks[outcome]} ${outcome}`, outcomeStyles[outcome]);
  } },
  { name: 'status', title: 'code', width: 4, rank: 2, align: 'right', cell({ timeline }, row) {
    const status = timeline.exchanges.status.at(timeline.upgrades.at(row).exchange) ?? 0;
    return span(status === 0 ? '–' : String(status), statusStyle(status));
  } },
  { name: 'client', title: 'client', width: 21, rank: 7, cell: (world, row) => span(world.timeline.connections.endpoint(of(world, row).connection, 0), 'dim') },
  { name: 'path', title: 'where', width: 14, more: 26, rank: 1, cell({ timeline }, row, width) {
    const { exchange } = timeline.upgrades.at(row);
    const { exchanges: x, texts } = timeline;
    const host = texts.latin1(x.host.at(exchange));
    const path = decoded(texts.latin1(x.target.at(exchange)));
    // Where there is no room for both, the path tells more.
    return host.length + path.length > width ? captured(path) : [captured(host, 'dim'), captured(path)];
  } },
  { name: 'verdict', title: 'verdict', width: 20, flexible: true, rank: 0, cell(world, row) {
    const { verdict, outcome } = of(world, row);
    // The outcome has its own column.
    return span(printable(verdict.startsWith(`${outcome}: `) ? verdict.slice(outcome.length + 2) : verdict));
  } },
]; // prettier-ignore
