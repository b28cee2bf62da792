/** `wirescope help filter`: the filter language on a page. */
import { fieldCatalogue, type FieldEntry } from '../filter/filter.ts';
import { wrapped } from './summary/layout.ts';

const width = 80;

const grammar = `A filter selects records: exchanges, upgrades, frames, messages, connections,
diagnostics. It is Wireshark's display filter language.

  status == 404                     == != < <= > >=
  status in {500, 502..504}         a set of values and ranges
  host contains "shop"              text within text
  path matches "^/api/v[12]/"       a regular expression
  not (method == GET) && ttfb > 1   and or not, && || !
  outcome                           a field by itself: where there is one
  text[0:4] == "GIF8"               a slice

Where a field has several values, one that fits is enough; "all" before the
field asks for every one. Where it is absent, no comparison holds.

"check" asserts about the whole capture: a filter, which some record must
satisfy, or aggregates over records, which may have a condition of their own:

  count(status >= 500) == 0         none(outcome == invalid)
  all(duration < 1)                 max(duration, method == GET) < 500ms
  p95(ttfb) < 0.2                   median(size) < 64k`;

/** One line a field: its name, the names Wireshark has for it, what it is. */
export function filterHelp(): string {
  return [grammar, '', 'Fields:', ...fieldCatalogue.flatMap(fieldLines)].join('\n');
}

function fieldLines({ name, aliases, description }: FieldEntry): string[] {
  const names = [name, ...aliases].join(', ');
  return [`  ${names}`, ...wrapped(description, width - 6).map((line) => `      ${line}`)];
}
