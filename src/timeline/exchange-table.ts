/**
 * Exchanges as columns: what a list shows, sorts and filters by, 150 bytes a row and the texts. Heads and bodies are not
 * here; they are read again when somebody looks at them. Rows are in the order in which they were first heard of. A
 * WebSocket conversation whose opening was not captured is a row, too, that is no exchange.
 */
import { KnownField, findField, offsetsPerField, type HttpHead, hostField } from '../core/http.ts';
import { chunkOf, chunkRows, Float64Column, Int32Column, Uint16Column, Uint8Column } from './columns.ts';
import type { ExchangeRecord, HttpMessage } from './records.ts';
import { Table } from './table.ts';
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
  /** No exchange: a conversation whose opening was not seen. */
  orphan: 2048,
} as const;

export const exchangeStates: readonly ExchangeState[] = [
  'open', 'complete', 'no-request', 'no-response', 'truncated', 'reset',
]; // prettier-ignore

/** How bad the worst diagnostic is: index in this list. */
export const severityRanks = ['none', 'note', 'warning', 'error'] as const;

export class ExchangeTable extends Table {
  /** Rows that are no exchange. */
  orphans = 0;
  /** The exchange's id; 0 of a row that is none. */
  readonly id = this.column(new Int32Column());
  readonly connection = this.column(new Int32Column());
  readonly stream = this.column(new Int32Column());
  /** Of the request's first byte, or the response's where no request was seen. */
  readonly time = this.column(new Float64Column());
  readonly requestEnd = this.column(new Float64Column());
  readonly responseTime = this.column(new Float64Column());
  readonly responseEnd = this.column(new Float64Column());
  /** First and last packet of the request, then of the response. */
  readonly requestPacket = this.column(new Int32Column());
  readonly requestLastPacket = this.column(new Int32Column());
  readonly responsePacket = this.column(new Int32Column());
  readonly responseLastPacket = this.column(new Int32Column());
  /** Names of texts in the arena. */
  readonly method = this.column(new Int32Column());
  readonly target = this.column(new Int32Column());
  readonly host = this.column(new Int32Column());
  readonly requestType = this.column(new Int32Column());
  readonly responseType = this.column(new Int32Column());
  readonly reason = this.column(new Int32Column());
  readonly status = this.column(new Uint16Column());
  readonly flags = this.column(new Uint16Column());
  readonly state = this.column(new Uint8Column());
  /** As in `HttpHead.version`. */
  readonly requestVersion = this.column(new Uint8Column());
  readonly responseVersion = this.column(new Uint8Column());
  readonly severity = this.column(new Uint8Column());
  /** Index of the WebSocket conversation that followed, -1 for none. */
  readonly conversation = this.column(new Int32Column(-1));
  readonly requestHead = this.column(new Int32Column());
  readonly responseHead = this.column(new Int32Column());
  readonly requestBytes = this.column(new Float64Column());
  readonly responseBytes = this.column(new Float64Column());
  readonly responseDecoded = this.column(new Float64Column());
  /** Rows by the exchange's id less 1, counted from 1; 0 where it has none. */
  private readonly rows = new Int32Column();
  /** Exchanges of each chunk of `rows` that have left. */
  private readonly idChunks: number[] = [];

  override holds(row: number): boolean {
    return this.flags.at(row) !== 0;
  }

  /** The row of an exchange, -1 where it has none (any more). */
  rowOf(id: number): number {
    return this.rows.at(id - 1) - 1;
  }

  /** A row for a conversation whose opening was not seen. */
  addOrphan(connection: number, stream: number, conversation: number, time: number, packet: number): number {
    const row = this.count;
    this.reach(row);
    this.orphans++;
    this.flags.set(row, ExchangeFlag.seen | ExchangeFlag.orphan);
    this.connection.set(row, connection);
    this.stream.set(row, stream);
    this.conversation.set(row, conversation);
    this.time.set(row, time);
    this.requestEnd.set(row, time);
    this.responsePacket.set(row, packet);
    return row;
  }

  override get bytesPerRow(): number {
    return super.bytesPerRow + this.rows.bytesPerRow;
  }

  has(row: number, flag: number): boolean {
    return (this.flags.at(row) & flag) !== 0;
  }

  /** Nanoseconds from first to last byte; NaN while there is no end. */
  duration(row: number): number {
    const flags = this.flags.at(row);
    const needed = ExchangeFlag.request | ExchangeFlag.responseEnded;
    return (flags & needed) === needed ? this.responseEnd.at(row) - this.time.at(row) : NaN;
  }

  /** Nanoseconds from the request's end to the response's first byte; NaN where there is none. */
  wait(row: number): number {
    const flags = this.flags.at(row);
    const needed = ExchangeFlag.requestEnded | ExchangeFlag.response;
    return (flags & needed) === needed ? Math.max(0, this.responseTime.at(row) - this.requestEnd.at(row)) : NaN;
  }

  /** The last moment anything was seen of it. */
  lastTime(row: number): number {
    return this.has(row, ExchangeFlag.response) ? this.responseEnd.at(row) : this.requestEnd.at(row);
  }

  lastPacket(row: number): number {
    return Math.max(this.requestLastPacket.at(row), this.responseLastPacket.at(row));
  }

  firstPacket(row: number): number {
    return this.has(row, ExchangeFlag.request) ? this.requestPacket.at(row) : this.responsePacket.at(row);
  }

  /** Content bytes of both sides. */
  size(row: number): number {
    return this.has(row, ExchangeFlag.response) ? this.responseBytes.at(row) : NaN;
  }

  /** Takes what content adds to a row that has its response already; false where it has not, and `fill` is needed. */
  grow({ id, request, response }: ExchangeRecord): boolean {
    const row = this.rowOf(id);
    if (row < 0 || !response.present || !this.has(row, ExchangeFlag.response)) return false;
    this.requestEnd.set(row, request.endTime);
    this.requestLastPacket.set(row, request.lastPacket);
    this.requestBytes.set(row, request.bodyBytes);
    this.responseEnd.set(row, response.endTime);
    this.responseLastPacket.set(row, response.lastPacket);
    this.responseBytes.set(row, response.bodyBytes);
    this.responseDecoded.set(row, response.decodedBytes);
    return true;
  }

  /** Takes what the record says into the row, which is made where there is none. */
  fill(record: ExchangeRecord, done: boolean): number {
    const { request, response } = record;
    const row = this.rowFor(record.id);
    const before = this.flags.at(row);
    let flags = ExchangeFlag.seen | (before & ExchangeFlag.upgrade);
    if (done) flags |= ExchangeFlag.done;
    if (record.secure) flags |= ExchangeFlag.secure;
    if (request.missingBytes + response.missingBytes > 0) flags |= ExchangeFlag.gap;
    this.connection.set(row, record.connection);
    this.stream.set(row, record.stream);
    if (request.present) {
      flags |= ExchangeFlag.request;
      if (request.ended) flags |= ExchangeFlag.requestEnded;
      if (request.complete) flags |= ExchangeFlag.requestComplete;
      if ((before & ExchangeFlag.request) === 0) this.requestLine(row, request);
      this.requestEnd.set(row, request.endTime);
      this.requestLastPacket.set(row, request.lastPacket);
      this.requestBytes.set(row, request.bodyBytes);
    }
    if (response.present) {
      flags |= ExchangeFlag.response;
      if (response.ended) flags |= ExchangeFlag.responseEnded;
      if (response.complete) flags |= ExchangeFlag.responseComplete;
      if ((before & ExchangeFlag.response) === 0) this.statusLine(row, response, request.present);
      this.responseEnd.set(row, response.endTime);
      this.responseLastPacket.set(row, response.lastPacket);
      this.responseBytes.set(row, response.bodyBytes);
      this.responseDecoded.set(row, response.decodedBytes);
    }
    this.state.set(row, done ? exchangeStates.indexOf(record.state) : 0);
    this.flags.set(row, flags);
    return row;
  }

  private rowFor(id: number): number {
    const known = this.rowOf(id);
    if (known >= 0) return known;
    const row = this.count;
    this.reach(row);
    this.id.set(row, id);
    while (this.idChunks.length <= chunkOf(id - 1)) {
      this.rows.grow(new ArrayBuffer(this.rows.bytesPerRow * chunkRows), 0);
      this.idChunks.push(0);
    }
    this.rows.set(id - 1, row + 1);
    return row;
  }

  protected override leaving(row: number): void {
    const id = this.id.at(row);
    if (id === 0) {
      this.orphans--;
      return;
    }
    this.rows.clear(id - 1);
    const chunk = chunkOf(id - 1);
    // Of what leaves before it is over, more may be heard.
    if (this.has(row, ExchangeFlag.done) && ++this.idChunks[chunk]! === chunkRows) this.rows.drop(chunk);
  }

  private requestLine(row: number, { head, time, firstPacket }: HttpMessage): void {
    const { arena } = this;
    this.time.set(row, time);
    this.requestPacket.set(row, firstPacket);
    this.method.set(row, arena.name(head.data, head.methodStart, head.methodEnd));
    this.target.set(row, arena.name(head.data, head.targetStart, head.targetEnd));
    this.host.set(row, this.fieldAt(head, hostField(head)));
    this.requestType.set(row, this.field(head, KnownField.contentType));
    this.requestVersion.set(row, head.version);
    this.requestHead.set(row, head.size);
    this.tookTexts(row);
  }

  private statusLine(row: number, { head, time, firstPacket }: HttpMessage, afterRequest: boolean): void {
    if (!afterRequest) this.time.set(row, time);
    this.responseTime.set(row, time);
    this.responsePacket.set(row, firstPacket);
    this.status.set(row, head.status);
    this.reason.set(row, this.arena.name(head.data, head.reasonStart, head.reasonEnd));
    this.responseType.set(row, this.field(head, KnownField.contentType));
    this.responseVersion.set(row, head.version);
    this.responseHead.set(row, head.size);
    this.tookTexts(row);
  }

  private field(head: HttpHead, known: KnownField): number {
    return this.fieldAt(head, findField(head, known));
  }

  private fieldAt(head: HttpHead, index: number): number {
    const at = index * offsetsPerField;
    return at < 0 ? 0 : this.arena.name(head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
  }
}
