/** Whether clients wait as long as Retry-After asked them to (RFC 9110 10.2.3), in seconds or as a date. */
import { client } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { spanText } from '../units.ts';
import { Field } from './field-index.ts';
import { asked, type Findings } from './findings.ts';
import type { Heads } from './status-rules.ts';

const mostWaits = 4096;
/** Clocks and rounding: a request that comes this little too soon is in time. */
const tolerance = 50e6;
/** Waits longer than this are not followed. */
const longestWait = 3600e9;

interface Wait {
  readonly since: number;
  readonly until: number;
}

export class Retries {
  private readonly findings: Findings;
  /** By request hash. */
  private readonly waits = new Map<number, Wait>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number, { response }: Heads): void {
    if (this.waits.size > 0) this.checkWait(record, hash);
    // With 503, 429 and redirects it means something (RFC 9110 10.2.3, RFC 6585 4).
    if (record.response.status < 300 || !response.has(Field.retryAfter)) return;
    const span = retryAfter(response.value(Field.retryAfter)!, response.value(Field.date));
    if (span === undefined || span <= 0 || span > longestWait) return;
    if (this.waits.size >= mostWaits) this.waits.delete(this.waits.keys().next().value!);
    const since = record.response.endTime;
    this.waits.set(hash, { since, until: since + span });
  }

  private checkWait(record: ExchangeRecord, hash: number): void {
    const wait = this.waits.get(hash);
    // A request sent before the answer came knew nothing of it.
    if (wait === undefined || record.request.time <= wait.since) return;
    this.waits.delete(hash);
    if (record.request.time >= wait.until - tolerance) return;
    const after = spanText(record.request.time - wait.since);
    const detail = () => `${asked(record)}: again after ${after}, asked to wait ${spanText(wait.until - wait.since)}`;
    this.findings.exchange(record, 'http.retry-too-soon', client, detail);
  }
}

/** Nanoseconds to wait; a date counts from the response's own Date. Undefined where it says neither. */
export function retryAfter(value: string, date: string | undefined): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1e9;
  if (!/^\w{3},? .*GMT$/.test(value) || date === undefined) return undefined;
  const span = Date.parse(value) - Date.parse(date);
  return Number.isNaN(span) ? undefined : span * 1e6;
}
