import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { bar, sparkline } from '../../src/insight/bars.ts';
import { cellWidth, cut, left, right } from '../../src/insight/cells.ts';

describe('cut', () => {
  test.each([
    ['short text stays', 'abc', 3, 'abc'],
    ['long text ends in an ellipsis', 'abcdef', 4, 'abc…'],
    ['wide characters take two cells', '日本語テスト', 5, '日本…'],
    ['a wide character that would stick out is left off', '日本語', 4, '日…'],
    ['one cell', 'abc', 1, '…'],
    ['no cell', 'abc', 0, ''],
    ['a family of joined emoji is not torn', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3, '👨‍👩‍👧‍👦…'],
  ])('%s', (_name, text, width, expected) => {
    expect(cut(text, width)).toBe(expected);
    expect(cellWidth(cut(text, width))).toBeLessThanOrEqual(width);
  });

  test('a million combining marks on one letter are not kept', () => {
    expect(cut('a' + '\u0301'.repeat(1_000_000), 10).length).toBeLessThan(200);
  });
});

test('left and right fill and cut to exactly the width', () => {
  expect(left('日', 4)).toBe('日  ');
  expect(right('日', 4)).toBe('  日');
  expect(left('abcdef', 4)).toBe('abc…');
  expect(cellWidth(right('日本語', 4))).toBe(4);
});

test.each([
  [0, 100, 10, ''],
  [100, 100, 10, '██████████'],
  [50, 100, 10, '█████'],
  [1, 1_000_000, 10, '▏'],
  [55, 100, 10, '█████▌'],
  [5, 0, 10, ''],
  [200, 100, 4, '████'],
])('a bar of %d out of %d in %d cells is "%s"', (value, largest, width, expected) => {
  expect(bar(value, largest, width)).toBe(expected);
});

test('a sparkline is as high as its values', () => {
  expect(sparkline([0, 1, 4, 8])).toBe(' ▁▄█');
  expect(sparkline([])).toBe('');
});

test('widths told without tables are those of the tables', () => {
  const wrong: number[] = [];
  for (let code = 0x20; code < 0x3100; code++) {
    const text = String.fromCharCode(code);
    if (cellWidth(`a${text}`) !== stringWidth(`a${text}`)) wrong.push(code);
  }
  expect(wrong).toEqual([]);
});
