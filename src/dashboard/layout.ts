/** Where everything stands: rectangles, from the state alone. */
import { panesOf, type ListName, type SplitPlace, type State } from './state.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly tabs: Rect;
  /** The filter that applies, where one does. */
  readonly filter: Rect | undefined;
  readonly panes: Readonly<Partial<Record<ListName, Rect>>>;
  /** A line between list and detail that runs down, where they stand side by side. */
  readonly divider: Rect | undefined;
  readonly status: Rect;
}

/** Smaller terminals are told so. */
export const least = { columns: 60, rows: 12 } as const;

/** From here on details stand beside the list. */
const besideFrom = 150;
const leastPane = 4;

export function splitPlace({ split, columns }: State): SplitPlace {
  return split ?? (columns >= besideFrom ? 'beside' : 'below');
}

/** @param rows how many a list has, whether a filter shows them or not: a list takes no more room than it needs */
export function layoutOf(state: State, rowsOf: (list: ListName) => number): Layout {
  const { columns: width, rows } = state;
  const filtered = Object.entries(state.filters).some(([list, text]) => inView(state, list as ListName) && text !== '');
  const filter = filtered ? { x: 0, y: 1, width, height: 1 } : undefined;
  const y = filtered ? 2 : 1;
  const body: Rect = { x: 0, y, width, height: rows - 1 - y };
  return {
    tabs: { x: 0, y: 0, width, height: 1 },
    filter,
    status: { x: 0, y: rows - 1, width, height: 1 },
    ...arrange(state, rowsOf, body),
  };
}

function inView(state: State, list: ListName): boolean {
  return panesOf[state.view].includes(list);
}

function arrange(state: State, rowsOf: (list: ListName) => number, body: Rect): Pick<Layout, 'panes' | 'divider'> {
  const panes = panesOf[state.view];
  const focus = state.focus[state.view];
  if (state.zoomed || panes.length === 1) return { panes: { [focus]: body }, divider: undefined };
  if (panes.length === 2) return splitOf(state, panes[0]!, rowsOf(panes[0]!), body);
  const height = Math.max(2, Math.min(rowsOf('talks') + 1, Math.floor(body.height / 4)));
  const rest = { ...body, y: body.y + height + 1, height: body.height - height - 1 };
  const below = splitOf(state, 'frames', rowsOf('frames'), rest);
  return { panes: { talks: { ...body, height }, ...below.panes }, divider: below.divider };
}

/** A list and the detail. A detail below has a rule above it: the first row of its rectangle. */
function splitOf(state: State, list: ListName, rows: number, body: Rect): Pick<Layout, 'panes' | 'divider'> {
  const place = splitPlace(state);
  if (place === 'off' && state.focus[state.view] !== 'detail') return { panes: { [list]: body }, divider: undefined };
  if (place === 'beside') {
    const width = between(Math.round(body.width * state.share), 30, body.width - 31);
    return {
      panes: {
        [list]: { ...body, width },
        detail: { ...body, x: body.x + width + 1, width: body.width - width - 1 },
      },
      divider: { x: body.x + width, y: body.y, width: 1, height: body.height },
    };
  }
  const share = between(Math.round(body.height * state.share), leastPane, body.height - leastPane);
  const height = Math.min(share, Math.max(leastPane, rows + 2));
  return {
    panes: {
      [list]: { ...body, height },
      detail: { ...body, y: body.y + height, height: body.height - height },
    },
    divider: undefined,
  };
}

function between(value: number, low: number, high: number): number {
  return Math.max(Math.min(value, high), Math.min(low, high));
}

/** Rows of a pane that show rows of its list: all but the first, which is the header or the title. */
export function shownRows(layout: Layout, list: ListName): number {
  const pane = layout.panes[list];
  return pane === undefined ? 0 : Math.max(1, pane.height - 1);
}

export function paneAt(layout: Layout, x: number, y: number): ListName | undefined {
  for (const [name, pane] of Object.entries(layout.panes) as [ListName, Rect][]) {
    if (x >= pane.x && x < pane.x + pane.width && y >= pane.y && y < pane.y + pane.height) return name;
  }
  return undefined;
}
