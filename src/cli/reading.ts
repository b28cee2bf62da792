/** What all commands that read a capture have in common: their options, and the reading itself. */
import { writeSync } from 'node:fs';
import { UsageError } from '../core/errors.ts';
import type { Filter } from '../filter/filter.ts';
import type { Doctor } from '../insight/doctor/doctor.ts';
import type { RecordSink } from '../timeline/records.ts';
import { printable } from '../core/printable.ts';
import { analyzeTo, type AnalyzeOptions } from './analyze.ts';
import { Notices } from './notices.ts';
import { ProgressBar } from './progress-bar.ts';
import { complain, stderrIsTerminal } from './terminal.ts';

export interface ReadingOptions {
  readonly filter?: string;
  readonly reader?: 'wirescope' | 'pcap-parser';
  readonly follow?: boolean;
  readonly maxBody?: number;
  readonly keys?: readonly string[];
  readonly color?: boolean;
  /** False where the doctor is not wanted. */
  readonly doctor?: boolean;
}

export interface Reading {
  /** Bytes of bodies and payloads that are wanted, where the command line does not say. */
  readonly maxBody?: number;
  /** The command looks into content itself, as a filter may. */
  readonly readsBody?: boolean;
  /** Called between blocks of input. */
  readonly between?: () => void;
  /** The doctor whose own figures the command shows, too. */
  readonly doctor?: Doctor;
  /** No progress bar: the command writes to the same terminal meanwhile. */
  readonly quiet?: boolean;
}

/** Reads a capture into a sink, through the filter where there is one. */
export async function readCapture(
  path: string,
  sink: RecordSink,
  options: ReadingOptions,
  reading: Reading = {},
): Promise<void> {
  if (path === '') throw new UsageError('the name of the capture is empty; expected a file or - for standard input');
  const { reader, follow, keys } = options;
  const language = options.filter === undefined ? undefined : await import('../filter/filter.ts');
  const filter = language?.compileFilter(options.filter!);
  const filtered = filter === undefined ? sink : language!.filteredSink(filter, sink);
  const maxBody = bodyBound(options, reading, filter);
  const notices = new Notices(printable(path), (line) => complain(`wirescope: ${line}`));
  const bar = stderrIsTerminal() && !follow && !reading.quiet ? progressBar() : undefined;
  const interrupt = follow || path === '-' ? interruption() : undefined;
  const analyzeOptions: AnalyzeOptions = {
    ...(reader === undefined ? {} : { reader }),
    ...(follow === undefined ? {} : { follow }),
    ...(maxBody === undefined ? {} : { maxBody }),
    ...(keys === undefined ? {} : { keys }),
    ...(interrupt === undefined ? {} : { signal: interrupt.signal }),
    ...(options.doctor === false ? { doctor: false } : reading.doctor === undefined ? {} : { doctor: reading.doctor }),
    ...(reading.between === undefined ? {} : { betweenBlocks: reading.between, afterKeys: reading.between }),
    progress: (bytes, size) => bar?.update(bytes, size),
  };
  try {
    await analyzeTo(path, [filtered, notices], analyzeOptions);
  } finally {
    bar?.end();
    interrupt?.stop();
  }
}

/** What looks into content must have some, also where none is printed. */
function bodyBound(options: ReadingOptions, reading: Reading, filter: Filter | undefined): number | undefined {
  if (filter?.readsBody || reading.readsBody) return options.maxBody || undefined;
  return options.maxBody ?? reading.maxBody;
}

function progressBar(): ProgressBar {
  const stderrNumber = 2;
  return new ProgressBar(
    (text) => writeSync(stderrNumber, text),
    () => performance.now(),
  );
}

/** The first ^C (or TERM) ends the reading and lets the command finish; the next one ends the program. */
function interruption(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const abort = (): void => {
    stop();
    controller.abort();
  };
  const stop = (): void => signals.forEach((name) => void process.off(name, abort));
  for (const name of signals) process.on(name, abort);
  return { signal: controller.signal, stop };
}
