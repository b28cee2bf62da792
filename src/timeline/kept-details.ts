/** Details of a capture that cannot be read again, a pipe's: the latest exchanges and messages, up to a bound in bytes. */
import { exchangeDetail, payloadDetail } from './details.ts';
import type { DetailSource, ExchangeDetail, MessageDetail, PayloadDetail } from './details.ts';
import type { ExchangeRecord, MessageRecord, RecordSink } from './records.ts';

/** What a detail costs beside its bytes. */
const overhead = 1024;

export class KeptDetails implements RecordSink {
  /** Asks for what is kept. Of packets, and of the trace format's text, nothing is. */
  readonly source: DetailSource = {
    exchange: (_place, id) => Promise.resolve(this.exchanges.get(id)),
    message: (_place, _side, row) => Promise.resolve(this.messages.get(row)),
    packets: () => Promise.resolve([]),
    json: () => Promise.resolve(undefined),
  };
  private readonly exchanges: Latest<ExchangeDetail>;
  private readonly messages: Latest<PayloadDetail>;
  private messageRow = 0;

  /** @param bound bytes that are kept, for exchanges and for messages each */
  constructor(bound = 32 * 1024 * 1024) {
    this.exchanges = new Latest(bound, ({ request, response }) => cost(request) + cost(response) + overhead);
    this.messages = new Latest(bound, ({ body }) => body.length + overhead);
  }

  exchange(record: ExchangeRecord): void {
    this.exchanges.set(record.id, exchangeDetail(record));
  }

  message(record: MessageRecord): void {
    this.messages.set(this.messageRow++, payloadDetail(record));
  }

  capture(): void {}
  connection(): void {}
  upgrade(): void {}
  frame(): void {}
  diagnostic(): void {}
  summary(): void {}
}

function cost(message: MessageDetail | undefined): number {
  return message === undefined ? 0 : message.head.length * 2 + message.body.length;
}

/** A map by row that forgets its oldest entries where the bound is passed. */
class Latest<T> {
  private readonly entries = new Map<number, T>();
  private readonly bound: number;
  private readonly costOf: (value: T) => number;
  private used = 0;

  constructor(bound: number, costOf: (value: T) => number) {
    this.bound = bound;
    this.costOf = costOf;
  }

  get(row: number): T | undefined {
    return this.entries.get(row);
  }

  set(row: number, value: T): void {
    this.entries.set(row, value);
    this.used += this.costOf(value);
    for (const [oldest, kept] of this.entries) {
      if (this.used <= this.bound || oldest === row) break;
      this.entries.delete(oldest);
      this.used -= this.costOf(kept);
    }
  }
}
