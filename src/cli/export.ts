/** `wirescope export`: the records, in a format for programs. */
import { extname } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { exportFormats, type Exporter } from '../export/exporters.ts';
import { defaultMaxBody } from './analyze.ts';
import { didYouMean } from './nearest.ts';
import { openOutput } from './output-file.ts';
import { readCapture, type ReadingOptions } from './reading.ts';
import { stdoutTerminal } from './terminal.ts';
import { version } from './version.ts';

export interface ExportOptions extends ReadingOptions {
  readonly format?: string;
  /** A file, or `-` for stdout. */
  readonly output?: string;
}

export async function exportTrace(path: string, options: ExportOptions): Promise<void> {
  const { output: out, maxBody = defaultMaxBody } = options;
  const format = formatNamed(options.format ?? formatOfFile(out) ?? 'jsonl');
  const file = openOutput(out, path);
  let exporter: Exporter | undefined;
  try {
    const writing = (exporter = format.create(file.output, { version, maxBody }));
    const quiet = (out === undefined || out === '-') && stdoutTerminal(undefined).isTerminal;
    await readCapture(path, writing, options, { maxBody, between: () => writing.flush(), quiet });
    file.keep();
  } catch (error) {
    file.discard();
    throw error;
  } finally {
    exporter?.close?.();
  }
}

function formatNamed(name: string): (typeof exportFormats)[string] {
  const format = exportFormats[name];
  if (format !== undefined) return format;
  const known = Object.keys(exportFormats);
  throw new UsageError(`there is no format "${name}"${didYouMean(name, known)}; expected ${known.join(' or ')}`);
}

/** The format a file's extension names, if it names one. */
function formatOfFile(path: string | undefined): string | undefined {
  const extension = path === undefined ? '' : extname(path).slice(1).toLowerCase();
  return Object.hasOwn(exportFormats, extension) ? extension : undefined;
}

/** For the help: each format and what it is. */
export function formatsHelp(): string {
  const rows = Object.entries(exportFormats).map(([name, { description }]) => `  ${name.padEnd(7)} ${description}`);
  return ['Formats:', ...rows].join('\n');
}
