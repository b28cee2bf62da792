import { describe, expect, test } from 'vitest';
import { concat, epoch, pcap, pcapRecord, toBytes, u16, u32, type PcapOptions } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const read = (bytes: Uint8Array, name?: string) => readCapture(scratchFile(folder, bytes, name));

const packets = [
  { time: 0, bytes: toBytes('first') },
  { time: 1_234_567_000, bytes: toBytes('second packet') },
  { time: 999_999_000, bytes: toBytes('') },
];

describe('every kind of header', () => {
  const kinds: [string, Omit<PcapOptions, 'packets'>][] = [
    ['little-endian, microseconds', {}],
    ['big-endian, microseconds', { bigEndian: true }],
    ['little-endian, nanoseconds', { nanoseconds: true }],
    ['big-endian, nanoseconds', { bigEndian: true, nanoseconds: true }],
  ];
  test.each(kinds)('%s', async (_, kind) => {
    const reading = await read(pcap({ ...kind, packets, linkType: 113 }));
    expect(reading.packets).toMatchObject([
      { number: 1, time: epoch, position: 40, bytes: 'first', linkType: 113, wireLength: 5 },
      { number: 2, time: epoch + 1_234_567_000n, position: 61, bytes: 'second packet', linkType: 113, wireLength: 13 },
      { number: 3, time: epoch + 999_999_000n, position: 90, bytes: '', linkType: 113, wireLength: 0 },
    ]);
    expect(reading.diagnostics).toEqual([]);
    expect(reading.facts).toMatchObject({ kind: 'file', format: 'pcap', size: 90 });
    expect(reading.linkTypes).toEqual(['LINUX_SLL']);
    expect(reading.bytesRead).toBe(90);
  });

  test('nanoseconds are exact, and earlier than the first packet is negative', async () => {
    const times = [5_000_000_001, 123_456_789, 86_400_000_000_007];
    const reading = await read(
      pcap({ nanoseconds: true, packets: times.map((time) => ({ time, bytes: toBytes('x') })) }),
    );
    expect(reading.packets.map(({ time }) => time)).toEqual(times.map((time) => epoch + BigInt(time)));
  });

  test('no packets at all', async () => {
    const reading = await read(pcap({ packets: [] }));
    expect(reading).toMatchObject({ packets: [], diagnostics: [], lastNumber: 0 });
  });

  test('the link type is the low 16 bits; FCS bits cut the check sequence off', async () => {
    const cut = { bytes: toBytes('payload+fcs'), wireLength: 13 };
    const linkType = (0x2 << 28) | 0x04000000 | 1;
    const whole = [
      { bytes: toBytes('payload+FCS!') },
      cut,
      { bytes: toBytes('pay'), wireLength: 20 },
      { bytes: toBytes('abc') },
    ];
    const reading = await read(pcap({ packets: whole, linkType: linkType >>> 0 }));
    expect(reading.packets.map(({ bytes, wireLength, linkType }) => [bytes, wireLength, linkType])).toEqual([
      ['payload+', 8, 1],
      ['payload+f', 9, 1],
      ['pay', 16, 1],
      ['abc', 3, 1],
    ]);
  });

  test('a captured length beyond the wire length is believed', async () => {
    const reading = await read(pcap({ packets: [{ bytes: toBytes('12345'), wireLength: 3 }] }));
    expect(reading.packets[0]).toMatchObject({ bytes: '12345', wireLength: 5 });
  });

  test('old versions have the lengths the other way round', async () => {
    const file = (minor: number): Uint8Array =>
      concat(
        pcap({ packets: [] }).subarray(0, 6),
        u16(minor, false),
        pcap({ packets: [] }).subarray(8),
        concat(u32(1, false), u32(0, false), u32(100, false), u32(4, false), toBytes('abcd')),
      );
    for (const minor of [2, 3]) {
      const reading = await read(file(minor));
      expect(reading.packets, `2.${minor}`).toMatchObject([{ bytes: 'abcd', wireLength: 100 }]);
    }
  });

  test('a version that is not known is refused', async () => {
    const bytes = pcap({ packets });
    bytes[4] = 7;
    expect(await failure(read(bytes, 'seven'))).toMatch(
      /^CaptureError: .*seven: pcap version 7\.4 \(byte 4\); expected 2\.4 @4$/,
    );
  });
});

describe('absurd lengths', () => {
  const forged = (length: number): Uint8Array =>
    concat(u32(0, false), u32(0, false), u32(length, false), u32(length, false));

  test('in the first record: nothing can be read', async () => {
    const bytes = concat(pcap({ packets: [] }), forged(0xdeadbeef));
    expect(await failure(read(bytes, 'forged'))).toMatch(
      /^CaptureError: .*forged: packet 1 \(byte 24\): captured length 3,735,928,559 is more than 16,777,216 @24$/,
    );
  });

  test('later: what was read is kept, and where it stopped is told', async () => {
    const bytes = concat(pcap({ packets }), forged(0x01000001), pcapRecord(packets[0]!));
    const reading = await read(bytes);
    expect(reading.packets.map((packet) => packet.bytes)).toEqual(['first', 'second packet', '']);
    expect(reading.diagnostics).toEqual([
      'capture.stopped @90 packet 4: captured length 16,777,217 is more than 16,777,216',
    ]);
  });

  test('a record of 16 MiB is read', async () => {
    const big = new Uint8Array(16 * 1024 * 1024).fill(0x61);
    const reading = await read(
      pcap({ packets: [packets[0]!, { bytes: big }, { bytes: big.subarray(0, 3_000_000) }, packets[1]!] }),
    );
    expect(reading.packets.map(({ bytes }) => bytes.length)).toEqual([5, big.length, 3_000_000, 13]);
    expect(reading.packets[3]).toMatchObject({
      bytes: 'second packet',
      number: 4,
      position: 24 + 21 + 16 + big.length + 16 + 3_000_000 + 16,
    });
    expect(reading.diagnostics).toEqual([]);
  });
});
