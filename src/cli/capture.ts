/**
 * `wirescope capture -i IFACE`: the packets of an interface, from dumpcap or tcpdump, whichever is there: they have the
 * rights, or can be given them, that reading an interface takes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { UsageError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { analyzeTo, defaultMaxBody } from './analyze.ts';
import { OutputError } from './destination.ts';
import type { LiveFormat } from './live-formats.ts';
import { TapOutputs } from './tap-outputs.ts';
import { runTapScreen, TapScreen } from './tap-screen.ts';
import { complain, stdoutTerminal } from './terminal.ts';

export interface CaptureOptions {
  readonly interface: string;
  readonly save?: string;
  readonly format?: LiveFormat;
  readonly output?: string;
  readonly export?: readonly string[];
  readonly filter?: string;
  readonly maxBody?: number;
  readonly keys?: readonly string[];
  readonly color?: boolean;
}

/** @param expression a capture filter, as tcpdump knows it */
export async function capture(expression: readonly string[], options: CaptureOptions): Promise<number> {
  const [program, args] = commandFor(options.interface, expression.join(' '));
  const terminal = stdoutTerminal(options.color);
  const onScreen = terminal.isTerminal && options.format === undefined && options.output === undefined;
  const screen = onScreen ? new TapScreen(options.interface) : undefined;
  const say = (line: string): void =>
    screen === undefined ? complain(`wirescope: ${printable(line)}`) : screen.say(line);
  const { maxBody = defaultMaxBody, filter, keys } = options;
  const outputs = new TapOutputs({ maxBody, filter, say });
  if (!onScreen) outputs.stream(options.format ?? 'jsonl', options.output);
  for (const path of options.export ?? []) outputs.file(path);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const problem = new Complaint(child);
  const stop = (): void => void child.kill('SIGINT');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  const stdin = saved(child.stdout, options.save, say);
  try {
    const read = analyzeTo('-', [...(screen?.sinks ?? []), ...outputs.sinks], {
      stdin,
      maxBody,
      ...(keys === undefined ? {} : { keys }),
    });
    if (screen !== undefined) {
      await Promise.race([runTapScreen(screen, options), read.catch(() => undefined)]);
      stop();
    }
    await read;
  } catch (error) {
    throw (await problem.explained(program, options.interface)) ?? error;
  } finally {
    for (const name of signals) process.off(name, stop);
    await outputs.finish();
    screen?.sayRest();
  }
  const dropped = await problem.dropped();
  if (dropped !== undefined) complain(`wirescope: ${dropped}`);
  return 0;
}

/**
 * The packets, which go into a file besides, where one was named. They are taken at once: what a program that has ended
 * leaves unread is thrown away.
 */
function saved(packets: Readable, path: string | undefined, say: (line: string) => void): Readable {
  const both = new PassThrough();
  if (path === undefined) return packets.pipe(both);
  const file = createWriteStream(path);
  file.on('error', (error) => say(`${path}: ${error.message}: nothing more is saved`));
  packets.on('data', (chunk: Buffer) => {
    if (!file.destroyed) file.write(chunk);
    if (!both.write(chunk)) packets.pause();
  });
  both.on('drain', () => packets.resume());
  packets.on('end', () => {
    file.end();
    both.end();
  });
  return both;
}

function commandFor(name: string, expression: string): [string, string[]] {
  if (onPath('dumpcap')) {
    const filter = expression === '' ? [] : ['-f', expression];
    return ['dumpcap', ['-q', '-i', name, ...filter, '-w', '-']];
  }
  if (onPath('tcpdump')) {
    const filter = expression === '' ? [] : [expression];
    return ['tcpdump', ['-n', '-U', '-s', '0', '-i', name, '-w', '-', ...filter]];
  }
  throw new UsageError('neither dumpcap nor tcpdump is here; install Wireshark or tcpdump');
}

function onPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** What the capturing program says on its way out. */
class Complaint {
  private text = '';
  private readonly ended: Promise<number | null>;

  constructor(child: ChildProcess) {
    child.stderr!.on('data', (data: Buffer) => (this.text = (this.text + data.toString('utf8')).slice(-8192)));
    this.ended = new Promise((resolve) => {
      child.once('close', resolve);
      child.once('error', (error) => {
        this.text += error.message;
        resolve(1);
      });
    });
  }

  /** Undefined where the program ended well. */
  async explained(program: string, name: string): Promise<Error | undefined> {
    if ((await this.ended) === 0) return undefined;
    const lines = this.text
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('Capturing on'));
    const lacksRights = /permission|not permitted|don't have/i.test(this.text);
    // Advice about rights that fits one system follows the first line.
    const said = lacksRights ? (lines[0] ?? '').replace(/[.;] *$/, '') : lines.join(' ');
    const rights = lacksRights
      ? `; give it the rights: sudo setcap cap_net_raw,cap_net_admin+eip $(which ${program}), or run as root`
      : '';
    return new OutputError(name, new Error(said.replace(/^(?!dumpcap:|tcpdump:)/, `${program}: `) + rights));
  }

  async dropped(): Promise<string | undefined> {
    await this.ended;
    const [, count] = /(\d+) packets dropped by kernel|dropped on [^:]*: \d+\/(\d+)/.exec(this.text) ?? [];
    return count === undefined || count === '0' ? undefined : `${count} packets were dropped before they were read`;
  }
}
