import fc from 'fast-check';
import { expect, test } from 'vitest';

import { scratch, scratchSize, unmask } from '../../../src/decode/websocket/unmask.ts';

function byByte(data: Uint8Array, key: number, phase: number): Uint8Array {
  return data.map((byte, i) => byte ^ ((key >>> (24 - 8 * ((i + phase) & 3))) & 0xff));
}

/** `data` somewhere in a larger array, so that reads past its ends would show. */
function placed(data: Uint8Array, at: number): Uint8Array {
  const array = new Uint8Array(at + data.length + 9).fill(0xa5);
  array.set(data, at);
  return array;
}

test('every length, position and phase gives what the byte by byte rule gives', () => {
  const key = 0x9acb0442;
  for (let length = 0; length <= 80; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    for (let at = 0; at < 9; at++) {
      const array = placed(data, at);
      const before = array.slice();
      // The second round reads an array that is known by then: by words however short.
      for (let round = 0; round < 2; round++) {
        for (let phase = 0; phase < 4; phase++) {
          unmask(array, at, at + length, key, phase);
          expect(scratch.slice(0, length)).toEqual(byByte(data, key, phase));
        }
        unmask(array, 0, array.length, key, 0);
      }
      expect(array).toEqual(before);
    }
  }
});

test('the key goes on over a cut at any place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.integer(), (data, position, key) => {
      const cut = Math.min(position, data.length);
      const masked = byByte(data, key, 0);
      unmask(masked, 0, cut, key, 0);
      const head = scratch.slice(0, cut);
      unmask(masked, cut, data.length, key, cut & 3);
      expect([...head, ...scratch.subarray(0, data.length - cut)]).toEqual([...data]);
    }),
  );
});

test('says ASCII exactly where every byte is', () => {
  for (let length = 1; length <= 40; length++) {
    const ascii = new Uint8Array(length).fill(0x7f);
    expect(unmask(byByte(ascii, 0x80818283, 0), 0, length, 0x80818283, 0)).toBe(true);
    for (let i = 0; i < length; i++) {
      const other = ascii.slice();
      other[i] = 0x80;
      expect(unmask(byByte(other, 0x80818283, 0), 0, length, 0x80818283, 0)).toBe(false);
    }
  }
});

test('takes as much as the scratch holds, and views with an offset of their own', () => {
  const buffer = new Uint8Array(scratchSize + 3).map((_, i) => i & 0xff);
  const data = buffer.subarray(3);
  unmask(data, 0, scratchSize, 0x01020304, 0);
  expect(Buffer.compare(scratch, byByte(data, 0x01020304, 0))).toBe(0);
});
