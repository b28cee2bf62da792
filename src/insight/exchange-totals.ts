/** Exchanges added up: their states, protocols and methods, the hosts they went to, the bytes they carried. */
import type { ExchangeRecord } from '../timeline/records.ts';
import type { ExchangeState } from '../timeline/trace-format.ts';
import { Counter } from './counter.ts';

export class ExchangeTotals {
  count = 0;
  secure = 0;
  readonly states = new Map<ExchangeState, number>();
  readonly protocols = new Map<string, number>();
  readonly methods = new Counter(100);
  /** Bytes of a host: heads and content of both sides. */
  readonly hosts = new Counter(10_000);
  /** Content as sent, by side. */
  readonly contentBytes: [number, number] = [0, 0];

  exchange(record: ExchangeRecord): void {
    const { request, response } = record;
    this.count++;
    if (record.secure) this.secure++;
    increment(this.states, record.state);
    increment(this.protocols, record.protocol);
    this.contentBytes[0] += request.bodyBytes;
    this.contentBytes[1] += response.bodyBytes;
    if (!request.present) return;
    this.methods.add(request.method);
    const heads = request.head.size + (response.present ? response.head.size : 0);
    this.hosts.add(record.host || record.server, heads + request.bodyBytes + response.bodyBytes);
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
