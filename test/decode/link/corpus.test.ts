/**
 * tshark as a second opinion on every public capture: each TCP segment it sees outside ICMP comes out of the link and IP
 * layers, on the same packet, with the same ports, sequence number and length.
 */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { u16, u32 } from '../../../src/core/bytes.ts';
import { Moment } from '../../../src/core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../../../src/core/sinks.ts';
import type { SegmentSink } from '../../../src/decode/ip/segment-sink.ts';
import { LinkLayer } from '../../../src/decode/link/link-layer.ts';
import { openSource } from '../../../src/source/source.ts';
import { corpus } from '../../support/corpus.ts';

/** By capture: tshark's row, and the right one. */
const knownDifferences: Record<string, Record<string, string>> = {
  // The IP total length is 8 more than the frame has, and the next segment starts where the total length says it does:
  // the frame was cut, and its record's wire length with it. tshark goes by the wire length.
  'zeek+zeek/testing/btest/Traces/tcp/reassembly.pcap': {
    '7 2564 80 3401075548 1440': '7 2564 80 3401075548 1448',
  },
};

const tsharkIsThere = succeeds('tshark', ['-v']);

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
    this.rows.push([this.moment.packet, u16(data, start), u16(data, start + 2), u32(data, start + 4), length].join(' '));
  }

  report(): void {}
}

describe.skipIf(!tsharkIsThere)('TCP segments are those that tshark sees', () => {
  const captures = corpus();
  test.skipIf(captures.length > 0)('the public captures are not here', () => {});
  test.each(captures.map((entry) => [entry.capture, entry] as const))('%s', { timeout: 60_000 }, async (_, entry) => {
    const seen = new Rows();
    const source = await openSource(entry.path, { moment: seen.moment, diagnostics: seen });
    await source.run(seen).catch(() => {});
    const differences = knownDifferences[entry.capture] ?? {};
    expect(seen.rows).toEqual(tsharkRows(entry.path).map((row) => differences[row] ?? row));
  });
});

const fields = ['frame.number', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw', 'tcp.len'];

function tsharkRows(path: string): string[] {
  const columns = [...fields, 'frame.protocols'].flatMap((field) => ['-e', field]);
  // Dissectors above TCP would add segments that only they have put together, or stop on what they find.
  const output = execFileSync('tshark', ['-n', '-r', path, '-Y', 'tcp', '-T', 'fields', ...columns], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rows: string[] = [];
  for (const line of output.split('\n')) {
    const [number, srcPort = '', dstPort = '', seq = '', length = '', protocols = ''] = line.split('\t');
    if (number === undefined || length === '' || /icmp/.test(protocols)) continue;
    const lengths = length.split(',');
    lengths.forEach((one, i) => {
      rows.push([number, srcPort.split(',')[i], dstPort.split(',')[i], seq.split(',')[i], one].join(' '));
    });
  }
  return rows;
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
