/** TLS ended by the tap: real clients, the same bytes, the records of what was inside, and a saved session that opens. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Authority, certificatePath, removeAuthority } from '../../../src/source/tap/authority.ts';
import type { InterceptOptions } from '../../../src/source/tap/intercept.ts';
import { proxy } from '../../../src/source/tap/proxy.ts';
import { reverse } from '../../../src/source/tap/reverse.ts';
import { TlsClients } from '../../../src/source/tap/tls-clients.ts';
import { comparable, LiveTap } from './session.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'wirescope-ca-'));
const ca = join(folder, 'ca');
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
let authority: Authority;
const closers: (() => void)[] = [];

beforeAll(async () => {
  authority = await Authority.open(ca);
});
afterAll(() => {
  closers.forEach((close) => close());
  rmSync(folder, { recursive: true, force: true });
});

function has(program: string, question = '--version'): boolean {
  try {
    execFileSync(program, [question], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A server's credentials: the same authority stands for one that the world knows. */
async function listening(server: Server & { setSecureContext?: unknown }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function credentials() {
  const context = await authority.contextFor('localhost');
  return { SNICallback: (_name: string, done: (error: null, found: typeof context) => void) => done(null, context) };
}

async function httpsServer(): Promise<number> {
  const server = createServer(await credentials(), (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.end(`${request.url} ${hash(Buffer.concat(parts))}\n`));
  });
  new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  closers.push(() => server.closeAllConnections());
  return listening(server);
}

function intercepting(options: Partial<InterceptOptions> = {}): LiveTap {
  return new LiveTap(({ session, said }) => ({
    tls: {
      authority,
      insecure: true,
      skip: [],
      keys: (line) => session.addKeys(line),
      secrets: session.secrets,
      clients: new TlsClients((line) => said.push(line)),
      ...options,
    },
  }));
}

/** TLS through the proxy, as a client that trusts the authority. */
async function through(port: number, target: number, protocols: string[] = []): Promise<TLSSocket> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.write(`CONNECT localhost:${target} HTTP/1.1\r\nHost: localhost:${target}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  const secure = connectTls({ socket, servername: 'localhost', ca: authority.certificate, ALPNProtocols: protocols });
  await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
  return secure;
}

test('the authority: its key is for its owner alone, it stays the same, and can be removed', async () => {
  expect(statSync(ca).mode & 0o777).toBe(0o700);
  expect(statSync(join(ca, 'ca.key')).mode & 0o777).toBe(0o600);
  expect((await Authority.open(ca)).certificate).toBe(authority.certificate);
  const other = join(folder, 'other');
  await Authority.open(other);
  expect(removeAuthority(other)).toBe(true);
  expect(Authority.exists(other)).toBe(false);
});

test.skipIf(!has('curl'))('curl: HTTPS through CONNECT, decrypted in the records and in the saved file', async () => {
  const target = await httpsServer();
  const live = intercepting();
  const port = await live.listen(proxy());
  const content = randomBytes(1_000_000);
  const file = join(folder, 'upload');
  writeFileSync(file, content);
  const args = ['-sS', '--max-time', '10', '-x', `http://127.0.0.1:${port}`, '--cacert', certificatePath(ca)];
  const url = `https://localhost:${target}`;
  const env = { ...process.env, NO_PROXY: '', no_proxy: '' };
  const { stdout } = await run('curl', [...args, `${url}/a`, `${url}/b`, '--data-binary', `@${file}`], { env });
  expect(stdout).toBe(`/a ${hash(content)}\n/b ${hash(content)}\n`);
  const records = await live.stop();
  const inside = records.filter((record) => record.type === 'exchange' && record.secure);
  expect(inside).toMatchObject([
    { request: { url: `${url}/a`, bodyBytes: content.length } },
    { request: { url: `${url}/b` }, response: { status: 200 } },
  ]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
  expect(live.said).toEqual([]);
  if (!has('tshark')) return;
  const filter = ['-Y', 'http.request.method == POST', '-T', 'fields', '-e', 'http.request.uri'];
  const { stdout: seen } = await run('tshark', ['-n', '-r', live.saved, ...filter]);
  expect(seen).toBe('/a\n/b\n');
});

test('WSS: messages of any size come back as they were', async () => {
  const target = await httpsServer();
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: target }));
  const client = new WebSocket(`wss://localhost:${port}/`, { ca: authority.certificate, lookup: undefined });
  await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
  for (const size of [1, 1000, 300_000]) {
    const message = randomBytes(size);
    client.send(message);
    expect(hash(await new Promise<Buffer>((resolve) => client.once('message', resolve)))).toBe(hash(message));
  }
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.close(1000);
  await closed;
  const records = await live.stop();
  expect(records.filter((record) => record.type === 'message' && record.kind === 'binary')).toHaveLength(6);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('HTTP/2 is offered where the server agrees, and decoded', async () => {
  const server = createSecureServer({ ...(await credentials()), allowHTTP1: true });
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 });
    stream.end(`two ${String(headers[':path'])}`);
  });
  const target = await listening(server as unknown as Server);
  const live = intercepting();
  const port = await live.listen(proxy());
  const socket = await through(port, target, ['h2', 'http/1.1']);
  expect(socket.alpnProtocol).toBe('h2');
  const session = connectHttp2(`https://localhost:${target}`, { createConnection: () => socket });
  const request = session.request({ ':path': '/over-h2' });
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  expect(text).toBe('two /over-h2');
  await new Promise<void>((resolve) => session.close(resolve));
  const records = await live.stop();
  const exchanges = records.filter((record) => record.type === 'exchange' && record.protocol === 'h2');
  expect(exchanges).toMatchObject([{ request: { target: '/over-h2' }, response: { status: 200 } }]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('a server whose certificate is not to be trusted: the client is told, in a 502', async () => {
  const target = await httpsServer();
  const live = intercepting({ insecure: false });
  const port = await live.listen(proxy());
  const socket = await through(port, target, ['http/1.1']);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += String(part);
  expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*certificate is not trusted \(.+\); --insecure accepts any\n$/);
});

test('a client that refuses the certificate is named; --tls-skip passes it through', async () => {
  const target = await httpsServer();
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: target }));
  const attempt = connectTls({ port, host: '127.0.0.1', servername: 'localhost' });
  await new Promise((resolve) => attempt.once('error', resolve));
  while (live.said.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(live.said[0]).toMatch(/^localhost: asked for by 127\.0\.0\.1:\d+: it .*--tls-skip localhost$/);
  const passing = intercepting({ skip: ['localhost'] });
  const through2 = await passing.listen(proxy());
  const socket = await through(through2, target);
  expect(socket.getPeerCertificate().subject.CN).toBe('localhost');
  socket.destroy();
  const records = await passing.stop();
  expect(records.some((record) => record.type === 'diagnostic' && record.code.startsWith('tls.'))).toBe(true);
});

/** An upload in pieces of any size, and the answer's content, read slowly. */
async function exchange(socket: TLSSocket, upload: Buffer, pieces: number[], length: number): Promise<Buffer> {
  socket.write(`POST /any HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${upload.length}\r\n\r\n`);
  let at = 0;
  for (const size of pieces) socket.write(upload.subarray(at, (at += size)));
  socket.write(upload.subarray(at));
  const parts: Buffer[] = [];
  let wanted = Infinity;
  let read = 0;
  for await (const part of socket) {
    if (wanted === Infinity) wanted = (part as Buffer).indexOf('\r\n\r\n') + 4 + length;
    parts.push(part as Buffer);
    read += (part as Buffer).length;
    if (parts.length % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    if (read >= wanted) break;
  }
  return Buffer.concat(parts).subarray(wanted - length);
}

test.each([
  ['TLSv1.3', undefined],
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLSv1.2', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLSv1.2', 'ECDHE-ECDSA-AES128-SHA'],
] as const)('what is known of long records is what they hold: %s %s', async (version, ciphers) => {
  const download = randomBytes(1_500_001);
  const hashes: string[] = [];
  const server = createServer(await credentials(), (request, response) => {
    const sum = createHash('sha256');
    const last = download.length - 1;
    request.on('data', (part: Buffer) => sum.update(part));
    request.on('end', () => {
      hashes.push(sum.digest('hex'));
      response.end(download.subarray(last));
    });
    response.writeHead(200, { 'Content-Length': download.length });
    for (let at = 0, i = 0; at < last; i++) {
      const length = [1, 200, 5000, 16_384, 16_385, 70_000][i % 6]!;
      response.write(download.subarray(at, (at = Math.min(last, at + length))));
    }
  });
  const target = await listening(server);
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: target }));
  const limits = { minVersion: version, maxVersion: version, ...(ciphers === undefined ? {} : { ciphers }) };
  const socket = connectTls({ port, servername: 'localhost', ca: authority.certificate, ...limits });
  const upload = randomBytes(700_001);
  const answer = await exchange(socket, upload, [1, 4095, 4096, 4097, 16_384, 50_000, 100_000], download.length);
  expect(hash(answer)).toBe(hash(download));
  expect(hashes).toEqual([hash(upload)]);
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([
    { request: { bodyBytes: upload.length }, response: { bodyBytes: download.length } },
  ]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test.skipIf(!has('openssl', 'version'))('records that a client has padded are opened', async () => {
  const target = await httpsServer();
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: target }));
  const upload = randomBytes(200_000).toString('base64');
  const head = `POST /padded HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${upload.length}\r\nConnection: close\r\n\r\n`;
  const client = spawn(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-quiet', '-record_padding', '5000'],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  client.stdin.write(head + upload);
  let answer = '';
  for await (const part of client.stdout) answer += String(part);
  expect(answer).toContain(hash(Buffer.from(upload)));
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([{ request: { bodyBytes: upload.length } }]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});

test('a session that is over leaves nothing behind', async () => {
  const target = await httpsServer();
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: target }));
  for (let i = 0; i < 3; i++) {
    const tcp = connectTcp(port, '127.0.0.1');
    const socket = connectTls({ socket: tcp, servername: 'localhost', ca: authority.certificate });
    socket.on('error', () => undefined);
    socket.write('GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    if (i === 0) socket.end();
    else if (i === 1) socket.destroy();
    else tcp.resetAndDestroy();
    await new Promise((resolve) => tcp.once('close', resolve));
  }
  while (live.session.secrets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const connections = live.lines.records.filter((record) => record.type === 'connection');
  expect(connections).toMatchObject([{ closing: 'fin' }, {}, {}]);
  expect(comparable(await live.stop())).toHaveLength(comparable(await live.reread()).length);
});

test('an abort of the client is an abort for the server', async () => {
  const server = createTlsServer(await credentials(), (socket) => socket.on('error', () => undefined));
  const seen = new Promise<NodeJS.ErrnoException>((resolve) =>
    server
      .on('connection', (socket) => socket.once('error', resolve))
      .on('secureConnection', (socket) => {
        socket.once('error', resolve).once('data', () => socket.write('heard'));
      }),
  );
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const tcp = connectTcp(port, '127.0.0.1');
  const socket = connectTls({ socket: tcp, servername: 'localhost', ca: authority.certificate });
  socket.write('hello');
  await new Promise((resolve) => socket.once('data', resolve));
  tcp.resetAndDestroy();
  expect((await seen).code).toBe('ECONNRESET');
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'connection')).toMatchObject([{ closing: 'reset' }]);
});

test('a server that cannot agree on TLS is named with the reason', async () => {
  const server = createTlsServer({ ...(await credentials()), maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' });
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const socket = connectTls({ port, servername: 'localhost', ca: authority.certificate });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += String(part);
  expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*wirescope: localhost: TLS failed \([a-z0-9 ]+\)\n$/);
});

test('a client that aborts while its server takes its time with TLS: the server is left, and the tap goes on', async () => {
  const server = createTcpServer((socket) => void socket.on('error', () => undefined).resume());
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const tcp = connectTcp(port, '127.0.0.1');
  connectTls({ socket: tcp, servername: 'localhost' }).on('error', () => undefined);
  const far = await accepted;
  const left = new Promise((resolve) => far.once('close', resolve));
  await new Promise((resolve) => far.once('data', resolve));
  tcp.resetAndDestroy();
  await left;
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'connection')).toMatchObject([{ closing: 'reset' }]);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a server that wants a certificate of its client, %s', async (version) => {
  const server = createServer({ ...(await credentials()), requestCert: true, maxVersion: version }, (_, response) => {
    response.end('for friends');
  });
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const socket = connectTls({ port, servername: 'localhost', ca: authority.certificate });
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let answer = '';
  for await (const part of socket.setEncoding('utf8')) answer += String(part);
  expect(answer).toMatch(/^HTTP\/1\.1 502 [^]*wirescope: localhost: TLS failed \([a-z0-9 ]*alert [a-z ]+\)\n$/);
  expect(live.said).toHaveLength(1);
  expect(live.said[0]).toMatch(/^localhost: its server.* \([a-z0-9 ]*alert [a-z ]+\); --tls-skip localhost lets/);
  await live.stop();
});

test('random traffic in both directions, with half-closed ends: the same bytes, the same records from the file', async () => {
  const server = createTlsServer({ ...(await credentials()), allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const live = intercepting();
  const port = await live.listen(reverse({ host: '127.0.0.1', port: await listening(server) }));
  const talk = async (i: number): Promise<void> => {
    const version = i % 3 === 0 ? 'TLSv1.2' : 'TLSv1.3';
    const options = {
      servername: 'localhost',
      ca: authority.certificate,
      maxVersion: version,
      allowHalfOpen: true,
    } as const;
    const socket = connectTls({ port, ...options });
    const sent = createHash('sha256');
    const received = createHash('sha256');
    socket.on('data', (part: Buffer) => {
      received.update(part);
      if (Math.random() > 0.05) return;
      socket.pause();
      setTimeout(() => socket.resume(), Math.random() * 10);
    });
    const ended = new Promise((resolve, reject) => socket.once('end', resolve).once('error', reject));
    for (let left = Math.floor(Math.random() * 1e6); left > 0;) {
      const piece = randomBytes(Math.min(left, 1 + Math.floor(Math.random() ** 4 * 100_000)));
      sent.update(piece);
      left -= piece.length;
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    socket.end();
    await ended;
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => talk(i)));
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'connection')).toHaveLength(20);
  expect(comparable(await live.reread())).toEqual(comparable(records));
});
