/**
 * Details of a session that cannot be read again: the latest exchanges and messages, up to a bound in bytes. Records are
 * copied into others of our own that take turns, so that twenty thousand a second make nothing for the collector.
 */
import { ConnectionTable } from '../core/connection-table.ts';
import { exchangeDetail, payloadDetail } from './details.ts';
import type { DetailSource } from './details.ts';
import { absentMessage, ExchangeRecord, HttpMessage, MessageRecord, type RecordSink } from './records.ts';

/** Exchanges, and messages, that are kept at the most. */
const mostKept = 16_384;
/** Records given up that wait for their next use. */
const mostSpare = 64;

export class KeptDetails implements RecordSink {
  /** Asks for what is kept. Of packets, conversations and the trace format's text, nothing is. */
  readonly source: DetailSource = {
    exchange: (_place, id) => {
      const record = this.record(id);
      return Promise.resolve(record === undefined ? undefined : exchangeDetail(record));
    },
    message: (_place, _side, row) => {
      const record = this.messages.get(row);
      return Promise.resolve(record === undefined ? undefined : payloadDetail(record));
    },
    packets: () => Promise.resolve([]),
    conversation: () => Promise.resolve(),
    json: () => Promise.resolve(undefined),
  };
  private readonly table = new ConnectionTable(mostKept + mostSpare);
  private readonly exchanges: Latest<ExchangeRecord>;
  private readonly messages: Latest<MessageRecord>;
  private messageRow = 0;

  /** @param bound bytes that are kept, for exchanges and for messages each */
  constructor(bound = 32 * 1024 * 1024) {
    this.exchanges = new Latest(bound, (nth) => this.ownExchange(nth), exchangeCost);
    this.messages = new Latest(bound, (nth) => this.ownMessage(nth), messageCost);
  }

  /** An exchange that is kept: lent until the next one comes. */
  record(id: number): ExchangeRecord | undefined {
    return this.exchanges.get(id);
  }

  exchange(record: ExchangeRecord): void {
    const own = this.exchanges.place(record.id);
    copyConnection(record, own);
    own.id = record.id;
    own.stream = record.stream;
    own.secure = record.secure;
    own.state = record.state;
    own.diagnostics = record.diagnostics;
    own.grpcCounts = record.grpcCounts;
    own.request = copyMessage(record.request, own.request);
    own.response = copyMessage(record.response, own.response);
    this.exchanges.placed();
  }

  message(record: MessageRecord): void {
    const own = this.messages.place(this.messageRow++);
    copyConnection(record, own);
    own.id = record.id;
    own.stream = record.stream;
    own.side = record.side;
    own.reader = record.reader;
    own.kind = record.kind;
    own.length = record.length;
    own.wireLength = record.wireLength;
    own.compressed = record.compressed;
    own.frames = record.frames;
    own.code = record.code;
    own.reason = record.reason;
    own.firstPacket = record.firstPacket;
    own.lastPacket = record.lastPacket;
    own.body.clear();
    own.body.append(record.body.data, 0, record.body.length, record.body.length);
    own.body.truncated = record.body.truncated;
    this.messages.placed();
  }

  capture(): void {}
  connection(): void {}
  upgrade(): void {}
  frame(): void {}
  diagnostic(): void {}
  summary(): void {}

  private ownExchange(slot: number): ExchangeRecord {
    const record = new ExchangeRecord(this.table);
    record.slot = slot;
    record.reset();
    return record;
  }

  private ownMessage(slot: number): MessageRecord {
    const record = new MessageRecord(this.table);
    record.slot = slot;
    return record;
  }
}

function copyMessage(from: HttpMessage, to: HttpMessage): HttpMessage {
  if (!from.present) return absentMessage;
  const own = to === absentMessage ? new HttpMessage() : to;
  own.reset();
  own.copyFrom(from);
  own.complete = from.complete;
  own.ended = from.ended;
  own.how = from.how;
  own.structure = from.structure;
  own.body.truncated = from.body.truncated;
  own.interim = from.interim;
  return own;
}

type OnConnection = Pick<ExchangeRecord, 'table' | 'slot'>;

/** Addresses, ports and which side is which: what the record says of its connection. */
function copyConnection({ table: from, slot }: OnConnection, { table: to, slot: own }: OnConnection): void {
  for (let i = 0; i < 8; i++) to.words[own * 8 + i] = from.words[slot * 8 + i]!;
  to.ports[own] = from.ports[slot]!;
  to.flags[own] = from.flags[slot]!;
  to.ids[own] = from.ids[slot]!;
}

const overhead = 512;

function exchangeCost({ request, response }: ExchangeRecord): number {
  return overhead + costOf(request) + costOf(response);
}

function costOf(message: HttpMessage): number {
  return message === absentMessage ? 0 : overhead + message.head.retained + message.body.data.length;
}

function messageCost({ body }: MessageRecord): number {
  return overhead + body.data.length;
}

/** A ring of records by number: the oldest is written over, and given up where the bound is passed. */
class Latest<T> {
  private readonly ring: (T | undefined)[] = [];
  /** Of each place in the ring: the number of its record, and what it cost when it was filled. */
  private readonly numbers = new Float64Array(mostKept).fill(-1);
  private readonly costs = new Float64Array(mostKept);
  private readonly places = new Map<number, number>();
  private readonly bound: number;
  private readonly make: (nth: number) => T;
  private made = 0;
  private readonly spare: T[] = [];
  private readonly costOf: (value: T) => number;
  private used = 0;
  private next = 0;
  private last = 0;
  /** The place that has been filled for longest. */
  private oldest = 0;

  constructor(bound: number, make: (nth: number) => T, costOf: (value: T) => number) {
    this.bound = bound;
    this.make = make;
    this.costOf = costOf;
  }

  get(number: number): T | undefined {
    const place = this.places.get(number);
    return place === undefined ? undefined : this.ring[place];
  }

  /** A record to be filled in; `placed` is to be called then. */
  place(number: number): T {
    const at = (this.last = this.next);
    this.next = (at + 1) % mostKept;
    if (this.numbers[at]! >= 0) {
      this.leave(at);
      this.oldest = this.next;
    }
    this.numbers[at] = number;
    this.places.set(number, at);
    return (this.ring[at] ??= this.spare.pop() ?? this.make(this.made++ % (mostKept + mostSpare)));
  }

  placed(): void {
    const cost = this.costOf(this.ring[this.last]!);
    this.costs[this.last] = cost;
    this.used += cost;
    while (this.used > this.bound && this.oldest !== this.last) {
      const value = this.ring[this.oldest];
      if (value !== undefined && this.spare.length < mostSpare) this.spare.push(value);
      this.leave(this.oldest);
      this.ring[this.oldest] = undefined;
      this.oldest = (this.oldest + 1) % mostKept;
    }
  }

  private leave(at: number): void {
    this.places.delete(this.numbers[at]!);
    this.numbers[at] = -1;
    this.used -= this.costs[at]!;
  }
}
