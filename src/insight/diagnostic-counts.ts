/** What is wrong, by code. */
import { diagnostics, type DiagnosticCode, type Severity } from '../core/diagnostics.ts';
import type { DiagnosticRecord } from '../timeline/records.ts';

export interface DiagnosticCount {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly title: string;
  count: number;
  /** Packet of the first one; 0 where it belongs to none. */
  readonly firstPacket: number;
}

/** From worst to mildest. */
export const severities: readonly Severity[] = ['error', 'warning', 'note'];

export class DiagnosticCounts {
  count = 0;
  private readonly byCode = new Map<DiagnosticCode, DiagnosticCount>();

  diagnostic(record: DiagnosticRecord): void {
    const times = record.times ?? 1;
    this.count += times;
    const known = this.byCode.get(record.code);
    if (known !== undefined) known.count += times;
    else this.byCode.set(record.code, first(record));
  }

  of(severity: Severity): number {
    let sum = 0;
    for (const entry of this.byCode.values()) if (entry.severity === severity) sum += entry.count;
    return sum;
  }

  /** Worst first, then the most frequent. */
  entries(): DiagnosticCount[] {
    return [...this.byCode.values()].sort(
      (a, b) =>
        severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
        b.count - a.count ||
        (a.code < b.code ? -1 : 1),
    );
  }
}

function first(record: DiagnosticRecord): DiagnosticCount {
  const { code, severity, packet } = record;
  return { code, severity, title: diagnostics[code].title, count: record.times ?? 1, firstPacket: Math.max(0, packet) };
}
