/** State and data become a screen: every pane drawn into its rectangle. Also answers what `update` asks of the data. */
import { complete } from './filtering.ts';
import { completeCommand } from './commands.ts';
import {
  connectionDocument,
  diagnosticDocument,
  exchangeDocument,
  frameDocument,
  messageDocument,
  packetsDocument,
  talkDocument,
  upgradeDocument,
} from './detail/documents.ts';
import type { PacketDetail } from '../timeline/details.ts';
import type { Grid } from './grid.ts';
import { layoutOf, least, type Layout, type Rect } from './layout.ts';
import { completionLines, filterLine, promptStart, promptWindow, statusLine, tabLine, tabsOf } from './panels/bars.ts';
import { helpLines } from './panels/help.ts';
import { columnsOf } from './panels/panels.ts';
import { statisticsLines } from './panels/statistics.ts';
import type { Charts } from './screen.ts';
import { focusOf, forms, type ListName, type State } from './state.ts';
import { behind, fit, line, lineText, lineWidth, span, type Line, type Span } from './styled.ts';
import { placeColumns, tableLines, type TableView } from './table.ts';
import { textLines, type TextLine } from './text-view.ts';
import type { Completions, Facts, Place } from './update.ts';
import { tooSmall } from './update.ts';
import { tableNames, type TableName, type World } from './world.ts';
import { ExchangeFlag } from '../timeline/exchange-table.ts';
import { cellWidth, cut } from '../insight/cells.ts';

const isTable = (list: ListName): list is TableName => (tableNames as readonly ListName[]).includes(list);

/** Documents longer than what is searched through for the next hit are not made. */
const mostRowsSearched = 200_000;

export class View implements Facts {
  charts: Charts | undefined;
  private readonly world: World;
  private state: State;
  private document: { key: string; lines: readonly TextLine[] } = { key: '', lines: [] };
  private help: { key: string; lines: readonly TextLine[] } = { key: '', lines: [] };
  private statistics: { key: string; lines: readonly TextLine[] } = { key: '', lines: [] };

  constructor(world: World, state: State) {
    this.world = world;
    this.state = state;
  }

  /** Looks at the data the way this state does: to be called before `update` and before drawing. */
  take(state: State): void {
    this.state = state;
    if (state.view === 'websocket') this.world.follow(state);
    this.world.marks.clear();
    for (const mark of state.marks) this.world.marks.add(mark);
  }

  // --- what update asks ----------------------------------------------------------------------------------------------

  rows(list: ListName): number {
    return isTable(list) ? this.world.queries[list].total : 0;
  }

  get exportName(): string {
    const { name } = this.world.reading;
    const base = name === '-' ? 'capture' : name.replace(/^.*\//, '').replace(/\.(pcapng|pcap|cap)(\.(gz|zst))?$/, '');
    return `${base}.jsonl`;
  }

  length(list: ListName): number {
    return isTable(list) ? this.world.queries[list].length : this.text(list).length;
  }

  rowAt(list: ListName, index: number): number {
    return isTable(list) ? this.world.rowAt(list, index) : index;
  }

  indexOf(list: ListName, row: number): number {
    return isTable(list) ? this.world.indexOf(list, row) : row;
  }

  sortable(list: ListName): readonly string[] {
    if (!isTable(list)) return [];
    const shown = this.placed(list).map(({ column }) => column);
    return (shown.length === 0 ? columnsOf(list) : shown)
      .filter(({ key }) => key !== undefined)
      .map(({ name }) => name);
  }

  columns(list: ListName): readonly string[] {
    return isTable(list) ? columnsOf(list, this.world.rowsAre).map(({ name }) => name) : [];
  }

  place(list: ListName, row: number): Place | undefined {
    const { timeline } = this.world;
    if (row < 0) return undefined;
    if (list === 'exchanges') {
      const talk = timeline.exchanges.conversation.at(row);
      return !timeline.conversations.holds(talk)
        ? undefined
        : { view: 'websocket', list: 'talks', row: talk, focus: 'frames' };
    }
    if (list !== 'diagnostics') return undefined;
    const exchange = timeline.exchanges.rowOf(timeline.diagnostics.exchange.at(row));
    if (exchange >= 0) return { view: 'exchanges', list: 'exchanges', row: exchange, focus: 'exchanges' };
    const connection = timeline.diagnostics.connection.at(row);
    if (connection < 0) return undefined;
    const talk = timeline.talkOn(connection);
    if (talk !== undefined && timeline.diagnostics.codeOf(row).startsWith('websocket.'))
      return { view: 'websocket', list: 'talks', row: talk.index, focus: 'talks' };
    return { view: 'connections', list: 'connections', row: connection, focus: 'connections' };
  }

  find(list: ListName, text: string, from: number, step: 1 | -1): number {
    const wanted = text.toLowerCase();
    const length = this.length(list);
    const most = Math.min(length, mostRowsSearched);
    for (let i = 0, at = from; i < most; i++, at += step) {
      const index = ((at % length) + length) % length;
      if (this.lineText(list, index).toLowerCase().includes(wanted)) return index;
    }
    return -1;
  }

  foldAt(index: number): string | undefined {
    return this.text('detail')[index]?.fold;
  }

  completions(prompt: NonNullable<State['prompt']>, list: ListName): Completions {
    if (prompt.kind === 'filter') return complete(prompt.text, prompt.caret);
    if (prompt.kind !== 'command') return { start: 0, end: 0, items: [] };
    const filter = /^filter\s+/.exec(prompt.text)?.[0];
    if (filter === undefined) return completeCommand(prompt.text, this, list);
    const inside = complete(prompt.text.slice(filter.length), prompt.caret - filter.length);
    return { start: inside.start + filter.length, end: inside.end + filter.length, items: inside.items };
  }

  headerAt(list: ListName, x: number): string | undefined {
    const pane = this.layout().panes[list];
    if (!isTable(list) || pane === undefined) return undefined;
    const at = x - pane.x;
    const hit = this.placed(list).find((each) => at >= each.x && at < each.x + each.width);
    return hit?.column.key === undefined ? undefined : hit.column.name;
  }

  tabAt(x: number): State['view'] | undefined {
    return tabsOf(this.world, this.state).find((tab) => x >= tab.x && x < tab.x + tab.width)?.view;
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  /** Draws everything; the place of the caret, where something is being typed. */
  draw(grid: Grid): { x: number; y: number } | undefined {
    const { state, world } = this;
    if (tooSmall(state)) {
      const size = `${least.columns}×${least.rows}`;
      const whole = `wirescope needs ${size} cells, this terminal has ${state.columns}×${state.rows}; wirescope summary needs less (q quits)`;
      const text = whole.length <= state.columns ? whole : `too small (${size}): use wirescope summary`;
      grid.put(0, 0, state.columns, line(span(cut(text, state.columns))));
      return undefined;
    }
    const layout = this.layout();
    grid.put(0, 0, state.columns, tabLine(world, state));
    if (layout.filter !== undefined) grid.put(0, layout.filter.y, state.columns, filterLine(world, state));
    for (const [list, pane] of Object.entries(layout.panes) as [ListName, Rect][]) this.drawPane(grid, list, pane, layout);
    const { divider, status } = layout;
    if (divider !== undefined) {
      for (let y = 0; y < divider.height; y++) grid.put(divider.x, divider.y + y, 1, line(span('│', 'border')));
    }
    grid.put(0, status.y, state.columns, statusLine(world, state));
    if (state.help) this.drawHelp(grid);
    return this.drawPrompt(grid, status);
  } // prettier-ignore

  private drawPane(grid: Grid, list: ListName, pane: Rect, layout: Layout): void {
    const { state } = this;
    const focused = focusOf(state) === list && state.prompt?.kind !== 'filter';
    const lines = isTable(list) ? this.tablePane(list, pane, focused) : this.textPane(list, pane, focused, layout);
    lines.slice(0, pane.height).forEach((each, y) => grid.put(pane.x, pane.y + y, pane.width, each));
  }

  private tablePane(list: TableName, pane: Rect, focused: boolean): Line[] {
    const { state, world } = this;
    const view: TableView = {
      scroll: state.scroll[list],
      length: this.length(list),
      focused,
      sorting: state.sorting[list],
      chosen: state.chosen[list],
      rowAt: (index) => world.rowAt(list, index),
      empty: this.emptyWords(list),
    };
    return tableLines(columnsOf(list, world.rowsAre), world, view, pane.width, pane.height);
  }

  private textPane(list: ListName, pane: Rect, focused: boolean, layout: Layout): Line[] {
    const { state } = this;
    const text = this.text(list);
    const search = focusOf(state) === list ? this.searchText() : '';
    const title = list === 'detail' ? this.detailTitle(pane.width, focused, layout.divider === undefined) : statisticsTitle(pane.width);
    return [title, ...textLines(text, state.scroll[list], focused && list === 'detail', search, pane.width, pane.height - 1)];
  } // prettier-ignore

  private searchText(): string {
    const { prompt, search } = this.state;
    return prompt?.kind === 'search' ? prompt.text : search;
  }

  /** What is shown of it, and in which form: the rule between list and details. */
  private detailTitle(width: number, focused: boolean, below: boolean): Line {
    const { form, view } = this.state;
    const style = focused ? 'active' : 'border';
    const choices: Span[] = [];
    if (view === 'exchanges' || view === 'websocket') {
      for (const each of forms) {
        const key = each === 'hex' ? 'x' : each[0]!;
        const chosen = each === form;
        choices.push(span(` ${key} `, chosen ? 'key' : 'faint'), span(each, chosen ? 'strong' : 'faint'));
      }
      choices.push(span(' '));
    }
    const rule = below ? '─' : '─';
    const name = fit([span(this.detailName(), focused ? 'active' : 'dim')], Math.max(8, width - lineWidth({ spans: choices }) - 6));
    const used = lineWidth({ spans: name }) + lineWidth({ spans: choices }) + 4;
    return line(span(`${rule} `, style), ...name, span(` ${rule.repeat(Math.max(0, width - used - 1))}`, style), ...choices, span(rule, style));
  } // prettier-ignore

  private detailName(): string {
    const { state, world } = this;
    const { timeline } = world;
    const { row } = state.scroll[this.detailOf()];
    if (row < 0) return 'details';
    switch (this.detailOf()) {
      case 'exchanges':
        return timeline.exchanges.has(row, ExchangeFlag.orphan)
          ? 'conversation'
          : `exchange ${timeline.exchanges.id.at(row)}`;
      case 'upgrades':
        return `upgrade, exchange ${timeline.exchanges.id.at(timeline.upgrades.at(row).exchange)}`;
      case 'connections':
        return `connection ${row}`;
      case 'diagnostics':
        return 'diagnostic';
      case 'talks':
        return 'conversation';
      default:
        return state.talkRows === 'frames'
          ? `frame ${timeline.frames.id.at(row)}`
          : `message ${timeline.messages.ordinal.at(row)}`;
    }
  }

  private drawHelp(grid: Grid): void {
    const { state } = this;
    const width = Math.min(state.columns - 4, 96);
    const height = state.rows - 4;
    const x = Math.floor((state.columns - width) / 2);
    const edge = (a: string, b: string, title: string): Line =>
      line(span(a, 'active'), span(title, 'title'), span('─'.repeat(width - 2 - cellWidth(title)) + b, 'active'));
    grid.put(x, 1, width, edge('╭', '╮', ' Help '));
    textLines(this.text('help'), state.scroll.help, false, this.searchText(), width - 2, height).forEach((each, y) => {
      grid.put(x, 2 + y, 1, line(span('│', 'active')));
      grid.put(x + 1, 2 + y, width - 2, each);
      grid.put(x + width - 1, 2 + y, 1, line(span('│', 'active')));
    });
    grid.put(x, 2 + height, width, edge('╰', '╯', ''));
  }

  private drawPrompt(grid: Grid, status: Rect): { x: number; y: number } | undefined {
    const { state } = this;
    const { prompt } = state;
    if (prompt === undefined || prompt.kind === 'confirm') return undefined;
    if (prompt.kind !== 'search') {
      const shown = prompt.choice < 0 ? prompt : { ...prompt, text: prompt.before, caret: prompt.before.length };
      const lines = completionLines(state, this.completions(shown, focusOf(state)), state.columns, Math.min(8, Math.floor(state.rows / 3)));
      lines.forEach((each, i) => grid.put(0, status.y - lines.length + i, state.columns, each));
    }
    return { x: Math.min(state.columns - 1, promptStart(state) + promptWindow(state).caret), y: status.y };
  } // prettier-ignore

  private emptyWords(list: TableName): readonly string[] {
    const { world, state } = this;
    if ((state.filters[list] ?? '') !== '' && world.queries[list].total > 0)
      return [world.reading.again === undefined ? 'Nothing matches the filter.' : 'Looking …'];
    if (!world.reading.done) return [world.reading.live ? 'Waiting for packets …' : 'Reading …'];
    if (list === 'exchanges') {
      const { conversations, connections } = world.timeline;
      const others = conversations.kept > 0 ? 'There are WebSocket conversations: 2 shows them.' : `There are ${connections.count} TCP connections: 5 shows them.`;
      return ['No HTTP exchanges in this capture.', others];
    }
    const words = {
      talks: 'No WebSocket conversations in this capture.',
      frames: state.scroll.talks.row < 0 ? '' : 'No frames.',
      upgrades: 'Nobody asked to change protocol.',
      connections: 'No TCP connections in this capture.',
      diagnostics: 'Nothing is wrong.',
    };
    return [words[list]];
  } // prettier-ignore

  // --- texts ---------------------------------------------------------------------------------------------------------

  private layout(): Layout {
    return layoutOf(this.state, (list) => this.rows(list));
  }

  private placed(list: TableName): ReturnType<typeof placeColumns<World>> {
    const pane = this.layout().panes[list];
    if (pane === undefined) return [];
    return placeColumns(columnsOf(list, this.world.rowsAre), this.state.chosen[list], pane.width - 1);
  }

  private lineText(list: ListName, index: number): string {
    if (!isTable(list)) return lineText(this.text(list)[index] ?? line());
    const row = this.rowAt(list, index);
    return columnsOf(list, this.world.rowsAre)
      .map((column) => (column.name === 'waterfall' ? '' : cellText(column.cell(this.world, row, 200))))
      .join(' ');
  }

  private text(list: ListName): readonly TextLine[] {
    const { state, world } = this;
    if (list === 'help') {
      const key = `${state.columns}/${state.view}/${state.live}`;
      if (this.help.key !== key) this.help = { key, lines: helpLines(state, Math.min(state.columns - 4, 96) - 5) };
      return this.help.lines;
    }
    if (list === 'statistics') {
      const key = `${state.columns}/${world.changes}/${this.charts === undefined}`;
      if (this.statistics.key !== key && state.view === 'statistics') {
        this.statistics = { key, lines: statisticsLines(world, this.charts, state.columns) };
      }
      return this.statistics.lines;
    }
    return this.detailText();
  }

  /** The list whose row the details are of. */
  private detailOf(): TableName {
    const { view, focus, scroll } = this.state;
    if (view !== 'websocket') return view === 'statistics' ? 'exchanges' : view;
    const onTalks = focus.websocket === 'talks' || scroll.frames.row < 0;
    return onTalks ? 'talks' : 'frames';
  }

  private detailText(): readonly TextLine[] {
    const { state } = this;
    const pane = this.layout().panes.detail;
    if (pane === undefined) return [];
    const list = this.detailOf();
    const { row } = state.scroll[list];
    const wanted = { form: state.form, folds: state.folds, width: pane.width - 2 };
    const { key, make } = this.documentOf(list, row, wanted);
    // What grows is made anew when it has grown; a document of a finished row never is.
    const full = `${list}/${row}/${state.form}/${wanted.width}/${state.folds.size}/${[...state.folds].join()}/${this.world.rowsAre}/${key}`;
    if (this.document.key !== full) this.document = { key: full, lines: row < 0 ? [] : make() };
    return this.document.lines;
  }

  private documentOf(
    list: TableName,
    row: number,
    wanted: { form: State['form']; folds: ReadonlySet<string>; width: number },
  ): { key: string; make: () => readonly TextLine[] } {
    const { world } = this;
    if (row < 0) return { key: '', make: () => [] };
    const packets = (place: Parameters<World['packets']>[0]) => {
      const found = world.packets(place);
      return { key: `packets ${found === undefined ? '…' : (found?.length ?? 0)}`, make: () => packetsDocument(found, wanted.width) };
    };
    switch (list) {
      case 'exchanges':
      case 'upgrades': {
        const exchange = list === 'exchanges' ? row : world.timeline.upgrades.at(row).exchange;
        if (world.timeline.exchanges.has(exchange, ExchangeFlag.orphan))
          return this.documentOf('talks', world.timeline.exchanges.conversation.at(exchange), wanted);
        if (list === 'exchanges' && wanted.form === 'packets') return packets(world.exchangePlace(exchange));
        const detail = world.exchangeDetail(exchange);
        const wire = list === 'exchanges' ? this.wireOf(detail, wanted.form, () => world.exchangePlace(exchange)) : undefined;
        const make = (): readonly TextLine[] => {
          if (detail === undefined) return [line(span('reading …', 'dim'))];
          if (detail === null) return lostLines(world, exchange, wanted.width);
          return list === 'exchanges' ? exchangeDocument(world, row, detail, { ...wanted, packets: wire }) : upgradeDocument(detail, wanted);
        };
        return { key: `${versionOf(detail)} ${versionOf(wire)}`, make };
      }
      case 'frames': {
        if (world.rowsAre === 'messages') {
          if (wanted.form === 'packets') return packets(world.messagePlace(row));
          const detail = world.messageDetail(row);
          const wire = this.wireOf(detail, wanted.form, () => world.messagePlace(row));
          return { key: `${versionOf(detail)} ${versionOf(wire)}`, make: () => messageDocument(world, row, detail, { ...wanted, packets: wire }) };
        }
        if (wanted.form === 'packets') return packets(world.framePlace(row));
        const message = world.timeline.frames.message.at(row);
        const detail = message < 0 ? null : world.messageDetail(message);
        const wire = this.wireOf(detail, wanted.form, () => world.messagePlace(message));
        return { key: `${message} ${versionOf(detail)} ${versionOf(wire)}`, make: () => frameDocument(world, row, detail, { ...wanted, packets: wire }) };
      }
      case 'talks':
        return { key: String(world.timeline.conversations.get(row)?.frames), make: () => talkDocument(world, row, wanted) };
      case 'connections':
        return { key: world.timeline.connections.isOpen(row) ? String(world.changes) : '', make: () => connectionDocument(world, row, wanted) };
      case 'diagnostics':
        return { key: '', make: () => diagnosticDocument(world, row, wanted) };
    }
  } // prettier-ignore

  /** The packets of what a hex dump shows: asked for when the bytes are there. */
  private wireOf(detail: { readonly kind: string } | null | undefined, form: State['form'], place: () => Parameters<World['packets']>[0]): readonly PacketDetail[] | undefined {
    if (form !== 'hex' || detail === null || detail === undefined) return undefined;
    return this.world.packets(place()) ?? undefined;
  } // prettier-ignore
}

/** A number for each object, so that another object is another document. */
const versions = new WeakMap<object, number>();
let lastVersion = 0;

function versionOf(detail: object | null | undefined): string {
  if (detail === undefined || detail === null) return String(detail);
  let version = versions.get(detail);
  if (version === undefined) versions.set(detail, (version = ++lastVersion));
  return String(version);
}

function lostLines(world: World, row: number, width: number): TextLine[] {
  const open = !world.timeline.exchanges.has(row, ExchangeFlag.done);
  const why = open
    ? 'still open: its head and body can be read when it is over'
    : 'its head and body are not kept any more';
  return [line(span(cut(why, width), 'dim'))];
}

function cellText(cell: Span | readonly Span[]): string {
  return 'text' in cell ? cell.text : cell.map(({ text }) => text).join('');
}

function statisticsTitle(width: number): Line {
  return behind(line(span(' '.repeat(width))), 'none');
}
