import { Buffer } from 'node:buffer';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DiagnosticCode } from '../../../src/core/diagnostics.ts';
import type { ContentDecoderFactory, DecodedContentSink } from '../../../src/core/sinks.ts';
import { createContentDecoder, createImmediateContentDecoder } from '../../../src/decode/http/content-coding.ts';
import { zstdFrame, zstdRunLength } from './zstd-frames.ts';

const text = Buffer.from(
  Array.from({ length: 2000 }, (_, i) => `line ${i}: ${((i * 2654435761) >>> 0).toString(36)}\n`).join(''),
);

class Decoded implements DecodedContentSink {
  readonly pieces: Buffer[] = [];
  readonly problems: [DiagnosticCode, string][] = [];
  length = 0;
  decoded(data: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    if (this.length < 32 * 1024 * 1024) this.pieces.push(Buffer.from(data.subarray(start, end)));
  }
  problem(code: DiagnosticCode, detail: string): void {
    this.problems.push([code, detail]);
  }
  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
  get codes(): string[] {
    return this.problems.map(([code]) => code);
  }
}

/** Decodes `coded`, lent in pieces of `size` bytes whose buffer is wiped after each. */
function decode(codings: string, coded: Uint8Array, size = coded.length, create = createContentDecoder): Decoded {
  const sink = new Decoded();
  const decoder = create(codings, sink);
  for (let at = 0; at < coded.length; at += size) {
    const lent = Buffer.concat([Uint8Array.of(0xee), coded.subarray(at, at + size), Uint8Array.of(0xee)]);
    decoder?.push(lent, 1, lent.length - 1);
    lent.fill(0xee);
  }
  decoder?.finish();
  return sink;
}

const factories: [string, ContentDecoderFactory][] = [
  ['at the end', createContentDecoder],
  ['immediately', createImmediateContentDecoder],
];

const encodings: [coding: string, coded: Uint8Array][] = [
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['deflate', deflateSync(text, { windowBits: 9 })],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdFrame(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['deflate,gzip , identity', gzipSync(deflateSync(text))],
  ['gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(text)))],
  ['zstd, deflate', deflateRawSync(zstdFrame(text))],
];

describe.each(factories)('%s', (_, create) => {
  test.each(encodings)('%s', (codings, coded) => {
    for (const size of [coded.length, 1, 7, 1000]) {
      const decoded = decode(codings, coded, size, create);
      expect(decoded.problems).toEqual([]);
      expect(decoded.bytes.equals(text)).toBe(true);
    }
  });

  test.each(encodings)('%s cut short gives a beginning', (codings, coded) => {
    for (const kept of [1, 2, 3, 9, 20, coded.length >> 1, coded.length - 1]) {
      const decoded = decode(codings, coded.subarray(0, kept), 100, create);
      expect(decoded.bytes.equals(text.subarray(0, decoded.length))).toBe(true);
      expect(decoded.codes).toContain('http.cut-coding');
      if (kept === coded.length - 1 && !codings.includes(',')) expect(decoded.length).toBeGreaterThan(text.length / 2);
    }
  });

  test.each(encodings)('%s damaged in the middle keeps what came before', (codings, coded) => {
    const damaged = Buffer.from(coded);
    damaged.fill(0xff, damaged.length >> 1, (damaged.length >> 1) + 40);
    const decoded = decode(codings, damaged, 333, create);
    // Raw deflate and blocks that are stored carry no check: what is damaged there decodes to something else.
    if (!/deflate|zstd/.test(codings)) expect(decoded.codes.length).toBeGreaterThan(0);
    if (!codings.includes(',')) expect(decoded.length).toBeGreaterThan(0);
    const common = Math.min(decoded.length, text.length) >> 2;
    expect(decoded.bytes.subarray(0, common).equals(text.subarray(0, common))).toBe(true);
  });

  test('several gzip members, and padding behind them', () => {
    const coded = Buffer.concat([gzipSync('one '), gzipSync('two '), gzipSync('three'), Buffer.alloc(9)]);
    for (const size of [coded.length, 1, 5])
      expect(decode('gzip', coded, size, create).bytes.toString()).toBe('one two three');
  });

  test('very many gzip members', () => {
    const coded = Buffer.concat(Array.from({ length: 20_000 }, () => gzipSync('x')));
    expect(decode('gzip', coded, coded.length, create).length).toBe(20_000);
  });

  test('several zstd frames, and one to skip', () => {
    const skippable = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5);
    const coded = Buffer.concat([zstdFrame(Buffer.from('one ')), skippable, zstdFrame(Buffer.from('two'))]);
    for (const size of [coded.length, 1, 5]) {
      const decoded = decode('zstd', coded, size, create);
      expect(decoded.bytes.toString()).toBe('one two');
      expect(decoded.problems).toEqual([]);
    }
  });

  test('longer than is gathered', () => {
    const long = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * 2654435761) >>> 13));
    for (const [coding, coded] of [
      ['gzip', gzipSync(long)],
      ['br', brotliCompressSync(long, { params: { 1: 1 } })],
      ['zstd', zstdFrame(long)],
    ] as const)
      expect(decode(coding, coded, 60_000, create).bytes.equals(long)).toBe(true);
  });

  test('bytes missing: what came before is given, nothing after', () => {
    for (const [codings, coded] of encodings) {
      const sink = new Decoded();
      const decoder = create(codings, sink)!;
      decoder.push(coded, 0, coded.length - 100);
      decoder.gap();
      decoder.push(coded, coded.length - 50, coded.length);
      decoder.finish();
      expect(sink.codes).toContain('http.cut-coding');
      expect(sink.bytes.equals(text.subarray(0, sink.length))).toBe(true);
    }
  });

  test('bombs are cut', () => {
    const zeros = Buffer.alloc(100 * 1024 * 1024);
    const bombs: [string, Uint8Array][] = [
      ['gzip', gzipSync(zeros)],
      ['gzip, gzip', gzipSync(gzipSync(zeros))],
      ['br', brotliCompressSync(zeros, { params: { 1: 4 } })],
      ['zstd', zstdRunLength(4000)],
    ];
    for (const [codings, coded] of bombs) {
      const decoded = decode(codings, coded, 1 << 16, create);
      expect(decoded.codes, codings).toContain('http.decode-limit');
      expect(decoded.length).toBeGreaterThan(0);
      expect(decoded.length).toBeLessThanOrEqual(32 * 1024 * 1024);
    }
  });

  test('no content at all is no problem', () => {
    for (const [codings] of encodings) expect(decode(codings, new Uint8Array(0), 1, create).problems).toEqual([]);
  });
});

test('what is not coded as it says', () => {
  for (const coding of ['gzip', 'br', 'zstd', 'deflate']) {
    const decoded = decode(coding, Buffer.from('<!doctype html><title>not coded at all</title>'));
    expect(decoded.codes.length, coding).toBe(1);
  }
});

test('gzip and Brotli decode immediately where asked to', () => {
  for (const [codings, coded] of [
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
  ] as const) {
    const sink = new Decoded();
    const decoder = createImmediateContentDecoder(codings, sink)!;
    decoder.push(coded, 0, coded.length >> 1);
    expect(sink.length, codings).toBeGreaterThan(1000);
    decoder.push(coded, coded.length >> 1, coded.length);
    decoder.finish();
    expect(sink.bytes.equals(text), codings).toBe(true);
    expect(sink.problems).toEqual([]);
  }
});

describe('content longer than is gathered', () => {
  const long = Buffer.alloc(900_000);
  for (let i = 0, state = 1; i < long.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    long[i] = 97 + ((state >>> 16) % 20);
  }
  const codings: [string, Buffer][] = [
    ['gzip', gzipSync(long)],
    ['deflate', deflateSync(long)],
    ['deflate', deflateRawSync(long)],
    ['br', brotliCompressSync(long, { params: { 1: 1 } })],
  ];

  test('stops before its end: all there is', () => {
    for (const [coding, coded] of codings) {
      const whole = decode(coding, coded, 1448);
      expect(whole.bytes.equals(long), coding).toBe(true);
      const cut = decode(coding, coded.subarray(0, coded.length - 20_000), 1448);
      expect(cut.codes, coding).toEqual(['http.cut-coding']);
      expect(cut.length, coding).toBeGreaterThan(long.length * 0.9);
      expect(cut.bytes.equals(long.subarray(0, cut.length)), coding).toBe(true);
    }
  });

  test('is damaged: what came before, but for the last step', () => {
    // Deflate alone has no check value: damage may pass unseen.
    for (const [coding, coded] of codings.filter((_, at) => at !== 2)) {
      const damaged = Buffer.from(coded);
      damaged.fill(0xff, coded.length - 20_000, coded.length - 19_000);
      const decoded = decode(coding, damaged, 1448);
      expect(decoded.codes, coding).toEqual([coding === 'br' ? 'http.cut-coding' : 'http.corrupt-coding']);
      expect(decoded.length, coding).toBeGreaterThan(long.length * 0.9);
    }
  });

  test('misses bytes: what came before, and nothing after', () => {
    for (const [coding, coded] of codings) {
      const sink = new Decoded();
      const decoder = createContentDecoder(coding, sink)!;
      decoder.push(coded, 0, 400_000);
      decoder.gap();
      decoder.push(coded, 401_000, coded.length);
      decoder.finish();
      expect(sink.codes, coding).toEqual(['http.cut-coding']);
      expect(sink.length).toBeGreaterThan(300_000);
      expect(sink.bytes.equals(long.subarray(0, sink.length)), coding).toBe(true);
    }
  });

  test('several gzip members, and padding behind them', () => {
    const coded = Buffer.concat([gzipSync(long), gzipSync(text), Buffer.alloc(3000)]);
    const decoded = decode('gzip', coded, 1448);
    expect(decoded.bytes.equals(Buffer.concat([long, text]))).toBe(true);
    expect(decoded.problems).toEqual([]);
  });
});

test('no coding, unknown codings, too many codings', () => {
  const sink = new Decoded();
  expect(createContentDecoder('', sink)).toBeNull();
  expect(createContentDecoder('identity, ', sink)).toBeNull();
  expect(sink.problems).toEqual([]);
  expect(createContentDecoder('gzip, compress', sink)).toBeNull();
  expect(createContentDecoder('gzip,gzip,gzip,gzip,gzip', sink)).toBeNull();
  expect(sink.problems).toEqual([
    ['http.unknown-coding', 'compress'],
    ['http.unknown-coding', '5 codings'],
  ]);
});

test('a zstd frame that asks for more memory than HTTP allows is refused', () => {
  const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00);
  expect(decode('zstd', frame).codes).toEqual(['http.corrupt-coding']);
  const dictionary = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x00, 0x07, 0x01, 0x00, 0x00);
  expect(decode('zstd', dictionary).problems[0]![1]).toContain('dictionary');
});

test('zstd as a compressor writes it, with a checksum', () => {
  const coded = Buffer.from(
    'KLUv/QRojQEAyGxpbmUgMDogd2lyZXNjb3BlLAoxMjM0NTYJAC7BaXgA9QGGAUYAc4BhgAWoe3krYUjN9VM=',
    'base64',
  );
  const expected = Array.from({ length: 300 }, (_, i) => `line ${i % 7}: wirescope, wirescope\n`).join('');
  for (const size of [coded.length, 1]) {
    const decoded = decode('zstd', coded, size);
    expect(decoded.problems).toEqual([]);
    expect(decoded.bytes.toString()).toBe(expected);
  }
});
