import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PcapngWriter } from '../../src/source/pcapng-writer.ts';
import { concat, epoch, tcpPacket, toBytes } from '../support/captures.ts';
import { failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();

function written(write: (writer: PcapngWriter) => void): Uint8Array {
  const parts: Uint8Array[] = [];
  const options = { epoch, hardware: 'loom', operatingSystem: 'an OS', application: 'wirescope', comment: 'begun' };
  const writer = new PcapngWriter((data, start, end) => void parts.push(data.slice(start, end)), options);
  write(writer);
  writer.flush();
  const bytes = concat(...parts);
  expect(writer.size).toBe(bytes.length);
  return bytes;
}

test('what is written is read again: times to the nanosecond, lengths, interfaces, secrets', async () => {
  const times = [0, 1, 999_999_999, 4_294_967_295, 4_294_967_296, 86_400_000_000_123, 9_007_199_254_000_001];
  const positions: number[] = [];
  const bytes = written((writer) => {
    const ethernet = writer.addInterface({ linkType: 1, name: 'lo', description: 'loopback', snaplen: 262_144 });
    const raw = writer.addInterface({ linkType: 101 });
    writer.secrets(toBytes('CLIENT_RANDOM 00 11\n'));
    times.forEach((time, i) => {
      const data = toBytes(`--${'x'.repeat(i)}--`);
      const from = i % 2 === 0 ? ethernet : raw;
      positions.push(
        writer.packet(from, time, data, 2, data.length - 2, i + 10, i === 3 ? 'a comment: ünïcode' : undefined),
      );
    });
  });
  const reading = await readCapture(scratchFile(folder, bytes));
  expect(reading.packets.map(({ time }) => Number(time - epoch))).toEqual(times);
  expect(reading.packets.map((packet) => packet.bytes)).toEqual(times.map((_, i) => 'x'.repeat(i)));
  expect(reading.packets.map(({ wireLength }) => wireLength)).toEqual(times.map((_, i) => i + 10));
  expect(reading.packets.map(({ linkType }) => linkType)).toEqual(times.map((_, i) => (i % 2 === 0 ? 1 : 101)));
  expect(reading.packets.map(({ position }) => position)).toEqual(positions);
  expect(reading.secrets).toEqual([{ kind: 0x544c534b, text: 'CLIENT_RANDOM 00 11\n' }]);
  expect(reading.diagnostics).toEqual([]);
});

test('packets of every length, some longer than the buffer', async () => {
  const lengths = [0, 1, 2, 3, 4, 5, 1500, 65_535, 262_143, 262_144, 262_145, 1_000_000, 7];
  const data = new Uint8Array(1_000_000).map((_, i) => i * 31);
  const path = join(folder, 'by-descriptor');
  const fd = openSync(path, 'w');
  const writer = new PcapngWriter((bytes, start, end) => void writeSync(fd, bytes, start, end - start), { epoch });
  const number = writer.addInterface({ linkType: 1 });
  for (let round = 0; round < 30; round++) for (const length of lengths) writer.packet(number, round, data, 0, length);
  writer.flush();
  closeSync(fd);
  const reading = await readCapture(path);
  expect(reading.packets.length).toBe(30 * lengths.length);
  const expected = lengths.map((length) => Buffer.from(data.subarray(0, length)).toString('latin1'));
  expect(reading.packets.every(({ bytes }, i) => bytes === expected[i % lengths.length])).toBe(true);
  expect(readFileSync(path).length).toBe(writer.size);
});

test('an interface must be added first', async () => {
  const write = async (): Promise<unknown> => written((writer) => void writer.packet(0, 0, toBytes('x'), 0, 1));
  expect(await failure(write())).toBe('UsageError: interface 0 was not added');
});

const tsharkInstalled = ((): boolean => {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!tsharkInstalled)('tshark (installed)', () => {
  test('reads it, comments and descriptions included', () => {
    const bytes = written((writer) => {
      writer.addInterface({ linkType: 1, name: 'tap0' });
      const packet = tcpPacket({ payload: 'GET / HTTP/1.1\r\n\r\n' });
      writer.packet(0, 5_000_000_001, packet, 0, packet.length, packet.length, 'first');
    });
    const path = scratchFile(folder, bytes, 'for-tshark.pcapng');
    const fields = ['frame.time_epoch', 'frame.interface_name', 'frame.comment', 'http.request.method'];
    const out = execFileSync('tshark', ['-r', path, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(out.toString()).toBe('1795361588.000000001\ttap0\tfirst\tGET\n');
    const facts = execFileSync('capinfos', [path], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    for (const text of ['loom', 'an OS', 'wirescope', 'begun', 'nanoseconds (9)']) expect(facts).toContain(text);
  });
});
