/** What the trace's last line says: counts over the whole capture. */
import type { DiagnosticCode } from '../core/diagnostics.ts';
import type { ExchangeRecord, SummaryRecord } from './records.ts';

/** Methods listed by name; a hostile capture does not get to add more. */
const methodLimit = 64;

export class Totals {
  /** Packets, their bytes on the wire, and when the last of them came (ns since the first). */
  packets = 0;
  bytes = 0;
  duration = 0;
  connections = 0;
  exchanges = 0;
  upgrades = 0;
  frames = 0;
  messages = 0;
  private readonly statuses = new Float64Array(1000);
  private readonly methods = new Map<string, number>();
  /** Of `commonMethods`. */
  private readonly common = new Float64Array(2);
  private readonly codes = new Map<DiagnosticCode, number>();

  exchange(record: ExchangeRecord): void {
    this.exchanges++;
    if (record.response.present) this.statuses[record.response.status]!++;
    // The request of an upgrade to HTTP/2 has been counted with its 101 response.
    const upgraded = record.stream >= 0 && record.request.head.version < 20;
    if (record.request.present && !upgraded) this.countMethod(record);
  }

  diagnostic(code: DiagnosticCode): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
  }

  summary(): SummaryRecord {
    const statuses: Record<string, number> = {};
    this.statuses.forEach((count, status) => {
      if (count > 0) statuses[status] = count;
    });
    commonMethods.forEach((method, i) => {
      if (this.common[i]! > 0) this.methods.set(method, this.common[i]!);
    });
    return {
      packets: this.packets,
      bytes: this.bytes,
      duration: this.duration,
      connections: this.connections,
      exchanges: this.exchanges,
      upgrades: this.upgrades,
      frames: this.frames,
      messages: this.messages,
      statuses,
      methods: Object.fromEntries(this.methods),
      diagnostics: Object.fromEntries(this.codes),
    };
  }

  private countMethod(record: ExchangeRecord): void {
    const { data, methodStart, methodEnd } = record.request.head;
    const common = commonMethod(data, methodStart, methodEnd);
    if (common >= 0) {
      // Its place among the methods is where it came first; its count comes with the summary.
      if (this.common[common]!++ === 0) this.methods.set(commonMethods[common]!, 0);
      return;
    }
    const { method } = record.request;
    const count = this.methods.get(method);
    if (count === undefined && this.methods.size >= methodLimit) return;
    this.methods.set(method, (count ?? 0) + 1);
  }
}

/** The methods most traffic is made of, told without making a string. */
const commonMethods = ['GET', 'POST'] as const;

/** @returns an index in `commonMethods`, or -1 */
function commonMethod(data: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === 3 && data[start] === 0x47 && data[start + 1] === 0x45 && data[start + 2] === 0x54) return 0;
  if (length !== 4 || data[start] !== 0x50 || data[start + 1] !== 0x4f) return -1;
  return data[start + 2] === 0x53 && data[start + 3] === 0x54 ? 1 : -1;
}
