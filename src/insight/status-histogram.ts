/** How many responses had which status code. */
import type { ExchangeRecord } from '../timeline/records.ts';

export class StatusHistogram {
  /** By status code, 0-999. */
  readonly counts = new Float64Array(1000);
  /** Exchanges without a response. */
  unanswered = 0;

  exchange(record: ExchangeRecord): void {
    if (!record.response.present) this.unanswered++;
    else this.counts[record.response.status]!++;
  }

  /** The codes that occurred, in their order. */
  entries(): { status: number; count: number }[] {
    const found: { status: number; count: number }[] = [];
    this.counts.forEach((count, status) => {
      if (count > 0) found.push({ status, count });
    });
    return found;
  }

  /** Responses of a class: 1 for 1xx, up to 9 (there are only five; captures know more). */
  ofClass(hundreds: number): number {
    return this.counts.subarray(hundreds * 100, hundreds * 100 + 100).reduce((sum, count) => sum + count, 0);
  }
}
