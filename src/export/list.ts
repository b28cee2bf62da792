/** A line per exchange, upgrade and message, like an access log: aligned columns in the order of completion. */
import { UsageError } from '../core/errors.ts';
import { KnownField, findField } from '../core/http.ts';
import { cellWidth, cut } from '../insight/cells.ts';
import type { CaptureFacts, ExchangeRecord, MessageRecord, UpgradeRecord } from '../timeline/records.ts';
import type { Exporter } from './exporters.ts';
import { listColumns, type ListColumn, type ListContext, type TimeFormat } from './list-columns.ts';
import type { Output } from './output.ts';

export interface ListSettings {
  /** Names out of `listColumns`; `url` may only be the last. */
  readonly columns: readonly string[];
  readonly time: TimeFormat;
  /** Cells a line may take: the last column is cut there. For terminals. */
  readonly lineWidth?: number;
  /** A first line with the columns' names. */
  readonly header?: boolean;
  /** Colours a finished cell; for terminals. The status is 0 where a line has none, -1 in the header. */
  readonly paint?: (column: string, cell: string, status: number) => string;
}

export const defaultColumns = 'time stream client way server kind status size duration type url'.split(' ');
/** Without addresses, for a narrow terminal. */
export const narrowColumns = 'time stream way kind status size duration type url'.split(' ');

/** A column grows with its cells, but not beyond this. */
const broadest = 47;
/** The last column gets this much even where no room is left. */
const leastEnd = 16;
const spaces = ' '.repeat(broadest);
const flushAt = 64 * 1024;

export class ListExporter implements Exporter {
  private readonly output: Output;
  private readonly names: readonly string[];
  private readonly columns: readonly ListColumn[];
  private readonly widths: number[];
  private readonly settings: ListSettings;
  private readonly context: ListContext;
  /** The exchange whose addresses stand in the context. */
  private upgrading = -1;
  private text = '';
  private first = true;

  /** @throws UsageError for a column that does not exist or stands where it may not */
  constructor(output: Output, settings: ListSettings) {
    this.output = output;
    this.settings = settings;
    this.names = settings.columns;
    this.columns = settings.columns.map(columnNamed);
    this.widths = this.columns.map((column, i) => Math.max(column.width, settings.header ? this.names[i]!.length : 0));
    this.context = { epoch: 0n, time: settings.time, client: '-', server: '-' };
  }

  capture(facts: CaptureFacts): void {
    this.context.epoch = facts.epoch;
    if (this.settings.header) this.line(this.names, -1);
  }

  exchange(record: ExchangeRecord): void {
    if (findField(record.request.head, KnownField.upgrade) >= 0) {
      this.upgrading = record.id;
      this.context.client = record.client;
      this.context.server = record.server;
    }
    this.line(
      this.cells((column) => column.exchange(record, this.context)),
      record.response.status,
    );
  }

  upgrade(record: UpgradeRecord): void {
    if (this.upgrading !== record.exchange) this.context.client = this.context.server = '-';
    this.line(
      this.cells((column) => column.upgrade(record, this.context)),
      0,
    );
  }

  message(record: MessageRecord): void {
    this.line(
      this.cells((column) => column.message(record, this.context)),
      0,
    );
  }

  connection(): void {}
  frame(): void {}
  diagnostic(): void {}

  summary(): void {
    this.flush();
  }

  flush(): void {
    if (this.text === '') return;
    const bytes = Buffer.from(this.text, 'utf8');
    this.text = '';
    this.output.write(bytes, 0, bytes.length);
  }

  private cells(cell: (column: ListColumn) => string): string[] {
    return this.columns.map(cell);
  }

  private line(cells: readonly string[], status: number): void {
    const last = cells.length - 1;
    let used = 0;
    for (let i = 0; i < last; i++) {
      const shown = this.padded(i, cells[i]!);
      used += cellWidth(shown) + 1;
      this.text += this.painted(i, shown, status) + ' ';
    }
    const { lineWidth } = this.settings;
    const whole = this.columns[last]!.align === 'right' ? this.padded(last, cells[last]!) : cells[last]!;
    const end = lineWidth === undefined ? whole : cut(whole, Math.max(leastEnd, lineWidth - used));
    this.text += this.painted(last, end, status) + '\n';
    if (this.first || this.text.length >= flushAt) this.flush();
    this.first = false;
  }

  private painted(index: number, cell: string, status: number): string {
    const { paint } = this.settings;
    return paint === undefined ? cell : paint(this.names[index]!, cell, status);
  }

  /** A cell wider than its column widens the column from here on. */
  private padded(index: number, text: string): string {
    const width = this.widths[index]!;
    if (text.length > width) {
      this.widths[index] = Math.min(broadest, text.length);
      return text;
    }
    const space = spaces.slice(0, width - cellWidth(text));
    return this.columns[index]!.align === 'left' ? text + space : space + text;
  }
}

function columnNamed(name: string, index: number, all: readonly string[]): ListColumn {
  const column = listColumns[name];
  if (column === undefined)
    throw new UsageError(`there is no column "${name}"; there are ${Object.keys(listColumns).join(', ')}`);
  if (name === 'url' && index < all.length - 1)
    throw new UsageError('the column "url" holds free text and can only be the last');
  return column;
}
