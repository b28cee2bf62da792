/**
 * `wirescope run -- COMMAND`: starts a program whose traffic goes through a tap, by what programs heed of their
 * environment; a Node program gets a hook besides, since Node heeds none of it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { prepareLenses } from '../insight/lenses/lenses.ts';
import { proxy } from '../source/tap/proxy.ts';
import { Tap } from '../source/tap/tap.ts';
import { counted } from '../insight/units.ts';
import { defaultMaxBody } from './analyze.ts';
import { systemProblem } from './system-problem.ts';
import { defaultMaxConnections, interception, listenAll, type TapOptions } from './tap.ts';
import { TapOutputs } from './tap-outputs.ts';
import { TapSession } from './tap-session.ts';
import { complain } from './terminal.ts';

export type RunOptions = Pick<
  TapOptions,
  | 'save'
  | 'ring'
  | 'format'
  | 'output'
  | 'export'
  | 'filter'
  | 'maxBody'
  | 'keys'
  | 'color'
  | 'tls'
  | 'insecure'
  | 'tlsSkip'
>;

const notFound = 127;
const notExecutable = 126;

/** @returns the program's exit status; 128 and the signal's number where one ended it, as shells have it */
export async function run(command: readonly string[], options: RunOptions): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new UsageError('expected a command: wirescope run -- curl http://localhost:3000/');
  if (options.format !== undefined && options.output === undefined)
    throw new UsageError(`--format ${options.format}: standard output is the command's; say where with -o FILE`);
  const say = (line: string): void => complain(`wirescope: ${printable(line)}`);
  const { maxBody = defaultMaxBody, filter, save, ring, keys } = options;
  const outputs = new TapOutputs({ maxBody, filter, say });
  if (options.output !== undefined) outputs.stream(options.format ?? 'jsonl', options.output);
  for (const path of options.export ?? []) outputs.file(path);
  const folder = mkdtempSync(join(tmpdir(), 'wirescope-run-'));
  const keyLog = process.env.SSLKEYLOGFILE || join(folder, 'keys.log');
  const logs = [...(keys ?? []), keyLog];
  const named = options.tls === 'intercept';
  // Loaded before the first message, which may be of any kind.
  if (maxBody !== 0) await prepareLenses();
  const session = new TapSession({ name: program, sinks: outputs.sinks, maxBody, save, ring, named, keys: logs, say });
  const { clock, tapped } = session;
  const tls = options.tls === 'intercept' ? await interception(options, session, say) : undefined;
  const tap = new Tap({ clock, tapped, maxConnections: defaultMaxConnections, tls, owners: session.owners, say });
  const listener = { endpoint: { host: '127.0.0.1', port: 0 }, mode: proxy(), purpose: program };
  const [place] = await listenAll(tap, [listener], () => undefined);
  const port = place !== undefined && 'port' in place ? place.port : 0;
  const trust = tls === undefined ? {} : await trustEnvironment();
  const env = { ...proxyEnvironment(port, process.env), SSLKEYLOGFILE: keyLog, ...trust };
  const status = await finished(program, args, env, say);
  await tap.stop(200);
  await session.finish();
  await outputs.finish();
  rmSync(folder, { recursive: true, force: true });
  const { connections, exchanges, messages } = session.recorder.totals;
  const parts = [counted(connections, 'connection'), counted(exchanges, 'exchange'), counted(messages, 'message')];
  say(parts.join(', '));
  return status;
}

/** What a program is told so that it goes through a proxy on this port. */
export function proxyEnvironment(port: number, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const url = `http://127.0.0.1:${port}`;
  const told: NodeJS.ProcessEnv = { ...env };
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'WS_PROXY', 'WSS_PROXY', 'ALL_PROXY']) {
    told[name] = url;
    told[name.toLowerCase()] = url;
  }
  // What is asked of this machine is what one wants to see most.
  told.NO_PROXY = told.no_proxy = '';
  const hook = fileURLToPath(new URL('../source/tap/node-hook.js', import.meta.url));
  told.NODE_OPTIONS = `${env.NODE_OPTIONS ?? ''} --import=${new URL(`file://${hook}`).href}`.trim();
  told.WIRESCOPE_TAP = String(port);
  return told;
}

/** What a program is told so that it believes the tap's certificates. */
async function trustEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { authorityFolder, certificatePath, writeBundle } = await import('../source/tap/authority.ts');
  const folder = authorityFolder();
  const bundle = writeBundle(folder);
  return {
    NODE_EXTRA_CA_CERTS: certificatePath(folder),
    SSL_CERT_FILE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    CURL_CA_BUNDLE: bundle,
  };
}

/** Signals meant for the program reach it: ^C goes to both, and this one waits. */
async function finished(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const wait = (): void => undefined;
  process.on('SIGINT', wait);
  process.on('SIGTERM', passOn);
  process.on('SIGHUP', passOn);
  try {
    return await exitStatus(child);
  } catch (error) {
    say(`${program}: ${systemProblem(error)}`);
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? notFound : notExecutable;
  } finally {
    process.off('SIGINT', wait);
    process.off('SIGTERM', passOn);
    process.off('SIGHUP', passOn);
  }
}

function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal!] ?? 0)));
  });
}
