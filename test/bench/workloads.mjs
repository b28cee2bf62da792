/**
 * The benchmark's captures, made from a seed: the same workload, size and seed give the same bytes (gzip bodies as
 * this machine's zlib makes them). FILE.truth.json says what was put on the wire.
 *
 *   node test/bench/workloads.mjs NAME --out FILE [--size 100M] [--seed 1]
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { dnsQuery } from './noise.mjs';
import { browse, download, many, mixed, talk } from './plans.mjs';
import { holdOpen, interleave } from './schedule.mjs';
import { TextPool } from './text.mjs';
import { World } from './world.mjs';

/** Raised whenever the same seed gives other bytes than before, so that kept captures are made anew. */
const generation = 1;

/**
 * By name: `size` in bytes, or `connections`; how many conversations go on at once; nanoseconds between packets; the
 * world's faults and variety; and `next(world, kit)`, the next conversation as [bytes it will take, its steps].
 */
export const workloads = {
  small: {
    about: 'keep-alive HTTP, small requests and answers',
    size: 635e6,
    concurrency: 2000,
    meanGap: 25_000,
    next: (world, kit) => browse(world, kit, many(world, 25)),
  },
  large: {
    about: 'downloads: plain, chunked, gzip',
    size: 1100e6,
    concurrency: 24,
    meanGap: 12_000,
    poolLength: 50 << 20,
    next: (world, kit) => download(world, kit, world.random.between(1, 3), 1e6, 50e6),
  },
  ws: {
    about: 'WebSocket, small masked frames',
    size: 660e6,
    concurrency: 1000,
    meanGap: 25_000,
    next: (world, kit) => talk(world, kit, 1 + many(world, 200), 0.002),
  },
  mix: {
    about: 'all of these with IPv6, VLAN, TLS and DNS noise, disorder and loss',
    size: 1036e6,
    concurrency: 4000,
    meanGap: 25_000,
    poolLength: 4 << 20,
    faults: { lost: 0.005, late: 0.02, twice: 0.01 },
    variety: { v6: 0.3, vlan: 0.2 },
    next: mixed,
    between: (world) => world.random.chance(0.01) && dnsQuery(world),
  },
  conns: {
    about: 'connections one after another, an exchange each',
    connections: 1e6,
    concurrency: 2000,
    meanGap: 10_000,
    next: (world, kit) => browse(world, kit, 1),
  },
  idle: {
    about: 'connections that all stay open, an exchange each',
    connections: 1e6,
    concurrency: Infinity,
    meanGap: 10_000,
  },
};

/** What is asked for, as FILE.truth.json repeats it. */
export function recipe(name, { size, seed = 1 } = {}) {
  const { size: bytes, connections } = workloads[name];
  return { workload: name, size: size ?? bytes ?? connections, seed, generation };
}

/** Writes the capture and its truth; gives the truth. */
export function generate(path, { workload: name, size, seed }) {
  const workload = workloads[name];
  const { meanGap, faults, variety, poolLength = 1 << 20 } = workload;
  fs.rmSync(truthPath(path), { force: true });
  const world = new World({ path, seed, meanGap, faults, variety });
  const kit = { pool: new TextPool(world.random, poolLength), ciphertext: world.random.bytes(65_536) };
  if (name === 'idle') holdOpen(world, kit, size);
  else interleave(world, kit, { workload, size });
  world.file.close();
  const text = JSON.stringify({ ...recipe(name, { size, seed }), ...world.truth() }, null, 2);
  fs.writeFileSync(truthPath(path), `${text}\n`);
  return JSON.parse(text);
}

export function truthPath(path) {
  return `${path}.truth.json`;
}

/** `100k`, `635M`, `1.1G` as a number. */
export function parseSize(text) {
  const match = /^(\d+(?:\.\d+)?)([kKMG]?)$/.exec(text);
  if (match === null) throw new Error(`size "${text}" is not a number, or one with k, M or G`);
  return Math.round(Number(match[1]) * { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }[match[2]]);
}

function main() {
  const options = { out: { type: 'string' }, size: { type: 'string' }, seed: { type: 'string', default: '1' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name] = positionals;
  if (!Object.hasOwn(workloads, name ?? '') || values.out === undefined) {
    throw new Error(`usage: workloads.mjs ${Object.keys(workloads).join('|')} --out FILE [--size N] [--seed N]`);
  }
  const size = values.size === undefined ? undefined : parseSize(values.size);
  const truth = generate(values.out, recipe(name, { size, seed: Number(values.seed) }));
  console.log(
    `${String(values.out)}: ${truth.bytes} bytes, ${truth.packets} packets, ${truth.connections} connections`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
