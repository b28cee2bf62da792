/** The saved file where the disk does not keep up, and as a ring. A named pipe that nobody reads is the slowest disk. */
import { execFile, execFileSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { SessionFile, type SessionFileOptions } from '../../../src/source/tap/session-file.ts';
import { TapSession } from '../../../src/cli/tap-session.ts';
import { reverse } from '../../../src/source/tap/reverse.ts';
import { Tap } from '../../../src/source/tap/tap.ts';
import { readCapture } from '../reading.ts';

const folder = mkdtempSync(join(tmpdir(), 'wirescope-session-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fail(): never {
  throw new Error('not here');
}

function open(path: string, options: Partial<SessionFileOptions> = {}): SessionFile {
  return new SessionFile(path, { epoch: 0n, application: 'test', failed: fail, late: fail, ...options });
}

function put(file: SessionFile, time: number, packet: Uint8Array): boolean {
  const at = file.place(time, packet.length, undefined);
  if (at >= 0) file.memory.bytes.set(packet, at);
  return at >= 0;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a ring of files: the oldest goes first, and what is kept opens', async () => {
  const path = join(folder, 'ring.pcapng');
  const file = open(path, { ring: 100_000 });
  file.secrets(Buffer.from('CLIENT_RANDOM 00 11\n'));
  for (let i = 0; i < 400; i++) {
    put(file, i * 1000, Buffer.alloc(1000, 'p'));
    // The next file of the ring is there a moment after the one before has another name.
    if (i % 10 === 9) await pause(5);
  }
  await file.close();
  const paths = ['ring.pcapng', 'ring.1.pcapng'].map((name) => join(folder, name));
  expect(Math.max(...paths.map((each) => statSync(each).size))).toBeLessThan(50_000);
  expect(readdirSync(folder)).toHaveLength(2);
  const readings = [await readCapture(paths[1]!), await readCapture(paths[0]!)];
  expect(readings.map(({ secrets }) => secrets.map(({ text }) => text))).toEqual([
    ['CLIENT_RANDOM 00 11\n'],
    ['CLIENT_RANDOM 00 11\n'],
  ]);
  const times = readings.flatMap(({ packets }) => packets.map(({ time }) => Number(time) / 1000));
  expect(times).toEqual(times.map((_, i) => 400 - times.length + i));
});

test('what is no file of the disk is never renamed', async () => {
  const file = open('/dev/null', { ring: 10_000 });
  for (let i = 0; i < 100; i++) put(file, i * 1000, Buffer.alloc(1000, 'p'));
  await file.close();
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test('a disk that stands still: memory is bounded, secrets are kept, the loss is told once, and the file is whole', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const told: string[] = [];
  const file = open(path, { late: () => told.push('late') });
  const packet = Buffer.alloc(60_001, 'p');
  let kept = 0;
  for (let i = 0; i < 1000; i++) if (put(file, i, packet)) kept++;
  file.secrets(Buffer.from('CLIENT_RANDOM 00 11\n'));
  file.flush();
  file.secrets(Buffer.from('CLIENT_RANDOM 22 33\n'));
  expect(put(file, 1000, packet)).toBe(false);
  expect(kept * packet.length).toBeGreaterThan(28e6);
  expect(kept * packet.length).toBeLessThan(34e6);
  expect(file.dropped).toBe(1001 - kept);
  const read: Buffer[] = [];
  let closed = false;
  const closing = file.close().then(() => (closed = true));
  const some = Buffer.alloc(1 << 16);
  while (!closed) {
    try {
      read.push(Buffer.from(some.subarray(0, readSync(reader, some))));
    } catch {
      await pause(1);
    }
  }
  await closing;
  const copy = join(folder, 'copy.pcapng');
  writeFileSync(copy, Buffer.concat(read));
  const reading = await readCapture(copy);
  expect(reading.packets).toHaveLength(kept);
  expect(reading.secrets.map(({ text }) => text)).toEqual(['CLIENT_RANDOM 00 11\n', 'CLIENT_RANDOM 22 33\n']);
  expect(reading.diagnostics).toEqual([]);
  expect(told).toEqual(['late']);
});

test('who waits for the disk goes on when it has caught up, and when it takes too long', async () => {
  const path = join(folder, 'stalled');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  let late = 0;
  const file = open(path, { late: () => late++ });
  const packet = Buffer.alloc(65_000, 'p');
  let placed = 0;
  for (; !file.isBehind; placed++) put(file, placed, packet);
  expect(placed * packet.length).toBeGreaterThan(20e6);
  const began = performance.now();
  await new Promise<void>((resolve) => file.caughtUp(resolve));
  expect(performance.now() - began).toBeGreaterThan(200);
  expect([file.isBehind, late]).toEqual([false, 0]);
  const drain = setInterval(() => takeAll(reader), 1);
  while (file.memory.left < 100) await pause(1);
  while (!file.isBehind) put(file, placed++, packet);
  await new Promise<void>((resolve) => file.caughtUp(resolve));
  expect([file.isBehind, file.dropped, late]).toEqual([false, 0, 0]);
  await file.close();
  clearInterval(drain);
});

/** Reads what there is. */
function takeAll(reader: number): number {
  const some = Buffer.alloc(1 << 20);
  let sum = 0;
  try {
    for (let count = readSync(reader, some); count > 0; count = readSync(reader, some)) sum += count;
  } catch {
    // Nothing more for now.
  }
  return sum;
}

test('a download through the tap waits for whoever takes what is saved, and loses nothing', async () => {
  const path = join(folder, 'slow');
  execFileSync('mkfifo', [path]);
  const counting = promisify(execFile)('sh', ['-c', 'wc -c < "$0"', path]);
  const told: string[] = [];
  const say = (line: string): void => void told.push(line);
  const session = new TapSession({ name: 'test', sinks: [], maxBody: 0, save: path, say });
  const { clock, tapped } = session;
  const tap = new Tap({ clock, tapped, maxConnections: 10, say });
  const length = 150_000_000;
  const server = createServer((_request, response) => response.end(Buffer.alloc(length, 'x')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const where = await tap.listen({ host: '127.0.0.1', port: 0 }, reverse(target));
  const response = await fetch(`http://127.0.0.1:${'port' in where ? where.port : 0}/`);
  let received = 0;
  for await (const part of response.body!) received += (part as Uint8Array).length;
  expect(received).toBe(length);
  await tap.stop(0);
  await session.finish();
  server.close();
  expect(session.file!.dropped).toBe(0);
  expect(Number((await counting).stdout)).toBeGreaterThan(length);
  expect(told).toEqual([]);
});

test('when the disk goes on, so does the file', async () => {
  const path = join(folder, 'again.pcapng');
  let late = 0;
  const file = open(path, { late: () => late++ });
  const packet = Buffer.alloc(65_000, 'p');
  let kept = 0;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 600; i++) if (put(file, round, packet)) kept++;
    file.secrets(Buffer.from('CLIENT_RANDOM 00 11\n'));
    await pause(300);
  }
  await file.close();
  expect(late).toBe(1);
  expect(kept).toBeGreaterThan(3 * 480);
  const reading = await readCapture(path);
  expect(reading.packets).toHaveLength(kept);
  expect(reading.packets.every(({ bytes }) => bytes.length === 65_000)).toBe(true);
  expect(reading.secrets).toHaveLength(3);
});

test('a full disk ends the writing, and is told once', async () => {
  const failures: unknown[] = [];
  const file = open('/dev/full', { failed: (error) => failures.push(error) });
  for (let i = 0; i < 100; i++) put(file, i, Buffer.alloc(60_000, 'p'));
  file.flush();
  while (failures.length === 0) await pause(1);
  expect(put(file, 100, Buffer.alloc(10, 'p'))).toBe(false);
  await file.close();
  expect(failures).toMatchObject([{ code: 'ENOSPC' }]);
});
