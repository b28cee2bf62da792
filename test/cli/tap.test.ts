/** `wirescope tap` and `wirescope run` as processes of their own, with real programs around them. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { encode as encodeCbor } from 'cborg';
import { WebSocket, WebSocketServer } from 'ws';
import type { RecordJson } from '../../src/timeline/trace-format.ts';
import { command, startWirescope, workFolder } from './wirescope.ts';

const folder = workFolder();
const children: ChildProcess[] = [];
let server: Server;
let port = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/plain');
    response.end(`you asked for ${request.url}\n`);
  });
  new WebSocketServer({ server }).on('connection', (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => (server.closeAllConnections(), void server.close()));
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly out: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
}

/** Resolves when it listens. */
async function startTap(...args: string[]): Promise<Running> {
  const child = startWirescope(['tap', '--listen', '0', ...args], folder);
  children.push(child);
  let out = '';
  let errors = '';
  child.stdout!.on('data', (data) => (out += String(data)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const place = await new Promise<number>((resolve, reject) => {
    child.stderr!.on('data', (data) => {
      errors += String(data);
      const [, found] = /listening on 127\.0\.0\.1:(\d+)/.exec(errors) ?? [];
      if (found !== undefined) resolve(Number(found));
    });
    void ended.then(() => reject(new Error(errors)));
  });
  return { child, port: place, out: () => out, errors: () => errors, ended };
}

const recordsOf = (text: string): RecordJson[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordJson);

test('records stream on stdout, exports and the saved session are whole after ^C', async () => {
  const running = await startTap('--to', `127.0.0.1:${port}`, '--save', 'live.pcapng', '--export', 'live.json');
  const response = await fetch(`http://127.0.0.1:${running.port}/first?x=1`, { headers: { connection: 'close' } });
  expect(await response.text()).toBe('you asked for /first?x=1\n');
  while (!running.out().includes('/first?x=1')) await new Promise((resolve) => setTimeout(resolve, 10));
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(0);
  const records = recordsOf(running.out());
  expect(records[0]).toMatchObject({ type: 'capture', source: { kind: 'tap' } });
  expect(records.at(-1)).toMatchObject({ type: 'summary', exchanges: 1 });
  expect(records.some((record) => record.type === 'exchange')).toBe(true);
  expect(existsSync(join(folder, 'live.json'))).toBe(true);
  expect(() => JSON.parse(readFileSync(join(folder, 'live.json'), 'utf8')) as unknown).not.toThrow();
  const listed = execFileSync(process.execPath, [command, 'list', 'live.pcapng'], { cwd: folder, encoding: 'utf8' });
  expect(listed).toContain('/first?x=1');
});

test('the very first message is read, whatever it is written in', async () => {
  const running = await startTap('--to', `127.0.0.1:${port}`);
  const socket = new WebSocket(`ws://127.0.0.1:${running.port}/`);
  await once(socket, 'open');
  socket.send(encodeCbor({ cmd: 'read', sensor: 'roof' }));
  await once(socket, 'message');
  socket.close();
  await once(socket, 'close');
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(0);
  const messages = recordsOf(running.out()).filter((record) => record.type === 'message' && record.kind === 'binary');
  expect(messages.map((record) => record.type === 'message' && record.lens)).toEqual(
    Array(2).fill({ name: 'CBOR', label: 'read', body: { cmd: 'read', sensor: 'roof' } }),
  );
});

test('a reader of stdout that leaves does not stop the traffic', async () => {
  const running = await startTap('--to', `127.0.0.1:${port}`);
  running.child.stdout!.destroy();
  for (let i = 0; i < 50; i++) expect((await fetch(`http://127.0.0.1:${running.port}/${i}`)).status).toBe(200);
  running.child.kill('SIGTERM');
  expect(await running.ended).toBe(0);
});

test.skipIf(!existsSync('/dev/full'))('a full disk under --save is told once; the traffic goes on', async () => {
  const running = await startTap('--to', `127.0.0.1:${port}`, '--save', '/dev/full');
  for (let i = 0; i < 20; i++) {
    expect((await fetch(`http://127.0.0.1:${running.port}/${i}`)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(0);
  expect(running.errors().match(/no space left/g)).toHaveLength(1);
});

test('mistakes are usage errors', async () => {
  await expect(startTap()).rejects.toThrow('expected --to');
  await expect(startTap('--to', 'nowhere')).rejects.toThrow('is no address');
  const running = await startTap('--to', `127.0.0.1:${port}`);
  await expect(startTap('--to', '1', '--listen', String(running.port))).rejects.toThrow('things to listen for');
});

test('attached terminals get the history and what comes after; without the token, nothing', async () => {
  const running = await startTap('--to', `127.0.0.1:${port}`, '--serve', '127.0.0.1:0');
  while (!running.errors().includes('ws://')) await new Promise((resolve) => setTimeout(resolve, 10));
  const [, url] = /attach '(ws:[^']+)'/.exec(running.errors()) ?? [];
  const ask = async (path: string) =>
    (await fetch(`http://127.0.0.1:${running.port}${path}`, { headers: { connection: 'close' } })).text();
  await ask('/before');
  const attached = startWirescope(['attach', url!], folder);
  const left = new Promise((resolve) => attached.once('close', resolve));
  children.push(attached);
  let records = '';
  attached.stdout!.on('data', (data) => (records += String(data)));
  while (!records.includes('/before')) await new Promise((resolve) => setTimeout(resolve, 10));
  await ask('/after');
  while (!records.includes('/after')) await new Promise((resolve) => setTimeout(resolve, 10));
  const refused = startWirescope(['attach', url!.replace(/token=..../, 'token=none')], folder);
  let complaint = '';
  refused.stderr!.on('data', (data) => (complaint += String(data)));
  expect(await new Promise((resolve) => refused.once('close', resolve))).toBe(1);
  expect(complaint).toContain('the token is wrong or missing');
  running.child.kill('SIGINT');
  expect(await running.ended).toBe(0);
  expect(await left).toBe(0);
  const exchanges = (text: string) => recordsOf(text).filter(({ type }) => type === 'exchange');
  expect(exchanges(records)).toEqual(exchanges(running.out()));
});

test('the port that serves watchers cannot be reached through the proxy', async () => {
  const running = await startTap('--proxy', '--serve', '127.0.0.1:0');
  while (!running.errors().includes('ws://')) await new Promise((resolve) => setTimeout(resolve, 10));
  const [, served] = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(running.errors()) ?? [];
  const socket = connect(running.port, '127.0.0.1');
  socket.write(`GET http://127.0.0.1:${served}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect(String(answer)).toMatch(/^HTTP\/1\.1 508 /);
  socket.destroy();
});

/** Whether packets of the loopback interface may be read here. */
function mayCapture(): boolean {
  try {
    execFileSync('tcpdump', ['-D'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describe.skipIf(!mayCapture())('capture', () => {
  test('the packets of an interface become records, and a file', async () => {
    const args = ['capture', '-i', 'lo', '--format', 'jsonl', '--save', 'lo.pcapng', 'port', String(port)];
    const child = startWirescope(args, folder);
    children.push(child);
    let out = '';
    let errors = '';
    child.stdout!.on('data', (data) => (out += String(data)));
    child.stderr!.on('data', (data) => (errors += String(data)));
    const ended = new Promise((resolve) => child.once('close', resolve));
    // Nobody says when the capture has begun: it is asked for until it has.
    for (let i = 0; i < 100 && !out.includes('/captured'); i++) {
      await fetch(`http://127.0.0.1:${port}/captured`, { headers: { connection: 'close' } });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(errors).toBe('');
    expect(recordsOf(out).some((record) => record.type === 'exchange')).toBe(true);
    expect(readFileSync(join(folder, 'lo.pcapng')).length).toBeGreaterThan(500);
  });

  /** Where only these programs are on the path. */
  function only(...programs: string[]): string {
    const path = mkdtempSync(join(tmpdir(), 'wirescope-path-'));
    afterAll(() => rmSync(path, { recursive: true, force: true }));
    chmodSync(path, 0o755);
    for (const name of programs) {
      const found = execFileSync('which', [name], { encoding: 'utf8' }).trim();
      symlinkSync(found, join(path, name));
    }
    return path;
  }

  /** Resolves when it has ended. */
  async function capture(
    path: string | undefined,
    ...args: string[]
  ): Promise<{ status: number | null; errors: string }> {
    const env = { ...process.env, ...(path === undefined ? {} : { PATH: path }) };
    const child = spawn(process.execPath, [command, 'capture', ...args], { cwd: folder, env });
    children.push(child);
    let errors = '';
    child.stdout.resume();
    child.stderr.on('data', (data) => (errors += String(data)));
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, errors };
  }

  test('tcpdump, where there is no dumpcap', async () => {
    const env = { ...process.env, PATH: only('tcpdump') };
    const args = [command, 'capture', '-i', 'lo', '--format', 'list', 'tcp', 'port', String(port)];
    const child = spawn(process.execPath, args, { cwd: folder, env });
    children.push(child);
    let out = '';
    child.stdout.on('data', (data) => (out += String(data)));
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let i = 0; i < 100 && !out.includes('/by-tcpdump'); i++) {
      await fetch(`http://127.0.0.1:${port}/by-tcpdump`, { headers: { connection: 'close' } });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(out).toContain(`http://127.0.0.1:${port}/by-tcpdump`);
  });

  test('a filter that is none', async () => {
    const { status, errors } = await capture(only('tcpdump', 'env'), '-i', 'lo', 'port', 'nonsense at all');
    expect(status).toBe(1);
    expect(errors).toMatch(/^wirescope: lo: tcpdump: .*\n$/);
  });

  test('neither program', async () => {
    const { status, errors } = await capture('/nowhere', '-i', 'lo');
    expect(status).toBe(2);
    expect(errors).toContain('neither dumpcap nor tcpdump is here');
  });

  // Whoever lacks rights may lack those to this folder, too.
  const nobodyMay = has('setpriv') && readableByAll(command);

  test.skipIf(!nobodyMay).each(['tcpdump', 'dumpcap'].filter(has))(
    '%s without the rights: how to get them',
    async (name) => {
      const env = { ...process.env, PATH: only(name) };
      const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      const setpriv = execFileSync('which', ['setpriv'], { encoding: 'utf8' }).trim();
      const child = spawn(setpriv, [...nobody, command, 'capture', '-i', 'lo'], { cwd: '/', env });
      let errors = '';
      child.stderr.on('data', (data) => (errors += String(data)));
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
      expect(errors).toMatch(/^wirescope: lo: .*permission.*; give it the rights: sudo setcap [^\n]*\n$/);
      expect(errors.length).toBeLessThan(300);
    },
  );

  test('an interface that is not there', async () => {
    const child = startWirescope(['capture', '-i', 'nosuch0'], folder);
    let errors = '';
    child.stderr!.on('data', (data) => (errors += String(data)));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(errors).toMatch(/^wirescope: nosuch0: .*nosuch0/);
  });
});

function has(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function readableByAll(path: string): boolean {
  for (let at = path; at !== dirname(at); at = dirname(at)) if ((statSync(at).mode & 0o005) === 0) return false;
  return true;
}

describe('run', () => {
  interface Ran {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
    readonly records: RecordJson[];
  }

  /** In another process than the server, which has to go on answering. */
  async function run(...args: string[]): Promise<Ran> {
    const child = spawn(process.execPath, [command, 'run', '-o', 'run.jsonl', '--', ...args], { cwd: folder });
    children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += String(data)));
    child.stderr.on('data', (data) => (stderr += String(data)));
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, stdout, stderr, records: recordsOf(readFileSync(join(folder, 'run.jsonl'), 'utf8')) };
  }

  test.skipIf(!has('curl'))('curl goes through the tap, and its exit status is passed on', async () => {
    const ran = await run('curl', '-sS', `http://127.0.0.1:${port}/by-curl`);
    expect(ran).toMatchObject({ status: 0, stdout: 'you asked for /by-curl\n' });
    expect(ran.records.filter(({ type }) => type === 'exchange')).toMatchObject([{ response: { status: 200 } }]);
    expect((await run('sh', '-c', 'exit 37')).status).toBe(37);
    expect((await run('no-such-program')).status).toBe(127);
  });

  test('a Node program goes through the tap with fetch, http and WebSocket', async () => {
    const program = join(folder, 'program.mjs');
    const ws = new URL('../../node_modules/ws/wrapper.mjs', import.meta.url).href;
    writeFileSync(
      program,
      `import http from 'node:http';
       import { WebSocket } from '${ws}';
       const base = '127.0.0.1:${port}';
       console.log(await (await fetch('http://' + base + '/by-fetch')).text());
       await new Promise((resolve) => http.get('http://localhost:${port}/by-http', (r) => r.resume().on('end', resolve)));
       const socket = new WebSocket('ws://' + base + '/');
       await new Promise((resolve) => socket.once('open', resolve));
       socket.send('over the wire');
       await new Promise((resolve) => socket.once('message', resolve));
       socket.close();
       await new Promise((resolve) => socket.once('close', resolve));
       process.exit(5);`,
    );
    const ran = await run(process.execPath, program);
    expect(ran.stderr).toContain('exchanges');
    expect(ran.status).toBe(5);
    const targets = ran.records.flatMap((record) => (record.type === 'exchange' ? [record.request?.target] : []));
    expect(targets).toEqual(['/by-fetch', '/by-http', '/']);
    expect(ran.records.filter((record) => record.type === 'message' && record.text === 'over the wire')).toHaveLength(
      2,
    );
  });
});
