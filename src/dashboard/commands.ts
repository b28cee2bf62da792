/** The command line's words: what they do, and what completes them. */
import { only, said, sortBy, applyFilter, movedTo, toView, type Effect, type Facts, type Next } from './update.ts';
import { focusOf, isText, mainList, viewNames, type ListName, type State } from './state.ts';

interface Command {
  readonly help: string;
  /** What may stand behind the name. */
  readonly words?: (facts: Facts, list: ListName) => readonly string[];
  run(state: State, argument: string, facts: Facts): Next;
}

const effect = (state: State, ...effects: readonly Effect[]): Next => ({ state, effects });

export const commands: Readonly<Record<string, Command>> = {
  quit: { help: 'end the program', run: (state) => effect(state, { kind: 'quit' }) },
  help: { help: 'keys and filter fields', run: (state) => only({ ...state, help: true }) },
  view: {
    help: 'go to a view',
    words: () => viewNames,
    run(state, name) {
      const view = viewNames.find((each) => each === name);
      return view === undefined ? said(state, `there is no view "${name}"`, 'error') : only(toView(state, view));
    },
  },
  filter: {
    help: 'show only rows that match; without an expression, all',
    run: (state, expression) => applyFilter(state, listOf(state), expression),
  },
  sort: {
    help: 'order by a column, "-" before it for largest first; without one, by time',
    words: (facts, list) => facts.sortable(list).flatMap((name) => [name, `-${name}`]),
    run(state, argument, facts) {
      const list = listOf(state);
      if (argument === '') return sortBy(state, list, undefined);
      const column = argument.replace(/^-/, '');
      if (!facts.sortable(list).includes(column)) return said(state, `there is no order by "${column}" here`, 'error');
      return sortBy(state, list, column, argument.startsWith('-'));
    },
  },
  columns: {
    help: 'columns to show, like: columns time,method,path,status; without any, those that fit',
    words: (facts, list) => facts.columns(list),
    run(state, argument, facts) {
      const list = listOf(state);
      const names = argument.split(/[\s,]+/).filter((name) => name !== '');
      const wrong = names.find((name) => !facts.columns(list).includes(name));
      if (wrong !== undefined) return said(state, `there is no column "${wrong}" here`, 'error');
      const { [list]: _, ...others } = state.chosen;
      return only({ ...state, chosen: names.length === 0 ? others : { ...others, [list]: names } });
    },
  },
  export: {
    help: 'write what the filter shows to a file: .jsonl or .json',
    run(state, path, facts) {
      return effect(state, { kind: 'export', path: path === '' ? facts.exportName : path });
    },
  },
  goto: {
    help: 'go to a row by its number; the number alone does, too',
    run(state, argument, facts) {
      const row = Number(argument);
      if (!Number.isInteger(row) || row < 1) return said(state, `"${argument}" is no row number`, 'error');
      return only(movedTo(state, focusOf(state), row - 1, facts));
    },
  },
  theme: {
    help: 'colours for a dark or a light background',
    words: () => ['dark', 'light'],
    run(state, name) {
      if (name !== 'dark' && name !== 'light') return said(state, 'the themes are dark and light', 'error');
      return effect({ ...state, ground: name }, { kind: 'redraw' });
    },
  },
  mouse: {
    help: 'on or off; off lets the terminal select text',
    words: () => ['on', 'off'],
    run: (state, word) => effect({ ...state, mouse: word !== 'off' }, { kind: 'mouse', on: word !== 'off' }),
  },
};

export function runCommand(state: State, text: string, facts: Facts): Next {
  if (text === '') return only(state);
  const [, word = '', argument = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  if (/^\d+$/.test(word)) return commands['goto']!.run(state, word, facts);
  const names = Object.keys(commands).filter((name) => name.startsWith(word));
  const name = Object.hasOwn(commands, word) ? word : names.length === 1 ? names[0]! : undefined;
  if (name !== undefined) return commands[name]!.run(state, argument.trim(), facts);
  const problem = names.length > 1 ? `"${word}" may be ${names.join(' or ')}` : `there is no command "${word}"`;
  return said(state, problem, 'error');
}

/** Completes a command's name, or the word behind it. */
export function completeCommand(
  text: string,
  facts: Facts,
  list: ListName,
): { start: number; end: number; items: { text: string; description: string }[] } {
  const [, name = '', space, rest = ''] = /^(\S*)(\s*)(.*)$/.exec(text) ?? [];
  if (space === '') {
    const items = Object.entries(commands)
      .filter(([word]) => word.startsWith(name))
      .map(([word, { help }]) => ({ text: word, description: help }));
    return { start: 0, end: name.length, items };
  }
  const words = Object.hasOwn(commands, name) ? (commands[name]!.words?.(facts, list) ?? []) : [];
  const last = /[^\s,]*$/.exec(rest)![0];
  const start = text.length - last.length;
  const items = words.filter((word) => word.startsWith(last)).map((word) => ({ text: word, description: '' }));
  return { start, end: text.length, items };
}

function listOf(state: State): ListName {
  const focus = focusOf(state);
  return isText(focus) ? mainList(state) : focus;
}
