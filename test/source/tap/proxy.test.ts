/** The proxy tap with real clients: curl by absolute-form, CONNECT and SOCKS5; and the framing it reads requests by. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { proxy } from '../../../src/source/tap/proxy.ts';
import { fieldOf, forOrigin, Piece, RequestReader, requestLine } from '../../../src/source/tap/request-reader.ts';
import { comparable, LiveTap } from './session.ts';

const run = promisify(execFile);
const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const servers: Server[] = [];
const ports: number[] = [];

beforeAll(async () => {
  for (const name of ['one', 'two']) {
    const server = createServer((incoming, response) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        response.setHeader('X-Server', name);
        response.end(`${name} ${incoming.method} ${incoming.url} ${hash(Buffer.concat(parts))}\n`);
      });
    });
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data, binary) => socket.send(data, { binary })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    ports.push((server.address() as AddressInfo).port);
  }
});
afterAll(() => servers.forEach((server) => (server.closeAllConnections(), server.close())));

const curl = async (...args: string[]): Promise<string> => {
  const env = { ...process.env, NO_PROXY: '', no_proxy: '' };
  const { stdout } = await run('curl', ['-sS', '--max-time', '10', ...args], { env });
  return stdout;
};

describe.skipIf(!hasCurl())('curl', () => {
  test('absolute-form: requests reach their servers in origin-form, one client connection for two servers', async () => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    const [one, two] = ports;
    const urls = [`http://127.0.0.1:${one}/a?b=1`, `http://127.0.0.1:${two}/c`, `http://127.0.0.1:${one}/d`];
    const out = await curl('-x', `http://127.0.0.1:${port}`, ...urls);
    const empty = hash(Buffer.alloc(0));
    expect(out).toBe(`one GET /a?b=1 ${empty}\ntwo GET /c ${empty}\none GET /d ${empty}\n`);
    const records = await live.stop();
    expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([
      { request: { target: urls[0], url: urls[0] } },
      { request: { url: urls[1] } },
      { request: { url: urls[2] } },
    ]);
    expect(records.filter(({ type }) => type === 'connection')).toHaveLength(1);
    expect(comparable(await live.reread())).toEqual(comparable(records));
  });

  test.each([
    ['absolute-form, counted', []],
    ['absolute-form, chunked', ['-H', 'Transfer-Encoding: chunked']],
    ['CONNECT', ['-p']],
  ])('uploads arrive as they were sent: %s', async (_name, options) => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    const file = join(live.folder, 'upload');
    const content = randomBytes(3_000_000);
    writeFileSync(file, content);
    const url = `http://127.0.0.1:${ports[0]}/upload`;
    const out = await curl('-x', `http://127.0.0.1:${port}`, ...options, '--data-binary', `@${file}`, url);
    expect(out).toBe(`one POST /upload ${hash(content)}\n`);
    const records = await live.stop();
    const exchanges = records.filter((record) => record.type === 'exchange');
    expect(exchanges.at(-1)).toMatchObject({ request: { bodyBytes: content.length, complete: true } });
    expect(comparable(await live.reread())).toEqual(comparable(records));
  });

  test('SOCKS5, by address and by name', async () => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    for (const scheme of ['socks5', 'socks5h']) {
      const out = await curl('-x', `${scheme}://127.0.0.1:${port}`, `http://localhost:${ports[1]}/s`, '-4');
      expect(out).toContain('two GET /s');
    }
    const records = await live.stop();
    const answered = { response: { status: 200 }, server: `127.0.0.1:${ports[1]}` };
    expect(records.filter(({ type }) => type === 'exchange')).toMatchObject([answered, answered]);
    expect(comparable(await live.reread())).toEqual(comparable(records));
  });

  test('what cannot be reached, itself, and what is no request', async () => {
    const live = new LiveTap();
    const port = await live.listen(proxy());
    const through = ['-x', `http://127.0.0.1:${port}`, '-o', '/dev/null', '-w', '%{http_code}'];
    expect(await curl(...through, 'http://127.0.0.1:1/')).toBe('502');
    expect(await curl(...through, `http://127.0.0.1:${port}/`)).toBe('508');
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', `http://127.0.0.1:${port}/`)).toBe('400');
    await expect(curl('-x', `socks5://127.0.0.1:${port}`, 'http://127.0.0.1:1/')).rejects.toThrow();
    const connecting = [...through.slice(0, 4), '-p', '-w', '%{http_connect}', 'http://127.0.0.1:1/'];
    await expect(curl(...connecting)).rejects.toMatchObject({ stdout: '502' });
    const records = await live.stop(3000);
    const statuses = records.flatMap((record) => (record.type === 'exchange' ? [record.response?.status] : []));
    expect(statuses).toEqual([502, 508, 400, 502]);
    expect(comparable(await live.reread())).toEqual(comparable(records));
  });
});

test('a WebSocket through the proxy in absolute-form', async () => {
  const live = new LiveTap();
  const port = await live.listen(proxy());
  const client = connect(port, '127.0.0.1');
  const heard: Buffer[] = [];
  client.on('data', (part) => heard.push(part));
  client.write(
    `GET http://127.0.0.1:${ports[0]}/ws HTTP/1.1\r\nHost: 127.0.0.1:${ports[0]}\r\nUpgrade: websocket\r\n` +
      'Connection: Upgrade\r\nProxy-Connection: keep-alive\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const said = () => Buffer.concat(heard);
  while (!said().includes('\r\n\r\n')) await new Promise((resolve) => setTimeout(resolve, 5));
  client.write(Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x47, 0x45, 0x54]));
  while (!said().includes(Buffer.from([0x81, 3, 0x47, 0x45, 0x54])))
    await new Promise((resolve) => setTimeout(resolve, 5));
  client.destroy();
  const records = await live.stop();
  expect(records.filter(({ type }) => type === 'message')).toMatchObject([{ text: 'GET' }, { text: 'GET' }]);
});

const conversation =
  'POST http://a/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello' +
  'GET http://b/2 HTTP/1.1\r\nHost: b\r\n\r\n' +
  'PUT http://a/3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n' +
  '\r\nGET http://c/4 HTTP/1.0\r\n\r\n';

test.each([1, 2, 3, 7, 64, conversation.length])('requests are told apart, %i bytes at a time', (size) => {
  const reader = new RequestReader(1000);
  const data = Buffer.from(conversation);
  const heads: string[] = [];
  let content = '';
  for (let from = 0; from < data.length; from += size) {
    const piece = data.subarray(from, from + size);
    for (let at = 0; at < piece.length;) {
      const start = at;
      at = reader.read(piece, at);
      expect(at).toBeGreaterThan(start);
      if (reader.piece === Piece.head) heads.push(reader.head);
      else if (reader.piece === Piece.content) content += piece.toString('latin1', start, at);
    }
  }
  expect(heads.map((head) => requestLine(head)?.target)).toEqual([
    'http://a/1',
    'http://b/2',
    'http://a/3',
    'http://c/4',
  ]);
  expect(content).toBe('hello3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n');
  expect(reader.isIdle).toBe(true);
});

test('a head without an end is too long beyond its limit', () => {
  const reader = new RequestReader(100);
  reader.read(Buffer.from('GET http://a/ HTTP/1.1\r\nX: ' + 'y'.repeat(200)), 0);
  expect(reader.piece).toBe(Piece.long);
});

test('a head for the origin has its target in origin-form and no fields for proxies', () => {
  const head =
    'GET http://a/x HTTP/1.1\r\nHost: a\r\nProxy-Connection: keep-alive\r\nX-Odd:  value \r\n' +
    'proxy-authorization: Basic eA==\r\n\r\n';
  expect(forOrigin(head, requestLine(head)!, '/x')).toBe('GET /x HTTP/1.1\r\nHost: a\r\nX-Odd:  value \r\n\r\n');
  expect(fieldOf(head, 'x-odd')).toBe('value');
});
