/** `wirescope list`: a line per exchange, upgrade and message. */
import { UsageError } from '../core/errors.ts';
import { ListExporter, defaultColumns, narrowColumns, type ListSettings } from '../export/list.ts';
import { listColumns, type TimeFormat } from '../export/list-columns.ts';
import { standardOutput } from './destination.ts';
import { didYouMean } from './nearest.ts';
import { plain, statusStyle, type Paint } from './paint.ts';
import { readCapture, type ReadingOptions } from './reading.ts';
import { wrapped } from './summary/layout.ts';
import { stdoutTerminal, type Terminal } from './terminal.ts';

export interface ListOptions extends ReadingOptions {
  readonly time: TimeFormat;
  /** `time,kind,url`. */
  readonly columns?: string;
}

/** A terminal narrower than this gets the columns without addresses. */
const wideEnough = 140;
const helpWidth = 80;
/** Bytes of a message's content that its preview is made of; a longer one is not read by its subprotocol. */
const previewBytes = 4096;

export async function list(path: string, options: ListOptions): Promise<void> {
  const terminal = stdoutTerminal(options.color);
  const exporter = new ListExporter(standardOutput(), listSettings(options, terminal));
  await readCapture(path, exporter, options, {
    maxBody: previewBytes,
    between: () => exporter.flush(),
    quiet: terminal.isTerminal,
  });
}

function listSettings(options: ListOptions, { isTerminal, paint, width }: Terminal): ListSettings {
  const usual = isTerminal && width < wideEnough ? narrowColumns : defaultColumns;
  const columns = options.columns === undefined ? usual : parseColumns(options.columns);
  return {
    columns,
    time: options.time,
    header: isTerminal,
    ...(isTerminal ? { lineWidth: width } : {}),
    ...(paint === plain ? {} : { paint: (column, cell, status) => painted(paint, column, cell, status) }),
  };
}

/** A header's cells (status -1) and what repeats from line to line are dim; a status has the colour of its class. */
function painted(paint: Paint, column: string, cell: string, status: number): string {
  if (status < 0 || column === 'time' || column === 'stream' || cell.trim() === '-') return paint('dim', cell);
  if (column === 'status' && status > 0) return paint(statusStyle(status), cell);
  return column === 'kind' ? paint('bold', cell) : cell;
}

/** `time,kind,url`. @throws UsageError for what is no column */
export function parseColumns(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (listColumns[name] !== undefined) continue;
    const known = Object.keys(listColumns);
    throw new UsageError(
      `--columns: there is no column "${name}"${didYouMean(name, known)}; expected ${known.join(', ')}`,
    );
  }
  return names;
}

/** For the help: each column and what it holds. */
export function columnsHelp(): string {
  const rows = Object.entries(listColumns).flatMap(([name, { description }]) => {
    const [first = '', ...more] = wrapped(description, helpWidth - 12);
    return [`  ${name.padEnd(10)}${first}`, ...more.map((line) => ' '.repeat(12) + line)];
  });
  const usual =
    `The usual ones are ${defaultColumns.join(', ')}; a terminal narrower than ${wideEnough} columns gets no client and ` +
    'server, and lines end where the terminal does. Cells hold no spaces and are never empty (-), so that awk can count them; url comes last and is free text. ' +
    'Lines come in the order in which things end; sort -n puts them in the order in which they began.';
  return ['Columns, to choose from with --columns:', ...rows, '', ...wrapped(usual, helpWidth)].join('\n');
}
