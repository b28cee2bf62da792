/**
 * What to send to the terminal so that it shows the next grid instead of the last one: only cells that differ. After a
 * character whose width terminals disagree about the cursor is placed anew, so that no such character shifts a row.
 */
import { isNarrow, type Grid } from './grid.ts';
import type { Theme } from './theme.ts';

/** Synchronized output (DEC mode 2026): terminals that know it show a frame at once; others ignore it. */
const begin = '\x1b[?2026h';
const end = '\x1b[0m\x1b[?2026l';
/** Cells that have not changed between two that have: sent along where that is shorter than moving the cursor. */
const shortGap = 4;

/** @param last what the terminal shows; undefined: nothing known, everything is sent */
export function paint(last: Grid | undefined, next: Grid, theme: Theme): string {
  const known = last !== undefined && last.width === next.width && last.height === next.height ? last : undefined;
  let out = known === undefined ? '\x1b[0m\x1b[2J' : '';
  let ink = -1;
  for (let y = 0; y < next.height; y++) {
    const row = y * next.width;
    let cursor = -1;
    for (let x = 0; x < next.width; x++) {
      const at = row + x;
      if (known !== undefined && known.texts[at] === next.texts[at] && known.inks[at] === next.inks[at]) continue;
      let from = x;
      if (next.texts[at] === '') {
        // The second half of a wide character is drawn with its first.
        while (from > 0 && next.texts[row + from] === '') from--;
      }
      if (cursor >= 0 && from > cursor && from - cursor <= shortGap) from = cursor;
      if (from !== cursor) out += `\x1b[${y + 1};${from + 1}H`;
      for (; from <= x; from++) {
        const text = next.texts[row + from]!;
        if (text === '') continue;
        if (next.inks[row + from] !== ink) {
          ink = next.inks[row + from]!;
          out += theme.code(ink);
        }
        out += text;
      }
      cursor = x + 1;
      const text = next.texts[at]!;
      if (text === '' || !isNarrow(text)) {
        // The rest of a wide character, then a cursor that is where we say it is.
        if (text !== '' && x + 1 < next.width && next.texts[at + 1] === '') x++;
        cursor = -1;
      }
    }
  }
  return out === '' ? '' : begin + out + end;
}
