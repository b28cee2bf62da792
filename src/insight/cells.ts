/**
 * Text laid out in terminal cells: wide characters take two, combining ones none. Expects text that `printable` has been
 * over; escape sequences are not looked for.
 */
import stringWidth from 'string-width';

const ascii = /^[\x20-\x7e]*$/;
/** Made when it is first needed: loading the tables takes a while. */
let graphemes: Intl.Segmenter | undefined;

/** Characters of a text that are looked at for each cell it may take: more than that in one cell is no writing. */
const charactersPerCell = 16;

/** Cells the text takes. */
export function cellWidth(text: string): number {
  for (let i = 0; i < text.length; i++) if (!takesOneCell(text.charCodeAt(i))) return stringWidth(text);
  return text.length;
}

/** ASCII, Latin letters, dashes, arrows, lines, blocks, triangles, ticks: what nearly all text is, told without a look into tables. */
function takesOneCell(c: number): boolean {
  return (
    (c >= 0x20 && c < 0x7f) ||
    (c >= 0xa1 && c < 0x300 && c !== 0xad) ||
    (c >= 0x2010 && c < 0x2028) ||
    (c >= 0x2190 && c < 0x2200) ||
    (c >= 0x2500 && c < 0x25fd) ||
    c === 0x2713 ||
    c === 0x2717
  );
}

/** The text in at most `width` cells; what is left out is told by `…` in the last of them. */
export function cut(text: string, width: number): string {
  if (text.length <= width * charactersPerCell && cellWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  const head = text.slice(0, width * charactersPerCell);
  if (ascii.test(head)) return head.slice(0, width - 1) + '…';
  let used = 0;
  let end = 0;
  graphemes ??= new Intl.Segmenter();
  for (const { segment, index } of graphemes.segment(head)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    end = index + segment.length;
  }
  return head.slice(0, end) + '…';
}

/** Exactly `width` cells, the text to the left. */
export function left(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + ' '.repeat(width - cellWidth(shown));
}

/** Exactly `width` cells, the text to the right. */
export function right(text: string, width: number): string {
  const shown = cut(text, width);
  return ' '.repeat(width - cellWidth(shown)) + shown;
}
