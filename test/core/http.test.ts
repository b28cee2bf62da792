/** Which heads may be written as JSON by copying. */
import { expect, test } from 'vitest';
import { HttpHead } from '../../src/core/http.ts';

test.each([
  ['plain lines', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', true],
  ['a quote', 'GET /" HTTP/1.1\r\n\r\n', false],
  ['an octet above 0x7f', 'GET / HTTP/1.1\r\nX: \xe9\r\n\r\n', false],
  ['a CR inside a value', 'GET / HTTP/1.1\r\nX: 1\rY: 2\r\n\r\n', false],
  ['a CR inside a value, a line without', 'GET / HTTP/1.1\nX: 1\rY: 2\r\n\r\n', false],
])('a copied head of %s', (_name, text, clean) => {
  const head = new HttpHead();
  head.data = Buffer.from(text, 'latin1');
  head.end = head.data.length;
  const copy = new HttpHead();
  copy.copyFrom(head);
  expect(copy.regular && copy.escapes === 0).toBe(clean);
});
