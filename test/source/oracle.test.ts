/**
 * The readers against witnesses: the npm package pcap-parser on every classic capture, tshark where it is installed, and
 * the packet counts of the public captures where their folder is there.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse, type Packet } from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import { epochSeconds } from '../../src/core/time.ts';
import { corpus, corpusIsThere } from '../support/corpus.ts';
import { pcap, pcapng, toBytes, type NgInterface, type PcapOptions } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder, type Reading } from './reading.ts';

const folder = scratchFolder();
const ownFolder = fileURLToPath(new URL('../../captures', import.meta.url));
const own = readdirSync(ownFolder)
  .filter((name) => /\.(pcap|pcapng)(\.gz|\.zst)?$/.test(name))
  .map((name) => join(ownFolder, name));
const all = [...own, ...corpus().map(({ path }) => path)];
const run = promisify(execFile);

function magic(path: string): string {
  const fd = openSync(path, 'r');
  const head = Buffer.alloc(4);
  readSync(fd, head, 0, 4, 0);
  closeSync(fd);
  return head.toString('hex');
}

const classic = all.filter((path) => ['d4c3b2a1', 'a1b2c3d4'].includes(magic(path)));

describe.skipIf(!corpusIsThere)('the public captures (folder ../shared/corpus)', () => {
  test('every one has as many packets as its index says', async () => {
    const differing: string[] = [];
    for (const entry of corpus()) {
      const reading = await readCapture(entry.path);
      if (reading.packets.length !== entry.packets)
        differing.push(`${entry.capture}: ${reading.packets.length} of ${entry.packets}`);
    }
    expect(differing).toEqual([]);
  });

  test('and its link types', async () => {
    const differing: string[] = [];
    for (const entry of corpus()) {
      const found = (await readCapture(entry.path)).linkTypes.toSorted().join();
      const expected = entry.linkTypes
        .map((name) => name.replace(/\(\d+\)$/, ''))
        .toSorted()
        .join();
      if (found !== expected) differing.push(`${entry.capture}: ${found} for ${expected}`);
    }
    expect(differing).toEqual([]);
  });
});

function line(seconds: string, wireLength: number, data: Uint8Array): string {
  return `${seconds} ${data.length}/${wireLength} ${createHash('md5').update(data).digest('hex')}`;
}

/** What the package says, straight from the file. */
function byPackage(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    const parser = parse(path);
    parser.on('packet', ({ header, data }: Packet) => {
      const time = BigInt(header.timestampSeconds) * 1_000_000n + BigInt(header.timestampMicroseconds);
      lines.push(line(epochSeconds(time * 1000n, 0), Math.max(header.originalLength, data.length), data));
    });
    parser.on('error', reject);
    parser.on('end' as 'error', () => resolve(lines));
  });
}

function lines(reading: Reading): string[] {
  return reading.packets.map(({ seconds, wireLength, bytes }) =>
    line(seconds, wireLength, Buffer.from(bytes, 'latin1')),
  );
}

describe('pcap-parser', () => {
  test('agrees on every classic capture: same packets, same times, same bytes', async () => {
    expect(classic.length).toBeGreaterThan(10);
    for (const path of classic) expect(lines(await readCapture(path)), basename(path)).toEqual(await byPackage(path));
  });

  test('agrees behind the guard, diagnostics and positions included', async () => {
    for (const path of classic) {
      const { packets, diagnostics, linkTypes } = await readCapture(path);
      const guarded = await readCapture(path, { reader: 'pcap-parser' });
      expect({ packets: guarded.packets, linkTypes: guarded.linkTypes }, basename(path)).toEqual({
        packets,
        linkTypes,
      });
      expect(guarded.diagnostics.length, basename(path)).toBe(diagnostics.length);
    }
  });

  const small = pcap({ packets: Array.from({ length: 4 }, (_, i) => ({ bytes: toBytes('x'.repeat(i * 9)) })) });

  test('the guard tells what the package would not: every cut, and forged lengths', async () => {
    for (let length = 24; length < small.length; length++) {
      const path = scratchFile(folder, small.subarray(0, length));
      const { packets, diagnostics } = await readCapture(path);
      const guarded = await readCapture(path, { reader: 'pcap-parser' });
      expect(guarded.packets).toEqual(packets);
      expect(guarded.diagnostics.map((line) => line.split(' ')[1])).toEqual(
        diagnostics.map((line) => line.split(' ')[1]),
      );
    }
    const forged = small.slice();
    forged.fill(0xff, 24 + 16 + 8, 24 + 16 + 12);
    const reading = await readCapture(scratchFile(folder, forged), { reader: 'pcap-parser' });
    expect(reading.packets.length).toBe(1);
    expect(reading.diagnostics).toEqual([
      'capture.stopped @40 packet 2: captured length 4,294,967,295 is more than 16,777,216',
    ]);
    forged.fill(0xff, 24 + 8, 24 + 12);
    expect(await failure(readCapture(scratchFile(folder, forged), { reader: 'pcap-parser' }))).toMatch(
      /^CaptureError: .*packet 1 \(byte 24\): captured length 4,294,967,295 is more than 16,777,216 @24$/,
    );
    expect(await failure(readCapture(scratchFile(folder, small.subarray(0, 9)), { reader: 'pcap-parser' }))).toMatch(
      /^CaptureError: .*header is cut short: 9 of 24 bytes @9$/,
    );
  });

  test('the guard refuses what the package cannot read', async () => {
    const refused: [Uint8Array, RegExp][] = [
      [pcap({ packets: [], nanoseconds: true }), /^UsageError: .*the reader pcap-parser knows no nanoseconds$/],
      [pcapng({ packets: [] }), /^UsageError: .*knows microsecond pcap only, this is pcapng$/],
      [Uint8Array.from([0x1f, 0x8b, 8, 0]), /^CaptureError/],
    ];
    for (const [bytes, expected] of refused) {
      expect(await failure(readCapture(scratchFile(folder, bytes), { reader: 'pcap-parser' }))).toMatch(expected);
    }
  });
});

const tsharkInstalled = ((): boolean => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** `number seconds capturedLength wireLength` a frame. */
async function byTshark(path: string): Promise<string[]> {
  const fields = ['frame.number', 'frame.time_epoch', 'frame.cap_len', 'frame.len'].flatMap((field) => ['-e', field]);
  const { stdout } = await run('tshark', ['-r', path, '-n', '-T', 'fields', ...fields], { maxBuffer: 1e9 }).catch(
    (error: { stdout: string }) => error,
  );
  return stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => text.split('\t'))
    .map(([number, time = '', ...lengths]) => [number, time.replace(/\.?0+$/, ''), ...lengths].join(' '));
}

/** The reading in the same words. A time that tshark does not tell is left out, and so are frames that are no packets. */
function differences(reading: Reading, expected: readonly string[]): string[] {
  const found = new Map(reading.packets.map((packet) => [packet.number, packet]));
  const differing =
    expected.length === reading.lastNumber ? [] : [`${reading.lastNumber} of ${expected.length} frames`];
  for (const [i, text] of expected.entries()) {
    const packet = found.get(i + 1);
    if (packet === undefined) continue;
    const time = text.split(' ')[1] === '' ? '' : packet.seconds;
    const own = [packet.number, time, packet.bytes.length, packet.wireLength].join(' ');
    if (own !== text) differing.push(`${own} for ${text}`);
  }
  return differing;
}

describe.skipIf(!tsharkInstalled)('tshark (installed)', () => {
  const formats = [
    ...own,
    ...corpus()
      .filter(({ format }) => format !== 'pcap')
      .map(({ path }) => path),
  ];
  const title = 'agrees on numbers, times and lengths of our captures and of the odd public ones';
  test(title, { timeout: 300_000 }, async () => {
    for (const path of formats) {
      expect(differences(await readCapture(path), await byTshark(path)), basename(path)).toEqual([]);
    }
  });

  const times = [0, 123_456_789, 123_456_790, 86_400_000_000_123];
  const packets = times.map((time) => ({ time, bytes: toBytes('content') }));
  const resolutions: NgInterface[] = [0, 3, 6, 7, 9, 0x8a, 0x94].map((resolution) => ({ resolution }));
  const built: [string, Uint8Array][] = [
    ...resolutions.map((one): [string, Uint8Array] => [
      `pcapng, if_tsresol ${one.resolution}`,
      pcapng({ packets, interfaces: [one] }),
    ]),
    [
      'pcapng, if_tsoffset',
      pcapng({ packets, bigEndian: true, interfaces: [{ resolution: 9, offset: 1_700_000_000n }] }),
    ],
    ...[{}, { bigEndian: true }, { nanoseconds: true }, { nanoseconds: true, bigEndian: true }].map(
      (kind: Omit<PcapOptions, 'packets'>): [string, Uint8Array] => [
        `pcap ${JSON.stringify(kind)}`,
        pcap({ ...kind, packets }),
      ],
    ),
  ];
  test.each(built)('agrees on %s', async (_, bytes) => {
    const path = scratchFile(folder, bytes);
    const reading = await readCapture(path);
    expect(differences(reading, await byTshark(path))).toEqual([]);
    expect(reading.packets.length).toBe(times.length);
  });
});
