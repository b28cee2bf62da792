/**
 * Polling: the same request of the same client again and again, by a timer or as soon as the last one is answered (long
 * polls). What it cost is counted in bytes of heads; what one WebSocket would have cost instead is computed.
 *
 * A table of the latest requests by hash: a request that shares its place with one that repeats is not followed.
 */
import { client } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { bytesText, countText, shareText, spanText } from '../units.ts';
import { Field } from './field-index.ts';
import type { Findings, Place } from './findings.ts';
import { bytesHash } from './request-hash.ts';
import type { Heads } from './status-rules.ts';

const capacity = 1 << 12;
/** From this many on, requests are kept with their URL and times. */
const suspicious = 3;
/** From this many on, it is polling if the intervals agree. */
const convincing = 6;
const mostSeries = 1024;
/** Requests closer together than this are work, not polling. */
const shortestInterval = 100e6;
/** Standard deviation of the intervals beside their mean. */
const mostJitter = 0.5;
/** A response that took this long was waited for on purpose. */
const longPoll = 1e9;
/** Bytes of content that tell two answers apart. */
const comparedBytes = 1024;

/** Bytes that one message of an open WebSocket costs beside its payload: frame header, TCP and IP headers. */
export const webSocketMessageOverhead = 2 + 20 + 20;
/** The same for an HTTP exchange beside its heads: request, response, and an acknowledgement. */
export const exchangePacketOverhead = 3 * 40;

/** One request that comes again and again. */
export class PollSeries {
  readonly url: string;
  readonly method: string;
  readonly place: Place;
  /** Requests since it became suspicious. */
  count = 1;
  /** Sums of the intervals between requests and of their squares; ns. */
  intervals = 0;
  intervalSum = 0;
  intervalSquares = 0;
  /** Answers without content, equal to the one before, 304. */
  empty = 0;
  equal = 0;
  notModified = 0;
  longWaits = 0;
  waitSum = 0;
  /** Bytes of heads and content, both ways. */
  headBytes = 0;
  contentBytes = 0;
  /** Answers that told something new. */
  updates = 0;
  /** Answers of which it is known whether they told something new, and the first of which it is not. */
  compared = 0;
  uncompared = 0;
  lastTime = 0;
  lastEnd = 0;
  lastAnswer = -1;
  /** Requests that followed the end of the answer before within a tenth of a second. */
  followed = 0;

  constructor(record: ExchangeRecord, place: Place) {
    this.url = record.url.slice(0, 1024);
    this.method = record.request.method.slice(0, 32);
    this.place = place;
  }

  get interval(): number {
    return this.intervals === 0 ? 0 : this.intervalSum / this.intervals;
  }

  /** Standard deviation of the intervals, as a share of their mean. */
  get jitter(): number {
    const mean = this.interval;
    if (mean === 0) return 0;
    return Math.sqrt(Math.max(0, this.intervalSquares / this.intervals - mean * mean)) / mean;
  }

  /** Requests in all, those before it became suspicious among them. */
  get times(): number {
    return this.count + suspicious - 1;
  }

  get isLongPoll(): boolean {
    return this.longWaits * 2 >= this.count && this.followed * 2 >= this.intervals;
  }

  get isPolling(): boolean {
    if (this.intervals + 1 < convincing) return false;
    return this.isLongPoll || (this.interval >= shortestInterval && this.jitter <= mostJitter);
  }

  /** Bytes beyond the content: heads, and the packets they went in. */
  get overhead(): number {
    return Math.round((this.headBytes / this.count + exchangePacketOverhead) * this.times);
  }

  /**
   * What its updates would have cost beyond their content as messages of one WebSocket: the first answer, and as many of the
   * others as their share of those that were compared.
   */
  get webSocketOverhead(): number {
    if (this.compared === 0) return webSocketMessageOverhead;
    const changes = this.updates - this.uncompared;
    return Math.round(1 + (changes / this.compared) * (this.times - 1)) * webSocketMessageOverhead;
  }
}

export class Polling {
  private readonly findings: Findings;
  /** Side by side: the request's hash, and how often it came. */
  private readonly requests = new Int32Array(capacity * 2);
  private readonly series = new Map<number, PollSeries>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number, heads: Heads): void {
    const { head } = record.request;
    const key = bytesHash(hash, head.data, head.methodStart, head.methodEnd);
    const { requests } = this;
    const at = (key & (capacity - 1)) * 2;
    if (requests[at] !== key) {
      if (requests[at + 1]! >= suspicious && this.series.has(requests[at]!)) {
        // The place belongs to a series that goes on; it yields once this one has come as often.
        requests[at + 1]!--;
        return;
      }
      requests[at] = key;
      requests[at + 1] = 1;
      return;
    }
    if (requests[at + 1]! < 0xffff) requests[at + 1]!++;
    if (requests[at + 1]! >= suspicious) this.follow(record, key, heads);
  }

  /** Series that are polling, the most frequent first. */
  entries(): PollSeries[] {
    return [...this.series.values()].filter((one) => one.isPolling).sort((a, b) => b.count - a.count);
  }

  finish(): void {
    for (const one of this.entries()) this.findings.at(one.place, 'polling.detected', pollText(one));
  }

  private follow(record: ExchangeRecord, key: number, heads: Heads): void {
    let one = this.series.get(key);
    if (one === undefined) {
      if (this.series.size >= mostSeries) return;
      this.series.set(key, (one = new PollSeries(record, placeOf(record))));
    } else this.addInterval(one, record);
    this.addAnswer(one, record, heads);
  }

  private addInterval(one: PollSeries, { request }: ExchangeRecord): void {
    one.count++;
    const interval = request.time - one.lastTime;
    if (interval < 0) return;
    one.intervals++;
    one.intervalSum += interval;
    one.intervalSquares += interval * interval;
    if (request.time - one.lastEnd < 100e6) one.followed++;
  }

  private addAnswer(one: PollSeries, record: ExchangeRecord, { response: fields }: Heads): void {
    const { request, response } = record;
    one.lastTime = request.time;
    one.lastEnd = response.present ? response.endTime : request.endTime;
    one.headBytes += request.head.size + (response.present ? response.head.size : 0);
    one.contentBytes += request.bodyBytes + response.bodyBytes;
    const wait = record.wait ?? 0;
    one.waitSum += wait;
    if (wait >= longPoll) one.longWaits++;
    if (!response.present) return;
    const answer = answerHash(record, fields.value(Field.etag));
    // What follows a 304 or nothing is new.
    const isFirst = one.lastAnswer < 0 && one.notModified + one.empty === 0;
    if (isFirst && response.status !== 304 && response.bodyBytes > 0) one.uncompared++;
    else one.compared++;
    if (response.status === 304) one.notModified++;
    else if (response.bodyBytes === 0) one.empty++;
    else if (answer === one.lastAnswer) one.equal++;
    else one.updates++;
    if (response.status !== 304) one.lastAnswer = answer;
  }
}

/** Every 2.00 s (jitter 3%), 40 times, 90% without news; heads and packets cost ..., over one WebSocket ... */
export function pollText(one: PollSeries): string {
  const idle = one.empty + one.equal + one.notModified;
  const how = one.isLongPoll
    ? `long polls, each waiting ${spanText(one.waitSum / one.count)}`
    : `every ${spanText(one.interval)} (jitter ${Math.round(one.jitter * 100)}%)`;
  return (
    `${one.method} ${one.url}: ${countText(one.times)} times, ${how}, ${shareText(idle, one.count)} without news; ` +
    `${bytesText(one.overhead)} beside the content, ${bytesText(one.webSocketOverhead)} over one WebSocket`
  );
}

function placeOf(record: ExchangeRecord): Place {
  const { time, firstPacket } = record.request;
  return { connection: record.connection, exchange: record.id, side: client, time, packet: firstPacket };
}

/** What an answer says, as far as it is known: status, length, ETag, and the first bytes where they are kept. */
function answerHash({ response }: ExchangeRecord, etag: string | undefined): number {
  let hash = Math.imul(0x811c9dc5 ^ response.status, 0x01000193) ^ response.bodyBytes;
  if (etag !== undefined) for (let i = 0; i < etag.length; i++) hash = Math.imul(hash ^ etag.charCodeAt(i), 0x01000193);
  const { data, length } = response.body;
  return bytesHash(hash, data, 0, Math.min(length, comparedBytes)) >>> 0;
}
