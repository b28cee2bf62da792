/**
 * Numbers for the statistics view, added up from the timeline's finished rows in slices: so many rows a time, each once.
 */
import { Counter } from '../insight/counter.ts';
import { Distribution } from '../insight/distribution.ts';
import { ExchangeFlag } from '../timeline/exchange-table.ts';
import { FrameFlag } from '../timeline/frame-table.ts';
import { RowList } from '../timeline/columns.ts';
import type { Timeline } from '../timeline/timeline.ts';

const slice = 2048;
/** Endpoints told apart; those beyond are added up in one. */
const mostEndpoints = 200;
const mostWords = 4096;
const slowestKept = 10;
const mostBuckets = 512;

export interface Endpoint {
  readonly name: string;
  readonly latency: Distribution;
  errors: number;
}

/** An exchange that took long: it may have left the timeline since. */
export interface Slow {
  readonly total: number;
  readonly status: number;
  readonly what: string;
}

/** Bytes over time, in buckets that double in width when there are too many. */
export class Throughput {
  /** Nanoseconds a bucket lasts. */
  width = 1e6;
  count = 0;
  readonly series = {
    requests: new Float64Array(mostBuckets),
    responses: new Float64Array(mostBuckets),
    webSocketOut: new Float64Array(mostBuckets),
    webSocketIn: new Float64Array(mostBuckets),
  };

  add(series: keyof Throughput['series'], time: number, bytes: number): void {
    if (!(time >= 0)) return;
    while (time >= this.width * mostBuckets) this.widen();
    const bucket = Math.floor(time / this.width);
    this.series[series][bucket]! += bytes;
    if (bucket >= this.count) this.count = bucket + 1;
  }

  private widen(): void {
    for (const values of Object.values(this.series)) {
      for (let i = 0; i < mostBuckets / 2; i++) values[i] = values[2 * i]! + values[2 * i + 1]!;
      values.fill(0, mostBuckets / 2);
    }
    this.width *= 2;
    this.count = Math.ceil(this.count / 2);
  }
}

export class Statistics {
  readonly statuses = new Float64Array(1000);
  unanswered = 0;
  counted = 0;
  readonly methods = new Counter(100);
  readonly hosts = new Counter(1000);
  readonly types = new Counter(1000);
  readonly wait = new Distribution();
  readonly total = new Distribution();
  readonly endpoints = new Map<number, Endpoint>();
  readonly others: Endpoint = { name: 'others', latency: new Distribution(), errors: 0 };
  /** Slowest first. */
  readonly slowest: Slow[] = [];
  readonly throughput = new Throughput();
  readonly opcodes = Array.from({ length: 16 }, () => ({ count: [0, 0], bytes: [0, 0] }));
  private readonly timeline: Timeline;
  private readonly words = new Map<number, string>();
  private readonly mediaTypes = new Map<number, string>();
  private recycled = 0;
  private rows = 0;
  private frames = 0;
  /** Rows passed over while they were open. */
  private open = new RowList();

  /** @param fromNow leaves out what is there already */
  constructor(timeline: Timeline, fromNow = false) {
    this.timeline = timeline;
    if (!fromNow) return;
    this.rows = timeline.exchanges.count;
    this.frames = timeline.frames.count;
  }

  /** Works until the clock says so; true where rows are left. */
  work(until: number, clock: () => number): boolean {
    const { exchanges, frames, texts } = this.timeline;
    if (texts.recycled !== this.recycled) this.forgetWords();
    if (this.open.length > 0) this.lookAgain();
    while (this.rows < exchanges.count) {
      const end = Math.min(exchanges.count, this.rows + slice);
      for (let row = this.rows; row < end; row++) {
        if (exchanges.has(row, ExchangeFlag.done)) this.exchange(row);
        else if (isExchange(exchanges.flags.at(row))) this.open.push(row);
      }
      this.rows = end;
      if (clock() >= until) return true;
    }
    while (this.frames < frames.count) {
      const end = Math.min(frames.count, this.frames + slice * 4);
      for (let row = this.frames; row < end; row++) this.frame(row);
      this.frames = end;
      if (clock() >= until) return true;
    }
    return false;
  }

  /** Numbers of texts name other texts now, and some of the slowest may have left. */
  private forgetWords(): void {
    this.recycled = this.timeline.texts.recycled;
    this.words.clear();
    this.mediaTypes.clear();
  }

  private lookAgain(): void {
    const { exchanges } = this.timeline;
    const { rows, length } = this.open;
    let left = 0;
    for (let i = 0; i < length; i++) {
      const row = rows[i]!;
      if (exchanges.has(row, ExchangeFlag.done)) this.exchange(row);
      else if (isExchange(exchanges.flags.at(row))) rows[left++] = row;
    }
    this.open.length = left;
  }

  private exchange(row: number): void {
    const { exchanges: x } = this.timeline;
    this.counted++;
    const answered = x.has(row, ExchangeFlag.response);
    if (answered) this.statuses[x.status.at(row)]!++;
    else this.unanswered++;
    const asked = x.has(row, ExchangeFlag.request);
    const sent = asked ? x.requestHead.at(row) + x.requestBytes.at(row) : 0;
    const received = answered ? x.responseHead.at(row) + x.responseBytes.at(row) : 0;
    this.throughput.add('requests', asked ? x.requestEnd.at(row) : NaN, sent);
    this.throughput.add('responses', answered ? x.responseEnd.at(row) : NaN, received);
    if (asked) {
      this.methods.add(this.word(x.method.at(row)));
      this.hosts.add(this.word(x.host.at(row)) || '(no host)', sent + received);
    }
    if (answered) this.types.add(this.mediaType(x.responseType.at(row)), x.responseBytes.at(row));
    const wait = x.wait(row);
    const total = x.duration(row);
    if (wait === wait) this.wait.add(Math.max(0, wait));
    if (total !== total) return;
    this.total.add(Math.max(0, total));
    // A connection that changed its protocol has answered long before it ends.
    if (x.status.at(row) !== 101) this.endpoint(row, Math.max(0, total));
    this.rank(row, total);
  }

  private endpoint(row: number, total: number): void {
    const { exchanges: x, texts } = this.timeline;
    const seed = texts.sortKey(x.method.at(row), 0);
    texts.at(x.target.at(row));
    const key = endpointHash(texts.data, texts.start, texts.end, seed);
    let endpoint = this.endpoints.get(key);
    if (endpoint === undefined) {
      if (this.endpoints.size >= mostEndpoints) endpoint = this.others;
      else {
        const name = `${this.word(x.method.at(row))} ${endpointPath(texts.latin1(x.target.at(row)))}`;
        this.endpoints.set(key, (endpoint = { name, latency: new Distribution(), errors: 0 }));
      }
    }
    endpoint.latency.add(total);
    if (x.status.at(row) >= 400) endpoint.errors++;
  }

  /** A text that comes again and again, made a string once. */
  private word(text: number): string {
    let word = this.words.get(text);
    if (word === undefined) {
      word = this.timeline.texts.latin1(text);
      if (this.words.size < mostWords) this.words.set(text, word);
    }
    return word;
  }

  private mediaType(text: number): string {
    let type = this.mediaTypes.get(text);
    if (type === undefined) {
      type = mediaType(this.timeline.texts.latin1(text));
      if (this.mediaTypes.size < mostWords) this.mediaTypes.set(text, type);
    }
    return type;
  }

  private rank(row: number, total: number): void {
    const { slowest } = this;
    if (slowest.length === slowestKept && total <= slowest[slowestKept - 1]!.total) return;
    const { exchanges: x, texts } = this.timeline;
    let at = slowest.length;
    while (at > 0 && slowest[at - 1]!.total < total) at--;
    const what = `${this.word(x.method.at(row))} ${texts.latin1(x.target.at(row))}`;
    slowest.splice(at, 0, { total, status: x.status.at(row), what });
    if (slowest.length > slowestKept) slowest.pop();
  }

  private frame(row: number): void {
    const { frames } = this.timeline;
    const side = frames.flags.at(row) & FrameFlag.server;
    const opcode = this.opcodes[frames.first.at(row) & 0x0f]!;
    const bytes = frames.length.at(row) + frames.headerLength.at(row);
    opcode.count[side]!++;
    opcode.bytes[side]! += frames.length.at(row);
    this.throughput.add(side === 0 ? 'webSocketOut' : 'webSocketIn', frames.time.at(row), bytes);
  }
}

/** Neither a conversation's row nor one that has left. */
function isExchange(flags: number): boolean {
  return flags !== 0 && (flags & ExchangeFlag.orphan) === 0;
}

function mediaType(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase() || '(no type)';
}

/** A path whose numbers and long identifiers stand for all of their kind: `/orders/{id}`. */
export function endpointPath(target: string): string {
  const query = target.indexOf('?');
  const path = (query < 0 ? target : target.slice(0, query)).slice(0, longestPath);
  return path
    .split('/')
    .map((part) => (/^(?:\d+|[0-9a-f-]{16,}|[A-Za-z0-9_-]{24,})$/.test(part) ? '{id}' : part))
    .join('/');
}

const longestPath = 200;
const slash = 0x2f;
const question = 0x3f;

/** The same for paths that `endpointPath` makes equal, without making strings. */
export function endpointHash(data: Uint8Array, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  const stop = Math.min(end, start + longestPath);
  for (let at = start; at < stop && data[at] !== question;) {
    const from = at;
    let digits = true;
    let hex = true;
    let word = true;
    let own = hash;
    for (; at < stop && data[at] !== slash && data[at] !== question; at++) {
      const byte = data[at]!;
      const digit = byte >= 0x30 && byte <= 0x39;
      const dash = byte === 0x2d;
      digits &&= digit;
      hex &&= digit || dash || (byte >= 0x61 && byte <= 0x66);
      word &&= digit || dash || byte === 0x5f || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
      own = Math.imul(own ^ byte, 0x01000193);
    }
    const length = at - from;
    const id = length > 0 && (digits || (hex && length >= 16) || (word && length >= 24));
    hash = Math.imul((id ? hash ^ 0x7b7d : own) ^ slash, 0x01000193);
    if (data[at] === slash) at++;
  }
  return hash;
}
