/**
 * Seeded fuzzing of the whole pipe, from file to JSON Lines: real captures are damaged as files and as packets. Nothing
 * throws but a CaptureError, nothing loops, every line is JSON and keeps to the schema, and the counts add up.
 *
 *     FUZZ_SEED=7 FUZZ_ROUNDS=100000 npx vitest run test/fuzz
 *
 * A failure names the capture, the mutations and the seed of its round, and `FUZZ_ROUND_SEED` runs that round alone.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { Moment } from '../../src/core/moment.ts';
import { openSource } from '../../src/source/source.ts';
import { pcap, pcapng } from '../support/captures.ts';
import { corpus } from '../support/corpus.ts';
import { checkedRun } from './checked-run.ts';
import { fileMutations } from './file-mutations.ts';
import { packetMutations, type Packet } from './packet-mutations.ts';
import { Random } from './random.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261122);
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 1200);
const onlyRound = process.env['FUZZ_ROUND_SEED'];

/** Larger captures would take the time of many small ones. */
const largest = 180_000;
const captures = fileURLToPath(new URL('../../captures/', import.meta.url));
const paths = readdirSync(captures)
  .filter((name) => /\.pcap(ng)?(\.(gz|zst))?$/.test(name))
  .map((name) => captures + name);
paths.push(...corpus().map(({ path }) => path).filter((path) => statSync(path).size < largest)); // prettier-ignore

const folder = mkdtempSync(join(tmpdir(), 'wirescope-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

test(`damaged files (FUZZ_SEED=${seed})`, { timeout: 3_600_000 }, async () => {
  await fuzz(seed, (random) => {
    const path = random.from(paths);
    let bytes: Uint8Array = Uint8Array.from(readFileSync(path));
    // Compressed, and as they were before.
    if (path.endsWith('.gz') && random.chance(2)) bytes = Uint8Array.from(gunzipSync(bytes));
    const names = someOf(Object.keys(fileMutations), random);
    for (const name of names) if (bytes.length > 0) bytes = Uint8Array.from(fileMutations[name]!(bytes, random));
    return { bytes, story: `${path}: ${names.join(', ')}` };
  });
});

test(`damaged packets (FUZZ_SEED=${seed})`, { timeout: 3_600_000 }, async () => {
  const recorded = new Map<string, Packet[]>();
  for (const path of paths) recorded.set(path, await packetsOf(path));
  await fuzz(seed + 1, (random) => {
    const path = random.from(paths);
    const packets = stretch(recorded.get(path)!, random).map((packet) => ({ ...packet }));
    const names = someOf(Object.keys(packetMutations), random);
    for (const name of names) if (packets.length > 0) packetMutations[name]!(packets, random);
    return { bytes: rewritten(packets), story: `${path}: ${names.join(', ')}`, packets: packets.length };
  });
});

interface Damaged {
  readonly bytes: Uint8Array;
  /** What was done, for a person. */
  readonly story: string;
  /** How many must be counted, where that is known. */
  readonly packets?: number;
}

/** Each round has a seed of its own, so that it can be run alone. */
async function fuzz(firstSeed: number, damaged: (random: Random) => Damaged): Promise<void> {
  const path = join(folder, `${firstSeed}.pcap`);
  const seeds = onlyRound === undefined ? roundSeeds(firstSeed) : [Number(onlyRound)];
  const failures: string[] = [];
  for (const roundSeed of seeds) {
    const { bytes, story, packets } = damaged(new Random(roundSeed));
    writeFileSync(path, bytes);
    try {
      const summary = await checkedRun(path, bytes.length);
      if (packets !== undefined) expect(summary?.packets).toBe(packets);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      failures.push(`FUZZ_ROUND_SEED=${roundSeed}: ${story}: ${stack}`);
      if (failures.length === 10) break;
    }
  }
  expect(failures).toEqual([]);
  expect(process.memoryUsage().rss).toBeLessThan(2 * 1024 ** 3);
}

function roundSeeds(firstSeed: number): number[] {
  const random = new Random(firstSeed);
  return Array.from({ length: rounds }, () => random.below(2 ** 31));
}

/** One to four, each perhaps more than once. */
function someOf(names: readonly string[], random: Random): string[] {
  return Array.from({ length: 1 + random.below(4) }, () => random.from(names));
}

/** Few packets are quick to analyse and as hard as many: mostly a stretch, at times the whole capture. */
function stretch(packets: readonly Packet[], random: Random): readonly Packet[] {
  if (packets.length <= 40 || random.chance(8)) return packets;
  const start = random.below(packets.length - 40);
  return packets.slice(start, start + 40);
}

async function packetsOf(path: string): Promise<Packet[]> {
  const packets: Packet[] = [];
  const moment = new Moment();
  const source = await openSource(path, { moment, diagnostics: { report() {} } });
  await source.run({
    packet(data, start, end, linkType, wireLength) {
      packets.push({ time: moment.time, bytes: data.slice(start, end), wireLength, linkType });
    },
    secrets() {},
  });
  return packets;
}

/** As classic pcap where there is one link type, else as pcapng. */
function rewritten(packets: readonly Packet[]): Uint8Array {
  const linkTypes = [...new Set(packets.map(({ linkType }) => linkType))];
  const interfaces = linkTypes.map((linkType) => ({ linkType }));
  if (linkTypes.length === 1) return pcap({ packets, linkType: linkTypes[0]!, nanoseconds: true });
  return pcapng({
    packets: packets.map((packet) => ({ ...packet, interface: linkTypes.indexOf(packet.linkType) })),
    interfaces,
  });
}
