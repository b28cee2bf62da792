/** What holds for every expression: it parses back, or gives a `FilterError`; and what holds for every field. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expressionText, type Expression } from '../../src/filter/ast.ts';
import { parseAssertion } from '../../src/filter/assertion.ts';
import { complete } from '../../src/filter/complete.ts';
import { Endpoint, kindsOf, recordKinds, type AnyRecord, type RecordKind } from '../../src/filter/field.ts';
import { fieldNames, fields } from '../../src/filter/fields.ts';
import { FilterError, fieldCatalogue, tryFilter } from '../../src/filter/filter.ts';
import { address, duration, hexBytes, integer, moment, size } from '../../src/filter/literals.ts';
import { parse } from '../../src/filter/parser.ts';
import { fieldSource } from '../../src/filter/source.ts';
import { Needle, Span } from '../../src/filter/span.ts';
import { connection, diagnostic, exchange, frame, message, upgrade } from '../support/records.ts';

/** The tree without positions. */
function shape(tree: Expression): unknown {
  return JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => (key === 'start' || key === 'end' ? undefined : value)),
  );
}

describe('round trips', () => {
  test.each([
    'method == GET and status >= 400 or host contains "api" xor not size < 10k',
    'a and (b or c) and d or e',
    'not (not a == 1) and !b',
    'any tcp.port in {80, 8000..8080} and all http.set_cookie matches r"^a\\d"',
    'status not in {200}',
    'host[0:2,-3:,4-5,7,2--3,-4--2] == 61:62',
    'header["X-\\"Y\\""][0] == "a"',
    'max(tcp.srcport, tcp.dstport) + 1 * 2 - {3 + size} / -4 > -5',
    'status & 1 == 1 and upper(host)[1:] != "X"',
    'ip.addr == 10.0.0.0/8 or ipv6.addr == fe80::1/64',
    'host ~ "a" and host === "b" and host !== "c" and host ~= "d"',
  ])('%s', (expression) => {
    const tree = parse(expression);
    const text = expressionText(tree);
    expect(shape(parse(text))).toEqual(shape(tree));
    expect(expressionText(parse(text))).toBe(text);
  });
});

describe('precedence', () => {
  test.each([
    ['a or b and c', 'a or (b and c)'],
    ['a and b or c', '(a and b) or c'],
    ['a or b xor c and d', 'a or (b xor (c and d))'],
    ['not a == 1 and b', '(not a == 1) and b'],
    ['not not a', 'not (not a)'],
    ['a + b * c == 1', '{a + {b * c}} == 1'],
    ['a - b - c == 1', '{{a - b} - c} == 1'],
    ['a & 1 == 1', '{a & 1} == 1'],
    ['a * b & c == 1', '{a * {b & c}} == 1'],
  ])('%s', (expression, text) => {
    expect(expressionText(parse(expression))).toBe(text);
  });
});

const pieces = [
  ...[...fieldNames()].slice(0, 60), '==', '!=', '===', '<', '>=', 'contains', 'matches', 'in', 'not', 'and', 'or', '&&', '||', '!',
  'xor', '(', ')', '{', '}', '[', ']', '[0:2]', '["X"]', ',', '..', '+', '-', '*', '/', '&', '"', "'", '\\', 'r"', '"a"', '"(a"', '1',
  '0x1f', '200ms', '10.0.0.1', '::1', 'aa:bb', 'any', 'all', 'len(', 'count(', 'max(', 'p95(', ' ', '.', '#', '€', '\0', '\n',
]; // prettier-ignore

function isFilterErrorOrNothing(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    return error instanceof FilterError;
  }
}

test('whatever is typed is compiled or refused with a place in the text', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((words) => words.join(' ')),
    fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((words) => words.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );
  const records = samples();
  fc.assert(
    fc.property(text, fc.nat(), (expression, cursor) => {
      const filter = tryFilter(expression);
      if (filter instanceof FilterError) {
        expect(filter.start).toBeGreaterThanOrEqual(0);
        expect(filter.end).toBeGreaterThanOrEqual(filter.start);
        expect(filter.end).toBeLessThanOrEqual(expression.length);
      } else {
        for (const kind of recordKinds) {
          for (const record of records[kind]) (filter[kind] as (record: AnyRecord) => boolean)(record);
        }
        const tree = parse(expression);
        expect(shape(parse(expressionText(tree)))).toEqual(shape(tree));
      }
      expect(isFilterErrorOrNothing(() => parseAssertion(expression))).toBe(true);
      const { start, end } = complete(expression, cursor % (expression.length + 1));
      expect(start).toBeLessThanOrEqual(end);
    }),
    { numRuns: 4000 },
  );
});

test('long and deep expressions neither overflow nor stall', () => {
  for (const expression of [
    '('.repeat(16_000),
    '!'.repeat(16_000),
    '-'.repeat(16_000),
    'status == ' + '{'.repeat(10_000),
    'a[0]'.repeat(3000),
    'host' + '[0]'.repeat(5000),
    'status or '.repeat(1500) + 'status',
    'status == 1' + ' + 1'.repeat(3000),
    'len('.repeat(4000),
    `status in {${'1,'.repeat(7000)}1}`,
    '"'.repeat(16_000),
    `host matches "${'('.repeat(8000)}"`,
    `host matches "${'a?'.repeat(4000)}"`,
    `host matches "${'(()*)*'.repeat(90)}"`,
  ]) {
    expect(isFilterErrorOrNothing(() => tryFilter(expression))).toBe(true);
    expect(isFilterErrorOrNothing(() => parseAssertion(expression))).toBe(true);
    complete(expression);
  }
});

// --- fields ----------------------------------------------------------------------------------------------------------

function samples(): Record<RecordKind, AnyRecord[]> {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\nX: 1\r\nX: 2\r\n\r\nbody';
  const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: b\r\nSet-Cookie: c\r\n\r\nbody';
  return {
    connection: [connection(), connection({ protocols: ['tls', 'h2'] })],
    exchange: [
      exchange(),
      exchange({ request: head }),
      exchange({ response: answer }),
      exchange({ request: head, response: answer, diagnostics: ['tcp.gap', 'tcp.snapped'] }),
    ],
    upgrade: [upgrade(), upgrade({ key: 'a', accept: 'b', version: '13', subprotocol: 'c', extensions: 'd' })],
    frame: [frame(), frame({ opcode: 8, payload: '??why' }), frame({ payload: 'text', maskingKey: 1, stream: 3 })],
    message: [message(), message({ kind: 'event', data: 'x' }), message({ kind: 'close', code: 1000, reason: 'r' })],
    diagnostic: [diagnostic('tcp.gap'), diagnostic('tcp.gap', { connection: -1, side: 1, packet: 0 })],
  };
}

test('every field ends: no reader has values without end, and only fields with several say so', () => {
  const records = samples();
  for (const field of fields) {
    for (const kind of kindsOf(field)) {
      const source = fieldSource(field, kind);
      for (const record of records[kind]) {
        if (!source.many) continue;
        let n = 0;
        while (n < 50 && has(source, record, n)) n++;
        expect([field.name, kind, n < 50]).toEqual([field.name, kind, true]);
      }
    }
  }
});

function has(source: ReturnType<typeof fieldSource>, record: AnyRecord, index: number): boolean {
  if (source.shape === 'number') return !Number.isNaN(source.read!(record, index));
  return source.shape === 'bytes'
    ? source.read!(record, index, new Span())
    : source.read!(record, index, new Endpoint());
}

test('every field has one name of its own, a kind of record, and one line of description', () => {
  const names = fields.flatMap((field) => [field.name, ...field.aliases]);
  expect(names.length).toBe(new Set(names).size);
  for (const { name, kinds, description } of fieldCatalogue) {
    expect(name).toMatch(/^[a-z0-9][a-z0-9_.]*$/);
    expect(kinds.length).toBeGreaterThan(0);
    expect(description).toMatch(/^[^\n]{4,90}$/);
  }
});

test('every field alone is a filter', () => {
  for (const name of fieldNames()) expect([name, tryFilter(name) instanceof FilterError]).toEqual([name, false]);
});

// --- values ----------------------------------------------------------------------------------------------------------

describe('values', () => {
  test.each([
    [integer, '0', 0],
    [integer, '-12', -12],
    [integer, '0x1F', 31],
    [integer, '017', 15],
    [integer, '0b101', 5],
    [integer, '08', undefined],
    [integer, '1.0', undefined],
    [integer, '', undefined],
    [duration, '1.5', 1.5e9],
    [duration, '.5', 5e8],
    [duration, '200ms', 2e8],
    [duration, '30us', 30_000],
    [duration, '30µs', 30_000],
    [duration, '7ns', 7],
    [duration, '2min', 120e9],
    [duration, '1h', 3600e9],
    [duration, '-1', -1e9],
    [duration, '1e-3', 1e6],
    [duration, '1x', undefined],
    [size, '10k', 10_000],
    [size, '64KiB', 65_536],
    [size, '1.5MB', 1_500_000],
    [size, '0x10', 16],
    [size, 'k', undefined],
    [moment, '1795361583.359391', 1_795_361_583_359_391_000n],
    [moment, '2026-11-22', 1_795_305_600_000_000_000n],
    [moment, '2026-11-22 15:33:03.000000001', 1_795_361_583_000_000_001n],
    [moment, '2026-11-22T16:33:03+01:00', 1_795_361_583_000_000_000n],
    [moment, '2026-13-22', undefined],
    [moment, 'now', undefined],
  ] as const)('%o of %s', (read, text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    ['9a:cb:04:42', [0x9a, 0xcb, 4, 0x42]],
    ['9acb', [0x9a, 0xcb]],
    ['9a-cb', [0x9a, 0xcb]],
    ['9a.cb', [0x9a, 0xcb]],
    ['a', [10]],
    ['0x9a', [0x9a]],
    ['9ac', undefined],
    ['9a:cb-04', undefined],
    ['xy', undefined],
  ])('bytes of %s', (text, expected) => {
    const bytes = hexBytes(text);
    expect(bytes === undefined ? undefined : [...bytes]).toEqual(expected);
  });

  test.each([
    ['10.0.0.1', [4, 32, -1]],
    ['10.0.0.0/8', [4, 8, -1]],
    ['10.0.0.1:80', [4, 32, 80]],
    ['::1', [6, 128, -1]],
    ['fe80::/10', [6, 10, -1]],
    ['[::1]:443', [6, 128, 443]],
    ['10.0.0.0/33', undefined],
    ['10.0.0', undefined],
    ['10.0.0.1:70000', undefined],
    ['::1::2', undefined],
  ])('address %s', (text, expected) => {
    const literal = address(text);
    expect(literal && [literal.version, literal.prefix, literal.port]).toEqual(expected);
  });
});

test('a needle is found where indexOf finds it', () => {
  const bytes = fc.uint8Array({ max: 2, maxLength: 40 });
  fc.assert(
    fc.property(bytes, fc.uint8Array({ max: 2, minLength: 1, maxLength: 6 }), fc.nat(5), (data, needle, from) => {
      const range = Buffer.from(data).subarray(from);
      expect(new Needle(needle).isIn(data, Math.min(from, data.length), data.length)).toBe(
        range.includes(Buffer.from(needle)),
      );
    }),
    { numRuns: 2000 },
  );
});
