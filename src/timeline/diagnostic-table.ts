/** Diagnostics as columns. */
import { diagnostics, type DiagnosticCode } from '../core/diagnostics.ts';
import type { Arena } from './arena.ts';
import { capacityFor, grownTo } from './columns.ts';
import type { DiagnosticRecord } from './records.ts';

export const diagnosticCodes = Object.keys(diagnostics) as DiagnosticCode[];
const codeNumbers = new Map(diagnosticCodes.map((code, number) => [code, number]));

export class DiagnosticTable {
  readonly arena: Arena;
  count = 0;
  /** Index in `diagnosticCodes`. */
  code = new Uint16Array(256);
  /** Index in `severityRanks`. */
  severity = new Uint8Array(256);
  /** 0, 1, or 255 for none. */
  side = new Uint8Array(256);
  connection = new Int32Array(256);
  exchange = new Int32Array(256);
  time = new Float64Array(256);
  packet = new Int32Array(256);
  offset = new Float64Array(256);
  message = new Int32Array(256);
  private capacity = 256;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  add(record: DiagnosticRecord): number {
    const row = this.count++;
    if (row >= this.capacity) this.grow(row);
    this.code[row] = codeNumbers.get(record.code)!;
    this.severity[row] = rankOf(record.severity);
    this.side[row] = record.side < 0 ? 255 : record.side;
    this.connection[row] = record.connection;
    this.exchange[row] = record.exchange;
    this.time[row] = record.time;
    this.packet[row] = record.packet;
    this.offset[row] = record.offset;
    const message = Buffer.from(record.message);
    this.message[row] = this.arena.name(message, 0, message.length);
    return row;
  }

  codeOf(row: number): DiagnosticCode {
    return diagnosticCodes[this.code[row]!]!;
  }

  private grow(row: number): void {
    const n = (this.capacity = capacityFor(this.capacity, row));
    this.code = grownTo(this.code, n);
    this.severity = grownTo(this.severity, n);
    this.side = grownTo(this.side, n);
    this.connection = grownTo(this.connection, n);
    this.exchange = grownTo(this.exchange, n);
    this.time = grownTo(this.time, n);
    this.packet = grownTo(this.packet, n);
    this.offset = grownTo(this.offset, n);
    this.message = grownTo(this.message, n);
  }
}

export function rankOf(severity: DiagnosticRecord['severity']): number {
  return severity === 'error' ? 3 : severity === 'warning' ? 2 : 1;
}
