/** What is offered where `|` stands: `[text, first items, range that is replaced]`. */
import { describe, expect, test } from 'vitest';
import { complete, fieldCatalogue, tryFilter, FilterError } from '../../src/filter/filter.ts';

function at(marked: string) {
  const cursor = marked.indexOf('|');
  const text = marked.replace('|', '');
  const { start, end, items } = complete(text, cursor);
  return { replaced: text.slice(start, end), items: items.map((item) => item.text), start, end, text };
}

describe('first items', () => {
  test.each<[string, string[]]>([
    ['|', ['method', 'status', 'host']],
    ['stat|', ['status', 'state']],
    ['http.req|', ['http.request', 'http.request.version', 'http.request.method']],
    ['METH|', ['method']],
    ['user_a|', ['http.user_agent', 'http2.headers.user_agent']],
    ['method |', ['==', '!=', 'contains', 'matches', 'in', 'not in', 'and', 'or', 'xor']],
    ['status |', ['==', '!=', '<', '<=', '>', '>=', 'in', 'not in', 'and', 'or', 'xor']],
    ['secure |', ['==', '!=', 'and', 'or', 'xor']],
    ['http |', ['contains', 'matches', 'and', 'or', 'xor']],
    ['host[0:2] |', ['==', '!=', 'contains']],
    ['len(host) |', ['==', '!=']],
    ['method con|', ['contains']],
    ['method == |', ['"GET"', '"POST"']],
    ['method == P|', ['"POST"', '"PUT"', '"PATCH"']],
    ['method == "P|', ['"POST"', '"PUT"', '"PATCH"']],
    ['state != |', ['complete', '"open"'].map((value) => value.replace('"open"', 'open'))],
    ['opcode == pi|', ['ping']],
    ['opcode == |', ['continuation', 'text', 'binary']],
    ['secure == |', ['true', 'false']],
    ['severity >= |', ['note', 'warning', 'error']],
    ['diagnostic == unmask|', ['"websocket.unmasked-client-frame"']],
    ['status in |', ['{']],
    ['status in {|', ['200', '201']],
    ['status in {200, 4|', ['400', '401']],
    ['status not in {200, |', ['200', '201']],
    ['status in {200} |', ['and', 'or', 'xor']],
    ['method == GET |', ['and', 'or', 'xor']],
    ['method == "GET" a|', ['and']],
    ['method == GET and |', ['method', 'status']],
    ['not (st|', ['status', 'state']],
    ['! |', ['method']],
    ['len(ho|', ['host']],
  ])('%s', (marked, expected) => {
    expect(at(marked).items.slice(0, expected.length)).toEqual(expected);
  });
});

test.each([
  ['status == 200 and me|th == GET', 'meth'],
  ['status == 200 and |', ''],
  ['method == "P|', '"P'],
  ['ht|tp.request', 'http.request'],
])('%s replaces the word', (marked, replaced) => {
  expect(at(marked).replaced).toBe(replaced);
});

test.each(['host == "free text |', 'host == 7|', '"unfinished|', 'status == 200 status |x', 'method == #|'])(
  '%s: nothing wrong is offered',
  (marked) => {
    expect(() => at(marked)).not.toThrow();
  },
);

test('every value offered is accepted', () => {
  for (const { name } of fieldCatalogue) {
    for (const relation of ['==', 'in {']) {
      const before = `${name} ${relation} `;
      for (const item of complete(before).items) {
        if (item.kind !== 'value') continue;
        const expression = before + item.text + (relation === '==' ? '' : '}');
        expect([expression, tryFilter(expression) instanceof FilterError]).toEqual([expression, false]);
      }
    }
  }
});
