import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const generator = fileURLToPath(new URL('workloads.mjs', import.meta.url));
const workloads = [
  ['small', '400k'],
  ['large', '4M'],
  ['ws', '400k'],
  ['mix', '800k'],
  ['conns', '300'],
  ['idle', '300'],
] as const;

interface Truth {
  bytes: number;
  packets: number;
  connections: number;
  segments: { lost: number; late: number; twice: number };
  total: { requests: number; responses: number; frames: number };
  intact: { requests: number; responses: number; frames: number };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'wirescope-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function generate(name: string, size: string, seed = 1): { capture: Buffer; truth: Truth } {
  const file = path.join(folder, `${name}.pcap`);
  execFileSync(process.execPath, [generator, name, '--out', file, '--size', size, '--seed', String(seed)]);
  return { capture: readFileSync(file), truth: JSON.parse(readFileSync(`${file}.truth.json`, 'utf8')) as Truth };
}

function* packetsOf(capture: Buffer): Generator<Buffer> {
  for (let at = 24; at < capture.length;) {
    const length = capture.readUInt32LE(at + 8);
    yield capture.subarray(at + 16, at + 16 + length);
    at += 16 + length;
  }
}

/** The one's complement sum of 16-bit words: 0xffff over a header that includes its right checksum (RFC 1071). */
function onesSum(bytes: Buffer, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return sum;
}

function hasRightChecksums(packet: Buffer): boolean {
  const ip = packet.subarray(packet.readUInt16BE(12) === 0x8100 ? 18 : 14);
  const isV6 = ip[0]! >> 4 === 6;
  const transport = ip.subarray(isV6 ? 40 : 20);
  const addresses = isV6 ? ip.subarray(8, 40) : ip.subarray(12, 20);
  const pseudo = onesSum(addresses) + ip[isV6 ? 6 : 9]! + transport.length;
  return (isV6 || onesSum(ip.subarray(0, 20)) === 0xffff) && onesSum(transport, pseudo) === 0xffff;
}

describe.each(workloads)('%s', (name, size) => {
  it('is a capture of as many packets as it says, all checksums right', () => {
    const { capture, truth } = generate(name, size);
    const packets = [...packetsOf(capture)];
    expect(capture.length).toBe(truth.bytes);
    expect(packets.length).toBe(truth.packets);
    expect(packets.findIndex((packet) => !hasRightChecksums(packet))).toBe(-1);
  });

  it('is the same for the same seed, another for another', () => {
    const digest = (seed: number): string =>
      createHash('sha256')
        .update(generate(name, size, seed).capture)
        .digest('hex');
    const first = digest(1);
    expect(digest(1)).toBe(first);
    expect(digest(2)).not.toBe(first);
  });
});

describe('truth', () => {
  it('tells connections that lost nothing from the rest', () => {
    const { truth } = generate('mix', '2M');
    expect(truth.segments.lost).toBeGreaterThan(0);
    expect(truth.intact.requests).toBeGreaterThan(0);
    expect(truth.intact.requests).toBeLessThan(truth.total.requests);
    expect(truth.total.requests).toBe(truth.total.responses);
  });

  it.each(['small', 'ws', 'conns', 'idle'])('%s lost nothing', (name) => {
    const { truth } = generate(name, name === 'small' || name === 'ws' ? '200k' : '100');
    expect(truth.intact).toEqual(truth.total);
  });

  it('counts the start lines that stand in the packets', () => {
    const { capture, truth } = generate('small', '400k');
    const text = capture.toString('latin1');
    expect(text.match(/(GET|POST|PUT|DELETE) \S+ HTTP\/1\.1\r\n/g)).toHaveLength(truth.total.requests);
    expect(text.match(/HTTP\/1\.1 \d{3} [A-Za-z ]+\r\n/g)).toHaveLength(truth.total.responses);
  });
});
