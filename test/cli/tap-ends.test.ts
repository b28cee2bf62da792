/** How a tap ends, and what it survives: signals, watchers that die, disks that fill, clients that do not trust it. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../../src/source/tap/authority.ts';
import { command, workFolder } from './wirescope.ts';

const folder = workFolder();
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const megabyte = Buffer.alloc(1_000_000, 'content ');
let port = 0;

beforeAll(async () => {
  const server = createServer((request, response) => {
    const [, wait] = /^\/slow\/(\d+)/.exec(request.url ?? '') ?? [];
    if (request.url === '/big') response.end(megabyte);
    else if (wait === undefined) response.end('quick');
    else setTimeout(() => response.end('slow but whole'), Number(wait));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  afterAll(() => (server.closeAllConnections(), void server.close()));
});

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
}

/** Resolves when it listens. */
async function startTap(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [command, 'tap', '--listen', '0', ...args], {
    cwd: folder,
    env: { ...process.env, WIRESCOPE_CA_DIR: join(folder, 'ca') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let errors = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const place = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (data) => {
      const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec((errors += String(data))) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    void ended.then(() => reject(new Error(errors)));
  });
  return { child, port: place, errors: () => errors, ended };
}

/** The content, or the error's code. */
async function ask(at: number, path: string): Promise<Buffer | string> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port: at, path, agent: false }, (response) => {
      response.once('error', () => resolve('cut'));
      void response.toArray().then(
        (parts: Buffer[]) => resolve(Buffer.concat(parts)),
        () => resolve('cut'),
      );
    }).once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(10);
}

/** Resident memory, MiB. */
function resident({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

const targetsIn = (name: string): string[] =>
  (
    JSON.parse(readFileSync(join(folder, name), 'utf8')) as { exchanges: { request: { target: string } }[] }
  ).exchanges.map(({ request }) => request.target);

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function secureServer(): Promise<number> {
  const context = await (await Authority.open(join(folder, 'ca'))).contextFor('localhost');
  const server = createSecureServer(
    { SNICallback: (_name: string, done: (error: null, found: SecureContext) => void) => done(null, context) },
    (_request, response) => response.end('secret'),
  );
  afterAll(() => server.closeAllConnections());
  return listening(server);
}

async function upgradePort(): Promise<number> {
  return listening(
    createServer().on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    }),
  );
}

describe('^C', () => {
  test('once: what is open ends by itself, nothing new is accepted, files are whole', async () => {
    const tap = await startTap('--to', `127.0.0.1:${port}`, '--export', 'once.json', '-o', '/dev/null');
    const answer = ask(tap.port, '/slow/900');
    await pause(200);
    tap.child.kill('SIGINT');
    await pause(200);
    expect(await ask(tap.port, '/late')).toBe('ECONNREFUSED');
    expect(String(await answer)).toBe('slow but whole');
    expect(await tap.ended).toBe(0);
    expect(targetsIn('once.json')).toEqual(['/slow/900']);
  });

  test('once: after two seconds what is open is cut', async () => {
    const tap = await startTap('--to', `127.0.0.1:${port}`, '--export', 'cut.json', '-o', '/dev/null');
    const answer = ask(tap.port, '/slow/20000');
    await pause(200);
    const started = performance.now();
    tap.child.kill('SIGINT');
    expect(await tap.ended).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(1500);
    expect(await answer).toMatch(/ECONNRESET|cut/);
    expect(targetsIn('cut.json')).toEqual(['/slow/20000']);
  });

  test.each(['plain', 'TLS'])(
    'once: connections that are kept alive, or silent, are not waited for: %s',
    async (kind) => {
      const tls = kind === 'TLS';
      const flags = tls ? ['--tls', 'intercept', '--insecure'] : [];
      const to = tls ? await secureServer() : port;
      const tap = await startTap('--to', `127.0.0.1:${to}`, '--export', 'rest.json', '-o', '/dev/null', ...flags);
      const silent = connect(tap.port, '127.0.0.1');
      const kept = tls
        ? connectTls({ port: tap.port, servername: 'localhost', rejectUnauthorized: false })
        : connect(tap.port, '127.0.0.1');
      const answered = new Promise((resolve) => kept.once('data', resolve));
      kept.write('GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await answered;
      const over = Promise.all([silent, kept].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
      await pause(100);
      const started = performance.now();
      tap.child.kill('SIGINT');
      expect(await tap.ended).toBe(0);
      expect(performance.now() - started).toBeLessThan(1000);
      await over;
      expect(targetsIn('rest.json')).toEqual(['/kept']);
    },
  );

  test.each([
    ['an upgraded connection', /^HTTP\/1.1 101 /],
    ['a tunnel', /^HTTP\/1.1 200 /],
  ])('once: %s has its two seconds', async (kind, agreed) => {
    const to = await upgradePort();
    const tap = await startTap(...(kind === 'a tunnel' ? ['--proxy'] : ['--to', `127.0.0.1:${to}`]), '-o', '/dev/null');
    const client = connect(tap.port, '127.0.0.1').on('error', () => undefined);
    if (kind === 'a tunnel') client.write(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\n\r\n`);
    else client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    expect(String(await new Promise((resolve) => client.once('data', resolve)))).toMatch(agreed);
    const started = performance.now();
    tap.child.kill('SIGINT');
    expect(await tap.ended).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(1500);
  });

  test('twice: at once, and files are whole all the same', async () => {
    const tap = await startTap('--to', `127.0.0.1:${port}`, '--export', 'twice.json', '-o', '/dev/null');
    const answer = ask(tap.port, '/slow/20000');
    await pause(200);
    const started = performance.now();
    tap.child.kill('SIGINT');
    await pause(100);
    tap.child.kill('SIGINT');
    expect(await tap.ended).toBe(0);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(await answer).toMatch(/ECONNRESET|cut/);
    expect(targetsIn('twice.json')).toEqual(['/slow/20000']);
  });
});

test.skipIf(process.platform !== 'linux')(
  'watchers that stop reading, or die, slow nothing and fill no memory',
  { timeout: 60_000 },
  async () => {
    const tap = await startTap(
      '--to',
      `127.0.0.1:${port}`,
      '--serve',
      '127.0.0.1:0',
      '-o',
      '/dev/null',
      '--max-body',
      '0',
    );
    await until(() => tap.errors().includes('ws://'));
    const [, url] = /attach '(ws:[^']+)'/.exec(tap.errors()) ?? [];
    await ask(tap.port, '/first');
    const attach = (): ChildProcess => {
      const args = [command, 'attach', url!, '--max-body', '0', '--filter', 'frame.number == 0'];
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      children.push(child);
      return child;
    };
    const [stopped, killed] = [attach(), attach()];
    for (const watcher of [stopped, killed]) await new Promise((resolve) => watcher.stdout!.once('data', resolve));
    stopped.kill('SIGSTOP');
    for (let i = 0; i < 150; i++) {
      if (i === 20) killed.kill('SIGKILL');
      expect((await ask(tap.port, '/big')).length).toBe(megabyte.length);
    }
    expect(resident(tap.child)).toBeLessThan(300);
    const late = attach();
    const left = new Promise((resolve) => late.once('close', resolve));
    let complaint = '';
    late.stderr!.on('data', (data) => (complaint += String(data)));
    await new Promise((resolve) => late.stdout!.once('data', resolve));
    stopped.kill('SIGKILL');
    tap.child.kill('SIGINT');
    expect(await tap.ended).toBe(0);
    await left;
    expect(complaint).toMatch(/the tap no longer had the first [\d.]+ MB/);
  },
);

test('a ring of files keeps within its size, and both open', async () => {
  const tap = await startTap('--to', `127.0.0.1:${port}`, '--save', 'ring.pcapng', '--ring', '8M', '-o', '/dev/null');
  for (let i = 0; i < 30; i++) await ask(tap.port, '/big');
  await pause(100);
  await ask(tap.port, '/last');
  tap.child.kill('SIGINT');
  expect(await tap.ended).toBe(0);
  const files = readdirSync(folder).filter((name) => name.startsWith('ring'));
  expect(files.sort()).toEqual(['ring.1.pcapng', 'ring.pcapng']);
  const sizes = files.map((name) => statSync(join(folder, name)).size);
  expect(sizes[0]! + sizes[1]!).toBeLessThan(10_000_000);
  expect(sizes[0]).toBeGreaterThan(3_000_000);
  const list = (name: string) =>
    execFileSync(process.execPath, [command, 'list', name], { cwd: folder, encoding: 'utf8' });
  expect(list('ring.1.pcapng')).toContain('/big');
  expect(list('ring.pcapng')).toContain('/last');
});

/** A disk of a megabyte, where such may be made. */
function smallDisk(): string | undefined {
  const path = join(folder, 'disk');
  try {
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    return path;
  } catch {
    return undefined;
  }
}

const disk = smallDisk();
afterAll(() => {
  if (disk !== undefined) execFileSync('umount', ['-l', disk]);
});

test.skipIf(disk === undefined)('a disk that fills: told once, traffic goes on, what was saved opens', async () => {
  const tap = await startTap('--to', `127.0.0.1:${port}`, '--save', join(disk!, 'full.pcapng'), '-o', '/dev/null');
  for (let i = 0; i < 6; i++) {
    expect((await ask(tap.port, '/big')).length).toBe(megabyte.length);
    await pause(250);
  }
  tap.child.kill('SIGINT');
  expect(await tap.ended).toBe(0);
  expect(tap.errors().match(/no space left/g)).toHaveLength(1);
  expect(tap.errors()).toContain('nothing more is saved, the traffic goes on');
  const listed = execFileSync(process.execPath, [command, 'list', join(disk!, 'full.pcapng')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(listed).toContain('/big');
});

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasCurl())('a client that does not trust the tap', () => {
  async function curl(tap: Running, target: number, ...args: string[]): Promise<number | null> {
    const url = `https://localhost:${target}/`;
    const child = spawn('curl', ['-sS', '-o', '/dev/null', '-x', `http://127.0.0.1:${tap.port}`, ...args, url], {
      stdio: 'ignore',
      env: { ...process.env, NO_PROXY: '', no_proxy: '' },
    });
    return new Promise((resolve) => child.once('close', resolve));
  }

  test('is named once with the reason and the way out; --tls-skip is that way', async () => {
    const target = await secureServer();
    const intercept = ['--proxy', '--tls', 'intercept', '--insecure', '-o', '/dev/null'];
    const tap = await startTap(...intercept);
    expect(await curl(tap, target)).toBe(60);
    expect(await curl(tap, target)).toBe(60);
    await until(() => tap.errors().includes('--tls-skip'));
    expect(tap.errors()).toMatch(
      /localhost: asked for by (?:curl \(pid \d+\)|127\.0\.0\.1:\d+): it refuses the tap's certificate \(unknown ca\); let it trust wirescope ca export, or --tls-skip localhost/,
    );
    expect(await curl(tap, target, '--cacert', join(folder, 'ca', 'ca.pem'))).toBe(0);
    const skipping = await startTap(...intercept, '--tls-skip', 'localhost');
    expect(await curl(skipping, target, '--cacert', join(folder, 'ca', 'ca.pem'))).toBe(0);
    expect(skipping.errors()).not.toContain('refuses');
  });

  test('a server that cannot be verified is a 502 that says why', async () => {
    const target = await secureServer();
    const tap = await startTap('--proxy', '--tls', 'intercept', '-o', '/dev/null');
    expect(await curl(tap, target, '--fail', '--cacert', join(folder, 'ca', 'ca.pem'))).toBe(22);
  });
});

test('a client that opens a connection and says nothing is left alone', async () => {
  const tap = await startTap('--proxy', '-o', '/dev/null');
  const socket = connect(tap.port, '127.0.0.1');
  let closed = false;
  socket.once('close', () => (closed = true));
  await pause(500);
  expect(closed).toBe(false);
  socket.destroy();
});
