/**
 * Captured text made safe to show: what would move a cursor, ring a bell, switch a terminal's state, turn the direction of
 * writing or hide itself is written out instead. Everything that puts captured text before a person goes through here.
 */

const plain = /^[\x20-\x7e]*$/;

/**
 * C0, DEL and C1 controls; soft hyphen; marks, overrides and isolates of writing direction; zero-width space, line and
 * paragraph separators, byte order mark, interlinear annotation; tag characters; halves of surrogate pairs. Joiners
 * (U+200C, U+200D) stay: scripts and emoji need them.
 */
const unsafe = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f' +
    '\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}\\p{Cs}]',
  'gu',
);

const short: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' };

/** The text with such characters as `\n`, `\x1b` or `\u{202e}`: one line, nothing in it that a terminal obeys. */
export function printable(text: string): string {
  return plain.test(text) ? text : text.replace(unsafe, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  return short[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
}
