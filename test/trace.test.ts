/** What is true of the trace as a whole: both formats say the same, times are exact, reading stops when asked, memory is flat. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { exportFormats } from '../src/export/exporters.ts';
import { analyze, analyzeTo } from '../src/index.ts';
import { CapturedOutput } from './export/captured-output.ts';
import { Conversation, pcap } from './support/captures.ts';

const captures = fileURLToPath(new URL('../captures/', import.meta.url));
const names = readdirSync(captures).filter((name) => /\.pcap(ng)?(\.(gz|zst))?$/.test(name));
const folder = mkdtempSync(join(tmpdir(), 'wirescope-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function exported(path: string, format: string): Promise<string> {
  const output = new CapturedOutput();
  const exporter = exportFormats[format]!.create(output, { version: '0', maxBody: 4096 });
  await analyzeTo(path, [exporter], { maxBody: 4096 });
  exporter.close?.();
  return output.text;
}

test.each(names)('JSON and JSON Lines hold the same records: %s', async (name) => {
  const document = JSON.parse(await exported(captures + name, 'json')) as Record<string, unknown>;
  const lines = (await exported(captures + name, 'jsonl')).trimEnd().split('\n');
  const ofDocument = Object.values(document)
    .flat()
    .map((record) => JSON.stringify(record));
  for (const line of lines.slice(1)) expect(ofDocument).toContain(JSON.stringify(JSON.parse(line)));
});

test('times are exact to the nanosecond', async () => {
  const path = captures + 'ipv6.nanoseconds.pcap';
  const bytes = readFileSync(path);
  const times = new Set<string>();
  for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
    const digits = String(bytes.readUInt32LE(at + 4))
      .padStart(9, '0')
      .replace(/0+$/, '');
    times.add(`${bytes.readUInt32LE(at)}${digits === '' ? '' : '.' + digits}`);
  }
  const found = [...(await exported(path, 'jsonl')).matchAll(/"(?:time|endTime|openedAt|closedAt)":([\d.]+)/g)];
  expect(found.length).toBeGreaterThan(20);
  for (const [, time] of found) expect(times).toContain(time);
});

test('leaving the loop early closes the capture', async () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = process.platform === 'linux' ? descriptors() : 0;
  for (let round = 0; round < 20; round++) {
    for await (const record of analyze(captures + 'nginx.pcap')) if (record.type === 'exchange') break;
  }
  if (process.platform === 'linux') expect(descriptors()).toBeLessThan(before + 10);
});

test('a signal ends the reading of a file, with what was read until then', async () => {
  const path = join(folder, 'aborted.pcap');
  writeLong(path, 40e6);
  for (const name of [path, join(folder, 'aborted.pcap.gz')]) {
    if (name !== path) writeFileSync(name, gzipSync(readFileSync(path), { level: 1 }));
    const abort = new AbortController();
    const types = new Set<string>();
    let packets = 0;
    for await (const record of analyze(name, { signal: abort.signal, maxBody: 0, doctor: false })) {
      types.add(record.type);
      if (record.type === 'exchange') abort.abort();
      if (record.type === 'summary') packets = record.packets;
    }
    expect(packets).toBeGreaterThan(0);
    expect(packets).toBeLessThan(20_000);
    expect([...types]).toEqual(['capture', 'exchange', 'connection', 'summary']);
  }
});

test('memory is flat: 300 MB of exchanges, far fewer in memory', { timeout: 120_000 }, () => {
  const path = join(folder, 'long.pcap');
  writeLong(path, 300e6);
  const cli = fileURLToPath(new URL('../dist/index.js', import.meta.url));
  const program = `
    import { analyzeTo } from ${JSON.stringify(cli)};
    const nothing = () => {};
    const sink = Object.fromEntries(['capture', 'connection', 'exchange', 'upgrade', 'frame', 'message', 'diagnostic', 'summary'].map((name) => [name, nothing]));
    let peak = 0;
    const betweenBlocks = () => {
      peak = Math.max(peak, process.memoryUsage.rss());
    };
    await analyzeTo(${JSON.stringify(path)}, [sink], { betweenBlocks });
    console.log(peak);`;
  const peak = Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
  // (Not maxRSS: a child process begins with that of its parent.)
  expect(peak).toBeGreaterThan(20e6);
  expect(peak).toBeLessThan(220e6);
});

/** The same keep-alive conversation again and again, on other ports. */
function writeLong(path: string, size: number): void {
  const file = openSync(path, 'w');
  writeSync(file, pcap({ packets: [] }));
  const body = 'x'.repeat(20_000);
  for (let written = 0, port = 1024; written < size; port = port === 65_000 ? 1024 : port + 1) {
    const talk = new Conversation({ srcPort: port, clientIsn: port * 7, step: 1000 }).open();
    for (let i = 0; i < 10; i++) {
      talk.client(`GET /${i} HTTP/1.1\r\nHost: a.example\r\n\r\n`);
      talk.server(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    }
    const bytes = pcap({ packets: talk.close().packets }).subarray(24);
    for (let copy = 0; copy < 20; copy++) written += writeSync(file, bytes);
  }
  closeSync(file);
}
