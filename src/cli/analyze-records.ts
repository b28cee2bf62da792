/** The pipe as an async iterable of plain records: the trace format, as the JSON Lines export writes it. */
import { JsonlExporter } from '../export/jsonl.ts';
import type { Output } from '../export/output.ts';
import type { RecordJson } from '../timeline/trace-format.ts';
import { analyzeTo, defaultMaxBody, type AnalyzeOptions } from './analyze.ts';
import { version } from './version.ts';

/**
 * Reads a capture and yields its records in the order of completion, the `capture` record first and the `summary` last.
 * Reading waits while the caller works: memory holds one block's records. Leaving the loop early closes the capture.
 *
 * @param path a pcap or pcapng file, plain, `.gz` or `.zst`; or `-` for standard input
 * @throws CaptureError where the input is no capture or cannot be read
 */
export async function* analyze(
  path: string,
  options: Omit<AnalyzeOptions, 'betweenBlocks' | 'afterKeys'> = {},
): AsyncGenerator<RecordJson> {
  const lines = new Lines();
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const exporter = new JsonlExporter(lines, version, options.maxBody ?? defaultMaxBody);
  let failure: unknown;
  const done = analyzeTo(path, [exporter], {
    ...options,
    signal,
    afterKeys: () => exporter.flush(),
    betweenBlocks: () => {
      if (stop.signal.aborted) throw new Abandoned();
      exporter.flush();
      return lines.taken();
    },
  }).catch((error: unknown) => {
    failure = error;
  });
  void done.then(() => lines.end());
  try {
    for (;;) {
      const batch = await lines.next();
      if (batch === undefined) break;
      for (const line of batch) yield JSON.parse(line) as RecordJson;
    }
    if (failure !== undefined) throw failure;
  } finally {
    stop.abort();
    lines.release();
    await done;
  }
}

/** The caller has left the loop: ends the reading, and is seen by nobody. */
class Abandoned extends Error {}

/** Collects written lines for a reader who waits for them, and lets the writer wait until they were taken. */
class Lines implements Output {
  private text = '';
  private ended = false;
  private wake: (() => void) | undefined;
  private onTaken: (() => void) | undefined;

  write(data: Uint8Array, start: number, end: number): void {
    this.text += Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('utf8');
    this.wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  /** Resolves when the reader has taken what was written. */
  taken(): Promise<void> | undefined {
    if (this.text === '') return undefined;
    return new Promise((resolve) => {
      this.onTaken = resolve;
    });
  }

  release(): void {
    this.onTaken?.();
  }

  /** The lines written since last time; undefined at the end. */
  async next(): Promise<string[] | undefined> {
    if (this.text === '') this.release();
    while (this.text === '') {
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const lines = this.text.split('\n');
    lines.pop();
    this.text = '';
    return lines;
  }
}
