/**
 * Event by event, the next state: no terminal, no clock, no data but what `Facts` tells. What has to be done outside
 * (copying, exporting, filtering) is handed back as effects.
 */
import { actionOf, copyChoices, isPrefix, type Action, type CopyWhat } from './keys.ts';
import { layoutOf, least, paneAt, shownRows, splitPlace, type Layout } from './layout.ts';
import { initialState, focusOf, isText, mainList, panesOf, viewNames } from './state.ts';
import type { Form, ListName, Prompt, PromptKind, Scroll, State, ViewName } from './state.ts';
import { runCommand } from './commands.ts';

export interface Facts {
  length(list: ListName): number;
  rowAt(list: ListName, index: number): number;
  /** -1 where the row is not shown. */
  indexOf(list: ListName, row: number): number;
  /** Columns that a list can be ordered by, in their order on the screen. */
  sortable(list: ListName): readonly string[];
  /** Every column a list has. */
  columns(list: ListName): readonly string[];
  /** Rows there are, whether they are shown or filtered out. */
  rows(list: ListName): number;
  /** What opening the row leads to; undefined: its details. */
  place(list: ListName, row: number): Place | undefined;
  /** The next line (or row) with the text searched for, -1 for none. */
  find(list: ListName, text: string, from: number, step: 1 | -1): number;
  /** The part of the details that can be folded at this line. */
  foldAt(line: number): string | undefined;
  /** What completes the prompt's text. */
  completions(prompt: Prompt, list: ListName): Completions;
  /** Sort column under a column of the screen, in a list's header. */
  headerAt(list: ListName, x: number): string | undefined;
  /** View whose tab is at a column of the screen. */
  tabAt(x: number): ViewName | undefined;
  readonly exportName: string;
}

export interface Place {
  readonly view: ViewName;
  readonly list: ListName;
  readonly row: number;
  /** Give the keys to this pane. */
  readonly focus: ListName;
}

export interface Completions {
  readonly start: number;
  readonly end: number;
  readonly items: readonly { readonly text: string; readonly description: string }[];
}

export type Event =
  | { readonly kind: 'key'; readonly name: string; readonly text: string; readonly at: number }
  | {
      readonly kind: 'mouse';
      readonly action: 'press' | 'wheelup' | 'wheeldown';
      readonly x: number;
      readonly y: number;
    }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** The data has changed: cursors stay with their rows. */
  | { readonly kind: 'data' }
  | { readonly kind: 'notice'; readonly text: string; readonly error: boolean };

export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'mouse'; readonly on: boolean }
  | { readonly kind: 'filter'; readonly list: ListName; readonly text: string }
  | { readonly kind: 'sort'; readonly list: ListName }
  | { readonly kind: 'copy'; readonly what: CopyWhat }
  | { readonly kind: 'export'; readonly path: string }
  | { readonly kind: 'clear' };

export interface Next {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Digits that follow one another within this time make one number. */
const digitsWithinMs = 400;
const wheelRows = 3;

export function update(state: State, event: Event, facts: Facts): Next {
  switch (event.kind) {
    case 'key':
      return settle(key({ ...state, notice: undefined }, event, facts), facts);
    case 'mouse':
      return settle(mouse(state, event, facts), facts);
    case 'resize':
      return settle(only({ ...state, columns: event.columns, rows: event.rows }), facts);
    case 'data':
      return settle(only(state), facts);
    case 'notice':
      return only({ ...state, notice: { text: event.text, kind: event.error ? 'error' : 'said' } });
  }
}

export function only(state: State): Next {
  return { state, effects: [] };
}

export function said(state: State, text: string, kind: 'said' | 'error' = 'said'): Next {
  return only({ ...state, notice: { text, kind } });
}

// --- keys ------------------------------------------------------------------------------------------------------------

function key(state: State, event: { name: string; text: string; at: number }, facts: Facts): Next {
  if (tooSmall(state)) return 'qQ'.includes(event.name) || event.name === 'C-c' ? quit(state) : only(state);
  if (state.prompt !== undefined) return promptKey(state, state.prompt, event, facts);
  if (state.pending === 'y') return copyKey({ ...state, pending: '' }, event.name);
  if (/^\d$/.test(event.name) && state.pending === '') return only(digitKey(state, event));
  const counted = withCount(state, event);
  if (counted.pending === '' && isPrefix(event.name)) return only({ ...counted, pending: event.name });
  const action = actionOf(counted.pending + event.name, counted, focusOf(counted));
  const count = counted.count === '' ? undefined : Number(counted.count);
  const ready: State = { ...counted, pending: '', count: '', digit: undefined };
  return action === undefined ? only(ready) : perform(ready, action, count, facts);
}

/** One to six go to a view; digits that follow one another at once are remembered, for a motion that may follow. */
function digitKey(state: State, { name, at }: { name: string; at: number }): State {
  const { digit } = state;
  const goesOn = digit !== undefined && at - digit.at < digitsWithinMs;
  const remembered = goesOn
    ? { ...digit, text: (digit.text + name).slice(0, 9), at }
    : { text: name, at, view: state.view };
  const view = viewNames[Number(name) - 1];
  const there = view === undefined || isNumber(remembered.text) ? state : toView(state, view);
  return { ...there, digit: remembered };
}

/** No view's digit begins it. */
function isNumber(digits: string): boolean {
  return /^[7-9]/.test(digits);
}

/** Before a motion the digits are a number after all, in the view they were typed in. */
function withCount(state: State, { name, at }: { name: string; at: number }): State {
  const { digit } = state;
  if (digit === undefined || !/^(?:[jkgG]|up|down|pageup|pagedown)$/.test(name)) return state;
  const number = isNumber(digit.text) || (digit.text.length > 1 && at - digit.at < digitsWithinMs);
  return number ? { ...state, view: digit.view, count: digit.text, digit: undefined } : { ...state, digit: undefined };
}

function copyKey(state: State, name: string): Next {
  const choice = copyChoices[name];
  if (choice === undefined) return only(state);
  return { state, effects: [{ kind: 'copy', what: choice.what }] };
}

function quit(state: State): Next {
  return { state, effects: [{ kind: 'quit' }] };
}

const formOf: Partial<Record<Action, Form>> = { decoded: 'decoded', raw: 'raw', hex: 'hex', packets: 'packets' };

export function perform(state: State, action: Action, count: number | undefined, facts: Facts): Next {
  const focus = focusOf(state);
  const shown = shownRows(layoutOf(state, (list) => facts.rows(list)), focus);
  const page = state.help ? state.rows - 4 : shown;
  const form = formOf[action];
  if (form !== undefined) return only(toTop({ ...state, form: state.form === form ? 'decoded' : form }, 'detail'));
  switch (action) {
    case 'down':
      return only(moved(state, focus, count ?? 1, facts));
    case 'up':
      return only(moved(state, focus, -(count ?? 1), facts));
    case 'page-down':
      return only(moved(state, focus, page * (count ?? 1), facts, true));
    case 'page-up':
      return only(moved(state, focus, -page * (count ?? 1), facts, true));
    case 'half-down':
      return only(moved(state, focus, Math.ceil(page / 2), facts));
    case 'half-up':
      return only(moved(state, focus, -Math.ceil(page / 2), facts));
    case 'top':
      return only(movedTo(state, focus, count === undefined ? 0 : count - 1, facts));
    case 'bottom':
      return only(movedTo(state, focus, count === undefined ? Infinity : count - 1, facts));
    case 'view-1': case 'view-2': case 'view-3': case 'view-4': case 'view-5': case 'view-6':
      return only(toView(state, viewNames[Number(action.slice(5)) - 1]!));
    case 'next-pane':
      return only(otherPane(state, 1));
    case 'previous-pane':
      return only(otherPane(state, -1));
    case 'into':
      return only(into(state));
    case 'out':
      return only(out(state));
    case 'open':
      return open(state, facts);
    case 'back':
      return back(state);
    case 'close':
      return only({ ...state, help: false });
    case 'quit-now':
      return quit(state);
    case 'interrupt':
      return state.help || state.zoomed ? back(state) : confirm(state, 'quit wirescope?', 'quit');
    case 'slash':
      return isText(focus) ? only(prompt(state, 'search', '')) : only(filterPrompt(state));
    case 'filter':
      return state.view === 'statistics' ? said(state, 'there is no list here to filter') : only(filterPrompt(state));
    case 'next-hit':
      return hit(state, 1, facts);
    case 'previous-hit':
      return hit(state, -1, facts);
    case 'command':
      return only(prompt(state, 'command', ''));
    case 'help':
      return only(toTop({ ...state, help: !state.help }, 'help'));
    case 'follow':
      return follow(state, facts);
    case 'pause':
      return said({ ...state, paused: !state.paused }, state.paused ? 'going on' : 'paused; space goes on');
    case 'order':
      return order(state, facts);
    case 'reverse':
      return reverse(state, facts);
    case 'mark':
      return only(mark(state, focus, facts));
    case 'next-mark':
      return nextMark(state, focus, facts);
    case 'layout':
      return only(nextSplit(state));
    case 'wider':
      return only({ ...state, share: Math.min(0.85, state.share + 0.05) });
    case 'narrower':
      return only({ ...state, share: Math.max(0.15, state.share - 0.05) });
    case 'zoom':
      return only({ ...state, zoomed: !state.zoomed });
    case 'copy':
      return only({ ...state, pending: 'y' });
    case 'export':
      return only(prompt(state, 'command', `export ${facts.exportName}`));
    case 'clear':
      return confirm(state, 'clear all that is over?', 'clear');
    case 'mouse':
      return { state: { ...state, mouse: !state.mouse }, effects: [{ kind: 'mouse', on: !state.mouse }] };
    case 'frames':
      return only({ ...state, talkRows: state.talkRows === 'frames' ? 'messages' : 'frames' });
    case 'control':
      return only({ ...state, control: !state.control });
    case 'fold':
      return only(fold(state, facts));
    case 'redraw':
      return { state, effects: [{ kind: 'redraw' }] };
    case 'suspend':
      return { state, effects: [{ kind: 'suspend' }] };
    default:
      return only(state);
  }
} // prettier-ignore

// --- cursors ---------------------------------------------------------------------------------------------------------

function withScroll(state: State, list: ListName, scroll: Scroll): State {
  return { ...state, scroll: { ...state.scroll, [list]: scroll } };
}

/** @param scrolls the rows shown move by as much, where they can */
function moved(state: State, list: ListName, by: number, facts: Facts, scrolls = false): State {
  const scroll = state.scroll[list];
  const next = movedTo(state, list, scroll.at + by, facts);
  if (!scrolls) return next;
  return withScroll(next, list, { ...next.scroll[list], top: Math.max(0, scroll.top + by) });
}

export function movedTo(state: State, list: ListName, index: number, facts: Facts): State {
  const last = facts.length(list) - 1;
  const at = Math.max(0, Math.min(index, last));
  const scroll = state.scroll[list];
  const next = withScroll(state, list, {
    at,
    top: scroll.top,
    row: last < 0 ? -1 : facts.rowAt(list, at),
    // To leave the end is to stop following; to come back to it by hand is not to start.
    follow: scroll.follow && at === last,
  });
  return list === 'detail' || next.scroll[list].row === scroll.row ? next : detailFromTop(next, list);
}

/** Another row is selected: its details are read from their beginning. */
function detailFromTop(state: State, list: ListName): State {
  const above = list === 'talks' ? toTop(state, 'frames') : state;
  return toTop(above, 'detail');
}

function toTop(state: State, list: ListName): State {
  return withScroll(state, list, { ...state.scroll[list], at: 0, top: 0, row: -1 });
}

/** Keeps every cursor on its row, inside its list, and on the screen. */
function settle(next: Next, facts: Facts): Next {
  let { state } = next;
  const layout = layoutOf(state, (list) => facts.rows(list));
  for (const list of state.help ? (['help'] as const) : panesOf[state.view]) {
    state = withScroll(state, list, settled(state, list, layout, facts));
  }
  return { ...next, state };
}

function settled(state: State, list: ListName, layout: Layout, facts: Facts): Scroll {
  const scroll = state.scroll[list];
  const length = facts.length(list);
  const shown = state.help ? Math.max(1, state.rows - 4) : shownRows(layout, list);
  let { at, row } = scroll;
  let top = scroll.top;
  if (scroll.follow) at = length - 1;
  else if (row >= 0 && !isText(list) && facts.rowAt(list, at) !== row) {
    const found = facts.indexOf(list, row);
    if (found >= 0) {
      // The row has moved: the screen moves with it.
      top += found - at;
      at = found;
    }
  }
  at = Math.max(0, Math.min(at, length - 1));
  row = length === 0 ? -1 : facts.rowAt(list, at);
  if (shown > 0) {
    const margin = shown > 8 && !scroll.follow ? 1 : 0;
    top = Math.max(at - shown + 1 + (at < length - 1 ? margin : 0), Math.min(top, at - (at > 0 ? margin : 0)));
    top = Math.max(0, Math.min(top, length - shown));
  }
  const same = at === scroll.at && top === scroll.top && row === scroll.row;
  return same ? scroll : { ...scroll, at, top, row };
}

// --- panes and views -------------------------------------------------------------------------------------------------

export function toView(state: State, view: ViewName): State {
  return { ...state, view, help: false, zoomed: view === state.view && state.zoomed, trail: [] };
}

function focusOn(state: State, pane: ListName): State {
  return { ...state, focus: { ...state.focus, [state.view]: pane } };
}

function otherPane(state: State, step: 1 | -1): State {
  const panes = panesOf[state.view];
  const at = panes.indexOf(state.focus[state.view]);
  return focusOn(state, panes[(at + step + panes.length) % panes.length]!);
}

function into(state: State): State {
  const panes = panesOf[state.view];
  const at = panes.indexOf(state.focus[state.view]);
  return at + 1 < panes.length ? focusOn(state, panes[at + 1]!) : state;
}

function out(state: State): State {
  const panes = panesOf[state.view];
  const at = panes.indexOf(state.focus[state.view]);
  return at > 0 ? focusOn(state, panes[at - 1]!) : state;
}

function open(state: State, facts: Facts): Next {
  const focus = focusOf(state);
  if (focus === 'help') return only({ ...state, help: false });
  if (focus === 'detail') {
    const line = state.scroll.detail.at;
    return facts.foldAt(line) === undefined ? perform(state, 'packets', undefined, facts) : only(fold(state, facts));
  }
  const place = facts.place(focus, state.scroll[focus].row);
  if (place === undefined) return only(into(state));
  return only(jump(state, place, facts));
}

/** Goes to a row of another view; `back` returns. */
export function jump(state: State, { view, list, row, focus }: Place, facts: Facts): State {
  const there: State = {
    ...state,
    view,
    zoomed: false,
    trail: view === state.view ? state.trail : [...state.trail, state.view],
    focus: { ...state.focus, [view]: focus },
  };
  const index = facts.indexOf(list, row);
  const scroll: Scroll = { ...there.scroll[list], at: Math.max(0, index), row, follow: false };
  const next = detailFromTop(withScroll(there, list, scroll), list);
  return index >= 0 ? next : { ...next, notice: { text: 'that row is filtered out', kind: 'error' } };
}

function back(state: State): Next {
  if (state.help) return only({ ...state, help: false });
  if (state.pending !== '' || state.count !== '') return only({ ...state, pending: '', count: '' });
  if (state.zoomed) return only({ ...state, zoomed: false });
  const panes = panesOf[state.view];
  const focus = focusOf(state);
  if (!isText(focus) && (state.filters[focus] ?? '') !== '') return applyFilter(state, focus, '');
  if (focus !== panes[0]) return only(out(state));
  const before = state.trail.at(-1);
  if (before !== undefined) return only({ ...state, view: before, trail: state.trail.slice(0, -1) });
  return confirm(state, 'quit wirescope?', 'quit');
}

function nextSplit(state: State): State {
  const order = ['below', 'beside', 'off'] as const;
  const split = order[(order.indexOf(splitPlace(state)) + 1) % order.length]!;
  const focus = split === 'off' ? { ...state.focus, [state.view]: panesOf[state.view][0]! } : state.focus;
  return { ...state, split, focus, zoomed: false };
}

// --- rows ------------------------------------------------------------------------------------------------------------

function follow(state: State, facts: Facts): Next {
  const focus = focusOf(state);
  const list = isText(focus) ? mainList(state) : focus;
  const on = !state.scroll[list].follow;
  const next = withScroll(state, list, { ...state.scroll[list], follow: on });
  return said(on ? movedTo(withScroll(next, list, { ...next.scroll[list], follow: true }), list, Infinity, facts) : next,
    on ? 'following the end' : 'no longer following'); // prettier-ignore
}

function order(state: State, facts: Facts): Next {
  const list = focusOf(state);
  const columns = facts.sortable(list);
  if (columns.length === 0) return said(state, 'this list has one order only');
  const now = state.sorting[list];
  const next = now === undefined ? 0 : columns.indexOf(now.column) + 1;
  return sortBy(state, list, columns[next]);
}

/** @param column undefined: the order in which things happened */
export function sortBy(state: State, list: ListName, column: string | undefined, descending?: boolean): Next {
  const { [list]: now, ...others } = state.sorting;
  const largestFirst = descending ?? (now?.column === column ? !now?.descending : startsLarge.has(column ?? ''));
  const sorting = column === undefined ? others : { ...others, [list]: { column, descending: largestFirst } };
  const text = column === undefined ? 'in order of time' : `by ${column}${largestFirst ? ', largest first' : ''}`;
  return { state: { ...state, sorting, notice: { text, kind: 'said' } }, effects: [{ kind: 'sort', list }] };
}

/** Columns of which the largest is what people look for. */
const startsLarge = new Set(['duration', 'size', 'wait', 'status', 'frames', 'messages', 'bytes', 'retransmits', 'missing', 'severity', 'exchanges', 'rtt', 'length']); // prettier-ignore

function reverse(state: State, facts: Facts): Next {
  const list = focusOf(state);
  const now = state.sorting[list];
  if (now !== undefined) return sortBy(state, list, now.column, !now.descending);
  const first = facts.sortable(list)[0];
  return first === undefined ? said(state, 'this list has one order only') : sortBy(state, list, first, true);
}

function mark(state: State, list: ListName, facts: Facts): State {
  const { row } = state.scroll[list];
  if (row < 0) return state;
  const marks = new Set(state.marks);
  const name = `${list}:${row}`;
  if (!marks.delete(name)) marks.add(name);
  return moved({ ...state, marks }, list, 1, facts);
}

function nextMark(state: State, list: ListName, facts: Facts): Next {
  const { at } = state.scroll[list];
  const places = [...state.marks]
    .filter((name) => name.startsWith(`${list}:`))
    .map((name) => facts.indexOf(list, Number(name.slice(list.length + 1))))
    .filter((index) => index >= 0)
    .toSorted((a, b) => a - b);
  const next = places.find((index) => index > at) ?? places[0];
  return next === undefined ? said(state, 'no row is marked; m marks one') : only(movedTo(state, list, next, facts));
}

function fold(state: State, facts: Facts): State {
  const name = facts.foldAt(state.scroll.detail.at);
  if (name === undefined) return state;
  const folds = new Set(state.folds);
  if (!folds.delete(name)) folds.add(name);
  return { ...state, folds };
}

function hit(state: State, step: 1 | -1, facts: Facts): Next {
  if (state.search === '') return said(state, 'nothing has been searched for; / searches');
  const focus = focusOf(state);
  const list = focus;
  const at = facts.find(list, state.search, state.scroll[list].at + step, step);
  if (at < 0) return said(state, `"${state.search}" was not found`, 'error');
  return only(movedTo(state, list, at, facts));
}

// --- prompts ---------------------------------------------------------------------------------------------------------

function prompt(state: State, kind: PromptKind, text: string): State {
  const made: Prompt = { kind, text, caret: text.length, choice: -1, back: 0, before: text };
  return { ...state, prompt: made };
}

function filterPrompt(state: State): State {
  const focus = focusOf(state);
  const list = isText(focus) ? mainList(state) : focus;
  return prompt(focusOn(state, list), 'filter', state.filters[list] ?? '');
}

function confirm(state: State, question: string, onYes: 'quit' | 'clear'): Next {
  const made: Prompt = { kind: 'confirm', text: '', caret: 0, choice: -1, back: 0, before: '', question, onYes };
  return only({ ...state, prompt: made });
}

function promptKey(state: State, now: Prompt, { name, text }: { name: string; text: string }, facts: Facts): Next {
  if (now.kind === 'confirm') return answer({ ...state, prompt: undefined }, now, name);
  const list = mainList(state);
  switch (name) {
    case 'enter':
      return submit({ ...state, prompt: undefined }, now, list, facts);
    case 'escape':
    case 'C-c':
      return cancel({ ...state, prompt: undefined }, now, list);
    case 'tab':
    case 'S-tab':
      return edited(state, completed(now, name === 'tab' ? 1 : -1, list, facts), list);
    case 'up':
    case 'down':
      return edited(state, recalled(state, now, name === 'up' ? 1 : -1), list);
    default:
      return edited(state, typed(now, name, text), list);
  }
}

function answer(state: State, { onYes }: Prompt, name: string): Next {
  const yes = name === 'y' || name === 'enter' || name === 'q' || name === 'C-c' || name === 'Y';
  if (!yes) return only(state);
  return { state, effects: [{ kind: onYes === 'clear' ? 'clear' : 'quit' }] };
}

/** The filter applies while it is typed. */
function edited(state: State, next: Prompt, list: ListName): Next {
  const changed = next.text !== state.prompt?.text;
  const effects: Effect[] = next.kind === 'filter' && changed ? [{ kind: 'filter', list, text: next.text }] : [];
  return { state: { ...state, prompt: next }, effects };
}

function typed(now: Prompt, name: string, text: string): Prompt {
  const { caret } = now;
  const put = (value: string, at: number): Prompt => ({ ...now, text: value, caret: at, choice: -1, back: 0 });
  const before = now.text.slice(0, caret);
  const after = now.text.slice(caret);
  switch (name) {
    case 'backspace': {
      const shorter = Array.from(before).slice(0, -1).join('');
      return put(shorter + after, shorter.length);
    }
    case 'delete':
      return put(before + Array.from(after).slice(1).join(''), caret);
    case 'left': case 'C-b':
      return { ...now, caret: Array.from(before).slice(0, -1).join('').length };
    case 'right': case 'C-f':
      return { ...now, caret: caret + (Array.from(after)[0]?.length ?? 0) };
    case 'home': case 'C-a':
      return { ...now, caret: 0 };
    case 'end': case 'C-e':
      return { ...now, caret: now.text.length };
    case 'C-u':
      return put(after, 0);
    case 'C-k':
      return put(before, caret);
    case 'C-w': {
      const shorter = before.replace(/\S+\s*$/, '');
      return put(shorter + after, shorter.length);
    }
    default:
      return text === '' ? now : put(before + text + after, caret + text.length);
  }
} // prettier-ignore

function completed(now: Prompt, step: 1 | -1, list: ListName, facts: Facts): Prompt {
  // Going through the choices, each replaces the one before it.
  const source = now.choice < 0 ? now : { ...now, text: now.before, caret: now.before.length };
  const { start, end, items } = facts.completions(source, list);
  if (items.length === 0) return now;
  const choice = now.choice < 0 ? (step > 0 ? 0 : items.length - 1) : (now.choice + step + items.length) % items.length;
  const item = items[choice]!;
  const text = source.text.slice(0, start) + item.text + source.text.slice(end);
  return { ...now, text, caret: start + item.text.length, choice, before: source.text };
}

function recalled(state: State, now: Prompt, step: 1 | -1): Prompt {
  const past = now.kind === 'confirm' ? [] : state.history[now.kind];
  const back = Math.max(0, Math.min(now.back + step, past.length));
  if (back === now.back) return now;
  const before = now.back === 0 ? now.text : now.before;
  const text = back === 0 ? before : past[past.length - back]!;
  return { ...now, text, caret: text.length, back, before, choice: -1 };
}

function cancel(state: State, now: Prompt, list: ListName): Next {
  if (now.kind !== 'filter') return only(state);
  return { state, effects: [{ kind: 'filter', list, text: state.filters[list] ?? '' }] };
}

function submit(state: State, now: Prompt, list: ListName, facts: Facts): Next {
  if (now.kind === 'confirm') return only(state);
  const text = now.text.trim();
  const past = state.history[now.kind].filter((each) => each !== text);
  const remembered = text === '' ? state.history : { ...state.history, [now.kind]: [...past, text].slice(-50) };
  const next: State = { ...state, history: remembered };
  if (now.kind === 'filter') return applyFilter(next, list, text);
  if (now.kind === 'command') return runCommand(next, text, facts);
  if (text === '') return only(next);
  const focus = focusOf(next);
  const at = facts.find(focus, text, next.scroll[focus].at, 1);
  const searching: State = { ...next, search: text };
  return at < 0 ? said(searching, `"${text}" was not found`, 'error') : only(movedTo(searching, focus, at, facts));
}

export function applyFilter(state: State, list: ListName, text: string): Next {
  return {
    state: { ...state, filters: { ...state.filters, [list]: text } },
    effects: [{ kind: 'filter', list, text }],
  };
}

// --- mouse -----------------------------------------------------------------------------------------------------------

function mouse(state: State, event: Extract<Event, { kind: 'mouse' }>, facts: Facts): Next {
  if (tooSmall(state) || state.prompt !== undefined) return only(state);
  const { action, x, y } = event;
  if (state.help) {
    if (action === 'press') return only({ ...state, help: false });
    return only(moved(state, 'help', action === 'wheelup' ? -wheelRows : wheelRows, facts, true));
  }
  const layout = layoutOf(state, (list) => facts.rows(list));
  if (y === 0 && action === 'press') {
    const view = facts.tabAt(x);
    return only(view === undefined ? state : toView(state, view));
  }
  const pane = paneAt(layout, x, y);
  if (pane === undefined) return only(state);
  if (action !== 'press') return only(moved(state, pane, action === 'wheelup' ? -wheelRows : wheelRows, facts, true));
  const row = y - layout.panes[pane]!.y - 1;
  const focused = focusOn(state, pane);
  if (row < 0) return header(focused, pane, x, facts);
  const index = state.scroll[pane].top + row;
  if (index >= facts.length(pane)) return only(focused);
  // A second click on the row the cursor is on opens it.
  const again = state.focus[state.view] === pane && index === state.scroll[pane].at;
  return again ? open(focused, facts) : only(movedTo(focused, pane, index, facts));
}

function header(state: State, pane: ListName, x: number, facts: Facts): Next {
  const column = facts.headerAt(pane, x);
  return column === undefined ? only(state) : sortBy(state, pane, column);
}

export function tooSmall({ columns, rows }: Pick<State, 'columns' | 'rows'>): boolean {
  return columns < least.columns || rows < least.rows;
}

export { initialState };
