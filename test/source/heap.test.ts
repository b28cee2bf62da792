/** The readers allocate nothing per packet: a million packets leave the heap as it was. */
import { expect, test } from 'vitest';
import { Moment } from '../../src/core/moment.ts';
import type { PacketSink } from '../../src/core/sinks.ts';
import { Block } from '../../src/source/file-blocks.ts';
import { pcap as pcapFormat } from '../../src/source/pcap.ts';
import { pcapng as pcapngFormat } from '../../src/source/pcapng.ts';
import type { CaptureFormat } from '../../src/source/record-reader.ts';
import { pcap, pcapng, tcpPacket, type NgInterface } from '../support/captures.ts';

class Counter implements PacketSink {
  packets = 0;
  bytes = 0;

  packet(_data: Uint8Array, start: number, end: number): void {
    this.packets++;
    this.bytes += end - start;
  }

  secrets(): void {}
}

const packets = Array.from({ length: 1000 }, (_, i) => ({
  // Both halves of a 64-bit time take every size: small integers and others.
  time: i * 3_333_333_333,
  bytes: tcpPacket({ payload: 'x'.repeat(i % 100) }),
}));
const nanoseconds: NgInterface = { resolution: 9 };
const kinds: [string, CaptureFormat, Uint8Array, number][] = [
  ['pcap, microseconds', pcapFormat, pcap({ packets }), 24],
  ['pcap, nanoseconds, big-endian', pcapFormat, pcap({ packets, nanoseconds: true, bigEndian: true }), 24],
  ['pcapng, microseconds', pcapngFormat, pcapng({ packets }), 48],
  ['pcapng, nanoseconds', pcapngFormat, pcapng({ packets, interfaces: [nanoseconds] }), 60],
];

test.each(kinds)('%s', (_, format, bytes, headerLength) => {
  const sink = new Counter();
  const moment = new Moment();
  const reader = format.reader({ name: 'memory', sink, diagnostics: { report() {} }, moment });
  const block = new Block(0, bytes.length);
  block.data.set(bytes);
  block.end = bytes.length;
  reader.read(block);
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      block.start = headerLength;
      reader.read(block);
    }
  };
  // Warm until the optimizer is done; the smallest of several tries is free of what the test runner does meanwhile.
  rounds(3000);
  let growth = Infinity;
  for (let attempt = 0; attempt < 8; attempt++) {
    const before = process.memoryUsage().heapUsed;
    rounds(100);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) growth = Math.min(growth, grown);
  }
  expect(sink.packets).toBe(1000 * (1 + 3000 + 800));
  expect(growth / 100_000).toBeLessThan(1);
});
