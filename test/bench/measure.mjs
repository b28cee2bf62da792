/** Runs whole processes and says what they took: CPU time and peak memory by GNU time, where it is installed. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const gnuTime = '/usr/bin/time';
const extraPaths = ['/usr/sbin', '/usr/local/sbin'];
const environment = { ...process.env, PATH: [process.env.PATH, ...extraPaths].join(path.delimiter) };

/** Where a program stands on the path, or undefined. */
export function find(program) {
  if (program.includes(path.sep)) return fs.existsSync(program) ? program : undefined;
  const folders = environment.PATH.split(path.delimiter);
  return folders.map((folder) => path.join(folder, program)).find((candidate) => fs.existsSync(candidate));
}

/** The status of a run that was ended when its time was up. */
export const timedOut = 124;

export const measuresMemory = fs.existsSync(gnuTime);

/**
 * Runs `argv` to its end, its output in `outputPath`.
 * @returns {{ wall: number, cpu: number, peakBytes: number | null, status: number, outputBytes: number, errors: string }}
 *   seconds; `status` is `timedOut` where it took longer than `limit` seconds
 */
export function measure(argv, outputPath, limit) {
  const reportPath = `${outputPath}.time`;
  const output = fs.openSync(outputPath, 'w');
  const limited = find('timeout') === undefined ? argv : ['timeout', String(limit), ...argv];
  const timed = measuresMemory
    ? [gnuTime, '-q', '-f', '%U %S %M', '-o', reportPath, ...limited]
    : ['sh', '-c', '"$@"; status=$?; times > "$0"; exit $status', reportPath, ...limited];
  const before = process.hrtime.bigint();
  const result = spawnSync(timed[0], timed.slice(1), { stdio: ['ignore', output, 'pipe'], env: environment });
  const wall = Number(process.hrtime.bigint() - before) / 1e9;
  fs.closeSync(output);
  const errors = String(result.stderr ?? result.error).trim();
  return { wall, ...report(reportPath), status: result.status ?? 1, outputBytes: fs.statSync(outputPath).size, errors };
}

function report(reportPath) {
  const text = fs.existsSync(reportPath) ? fs.readFileSync(reportPath, 'utf8').trim() : '';
  fs.rmSync(reportPath, { force: true });
  const last = text.split('\n').at(-1);
  if (!measuresMemory) return { cpu: cpuOfTimes(last), peakBytes: null };
  const [user, system, kibibytes] = last.split(' ').map(Number);
  return { cpu: user + system, peakBytes: kibibytes * 1024 };
}

/** The last line of the shell's `times`: user and system time of its children, as in `0m1.25s 0m0.10s`. */
function cpuOfTimes(line) {
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + minutes * 60 + +seconds, 0);
}

/** Seconds until the first line of output that `accepts` likes; the process is ended then. */
export async function timeToLine(argv, accepts) {
  const before = process.hrtime.bigint();
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'ignore'], env: environment });
  const exited = new Promise((resolve) => child.once('close', resolve));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (accepts(line)) return Number(process.hrtime.bigint() - before) / 1e9;
    }
    return null;
  } finally {
    child.stdout.destroy();
    child.kill('SIGKILL');
    await exited;
  }
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
