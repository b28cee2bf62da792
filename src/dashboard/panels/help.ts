/** The keys of this view, the words of the command line, the fields of the filter language. */
import { left } from '../../insight/cells.ts';
import { fieldCatalogue } from '../../filter/filter.ts';
import { commands } from '../commands.ts';
import { bindings } from '../keys.ts';
import { heading } from '../detail/documents.ts';
import { blank, line, span, wrap, type Line } from '../styled.ts';
import { focusOf, panesOf, type State } from '../state.ts';
import type { RecordKind } from '../../filter/field.ts';

const groups = {
  views: 'Views',
  move: 'Moving',
  rows: 'Rows',
  find: 'Finding',
  text: 'Details',
  session: 'Session',
} as const;

const kindOf: Readonly<Record<string, RecordKind>> = {
  exchanges: 'exchange', websocket: 'frame', upgrades: 'upgrade', connections: 'connection', diagnostics: 'diagnostic',
}; // prettier-ignore

const keyNames: Readonly<Record<string, string>> = {
  pagedown: 'PgDn', pageup: 'PgUp', down: '↓', up: '↑', left: '←', right: '→', escape: 'esc', 'S-tab': 'shift-tab', home: 'Home', end: 'End',
}; // prettier-ignore

const keyText = (key: string): string => keyNames[key] ?? key.replace(/^C-/, 'ctrl-');

export function helpLines(state: State, width: number): Line[] {
  const own: State = { ...state, help: false };
  const lines: Line[] = [];
  for (const [group, title] of Object.entries(groups)) {
    const here = bindings.filter((binding) => {
      const focuses = [focusOf(own), ...panesOf[own.view]];
      return binding.group === group && focuses.some((focus) => binding.where?.(own, focus) ?? true);
    });
    if (here.length === 0) continue;
    lines.push(heading(title, '', width));
    for (const { keys, help } of here) {
      lines.push(line(span(left(keys.map(keyText).join('  '), 22), 'key'), span(help)));
    }
    lines.push(blank);
  }
  lines.push(heading('Command line', ':', width));
  for (const [name, { help }] of Object.entries(commands)) lines.push(line(span(left(name, 22), 'key'), span(help)));
  lines.push(blank, ...markLines(width), blank, ...fieldLines(state, width));
  return lines;
}

function markLines(width: number): Line[] {
  const marks = [
    ['◆', 'marked'], ['✗ ! ·', 'worst diagnostic: error, warning, note'], ['░', 'bytes are missing from the capture'],
    ['↻', 'its connection had retransmissions'], ['─ ━', 'waterfall: waiting for the server, receiving'], ['›', 'still open'],
    ['▲ ▼', 'from the client, from the server'],
  ] as const; // prettier-ignore
  return [
    heading('Marks', '', width),
    ...marks.map(([mark, what]) => line(span(left(mark, 22), 'accent'), span(what))),
  ];
}

function fieldLines(state: State, width: number): Line[] {
  const kind = kindOf[state.view] ?? 'exchange';
  const lines: Line[] = [
    heading('Filter', 'as in Wireshark', width),
    line(span("status >= 400 and path contains 'api'", 'string')),
    line(span('method in {POST, PUT} or duration > 0.5', 'string')),
    line(span('http.user_agent matches "curl" and not host == example.com', 'string')),
    blank,
  ];
  for (const { name, description, kinds } of fieldCatalogue) {
    if (!kinds.includes(kind)) continue;
    lines.push(...wrap(line(span(left(name, 28), 'name'), span(description, 'dim')), width, 28));
  }
  return lines;
}
