/** A text that is read line by line: details, statistics, help. Its window has a cursor and a scroll bar. */
import { behind, blank, fit, lineWidth, span, spaces, type Line, type Span } from './styled.ts';
import { scrollCell } from './table.ts';
import type { Scroll } from './state.ts';

export interface TextLine extends Line {
  /** The part that is folded or unfolded here. */
  readonly fold?: string;
}

export function textLines(
  text: readonly TextLine[],
  scroll: Scroll,
  focused: boolean,
  search: string,
  width: number,
  height: number,
): Line[] {
  const inner = width - 2;
  const lines: Line[] = [];
  for (let i = 0; i < height; i++) {
    const at = scroll.top + i;
    const own = text[at];
    const marked = own === undefined ? blank : search === '' ? own : withHits(own, search);
    const content = fit(marked.spans, inner);
    const bar = scrollCell(i, height, scroll.top, text.length);
    const spans = [span(' '), ...content, span(spaces(inner - lineWidth({ spans: content }))), bar];
    lines.push(focused && at === scroll.at ? behind({ spans }, 'cursor') : { ...own, spans });
  }
  return lines;
}

/** The line with what was searched for set off. */
function withHits(of: Line, search: string): Line {
  const wanted = search.toLowerCase();
  const spans: Span[] = [];
  for (const each of of.spans) {
    const text = each.text.toLowerCase();
    let from = 0;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, from)) {
      if (at > from) spans.push({ ...each, text: each.text.slice(from, at) });
      spans.push({ ...each, text: each.text.slice(at, at + wanted.length), style: 'hit' });
      from = at + wanted.length;
    }
    if (from < each.text.length) spans.push({ ...each, text: each.text.slice(from) });
  }
  return { ...of, spans };
}
