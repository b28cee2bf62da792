import { expect, test } from 'vitest';
import { printable } from '../../src/core/printable.ts';

test.each([
  ['plain text', 'GET /a?b=c', 'GET /a?b=c'],
  ['an escape sequence', '\x1b[2J', '\\x1b[2J'],
  ['line ends and tabs', 'a\r\n\tb\0', 'a\\r\\n\\tb\\0'],
  ['bell, backspace, delete', '\x07\x08\x7f', '\\x07\\x08\\x7f'],
  ['an 8-bit control sequence introducer', '\x9b31m', '\\x9b31m'],
  ['an override of writing direction', 'a\u202eb', 'a\\u{202e}b'],
  ['isolates and marks', '\u2066\u2069\u200f', '\\u{2066}\\u{2069}\\u{200f}'],
  ['line separator and byte order mark', '\u2028\ufeff', '\\u{2028}\\u{feff}'],
  ['tag characters', '\u{e0041}', '\\u{e0041}'],
  ['half of a surrogate pair', 'a\ud83d', 'a\\u{d83d}'],
  ['accents, wide characters, emoji', 'é 日本 👨‍👩‍👧', 'é 日本 👨‍👩‍👧'],
])('%s', (_name, text, expected) => expect(printable(text)).toBe(expected));

test('no character below U+FFFF leaves a control behind', () => {
  let all = '';
  for (let code = 0; code < 0x10000; code++) all += printable(String.fromCharCode(code));
  expect(all).not.toMatch(/\p{Cc}/u);
});
