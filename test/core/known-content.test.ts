/** Known content and the records it stands for keep in step, whichever comes first. */
import { expect, test } from 'vitest';
import { KnownContent } from '../../src/core/known-content.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

function next(content: KnownContent, length: number): string {
  let text = '';
  while (text.length < length) {
    const to = Math.min(content.end, content.start + length - text.length);
    const piece = Buffer.from(content.data.subarray(content.start, to)).toString();
    if (piece === '') throw new Error('nothing is known');
    content.skip(piece.length);
    text += piece;
  }
  return text;
}

test('records that span pieces, and pieces that span records', () => {
  const content = new KnownContent(false);
  for (const piece of ['ab', 'cde', 'fghijk']) content.push(bytes(piece));
  expect([content.has(11), content.has(12)]).toEqual([true, false]);
  expect([next(content, 1), next(content, 3), next(content, 6), next(content, 1)]).toEqual(['a', 'bcd', 'efghij', 'k']);
  expect(content.has(1)).toBe(false);
});

test('what was read before it was told is passed over', () => {
  const content = new KnownContent(false);
  content.skip(4);
  content.push(bytes('ab'));
  expect(content.has(1)).toBe(false);
  content.push(bytes('cdef'));
  expect([content.has(2), content.has(3)]).toEqual([true, false]);
  expect(next(content, 2)).toBe('ef');
  content.push(bytes('gh'));
  content.skip(3);
  content.push(bytes('ij'));
  expect(next(content, 1)).toBe('j');
});

test('where a piece is a record, another length is none: it may be padded', () => {
  const content = new KnownContent(true);
  content.push(bytes('abc'));
  content.push(bytes('de'));
  expect([content.has(5), content.has(2), content.has(3)]).toEqual([false, false, true]);
  content.skip(3);
  expect(content.has(2)).toBe(true);
});

test('what nobody reads is forgotten, and all that follows', () => {
  const content = new KnownContent(false);
  for (let i = 0; i < 5; i++) content.push(new Uint8Array(1 << 20));
  expect([content.has(1), content.data.length]).toEqual([false, 0]);
  content.push(bytes('a'));
  expect(content.has(1)).toBe(false);
});
