/** Diagnostics as columns. */
import { diagnostics, type DiagnosticCode } from '../core/diagnostics.ts';
import { Float64Column, Int32Column, Uint16Column, Uint8Column } from './columns.ts';
import type { DiagnosticRecord } from './records.ts';
import { Table } from './table.ts';

export const diagnosticCodes = Object.keys(diagnostics) as DiagnosticCode[];
const codeNumbers = new Map(diagnosticCodes.map((code, number) => [code, number]));

export class DiagnosticTable extends Table {
  /** Index in `diagnosticCodes`. */
  readonly code = this.column(new Uint16Column());
  /** Index in `severityRanks`. */
  readonly severity = this.column(new Uint8Column());
  /** 0, 1, or 255 for none. */
  readonly side = this.column(new Uint8Column());
  readonly connection = this.column(new Int32Column(-1));
  readonly exchange = this.column(new Int32Column());
  readonly time = this.column(new Float64Column());
  readonly packet = this.column(new Int32Column());
  readonly offset = this.column(new Float64Column());
  readonly message = this.column(new Int32Column());

  override holds(row: number): boolean {
    return this.severity.at(row) !== 0;
  }

  add(record: DiagnosticRecord): number {
    const row = this.count;
    this.reach(row);
    this.code.set(row, codeNumbers.get(record.code)!);
    this.severity.set(row, rankOf(record.severity));
    this.side.set(row, record.side < 0 ? 255 : record.side);
    this.connection.set(row, record.connection);
    this.exchange.set(row, record.exchange);
    this.time.set(row, record.time);
    this.packet.set(row, record.packet);
    this.offset.set(row, record.offset);
    const message = Buffer.from(record.message);
    this.message.set(row, this.arena.name(message, 0, message.length));
    this.tookTexts(row);
    return row;
  }

  codeOf(row: number): DiagnosticCode {
    return diagnosticCodes[this.code.at(row)]!;
  }
}

export function rankOf(severity: DiagnosticRecord['severity']): number {
  return severity === 'error' ? 3 : severity === 'warning' ? 2 : 1;
}
