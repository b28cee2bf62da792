/**
 * What the person at the keyboard has made of the screen: which view, where the cursors are, what is being typed. Small,
 * immutable, and apart from the data: `update` makes the next state of it, panels draw it.
 */
import type { Ground } from './theme.ts';

export const viewNames = ['exchanges', 'websocket', 'upgrades', 'statistics', 'connections', 'diagnostics'] as const;
export type ViewName = (typeof viewNames)[number];

/** Everything that scrolls. `detail` are the lines of the detail pane, `statistics` those of that view. */
export const listNames = [
  'exchanges', 'talks', 'frames', 'upgrades', 'statistics', 'connections', 'diagnostics', 'detail', 'help',
] as const; // prettier-ignore
export type ListName = (typeof listNames)[number];

/** The panes of each view, in the order that tab goes through them; the first has the keys at the start. */
export const panesOf: Readonly<Record<ViewName, readonly ListName[]>> = {
  exchanges: ['exchanges', 'detail'],
  websocket: ['talks', 'frames', 'detail'],
  upgrades: ['upgrades', 'detail'],
  statistics: ['statistics'],
  connections: ['connections', 'detail'],
  diagnostics: ['diagnostics', 'detail'],
};

export interface Scroll {
  /** Index of the row the cursor is on. */
  readonly at: number;
  /** Index of the first row shown. */
  readonly top: number;
  /** The row itself, which may move to another index; -1 where the list was empty. */
  readonly row: number;
  /** Stay at the end while the list grows. */
  readonly follow: boolean;
}

export type Form = 'decoded' | 'raw' | 'hex' | 'packets';
export const forms: readonly Form[] = ['decoded', 'raw', 'hex', 'packets'];

export type SplitPlace = 'below' | 'beside' | 'off';

export type PromptKind = 'filter' | 'search' | 'command' | 'confirm';

export interface Prompt {
  readonly kind: PromptKind;
  readonly text: string;
  /** Position of the caret in `text`. */
  readonly caret: number;
  /** The completion that is chosen, -1 for none. */
  readonly choice: number;
  /** How far back in the history, 0 for what is being typed. */
  readonly back: number;
  /** What was typed before the history was looked at, or the filter that stood before. */
  readonly before: string;
  /** Of a confirmation: the question, and what is done when the answer is yes. */
  readonly question?: string;
  readonly onYes?: 'quit' | 'clear';
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

export interface Notice {
  readonly text: string;
  readonly kind: 'said' | 'error';
}

export interface State {
  readonly columns: number;
  readonly rows: number;
  readonly view: ViewName;
  /** The pane that has the keys, of each view. */
  readonly focus: Readonly<Record<ViewName, ListName>>;
  readonly scroll: Readonly<Record<ListName, Scroll>>;
  /** Undefined: beside where there is room, else below. */
  readonly split: SplitPlace | undefined;
  /** Share of the list in the split. */
  readonly share: number;
  readonly zoomed: boolean;
  readonly form: Form;
  /** Rows of a conversation: its frames, or its messages. */
  readonly talkRows: 'frames' | 'messages';
  /** Pings and pongs are shown. */
  readonly control: boolean;
  readonly filters: Readonly<Partial<Record<ListName, string>>>;
  readonly sorting: Readonly<Partial<Record<ListName, Sorting>>>;
  /** Columns chosen by the person, by list. */
  readonly chosen: Readonly<Partial<Record<ListName, readonly string[]>>>;
  readonly prompt: Prompt | undefined;
  readonly history: Readonly<Record<'filter' | 'search' | 'command', readonly string[]>>;
  readonly search: string;
  /** The first key of two, as in `gg`; and the number typed before a motion. */
  readonly pending: string;
  readonly count: string;
  /** The digit typed last, when, and the view before it: more digits at once make a number of it. */
  readonly digit: { readonly text: string; readonly at: number; readonly view: ViewName } | undefined;
  readonly help: boolean;
  /** Folded (or unfolded) parts of details, by name. */
  readonly folds: ReadonlySet<string>;
  /** Marked rows, as `list:row`. */
  readonly marks: ReadonlySet<string>;
  readonly mouse: boolean;
  /** Records come as they happen: a pipe, a tap, a file that is followed. */
  readonly live: boolean;
  readonly paused: boolean;
  readonly notice: Notice | undefined;
  /** Chosen by hand, where it was. */
  readonly ground: Ground | undefined;
  /** Where to go back to, from a place that was jumped to. */
  readonly trail: readonly ViewName[];
}

const start: Scroll = { at: 0, top: 0, row: -1, follow: false };

export function initialState(columns: number, rows: number, live = false): State {
  return {
    columns,
    rows,
    view: 'exchanges',
    focus: {
      exchanges: 'exchanges',
      websocket: 'talks',
      upgrades: 'upgrades',
      statistics: 'statistics',
      connections: 'connections',
      diagnostics: 'diagnostics',
    },
    scroll: Object.fromEntries(listNames.map((name) => [name, start])) as Record<ListName, Scroll>,
    split: undefined,
    share: 0.5,
    zoomed: false,
    form: 'decoded',
    talkRows: 'frames',
    control: true,
    filters: {},
    sorting: { diagnostics: { column: 'severity', descending: true } },
    chosen: {},
    prompt: undefined,
    history: { filter: [], search: [], command: [] },
    search: '',
    pending: '',
    count: '',
    digit: undefined,
    help: false,
    folds: new Set(),
    marks: new Set(),
    mouse: true,
    live,
    paused: false,
    notice: undefined,
    ground: undefined,
    trail: [],
  };
}

/** The list whose rows the view is about, and that a filter applies to. */
export function mainList(state: State): ListName {
  if (state.view !== 'websocket') return panesOf[state.view][0]!;
  return state.focus.websocket === 'talks' ? 'talks' : 'frames';
}

export function focusOf(state: State): ListName {
  return state.help ? 'help' : state.focus[state.view];
}

/** What the text pane shows, where the focus is in one. */
export function isText(list: ListName): boolean {
  return list === 'detail' || list === 'statistics' || list === 'help';
}
