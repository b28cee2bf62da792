/** What the tap bounds, and what it refuses: connections, idle time, head bytes, loops; its other users never notice. */
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { proxy } from '../../../src/source/tap/proxy.ts';
import { reverse } from '../../../src/source/tap/reverse.ts';
import { LiveTap } from './session.ts';

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

const host = '127.0.0.1';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function echoing(): Promise<number> {
  return listening(createTcpServer((socket) => socket.on('error', () => undefined).pipe(socket)));
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.on('error', () => undefined).once('close', () => resolve()));

async function answer(port: number, said: string): Promise<string> {
  const socket = connect(port, host);
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.write(Buffer.from(said, 'latin1'));
  await closed(socket);
  return text;
}

test('connections beyond the limit are closed, and told once; those that are open go on', async () => {
  const live = new LiveTap({ maxConnections: 2 });
  const port = await live.listen(reverse({ host, port: await echoing() }));
  const open = [connect(port, host), connect(port, host)];
  for (const socket of open) {
    socket.write('hello');
    await new Promise((resolve) => socket.once('data', resolve));
  }
  for (let i = 0; i < 3; i++) await closed(connect(port, host));
  open[0]!.write('still here');
  expect(String(await new Promise((resolve) => open[0]!.once('data', resolve)))).toBe('still here');
  expect(live.said).toEqual(['2 connections are open: more are closed at once (--max-connections)']);
  open.forEach((socket) => socket.destroy());
  await live.stop();
  expect(live.said.at(-1)).toBe('3 connections were closed at once');
});

test('an idle connection is aborted where that was asked for; one that is used in one direction is not idle', async () => {
  const drip = createTcpServer((socket) => {
    const timer = setInterval(() => socket.write('.'), 50);
    socket.on('error', () => undefined).once('close', () => clearInterval(timer));
  });
  const live = new LiveTap({ idleTimeoutMs: 300 });
  const silent = await live.listen(reverse({ host, port: await echoing() }));
  const busy = await live.listen(reverse({ host, port: await listening(drip) }));
  const listener = connect(busy, host).resume();
  let ended = false;
  void closed(listener).then(() => (ended = true));
  const started = performance.now();
  await closed(connect(silent, host).resume());
  expect(performance.now() - started).toBeGreaterThan(250);
  await pause(600);
  expect(ended).toBe(false);
  listener.destroy();
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'connection')).toMatchObject([
    { closing: 'reset' },
    { closing: expect.any(String) as string },
  ]);
});

test('an idle connection is left alone otherwise', async () => {
  const live = new LiveTap();
  const port = await live.listen(reverse({ host, port: await echoing() }));
  const socket = connect(port, host);
  await pause(700);
  socket.write('awake');
  expect(String(await new Promise((resolve) => socket.once('data', resolve)))).toBe('awake');
  socket.destroy();
});

describe('the proxy', () => {
  test('answers a request head beyond its limit with 431, and one that is none with 400', async () => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    const head = `GET http://${host}:1/ HTTP/1.1\r\nX: ${'y'.repeat(300 * 1024)}\r\n\r\n`;
    expect(await answer(port, head)).toMatch(/^HTTP\/1\.1 431 [^]*a request head has 262144 bytes at most/);
    expect(await answer(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await answer(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('passes heads of 200 KiB', async () => {
    const server = createServer({ maxHeaderSize: 1 << 20 }, (request, response) =>
      response.end(String(request.headers['x-long']?.length)),
    );
    const live = new LiveTap();
    const port = await live.listen(proxy());
    const target = await listening(server);
    const head = `GET http://${host}:${target}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: ${'y'.repeat(200 * 1024)}\r\n\r\n`;
    expect(await answer(port, head)).toMatch(/\r\n\r\n(?:[0-9a-f]+\r\n)?204800/);
  });

  test('answers what leads back to itself with 508, by each way to ask', async () => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    expect(await answer(port, `GET http://${host}:${port}/ HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 508 /);
    expect(await answer(port, `GET http://localhost:${port}/ HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 508 /);
    expect(await answer(port, `CONNECT ${host}:${port} HTTP/1.1\r\nHost: a\r\n\r\n`)).toMatch(/^HTTP\/1\.1 508 /);
    const socks = Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]).toString('latin1');
    expect(Buffer.from(await answer(port, socks), 'latin1').subarray(0, 4)).toEqual(Buffer.of(5, 0, 5, 1));
    await live.stop();
    expect(live.said).toEqual([]);
  });
});

test('a server that is slow to accept what was given up meanwhile is left', async () => {
  let accepted = 0;
  const server = createTcpServer((socket) => {
    accepted++;
    socket.on('error', () => undefined).once('close', () => accepted--);
    socket.resume();
  });
  const live = new LiveTap();
  const port = await live.listen(reverse({ host, port: await listening(server) }));
  for (let i = 0; i < 20; i++) {
    const socket = connect(port, host);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.resetAndDestroy();
  }
  for (let i = 0; i < 100 && accepted > 0; i++) await pause(20);
  await pause(100);
  expect(accepted).toBe(0);
  await live.stop(0);
  expect(live.said).toEqual([]);
});
