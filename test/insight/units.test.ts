import { expect, test } from 'vitest';
import { bytesText, countText, counted, dateText, shareText, spanText } from '../../src/insight/units.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1234567, '1,234,567'],
])('count %d', (count, text) => expect(countText(count)).toBe(text));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [1234, '1.23 kB'],
  [99_949, '99.9 kB'],
  [99_950, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [4.7e15, '4.70 PB'],
  [4.7e18, '4700 PB'],
])('%d bytes', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test.each([
  [0, '0 ns'],
  [999, '999 ns'],
  [1000, '1.00 µs'],
  [12_345, '12.3 µs'],
  [999_499, '999 µs'],
  [999_500, '1.00 ms'],
  [12_345_678_901, '12.3 s'],
  [59_949_999_999, '59.9 s'],
  [59_950_000_000, '1 min 00 s'],
  [123e9, '2 min 03 s'],
  [3720e9, '1 h 02 min'],
  [90e12, '1 d 01 h'],
  [-2000, '-2.00 µs'],
])('a span of %d ns', (span, text) => expect(spanText(span)).toBe(text));

test.each([
  [0, 10, '0%'],
  [1, 1000, '<1%'],
  [1, 3, '33%'],
  [999, 1000, '>99%'],
  [5, 5, '100%'],
  [0, 0, '0%'],
])('%d of %d', (part, whole, text) => expect(shareText(part, whole)).toBe(text));

test('one of a kind is singular', () => {
  expect(counted(1, 'packet')).toBe('1 packet');
  expect(counted(1200, 'packet')).toBe('1,200 packets');
});

test('dates are written in UTC with milliseconds', () => {
  expect(dateText(1_795_361_583_359_391_000n)).toBe('2026-11-22 15:33:03.359 UTC');
  expect(dateText(2n ** 90n)).toBe('no date');
});
