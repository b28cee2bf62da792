import { expect, test } from 'vitest';
import { filterHelp } from '../../src/cli/filter-help.ts';
import { parseAssertion } from '../../src/filter/assertion.ts';
import { compileFilter } from '../../src/filter/filter.ts';

const lines = filterHelp().split('\n');
const examples = lines.flatMap((line) => /^ {2}(\S.*?) {3,}/.exec(line)?.[1] ?? []);

test('there are examples', () => expect(examples.length).toBeGreaterThan(5));
const assertions = lines
  .filter((line) => /^ {2}(count|all|p95)\(/.test(line))
  .flatMap((line) => line.trim().split(/ {3,}/));

test.each(assertions)('the assertion compiles: %s', (expression) => {
  expect(parseAssertion(expression).text).toBe(expression);
});

test.each(examples.filter((example) => !assertions.includes(example)))('the example compiles: %s', (expression) => {
  expect(compileFilter(expression).expression).toBe(expression);
});
test('it fits into 80 columns', () => expect(lines.filter((line) => line.length > 80)).toEqual([]));
