/** Keys as a table: what is pressed, and what of the state must be so afterwards. */
import { describe, expect, test } from 'vitest';
import { bindings } from '../../src/dashboard/keys.ts';
import { shop } from '../support/shop.ts';
import { Stage } from './stage.ts';

type Check = (stage: Stage) => unknown;
const at: Check = ({ state }) => state.scroll.exchanges.at;
const view: Check = ({ state }) => state.view;
const focus: Check = ({ state }) => state.focus[state.view];
const prompt: Check = ({ state }) => state.prompt?.kind;
const typed: Check = ({ state }) => state.prompt?.text;
const shown: Check = ({ world }) => world.queries.exchanges.length;
const effects: Check = (stage) => stage.effects.map(({ kind }) => kind);
const rowsInOrder: Check = ({ world }) =>
  Array.from({ length: world.queries.exchanges.length }, (_, i) => world.rowAt('exchanges', i));

const table: [keys: string, check: Check, expected: unknown][] = [
  ['j', at, 1],
  ['down j k', at, 1],
  ['j j j up', at, 2],
  ['G', at, 5],
  ['G gg', at, 0],
  ['end home', at, 0],
  ['k', at, 0],
  ['C-d', at, 4],
  ['C-d C-u', at, 0],
  ['pagedown', at, 5],
  ['space', at, 5],
  ['9 j', at, 5],
  [': "3" enter', at, 2],
  [': "goto 4" enter', at, 3],
  ['2', view, 'websocket'],
  ['3', view, 'upgrades'],
  ['4', view, 'statistics'],
  ['5', view, 'connections'],
  ['6', view, 'diagnostics'],
  ['6 1', view, 'exchanges'],
  ['tab', focus, 'detail'],
  ['tab tab', focus, 'exchanges'],
  ['S-tab', focus, 'detail'],
  ['l h', focus, 'exchanges'],
  ['enter', focus, 'detail'],
  ['enter escape', focus, 'exchanges'],
  ['2 tab', focus, 'frames'],
  ['2 enter enter', focus, 'detail'],
  ['2 enter enter q q', focus, 'talks'],
  ['G enter', view, 'websocket'],
  ['G enter', focus, 'frames'],
  ['G enter escape escape', view, 'exchanges'],
  ['6 enter', view, 'exchanges'],
  ['6 enter', at, 4],
  ['6 enter q', view, 'diagnostics'],
  ['/', prompt, 'filter'],
  ['f', prompt, 'filter'],
  ['enter /', prompt, 'search'],
  [':', prompt, 'command'],
  [': "vi" tab', typed, 'view'],
  [': "view d" tab enter', view, 'diagnostics'],
  [': "sort -dur" tab', typed, 'sort -duration'],
  ['f "stat" tab', typed, 'status'],
  ['f "stat" tab S-tab tab', typed, 'status'],
  ['f "abc" left backspace', typed, 'ac'],
  ['f "abc def" C-w', typed, 'abc '],
  ['f "abc" C-u', typed, ''],
  ['f "abc" home delete', typed, 'bc'],
  ['f "status == 404"', shown, 1],
  ['f "status == 404" enter', shown, 1],
  ['f "status == 404" escape', shown, 6],
  ['f "status == 404" enter escape', shown, 6],
  ['f "status =="', shown, 6],
  ['f "status == 404" enter f up', typed, 'status == 404'],
  ['f "status == 404" enter f C-u up', typed, 'status == 404'],
  ['o', rowsInOrder, [0, 1, 2, 3, 4, 5]],
  [': "sort -duration" enter', rowsInOrder, [3, 1, 5, 0, 4, 2]],
  [': "sort -duration" enter v', rowsInOrder, [2, 4, 0, 5, 1, 3]],
  [': "sort path" enter : "sort" enter', rowsInOrder, [0, 1, 2, 3, 4, 5]],
  [': "sort nonsense" enter', ({ state }) => state.notice?.kind, 'error'],
  ["j m gg m gg '", at, 1],
  ['m', ({ state }) => [...state.marks], ['exchanges:0']],
  ['m k m', ({ state }) => [...state.marks], []],
  ['F', ({ state }) => [state.scroll.exchanges.follow, state.scroll.exchanges.at], [true, 5]],
  ['F k', ({ state }) => state.scroll.exchanges.follow, false],
  ['|', ({ state }) => state.split, 'beside'],
  ['| |', ({ state }) => state.split, 'off'],
  ['\\', ({ state }) => state.zoomed, true],
  ['\\ q', ({ state }) => state.zoomed, false],
  ['+ + -', ({ state }) => Math.round(state.share * 100), 55],
  ['d', ({ state }) => state.form, 'decoded'],
  ['x', ({ state }) => state.form, 'hex'],
  ['x x', ({ state }) => state.form, 'decoded'],
  ['r', ({ state }) => state.form, 'raw'],
  ['p', ({ state }) => state.form, 'packets'],
  ['2 w', ({ state }) => state.talkRows, 'messages'],
  ['2 i', ({ world }) => world.queries.frames.length, 4],
  ['2 i i', ({ world }) => world.queries.frames.length, 6],
  ['2 l f "opcode == text" enter', ({ world }) => world.queries.frames.length, 3],
  ['q', prompt, 'confirm'],
  ['q n', prompt, undefined],
  ['q y', effects, ['quit']],
  ['q q', effects, ['quit']],
  ['escape enter', effects, ['quit']],
  ['Q', effects, ['quit']],
  ['C-c', prompt, 'confirm'],
  ['C-c C-c', effects, ['quit']],
  [': "q" enter', effects, ['quit']],
  ['?', ({ state }) => state.help, true],
  ['? q', ({ state }) => state.help, false],
  ['y u', ({ effects: [effect] }) => effect, { kind: 'copy', what: 'url' }],
  ['y c', ({ effects: [effect] }) => effect, { kind: 'copy', what: 'curl' }],
  ['y k', effects, []],
  ['e', typed, 'export shop.jsonl'],
  ['e enter', ({ effects: [effect] }) => effect, { kind: 'export', path: 'shop.jsonl' }],
  ['M', effects, ['mouse']],
  ['C-l', effects, ['redraw']],
  ['C-z', effects, ['suspend']],
  ['z', effects, []],
  [': "theme light" enter', ({ state }) => state.ground, 'light'],
  [': "columns time,path" enter', ({ state }) => state.chosen.exchanges, ['time', 'path']],
  [': "columns time,nonsense" enter', ({ state }) => state.notice?.text, 'there is no column "nonsense" here'],
]; // prettier-ignore

test.each(table)('%s', (keys, check, expected) => {
  expect(check(new Stage(shop(), 120, 36).press(keys))).toEqual(expected);
});

describe('numbers', () => {
  const digits = (stage: Stage, text: string, gap: number): Stage => {
    Array.from(text).forEach((name, i) => stage.send({ kind: 'key', name, text: name, at: i * gap }));
    return stage;
  };

  test('each digit goes to its view, however fast', () => {
    expect(digits(new Stage(shop()), '14', 100).state.view).toBe('statistics');
    expect(digits(new Stage(shop()), '143', 2000).state.view).toBe('upgrades');
  });

  test('before a motion they are a number, in the view they were typed in', () => {
    const stage = digits(new Stage(shop()), '12', 100);
    stage.send({ kind: 'key', name: 'j', text: 'j', at: 200 });
    expect(stage.state).toMatchObject({ view: 'exchanges', scroll: { exchanges: { at: 5 } } });
  });

  test('a view and, later, a motion are no number', () => {
    const stage = digits(new Stage(shop()), '25', 100);
    stage.send({ kind: 'key', name: 'j', text: 'j', at: 5000 });
    expect(stage.state).toMatchObject({ view: 'connections', scroll: { connections: { at: 1 } } });
  });
});

describe('cursor', () => {
  test('stays on its row when the order changes', () => {
    const stage = new Stage(shop(), 120, 36).press('j j j : "sort -duration" enter');
    expect([stage.state.scroll.exchanges.row, stage.state.scroll.exchanges.at]).toEqual([3, 0]);
  });

  test('search finds, goes round, and says when there is nothing', () => {
    const stage = new Stage(shop(), 120, 36).press('? / "filter" enter');
    const first = stage.state.scroll.help.at;
    expect(first).toBeGreaterThan(0);
    expect(stage.press('n').state.scroll.help.at).toBeGreaterThan(first);
    expect(stage.press('N').state.scroll.help.at).toBe(first);
    expect(stage.press('/ "no such word" enter').state.notice?.kind).toBe('error');
  });

  test('the mouse selects, opens, scrolls, chooses tabs and orders', () => {
    const stage = new Stage(shop(), 120, 36);
    const press = (x: number, y: number): Stage => stage.send({ kind: 'mouse', action: 'press', x, y });
    expect(press(40, 4).state.scroll.exchanges.at).toBe(2);
    expect(press(40, 4).state.focus.exchanges).toBe('detail');
    expect(press(18, 0).state.view).toBe('websocket');
    press(3, 0);
    const header = stage.screen().split('\n')[1]!;
    press(header.indexOf('duration') + 2, 1);
    expect(stage.state.sorting.exchanges).toEqual({ column: 'duration', descending: true });
    const { at } = stage.state.scroll.exchanges;
    stage.send({ kind: 'mouse', action: 'wheelup', x: 40, y: 4 });
    expect(stage.state.scroll.exchanges.at).toBe(at - 3);
  });

  test('resizing keeps the cursor on the screen', () => {
    const stage = new Stage(shop(), 120, 36).press('G').send({ kind: 'resize', columns: 80, rows: 13 });
    expect(stage.screen()).toContain('/live');
  });
});

test('no key stands for two things in one place', () => {
  const states = [new Stage(shop()).state, new Stage(shop()).press('2').state];
  for (const state of states) {
    for (const live of [false, true]) {
      const seen = new Map<string, string>();
      for (const { keys, action, where } of bindings) {
        if (where !== undefined && !where({ ...state, live }, state.focus[state.view])) continue;
        for (const key of keys) {
          expect(`${key} ${seen.get(key) ?? action}`).toBe(`${key} ${action}`);
          seen.set(key, action);
        }
      }
    }
  }
});
