/** The lines around the panes: tabs, the filter that applies, the status line, prompts and what completes them. */
import { cellWidth, cut, left } from '../../insight/cells.ts';
import { bytesText, countText, shareText } from '../../insight/units.ts';
import { printable } from '../../core/printable.ts';
import { copyChoices } from '../keys.ts';
import { complete, FilterError, tryFilter } from '../filtering.ts';
import { focusOf, isText, mainList, panesOf, viewNames, type ListName, type State, type ViewName } from '../state.ts';
import { behind, line, lineWidth, span, spread, type Line, type Span } from '../styled.ts';
import type { Completions } from '../update.ts';
import type { TableName, World } from '../world.ts';

// --- tabs ------------------------------------------------------------------------------------------------------------

const titles: Readonly<Record<ViewName, readonly [long: string, short: string]>> = {
  exchanges: ['Exchanges', 'HTTP'],
  websocket: ['WebSocket', 'WS'],
  upgrades: ['Upgrades', 'Upgr'],
  statistics: ['Statistics', 'Stats'],
  connections: ['Connections', 'Conn'],
  diagnostics: ['Diagnostics', 'Diag'],
};

export interface Tab {
  readonly view: ViewName;
  readonly x: number;
  readonly width: number;
  readonly spans: readonly Span[];
}

/** As long as there is room for. */
export function tabsOf(world: World, state: State): readonly Tab[] {
  for (const [length, counts] of [[0, true], [0, false], [1, true], [1, false]] as const) {
    const tabs = makeTabs(world, state, length, counts);
    const last = tabs.at(-1)!;
    if (last.x + last.width <= state.columns || (length === 1 && !counts)) return tabs;
  }
  return [];
} // prettier-ignore

function makeTabs(world: World, state: State, length: 0 | 1, counts: boolean): Tab[] {
  let x = 0;
  return viewNames.map((view, i) => {
    const active = state.view === view;
    const back = active ? ('tab' as const) : ('bar' as const);
    const count = counts ? countOf(world, view) : undefined;
    const worst = view === 'diagnostics' && (count ?? 0) > 0;
    const parts: Span[] = [
      { text: ` ${i + 1} `, style: active ? 'active' : 'key', back },
      { text: titles[view][length], style: active ? 'strong' : 'dim', back },
      { text: count === undefined || count === 0 ? ' ' : ` ${shortCount(count)} `, style: worst ? 'warn' : 'faint', back },
    ];
    const width = parts.reduce((sum, { text }) => sum + cellWidth(text), 0);
    const tab = { view, x, width, spans: parts };
    x += width;
    return tab;
  });
} // prettier-ignore

function countOf({ timeline }: World, view: ViewName): number | undefined {
  switch (view) {
    case 'exchanges':
      return timeline.exchanges.kept - timeline.exchanges.orphans;
    case 'websocket':
      return timeline.conversations.kept;
    case 'upgrades':
      return timeline.upgrades.kept;
    case 'connections':
      return timeline.connections.kept;
    case 'diagnostics':
      return timeline.diagnostics.kept;
    case 'statistics':
      return undefined;
  }
}

function shortCount(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1e6 ? `${Math.floor(count / 1000)}k` : `${(count / 1e6).toFixed(1)}M`;
}

export function tabLine(world: World, state: State): Line {
  const tabs = tabsOf(world, state);
  const used = tabs.reduce((sum, { width }) => sum + width, 0);
  const room = state.columns - used - 2;
  const name = room >= 8 ? cut(printable(world.reading.name.replace(/^.*\//, '')), room) : '';
  return behind(spread(tabs.flatMap(({ spans }) => spans), [span(name, 'dim'), span(name === '' ? '' : ' ')], state.columns), 'bar');
} // prettier-ignore

// --- the filter that applies -----------------------------------------------------------------------------------------

export function filterLine(world: World, state: State): Line {
  const list = filteredList(state);
  const { matching, total, done } = world.queries[list];
  const text = printable(state.filters[list] ?? '');
  const again = world.reading.again === undefined ? '' : 'reading the capture again … ';
  const counts = `${again}${done < 1 ? '… ' : ''}${countText(matching)} of ${countText(total)} `;
  return behind(spread([span(' filter ', 'key'), span(text)], [span(counts, 'accent'), span('esc clears ', 'faint')], state.columns), 'prompt');
} // prettier-ignore

/** The list of this view whose filter is shown. */
function filteredList(state: State): TableName {
  const focus = focusOf(state);
  const own = isText(focus) ? mainList(state) : focus;
  const filtered = (list: ListName): boolean => (state.filters[list] ?? '') !== '';
  return (filtered(own) ? own : (panesOf[state.view].find(filtered) ?? own)) as TableName;
}

// --- status and prompts ----------------------------------------------------------------------------------------------

export function statusLine(world: World, state: State): Line {
  if (state.prompt !== undefined) return promptLine(world, state);
  const { columns: width, notice } = state;
  if (state.pending === 'y') {
    const choices = Object.entries(copyChoices).flatMap(([key, { label }]) => [span(` ${key} `, 'key'), span(label, 'dim')]);
    return behind(spread([span(' copy: ', 'accent'), ...choices], [], width), 'bar');
  }
  if (state.count !== '') return behind(spread([span(` ${state.count}`, 'accent')], [], width), 'bar');
  const text = notice === undefined ? undefined : span(' ' + printable(notice.text), notice.kind === 'error' ? 'error' : 'accent');
  const left = text === undefined ? readingSpans(world, state) : [text];
  return behind(spread(left, hintSpans(state, width - Math.min(36, lineWidth({ spans: left })) - 2), width), 'bar');
} // prettier-ignore

/** As many hints as there is room for, the last ones first: help and the way out. */
function hintSpans(state: State, room: number): Span[] {
  let spans: Span[] = [span(' ')];
  for (const [key, what] of hintsOf(state).toReversed()) {
    const more = [span(` ${key} `, 'key'), span(what, 'dim'), ...spans];
    if (lineWidth({ spans: more }) > room) break;
    spans = more;
  }
  return spans;
}

function readingSpans({ reading, timeline }: World, state: State): Span[] {
  if (reading.failure !== undefined) return [span(` ${printable(reading.failure)}`, 'error')];
  const { gone } = timeline.exchanges;
  const left = gone === 0 ? '' : `  ${countText(gone)} older let go`;
  const paused = state.paused ? [span(' paused ', 'warn')] : [];
  if (!reading.done) {
    const { bytes, size, rate } = reading;
    const share = size !== undefined && size > 0 && !reading.live ? ` ${shareText(Math.min(bytes, size), size)}` : '';
    const bar = share === '' ? '' : ` ${'━'.repeat(Math.round((Math.min(1, bytes / size!)) * 10)).padEnd(10, '╌')}`;
    const what = reading.live ? 'live' : 'reading';
    const speed = rate > 0 ? `  ${bytesText(Math.round(rate))}/s` : '';
    return [...paused, span(` ${what}`, 'accent'), span(bar, 'accent'), span(`${share}${bytes === 0 ? '' : `  ${bytesText(bytes)}`}${speed}${left}`, 'dim')];
  }
  const packets = timeline.end === undefined ? '' : `${countText(timeline.end.packets)} packets, `;
  const seconds = (timeline.end?.duration ?? timeline.now) / 1e9;
  const lasted = seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60)} min`;
  return [...paused, span(` ${packets}${bytesText(timeline.end?.bytes ?? reading.bytes)}, ${lasted}`, 'dim')];
} // prettier-ignore

function hintsOf(state: State): readonly (readonly [string, string])[] {
  if (state.help) return [['esc', 'close']];
  const focus = focusOf(state);
  const common = [['?', 'help'], ['q', 'quit']] as const;
  const wide = state.columns >= 110 ? ([['tab', 'pane']] as const) : [];
  if (focus === 'detail') return [['/', 'search'], ['d r x p', 'form'], ['y', 'copy'], ['esc', 'list'], ['?', 'help']];
  if (focus === 'statistics') return [['/', 'search'], ...common];
  const enter = focus === 'talks' ? 'frames' : focus === 'diagnostics' ? 'go there' : 'details';
  return [['enter', enter], ['/', 'filter'], ['o', 'order'], ...wide, ...common];
} // prettier-ignore

const promptSigns = { filter: ' filter: ', search: ' search: ', command: ' :', confirm: ' ' } as const;

/** Cells before the text of a prompt. */
export function promptStart(state: State): number {
  return state.prompt === undefined ? 0 : cellWidth(promptSigns[state.prompt.kind]);
}

/** The part of a long text that is shown: around the caret. */
export function promptWindow(state: State): { text: string; caret: number } {
  const { text, caret } = state.prompt!;
  const room = Math.max(10, state.columns - promptStart(state) - 34);
  const from = Math.max(0, caret - room);
  return { text: text.slice(from), caret: cellWidth(text.slice(from, caret)) };
}

function promptLine(world: World, state: State): Line {
  const prompt = state.prompt!;
  const { columns: width } = state;
  if (prompt.kind === 'confirm') {
    const answers = [span('  y ', 'key'), span('yes', 'dim'), span('  n ', 'key'), span('no', 'dim')];
    return behind(spread([span(' ' + prompt.question, 'warn'), ...answers], [], width), 'prompt');
  }
  const sign = span(promptSigns[prompt.kind], 'key');
  const { text } = promptWindow(state);
  if (prompt.kind !== 'filter') return behind(spread([sign, span(text)], [span('tab completes  enter  esc ', 'faint')], width), 'prompt');
  return behind(filterPromptLine(world, state, sign, text), 'prompt');
} // prettier-ignore

/** Says at each key whether the filter is valid, and where it is not. */
function filterPromptLine(world: World, state: State, sign: Span, text: string): Line {
  const { columns: width, prompt } = state;
  const typed = prompt!.text.trim() === '' ? undefined : tryFilter(prompt!.text);
  const { matching, total, done } = world.queries[mainList(state) as TableName];
  if (typed instanceof FilterError) {
    const shift = prompt!.text.length - text.length;
    const [from, to] = [Math.max(0, typed.start - shift), Math.max(0, typed.end - shift)];
    // What is not finished yet is not wrong.
    const atEnd =
      typed.start >= prompt!.text.length ||
      (typed.end >= prompt!.text.length && complete(prompt!.text, prompt!.caret).items.length > 0);
    const wrong = atEnd
      ? [span(text)]
      : [span(text.slice(0, from)), span(text.slice(from, to), 'bad'), span(text.slice(to))];
    const why = `${atEnd ? '… ' : '✗ '}expected ${printable(typed.expected)} `;
    return spread([sign, ...wrong], [span(cut(why, Math.floor(width / 2)), atEnd ? 'warn' : 'error')], width);
  }
  const counts = `✓ ${done < 1 ? '… ' : ''}${countText(matching)} of ${countText(total)} `;
  return spread([sign, span(text)], [span(counts, 'good')], width);
}

/** What could be typed next, above the prompt. */
export function completionLines(state: State, { items }: Completions, width: number, most: number): Line[] {
  const choice = state.prompt?.choice ?? -1;
  if (items.length === 0) return [];
  const shown = Math.min(most, items.length);
  const top = Math.max(0, Math.min(choice - Math.floor(shown / 2), items.length - shown));
  const name = Math.min(40, Math.max(12, ...items.slice(top, top + shown).map(({ text }) => cellWidth(text))));
  return items.slice(top, top + shown).map(({ text, description }, i) => {
    const chosen = top + i === choice;
    const more = i === shown - 1 && items.length > top + shown ? `  (${items.length - top - shown} more)` : '';
    const spans = [span(' ' + left(printable(text), name), chosen ? 'strong' : 'name'), span('  ' + printable(description), 'dim'), span(more, 'faint')];
    return behind(line(...spans, span(' '.repeat(width))), chosen ? 'cursor' : 'prompt');
  });
} // prettier-ignore
