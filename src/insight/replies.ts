/** Requests and replies inside WebSockets, matched by the id that the subprotocol gives them, with their latencies. */
import type { ConnectionRecord, MessageRecord } from '../timeline/records.ts';
import type { LensJson } from '../timeline/trace-format.ts';
import { Counter } from './counter.ts';
import { Distribution } from './distribution.ts';

/** Requests of one connection that wait for their reply. */
const mostWaiting = 10_000;
/** And of all connections. */
const mostInAll = 100_000;
const longestId = 200;

interface Waiting {
  readonly time: number;
  readonly side: number;
}

export class Replies {
  /** Messages by lens, and by what they are. */
  readonly lenses: Counter = new Counter(50);
  readonly labels: Counter = new Counter(1000);
  readonly latency: Distribution = new Distribution();
  requests = 0;
  /** Requests whose connection ended without a reply. */
  unanswered = 0;
  private inAll = 0;
  /** By connection id. */
  private readonly waiting = new Map<number, Map<string, Waiting>>();

  message(record: MessageRecord): void {
    const reading = record.lens;
    if (reading === undefined) return;
    this.lenses.add(reading.name, record.length);
    this.labels.add(`${reading.name}: ${reading.label}`, record.length);
    if (reading.id !== undefined && reading.role !== undefined)
      this.match(record, reading, reading.id.slice(0, longestId));
  }

  connection({ connection }: ConnectionRecord): void {
    const waiting = this.waiting.get(connection);
    if (waiting === undefined) return;
    this.unanswered += waiting.size;
    this.inAll -= waiting.size;
    this.waiting.delete(connection);
  }

  private match(record: MessageRecord, { role }: LensJson, id: string): void {
    let waiting = this.waiting.get(record.connection);
    if (role === 'request') {
      if (waiting === undefined) this.waiting.set(record.connection, (waiting = new Map()));
      this.requests++;
      if (waiting.size < mostWaiting && this.inAll < mostInAll && !waiting.has(id)) {
        waiting.set(id, { time: record.time, side: record.side });
        this.inAll++;
      }
      return;
    }
    const request = waiting?.get(id);
    if (request === undefined || request.side === record.side) return;
    waiting!.delete(id);
    this.inAll--;
    this.latency.add(record.endTime - request.time);
  }
}
