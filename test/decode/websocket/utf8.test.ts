import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Utf8Validator } from '../../../src/decode/websocket/utf8.ts';

/** Position of the first byte that cannot stand where it does; `length` where the text stops inside a character; else -1. */
function check(data: Uint8Array, pieces: number[] = [data.length]): number {
  const validator = new Utf8Validator();
  let at = 0;
  for (const length of pieces) {
    const bad = validator.push(data, at, at + length);
    if (bad >= 0) return bad;
    at += length;
  }
  return validator.insideCharacter ? data.length : -1;
}

const table: [name: string, hex: string, position: number][] = [
  ['nothing', '', -1],
  ['ASCII', '00 41 7f', -1],
  ['first and last of two bytes', 'c280 dfbf', -1],
  ['first and last of three bytes', 'e0a080 efbfbf', -1],
  ['first and last of four bytes', 'f0908080 f48fbfbf', -1],
  ['around the surrogates', 'ed9fbf ee8080', -1],
  ['non-characters are characters', 'efb790 efbfbe f09fbfbf', -1],
  ['a continuation byte alone', '80', 0],
  ['a continuation byte after ASCII', '41 bf', 1],
  ['0xc0 and 0xc1 start nothing', '41 c080', 1],
  ['0xc1', 'c1bf', 0],
  ['0xf5', 'f5808080', 0],
  ['0xf8, once five bytes', '4142 f888808080', 2],
  ['0xfe', 'fe', 0],
  ['0xff', 'ff', 0],
  ['overlong slash in three bytes', 'e080af', 1],
  ['overlong in three bytes, the last', 'e09fbf', 1],
  ['overlong in four bytes', 'f08080af', 1],
  ['overlong in four bytes, the last', 'f08fbfbf', 1],
  ['first surrogate', 'eda080', 1],
  ['last surrogate', 'edbfbf', 1],
  ['a surrogate pair', 'eda080edb080', 1],
  ['U+110000', 'f4908080', 1],
  ['U+13FFFF', 'f4bfbfbf', 1],
  ['two bytes cut by ASCII', 'c3 41', 1],
  ['three bytes cut by ASCII', 'e282 41', 2],
  ['four bytes cut by ASCII', 'f09f98 41', 3],
  ['four bytes cut by a lead byte', 'f09f c3a9', 2],
  ['stops after one of two', '41 c3', 2],
  ['stops after one of three', 'e2', 1],
  ['stops after two of three', 'e282', 2],
  ['stops after three of four', 'f09f98', 3],
  ['narrowed range is left again', 'f0908080 f0bfbfbf eda0', 9],
];

describe.each(table)('%s', (_name, hex, position) => {
  const data = Buffer.from(hex.replaceAll(' ', ''), 'hex');

  test('whole, byte by byte, and behind ASCII of any length', () => {
    expect(check(data)).toBe(position);
    expect(
      check(
        data,
        Array.from(data, () => 1),
      ),
    ).toBe(position);
    for (let length = 0; length < 40; length++) {
      const longer = Buffer.concat([Buffer.alloc(length, 'a'), data]);
      expect(check(longer)).toBe(position < 0 ? -1 : length + position);
    }
  });

  test('cut at every position', () => {
    for (let cut = 0; cut <= data.length; cut++) expect(check(data, [cut, data.length - cut])).toBe(position);
  });
});

test('agrees with TextDecoder on every sequence of two and three bytes', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const valid = (data: Uint8Array): boolean => {
    try {
      decoder.decode(data);
      return true;
    } catch {
      return false;
    }
  };
  for (let first = 0x78; first < 0x100; first++) {
    for (let second = 0; second < 0x100; second++) {
      const two = Uint8Array.of(first, second);
      if (check(two) < 0 !== valid(two)) throw new Error(`${first} ${second}`);
      for (const third of [0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff]) {
        const three = Uint8Array.of(first, second, third);
        if (check(three) < 0 !== valid(three)) throw new Error(`${first} ${second} ${third}`);
      }
    }
  }
});

test('agrees with TextDecoder on text with one byte changed', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(text, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, position, byte) => {
      const data = Buffer.from(value);
      if (data.length === 0) return;
      expect(check(data)).toBe(-1);
      data[position % data.length] = byte;
      let valid = true;
      try {
        decoder.decode(data);
      } catch {
        valid = false;
      }
      const bad = check(data);
      expect(bad < 0).toBe(valid);
      if (bad >= 0)
        expect(
          data
            .subarray(0, bad)
            .toString()
            .replace(/\ufffd$/, ''),
        ).not.toContain('\ufffd\ufffd');
    }),
  );
});

test('is reset for the next text', () => {
  const validator = new Utf8Validator();
  validator.push(Buffer.from('e0', 'hex'), 0, 1);
  validator.reset();
  expect(validator.insideCharacter).toBe(false);
  expect(validator.push(Buffer.from('c280', 'hex'), 0, 2)).toBe(-1);
});
