/** `wirescope FILE` on a terminal: the dashboard, filled while the capture is read. */
import { existsSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { ReadStream } from 'node:tty';
import { UsageError } from '../core/errors.ts';
import { App } from '../dashboard/app.ts';
import type { Reading } from '../dashboard/world.ts';
import { compileFilter, filteredSink } from '../filter/filter.ts';
import { counted } from '../insight/units.ts';
import type { DetailSource } from '../timeline/details.ts';
import { KeptDetails } from '../timeline/kept-details.ts';
import type { ExchangeRecord, RecordSink } from '../timeline/records.ts';
import { liveBounds, Timeline } from '../timeline/timeline.ts';
import { analyzeTo, defaultMaxBody } from './analyze.ts';
import { ExitStatus, failureOf } from './failure.ts';
import { keptSource } from './kept-source.ts';
import { PipeSpool } from './pipe-spool.ts';
import type { ReadingOptions } from './reading.ts';
import { version } from './version.ts';

/** Opens the dashboard on a capture; resolves to the exit status when the person leaves it. */
export async function runDashboard(path: string, options: ReadingOptions): Promise<ExitStatus> {
  if (options.filter !== undefined) compileFilter(options.filter);
  const live = path === '-' || options.follow === true;
  const timeline = new Timeline(live ? liveBounds : undefined);
  const pipe = path === '-' ? new Pipe() : undefined;
  /** What can be read again. */
  const file = pipe?.spool.path ?? path;
  const reading: Reading = { name: path, live, bytes: 0, size: undefined, done: false, rate: 0, failure: undefined, again: undefined };
  const stop = new AbortController();
  const { keys, reader, maxBody } = options;
  const shared = {
    ...(keys === undefined ? {} : { keys }),
    ...(reader === undefined ? {} : { reader }),
    ...(maxBody === undefined ? {} : { maxBody }),
  };
  const input = keyboard(path);
  const app = new App({
    input,
    output: process.stdout,
    timeline,
    details: pipe === undefined ? replayed(file, shared) : pipe.details(keptSource(pipe.kept, timeline, maxBody ?? defaultMaxBody), replayed(file, shared)),
    reading,
    environment: process.env,
    colour: options.color,
    filter: options.filter,
    again: (sink, signal) => readAgain(file, shared, sink, signal),
    leaving: () => pipe?.spool.remove(),
    exportTo: async (to, expression) => (await exportTo(file, shared, to, expression)) + (pipe?.caveat ?? ''),
  });
  const sinks: RecordSink[] = [timeline, { ...ignoring, exchange: (record) => app.heard(record) }];
  if (pipe !== undefined) sinks.push(pipe.kept);
  let fatal: unknown;
  const pace = new Pace(reading, (soon) => app.changed(soon));
  const done = analyzeTo(path, sinks, {
    ...shared,
    // Heads and bodies of a file are read again when somebody looks at them.
    maxBody: pipe === undefined ? previewBytes : (maxBody ?? defaultMaxBody),
    ...(pipe === undefined ? {} : { stdin: process.stdin.pipe(pipe.spool) }),
    ...(options.follow === undefined ? {} : { follow: options.follow }),
    signal: stop.signal,
    progress: (bytes, size) => pace.progress(bytes, size),
    betweenBlocks: () => (stop.signal.aborted ? Promise.reject(new Left()) : pace.breathe()),
  }).then(
    () => {
      reading.done = true;
      app.changed(true);
    },
    (error: unknown) => {
      reading.done = true;
      if (error instanceof Left) return;
      // Nothing can be shown of what is no capture.
      if (timeline.facts === undefined) {
        fatal = error;
        return app.end();
      }
      reading.failure = failureOf(error).line ?? 'the capture could not be read';
      app.changed(true);
    },
  );
  await app.run();
  stop.abort();
  if (pipe === undefined) await done;
  if (fatal !== undefined) throw fatal;
  if (input !== process.stdin) input.destroy();
  return reading.failure === undefined ? ExitStatus.done : ExitStatus.failed;
} // prettier-ignore

/** A capture that comes through standard input: its file is as long as the bound lets it be, the latest is kept beside it. */
class Pipe {
  readonly kept: KeptDetails = new KeptDetails();
  readonly spool: PipeSpool = new PipeSpool();

  /** What an export leaves out, in words. */
  get caveat(): string {
    return this.spool.full ? ': what came first, a pipe is kept up to 1 GB' : '';
  }

  details(kept: DetailSource, again: DetailSource): DetailSource {
    return {
      exchange: async (...asked) => (await kept.exchange(...asked)) ?? again.exchange(...asked),
      message: async (...asked) => (await kept.message(...asked)) ?? again.message(...asked),
      packets: (...asked) => again.packets(...asked),
      json: async (...asked) => (await kept.json(...asked)) ?? again.json(...asked),
      conversation: (...asked) => again.conversation(...asked),
    };
  }
}

/** Payload that lists show; of content they show none. */
const previewBytes = 256;

/** The person has left. */
class Left extends Error {}

const ignoring: RecordSink = {
  capture() {},
  connection() {},
  exchange() {},
  upgrade() {},
  frame() {},
  message() {},
  diagnostic() {},
  summary() {},
};

/** Where keys come from: the terminal itself where the capture comes from standard input. */
function keyboard(path: string): ReadStream {
  if (path !== '-') return process.stdin;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    throw new UsageError('there is no terminal to read keys from; wirescope summary - needs none');
  }
}

/** Details of a file, by reading it again; what that takes is loaded when somebody first looks at some. */
function replayed(path: string, shared: Shared): DetailSource {
  let loading: Promise<DetailSource> | undefined;
  const replay = (): Promise<DetailSource> =>
    (loading ??= import('./replay.ts').then(({ Replay }) => new Replay(path, shared)));
  return {
    exchange: async (...asked) => (await replay()).exchange(...asked),
    message: async (...asked) => (await replay()).message(...asked),
    packets: async (...asked) => (await replay()).packets(...asked),
    json: async (...asked) => (await replay()).json(...asked),
    conversation: async (...asked) => (await replay()).conversation(...asked),
  };
}

/** Lets keys and frames in between blocks, and knows how fast it goes. */
class Pace {
  private readonly reading: Reading;
  private readonly changed: (soon: boolean) => void;
  private since = performance.now();
  private bytesThen = 0;
  private begun = false;

  constructor(reading: Reading, changed: (soon: boolean) => void) {
    this.reading = reading;
    this.changed = changed;
  }

  progress(bytes: number, size: number | undefined): void {
    const { reading } = this;
    reading.bytes = bytes;
    reading.size = size;
    const now = performance.now();
    if (now - this.since >= 500) {
      reading.rate = ((bytes - this.bytesThen) / (now - this.since)) * 1000;
      this.since = now;
      this.bytesThen = bytes;
    }
    // What came first is shown at once, the rest when it is time.
    this.changed(!this.begun);
    this.begun = true;
  }

  breathe(): Promise<void> {
    return new Promise((resolve) => void setImmediate(resolve));
  }
}

type Shared = Pick<ReadingOptions, 'keys' | 'reader' | 'maxBody'>;

async function readAgain(
  path: string,
  { maxBody, ...shared }: Shared,
  sink: { exchange(record: ExchangeRecord): void },
  signal: AbortSignal,
): Promise<void> {
  await analyzeTo(path, [{ ...ignoring, exchange: (record) => sink.exchange(record) }], {
    ...(shared.keys === undefined ? {} : { keys: shared.keys }),
    ...(shared.reader === undefined ? {} : { reader: shared.reader }),
    maxBody: maxBody ?? defaultMaxBody,
    betweenBlocks: () =>
      signal.aborted ? Promise.reject(new Left()) : new Promise((resolve) => void setImmediate(resolve)),
  });
}

/** Writes the records that an expression selects (all, where it is empty) to a file that is not there yet. */
async function exportTo(path: string, shared: Shared, to: string, expression: string): Promise<string> {
  const { exportFormats } = await import('../export/exporters.ts');
  const { openOutput } = await import('./output-file.ts');
  if (existsSync(to)) throw new UsageError(`${to} is there already; :export takes another name`);
  const extension = extname(to).slice(1).toLowerCase();
  const format = exportFormats[Object.hasOwn(exportFormats, extension) ? extension : 'jsonl']!;
  const file = openOutput(to, path);
  const bound = shared.maxBody ?? defaultMaxBody;
  const exporter = format.create(file.output, { version, maxBody: bound });
  try {
    let records = 0;
    const count = (): void => void records++;
    const counting: RecordSink = { ...ignoring, exchange: count, upgrade: count, message: count, frame: count };
    const both: RecordSink = {
      capture: (facts) => exporter.capture(facts),
      connection: (record) => exporter.connection(record),
      exchange: (record) => (exporter.exchange(record), counting.exchange(record)),
      upgrade: (record) => (exporter.upgrade(record), counting.upgrade(record)),
      frame: (record) => (exporter.frame(record), counting.frame(record)),
      message: (record) => (exporter.message(record), counting.message(record)),
      diagnostic: (record) => exporter.diagnostic(record),
      summary: (record) => exporter.summary(record),
    };
    const sink = expression === '' ? both : filteredSink(compileFilter(expression), both);
    await analyzeTo(path, [sink], {
      ...shared,
      maxBody: bound,
      betweenBlocks: () => {
        exporter.flush();
        return new Promise((resolve) => void setImmediate(resolve));
      },
    });
    exporter.flush();
    file.keep();
    return `${counted(records, 'record')} written to ${to}`;
  } catch (error) {
    file.discard();
    throw error;
  } finally {
    exporter.close?.();
  }
}
