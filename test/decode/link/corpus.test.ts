/**
 * tshark as a second opinion on every public capture: each TCP segment it sees outside ICMP comes out of the link and IP
 * layers, on the same packet, with the same ports, sequence number and length.
 */
import { describe, expect, test } from 'vitest';
import { u16, u32 } from '../../../src/core/bytes.ts';
import { Moment } from '../../../src/core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../../../src/core/sinks.ts';
import type { SegmentSink } from '../../../src/decode/ip/segment-sink.ts';
import { LinkLayer } from '../../../src/decode/link/link-layer.ts';
import { openSource } from '../../../src/source/source.ts';
import { corpus } from '../../support/corpus.ts';
import { tsharkIsThere, tsharkSegments } from './tshark.ts';

/** By capture: tshark's row, and the right one. */
const knownDifferences: Record<string, Record<string, string>> = {
  // These frames are shorter than their IP total length, and the next segment starts where the total length says it
  // does: they were cut, and their records' wire length with them. tshark goes by the wire length.
  'zeek+zeek/testing/btest/Traces/tcp/reassembly.pcap': {
    '7 2564 80 3401075548 1440': '7 2564 80 3401075548 1448',
    '26 2564 80 3401085744 1440': '26 2564 80 3401085744 1448',
    '35 2564 80 3401079928 1440': '35 2564 80 3401079928 1448',
    '39 2564 80 3401081388 1428': '39 2564 80 3401081388 1448',
    '85 2564 80 3401097289 1428': '85 2564 80 3401097289 1448',
  },
};

class Rows implements PacketSink, SegmentSink, DiagnosticSink {
  readonly moment = new Moment();
  readonly rows: string[] = [];
  private readonly link = new LinkLayer(this, this, this.moment);

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    this.link.packet(data, start, end, linkType, wireLength);
  }

  secrets(): void {}

  segment(data: Uint8Array, _ipStart: number, _version: 4 | 6, start: number, end: number, missing: number): void {
    if (end - start < 20) return;
    const length = end - start + missing - (data[start + 12]! >>> 4) * 4;
    if (length < 0) return; // a data offset that TCP has to refuse
    this.rows.push(
      [this.moment.packet, u16(data, start), u16(data, start + 2), u32(data, start + 4), length].join(' '),
    );
  }

  report(): void {}
}

describe.skipIf(!tsharkIsThere).concurrent('TCP segments are those that tshark sees', () => {
  const captures = corpus();
  test.skipIf(captures.length > 0)('skipped: the public captures are not here', () => {});
  test.each(captures.map((entry) => [entry.capture, entry] as const))('%s', { timeout: 60_000 }, async (_, entry) => {
    const expected = tsharkSegments(entry.path);
    const seen = new Rows();
    const source = await openSource(entry.path, { moment: seen.moment, diagnostics: seen });
    await source.run(seen).catch(() => {});
    const differences = knownDifferences[entry.capture] ?? {};
    expect(seen.rows).toEqual((await expected).map((row) => differences[row] ?? row));
  });
});
