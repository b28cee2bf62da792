/** HPACK: the examples of RFC 7541 appendix C, its rules, what a partial capture leaves, and random blocks against a model. */
import { describe, expect, test } from 'vitest';
import { fieldName, fieldValue } from '../../../src/core/http.ts';
import { FieldSection } from '../../../src/decode/http2/hpack/field-section.ts';
import { codeLengths, codes } from '../../../src/decode/http2/hpack/huffman-code.ts';
import { decodeHuffman, decodedRoom } from '../../../src/decode/http2/hpack/huffman.ts';
import { FieldFault, HpackDecoder, HpackFault } from '../../../src/decode/http2/hpack/hpack-decoder.ts';
import { HpackEncoder, huffman, integer, text } from './hpack-encoder.ts';
import { random } from './random.ts';

const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(' ', ''), 'hex');

function fieldsOf(section: FieldSection): string[] {
  const { head } = section;
  return Array.from({ length: head.fieldCount }, (_, i) => `${fieldName(head, i)}: ${fieldValue(head, i)}`.trimEnd());
}

function decode(decoder: HpackDecoder, block: Uint8Array): string[] {
  const section = new FieldSection();
  section.begin();
  decoder.beginBlock();
  expect(decoder.decode(block, 0, block.length, section)).toBe(block.length);
  return fieldsOf(section);
}

function entries({ table }: HpackDecoder): string[] {
  return Array.from({ length: table.count }, (_, age) => {
    const at = table.at(age);
    const field = Buffer.from(table.data.subarray(table.start(at), table.end(at))).toString('latin1');
    const name = table.nameEnd(at) - table.start(at);
    return `${field.slice(0, name)}: ${field.slice(name)}`;
  });
}

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];
const requestTable = ['custom-key: custom-value', 'cache-control: no-cache', ':authority: www.example.com'];
const cookie = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const responses = [
  [':status: 302', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com'],
  [
    ':status: 200', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:22 GMT', 'location: https://www.example.com',
    'content-encoding: gzip', cookie,
  ],
]; // prettier-ignore
const responseTable = [cookie, 'content-encoding: gzip', 'date: Mon, 21 Oct 2013 20:13:22 GMT'];

describe('RFC 7541 appendix C', () => {
  test.each([
    ['C.2.1', '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', 'custom-key: custom-header', 1],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path', 0],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret', 0],
    ['C.2.4', '82', ':method: GET', 0],
  ])('%s', (_, block, field, indexed) => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, hex(block))).toEqual([field]);
    expect(decoder.table.count).toBe(indexed);
  });

  test.each([
    ['C.3: requests', 4096, requests, requestTable, 164, [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ]],
    ['C.4: requests, Huffman', 4096, requests, requestTable, 164, [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ]],
    ['C.5: responses', 256, responses, responseTable, 215, [
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e' +
        '1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d' +
        '4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572' +
        '7369 6f6e 3d31',
    ]],
    ['C.6: responses, Huffman', 256, responses, responseTable, 215, [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b' +
        '97c8 e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf' +
        'cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ]],
  ] as const)('%s', (_, limit, expected, table, size, blocks) => {
    const decoder = new HpackDecoder();
    decoder.table.resize(limit);
    expect(blocks.map((block) => decode(decoder, hex(block)))).toEqual(expected);
    expect(entries(decoder)).toEqual(table);
    expect(decoder.table.size).toBe(size);
  }); // prettier-ignore
});

describe('Huffman code', () => {
  test('is complete: every sequence of bits begins with exactly one code', () => {
    expect(codeLengths).toHaveLength(257);
    expect(codeLengths.reduce((sum, length) => sum + 2 ** (30 - length), 0)).toBe(2 ** 30);
    expect([codes[0x30], codes[0x74], codes[0x7a], codes[0xff], codes[256]]).toEqual([
      0, 9, 0x7b, 0x3ffffee, 0x3fffffff,
    ]);
  });

  test('every octet, alone and in company', () => {
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const sample of [...Array.from(all, (octet) => Uint8Array.of(octet)), all, all.toReversed()]) {
      const coded = huffman(sample);
      const out = new Uint8Array(decodedRoom(coded.length));
      const end = decodeHuffman(coded, 0, coded.length, out, 0);
      expect(out.subarray(0, end)).toEqual(sample);
    }
  });

  test.each([
    ['eight ones are too much padding', 'ff'],
    ['padding is ones', '18'],
    ['the end-of-string symbol is not to be coded', 'ffffffff'],
    ['a code cut in the middle', 'fe'],
  ])('%s', (_, coded) => {
    const data = hex(coded);
    expect(decodeHuffman(data, 0, data.length, new Uint8Array(64), 0)).toBe(-1);
  });
});

describe('rules', () => {
  test.each([
    ['index 0', '80', HpackFault.badIndex],
    ['index beyond the table', 'be', HpackFault.badIndex],
    ['name index beyond the table', '7e0161', HpackFault.badIndex],
    ['an integer without end', 'ffffffffffffffffffff', HpackFault.integerOverflow],
    ['a size update behind a field', '823f00', HpackFault.misplacedSizeUpdate],
    ['a string that is not Huffman-coded', '0081ff0161', HpackFault.badHuffman],
  ])('%s', (_, block, fault) => {
    const section = new FieldSection();
    section.begin();
    const data = hex(block);
    expect(new HpackDecoder().decode(data, 0, data.length, section)).toBe(fault);
  });

  test.each([
    ['a capital letter in a name', '0003 466f6f 0161', FieldFault.upperCase],
    ['an octet that no name has', '0003 666f20 0161', FieldFault.badName],
    ['an empty name', '0000 0161', FieldFault.badName],
    ['a line feed in a value', '0003 666f6f 010a', FieldFault.badValue],
  ])('%s is noted', (_, block, fault) => {
    const section = new FieldSection();
    section.begin();
    const data = hex(block);
    expect(new HpackDecoder().decode(data, 0, data.length, section)).toBe(data.length);
    expect(section.faults).toBe(fault);
  });

  test('a field that is never to be indexed is marked', () => {
    const section = new FieldSection();
    section.begin();
    const data = hex('82 1f08 0161 0f08 0162 1001 6301 64');
    expect(new HpackDecoder().decode(data, 0, data.length, section)).toBe(data.length);
    expect(section.head.neverIndexed).toEqual([1, 3]);
    section.begin();
    expect(section.head.neverIndexed).toEqual([]);
  });

  test('an entry larger than the table empties it', () => {
    const decoder = new HpackDecoder();
    decoder.table.resize(64);
    decode(decoder, hex('4001 61 01 62'));
    expect(decoder.table.count).toBe(1);
    decode(decoder, Buffer.concat([hex('4001 61'), text(Buffer.alloc(40, 0x62), false)]));
    expect(decoder.table.count).toBe(0);
  });

  test('a header bomb is decoded, not kept', () => {
    const decoder = new HpackDecoder();
    const value = Buffer.alloc(4000, 0x61);
    decode(decoder, Buffer.concat([hex('4001 78'), text(value, false)]));
    const section = new FieldSection();
    section.begin();
    const bomb = Buffer.alloc(1_000_000, 0xbe);
    expect(decoder.decode(bomb, 0, bomb.length, section)).toBe(bomb.length);
    expect(section.head.data.length).toBeLessThan(600_000);
    expect(section.head.fieldCount + section.omitted).toBe(1_000_000);
  });
});

describe('a capture that starts in the middle', () => {
  test('shows what it cannot resolve, and resolves what was added since', () => {
    const decoder = new HpackDecoder();
    decoder.lose();
    expect(decode(decoder, hex('82 be c5 7e 0161'))).toEqual([
      ':method: GET',
      '<unknown index 62>:',
      '<unknown index 69>:',
      '<unknown index 62>: a',
    ]);
    expect(decode(decoder, hex('be 4001 61 0162 bf'))).toEqual([
      '<unknown index 62>: a',
      'a: b',
      '<unknown index 62>: a',
    ]);
    expect(decoder.unresolved).toBe(3);
  });
});

describe('random blocks', () => {
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const next = random(seed);
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    for (let block = 0; block < 300; block++) {
      const { data, fields } = encoder.randomBlock(next);
      const section = new FieldSection();
      section.begin();
      decoder.beginBlock();
      // In pieces: what is not whole is given again with more behind it.
      let at = 0;
      for (let end = 0; end < data.length;) {
        end = Math.min(data.length, end + 1 + Math.floor(next() * 40));
        at = decoder.decode(data.slice(0, end), at, end, section);
        expect(at).toBeGreaterThanOrEqual(0);
      }
      expect(at).toBe(data.length);
      expect(fieldsOf(section)).toEqual(fields);
      expect(decoder.table.size).toBe(encoder.size);
    }
  });

  test('octets of no meaning', () => {
    const next = random(9);
    const decoder = new HpackDecoder();
    for (let round = 0; round < 20_000; round++) {
      const data = Uint8Array.from({ length: Math.floor(next() * 60) }, () => Math.floor(next() * 256));
      const section = new FieldSection();
      section.begin();
      decoder.beginBlock();
      const at = decoder.decode(data, 0, data.length, section);
      expect(at).toBeLessThanOrEqual(data.length);
      if (at < 0 && next() < 0.5) decoder.lose();
      expect(decoder.table.size).toBeLessThanOrEqual(Math.max(decoder.table.limit, 0));
    }
  });

  test('integers', () => {
    expect(integer(10, 5, 0)).toEqual([10]);
    expect(integer(1337, 5, 0)).toEqual([31, 154, 10]);
  });
});
