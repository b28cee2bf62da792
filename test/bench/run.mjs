/**
 * `npm run bench`: times the product and its peers as whole processes, in turn, on generated captures, and holds the
 * product's output against what the captures are known to contain. Prints Markdown; exits 1 where an output was wrong.
 *
 *   --workloads small,ws   which (all)                 --scale 0.1         every workload at a tenth of its size
 *   --size small=100M      one workload's size         --rounds 3          how often everything is run
 *   --peers all            or none, fast, names         --slow-packets 300k what slow peers get of a capture; 0: all
 *   --limit 600            seconds a run may take      --json FILE         every single measurement
 *   --dir bench-data       where captures are kept     --scratch DIR       where outputs are written
 *   --product 'COMMAND'    what to measure (node bin/wirescope.js)         --seed 1
 *
 * `summary` prints totals; `slim` is `export --format jsonl --max-body 0`; `full` is `export --format jsonl`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { choosePeers } from './peers.mjs';
import { benchmark, commands, progress } from './rounds.mjs';
import { peerTable, productTable } from './tables.mjs';
import { generate, parseSize, recipe, truthPath, workloads } from './workloads.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

function readOptions() {
  const text = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    options: {
      workloads: text(Object.keys(workloads).join(',')),
      scale: text('1'),
      size: { type: 'string', multiple: true, default: [] },
      seed: text('1'),
      rounds: text('3'),
      peers: text('all'),
      'slow-packets': text('300k'),
      limit: text('600'),
      json: { type: 'string' },
      dir: text(path.join(root, 'bench-data')),
      scratch: text(fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir()),
      product: text(`${process.execPath} ${path.join(root, 'bin/wirescope.js')}`),
    },
  });
  return values;
}

/** What to generate, in the order of the table. */
function readRecipes({ workloads: names, size: sizes, scale, seed }) {
  const given = Object.fromEntries(sizes.map((size) => size.split('=')));
  return names.split(',').map((name) => {
    if (!Object.hasOwn(workloads, name)) throw new Error(`no workload "${name}": ${Object.keys(workloads).join(', ')}`);
    const whole = recipe(name, { seed: Number(seed) });
    return {
      ...whole,
      size: given[name] === undefined ? Math.round(whole.size * Number(scale)) : parseSize(given[name]),
    };
  });
}

/** The capture's truth; the capture is made first where it is not there. */
function prepare(file, wanted) {
  const known = fs.existsSync(truthPath(file)) ? JSON.parse(fs.readFileSync(truthPath(file), 'utf8')) : {};
  if (Object.entries(wanted).every(([key, value]) => known[key] === value)) return known;
  progress(`generating ${file}`);
  return generate(file, wanted);
}

function report(results, { chosen, missing }) {
  console.log(
    `${os.cpus().length} cores (${os.cpus()[0]?.model}), ${os.type()} ${os.release()}, Node ${process.version}\n`,
  );
  console.log(productTable(results, commands));
  if (chosen.length > 0)
    console.log(`\nPeers: CPU seconds, peak memory, times the CPU of slim\n\n${peerTable(results, chosen)}`);
  for (const { name } of missing) console.log(`\n${name} is not installed: left out.`);
  for (const { truth, product } of results) {
    for (const [name, { failures }] of Object.entries(product)) {
      for (const failure of failures) console.log(`\n${truth.workload}, ${name}: ${failure}`);
    }
  }
}

async function main() {
  const options = readOptions();
  const { chosen, missing } = choosePeers(options.peers);
  fs.mkdirSync(options.dir, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(options.scratch, 'wirescope-bench-'));
  const clean = () => fs.rmSync(scratch, { recursive: true, force: true });
  process.once('SIGINT', () => {
    clean();
    process.exit(130);
  });
  const results = [];
  try {
    for (const wanted of readRecipes(options)) {
      const file = path.join(options.dir, `${wanted.workload}-${wanted.size}-${wanted.seed}.pcap`);
      const truth = prepare(file, wanted);
      const [rounds, limit] = [Number(options.rounds), Number(options.limit)];
      const slowPackets = parseSize(options['slow-packets']);
      const product = options.product.split(' ');
      results.push(await benchmark(file, truth, { product, chosen, rounds, limit, slowPackets, scratch }));
    }
  } finally {
    clean();
  }
  report(results, { chosen, missing });
  if (options.json !== undefined) fs.writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  const wrong = results.some(({ product }) => Object.values(product).some(({ failures }) => failures.length > 0));
  process.exitCode = wrong ? 1 : 0;
}

await main();
