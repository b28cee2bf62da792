/** Where a live session's records go: standard output or a file while it runs, files that are whole when it has ended. */
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { exportFormats, type Exporter } from '../export/exporters.ts';
import { ListExporter, defaultColumns } from '../export/list.ts';
import type { Output } from '../export/output.ts';
import { compileFilter, filteredSink } from '../filter/filter.ts';
import type { RecordSink } from '../timeline/records.ts';
import { OutputError } from './destination.ts';
import type { LiveFormat } from './live-formats.ts';
import { LiveOutput } from './live-output.ts';
import { didYouMean } from './nearest.ts';
import { openOutput, type OutputFile } from './output-file.ts';
import { version } from './version.ts';

const stdoutNumber = 1;
const flushMs = 50;

export interface OutputSettings {
  readonly maxBody: number;
  readonly filter?: string | undefined;
  readonly say: (line: string) => void;
}

export class TapOutputs {
  readonly sinks: RecordSink[] = [];
  private readonly settings: OutputSettings;
  private readonly exporters: Exporter[] = [];
  private readonly live: LiveOutput[] = [];
  private readonly files: OutputFile[] = [];
  private readonly descriptors: number[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(settings: OutputSettings) {
    this.settings = settings;
  }

  /** Records while they come. @param path a file, or undefined for standard output */
  stream(format: LiveFormat, path: string | undefined): void {
    let fd = stdoutNumber;
    if (path !== undefined && path !== '-') {
      fd = opened(path);
      this.descriptors.push(fd);
    }
    const output = new LiveOutput(fd, this.settings.say);
    this.live.push(output);
    this.add(this.exporter(format, output));
    this.timer ??= setInterval(() => this.flush(), flushMs).unref();
  }

  /** A file that appears when the session has ended. */
  file(path: string): void {
    const name = extname(path).slice(1).toLowerCase();
    if (!Object.hasOwn(exportFormats, name)) {
      const known = Object.keys(exportFormats);
      throw new UsageError(
        `--export ${path}: the extension names no format${didYouMean(name, known)}; expected .${known.join(' or .')}`,
      );
    }
    const file = openOutput(path, '-');
    this.files.push(file);
    this.add(this.exporter(name, file.output));
  }

  /** Everything that was written is on its way, files have their names. */
  async finish(): Promise<void> {
    clearInterval(this.timer);
    this.flush();
    for (const output of this.live) await output.drained();
    for (const exporter of this.exporters) exporter.close?.();
    for (const file of this.files) file.keep();
    for (const fd of this.descriptors) closeSync(fd);
  }

  private flush(): void {
    for (const exporter of this.exporters) {
      try {
        exporter.flush();
      } catch {
        // Told by the sink's guard when the next record comes.
      }
    }
  }

  private exporter(format: string, output: Output): Exporter {
    const { maxBody } = this.settings;
    if (format === 'list')
      return new ListExporter(output, { columns: defaultColumns, time: 'relative', header: false });
    return exportFormats[format]!.create(output, { version, maxBody });
  }

  private add(exporter: Exporter): void {
    const { filter } = this.settings;
    this.exporters.push(exporter);
    this.sinks.push(filter === undefined ? exporter : filteredSink(compileFilter(filter), exporter));
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new OutputError(path, error);
  }
}
