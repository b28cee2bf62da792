/** `wirescope tap`: a local proxy whose traffic is shown, recorded and saved while it passes. */
import { UsageError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { prepareLenses } from '../insight/lenses/lenses.ts';
import { endpointName, isLoopback, parseEndpoint, type Endpoint } from '../source/tap/endpoint.ts';
import type { InterceptOptions } from '../source/tap/intercept.ts';
import { proxy } from '../source/tap/proxy.ts';
import { reverse } from '../source/tap/reverse.ts';
import { Tap, type Mode } from '../source/tap/tap.ts';
import { TlsClients } from '../source/tap/tls-clients.ts';
import { defaultMaxBody } from './analyze.ts';
import { serve } from './serve.ts';
import { systemProblem } from './system-problem.ts';
import type { LiveFormat } from './live-formats.ts';
import { TapOutputs } from './tap-outputs.ts';
import { runTapScreen, TapScreen } from './tap-screen.ts';
import { TapSession } from './tap-session.ts';
import { complain, stdoutTerminal } from './terminal.ts';

export interface TapOptions {
  readonly to?: readonly string[];
  readonly listen?: readonly string[];
  readonly proxy?: boolean;
  readonly save?: string;
  readonly ring?: number;
  readonly format?: LiveFormat;
  readonly output?: string;
  readonly export?: readonly string[];
  readonly filter?: string;
  readonly maxBody?: number;
  readonly keys?: readonly string[];
  readonly tls?: 'pass' | 'intercept';
  readonly insecure?: boolean;
  readonly tlsSkip?: readonly string[];
  readonly serve?: string;
  readonly maxConnections?: number;
  readonly idleTimeout?: number;
  readonly color?: boolean;
}

/** Where one listener listens, and what becomes of its connections. */
export interface Listener {
  readonly endpoint: Endpoint;
  readonly mode: Mode;
  /** What it is for, in words. */
  readonly purpose: string;
}

export const defaultMaxConnections = 10_000;
const firstPort = 8080;
/** How long open connections may take to finish after the first ^C. */
const graceMs = 2000;

export async function tap(options: TapOptions): Promise<number> {
  const listeners = listenersOf(options);
  const terminal = stdoutTerminal(options.color);
  const onScreen = terminal.isTerminal && options.format === undefined && options.output === undefined;
  const name = listeners.map(({ purpose }) => purpose).join(', ');
  const screen = onScreen ? new TapScreen(name) : undefined;
  const say = (line: string): void =>
    screen === undefined ? complain(`wirescope: ${printable(line)}`) : screen.say(line);
  const { maxBody = defaultMaxBody, filter } = options;
  const outputs = new TapOutputs({ maxBody, filter, say });
  if (!onScreen) outputs.stream(options.format ?? 'jsonl', options.output);
  for (const path of options.export ?? []) outputs.file(path);
  const sinks = [...(screen?.sinks ?? []), ...outputs.sinks];
  const { save, ring, keys } = options;
  const watched = options.serve !== undefined;
  const named = options.tls === 'intercept';
  // Loaded before the first message, which may be of any kind.
  if (maxBody !== 0) await prepareLenses();
  const session = new TapSession({ name, sinks, maxBody, save, ring, keys, watched, named, say });
  const running = new Tap({
    clock: session.clock,
    tapped: session.tapped,
    maxConnections: options.maxConnections ?? defaultMaxConnections,
    tls: options.tls === 'intercept' ? await interception(options, session, say) : undefined,
    owners: session.owners,
    idleTimeoutMs: (options.idleTimeout ?? 0) * 1000,
    isAtRest: (slot) => session.recorder.isAtRest(slot),
    say,
  });
  await listenAll(running, listeners, say);
  const { feed } = session;
  const serving =
    options.serve === undefined || feed === undefined
      ? undefined
      : await serve(parseEndpoint(options.serve), feed, say);
  if (serving !== undefined) running.ownPorts.add(serving.port);
  if (screen === undefined) await interrupted(async (second) => running.stop(graceMs, second));
  else {
    await runTapScreen(screen, options);
    await running.stop(0);
  }
  await session.finish();
  await serving?.close();
  await outputs.finish();
  screen?.sayRest();
  return 0;
}

/** What TLS interception needs; the authority is created where there is none. */
export async function interception(
  options: Pick<TapOptions, 'insecure' | 'tlsSkip'>,
  session: TapSession,
  say: (line: string) => void,
): Promise<InterceptOptions> {
  const { Authority, authorityFolder } = await import('../source/tap/authority.ts');
  return {
    authority: await Authority.open(authorityFolder()),
    insecure: options.insecure ?? false,
    skip: options.tlsSkip ?? [],
    keys: (line) => session.addKeys(line),
    secrets: session.secrets,
    clients: new TlsClients(say),
  };
}

/** @returns where each listens */
export async function listenAll(
  tap: Tap,
  listeners: readonly Listener[],
  say: (line: string) => void,
): Promise<Endpoint[]> {
  const places: Endpoint[] = [];
  for (const { endpoint, mode, purpose } of listeners) {
    try {
      places.push(await tap.listen(endpoint, mode));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'something else listens there already' : systemProblem(error);
      throw new UsageError(`--listen ${endpointName(endpoint)}: ${why}`);
    }
    const place = endpointName(places.at(-1)!);
    say(`listening on ${place}: ${purpose}`);
    if (!isLoopback(endpoint)) say(`${place} can be reached from other machines`);
  }
  return places;
}

/** Waits for ^C or TERM, then for what is to be done; the signal aborts at the second. */
export async function interrupted(stop: (second: AbortSignal) => Promise<void>): Promise<void> {
  const second = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let hear: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    hear = resolve;
  });
  const onSignal = (): void => {
    hear();
    hear = () => second.abort();
  };
  for (const name of signals) process.on(name, onSignal);
  await first;
  await stop(second.signal);
  for (const name of signals) process.off(name, onSignal);
}

function listenersOf({ to = [], listen = [], proxy: proxying = false }: TapOptions): Listener[] {
  const count = to.length + (proxying ? 1 : 0);
  if (count === 0) throw new UsageError('expected --to HOST:PORT (what to stand in front of) or --proxy');
  if (listen.length > count)
    throw new UsageError(`--listen was given ${listen.length} times; there are ${count} things to listen for`);
  const place = (i: number): Endpoint =>
    listen[i] === undefined ? { host: '127.0.0.1', port: firstPort + i } : parseEndpoint(listen[i]);
  const listeners = to.map((text, i): Listener => {
    const target = parseEndpoint(text, 'localhost');
    return { endpoint: place(i), mode: reverse(target), purpose: `to ${endpointName(target)}` };
  });
  if (proxying) listeners.push({ endpoint: place(to.length), mode: proxy(), purpose: 'HTTP and SOCKS5 proxy' });
  return listeners;
}
