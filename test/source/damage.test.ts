import { describe, expect, test } from 'vitest';
import { concat, ngBlock, ngInterface, ngPacket, ngSection, pcap, pcapng, toBytes, u32 } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const read = (bytes: Uint8Array) => readCapture(scratchFile(folder, bytes, 'damaged'));
const packets = Array.from({ length: 5 }, (_, i) => ({ bytes: toBytes('packet ' + 'x'.repeat(i * 3) + i) }));
const contents = packets.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));

/** Ends of all records, from the first one's beginning on. */
function boundaries(start: number, lengths: number[]): number[] {
  const ends = [start];
  for (const length of lengths) ends.push(ends.at(-1)! + length);
  return ends;
}

describe('cut at every position', () => {
  test('pcap', async () => {
    const whole = pcap({ packets });
    const ends = boundaries(
      24,
      packets.map(({ bytes }) => 16 + bytes.length),
    );
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      if (length < 24) {
        expect(await failure(read(cut)), `cut at ${length}`).toMatch(
          length === 0
            ? /is empty @0$/
            : length < 4
              ? /is only \d bytes long.* @0$/
              : new RegExp(`header is cut short: ${length} of 24 bytes @${length}$`),
        );
        continue;
      }
      const reading = await read(cut);
      const complete = ends.filter((end) => end <= length).length - 1;
      expect(
        reading.packets.map(({ bytes }) => bytes),
        `cut at ${length}`,
      ).toEqual(contents.slice(0, complete));
      const clean = ends.includes(length);
      expect(reading.diagnostics.length, `cut at ${length}`).toBe(clean ? 0 : 1);
      if (!clean)
        expect(reading.diagnostics[0]).toMatch(
          new RegExp(`^capture.cut @${ends[complete]} .*packet ${complete + 1} has `),
        );
    }
  });

  test.each([false, true])('pcapng, big-endian %s', async (bigEndian) => {
    const whole = pcapng({ packets, bigEndian });
    const ends = boundaries(
      28 + 20,
      packets.map(({ bytes }) => 32 + ((bytes.length + 3) & ~3)),
    );
    for (let length = 4; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      if (length < 28) {
        expect(await failure(read(cut)), `cut at ${length}`).toMatch(
          new RegExp(`cut short: ${length} of 28 bytes @${length}$`),
        );
        continue;
      }
      const reading = await read(cut);
      const complete = Math.max(0, ends.filter((end) => end <= length).length - 1);
      expect(
        reading.packets.map(({ bytes }) => bytes),
        `cut at ${length}`,
      ).toEqual(contents.slice(0, complete));
      const clean = length === 28 || ends.includes(length);
      expect(reading.diagnostics.length, `cut at ${length}`).toBe(clean ? 0 : 1);
      const offset = length < 48 ? 28 : ends[complete];
      if (!clean) expect(reading.diagnostics[0]).toMatch(new RegExp(`^capture.cut @${offset} a block has`));
    }
  });
});

describe('pcapng finds its way back', () => {
  const before = [ngSection(), ngInterface(), ngPacket(packets[0]!)];
  const start = before.reduce((sum, { length }) => sum + length, 0);
  const bad = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const block = ngPacket(packets[1]!, 1);
    change(block);
    return block;
  };
  const damages: [string, Uint8Array, string][] = [
    ['the length at the end', bad((b) => b.fill(0xff, b.length - 4)), 'its two lengths disagree'],
    ['the length in front', bad((b) => (b[4] = b[4]! + 4)), 'its two lengths disagree'],
    ['a length of zero', bad((b) => b.fill(0, 4, 8)), 'its two lengths disagree'],
    ['a length of gigabytes', bad((b) => b.fill(0xff, 4, 8)), 'its two lengths disagree'],
    [
      'a length of megabytes',
      bad((b) => b.set(u32(5_000_000, false), 4)),
      'its length reaches past the end of the file',
    ],
    ['noise instead of a block', new Uint8Array(64).fill(0x5a), 'its two lengths disagree'],
    ['noise of an odd length', new Uint8Array(1001).fill(0x5a), 'its two lengths disagree'],
    ['a byte too many', new Uint8Array(1), 'its length reaches past the end of the file'],
    ['many zero bytes', new Uint8Array(100_000), 'its two lengths disagree'],
    ['more noise than a block holds', new Uint8Array(3_000_000).fill(0x5a), 'its two lengths disagree'],
  ];
  test.each(damages)('%s', async (_, damage, why) => {
    const after = [ngPacket(packets[2]!, 2), ngPacket(packets[3]!, 3)];
    const reading = await read(concat(...before, damage, ...after));
    expect(reading.packets.map(({ bytes }) => bytes)).toEqual([contents[0], contents[2], contents[3]]);
    const resumed = (start + damage.length).toLocaleString('en-US');
    expect(reading.diagnostics).toEqual([
      `capture.corrupt-record @${start} ${why}; reading went on at byte ${resumed}`,
    ]);
  });

  test('at the next section, in the other byte order', async () => {
    const noise = new Uint8Array(40).fill(0x77);
    const reading = await read(concat(...before, noise, pcapng({ packets: packets.slice(3), bigEndian: true })));
    expect(reading.packets.map(({ bytes }) => bytes)).toEqual([contents[0], contents[3], contents[4]]);
    expect(reading.diagnostics.length).toBe(1);
  });

  test('or stops where there is no further block', async () => {
    const reading = await read(concat(...before, new Uint8Array(5000).fill(0x5a)));
    expect(reading.packets.length).toBe(1);
    expect(reading.diagnostics).toEqual([`capture.stopped @${start} its two lengths disagree`]);
  });

  test('or says that nothing can be read', async () => {
    const bytes = concat(ngSection(), ngInterface(), new Uint8Array(5000).fill(0x5a));
    expect(await failure(read(bytes))).toMatch(/damaged: damaged block \(byte 48\): its two lengths disagree @48$/);
    const header = ngSection();
    header[24] = 99;
    expect(await failure(read(header))).toMatch(
      /damaged pcapng section header \(byte 0\): its two lengths disagree @0$/,
    );
    header[8] = 0;
    expect(await failure(read(header))).toMatch(
      /damaged pcapng section header \(byte 8\): byte-order magic [0-9a-f ]{11}; expected 1a 2b 3c 4d, either way round @8$/,
    );
  });

  test('a version that is not known', async () => {
    const section = ngSection();
    section[12] = 3;
    expect(await failure(read(section))).toMatch(/pcapng version 3\.0; expected 1\.0 \(byte 12\) @12$/);
    const reading = await read(concat(...before, section, ngInterface(), ngPacket(packets[1]!)));
    expect(reading.diagnostics[0]).toMatch(
      /^capture.corrupt-record @\d+ pcapng version 3\.0; expected 1\.0; reading went on/,
    );
  });

  test('blocks whose frame is sound and whose content is not are passed over', async () => {
    const short = ngBlock(6, toBytes('short'));
    const long = bad((b) => b.set(u32(1000, false), 20));
    const simple = ngBlock(3, new Uint8Array(0));
    const secrets = ngBlock(10, concat(u32(1, false), u32(500, false), toBytes('too few')));
    const reading = await read(concat(...before, short, long, simple, secrets, ngPacket(packets[2]!, 2)));
    expect(reading.packets.map(({ bytes, number }) => [bytes, number])).toEqual([
      [contents[0], 1],
      [contents[2], 2],
    ]);
    expect(reading.diagnostics.map((line) => line.replace(/@\d+/, ''))).toEqual([
      'capture.corrupt-record  a block is too short for its type',
      'capture.corrupt-record  a block is shorter than its packet',
      'capture.corrupt-record  a block is too short for its type',
      'capture.corrupt-record  a block is shorter than its secrets',
    ]);
  });

  test('any byte changed: nothing throws but a CaptureError, no packet is invented', async () => {
    const whole = pcapng({ packets });
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        const outcome = await read(changed).then(
          ({ packets: found }) => found.length,
          (error: Error) => error.name,
        );
        if (typeof outcome === 'number') expect(outcome, `byte ${at} is ${value}`).toBeLessThanOrEqual(packets.length);
        else expect(outcome, `byte ${at} is ${value}`).toBe('CaptureError');
      }
    }
  });
});
