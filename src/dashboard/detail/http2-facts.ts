/** What an HTTP/2 connection was like as a whole: how many streams were open when, what flow control left, its settings. */
import { sparkline } from '../../insight/bars.ts';
import { bytesText, counted, countText, spanText } from '../../insight/units.ts';
import type { Http2Facts } from '../../core/sinks.ts';
import { captured, lineWidth, span, wrap, type Line, type Span, type Style } from '../styled.ts';

type Fact = (name: string, ...value: readonly Span[]) => Line;
const indent = 12;
const mostReasons = 8;

/** One line of totals: what stands beside the heading. */
export function http2Totals({ streams, concurrentStreams, pushedStreams, resetStreams }: Http2Facts): string {
  const also = [
    ...(pushedStreams > 0 ? [`${countText(pushedStreams)} pushed`] : []),
    ...(resetStreams > 0 ? [`${countText(resetStreams)} reset`] : []),
  ];
  return [counted(streams, 'stream'), `at most ${countText(concurrentStreams)} open at once`, ...also].join(', ');
}

/** @param fact a line: a name, and what is said of it */
export function http2Lines(facts: Http2Facts, fact: Fact, width: number): Line[] {
  const { course, settings, frames, stalled, ping, goaway, origins, alternatives } = facts;
  const lines: Line[] = [];
  if (course !== undefined && course.streams.length > 1) {
    const { interval, streams, window } = course;
    const room = Math.max(8, width - indent - 2);
    const each = spanText(interval * 1e9 * Math.ceil(streams.length / room));
    const most = narrowed(streams, room, Math.max);
    lines.push(
      fact('open', span(`  ${sparkline(most)}`, 'spark'), span(`  ${each} a column, ${largestText(streams)}`, 'dim')),
      fact('may send', ...windowSpans(window.client, room, 'client'), leastText(window.client)),
      fact('', ...windowSpans(window.server, room, 'server'), leastText(window.server)),
    );
  }
  if (stalled.client + stalled.server > 0) {
    const of = (seconds: number): string => (seconds > 0 ? spanText(seconds * 1e9) : '–');
    const value = [span(`▲ ${of(stalled.client)}  `, 'client'), span(`▼ ${of(stalled.server)}`, 'server')];
    lines.push(fact('stalled', ...value, span('  without window', 'warn')));
  }
  lines.push(...bySide('settings', settings, fact, width), ...bySide('frames', frames, fact, width));
  if (ping !== undefined) {
    const { count, shortest, longest } = ping;
    const range = shortest === longest ? spanText(shortest * 1e9) : `${spanText(shortest * 1e9)} to ${spanText(longest * 1e9)}`;
    lines.push(fact('ping', span(range), span(`  ${counted(count, 'answer')}`, 'dim')));
  }
  const told: [string, readonly string[] | undefined, Style][] = [
    ['goaway', goaway, 'warn'],
    ['origins', origins, 'text'],
    ['elsewhere', alternatives, 'text'],
  ];
  for (const [name, texts, style] of told)
    for (const [n, text] of texts?.slice(0, mostReasons).entries() ?? [])
      lines.push(...wrap(fact(n === 0 ? name : '', captured(text, style)), width, indent));
  return lines;
} // prettier-ignore

/** Neighbours joined until so many columns are enough. */
function narrowed(values: readonly number[], columns: number, join: (...values: number[]) => number): number[] {
  const step = Math.ceil(values.length / columns);
  return Array.from({ length: Math.ceil(values.length / step) }, (_, n) => join(...values.slice(n * step, n * step + step)));
} // prettier-ignore

function largestText(streams: readonly number[]): string {
  return `at most ${countText(Math.max(...streams))}`;
}

/** A window as columns; where it was used up, that is seen. */
function windowSpans(least: readonly number[], room: number, style: Style): Span[] {
  const values = narrowed(least, room, Math.min);
  const columns = Array.from(sparkline(values));
  const spans: Span[] = [span(style === 'client' ? '▲ ' : '▼ ', style)];
  for (const [n, value] of values.entries()) spans.push(value > 0 ? span(columns[n]!, style) : span('▁', 'bad'));
  return spans;
}

function leastText(least: readonly number[]): Span {
  const lowest = Math.min(...least);
  return lowest > 0 ? span(`  at least ${bytesText(lowest)}`, 'dim') : span('  used up', 'warn');
}

function bySide(
  name: string,
  of: { readonly client: Record<string, number>; readonly server: Record<string, number> },
  fact: Fact,
  width: number,
): Line[] {
  const lines: Line[] = [];
  for (const side of ['client', 'server'] as const) {
    for (const [n, spans] of filled(Object.entries(of[side]), width - indent - 2).entries()) {
      const mark = n > 0 ? '  ' : side === 'client' ? '▲ ' : '▼ ';
      lines.push(fact(lines.length === 0 ? name : '', span(mark, side), ...spans));
    }
  }
  return lines;
}

/** Names and numbers in as many lines as they take. */
function filled(entries: readonly (readonly [string, number])[], width: number): Span[][] {
  const lines: Span[][] = [];
  let left = 0;
  for (const [key, value] of entries) {
    const spans = [captured(`${key.toLowerCase().replaceAll('_', ' ')} `, 'dim'), span(countText(value))];
    const length = lineWidth({ spans });
    if (left < length + 2) {
      lines.push(spans);
      left = width - length;
    } else {
      lines.at(-1)!.push(span('  '), ...spans);
      left -= length + 2;
    }
  }
  return lines;
}
