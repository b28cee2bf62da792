/**
 * Exchanges as columns: what a list shows, sorts and filters by, 142 bytes a row and the texts. Heads and bodies are not
 * here; they are read again when somebody looks at them. Row = the exchange's id less 1.
 */
import { KnownField, findField, offsetsPerField, type HttpHead, hostField } from '../core/http.ts';
import type { Arena } from './arena.ts';
import { capacityFor, grownTo } from './columns.ts';
import type { ExchangeRecord, HttpMessage } from './records.ts';
import type { ExchangeState } from './trace-format.ts';

export const ExchangeFlag = {
  /** The row has been filled at all. */
  seen: 1,
  request: 2,
  response: 4,
  requestEnded: 8,
  responseEnded: 16,
  requestComplete: 32,
  responseComplete: 64,
  secure: 128,
  /** Content bytes are missing from the capture. */
  gap: 256,
  /** The exchange is over; until then the row grows. */
  done: 512,
  /** Asked to change protocol. */
  upgrade: 1024,
} as const;

export const exchangeStates: readonly ExchangeState[] = [
  'open', 'complete', 'no-request', 'no-response', 'truncated', 'reset',
]; // prettier-ignore

/** How bad the worst diagnostic is: index in this list. */
export const severityRanks = ['none', 'note', 'warning', 'error'] as const;

export class ExchangeTable {
  readonly arena: Arena;
  count = 0;
  connection = new Int32Array(1024);
  stream = new Int32Array(1024);
  /** Of the request's first byte, or the response's where no request was seen. */
  time = new Float64Array(1024);
  requestEnd = new Float64Array(1024);
  responseTime = new Float64Array(1024);
  responseEnd = new Float64Array(1024);
  /** First and last packet of the request, then of the response. */
  requestPacket = new Int32Array(1024);
  requestLastPacket = new Int32Array(1024);
  responsePacket = new Int32Array(1024);
  responseLastPacket = new Int32Array(1024);
  /** Names of texts in the arena. */
  method = new Int32Array(1024);
  target = new Int32Array(1024);
  host = new Int32Array(1024);
  requestType = new Int32Array(1024);
  responseType = new Int32Array(1024);
  reason = new Int32Array(1024);
  status = new Uint16Array(1024);
  flags = new Uint16Array(1024);
  state = new Uint8Array(1024);
  /** As in `HttpHead.version`. */
  requestVersion = new Uint8Array(1024);
  responseVersion = new Uint8Array(1024);
  severity = new Uint8Array(1024);
  /** Index of the WebSocket conversation that followed, -1 for none. */
  conversation = new Int32Array(1024);
  requestHead = new Int32Array(1024);
  responseHead = new Int32Array(1024);
  requestBytes = new Float64Array(1024);
  responseBytes = new Float64Array(1024);
  responseDecoded = new Float64Array(1024);
  private capacity = 1024;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  has(row: number, flag: number): boolean {
    return (this.flags[row]! & flag) !== 0;
  }

  /** Nanoseconds from first to last byte; NaN while there is no end. */
  duration(row: number): number {
    const flags = this.flags[row]!;
    const needed = ExchangeFlag.request | ExchangeFlag.responseEnded;
    return (flags & needed) === needed ? this.responseEnd[row]! - this.time[row]! : NaN;
  }

  /** Nanoseconds from the request's end to the response's first byte; NaN where there is none. */
  wait(row: number): number {
    const flags = this.flags[row]!;
    const needed = ExchangeFlag.requestEnded | ExchangeFlag.response;
    return (flags & needed) === needed ? this.responseTime[row]! - this.requestEnd[row]! : NaN;
  }

  /** The last moment anything was seen of it. */
  lastTime(row: number): number {
    return this.has(row, ExchangeFlag.response) ? this.responseEnd[row]! : this.requestEnd[row]!;
  }

  lastPacket(row: number): number {
    return Math.max(this.requestLastPacket[row]!, this.responseLastPacket[row]!);
  }

  firstPacket(row: number): number {
    return this.has(row, ExchangeFlag.request) ? this.requestPacket[row]! : this.responsePacket[row]!;
  }

  /** Content bytes of both sides. */
  size(row: number): number {
    return this.has(row, ExchangeFlag.response) ? this.responseBytes[row]! : NaN;
  }

  /** Takes what content adds to a row that has its response already; false where it has not, and `fill` is needed. */
  grow(row: number, { request, response }: ExchangeRecord): boolean {
    if (row >= this.count || !response.present || !this.has(row, ExchangeFlag.response)) return false;
    this.requestEnd[row] = request.endTime;
    this.requestLastPacket[row] = request.lastPacket;
    this.requestBytes[row] = request.bodyBytes;
    this.responseEnd[row] = response.endTime;
    this.responseLastPacket[row] = response.lastPacket;
    this.responseBytes[row] = response.bodyBytes;
    this.responseDecoded[row] = response.decodedBytes;
    return true;
  }

  /** Takes what the record says; true where the row was there before. */
  fill(row: number, record: ExchangeRecord, done: boolean): boolean {
    if (row >= this.capacity) this.enlarge(row);
    if (row >= this.count) this.count = row + 1;
    const { request, response } = record;
    const before = this.flags[row]!;
    let flags = ExchangeFlag.seen | (before & ExchangeFlag.upgrade);
    if (done) flags |= ExchangeFlag.done;
    if (record.secure) flags |= ExchangeFlag.secure;
    if (request.missingBytes + response.missingBytes > 0) flags |= ExchangeFlag.gap;
    this.connection[row] = record.connection;
    this.stream[row] = record.stream;
    if (request.present) {
      flags |= ExchangeFlag.request;
      if (request.ended) flags |= ExchangeFlag.requestEnded;
      if (request.complete) flags |= ExchangeFlag.requestComplete;
      if ((before & ExchangeFlag.request) === 0) this.requestLine(row, request);
      this.requestEnd[row] = request.endTime;
      this.requestLastPacket[row] = request.lastPacket;
      this.requestBytes[row] = request.bodyBytes;
    }
    if (response.present) {
      flags |= ExchangeFlag.response;
      if (response.ended) flags |= ExchangeFlag.responseEnded;
      if (response.complete) flags |= ExchangeFlag.responseComplete;
      if ((before & ExchangeFlag.response) === 0) this.statusLine(row, response, request.present);
      this.responseEnd[row] = response.endTime;
      this.responseLastPacket[row] = response.lastPacket;
      this.responseBytes[row] = response.bodyBytes;
      this.responseDecoded[row] = response.decodedBytes;
    }
    this.state[row] = done ? exchangeStates.indexOf(record.state) : 0;
    this.flags[row] = flags;
    if ((before & ExchangeFlag.seen) === 0) {
      this.conversation[row] = -1;
      return false;
    }
    return true;
  }

  private requestLine(row: number, { head, time, firstPacket }: HttpMessage): void {
    const { arena } = this;
    this.time[row] = time;
    this.requestPacket[row] = firstPacket;
    this.method[row] = arena.name(head.data, head.methodStart, head.methodEnd);
    this.target[row] = arena.name(head.data, head.targetStart, head.targetEnd);
    this.host[row] = this.fieldAt(head, hostField(head));
    this.requestType[row] = this.field(head, KnownField.contentType);
    this.requestVersion[row] = head.version;
    this.requestHead[row] = head.size;
  }

  private statusLine(row: number, { head, time, firstPacket }: HttpMessage, afterRequest: boolean): void {
    if (!afterRequest) this.time[row] = time;
    this.responseTime[row] = time;
    this.responsePacket[row] = firstPacket;
    this.status[row] = head.status;
    this.reason[row] = this.arena.name(head.data, head.reasonStart, head.reasonEnd);
    this.responseType[row] = this.field(head, KnownField.contentType);
    this.responseVersion[row] = head.version;
    this.responseHead[row] = head.size;
  }

  private field(head: HttpHead, known: KnownField): number {
    return this.fieldAt(head, findField(head, known));
  }

  private fieldAt(head: HttpHead, index: number): number {
    const at = index * offsetsPerField;
    return at < 0 ? 0 : this.arena.name(head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
  }

  private enlarge(row: number): void {
    const n = (this.capacity = capacityFor(this.capacity, row));
    this.connection = grownTo(this.connection, n);
    this.stream = grownTo(this.stream, n);
    this.time = grownTo(this.time, n);
    this.requestEnd = grownTo(this.requestEnd, n);
    this.responseTime = grownTo(this.responseTime, n);
    this.responseEnd = grownTo(this.responseEnd, n);
    this.requestPacket = grownTo(this.requestPacket, n);
    this.requestLastPacket = grownTo(this.requestLastPacket, n);
    this.responsePacket = grownTo(this.responsePacket, n);
    this.responseLastPacket = grownTo(this.responseLastPacket, n);
    this.method = grownTo(this.method, n);
    this.target = grownTo(this.target, n);
    this.host = grownTo(this.host, n);
    this.requestType = grownTo(this.requestType, n);
    this.responseType = grownTo(this.responseType, n);
    this.reason = grownTo(this.reason, n);
    this.status = grownTo(this.status, n);
    this.flags = grownTo(this.flags, n);
    this.state = grownTo(this.state, n);
    this.requestVersion = grownTo(this.requestVersion, n);
    this.responseVersion = grownTo(this.responseVersion, n);
    this.severity = grownTo(this.severity, n);
    this.conversation = grownTo(this.conversation, n);
    this.requestHead = grownTo(this.requestHead, n);
    this.responseHead = grownTo(this.responseHead, n);
    this.requestBytes = grownTo(this.requestBytes, n);
    this.responseBytes = grownTo(this.responseBytes, n);
    this.responseDecoded = grownTo(this.responseDecoded, n);
  }
}
