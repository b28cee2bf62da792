/** The reverse tap: bytes arrive as they were sent, and what was saved reads back as what was recorded. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, get, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { reverse } from '../../../src/source/tap/reverse.ts';
import { comparable, LiveTap } from './session.ts';

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const to = (port: number) => reverse({ host: '127.0.0.1', port });
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

test('HTTP exchanges: the same for the client, in the records, and in the saved file', async () => {
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      response.setHeader('X-Hash', hash(Buffer.concat(parts)));
      response.end(Buffer.concat(parts));
    });
  });
  const live = new LiveTap();
  const port = await live.listen(to(await listening(server)));
  const body = randomBytes(300_000);
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`http://127.0.0.1:${port}/echo/${i}`, { method: 'POST', body });
    expect(response.headers.get('x-hash')).toBe(hash(body));
    expect(hash(new Uint8Array(await response.arrayBuffer()))).toBe(hash(body));
  }
  server.closeAllConnections();
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'exchange')).toHaveLength(3);
  expect(comparable(await live.reread())).toEqual(comparable(records));
  expect(live.said).toEqual([]);
});

test('WebSocket: messages pass, frames are recorded and read back', async () => {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: true });
  server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  const live = new LiveTap();
  const port = await live.listen(to(await listening(http)));
  const client = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await new Promise((resolve) => client.once('open', resolve));
  for (const message of ['hello', 'x'.repeat(5000), randomBytes(200_000)]) {
    const answer = new Promise<Buffer>((resolve) => client.once('message', (data) => resolve(data as Buffer)));
    client.send(message);
    expect(hash(await answer)).toBe(hash(Buffer.from(message)));
  }
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.close(1000, 'done');
  await closed;
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'message').length).toBeGreaterThanOrEqual(8);
  expect(records.filter(({ type }) => type === 'upgrade')).toHaveLength(1);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('random bytes of no protocol arrive as sent, both ways, with half-closed ends', async () => {
  const up = randomBytes(3_000_000);
  const down = randomBytes(2_000_000);
  let received = '';
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('end', () => {
      received = hash(Buffer.concat(parts));
      socket.end(down);
    });
  });
  const live = new LiveTap();
  const port = await live.listen(to(await listening(server)));
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const parts: Buffer[] = [];
  client.on('data', (part) => parts.push(part));
  client.end(up);
  await new Promise((resolve) => client.once('close', resolve));
  expect(received).toBe(hash(up));
  expect(hash(Buffer.concat(parts))).toBe(hash(down));
  const records = await live.stop();
  const connection = records.find((record) => record.type === 'connection');
  expect(connection).toMatchObject({ closing: 'fin', bytes: { client: up.length, server: down.length } });
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('a server that cannot be reached: 502 with the reason, and a record of it', async () => {
  const probe = createTcpServer();
  const dead = await listening(probe);
  await new Promise((resolve) => probe.close(resolve));
  const live = new LiveTap();
  const port = await live.listen(to(dead));
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(response.status).toBe(502);
  expect(await response.text()).toContain('connection refused');
  const records = await live.stop(3000);
  expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([{ response: { status: 502 } }]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('a tap that is its own server: 508', async () => {
  const live = new LiveTap();
  const target = { host: '127.0.0.1', port: 0 };
  const port = await live.listen((socket, accepted) => reverse(target)(socket, accepted));
  target.port = port;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  expect(response.status).toBe(508);
});

test.each(['client', 'server'] as const)('an abort of the %s is passed on as an abort', async (side) => {
  const accepted = new Promise<Socket>((resolve) => {
    const server = createTcpServer((socket) => resolve(socket));
    void listening(server).then((port) => targets.push(port));
  });
  const targets: number[] = [];
  while (targets.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const live = new LiveTap();
  const port = await live.listen(to(targets[0]!));
  const near = connect(port, '127.0.0.1');
  near.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const far = await accepted;
  await new Promise((resolve) => far.once('data', resolve));
  const [aborting, hearing] = side === 'client' ? [near, far] : [far, near];
  const code = new Promise((resolve) => hearing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
  aborting.on('error', () => undefined);
  aborting.resetAndDestroy();
  expect(await code).toBe('ECONNRESET');
  const records = await live.stop();
  expect(records.find((record) => record.type === 'connection')).toMatchObject({ closing: 'reset' });
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

const request = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789';
const stages: [string, string, string][] = [
  ['before anything was said', '', ''],
  ['inside the request head', request.slice(0, 20), ''],
  ['inside the request content', request.slice(0, -3), ''],
  ['before the response', request, ''],
  ['inside the response head', request, 'HTTP/1.1 200 OK\r\nConte'],
  ['inside the response content', request, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234'],
  ['between two exchanges', request, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n12'],
];

describe.each(['client', 'server'] as const)('aborts of the %s', (side) => {
  test.each(stages)('%s', async (_name, said, answered) => {
    let accept: (socket: Socket) => void = () => undefined;
    const accepted = new Promise<Socket>((resolve) => (accept = resolve));
    const live = new LiveTap();
    const port = await live.listen(to(await listening(createTcpServer((socket) => accept(socket)))));
    const near = connect(port, '127.0.0.1');
    const far = await accepted;
    for (const [socket, other, text] of [
      [near, far, said],
      [far, near, answered],
    ] as const) {
      socket.on('error', () => undefined).resume();
      const heard = new Promise((resolve) => other.once('data', resolve));
      if (text === '') continue;
      socket.write(text);
      await heard;
    }
    // A server that aborts while it is being connected to counts as one that cannot be reached.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [aborting, hearing] = side === 'client' ? [near, far] : [far, near];
    const code = new Promise((resolve) => hearing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    aborting.resetAndDestroy();
    expect(await code).toBe('ECONNRESET');
    const records = await live.stop();
    expect(live.said).toEqual([]);
    expect(records.filter(({ type }) => type === 'connection')).toMatchObject([{ closing: 'reset' }]);
    expect(comparable(await live.reread())).toEqual(comparable(records));
  });
});

test('sockets of the file system, on both sides', async () => {
  const live = new LiveTap();
  const [front, back] = [join(live.folder, 'front.sock'), join(live.folder, 'back.sock')];
  const server = createServer((incoming, response) => response.end(`over ${incoming.url}`));
  await new Promise<void>((resolve) => server.listen(back, resolve));
  closers.push(() => server.close());
  await live.listen(reverse({ path: back }), { path: front });
  const text = await new Promise<string>((resolve) => {
    get({ socketPath: front, path: '/files', agent: false }, (response) => {
      let all = '';
      response.on('data', (part) => (all += String(part))).on('end', () => resolve(all));
    });
  });
  expect(text).toBe('over /files');
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([{ request: { target: '/files' } }]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});
