import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ZstdFrames } from '../../src/source/zstd-frames.ts';
import { concat, pcap, pcapng, toBytes, u32, u8 } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const read = (bytes: Uint8Array) => readCapture(scratchFile(folder, bytes));

/** Bytes that do not compress to nothing, and are told apart. */
const packets = Array.from({ length: 3000 }, (_, i) => ({
  bytes: toBytes(`packet ${i} ${Math.sin(i)} ${Math.cos(i * 7)}`.repeat(8)),
}));
const whole = pcap({ packets });
const lengths = packets.map(({ bytes }) => bytes.length);
const half = whole.length >> 1;

/** A Zstandard frame of uncompressed blocks: any content, no compressor needed. */
function storedFrame(content: Uint8Array, blockLength = 60_000): Uint8Array {
  const parts = [u32(0xfd2fb528, false), u8(0xa0), u32(content.length, false)];
  for (let at = 0; at === 0 || at < content.length; at += blockLength) {
    const block = content.subarray(at, at + blockLength);
    const last = at + blockLength >= content.length ? 1 : 0;
    parts.push(u32((block.length << 3) | last, false).subarray(0, 3), block);
  }
  return concat(...parts);
}

const skippable = concat(u32(0x184d2a51, false), u32(5, false), toBytes('hello'));
const zstdInstalled = ((): boolean => {
  try {
    execFileSync('zstd', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

describe('whole', () => {
  const inputs: [string, Uint8Array, 'gzip' | 'zstd'][] = [
    ['gzip', gzipSync(whole), 'gzip'],
    ['gzip in two members', concat(gzipSync(whole.subarray(0, half)), gzipSync(whole.subarray(half))), 'gzip'],
    ['gzip with zeros behind it', concat(gzipSync(whole), new Uint8Array(1000)), 'gzip'],
    ['gzip of pcapng', gzipSync(pcapng({ packets })), 'gzip'],
    ['zstd', storedFrame(whole), 'zstd'],
    ['zstd in two frames', concat(storedFrame(whole.subarray(0, half)), storedFrame(whole.subarray(half))), 'zstd'],
    ['zstd with skippable frames', concat(skippable, storedFrame(whole), skippable, skippable), 'zstd'],
    ['zstd with an empty frame', concat(storedFrame(u8()), storedFrame(whole)), 'zstd'],
  ];
  test.each(inputs)('%s', async (_, bytes, compressed) => {
    const reading = await read(bytes);
    expect(reading.packets.map((packet) => packet.bytes.length)).toEqual(lengths);
    expect(reading.diagnostics).toEqual([]);
    expect(reading.facts).toMatchObject({ compressed, size: bytes.length });
    expect(reading.bytesRead).toBe(bytes.length);
  });

  test('a member that ends where a read ends', async () => {
    const member = gzipSync(whole.subarray(0, half));
    for (const end of [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 96 * 1024 - 1, 96 * 1024, 96 * 1024 + 1]) {
      // A file name of the right length in the header moves the end of the member to the place wanted.
      const fileName = new Uint8Array(end - member.length - 1).fill(0x61);
      const moved = concat(member.subarray(0, 3), u8(8), member.subarray(4, 10), fileName, u8(0), member.subarray(10));
      expect(moved.length).toBe(end);
      const reading = await read(concat(moved, gzipSync(whole.subarray(half))));
      expect(reading.packets.length).toBe(packets.length);
    }
  });
});

describe('cut: what was there is read', () => {
  const inputs: [string, Uint8Array][] = [
    ['gzip', gzipSync(whole)],
    ['gzip in two members', concat(gzipSync(whole.subarray(0, half)), gzipSync(whole.subarray(half)))],
    ['zstd', storedFrame(whole)],
    ['zstd in two frames', concat(storedFrame(whole.subarray(0, half)), storedFrame(whole.subarray(half)))],
  ];
  test.each(inputs)('%s', async (_, bytes) => {
    const kind = bytes[0] === 0x1f ? 'gzip' : 'zstd';
    let before = 0;
    for (const share of [0.3, 0.6, 0.9, 1]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share) - 5);
      const reading = await read(cut);
      expect(reading.packets.length).toBeGreaterThan(before);
      before = reading.packets.length;
      expect(reading.packets.map((packet) => packet.bytes.length)).toEqual(lengths.slice(0, before));
      expect(reading.diagnostics.length).toBe(1);
      expect(reading.diagnostics[0]).toMatch(
        new RegExp(`^capture.cut @\\d+ the ${kind} data ends in the middle, at byte ${cut.length} of the file$`),
      );
    }
    expect(before).toBeGreaterThan(2800);
  });
});

describe('damaged: what came before is read', () => {
  test('gzip', async () => {
    const bytes = gzipSync(whole);
    bytes.fill(0xff, bytes.length - 40_000, bytes.length - 30_000);
    const reading = await read(bytes);
    expect(reading.packets.length).toBeGreaterThan(1000);
    // What damage unpacks to may look like a record before the decompressor notices.
    expect(reading.diagnostics.length).toBe(1);
    expect(reading.diagnostics[0]).toMatch(/^capture.stopped @\d+ /);
  });

  test('gzip: the checksum', async () => {
    const bytes = gzipSync(whole);
    bytes[bytes.length - 6]! ^= 1;
    const reading = await read(bytes);
    expect(reading.packets.length).toBe(packets.length);
    expect(reading.diagnostics[0]).toMatch(
      /^capture.stopped @\d+ damaged gzip data before byte \d+ of the file: incorrect data check$/,
    );
  });

  test('gzip: something else behind it', async () => {
    const reading = await read(concat(gzipSync(whole), toBytes('something else')));
    expect(reading.packets.length).toBe(packets.length);
    expect(reading.diagnostics[0]).toMatch(/^capture.stopped .*: incorrect header check$/);
  });

  test('gzip: in the middle of a small file', async () => {
    const bytes = gzipSync(pcap({ packets: packets.slice(0, 40) }));
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 8);
    const reading = await read(bytes);
    expect(reading.packets.length).toBeGreaterThan(15);
    expect(reading.diagnostics.length).toBe(1);
    expect(reading.diagnostics[0]).toMatch(/^capture.stopped @\d+ /);
  });

  test('zstd', async () => {
    const reading = await read(concat(storedFrame(whole), toBytes('garbage')));
    expect(reading.packets.length).toBe(packets.length);
    expect(reading.diagnostics[0]).toMatch(/^capture.stopped .*no frame begins where one is expected$/);
  });

  test('zstd: a frame that asks for gigabytes', async () => {
    const frame = concat(u32(0xfd2fb528, false), u8(0x00), u8(21 << 3), u8(0, 0, 0, 0, 0, 0, 0));
    expect(await failure(read(frame))).toMatch(/a frame needs 2048 MiB to decode; 128 are accepted @0$/);
  });
});

test.skipIf(!zstdInstalled)('what the zstd program writes (zstd installed)', async () => {
  const path = scratchFile(folder, whole, 'by-zstd');
  for (const options of [['-1'], ['-19'], ['--long=27'], ['--no-check'], ['--fast=5']]) {
    execFileSync('zstd', ['-q', '-f', ...options, path, '-o', `${path}.zst`]);
    const once = readFileSync(`${path}.zst`);
    const reading = await readCapture(`${path}.zst`);
    expect(
      reading.packets.map((packet) => packet.bytes.length),
      options.join(),
    ).toEqual(lengths);
    expect(reading.diagnostics).toEqual([]);
    const cut = await read(once.subarray(0, once.length - 5));
    expect(cut.diagnostics.length).toBe(1);
  }
});

test('zstd frames end where they should, however the bytes arrive', () => {
  const frames = [
    skippable,
    storedFrame(toBytes('abc')),
    storedFrame(u8()),
    skippable,
    storedFrame(whole.subarray(0, 200_000)),
  ];
  const ends: number[] = [];
  for (const frame of frames) ends.push((ends.at(-1) ?? 0) + frame.length);
  const bytes = concat(...frames);
  for (const step of [1, 2, 3, 7, 1000, bytes.length]) {
    const walker = new ZstdFrames();
    const found: number[] = [];
    for (let start = 0; start < bytes.length; start += step) {
      const end = Math.min(start + step, bytes.length);
      let at = start;
      while (at < end) {
        const frameEnd = walker.frameEnd(bytes, at, end);
        if (frameEnd < 0) break;
        found.push(frameEnd);
        at = frameEnd;
      }
      expect(walker.atBoundary).toBe(ends.includes(end));
    }
    expect(found).toEqual(ends);
  }
});
