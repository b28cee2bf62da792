/** `wirescope attach URL`: watches a tap that runs elsewhere: the dashboard on a terminal, records on stdout otherwise. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { CaptureError, UsageError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import { bytesText } from '../insight/units.ts';
import { analyzeTo, defaultMaxBody } from './analyze.ts';
import { runDashboard } from './dashboard.ts';
import type { LiveFormat } from './live-formats.ts';
import { TapOutputs } from './tap-outputs.ts';
import { complain, stdoutTerminal } from './terminal.ts';

export interface AttachOptions {
  readonly format?: LiveFormat;
  readonly output?: string;
  readonly filter?: string;
  readonly maxBody?: number;
  readonly color?: boolean;
}

export async function attach(url: string, options: AttachOptions): Promise<number> {
  if (!/^wss?:\/\//.test(url)) throw new UsageError(`"${url}" is no ws:// URL; the tap prints it when it is started`);
  const folder = mkdtempSync(join(tmpdir(), 'wirescope-attach-'));
  const path = join(folder, 'tap.pcapng');
  const watched = new Watched(url, path);
  try {
    await watched.begun;
    const { isTerminal } = stdoutTerminal(options.color);
    if (isTerminal && options.format === undefined && options.output === undefined)
      return await runDashboard(path, { ...options, follow: true });
    await stream(path, options, watched);
    return 0;
  } finally {
    watched.leave();
    rmSync(folder, { recursive: true, force: true });
    if (watched.forgotten > 0) complain(`wirescope: the tap no longer had the first ${bytesText(watched.forgotten)}`);
    if (watched.skipped > 0) complain(`wirescope: too slow for the tap: ${bytesText(watched.skipped)} were left out`);
  }
}

async function stream(path: string, options: AttachOptions, watched: Watched): Promise<void> {
  const { maxBody = defaultMaxBody, filter } = options;
  const outputs = new TapOutputs({ maxBody, filter, say: (line) => complain(`wirescope: ${printable(line)}`) });
  outputs.stream(options.format ?? 'jsonl', options.output);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  void watched.ended.then(end);
  await analyzeTo(path, outputs.sinks, { follow: true, maxBody, signal: stop.signal });
  await outputs.finish();
}

/** What comes from the tap, in a file of its own that can be followed and looked up in. */
class Watched {
  skipped = 0;
  forgotten = 0;
  /** The first blocks have arrived. */
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  private readonly socket: WebSocket;

  constructor(url: string, path: string) {
    const fd = openSync(path, 'w', 0o600);
    this.socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 0 });
    this.begun = new Promise((resolve, reject) => {
      this.socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) writeWhole(fd, data);
        else this.told(JSON.parse(data.toString('utf8')) as { skipped?: number; forgotten?: number });
        resolve();
      });
      this.socket.on('error', (error) => {
        const why = error.message.includes('401') ? 'the token is wrong or missing' : error.message;
        reject(new CaptureError(`${url.replace(/token=.*/, 'token=...')}: ${why}`));
      });
    });
    this.ended = new Promise((resolve) => {
      this.socket.on('close', () => {
        closeSync(fd);
        resolve();
      });
    });
  }

  private told({ skipped = 0, forgotten = 0 }: { skipped?: number; forgotten?: number }): void {
    this.skipped += skipped;
    this.forgotten += forgotten;
  }

  leave(): void {
    this.socket.terminate();
  }
}

function writeWhole(fd: number, data: Buffer): void {
  for (let at = 0; at < data.length;) at += writeSync(fd, data, at);
}
