/** Connections and their health. */
import { closings } from '../../timeline/connection-rows.ts';
import { protocolNames } from '../../core/connection-table.ts';
import type { SortKey } from '../../timeline/sort.ts';
import { span, type Style } from '../styled.ts';
import type { Column } from '../table.ts';
import { severityMark, shortBytes, shortSpan, timeText } from '../words.ts';
import type { World } from '../world.ts';

const number = (of: (row: number) => number): SortKey => ({ kind: 'number', of });
type Pair = 'bytes' | 'packets' | 'retransmissions' | 'outOfOrder' | 'missingBytes';
const both = ({ timeline }: World, column: Pair) => {
  const { connections } = timeline;
  return (row: number): number => {
    const values = connections.table[column];
    const at = connections.at(row) * 2;
    return values[at]! + values[at + 1]!;
  };
};

const closingStyles: readonly Style[] = ['good', 'dim', 'warn'];

export const connectionColumns: readonly Column<World>[] = [
  {
    name: 'marks', title: '', width: 2, rank: 0,
    before: ({ timeline }, rows) => rows.forEach((row) => timeline.connections.refresh(row)),
    cell: (world, row) => [
      world.marks.has(`connections:${row}`) ? span('◆', 'key') : span(' '),
      severityMark(world.timeline.connections.severity.at(row)),
    ],
  },
  { name: 'connection', title: 'conn', width: 6, rank: 1, align: 'right', cell: (_world, row) => span(String(row), 'dim') },
  { name: 'time', title: 'opened', width: 8, rank: 8, align: 'right', key: ({ timeline }) => number((row) => timeline.connections.table.openedAt[timeline.connections.at(row)]!), cell: ({ timeline }, row) => span(timeText(timeline.connections.table.openedAt[timeline.connections.at(row)]!), 'dim') },
  { name: 'client', title: 'client', width: 21, flexible: true, rank: 0, cell: ({ timeline }, row) => span(timeline.connections.endpoint(row, 0)) },
  { name: 'server', title: 'server', width: 18, more: 24, rank: 5, cell: ({ timeline }, row) => span(timeline.connections.endpoint(row, 1)) },
  { name: 'protocols', title: 'protocol', width: 9, more: 8, rank: 6, cell({ timeline }, row) {
    const bits = timeline.connections.table.protocols[timeline.connections.at(row)]!;
    const names = protocolNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
    return span(names.length === 0 ? 'tcp' : names.toReversed().join(' '), names.includes('websocket') ? 'accent' : 'dim');
  } },
  { name: 'exchanges', title: 'req', width: 4, rank: 3, align: 'right', key: ({ timeline }) => number((row) => timeline.connections.exchanges.at(row)), cell: ({ timeline }, row) => span(String(timeline.connections.exchanges.at(row))) },
  { name: 'bytes', title: 'bytes', width: 5, rank: 7, align: 'right', key: (world) => number(both(world, 'bytes')), cell: (world, row) => span(shortBytes(both(world, 'bytes')(row)), 'dim') },
  { name: 'rtt', title: 'rtt', width: 8, rank: 4, align: 'right', key: ({ timeline }) => number((row) => { const rtt = timeline.connections.table.handshakeRtt[timeline.connections.at(row)]!; return rtt < 0 ? NaN : rtt; }), cell({ timeline }, row) {
    const rtt = timeline.connections.table.handshakeRtt[timeline.connections.at(row)]!;
    return span(rtt < 0 ? '–' : shortSpan(rtt), 'dim');
  } },
  { name: 'retransmits', title: 'retr', width: 4, rank: 2, align: 'right', key: (world) => number(both(world, 'retransmissions')), cell: (world, row) => quantity(both(world, 'retransmissions')(row), 'warn') },
  { name: 'order', title: 'ooo', width: 4, rank: 9, align: 'right', key: (world) => number(both(world, 'outOfOrder')), cell: (world, row) => quantity(both(world, 'outOfOrder')(row), 'text') },
  { name: 'missing', title: 'missing', width: 7, rank: 4, align: 'right', key: (world) => number(both(world, 'missingBytes')), cell(world, row) {
    const missing = both(world, 'missingBytes')(row);
    return missing > 0 ? span(shortBytes(missing), 'bad') : span('·', 'faint');
  } },
  { name: 'duration', title: 'lasted', width: 9, rank: 7, align: 'right', key: (world) => number((row) => lasted(world, row)), cell: (world, row) => span(shortSpan(lasted(world, row))) },
  { name: 'closing', title: 'end', width: 5, rank: 1, cell({ timeline }, row) {
    const closing = timeline.connections.closing.at(row);
    return span(closings[closing]!, closingStyles[closing]!);
  } },
]; // prettier-ignore

function lasted({ timeline: { connections } }: World, row: number): number {
  const at = connections.at(row);
  return connections.table.lastAt[at]! - connections.table.openedAt[at]!;
}

function quantity(value: number, style: Style): ReturnType<typeof span> {
  return value === 0 ? span('·', 'faint') : span(String(value), style);
}
