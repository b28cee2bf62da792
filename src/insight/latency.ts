/** How long exchanges took, in nanoseconds: until the response began, and from first to last byte. */
import type { ExchangeRecord } from '../timeline/records.ts';
import { Distribution } from './distribution.ts';

export class Latency {
  readonly wait: Distribution = new Distribution();
  readonly total: Distribution = new Distribution();

  exchange(record: ExchangeRecord): void {
    const wait = record.wait;
    const total = record.total;
    // A response may begin before its request has ended (an early refusal): it waited for nothing.
    if (wait !== undefined) this.wait.add(Math.max(0, wait));
    if (total !== undefined) this.total.add(Math.max(0, total));
  }
}
