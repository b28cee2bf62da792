/** Runs everything on one capture, in turn, round by round: the product's commands, then each peer. */
import fs from 'node:fs';
import path from 'node:path';
import { measure, timeToLine } from './measure.mjs';
import { copyPrefix } from './prefix.mjs';
import { checkSummary, checkTrace } from './verify.mjs';

export const commands = [
  { name: 'summary', arguments: (file) => ['summary', file], check: checkSummary },
  {
    name: 'slim',
    arguments: (file) => ['export', file, '--format', 'jsonl', '--max-body', '0'],
    check: (output, truth) => checkTrace(output, truth, { decoded: false }),
  },
  {
    name: 'full',
    arguments: (file) => ['export', file, '--format', 'jsonl'],
    check: (output, truth) => checkTrace(output, truth, { decoded: true }),
  },
];

/** Brings a file into the page cache, so that no run pays for the disk. */
function warm(file) {
  const descriptor = fs.openSync(file, 'r');
  const block = Buffer.alloc(4 << 20);
  while (fs.readSync(descriptor, block) > 0);
  fs.closeSync(descriptor);
}

/**
 * Runs and measures everything on one capture.
 * @param {{ product: string[], chosen: object[], rounds: number, limit: number, slowPackets: number, scratch: string }} options
 */
export async function benchmark(file, truth, options) {
  const run = { file, truth, output: path.join(options.scratch, 'output'), ...options };
  const result = { truth, product: {}, peers: {}, firstRecord: [] };
  for (const { name } of commands) result.product[name] = { runs: [], failures: [] };
  for (const { name } of options.chosen) result.peers[name] = { runs: [], packets: truth.packets };
  warm(file);
  for (let round = 1; round <= options.rounds; round++) await runRound(run, result, round);
  for (const peer of options.chosen.filter(({ slow }) => slow)) {
    progress(`${truth.workload}: ${peer.name}`);
    result.peers[peer.name] = runSlowPeer(peer, run);
  }
  fs.rmSync(run.output, { force: true });
  return result;
}

async function runRound(run, result, round) {
  const { file, truth, product, chosen, output, limit } = run;
  const say = (name) => progress(`${truth.workload}, round ${round}: ${name}`);
  for (const command of commands) {
    say(command.name);
    await runProduct(command, run, result.product[command.name]);
  }
  for (const { name, command } of chosen.filter(({ slow }) => !slow)) {
    say(name);
    result.peers[name].runs.push(measure(command(file), output, limit));
  }
  const slim = commands.find(({ name }) => name === 'slim');
  const first = await timeToLine([...product, ...slim.arguments(file)], (line) => !line.includes('"type":"capture"'));
  if (first !== null) result.firstRecord.push(first);
}

/** The first run's output is checked; the others have to be as long. */
async function runProduct(command, { file, truth, product, output, limit }, { runs, failures }) {
  const run = measure([...product, ...command.arguments(file)], output, limit);
  runs.push(run);
  const [first] = runs;
  if (run.status !== 0) failures.push(`exit status ${run.status}: ${run.errors}`);
  else if (run === first) failures.push(...(await command.check(output, truth)));
  else if (run.outputBytes !== first.outputBytes) {
    failures.push(`${run.outputBytes} bytes of output, before ${first.outputBytes}`);
  }
}

/** Once, on the beginning of the capture. */
function runSlowPeer(peer, { file, truth, output, limit, slowPackets }) {
  if (slowPackets === 0 || slowPackets >= truth.packets) {
    return { runs: [measure(peer.command(file), output, limit)], packets: truth.packets };
  }
  const part = `${output}.pcap`;
  const packets = copyPrefix(file, part, slowPackets);
  const run = measure(peer.command(part), output, limit);
  fs.rmSync(part);
  return { runs: [run], packets };
}

export function progress(text) {
  process.stderr.write(`${text}\n`);
}
