/** Diagnostics by code, the first of each kept with their places, for pages that tell them one by one. */
import { diagnostics, type DiagnosticCode, type DiagnosticEntry, type Severity } from '../core/diagnostics.ts';
import type { DiagnosticRecord } from '../timeline/records.ts';
import { severities } from './diagnostic-counts.ts';

const longestMessage = 1000;

export interface FindingGroup {
  readonly code: DiagnosticCode;
  readonly entry: DiagnosticEntry;
  count: number;
  /** The first of them, in the order they came. */
  readonly first: DiagnosticRecord[];
}

export class FindingGroups {
  private readonly kept: number;
  private readonly groups = new Map<DiagnosticCode, FindingGroup>();

  /** @param kept of each code, one by one */
  constructor(kept: number) {
    this.kept = kept;
  }

  diagnostic(record: DiagnosticRecord): void {
    const { code } = record;
    let group = this.groups.get(code);
    if (group === undefined) this.groups.set(code, (group = { code, entry: diagnostics[code], count: 0, first: [] }));
    group.count += record.times ?? 1;
    if (group.first.length < this.kept)
      group.first.push({ ...record, message: record.message.slice(0, longestMessage) });
  }

  of(severity: Severity): number {
    let sum = 0;
    for (const { entry, count } of this.groups.values()) if (entry.severity === severity) sum += count;
    return sum;
  }

  /** Worst first, then the most frequent. */
  entries(): FindingGroup[] {
    const rank = (group: FindingGroup): number => severities.indexOf(group.entry.severity);
    return [...this.groups.values()].sort(
      (a, b) => rank(a) - rank(b) || b.count - a.count || (a.code < b.code ? -1 : 1),
    );
  }
}
