/** Everything that is wrong, worst first. */
import { captured, span } from '../styled.ts';
import type { Column } from '../table.ts';
import { severityMark, severityStyles, timeText } from '../words.ts';
import { severityRanks } from '../../timeline/exchange-table.ts';
import type { World } from '../world.ts';

export const diagnosticColumns: readonly Column<World>[] = [
  { name: 'severity', title: 'severity', width: 9, rank: 0, key: ({ timeline }) => ({ kind: 'number', of: (row) => timeline.diagnostics.severity.at(row) }), cell({ timeline }, row) {
    const rank = timeline.diagnostics.severity.at(row);
    return [severityMark(rank), span(` ${severityRanks[rank]!}`, severityStyles[rank]!)];
  } },
  { name: 'time', title: 'time', width: 8, rank: 4, align: 'right', cell: ({ timeline }, row) => span(timeText(timeline.diagnostics.time.at(row)), 'dim') },
  { name: 'packet', title: 'packet', width: 7, rank: 5, align: 'right', cell: ({ timeline }, row) => span(String(timeline.diagnostics.packet.at(row)), 'faint') },
  { name: 'connection', title: 'conn', width: 5, rank: 3, align: 'right', cell({ timeline }, row) {
    const connection = timeline.diagnostics.connection.at(row);
    return span(connection < 0 ? '–' : String(connection), 'faint');
  } },
  { name: 'code', title: 'code', width: 22, more: 12, rank: 1, key: ({ timeline }) => ({ kind: 'number', of: (row) => timeline.diagnostics.code.at(row) }), cell: ({ timeline }, row) => span(timeline.diagnostics.codeOf(row), 'name') },
  { name: 'message', title: 'what', width: 20, flexible: true, rank: 0, cell: ({ timeline }, row) => captured(timeline.texts.utf8(timeline.diagnostics.message.at(row))) },
]; // prettier-ignore
