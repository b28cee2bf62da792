/** What the screen shows, as text: every view at three sizes. `npx vitest run test/dashboard -u` writes the files anew. */
import { expect, test } from 'vitest';
import { hostile, shop } from '../support/shop.ts';
import { Timeline } from '../../src/timeline/timeline.ts';
import { cellWidth } from '../../src/insight/cells.ts';
import { Stage } from './stage.ts';

const sizes = [
  [80, 24],
  [120, 36],
  [200, 60],
] as const;

const views: [name: string, keys: string][] = [
  ['exchanges', 'j'],
  ['websocket', '2 l j'],
  ['upgrades', '3'],
  ['statistics', '4'],
  ['connections', '5'],
  ['diagnostics', '6'],
  ['help', '?'],
  ['filter', 'f "status >= 4"'],
  ['filter-wrong', 'f "status => 4"'],
];

for (const [columns, rows] of sizes) {
  test.each(views)(`${columns}x${rows} %s`, async (name, keys) => {
    const screen = await new Stage(shop(), columns, rows).press(keys).rested();
    await expect(screen).toMatchFileSnapshot(`screens/${columns}x${rows}-${name}.txt`);
  });
}

test.each(views)('%s fills its cells, none more, at any size', (_name, keys) => {
  for (let columns = 60; columns <= 200; columns += 7) {
    const stage = new Stage(shop(), columns, 12 + (columns % 30));
    const lines = stage.press(keys).screen().split('\n');
    expect(lines.length).toBe(stage.state.rows + 1);
    for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
  }
});

test('captured bytes reach no cell as they are', async () => {
  const stage = new Stage(shop(), 200, 60);
  for (const keys of ['1 G k', '2 l G', 'l', '3', '4', '5', '6']) {
    const screen = await stage.press(keys).rested();
    // oxlint-disable-next-line no-control-regex
    expect(screen).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  }
  expect(stage.press('1').screen()).toContain('\\x1b[2J\\x1b]0;owned\\x07{red-fg}');
  expect(hostile).toContain('\x1b');
});

test('paths in other scripts are shown as they read, in the cells they take', () => {
  const screen = new Stage(shop(), 120, 36).screen();
  expect(screen).toContain('/héllo/漢字');
  const rows = screen.split('\n').filter((line) => /GET/.test(line));
  const column = (line: string): number => cellWidth(line.slice(0, line.search(/ (200|404|500) /)));
  expect(new Set(rows.slice(0, 4).map(column)).size).toBe(1);
});

test('an empty capture says so', () => {
  const screen = new Stage({ timeline: new Timeline(), details: shop().details }).screen();
  expect(screen).toContain('No HTTP exchanges in this capture.');
});

test('a terminal that is too small is told in one line', () => {
  const stage = new Stage(shop(), 40, 8);
  expect(stage.screen().trim().split('\n')).toEqual(['too small (60×12): use wirescope summary']);
  expect(stage.press('q').effects).toEqual([{ kind: 'quit' }]);
});
