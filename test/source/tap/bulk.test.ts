/** Much of everything through the built command: gigabytes, huge messages, both with flat memory, byte for byte. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startWirescope, workFolder } from '../../cli/wirescope.ts';

const host = '127.0.0.1';
const MiB = 1 << 20;
const folder = workFolder();
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  afterAll(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Running {
  readonly child: ChildProcess;
  readonly ports: number[];
  readonly errors: () => string;
}

/** Resolves when all `count` listeners listen. */
async function startTap(count: number, ...args: string[]): Promise<Running> {
  const listen = Array.from({ length: count }, () => ['--listen', '0']).flat();
  const child = startWirescope(['tap', ...listen, '-o', '/dev/null', ...args], folder);
  children.push(child);
  let errors = '';
  const ports = await new Promise<number[]>((resolve, reject) => {
    child.stderr!.on('data', (data) => {
      errors += String(data);
      const found = [...errors.matchAll(/listening on 127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
      if (found.length === count) resolve(found);
    });
    child.once('close', () => reject(new Error(errors)));
  });
  return { child, ports, errors: () => errors };
}

/** The most memory a process has used, in MiB; 0 where the system does not tell. */
function peak({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function digest(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const piece = randomBytes(MiB);
const pieces = 1024;
let gigabyte = '';

beforeAll(() => {
  const hash = createHash('sha256');
  for (let i = 0; i < pieces; i++) hash.update(piece);
  gigabyte = hash.digest('hex');
});

/** All the pieces, no faster than they are taken. */
async function send(target: NodeJS.WritableStream): Promise<void> {
  for (let i = 0; i < pieces; i++)
    if (!target.write(piece)) await new Promise<void>((resolve) => target.once('drain', () => resolve()));
  target.end();
}

test('a gigabyte up and a gigabyte down: the same bytes, in flat memory', { timeout: 120_000 }, async () => {
  const server = createServer((incoming, response) => {
    if (incoming.method === 'POST') void digest(incoming).then((hash) => response.end(hash));
    else void send(response);
  });
  const { child, ports } = await startTap(1, '--to', `${host}:${await listening(server)}`);
  const [port] = ports;
  const ask = (method: string, path: string) => {
    const asking = request({ host, port, method, path });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      asking.once('response', resolve).once('error', reject);
    });
    return { asking, answered };
  };
  const up = ask('POST', '/up');
  void send(up.asking);
  const said = await (await up.answered).setEncoding('utf8').toArray();
  expect(said.join('')).toBe(gigabyte);
  const down = ask('GET', '/down');
  down.asking.end();
  expect(await digest(await down.answered)).toBe(gigabyte);
  expect(peak(child)).toBeLessThan(200);
});

test('WebSocket messages of 100 MiB, both ways, in flat memory', { timeout: 120_000 }, async () => {
  const http = createServer();
  new WebSocketServer({ server: http, maxPayload: 0 }).on('connection', (socket) =>
    socket.on('message', (data) => socket.send(data, { binary: true })),
  );
  const { child, ports } = await startTap(1, '--to', `${host}:${await listening(http)}`);
  const client = new WebSocket(`ws://${host}:${ports[0]}/`, { maxPayload: 0, perMessageDeflate: false });
  await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
  const message = Buffer.alloc(100 * MiB, piece);
  client.send(message);
  const answer = await new Promise<Buffer>((resolve) => client.once('message', resolve));
  expect(answer.equals(message)).toBe(true);
  client.terminate();
  expect(peak(child)).toBeLessThan(200);
});

test('several servers at once, each behind its own port', async () => {
  const servers = await Promise.all(
    ['a', 'b', 'c'].map(async (name) =>
      listening(createServer((incoming, response) => response.end(`${name}${incoming.url}`))),
    ),
  );
  const { ports, errors } = await startTap(3, ...servers.flatMap((port) => ['--to', `${host}:${port}`]));
  const answers = await Promise.all(ports.map(async (port) => (await fetch(`http://${host}:${port}/x`)).text()));
  expect(answers).toEqual(['a/x', 'b/x', 'c/x']);
  servers.forEach((port, i) => expect(errors()).toContain(`listening on ${host}:${ports[i]}: to ${host}:${port}`));
});

test('random conversations on many connections at once arrive as they were sent', { timeout: 60_000 }, async () => {
  const hashes = new Map<string, string>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha256');
    const back = createHash('sha256');
    let name = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      name ||= chunk.toString('latin1', 0, 16);
      hash.update(chunk);
      const answer = randomBytes((chunk.readUInt8(chunk.length - 1) + 1) * 97);
      back.update(answer);
      socket.write(answer);
    });
    socket.on('end', () => {
      socket.end();
      hashes.set(name, hash.digest('hex') + back.digest('hex'));
    });
  });
  const { ports } = await startTap(1, '--to', `${host}:${await listening(server)}`, '--save', 'random.pcapng');
  const { connect } = await import('node:net');
  await Promise.all(
    Array.from({ length: 40 }, async (_one, i) => {
      const socket = connect({ port: ports[0]!, host, allowHalfOpen: true });
      const sent = createHash('sha256');
      const heard = createHash('sha256');
      socket.on('data', (chunk) => heard.update(chunk));
      const name = randomBytes(8).toString('hex');
      for (let k = 0; k < 30; k++) {
        const chunk = k === 0 ? Buffer.from(name) : randomBytes(1 + ((i * 7919 + k * 104_729) % 60_000));
        sent.update(chunk);
        if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
        if (k % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      socket.end();
      await new Promise((resolve) => socket.once('close', resolve));
      expect(hashes.get(name)).toBe(sent.digest('hex') + heard.digest('hex'));
    }),
  );
});

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!has('nginx'))('nginx as the server', () => {
  let port = 0;
  const file = randomBytes(3 * MiB);

  beforeAll(async () => {
    const probe = createTcpServer();
    await new Promise<void>((resolve) => probe.listen(0, host, resolve));
    ({ port } = probe.address() as AddressInfo);
    await new Promise((resolve) => probe.close(resolve));
    writeFileSync(join(folder, 'file.bin'), file);
    writeFileSync(join(folder, 'page.txt'), 'compress me '.repeat(5000));
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; worker_processes 1; user root; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
       events {} http { access_log off; default_type text/plain; gzip on; gzip_types text/plain;
       client_body_temp_path ${folder}/t1; proxy_temp_path ${folder}/t2; fastcgi_temp_path ${folder}/t3;
       uwsgi_temp_path ${folder}/t4; scgi_temp_path ${folder}/t5;
       server { listen ${host}:${port}; root ${folder}; location /moved { return 301 /page.txt; } } }`,
    );
    const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    afterAll(() => nginx.kill());
    for (let i = 0; i < 200; i++) {
      if (
        await fetch(`http://${host}:${port}/page.txt`)
          .then((r) => r.ok)
          .catch(() => false)
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  });

  test.each(['reverse', 'proxy'])('files, ranges, redirects and compressed pages, %s', async (mode) => {
    const way = mode === 'proxy' ? ['--proxy'] : ['--to', `${host}:${port}`];
    const { child, ports } = await startTap(1, ...way, '--export', `nginx-${mode}.json`);
    const get = (path: string, headers: Record<string, string> = {}) =>
      new Promise<Buffer>((resolve, reject) => {
        const target = mode === 'proxy' ? `http://${host}:${port}${path}` : path;
        request({ host, port: ports[0], path: target, headers, agent: false }, (response) => {
          void response.toArray().then((parts: Buffer[]) => resolve(Buffer.concat(parts)));
        })
          .once('error', reject)
          .end();
      });
    expect((await get('/file.bin')).equals(file)).toBe(true);
    const range = await get('/file.bin', { Range: 'bytes=1000-1999' });
    expect(range.equals(file.subarray(1000, 2000))).toBe(true);
    expect((await get('/page.txt', { 'Accept-Encoding': 'gzip' })).length).toBeLessThan(2000);
    expect(String(await get('/moved'))).toContain('301');
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    const { exchanges } = JSON.parse(readFileSync(join(folder, `nginx-${mode}.json`), 'utf8')) as {
      exchanges: { response: { status: number; bodyBytes: number; decodedBytes: number } }[];
    };
    expect(exchanges.map(({ response }) => response.status)).toEqual([200, 206, 200, 301]);
    expect(exchanges[2]!.response.decodedBytes).toBe('compress me '.length * 5000);
  });
});
