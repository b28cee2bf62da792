/** A list drawn as a table: columns chosen by the room there is, a header, one line a row, a scroll bar. */
import { cellWidth, cut } from '../insight/cells.ts';
import type { SortKey } from '../timeline/sort.ts';
import { behind, fit, line, span, spaces, type Line, type Span } from './styled.ts';
import type { Scroll, Sorting } from './state.ts';

export interface Column<C> {
  readonly name: string;
  readonly title: string;
  /** Cells; of the one column that takes what is left over, its least. */
  readonly width: number;
  readonly flexible?: boolean;
  /** Cells beyond `width` that the column is glad of, where all columns have found room. */
  readonly more?: number;
  readonly align?: 'right';
  /** Columns with higher numbers are left out first. */
  readonly rank: number;
  /** Rows can be ordered by it. */
  readonly key?: (context: C) => SortKey;
  cell(context: C, row: number, width: number): Span | readonly Span[];
  /** In place of the title, which may depend on what is shown. */
  head?(context: C, rows: readonly number[], width: number): string;
  /** Told before the rows are drawn which they are. */
  before?(context: C, rows: readonly number[]): void;
}

export interface Placed<C> {
  readonly column: Column<C>;
  readonly x: number;
  readonly width: number;
}

/** Cells that the flexible column gets before others get more than they need. */
const firstShare = 16;

/** The columns that fit: those asked for, or all less those of the highest ranks. */
export function placeColumns<C>(
  columns: readonly Column<C>[],
  chosen: readonly string[] | undefined,
  width: number,
): readonly Placed<C>[] {
  let shown = columns;
  if (chosen !== undefined) {
    shown = chosen.flatMap((name) => columns.filter((column) => column.name === name));
  } else {
    const ranks = columns.map(({ rank }) => rank).toSorted((a, b) => b - a);
    for (const rank of ranks) {
      if (needed(shown) <= width) break;
      shown = shown.filter((column) => column.rank < rank || column.rank === 0);
    }
  }
  let room = Math.max(0, width - needed(shown));
  const extra = new Map<Column<C>, number>();
  const give = (column: Column<C>, most: number): void => {
    const given = Math.max(0, Math.min(most, room));
    extra.set(column, (extra.get(column) ?? 0) + given);
    room -= given;
  };
  // What is flexible has the first of what is left over; then each has its share; then it has the rest.
  const flexible = shown.find((column) => column.flexible === true);
  if (flexible !== undefined) give(flexible, firstShare);
  const share = Math.ceil(room / 3);
  for (const column of shown) if (column.more !== undefined) give(column, Math.min(column.more, share));
  if (flexible !== undefined) give(flexible, Infinity);
  let x = 0;
  return shown.map((column) => {
    const own = column.width + (extra.get(column) ?? 0);
    const placed = { column, x, width: own };
    x += own + 1;
    return placed;
  });
}

function needed<C>(columns: readonly Column<C>[]): number {
  return columns.reduce((sum, { width }) => sum + width + 1, -1);
}

export interface TableView {
  readonly scroll: Scroll;
  readonly length: number;
  readonly focused: boolean;
  readonly sorting: Sorting | undefined;
  readonly chosen: readonly string[] | undefined;
  rowAt(index: number): number;
  /** What is said where there are no rows. */
  readonly empty: readonly string[];
}

export function tableLines<C>(
  columns: readonly Column<C>[],
  context: C,
  view: TableView,
  width: number,
  height: number,
): Line[] {
  const inner = width - 1;
  const placed = placeColumns(columns, view.chosen, inner);
  const { scroll, length } = view;
  const shown = height - 1;
  const rows: number[] = [];
  for (let i = scroll.top; i < Math.min(length, scroll.top + shown); i++) rows.push(view.rowAt(i));
  for (const { column } of placed) column.before?.(context, rows);
  const lines: Line[] = [headerLine(placed, context, view, rows)];
  rows.forEach((row, i) => {
    const selected = scroll.top + i === scroll.at;
    const cells = rowLine(placed, context, row, inner);
    const bar = scrollCell(i, shown, scroll.top, length);
    const full: Line = { spans: [...cells.spans, span(spaces(inner - cells.width)), bar] };
    lines.push(selected ? behind(full, view.focused ? 'cursor' : 'resting') : full);
  });
  if (length === 0) {
    for (const text of view.empty) lines.push(line(span(' ' + text, lines.length === 1 ? 'text' : 'dim')));
  }
  return lines;
}

function headerLine<C>(placed: readonly Placed<C>[], context: C, view: TableView, rows: readonly number[]): Line {
  const spans: Span[] = [];
  for (const { column, width } of placed) {
    const sorted = view.sorting?.column === column.name;
    const arrow = sorted ? (view.sorting!.descending ? '▼' : '▲') : '';
    const title = (column.head?.(context, rows, width) ?? column.title) + arrow;
    const text = cut(title, width);
    const gap = spaces(width - cellWidth(text));
    const style = sorted ? 'accent' : 'dim';
    spans.push(span(column.align === 'right' ? gap + text : text + gap, style), span(' '));
  }
  return behind({ spans }, 'head');
}

function rowLine<C>(
  placed: readonly Placed<C>[],
  context: C,
  row: number,
  width: number,
): { spans: Span[]; width: number } {
  const spans: Span[] = [];
  let used = 0;
  for (const { column, width: own } of placed) {
    if (used >= width) break;
    const cell = column.cell(context, row, own);
    const content = fit('text' in cell ? [cell] : cell, own);
    const gap = own - content.reduce((sum, { text }) => sum + cellWidth(text), 0);
    if (column.align === 'right') spans.push(span(spaces(gap)), ...content, span(' '));
    else spans.push(...content, span(spaces(gap + 1)));
    used += own + 1;
  }
  return { spans, width: used };
}

/** A thumb where there is more than fits. */
export function scrollCell(row: number, shown: number, top: number, length: number): Span {
  if (length <= shown) return span(' ');
  const size = Math.max(1, Math.round((shown * shown) / length));
  const at = Math.round(((shown - size) * top) / (length - shown));
  return row >= at && row < at + size ? span('┃', 'dim') : span('│', 'border');
}
