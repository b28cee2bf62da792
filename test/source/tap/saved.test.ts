/** The saved session as others see it: tshark finds well-formed packets with right checksums, and the same traffic. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { reverse } from '../../../src/source/tap/reverse.ts';
import type { RecordJson } from '../../../src/timeline/trace-format.ts';
import { comparable, LiveTap } from './session.ts';

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

function hasTshark(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function tshark(file: string, filter: string, ...fields: string[]): string[] {
  const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
  const args = ['-n', '-r', file, ...checks, '-Y', filter, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])];
  const out = execFileSync('tshark', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 26,
  });
  return out.split('\n').filter((line) => line !== '');
}

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!hasTshark())('tshark', () => {
  test.each(['127.0.0.1', '::1'])('finds no malformed packet and the same requests and frames: %s', async (host) => {
    const big = randomBytes(500_001);
    const http = createServer((request, response) => {
      request.resume().on('end', () => response.end(request.url === '/big' ? big : 'small'));
    });
    new WebSocketServer({ server: http }).on('connection', (socket) =>
      socket.on('message', (data) => socket.send(data)),
    );
    const live = new LiveTap();
    const port = await live.listen(reverse({ host, port: await listening(http, host) }), { host, port: 0 });
    const base = `${host === '::1' ? '[::1]' : host}:${port}`;
    for (const path of ['/a', '/big', '/b']) await (await fetch(`http://${base}${path}`)).arrayBuffer();
    const client = new WebSocket(`ws://${base}/talk`);
    await new Promise((resolve) => client.once('open', resolve));
    for (const size of [1, 200, 70_000]) {
      client.send(randomBytes(size));
      await new Promise((resolve) => client.once('message', resolve));
    }
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.close(1000);
    await closed;
    http.closeAllConnections();
    const records = await live.stop();
    expect(comparable(await live.reread())).toEqual(comparable(records));
    const bad = '_ws.malformed || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad" || tcp.analysis.flags';
    expect(tshark(live.saved, bad, 'frame.number', '_ws.col.Info')).toEqual([]);
    expect(tshark(live.saved, 'http.request', 'http.request.uri')).toEqual(['/a', '/big', '/b', '/talk']);
    const frames = records.flatMap((record) => (record.type === 'frame' ? [String(record.payloadLength)] : []));
    const seen = tshark(
      live.saved,
      'websocket',
      'websocket.payload_length_ext_64',
      'websocket.payload_length_ext_16',
      'websocket.payload_length',
    );
    expect(seen).toHaveLength(frames.length);
  });
});

test('garbage of all kinds passes as it is, and decoding it harms nothing', async () => {
  const sink = createTcpServer((socket) => socket.on('error', () => undefined).pipe(socket));
  const live = new LiveTap();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(sink) }));
  const beginnings = [
    '',
    'GET ',
    'GET / HTTP/1.1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'HTTP/1.1 200 OK\r\n\r\n',
  ];
  for (const beginning of beginnings) {
    const sent = Buffer.concat([Buffer.from(beginning, 'latin1'), randomBytes(100_000)]);
    const client = connect(port, '127.0.0.1');
    const parts: Buffer[] = [];
    client.on('data', (part) => parts.push(part));
    client.end(sent);
    await new Promise((resolve) => client.once('close', resolve));
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
  }
  const records = await live.stop();
  expect(live.said).toEqual([]);
  // TLS records that wait for their keys are given up when a connection closes, which a capture does not tell at once.
  const settled = (all: RecordJson[]): RecordJson[] =>
    all.filter((record) => record.type !== 'diagnostic' || record.code !== 'tls.not-decrypted');
  expect(comparable(settled(await live.reread()))).toEqual(comparable(settled(records)));
});

test('a reader that stops makes the writer stop: nothing gathers in between', async () => {
  let written = 0;
  const server = createTcpServer((socket) => {
    const piece = Buffer.alloc(65_536, 'x');
    const fill = (): void => {
      while (written < 200_000_000 && socket.write(piece)) written += piece.length;
    };
    socket.on('drain', fill).on('error', () => undefined);
    fill();
  });
  const live = new LiveTap();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const client = connect(port, '127.0.0.1');
  client.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const then = written;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(written).toBe(then);
  expect(written).toBeLessThan(40_000_000);
  client.destroy();
});

test('a thousand connections at once, each served', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => undefined).pipe(socket));
  const live = new LiveTap();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const clients = await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const client = connect(port, '127.0.0.1');
      const answer = new Promise<string>((resolve) => client.once('data', (data) => resolve(String(data))));
      client.write(`client ${i}`);
      expect(await answer).toBe(`client ${i}`);
      return client;
    }),
  );
  clients.forEach((client) => client.end());
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'connection')).toHaveLength(1000);
});

test('server-sent events are passed on and recorded while the stream is open', async () => {
  let send: (event: string) => void = () => undefined;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    send = (event) => response.write(`data: ${event}\n\n`);
    send('first');
  });
  const live = new LiveTap();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const leaving = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/events`, { signal: leaving.signal });
  const reader = response.body!.getReader();
  const next = async () => Buffer.from((await reader.read()).value!).toString('utf8');
  expect(await next()).toBe('data: first\n\n');
  send('second');
  expect(await next()).toBe('data: second\n\n');
  const events = () => live.lines.records.flatMap((record) => (record.type === 'message' ? [record.text] : []));
  while (events().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(events()).toEqual(['first', 'second']);
  leaving.abort();
});

test('a decoder that fails is told once, and the traffic goes on', async () => {
  const server = createServer((_request, response) => response.end('fine'));
  const live = new LiveTap();
  const sink = (live.session.tapped as unknown as { sink: { bytes: () => void } }).sink;
  sink.bytes = () => {
    throw new Error('a defect');
  };
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    expect(await response.text()).toBe('fine');
  }
  await live.stop();
  expect(live.said).toEqual(['a decoder failed, the traffic goes on: a defect']);
});
