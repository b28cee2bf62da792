/** Seeded fuzzing: no bytes make the link and IP layers throw, loop, or tell of bytes behind the end of the packet. */
import { expect, test } from 'vitest';
import { Moment } from '../../../src/core/moment.ts';
import type { DiagnosticSink } from '../../../src/core/sinks.ts';
import type { SegmentSink } from '../../../src/decode/ip/segment-sink.ts';
import { LinkLayer } from '../../../src/decode/link/link-layer.ts';
import { wrapped, wrapped6 } from './headers.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261122);
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 150_000);
const linkTypes = [...new Set(wrapped.map(([, linkType]) => linkType))];
const seeds = [...wrapped, ...wrapped6].map(([, linkType, bytes]) => ({ linkType, bytes }));

class Checked implements SegmentSink, DiagnosticSink {
  readonly moment = new Moment();
  readonly link = new LinkLayer(this, this, this.moment);
  segments = 0;
  reports = 0;

  segment(data: Uint8Array, ipStart: number, version: 4 | 6, start: number, end: number, missing: number): void {
    this.segments++;
    if (data.length === bufferSize) this.checkRange(ipStart, end);
    const header = version === 4 ? 20 : 40;
    if (ipStart + header > start || start > end || missing < 0 || !Number.isSafeInteger(missing)) {
      throw new Error(`segment ${ipStart} ${version} ${start} ${end} ${missing}`);
    }
  }

  report(): void {
    this.reports++;
  }

  /** The packet under way, where it is not a reassembled one. */
  private checkRange(ipStart: number, end: number): void {
    if (ipStart < margin || end > this.packetEnd) throw new Error(`segment [${ipStart}, ${end}) outside the packet`);
  }
  packetEnd = 0;
}

const margin = 100;
const bufferSize = 2500;

test(`mutated packets never throw (seed ${seed}, ${rounds} rounds)`, { timeout: 120_000 }, () => {
  const random = generator(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const checked = new Checked();
  const buffer = new Uint8Array(bufferSize);
  for (let round = 0; round < rounds; round++) {
    const { linkType, bytes } = seeds[below(seeds.length)]!;
    for (let i = 0; i < 8; i++) buffer[below(bufferSize)] = below(256);
    buffer.set(bytes, margin);
    let length = bytes.length;
    for (let i = below(5); i > 0; i--) length = mutate(buffer, length, below);
    checked.packetEnd = margin + length;
    checked.moment.packet++;
    checked.moment.time += below(100) * 1e6;
    const type = below(20) === 0 ? linkTypes[below(linkTypes.length)]! : linkType;
    try {
      checked.link.packet(buffer, margin, margin + length, type, length + (below(3) === 0 ? below(100) : 0));
    } catch (error) {
      const hex = Buffer.from(buffer.subarray(margin, margin + length)).toString('hex');
      throw new Error(`round ${round}, link type ${type}: ${hex}`, { cause: error });
    }
  }
  checked.link.finish();
  expect(checked.link.packets).toBe(rounds);
  expect(checked.segments).toBeGreaterThan(rounds / 4);
  expect(checked.reports).toBeGreaterThan(rounds / 20);
});

/** Changes the packet at `margin` in one way; its new length. */
function mutate(buffer: Uint8Array, length: number, below: (n: number) => number): number {
  const at = margin + below(Math.max(1, length));
  switch (below(6)) {
    case 0:
      buffer[at] = below(256);
      return length;
    case 1:
      buffer[at] = buffer[at]! ^ (1 << below(8));
      return length;
    case 2:
      return below(length + 1);
    case 3: {
      // A piece of another packet, put over this one.
      const other = seeds[below(seeds.length)]!.bytes;
      const from = below(other.length);
      const piece = other.subarray(from, from + below(60));
      buffer.set(piece, at);
      return Math.max(length, at + piece.length - margin);
    }
    case 4:
      buffer[at] = [0x00, 0xff, 0x45, 0x60, 0x81, 0x2c, 0x04, 0x2f][below(8)]!;
      return length;
    default: {
      // Some bytes twice.
      const count = below(40);
      buffer.copyWithin(at + count, at, margin + length);
      return Math.min(length + count, 1500);
    }
  }
}

/** mulberry32 */
function generator(state: number): () => number {
  let a = state >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
