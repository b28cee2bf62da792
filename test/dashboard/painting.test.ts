/** Cells, and the bytes that paint them: read back by a terminal without a window. */
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Grid } from '../../src/dashboard/grid.ts';
import { paint } from '../../src/dashboard/painter.ts';
import { captured, line, span, type Style } from '../../src/dashboard/styled.ts';
import { Theme, colourDepth, groundFromReply, groundOf, nearest256 } from '../../src/dashboard/theme.ts';

const theme = new Theme(24, 'dark');
const width = 24;
const height = 3;

/** What a terminal shows after some frames: each line as text. */
async function shown(...frames: string[]): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true });
  for (const frame of frames) await new Promise<void>((resolve) => terminal.write(frame, resolve));
  const rows = Array.from({ length: height }, (_, y) =>
    terminal.buffer.active.getLine(y)!.translateToString(true).trimEnd(),
  );
  terminal.dispose();
  return rows;
}

function grid(...lines: string[]): Grid {
  const made = new Grid(width, height);
  lines.forEach((text, y) => made.put(0, y, width, line(captured(text))));
  return made;
}

test('only what differs is sent', () => {
  const before = grid('one', 'two', 'three');
  expect(paint(before, grid('one', 'two', 'three'), theme)).toBe('');
  const bytes = paint(before, grid('one', 'twx', 'three'), theme);
  expect(bytes).toContain('\x1b[2;3H');
  expect(bytes.length).toBeLessThan(60);
});

test('a frame over another gives what the frame alone gives', async () => {
  const text = fc.array(fc.constantFrom('a', 'b', ' ', '漢', 'é', 'e\u0301', '─', '│', 'ｗ', '한'), { maxLength: 20 }).map((parts) => parts.join(''));
  const screen = fc.tuple(text, text, text);
  await fc.assert(
    fc.asyncProperty(screen, screen, async (first, second) => {
      const [a, b] = [grid(...first), grid(...second)];
      const over = await shown(paint(undefined, a, theme), paint(a, b, theme));
      expect(over).toEqual(await shown(paint(undefined, b, theme)));
      expect(over).toEqual([0, 1, 2].map((y) => b.row(y).trimEnd()));
    }),
    { numRuns: 60 },
  );
}); // prettier-ignore

test('no byte that is captured acts on the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const made = new Grid(width, 1);
      // Even without having been made printable.
      made.put(0, 0, width, line(span(text)));
      const bytes = paint(undefined, made, theme);
      const own = bytes.replace(/\x1b\[[\d;?]*[A-Za-z]/g, ''); // oxlint-disable-line no-control-regex
      expect(own).not.toMatch(/[\x00-\x1f\x7f-\x9f]/); // oxlint-disable-line no-control-regex
    }),
  );
});

test('wide characters that do not fit are left out, not cut in half', () => {
  const made = new Grid(5, 1);
  made.put(0, 0, 5, line('ab漢字'));
  expect(made.row(0)).toBe('ab漢 ');
});

test('what follows an emoji stands where it should, whatever width the terminal gives it', () => {
  const made = new Grid(12, 1);
  made.put(0, 0, 12, line('👩‍👩‍👧 x'));
  expect(paint(undefined, made, theme)).toMatch(/👩‍👩‍👧\x1b\[1;3H x/u); // oxlint-disable-line no-control-regex
});

test.each([
  [{}, undefined, 0],
  [{ TERM: 'xterm' }, undefined, 16],
  [{ TERM: 'xterm-256color' }, undefined, 256],
  [{ TERM: 'xterm-256color', COLORTERM: 'truecolor' }, undefined, 24],
  [{ TERM: 'xterm-256color', NO_COLOR: '1' }, undefined, 0],
  [{ TERM: 'xterm-256color', NO_COLOR: '1' }, true, 256],
  [{ TERM: 'xterm-256color' }, false, 0],
] as const)('colours in %o', (environment, wanted, depth) => {
  expect(colourDepth(environment, wanted)).toBe(depth);
});

test('no colours, no colour sequences; in sixteen colours none of more', () => {
  const made = new Grid(4, 1);
  const styles: Style[] = ['bad', 'good', 'warn', 'name'];
  made.put(0, 0, 4, line(...styles.map((style) => span('x', style))));
  expect(paint(undefined, made, new Theme(0, 'dark'))).not.toMatch(/[34]8;|[;[](3|4|9|10)[0-7][;m]/);
  expect(paint(undefined, made, new Theme(16, 'light'))).not.toMatch(/[34]8;/);
  expect(paint(undefined, made, new Theme(256, 'light'))).not.toMatch(/[34]8;2;/);
});

test('the background is known by what the terminal says', () => {
  expect(groundOf({ COLORFGBG: '0;15' })).toBe('light');
  expect(groundOf({ COLORFGBG: '15;default;0' })).toBe('dark');
  expect(groundFromReply('\x1b]11;rgb:ffff/ffff/e0e0\x07')).toBe('light');
  expect(groundFromReply('\x1b]11;rgb:1c1c/1c1c/1c1c\x1b\\')).toBe('dark');
  expect(groundFromReply('\x1b]11;nonsense\x07')).toBeUndefined();
});

test.each([
  [[0, 0, 0], 16],
  [[255, 255, 255], 231],
  [[128, 128, 128], 244],
  [[255, 0, 0], 196],
] as const)('the nearest of 256 colours to %o', (rgb, expected) => {
  expect(nearest256(rgb)).toBe(expected);
});
