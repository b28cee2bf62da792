// Counts a capture's rows with tshark and holds them against what its scenario meant to record.

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const OPCODES = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };
const FIELDS = [
  'tcp.stream',
  'http.request.method',
  'http.response.code',
  'websocket.opcode',
  'http2.headers.method',
  'http2.headers.status',
];
const MAX_BYTES = 300_000;

/**
 * `capture.expect` says what is in the file: connections, requests by method, responses by status, frames by opcode;
 * `decodeAs` is a list of tshark's `-d`, `keys` a key log beside the file. Without `connections` their number is the program's own choice.
 * `capture.tshark` overrides parts of it with what tshark makes of the bytes, where that is another reading; null: not comparable.
 */
export function checkCapture(folder, capture) {
  const path = join(folder, capture.file);
  const size = statSync(path).size;
  const problems = size > MAX_BYTES ? [`${size} bytes are too many`] : [];
  const seen = rows(path, capture.decodeAs, capture.keys && join(folder, capture.keys));
  if (seen === null) console.log(`  ${capture.file}: ${size} bytes (tshark is not installed: rows not counted)`);
  else {
    const expected = { ...capture.expect, ...capture.tshark };
    const keys = capture.tshark === null ? ['connections'] : ['connections', 'requests', 'responses', 'frames'];
    for (const key of keys) {
      if (key === 'connections' && expected.connections === undefined) continue;
      const [wanted, found] = [line(expected[key] ?? {}), line(seen[key])];
      if (wanted !== found) problems.push(`${key}: expected ${wanted || 'none'}, tshark shows ${found || 'none'}`);
    }
    problems.push(...(capture.verify?.(path) ?? []));
    console.log(`  ${capture.file}: ${seen.packets} packets, ${size} bytes, ${seen.connections} connections`);
  }
  for (const problem of problems) console.log(`    ${problem}`);
  return problems.length === 0;
}

/** One line of `name x count`, in a fixed order. */
export function line(counts) {
  if (typeof counts === 'number') return String(counts);
  const entries = Object.entries(counts).filter(([, count]) => count > 0);
  return entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} x ${count}`)
    .join(', ');
}

/** What tshark shows with a display filter, one row a packet; null without tshark. */
export function tshark(path, filter, fields = ['frame.number'], decodeAs = undefined, keys = '') {
  const columns = fields.flatMap((field) => ['-e', field]);
  const options = ['-n', '-o', 'tcp.reassemble_out_of_order:TRUE', '-T', 'fields', '-E', 'separator=/t', ...columns];
  for (const rule of decodeAs ?? []) options.push('-d', rule);
  if (keys) options.push('-o', `tls.keylog_file:${keys}`);
  const run = spawnSync('tshark', ['-r', path, ...options, ...(filter ? ['-Y', filter] : [])], { encoding: 'utf8' });
  if (run.error) return null;
  const text = run.stdout.replace(/\n$/, '');
  return text === '' ? [] : text.split('\n').map((row) => row.split('\t'));
}

function rows(path, decodeAs, keys = '') {
  const packets = tshark(path, '', FIELDS, decodeAs, keys);
  if (packets === null) return null;
  const seen = { packets: packets.length, connections: 0, requests: {}, responses: {}, frames: {} };
  for (const [stream, methods, statuses, opcodes, streamMethods, streamStatuses] of packets) {
    if (stream) seen.connections = Math.max(seen.connections, Math.max(...stream.split(',').map(Number)) + 1);
    tally(seen.requests, methods, (name) => name);
    tally(seen.responses, statuses, (name) => name);
    tally(seen.requests, streamMethods, (name) => name);
    tally(seen.responses, streamStatuses, (name) => name);
    tally(seen.frames, opcodes, (code) => OPCODES[code] ?? `opcode ${code}`);
  }
  return seen;
}

function tally(counts, list, name) {
  for (const value of (list ?? '').split(',')) if (value) counts[name(value)] = (counts[name(value)] ?? 0) + 1;
}
