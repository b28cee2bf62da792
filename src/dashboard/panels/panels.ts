/** The panels: which list has which columns, and what each pane shows. To add one: a file, and its line here. */
import type { Column } from '../table.ts';
import type { State } from '../state.ts';
import type { TableName, World } from '../world.ts';
import { connectionColumns } from './connections.ts';
import { diagnosticColumns } from './diagnostics.ts';
import { exchangeColumns } from './exchanges.ts';
import { frameColumns, messageColumns, talkColumns } from './frames.ts';
import { upgradeColumns } from './upgrades.ts';

const tables: Readonly<Record<TableName, readonly Column<World>[]>> = {
  exchanges: exchangeColumns,
  talks: talkColumns,
  frames: frameColumns,
  upgrades: upgradeColumns,
  connections: connectionColumns,
  diagnostics: diagnosticColumns,
};

export function columnsOf(list: TableName, talkRows: State['talkRows'] = 'frames'): readonly Column<World>[] {
  return list === 'frames' && talkRows === 'messages' ? messageColumns : tables[list];
}
