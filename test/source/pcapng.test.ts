import { describe, expect, test } from 'vitest';
import * as build from '../support/captures.ts';
import {
  concat,
  epoch,
  ngBlock,
  ngInterface,
  ngOption,
  ngPacket,
  ngSection,
  pcapng,
  toBytes,
  u16,
  u32,
  u8,
} from '../support/captures.ts';
import { readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const read = (...parts: Uint8Array[]) => readCapture(scratchFile(folder, concat(...parts)));
const orders = [false, true];

const a = { time: 0, bytes: toBytes('first') };
const b = { time: 1_234_567_000, bytes: toBytes('second packet') };

describe.each(orders)('big-endian %s', (bigEndian) => {
  test('enhanced packets, their positions and the facts', async () => {
    const reading = await read(pcapng({ packets: [a, b], bigEndian, interfaces: [{ linkType: 276 }] }));
    expect(reading.packets).toMatchObject([
      { number: 1, time: epoch, position: 76, bytes: 'first', linkType: 276, wireLength: 5 },
      { number: 2, time: epoch + 1_234_567_000n, position: 116, bytes: 'second packet', linkType: 276, wireLength: 13 },
    ]);
    expect(reading.facts).toMatchObject({ kind: 'file', format: 'pcapng', size: 136 });
    expect(reading.linkTypes).toEqual(['LINUX_SLL2']);
    expect(reading.diagnostics).toEqual([]);
  });

  test('several sections forget each other’s interfaces', async () => {
    const one = pcapng({ packets: [a], bigEndian, interfaces: [{ linkType: 101 }, { linkType: 1 }] });
    const two = pcapng({ packets: [{ ...b, interface: 1 }], bigEndian: !bigEndian, interfaces: [{ linkType: 113 }] });
    const three = pcapng({ packets: [b], bigEndian });
    const reading = await read(one, two, three);
    expect(reading.packets.map(({ number, linkType }) => [number, linkType])).toEqual([
      [1, 101],
      [3, 1],
    ]);
    expect(reading.linkTypes).toEqual(['RAW', 'ETHERNET', 'LINUX_SLL']);
    expect(reading.diagnostics).toEqual([
      `capture.unknown-interface @${one.length + 48} packet 2 names interface 1; 1 are described`,
    ]);
  });

  test('simple packets: the first interface, its snap length, the time of the packet before', async () => {
    const simple = (wire: number, kept: string): Uint8Array =>
      ngBlock(3, concat(u32(wire, bigEndian), toBytes(kept)), bigEndian);
    const start = [
      ngSection(bigEndian),
      ngInterface({ snaplen: 6, linkType: 101 }, bigEndian),
      ngInterface({}, bigEndian),
    ];
    const first = ngPacket(b, 0, {}, bigEndian);
    const reading = await read(...start, first, simple(5, 'abcde'), simple(40, 'abcdef'), simple(0, ''));
    expect(reading.packets.slice(1).map(({ bytes, wireLength, linkType }) => [bytes, wireLength, linkType])).toEqual([
      ['abcde', 5, 101],
      ['abcdef', 40, 101],
      ['', 0, 101],
    ]);
    expect(reading.packets.every(({ time }) => time === epoch + 1_234_567_000n)).toBe(true);
    const alone = await read(...start, simple(5, 'abcde'));
    expect(alone.packets[0]).toMatchObject({ time: 0n, bytes: 'abcde', number: 1 });
    expect((await read(ngSection(bigEndian), simple(1, 'a'))).diagnostics[0]).toMatch(/^capture.unknown-interface @28/);
  });

  test('obsolete packets', async () => {
    const ticks = build.ngTicks(epoch + 7000n, {});
    const body = concat(
      u16(1, bigEndian),
      u16(3, bigEndian),
      ...[Number(ticks >> 32n), Number(ticks & 0xffffffffn), 3, 9].map((value) => u32(value, bigEndian)),
      toBytes('old'),
    );
    const interfaces = [ngInterface({}, bigEndian), ngInterface({ linkType: 9 }, bigEndian)];
    const reading = await read(ngSection(bigEndian), ...interfaces, ngBlock(2, body, bigEndian));
    expect(reading.packets).toMatchObject([
      { number: 1, time: epoch + 7000n, position: 96, bytes: 'old', linkType: 9, wireLength: 9 },
    ]);
  });

  test('decryption secrets are handed on', async () => {
    const keys = 'CLIENT_RANDOM 00 11\n';
    const block = ngBlock(
      10,
      concat(u32(0x544c534b, bigEndian), u32(keys.length, bigEndian), toBytes(keys)),
      bigEndian,
    );
    const reading = await read(ngSection(bigEndian), block, ngInterface({}, bigEndian), ngPacket(a, 0, {}, bigEndian));
    expect(reading.secrets).toEqual([{ kind: 0x544c534b, text: keys }]);
    expect(reading.packets.length).toBe(1);
  });

  test('names, statistics, unknown blocks and comments are passed over', async () => {
    const comment = concat(ngOption(1, toBytes('look at this!'), bigEndian), ngOption(0, u8(), bigEndian));
    const commented = ngPacket(a, 0, {}, bigEndian);
    const body = concat(commented.subarray(8, commented.length - 4), comment);
    const others = [
      ngBlock(4, new Uint8Array(8), bigEndian),
      ngBlock(5, new Uint8Array(12), bigEndian),
      ngBlock(0x12345678, u8(), bigEndian),
    ];
    const reading = await read(
      pcapng({ packets: [a], bigEndian }),
      ...others,
      ngBlock(6, body, bigEndian),
      ngPacket(b, 1, {}, bigEndian),
    );
    expect(reading.packets.map(({ number, bytes }) => [number, bytes])).toEqual([
      [1, 'first'],
      [2, 'first'],
      [3, 'second packet'],
    ]);
    expect(reading.diagnostics).toEqual([]);
  });
});

test('journal and custom blocks take a packet number, as in Wireshark', async () => {
  const custom = [0xbad, 0x40000bad].map((type) => ngBlock(type, concat(u32(32473), toBytes('anything'))));
  const reading = await read(pcapng({ packets: [a] }), ngBlock(9, toBytes('MESSAGE=hi\n')), ...custom, ngPacket(b, 1));
  expect(reading.packets.map(({ number }) => number)).toEqual([1, 5]);
});

describe('times', () => {
  const times = [123_456_789, 123_456_790, 5_000_000_000, 86_400_000_000_123, 0];
  const kinds: [string, build.NgInterface][] = [
    ['seconds', { resolution: 0 }],
    ['10^-3', { resolution: 3 }],
    ['10^-6', { resolution: 6 }],
    ['10^-7', { resolution: 7 }],
    ['10^-9', { resolution: 9 }],
    ['10^-10', { resolution: 10 }],
    ['2^-10', { resolution: 0x8a }],
    ['2^-20', { resolution: 0x94 }],
    ['2^-32', { resolution: 0xa0 }],
    ['10^-9 with an offset', { resolution: 9, offset: 1_700_000_000n }],
    ['10^-6 with a negative offset', { offset: -3600n }],
    ['10^-12 with an offset', { resolution: 12, offset: 1_795_361_583n }],
    ['2^-40 with an offset', { resolution: 0xa8, offset: 1_795_361_583n }],
    ['2^-20 with an offset', { resolution: 0x94, offset: 1_700_000_000n }],
  ];
  test.each(kinds)('%s: exact', async (_, description) => {
    const reading = await read(
      pcapng({ packets: times.map((time) => ({ time, bytes: toBytes('x') })), interfaces: [description] }),
    );
    const expected = times.map((time) => {
      const ticks = build.ngTicks(epoch + BigInt(time), description);
      const resolution = description.resolution ?? 6;
      const perSecond = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
      return (ticks * 1_000_000_000n) / perSecond + (description.offset ?? 0n) * 1_000_000_000n;
    });
    expect(reading.packets.map(({ time }) => time)).toEqual(expected);
  });

  /** A capture of packets at these ticks. */
  const atTicks = (ticks: readonly bigint[], description: build.NgInterface): Uint8Array => {
    const packets = ticks.map((tick) => {
      const halves = [u32(Number(tick >> 32n), false), u32(Number(tick & 0xffff_ffffn), false)];
      return ngBlock(6, concat(u32(0, false), ...halves, u32(1, false), u32(1, false), toBytes('x')), false);
    });
    return concat(ngSection(false), ngInterface(description), ...packets);
  };

  test.each([
    ['1970', 0n],
    ['2026', 1_795_361_583_123_456_789n],
    ['2262', 9_223_372_036_854_775_807n],
    ['2554', 2n ** 64n - 1_000_000_001n],
  ])('%s: exact', async (_, first) => {
    for (const offset of [undefined, 1_700_000_000n, -1_700_000_000n]) {
      const description = { resolution: 9, ...(offset === undefined ? {} : { offset }) };
      const ticks = [first, first + 1n, first + 1_000_000_000n];
      const { packets, diagnostics } = await read(atTicks(ticks, description));
      expect(packets.map(({ time }) => time)).toEqual(ticks.map((tick) => tick + (offset ?? 0n) * 1_000_000_000n));
      expect(diagnostics).toEqual([]);
    }
  });

  test('what no calendar holds is cut', async () => {
    for (const resolution of [0, 1, 6, 9, 127, 0x80, 0xc0, 0xff]) {
      for (const offset of [0n, 2n ** 63n - 1n, -(2n ** 63n)]) {
        for (const ticks of [
          [0n, 2n ** 64n - 1n],
          [2n ** 64n - 1n, 0n],
        ]) {
          for (const { time, seconds } of (await read(atTicks(ticks, { resolution, offset }))).packets) {
            expect(time < 1n << 70n && time > -(1n << 70n)).toBe(true);
            expect(Number(seconds)).not.toBeNaN();
          }
        }
      }
    }
  });

  test('interfaces of different units agree', async () => {
    const interfaces = [{ resolution: 9 }, { resolution: 6 }, { resolution: 0x94 }, { resolution: 9, offset: 1000n }];
    const packets = [
      { time: 123_456_789, interface: 0, bytes: toBytes('a') },
      { time: 123_457_000, interface: 1, bytes: toBytes('b') },
      { time: 1_500_000_000, interface: 2, bytes: toBytes('c') },
      { time: 987_654_321, interface: 3, bytes: toBytes('d') },
    ];
    const reading = await read(pcapng({ packets, interfaces }));
    expect(reading.packets.map(({ time }) => Number(time - epoch))).toEqual(packets.map(({ time }) => time));
  });
});

describe('frame check sequences', () => {
  const packet = { bytes: toBytes('payloadFCS!') };
  const flagged = (bits: number): Uint8Array => {
    const block = ngPacket(packet);
    const options = concat(ngOption(1, toBytes('c')), ngOption(2, u32(bits, false)), ngOption(0, u8()));
    return ngBlock(6, concat(block.subarray(8, block.length - 4), options));
  };
  test.each([
    ['by the interface', [ngInterface({ fcsLength: 4 }), ngPacket(packet)], 'payload'],
    ['by the packet', [ngInterface(), flagged(4 << 5)], 'payload'],
    ['the packet overrides', [ngInterface({ fcsLength: 4 }), flagged(2 << 5)], 'payloadFC'],
    ['flags without a length', [ngInterface({ fcsLength: 4 }), flagged(1)], 'payload'],
    ['a length that is none', [ngInterface({ fcsLength: 32 }), ngPacket(packet)], 'payloadFCS!'],
  ] as [string, Uint8Array[], string][])('%s', async (_, blocks, expected) => {
    const reading = await read(ngSection(), ...blocks);
    expect(reading.packets).toMatchObject([{ bytes: expected, wireLength: expected.length }]);
  });
});

test('a length without the padding, as some writers put it', async () => {
  const block = ngPacket(b);
  const told = u32(block.length - 3, false);
  block.set(told, 4);
  block.set(told, block.length - 4);
  expect((await read(ngSection(), ngInterface(), block, ngPacket(a))).packets.map(({ bytes }) => bytes)).toEqual([
    'second packet',
    'first',
  ]);
});

test('an unknown interface is reported once', async () => {
  const lost = ngPacket({ ...a, interface: 7 });
  const reading = await read(ngSection(), lost, lost, ngInterface(), lost, ngPacket(b));
  expect(reading.diagnostics.length).toBe(1);
  expect(reading.packets.map(({ number }) => number)).toEqual([4]);
});
