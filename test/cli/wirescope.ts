/** Runs the built command as a user does: a process of its own, in a folder of its own. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { concat, Conversation, pcap } from '../support/captures.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const command = join(root, 'bin', 'wirescope.js');
export const demo = join(root, 'captures', 'demo.pcapng');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

buildWhereStale();

/** What `npm test` has done before; a single test file run by hand may find an old build. */
function buildWhereStale(): void {
  const built = statSync(join(root, 'dist', 'cli', 'main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((name) => statSync(join(root, 'src', name)).mtimeMs));
  if (newest > built) execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}

/** A folder that is gone after the tests of the file. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirescope-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** The environment without what would colour or narrow output. */
function environment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _f, NO_COLOR: _n, COLUMNS: _c, ...rest } = process.env;
  return { ...rest, ...env };
}

export function wirescope(args: readonly string[], options: RunOptions = {}): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    cwd: options.cwd,
    input: options.input ?? '',
    env: environment(options.env),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

/** Starts it, for tests that go on talking to it. */
export function startWirescope(args: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [command, ...args], { cwd, env: environment(), stdio: 'pipe' });
}

/** In a shell, with `$W` for the command. */
export function shell(line: string, cwd: string): Outcome {
  const env = environment({ W: `${process.execPath} ${command}` });
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, env, encoding: 'utf8', timeout: 20_000 });
  return { status, stdout, stderr };
}

/** A capture of `count` exchanges on one connection; every third is answered with 404. */
export function exchangesCapture(count: number): Uint8Array {
  const talk = new Conversation().open();
  for (let i = 0; i < count; i++) {
    const status = i % 3 === 2 ? '404 Not Found' : '200 OK';
    talk.client(`GET /item/${i}?q=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n`);
    talk.server(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`);
  }
  return pcap({ packets: talk.close().packets });
}

/** What a hostile peer would like a terminal to obey. */
export function hostileCapture(): Uint8Array {
  const talk = new Conversation()
    .open()
    .client('GET /\x1b]0;owned\x07 HTTP/1.1\r\nHost: \x9b2Jhost\r\n\r\n')
    .server('HTTP/1.1 200 \x1b[31mOK\r\nContent-Type: text/\x1b[2J\r\nContent-Length: 0\r\n\r\n');
  return pcap({ packets: talk.packets });
}

export function writeCapture(folder: string, name: string, ...parts: Uint8Array[]): string {
  writeFileSync(join(folder, name), concat(...parts));
  return name;
}
