/** Patterns against the platform's own engine, and where that engine explodes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PatternError } from '../../src/filter/pattern-syntax.ts';
import { Pattern } from '../../src/filter/pattern.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

function matches(pattern: string, subject: string): boolean {
  const bytes = latin1(subject);
  return new Pattern(Buffer.from(pattern)).test(bytes, 0, bytes.length);
}

describe('syntax', () => {
  test.each([
    ['', 'anything', true],
    ['abc', 'xABCx', true],
    ['(?-i)abc', 'xABCx', false],
    ['(?-i:a)B', 'ab', true],
    ['(?-i:a)B', 'Ab', false],
    ['(?i)x', 'X', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['^b', 'a\nb', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['a$', 'a\n', true],
    ['a\\z', 'a\n', false],
    ['\\Aa\\Z', 'a\n', true],
    ['\\bcat\\b', 'a cat sat', true],
    ['\\bcat\\b', 'concat', false],
    ['\\Bcat', 'concat', true],
    ['[a-c]+\\d{2,3}$', 'zzabc123', true],
    ['[^a-c]', 'abc', false],
    ['[]a]', ']', true],
    ['[^]a]', ']a', false],
    ['[a-]', '-', true],
    ['[[:alpha:]_]+', '__', true],
    ['[[:^digit:]]', '1', false],
    ['[\\w.]+@', 'a.b@c', true],
    ['\\x41\\x{42}\\060\\.', 'ab0.', true],
    ['\\Qa.b\\E+', 'a.bbb', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a{2}', 'a aa', true],
    ['a{2,}$', 'aab', false],
    ['a{0}b', 'b', true],
    ['a{,2}', 'a{,2}', true],
    ['a{x', 'a{x', true],
    ['a*?b+?c??', 'b', true],
    ['(?:ab|cd)*e', 'abcde', true],
    ['(?<name>a)(?P<n>b)', 'ab', true],
    ['|a', 'zzz', true],
    ['(a*)*b', 'b', true],
    ['(|a){3}b', 'ab', true],
    ['\\d\\D\\w\\W\\s\\S', '1a_- x', true],
    ['\\t\\n', '\t\n', true],
  ])('%s on %j', (pattern, subject, expected) => {
    expect(matches(pattern, subject)).toBe(expected);
  });

  test('characters beyond ASCII are their bytes in UTF-8', () => {
    const price = Buffer.from('12 €€ 3');
    expect(new Pattern(Buffer.from('12 €+ 3')).test(price, 0, price.length)).toBe(true);
    expect(new Pattern(Buffer.from('^12 .{6} 3$')).test(price, 0, price.length)).toBe(true);
  });

  test('only the range is searched', () => {
    const data = latin1('xxabcxx');
    expect(new Pattern(latin1('^abc$')).test(data, 2, 5)).toBe(true);
    expect(new Pattern(latin1('x')).test(data, 2, 5)).toBe(false);
  });

  test.each([
    '(',
    ')',
    '[',
    '[a',
    '[b-a]',
    '*',
    'a**',
    '\\',
    '\\1',
    '\\p{L}',
    '(?=a)',
    '(?<!a)',
    '(?>a)',
    '(?#c)',
    'a{3,2}',
    'a{2000}',
    '[z-\\d]',
    '\\y',
  ])('%s is refused', (pattern) => {
    expect(() => new Pattern(latin1(pattern))).toThrow(PatternError);
  });
});

test('agrees with RegExp on random patterns and subjects', () => {
  const leaf = fc.constantFrom(
    'a',
    'b',
    'B',
    '\\d',
    '\\w',
    '\\s',
    '.',
    '[ab]',
    '[^a]',
    '[0-9_-]',
    '^',
    '$(?!\\n)',
    '\\b',
    '\\B',
    'ab',
    '\\n',
  );
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'medium' },
      leaf,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?', '+?'))
        .map(([a, q]) => `(?:${a})${q}`),
    ),
  }));
  const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '1', '_', '-', ' ', '\n'), maxLength: 12 });
  fc.assert(
    fc.property(pattern, subject, (source, text) => {
      expect(matches(source.replaceAll('$(?!\\n)', '\\z'), text)).toBe(new RegExp(source, 'i').test(text));
    }),
    { numRuns: 3000 },
  );
});

test('linear where backtracking is exponential', () => {
  for (const pattern of ['(a+)+$', '^(a|a)*$', '(.*a){20}$', '(a?){200}a{200}$', '.*.*.*x', '(\\w+\\s?)+:']) {
    const compiled = new Pattern(latin1(pattern));
    const subject = latin1(`${'a'.repeat(100_000)}!`);
    const before = performance.now();
    expect(compiled.test(subject, 0, subject.length)).toBe(false);
    expect(performance.now() - before).toBeLessThan(20_000);
  }
});

test('states are bounded: a pattern with a million of them still runs', () => {
  const pattern = new Pattern(latin1('(?-i)a.{20}b.{20}c'));
  const subject = new Uint8Array(200_000);
  let seed = 1;
  for (let i = 0; i < subject.length; i++) subject[i] = 0x61 + ((seed = (seed * 48_271) % 2_147_483_647) & 1);
  expect(pattern.test(subject, 0, subject.length)).toBe(false);
});
