import { expect, test } from 'vitest';
import type { ByteInput } from '../../src/source/byte-input.ts';
import { FileBlocks } from '../../src/source/file-blocks.ts';
import { pcap as pcapFormat } from '../../src/source/pcap.ts';
import { pcapng as pcapngFormat } from '../../src/source/pcapng.ts';
import type { CaptureFormat } from '../../src/source/record-reader.ts';
import { pcap, pcapng, toBytes } from '../support/captures.ts';
import { Collector } from './reading.ts';

/** Bytes from memory, at most `crumb` a read. */
class MemoryInput implements ByteInput {
  bytesRead = 0;
  reads = 0;
  readonly fault = null;
  private readonly bytes: Uint8Array;
  private readonly crumb: number;

  constructor(bytes: Uint8Array, crumb: number) {
    this.bytes = bytes;
    this.crumb = crumb;
  }

  read(target: Uint8Array, at: number, length: number): Promise<number> {
    this.reads++;
    const count = Math.min(length, this.crumb, this.bytes.length - this.bytesRead);
    target.set(this.bytes.subarray(this.bytesRead, this.bytesRead + count), at);
    this.bytesRead += count;
    return Promise.resolve(count);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function readWith(format: CaptureFormat, bytes: Uint8Array, size: number, headroom: number, crumb: number) {
  const collector = new Collector();
  const blocks = new FileBlocks(new MemoryInput(bytes, crumb), size, headroom);
  const reader = format.reader({ name: 'memory', sink: collector, diagnostics: collector, moment: collector.moment });
  let handed = 0;
  for (let block = await blocks.next(); block !== null; block = await blocks.next()) {
    handed++;
    reader.read(block);
  }
  reader.end(blocks.current);
  return { collector, handed, blocks };
}

const packets = Array.from({ length: 40 }, (_, i) => ({ bytes: toBytes(`${i} `.repeat((i * 37) % 200)) }));
const kinds: [string, CaptureFormat, Uint8Array][] = [
  ['pcap', pcapFormat, pcap({ packets })],
  ['pcapng', pcapngFormat, pcapng({ packets, bigEndian: true })],
];

test.each(kinds)('%s: records may straddle blocks of any size, with any headroom', async (_, format, bytes) => {
  const { collector: expected } = await readWith(format, bytes, 1 << 20, 1 << 10, Infinity);
  expect(expected.packets.length).toBe(packets.length);
  for (const size of [1, 2, 3, 5, 16, 64, 100, 1000, 4096]) {
    for (const headroom of [0, 1, 8, 64, 10_000]) {
      const { collector } = await readWith(format, bytes, size, headroom, Infinity);
      expect(collector.packets, `size ${size}, headroom ${headroom}`).toEqual(expected.packets);
      expect(collector.diagnostics).toEqual([]);
    }
  }
});

test.each(kinds)('%s: however few bytes a read gives', async (_, format, bytes) => {
  for (const crumb of [1, 2, 7, 50, 333]) {
    const { collector } = await readWith(format, bytes, 1000, 100, crumb);
    expect(collector.packets.length, `crumb ${crumb}`).toBe(packets.length);
    expect(collector.diagnostics).toEqual([]);
  }
});

test('a long record that drips in is not copied for every drop', async () => {
  const bytes = pcap({ packets: [{ bytes: new Uint8Array(3_000_000) }, { bytes: new Uint8Array(10) }] });
  const { collector, handed } = await readWith(pcapFormat, bytes, 1 << 20, 1 << 10, 1000);
  expect(collector.packets.length).toBe(2);
  expect(handed).toBeLessThan(10);
});

test('buffers grow for a long record, not for a long file', async () => {
  const small = pcap({ packets: Array.from({ length: 20_000 }, () => ({ bytes: new Uint8Array(100) })) });
  const { blocks } = await readWith(pcapFormat, small, 64 * 1024, 1024, Infinity);
  expect(blocks.current.data.length).toBe(65 * 1024);
});

test('positions beyond 4 GiB are exact', () => {
  const collector = new Collector();
  const reader = pcapFormat.reader({ name: 'x', sink: collector, diagnostics: collector, moment: collector.moment });
  const blocks = new FileBlocks(new MemoryInput(new Uint8Array(0), 1), 4096, 0);
  const block = blocks.current;
  const bytes = pcap({ packets: [{ bytes: toBytes('abc') }, { bytes: toBytes('d') }] });
  block.data.set(bytes);
  block.end = bytes.length;
  block.base = 5_000_000_000_001;
  reader.read(block);
  expect(collector.packets.map(({ position }) => position)).toEqual([5_000_000_000_041, 5_000_000_000_060]);
});
