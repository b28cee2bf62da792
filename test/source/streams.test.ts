import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../src/source/source.ts';
import { concat, pcap, pcapng, toBytes } from '../support/captures.ts';
import { Collector, failure, readCapture, scratchFile, scratchFolder } from './reading.ts';

const folder = scratchFolder();
const packets = Array.from({ length: 200 }, (_, i) => ({ bytes: toBytes(`packet ${i} `.repeat(i)) }));
const whole = pcap({ packets });
const contents = packets.map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(20);
  expect(condition()).toBe(true);
}

/** Starts reading, and lets the test look at what has arrived while it goes on. */
function start(path: string, options: { follow?: boolean; signal?: AbortSignal; stdin?: Readable } = {}) {
  const collector = new Collector();
  const opened = openSource(path, { ...options, moment: collector.moment, diagnostics: collector });
  return { collector, opened, done: opened.then((source) => source.run(collector)) };
}

describe('standard input and pipes', () => {
  const inputs: [string, Uint8Array, string][] = [
    ['pcap', whole, 'pcap'],
    ['pcapng', pcapng({ packets, bigEndian: true }), 'pcapng'],
    ['gzip', gzipSync(whole), 'pcap'],
  ];
  test.each(inputs)('%s in pieces of every size', async (_, bytes, format) => {
    for (const size of [1, 7, 1000, 65_536, bytes.length]) {
      const step = size === 1 ? 1 : size;
      const pieces = bytes.subarray(0, size === 1 ? 3000 : bytes.length);
      const parts: Buffer[] = [];
      for (let at = 0; at < pieces.length; at += step) parts.push(Buffer.from(pieces.subarray(at, at + step)));
      const reading = await readCapture('-', { stdin: Readable.from(parts, { objectMode: false }) });
      expect(reading.facts).toMatchObject({ kind: 'stdin', name: '-', format });
      expect(reading.facts.size).toBeUndefined();
      if (size === 1) expect(reading.diagnostics[0]).toMatch(/^capture.cut/);
      else expect(reading.packets.map((packet) => packet.bytes)).toEqual(contents);
      expect(reading.bytesRead).toBe(pieces.length);
    }
  });

  test('a named pipe', async () => {
    const path = join(folder, 'fifo');
    execFileSync('mkfifo', [path]);
    const file = scratchFile(folder, whole, 'through-fifo');
    spawn('sh', ['-c', `(head -c 1000 ${file}; sleep 0.1; tail -c +1001 ${file}) > ${path}`]);
    const reading = await readCapture(path);
    expect(reading.packets.map((packet) => packet.bytes)).toEqual(contents);
    expect(reading.facts).toMatchObject({ kind: 'file', format: 'pcap' });
  });

  test('packets come as soon as they are written, and an abort ends the waiting', async () => {
    const stdin = new PassThrough();
    const abort = new AbortController();
    const { collector, done } = start('-', { stdin, signal: abort.signal });
    stdin.write(whole.subarray(0, 24 + 16));
    stdin.write(whole.subarray(24 + 16, 100));
    await until(() => collector.packets.length === 3);
    abort.abort();
    await done;
    expect(collector.diagnostics).toEqual([]);
  });

  test('a pipe that fails', async () => {
    const stdin = new PassThrough();
    const { done } = start('-', { stdin });
    stdin.write(whole.subarray(0, 100));
    await sleep(10);
    stdin.destroy(Object.assign(new Error('lost'), { code: 'EIO', syscall: 'read' }));
    expect(await failure(done)).toBe('CaptureError: -: cannot be read (EIO) @-1');
  });

  test('nothing at all', async () => {
    expect(await failure(readCapture('-', { stdin: Readable.from([]) }))).toBe('CaptureError: -: is empty @0');
  });
});

describe('--follow', () => {
  test('waits for more, even in the middle of a record', async () => {
    const path = scratchFile(folder, whole.subarray(0, 50), 'growing');
    const abort = new AbortController();
    const { collector, done } = start(path, { follow: true, signal: abort.signal });
    await until(() => collector.packets.length === 1);
    for (let at = 50; at < whole.length; at += 30_000) {
      fs.appendFileSync(path, whole.subarray(at, at + 30_000));
      await sleep(30);
    }
    await until(() => collector.packets.length === packets.length);
    expect(collector.packets.map(({ bytes }) => bytes)).toEqual(contents);
    fs.appendFileSync(path, whole.subarray(24, 80));
    abort.abort();
    await done;
    // What was there when the waiting ended is still read; the record in the making is no damage.
    expect(collector.packets.length).toBe(packets.length + 2);
    expect(collector.diagnostics).toEqual([]);
  });

  test('waits for the header too', async () => {
    const path = scratchFile(folder, new Uint8Array(0), 'empty');
    const abort = new AbortController();
    const { collector, done } = start(path, { follow: true, signal: abort.signal });
    for (const end of [2, 20, 200]) {
      await sleep(30);
      fs.appendFileSync(path, whole.subarray(fs.statSync(path).size, end));
    }
    await until(() => collector.packets.length > 1);
    abort.abort();
    await done;
  });

  test('says when the file was cut down', async () => {
    const path = scratchFile(folder, whole, 'shrinking');
    const { collector, done } = start(path, { follow: true, signal: new AbortController().signal });
    await until(() => collector.packets.length === packets.length);
    fs.truncateSync(path, 24);
    await done;
    expect(collector.diagnostics).toEqual([
      `capture.replaced @${whole.length} the file shrank from ${whole.length} to 24 bytes`,
    ]);
  });

  test('says when another file took its name, after all of the old one', async () => {
    const path = scratchFile(folder, whole.subarray(0, 5000), 'rotating');
    const { collector, done } = start(path, { follow: true, signal: new AbortController().signal });
    await until(() => collector.packets.length > 0);
    fs.appendFileSync(path, whole.subarray(5000));
    fs.renameSync(path, `${path}.1`);
    fs.writeFileSync(path, whole);
    await done;
    expect(collector.packets.length).toBe(packets.length);
    expect(collector.diagnostics).toEqual([`capture.replaced @${whole.length} another file has taken its name`]);
  });

  test('a compressed file cannot be followed', async () => {
    const path = scratchFile(folder, gzipSync(whole), 'following.gz');
    const signal = new AbortController().signal;
    expect(await failure(readCapture(path, { follow: true, signal }))).toMatch(
      /^UsageError: .*a gzip file cannot be followed$/,
    );
  });

  test('close ends the waiting as well', async () => {
    const path = scratchFile(folder, whole, 'closing');
    const { collector, opened, done } = start(path, { follow: true });
    await until(() => collector.packets.length === packets.length);
    await (await opened).close();
    await done;
    expect(collector.diagnostics).toEqual([]);
  });
});

describe('a source', () => {
  test('is read once', async () => {
    const collector = new Collector();
    const source = await openSource(scratchFile(folder, whole), { moment: collector.moment, diagnostics: collector });
    expect(source.facts.linkTypes()).toEqual(['ETHERNET']);
    await source.run(collector);
    expect(await failure(source.run(collector))).toBe('UsageError: a source can be read once only');
    await source.close();
  });

  test('lets go of its file when the sink throws', async () => {
    const path = scratchFile(folder, concat(whole, whole.subarray(24)));
    const open = (): number => fs.readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? open() : 0;
    for (let i = 0; i < 5; i++) {
      const collector = new Collector();
      const source = await openSource(path, { moment: collector.moment, diagnostics: collector });
      const sink = { packet: () => { throw new Error('sink'); }, secrets: () => {} }; // prettier-ignore
      expect(await failure(source.run(sink))).toBe('Error: sink');
    }
    if (process.platform === 'linux') expect(open()).toBeLessThanOrEqual(before);
  });
});
