/** The benchmark's results as Markdown. Numbers are medians over the rounds; ratios are taken round by round. */
import { measuresMemory, median, timedOut } from './measure.mjs';

const mebibyte = 1024 * 1024;

function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = `|${columns.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`;
  return [line(columns), rule, ...rows.map(line)].join('\n');
}

/** CPU seconds; says where a run failed, or was ended when its time was up. */
function seconds(runs) {
  const cpu = median(runs.map((run) => run.cpu)).toFixed(2);
  const failed = runs.find(({ status }) => status !== 0);
  if (failed === undefined) return cpu;
  return failed.status === timedOut ? `over ${cpu}` : `${cpu} (exit ${failed.status})`;
}

/** @param {object[]} results one for each workload, as `run.mjs` collects them */
export function productTable(results, commands) {
  const columns = ['workload', 'MB', 'packets', ...commands.map(({ name }) => `${name}, CPU s`)];
  columns.push('slim, MB per CPU s', 'peak MiB', 'first record, ms', 'output');
  return table(
    columns,
    results.map(({ truth, product, firstRecord }) => {
      const cells = [truth.workload, Math.round(truth.bytes / 1e6), truth.packets.toLocaleString('en')];
      for (const { name } of commands) cells.push(seconds(product[name].runs));
      const cpu = median(product.slim.runs.map((run) => run.cpu));
      cells.push(Math.round(truth.bytes / 1e6 / cpu), peak(Object.values(product)));
      cells.push(firstRecord.length === 0 ? '-' : Math.round(median(firstRecord) * 1000));
      cells.push(Object.values(product).some(({ failures }) => failures.length > 0) ? '**wrong**' : 'right');
      return cells;
    }),
  );
}

function peak(measured) {
  if (!measuresMemory) return '-';
  return Math.round(Math.max(...measured.flatMap(({ runs }) => runs.map((run) => run.peakBytes))) / mebibyte);
}

/** CPU seconds of each peer, peak memory, and how many times the product's CPU (`slim`) that is. */
export function peerTable(results, peers) {
  const columns = ['workload', ...peers.map(({ name, does }) => `${name}: ${does}`)];
  const rows = results.map((result) => [result.truth.workload, ...peers.map(({ name }) => peerCell(result, name))]);
  return table(columns, rows);
}

function peerCell({ truth, product, peers }, name) {
  const { runs, packets } = peers[name];
  const base = product.slim.runs;
  const share = packets / truth.packets;
  const ratio = median(runs.map((run, round) => run.cpu / share / (base[round] ?? base[0]).cpu));
  const part = share < 1 ? ` for the first ${packets.toLocaleString('en')} packets` : '';
  const memory = measuresMemory ? `, ${peak([{ runs }])} MiB` : '';
  const least = runs.some(({ status }) => status === timedOut) ? 'over ' : '';
  return `${seconds(runs)}${part}${memory}: ${least}${ratio.toFixed(ratio < 10 ? 1 : 0)}x`;
}
