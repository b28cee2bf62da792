import { expect, test } from 'vitest';
import { colours, plain, wantsColour } from '../../src/cli/paint.ts';

test.each([
  ['a terminal', undefined, true, {}, true],
  ['no terminal', undefined, false, {}, false],
  ['NO_COLOR', undefined, true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR', undefined, true, { NO_COLOR: '' }, true],
  ['FORCE_COLOR', undefined, false, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0', undefined, true, { FORCE_COLOR: '0' }, false],
  ['FORCE_COLOR over NO_COLOR', undefined, false, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ['a dumb terminal', undefined, true, { TERM: 'dumb' }, false],
  ['--color over NO_COLOR', true, false, { NO_COLOR: '1' }, true],
  ['--no-color over FORCE_COLOR', false, true, { FORCE_COLOR: '1' }, false],
] as const)('%s', (_name, option, isTerminal, environment, expected) => {
  expect(wantsColour(option, isTerminal, environment)).toBe(expected);
});

test('styles are turned off again', () => {
  expect(colours('red', 'x')).toBe('\x1b[31mx\x1b[39m');
  expect(plain('red', 'x')).toBe('x');
});
