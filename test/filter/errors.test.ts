/** What a wrong expression is told: `[expression, start, end, message]`, positions as the filter line underlines them. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors.ts';
import { parseAssertion } from '../../src/filter/assertion.ts';
import { FilterError, tryFilter } from '../../src/filter/filter.ts';

type Row = readonly [expression: string, start: number, end: number, message: string];

const operand = 'a field, a function, "not" or "("';

const rows: readonly Row[] = [
  // grammar
  ['', 0, 0, `found the end; expected ${operand}`],
  ['   ', 3, 3, `found the end; expected ${operand}`],
  ['status ==', 9, 9, 'found the end; expected a value'],
  ['status = 200', 7, 8, 'found "="; expected "==" to compare'],
  ['== 200', 0, 2, `found "=="; expected ${operand}`],
  ['status == 200 and', 17, 17, `found the end; expected ${operand}`],
  ['status == 200 host', 14, 18, 'found "host"; expected "and", "or", or the end'],
  ['status 200', 7, 10, 'found "200"; expected an operator, or "and", "or"'],
  ['(status', 7, 7, 'found the end; expected an operator or ")"'],
  ['(status == 1', 12, 12, 'found the end; expected "and", "or" or ")"'],
  ['status)', 6, 7, 'found ")"; expected an operator, or "and", "or"'],
  ['()', 1, 2, `found ")"; expected ${operand}`],
  ['(host) == "a"', 7, 9, 'found "=="; expected an operator, or "and", "or"'],
  ['status AND host', 7, 10, 'found "AND"; expected an operator, or "and", "or"'],
  ['status | 1', 7, 8, 'found "|"; expected "||" or "or"'],
  ['status ^ 1', 7, 8, 'found "^"; expected "^^" or "xor"'],
  ['any status', 10, 10, 'found the end; expected a comparison'],
  ['status < 500 < 600', 13, 14, 'found "<"; expected "and", "or", or the end'],
  ['tcp.port#1 == 80', 8, 9, 'found "#"; expected no layer number: a record has one layer of each protocol'],
  ['@host', 0, 1, 'found "@"; expected a field name: raw fields and field references are not offered'],
  [`${'('.repeat(101)}status`, 101, 107, 'found "status"; expected at most 100 levels of parentheses'],
  [`${'not '.repeat(101)}status`, 404, 410, 'found "status"; expected at most 100 levels of parentheses'],
  ['x'.repeat(20_000), 16_384, 20_000, 'found 20000 characters; expected at most 16384'],
  // sets and slices
  ['status in {}', 11, 12, 'found "}"; expected a value'],
  ['status in {200 404}', 15, 18, 'found "404"; expected "," or "}"'],
  ['status in {200,}', 15, 16, 'found "}"; expected a value'],
  ['status in {200..}', 16, 17, 'found "}"; expected the upper end of the range'],
  ['status in 200', 10, 13, 'found "200"; expected a set such as {200, 400..499}'],
  ['host[]', 5, 5, 'found "]"; expected a position, "from:length", "from-last", ":length" or "from:"'],
  ['host[0:0] == "a"', 5, 8, 'found "0:0"; expected a length of at least 1'],
  ['host[1, 3-1] == "a"', 7, 11, 'found "3-1"; expected a range that ends after it begins'],
  ['host[0', 6, 6, 'found the end; expected "]"'],
  [
    'host["x"]',
    0,
    9,
    'found "host[\\"x\\"]"; expected a range such as [0:4]: names in brackets are for header["Name"]',
  ],
  [
    'status[0] == 1',
    0,
    9,
    'found "status[0]"; expected text, bytes or an address to slice; this is status, a whole number',
  ],
  // names
  ['nosuch', 0, 6, 'found "nosuch"; expected the name of a field'],
  ['statsu == 200', 0, 6, 'found "statsu"; expected the name of a field such as status'],
  ['http.reqest.method', 0, 18, 'found "http.reqest.method"; expected the name of a field such as http.request.method'],
  ['host == "x" or "y"', 15, 18, 'found "\\"y\\""; expected a field or a function'],
  ['"GET" == method', 0, 5, 'found "\\"GET\\""; expected a field or a function'],
  ['uper(host) == "A"', 0, 4, 'found "uper"; expected the function "upper"'],
  ['len(host)', 0, 9, 'found "len(host)" alone; expected a comparison: a function is always there'],
  ['len() == 1', 0, 5, 'found "len()"; expected one value in the parentheses'],
  ['len(status) == 1', 4, 10, 'found "status"; expected text or bytes for len()'],
  // values
  ['status == abc', 10, 13, 'found "abc"; expected a whole number to compare status with'],
  ['status == "200"', 10, 15, 'found "\\"200\\""; expected a whole number without quotes to compare status with'],
  ['status == 200.5', 10, 15, 'found "200.5"; expected a whole number to compare status with'],
  ['status == 99999', 10, 15, 'found "99999"; expected at most 65535 to compare status with'],
  [
    'status contains 2',
    0,
    6,
    'found "status"; expected text or bytes before "contains"; compare status, a whole number, by "==", "<" or "in"',
  ],
  ['host[0] == xyz', 11, 14, 'found "xyz"; expected bytes such as 6c:69, or text in double quotes'],
  [
    'ip.addr == localhost',
    11,
    20,
    'found "localhost"; expected an IPv4 address such as 10.0.0.1 or 10.0.0.0/8 to compare ip.addr with',
  ],
  [
    'ipv6.addr == 10.0.0.1',
    13,
    21,
    'found "10.0.0.1"; expected an IPv6 address such as ::1 or fe80::/10 to compare ipv6.addr with',
  ],
  ['state == compelte', 9, 17, 'found "compelte"; expected "complete" to compare state with'],
  ['kind == frames', 8, 14, 'found "frames"; expected "frame" to compare kind with'],
  ['severity == fatal', 12, 17, 'found "fatal"; expected one of note, warning, error to compare severity with'],
  ['duration > soon', 11, 15, 'found "soon"; expected seconds, or a span such as 200ms to compare duration with'],
  ['secure == yes', 10, 13, 'found "yes"; expected true or false to compare secure with'],
  [
    'time > yesterday',
    7,
    16,
    'found "yesterday"; expected seconds since 1970, or a date such as "2026-11-22 15:33:03" to compare time with',
  ],
  ['status == ip.addr', 10, 17, 'found "ip.addr"; expected something that compares with status, a whole number'],
  ['host == "a\\qb"', 10, 12, 'found the escape \\q; expected a known escape, or raw text: r"..."'],
  ['host == "abc', 12, 12, 'found the end; expected a closing "'],
  ['status + host == 1', 9, 13, 'found "host"; expected a number to calculate with'],
  ['tcp.port + tcp.port == 1', 0, 19, 'found "tcp.port + tcp.port"; expected one value at most on one of the sides'],
  // patterns
  ['method matches GET', 15, 18, 'found "GET"; expected a pattern in double quotes'],
  ['method matches "a(b"', 17, 18, 'found "(" in the pattern; expected a ")" for this "("'],
  ['method matches "a**"', 18, 19, 'found "*" in the pattern; expected something to repeat'],
  [
    'method matches r"(a)\\1"',
    20,
    21,
    'found "\\\\" in the pattern; expected no reference to a group: patterns match in linear time',
  ],
  [
    'method matches "a(?=b)"',
    17,
    18,
    'found "(" in the pattern; expected no look-around: patterns match in linear time',
  ],
  ['method matches "(a{1000}){1000}"', 16, 17, 'found "(" in the pattern; expected a smaller pattern'],
];

describe('mistakes', () => {
  test.each(rows)('%s', (expression, start, end, message) => {
    const error = tryFilter(expression);
    if (!(error instanceof FilterError)) throw new Error('it compiles');
    expect([error.start, error.end, error.message]).toEqual([start, end, `filter, column ${start + 1}: ${message}`]);
    expect(error).toBeInstanceOf(UsageError);
    expect(error.position).toBe(start);
  });
});

describe('mistakes in assertions', () => {
  test.each<Row>([
    ['count(status', 12, 12, 'found the end; expected an operator, "," or ")"'],
    ['count()', 6, 7, `found ")"; expected ${operand}`],
    ['count(status == 500)', 0, 20, 'found "count(status == 500)" alone; expected a comparison'],
    [
      'count(status) == 0 and status == 2',
      23,
      29,
      'found "status"; expected an aggregate such as count(...), beside another only aggregates can stand',
    ],
    ['max(host) > 1', 4, 8, 'found "host"; expected a field that is a number or a span of time, for max()'],
    ['p95(duration) < x', 16, 17, 'found "x"; expected seconds, or a span such as 200ms to compare p95() with'],
    ['p101(status) > 1', 0, 4, 'found "p101"; expected a function: len, count, lower, upper, string, max, min, abs'],
    ['all(status < 500, )', 18, 19, `found ")"; expected ${operand}`],
  ])('%s', (text, start, end, message) => {
    let error: unknown;
    try {
      parseAssertion(text);
    } catch (caught) {
      error = caught;
    }
    if (!(error instanceof FilterError)) throw new Error('it compiles');
    expect([error.start, error.end, error.message]).toEqual([start, end, `filter, column ${start + 1}: ${message}`]);
  });
});
