/** Server-sent events: the rules of the event stream format, however the bytes are cut. */
import { describe, expect, test } from 'vitest';
import type { EventSink } from '../../../src/core/sinks.ts';
import { EventStreamReader } from '../../../src/decode/event-stream/event-stream-reader.ts';
import { random } from '../http2/random.ts';

class EventLog implements EventSink {
  readonly lines: string[] = [];
  starts = 0;

  eventStart(): void {
    this.starts++;
  }

  event(
    type: string,
    id: string | undefined,
    retry: number,
    data: Uint8Array,
    start: number,
    end: number,
    length: number,
    wireLength: number,
    complete: boolean,
  ): void {
    const text = Buffer.from(data.subarray(start, end)).toString();
    const facts = [type || '-', id ?? '-', retry, `${length}/${wireLength}`, JSON.stringify(text)];
    this.lines.push(facts.join(' ') + (complete ? '' : ' incomplete'));
  }
}

function events(text: string, size = Infinity): string[] {
  const log = new EventLog();
  const reader = new EventStreamReader(log);
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += size) {
    const lent = Uint8Array.from(octets.subarray(at, Math.min(octets.length, at + size)));
    reader.push(lent, 0, lent.length);
    lent.fill(0);
  }
  reader.finish();
  return log.lines;
}

describe('the event stream format', () => {
  test.each([
    ['data', 'data: a\n\n', ['- - -1 1/9 "a"']],
    ['several lines of data', 'data: a\ndata\ndata:b\n\n', ['- - -1 4/21 "a\\n\\nb"']],
    ['all fields', 'id: 7\nevent: price\nretry: 3000\ndata: {}\n\n', ['price 7 3000 2/41 "{}"']],
    ['one space is taken off', 'data:  two\n\n', ['- - -1 4/12 " two"']],
    [
      'CR LF and CR end lines too',
      'data: a\r\n\r\ndata: b\r\rdata: c\n\r\n',
      ['- - -1 1/10 "a"', '- - -1 1/9 "b"', '- - -1 1/9 "c"'],
    ],
    ['comments and unknown fields', ': hello\nfoo: bar\n\ndata: a\n: x\ndatax: no\n\n', ['- - -1 1/23 "a"']],
    [
      'an event without data is told for its other fields',
      'retry: 10\n\nid: 4\n\n',
      ['- - 10 0/11 ""', '- 4 -1 0/7 ""'],
    ],
    ['empty data', 'data\n\ndata:\n\n', ['- - -1 0/6 ""', '- - -1 0/7 ""']],
    ['retry is digits, an id has no NUL', 'retry: 1x\nid: a\0\ndata: a\n\n', ['- - -1 1/26 "a"']],
    ['a byte order mark', '\ufeffdata: a\n\n', ['- - -1 1/9 "a"']],
    ['not quite a byte order mark', '\ufffedata: a\n\ndata: b\n\n', ['- - -1 1/9 "b"']],
    ['the end inside an event', 'data: a\n\ndata: b\nda', ['- - -1 1/9 "a"', '- - -1 1/10 "b" incomplete']],
    ['the end inside a value', 'event: x\ndata: ab', ['x - -1 2/17 "ab" incomplete']],
    ['text beyond ASCII', 'event: \u00e4\ndata: \u20ac\n\n', ['\u00e4 - -1 3/21 "\u20ac"']],
    ['keep-alive', '\n\n:\n\n\n', []],
  ])('%s', (_, text, expected) => {
    for (const size of [Infinity, 1, 2, 3]) expect(events(text, size)).toEqual(expected);
  });

  test('bytes missing', () => {
    const log = new EventLog();
    const reader = new EventStreamReader(log);
    const push = (text: string): void => reader.push(Buffer.from(text), 0, text.length);
    push('data: one\n\ndata: t');
    reader.gap();
    push('o\ndata: more\n\ndata: three\n\n');
    reader.finish();
    expect(log.lines).toEqual(['- - -1 3/11 "one"', '- - -1 6/21 "t\\nmore" incomplete', '- - -1 5/13 "three"']);
  });

  test('long data is cut, long lines and names cost nothing', () => {
    const [event] = events('data: ' + 'x'.repeat(3_000_000) + '\n\n', 1000);
    expect(event).toMatch(/^- - -1 3000000\/3000008 /);
    expect(event!.length).toBeLessThan(1_100_000);
    expect(events('y'.repeat(100_000) + ': z\nevent: ' + 'e'.repeat(5000) + '\ndata: a\n\n', 100)[0]).toHaveLength(
      1024 + 18,
    );
  });

  test('random text, cut anywhere, gives the same events', () => {
    const next = random(5);
    const pieces = ['data', 'event', 'id', 'retry', ':', ' ', '\n', '\r', '\r\n', '\n\n', '12', 'x', '\u00e4'];
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 30 }, () => pieces[Math.floor(next() * pieces.length)]).join('');
      const whole = events(text);
      for (const size of [1, 3, 7]) expect(events(text, size), JSON.stringify(text)).toEqual(whole);
    }
  });
});
