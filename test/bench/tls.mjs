/**
 * `node test/bench/tls.mjs`: how fast TLS is opened, by whole processes, beside tshark with the same key log where it is
 * installed. Prints Markdown; exits 1 where the product did not find every exchange.
 *
 *   --workloads tls-large,tls-small   which (all)      --scale 0.1   fewer connections
 *   --rounds 3                                          --dir bench-data   where captures are kept
 *   --peer none                       without tshark    --product 'COMMAND'   what to measure (node bin/wirescope.js)
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { find, measure, median } from './measure.mjs';
import { generateTls, tlsWorkloads } from './tls-traffic.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (value) => ({ type: 'string', default: value });
const { values: options } = parseArgs({
  options: {
    workloads: text(Object.keys(tlsWorkloads).join(',')),
    scale: text('1'),
    rounds: text('3'),
    dir: text(path.join(root, 'bench-data')),
    peer: text('tshark'),
    product: text(`${process.execPath} ${path.join(root, 'bin/wirescope.js')}`),
  },
});

const fields = [
  'frame.number',
  'http.request.method',
  'http.request.uri',
  'http.response.code',
  'http2.streamid',
  'http2.headers.method',
  'http2.headers.path',
  'http2.headers.status',
].flatMap((field) => ['-e', field]);
const commands = {
  wirescope: (file) => [
    ...options.product.split(' '),
    'export',
    file,
    '--format',
    'jsonl',
    '--max-body',
    '0',
    '--keys',
    `${file}.keys`,
  ],
  tshark: (file) => [
    'tshark',
    '-n',
    '-r',
    file,
    '-o',
    `tls.keylog_file:${file}.keys`,
    '-Y',
    'http || http2',
    '-T',
    'fields',
    ...fields,
  ],
};
const names = Object.keys(commands).filter((name) => name === 'wirescope' || (options.peer === name && find(name)));

fs.mkdirSync(options.dir, { recursive: true });
let good = true;
console.log(
  '| workload | MB | packets | program | CPU s | MB/CPU s | peak MiB | times tshark |\n|---|--:|--:|---|--:|--:|--:|--:|',
);
for (const workload of options.workloads.split(',')) {
  const file = path.join(options.dir, `${workload}.pcap`);
  const truth = generateTls(workload, file, Number(options.scale));
  const output = path.join(options.dir, 'tls-output');
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const name of names) {
      if (name === 'tshark' && round > 0) continue;
      runs[name].push(measure(commands[name](file), output, 900));
      if (name === 'wirescope') good = checked(output, truth, workload) && good;
    }
  }
  const cpu = (name) => median(runs[name].map((run) => run.cpu));
  for (const name of names) {
    const peak = Math.max(...runs[name].map((run) => run.peakBytes ?? 0)) / 2 ** 20;
    const ratio = names.includes('tshark') ? (cpu('tshark') / cpu(name)).toFixed(1) : '-';
    const megabytes = truth.bytes / 1e6;
    const row = [
      workload,
      megabytes.toFixed(0),
      truth.packets,
      name,
      cpu(name).toFixed(2),
      (megabytes / cpu(name)).toFixed(0),
      peak.toFixed(0),
      ratio,
    ];
    console.log(`| ${row.join(' | ')} |`);
  }
  fs.rmSync(output, { force: true });
}
process.exit(good ? 0 : 1);

function checked(output, truth, workload) {
  const exchanges = completeExchanges(output);
  if (exchanges === truth.exchanges) return true;
  console.error(`${workload}: expected ${truth.exchanges} complete exchanges, found ${exchanges}`);
  return false;
}

/** In pieces: the whole may be longer than a string can be. */
function completeExchanges(output) {
  const file = fs.openSync(output, 'r');
  const block = Buffer.alloc(1 << 24);
  let [count, rest] = [0, ''];
  for (let length; (length = fs.readSync(file, block)) > 0;) {
    const lines = (rest + block.latin1Slice(0, length)).split('\n');
    rest = lines.pop();
    count += lines.filter((line) => /^\{"type":"exchange".*"state":"complete"/.test(line)).length;
  }
  fs.closeSync(file);
  return count;
}
