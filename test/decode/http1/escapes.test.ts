/** Which parts of a head JSON has to escape, as the scanner marks them, held to a look at each character. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeBit, startLineEscapes } from '../../../src/core/http.ts';
import { scanner } from '../../../src/decode/http1/head-scanner.ts';

const visible = (from: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: from, max: 0x7e }).map((c) => String.fromCharCode(c)), maxLength: 40 });
const escaped = (text: string): boolean => /["\\]/.test(text);

test('a regular head', () => {
  fc.assert(
    fc.property(visible(0x21), fc.array(visible(0x20), { maxLength: 40 }), (target, values) => {
      const lines = [`GET /${target} HTTP/1.1`, ...values.map((value, i) => `Field-${i}: ${value}`)];
      const data = Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1');
      expect(scanner.scan('request', data, 0, data.length)).toBe(data.length);
      let expected = escaped(target) ? startLineEscapes : 0;
      values.forEach((value, i) => (expected |= escaped(value) ? escapeBit(i) : 0));
      expect([scanner.head.regular, scanner.head.escapes]).toEqual([true, expected]);
    }),
  );
});

test.each(['HTTP/1.1 200 "OK"', 'HTTP/1.1 200 O\\K'])('a reason phrase: %s', (line) => {
  const data = Buffer.from(`${line}\r\nA: b\r\n\r\n`);
  expect(scanner.scan('response', data, 0, data.length)).toBe(data.length);
  expect([scanner.head.regular, scanner.head.escapes]).toEqual([true, startLineEscapes]);
});

test.each(['A: b\tc', 'A: \xe9', 'A: b\r\n c', 'A : b'])('an irregular field line: %j', (line) => {
  const data = Buffer.from(`GET / HTTP/1.1\r\n${line}\r\n\r\n`, 'latin1');
  expect(scanner.scan('request', data, 0, data.length)).toBe(data.length);
  expect(scanner.head.regular).toBe(false);
});
