/**
 * The keys, as tables: what `update` looks up, what help lists. A key is named as the screen names it: the character, or
 * `enter`, `pageup`, `C-d`, `S-tab`.
 */
import { isText, type ListName, type State } from './state.ts';

export type Action =
  | 'down' | 'up' | 'page-down' | 'page-up' | 'half-down' | 'half-up' | 'top' | 'bottom'
  | 'next-pane' | 'previous-pane' | 'into' | 'out' | 'open' | 'back' | 'quit-now' | 'close'
  | 'view-1' | 'view-2' | 'view-3' | 'view-4' | 'view-5' | 'view-6'
  | 'slash' | 'filter' | 'next-hit' | 'previous-hit' | 'command' | 'help'
  | 'follow' | 'pause' | 'order' | 'reverse' | 'mark' | 'next-mark' | 'layout' | 'wider' | 'narrower' | 'zoom'
  | 'copy' | 'export' | 'clear' | 'mouse' | 'decoded' | 'raw' | 'hex' | 'packets' | 'frames' | 'control' | 'fold'
  | 'redraw' | 'suspend' | 'interrupt'; // prettier-ignore

export interface Binding {
  readonly keys: readonly string[];
  readonly action: Action;
  /** One line for help. */
  readonly help: string;
  readonly group: 'move' | 'views' | 'rows' | 'text' | 'find' | 'session';
  /** Where it applies; everywhere, where left out. */
  readonly where?: (state: State, focus: ListName) => boolean;
}

const onList = (_: State, focus: ListName): boolean => !isText(focus);
const onDetail = (_: State, focus: ListName): boolean => focus === 'detail';
const withDetail = ({ view }: State): boolean => view !== 'statistics';
const onTalk = ({ view }: State): boolean => view === 'websocket';

// prettier-ignore
export const bindings: readonly Binding[] = [
  { keys: ['j', 'down'], action: 'down', group: 'move', help: 'next row; 12j goes twelve down' },
  { keys: ['k', 'up'], action: 'up', group: 'move', help: 'row before' },
  { keys: ['pagedown', 'C-f'], action: 'page-down', group: 'move', help: 'a page down' },
  { keys: ['space'], action: 'page-down', group: 'move', help: 'a page down', where: ({ live }) => !live },
  { keys: ['space'], action: 'pause', group: 'session', help: 'pause, and go on', where: ({ live }) => live },
  { keys: ['pageup', 'C-b'], action: 'page-up', group: 'move', help: 'a page up' },
  { keys: ['C-d'], action: 'half-down', group: 'move', help: 'half a page down' },
  { keys: ['C-u'], action: 'half-up', group: 'move', help: 'half a page up' },
  { keys: ['gg', 'home'], action: 'top', group: 'move', help: 'first row' },
  { keys: ['G', 'end'], action: 'bottom', group: 'move', help: 'last row; 42G goes to row 42, as does :42' },
  { keys: ['tab'], action: 'next-pane', group: 'move', help: 'next pane' },
  { keys: ['S-tab'], action: 'previous-pane', group: 'move', help: 'pane before' },
  { keys: ['l', 'right'], action: 'into', group: 'move', help: 'into the details' },
  { keys: ['h', 'left'], action: 'out', group: 'move', help: 'back to the list' },
  { keys: ['1'], action: 'view-1', group: 'views', help: 'exchanges: requests and responses' },
  { keys: ['2'], action: 'view-2', group: 'views', help: 'WebSocket: conversations, frame by frame' },
  { keys: ['3'], action: 'view-3', group: 'views', help: 'upgrade handshakes, checked' },
  { keys: ['4'], action: 'view-4', group: 'views', help: 'statistics: status codes, latency, throughput' },
  { keys: ['5'], action: 'view-5', group: 'views', help: 'connections and their health' },
  { keys: ['6'], action: 'view-6', group: 'views', help: 'diagnostics: what is wrong' },
  { keys: ['enter'], action: 'open', group: 'rows', help: 'open: the details, the conversation, the place' },
  { keys: ['escape', 'q', 'backspace'], action: 'back', group: 'session', help: 'back; asks before it quits' },
  { keys: ['Q'], action: 'quit-now', group: 'session', help: 'quit at once' },
  { keys: ['/'], action: 'slash', group: 'find', help: 'filter a list, search a text' },
  { keys: ['f'], action: 'filter', group: 'find', help: 'filter the list' },
  { keys: ['n'], action: 'next-hit', group: 'find', help: 'next hit of the search' },
  { keys: ['N'], action: 'previous-hit', group: 'find', help: 'hit before' },
  { keys: ['o'], action: 'order', group: 'rows', help: 'order by the next column', where: onList },
  { keys: ['v'], action: 'reverse', group: 'rows', help: 'reverse the order', where: onList },
  { keys: ['m'], action: 'mark', group: 'rows', help: 'mark the row, or take the mark off', where: onList },
  { keys: ["'"], action: 'next-mark', group: 'rows', help: 'jump to the next mark', where: onList },
  { keys: ['F'], action: 'follow', group: 'rows', help: 'follow the end while it grows' },
  { keys: ['w'], action: 'frames', group: 'rows', help: 'frames or whole messages', where: onTalk },
  { keys: ['i'], action: 'control', group: 'rows', help: 'hide or show pings and pongs', where: onTalk },
  { keys: ['d'], action: 'decoded', group: 'text', help: 'decoded: JSON, forms, text by its charset', where: withDetail },
  { keys: ['r'], action: 'raw', group: 'text', help: 'raw: as sent', where: withDetail },
  { keys: ['x'], action: 'hex', group: 'text', help: 'hex dump', where: withDetail },
  { keys: ['p'], action: 'packets', group: 'text', help: 'the packets it came in, and their bytes', where: withDetail },
  { keys: ['c'], action: 'fold', group: 'text', help: 'fold or unfold here (enter does, too)', where: onDetail },
  { keys: ['|'], action: 'layout', group: 'views', help: 'details below, beside, or hidden', where: withDetail },
  { keys: ['+', '='], action: 'wider', group: 'views', help: 'more room for the list', where: withDetail },
  { keys: ['-'], action: 'narrower', group: 'views', help: 'less room for the list', where: withDetail },
  { keys: ['\\'], action: 'zoom', group: 'views', help: 'this pane alone, and back', where: withDetail },
  { keys: ['y'], action: 'copy', group: 'rows', help: 'copy: then p path, u URL, b body, c curl command, j JSON' },
  { keys: ['e'], action: 'export', group: 'session', help: 'export what the filter shows' },
  { keys: ['z'], action: 'clear', group: 'session', help: 'clear all that is over, and its memory; asks', where: ({ live }) => live },
  { keys: ['M'], action: 'mouse', group: 'session', help: 'mouse off, so that the terminal selects text; and on' },
  { keys: [':'], action: 'command', group: 'session', help: 'command line; tab completes' },
  { keys: ['?', 'f1'], action: 'help', group: 'session', help: 'this help' },
  { keys: ['C-l'], action: 'redraw', group: 'session', help: 'draw the screen anew' },
  { keys: ['C-z'], action: 'suspend', group: 'session', help: 'to the shell; fg comes back' },
  { keys: ['C-c'], action: 'interrupt', group: 'session', help: 'leave what is going on; twice quits' },
];

const byKey = new Map<string, Binding[]>();
for (const binding of bindings) {
  for (const key of binding.keys) byKey.set(key, [...(byKey.get(key) ?? []), binding]);
}
/** First keys of sequences of two. */
const prefixes = new Set(
  bindings.flatMap(({ keys }) => keys.filter((key) => /^[a-z]{2}$/.test(key)).map((key) => key[0]!)),
);

/** The action a key (or two, joined) stands for here. */
export function actionOf(key: string, state: State, focus: ListName): Action | undefined {
  return byKey.get(key)?.find(({ where }) => where === undefined || where(state, focus))?.action;
}

export function isPrefix(key: string): boolean {
  return prefixes.has(key);
}

/** What `y` may be followed by. */
export const copyChoices: Readonly<Record<string, { readonly what: CopyWhat; readonly label: string }>> = {
  p: { what: 'path', label: 'path' },
  u: { what: 'url', label: 'URL' },
  b: { what: 'body', label: 'body' },
  c: { what: 'curl', label: 'curl command' },
  j: { what: 'json', label: 'JSON' },
  y: { what: 'row', label: 'row' },
};
export type CopyWhat = 'path' | 'url' | 'body' | 'curl' | 'json' | 'row';
