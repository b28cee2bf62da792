/**
 * Turns what decoders say into records: exchanges, frames and messages are filled in while their bytes pass, and given
 * to the `RecordSink` when they are complete. Records are pooled; a sink that keeps one copies it.
 */
import type { Budget } from '../core/budget.ts';
import { ConnectionFlag, protocolNames, type ConnectionTable, type ProtocolName } from '../core/connection-table.ts';
import { diagnostics, type DiagnosticCode } from '../core/diagnostics.ts';
import { KnownField, combinedValue, type HttpHead } from '../core/http.ts';
import type { Moment } from '../core/moment.ts';
import { client, server, type Side } from '../core/side.ts';
import {
  MessageEnd,
  type ContentDecoderFactory,
  type ContentReaders,
  type DecodedContentSink,
  type Http2Facts,
  type StreamRecorder,
  type WebSocketSink,
} from '../core/sinks.ts';
import type { TlsFacts } from '../core/tls.ts';
import { EventRecorder } from './event-recorder.ts';
import { GrpcCounter, GrpcCounts, structureOf } from './grpc.ts';
import { reach } from './reach.ts';
import { silenceOf, silences } from './silence.ts';
import { Totals } from './totals.ts';
import {
  ConnectionRecord,
  ExchangeRecord,
  HttpMessage,
  absentMessage,
  fieldLines,
  type CaptureFacts,
  type DiagnosticRecord,
  type RecordSink,
} from './records.ts';
import type { ExchangeState } from './trace-format.ts';
import { isUpgrade, judgedHeads } from './upgraded-messages.ts';
import { WebSocketRecorder } from './websocket-recorder.ts';

/** Finished records and messages kept for the next exchange: as many as may be open at a time on a busy link. */
const poolSize = 4096;
/** Interim responses kept of one exchange. */
const interimLimit = 64;
/** Diagnostics that wait for the capture record: a file may be damaged before its first packet, which tells the time. */
const earlyLimit = 1000;
/** What an open exchange costs beside its bytes. */
const exchangeOverhead = 1024;

export interface RecorderOptions {
  /** Bytes of each body and payload that are kept; 0 keeps none. */
  maxBody: number;
  contentDecoder: ContentDecoderFactory;
  /** Readers of structured content; it is not looked into where they are left out. */
  contentReaders?: ContentReaders;
  /** Diagnostics wait until `capture` is called. */
  holdEarly?: boolean;
}

export class Recorder implements StreamRecorder<ExchangeRecord> {
  readonly totals: Totals = new Totals();
  private readonly connections: ConnectionTable;
  private readonly moment: Moment;
  private readonly budget: Budget;
  private readonly sink: RecordSink;
  /** Somebody looks at exchanges that are still open. */
  private readonly watched: boolean;
  private readonly maxBody: number;
  private readonly contentDecoder: ContentDecoderFactory;
  private readonly contentReaders: ContentReaders | undefined;
  private readonly pool: ExchangeRecord[] = [];
  private readonly messages: HttpMessage[] = [];
  private readonly connectionRecord: ConnectionRecord;
  /** Of connections that have ended and are about to be closed, by slot. */
  private readonly http2Facts: Map<number, Http2Facts> = new Map();
  private readonly tlsFacts: Map<number, TlsFacts> = new Map();
  /** Diagnostics from before the capture record. */
  private early: DiagnosticRecord[] | undefined;
  private readonly ids = { exchange: 0, frame: 0, message: 0 };

  constructor(
    shared: { connections: ConnectionTable; moment: Moment; budget: Budget },
    sink: RecordSink,
    options: RecorderOptions,
  ) {
    this.connections = shared.connections;
    this.moment = shared.moment;
    this.budget = shared.budget;
    this.sink = sink;
    this.watched = sink.progress !== undefined;
    this.maxBody = options.maxBody;
    this.contentDecoder = options.contentDecoder;
    this.contentReaders = options.contentReaders;
    this.connectionRecord = new ConnectionRecord(shared.connections);
    if (options.holdEarly === true) this.early = [];
  }

  /** The capture record, and what had to wait for it. */
  capture(facts: CaptureFacts): void {
    this.sink.capture(facts);
    this.early?.forEach((record) => this.sink.diagnostic(record));
    this.early = undefined;
  }

  // --- connections ---------------------------------------------------------------------------------------------------

  connectionOpened(slot: number): void {
    this.totals.connections++;
    this.sink.opened?.(this.connections, slot, this.moment.packet);
  }

  connectionClosed(slot: number): void {
    const record = this.connectionRecord;
    const flags = this.connections.flags[slot]!;
    record.slot = slot;
    record.closedAt = this.connections.lastAt[slot]!;
    record.opening = (flags & ConnectionFlag.midstream) !== 0 ? 'midstream' : 'handshake';
    record.closing =
      (flags & ConnectionFlag.reset) !== 0 ? 'reset' : (flags & ConnectionFlag.finished) !== 0 ? 'fin' : 'open';
    record.protocols = protocolsOf(this.connections.protocols[slot]!);
    record.http2 = this.http2Facts.get(slot);
    this.http2Facts.delete(slot);
    record.tls = this.tlsFacts.get(slot);
    this.tlsFacts.delete(slot);
    this.sink.connection(record);
  }

  http2Connection(slot: number, facts: Http2Facts): void {
    this.http2Facts.set(slot, facts);
  }

  tlsConnection(slot: number, facts: TlsFacts): void {
    const { decrypted, reason } = facts;
    if (!decrypted && reason !== undefined) this.report('tls.not-decrypted', slot, -1, -1, reason);
    this.tlsFacts.set(slot, facts);
  }

  // --- HTTP ----------------------------------------------------------------------------------------------------------

  openExchange(slot: number, stream: number): ExchangeRecord {
    const record = this.pool.pop() ?? this.newExchange();
    record.id = ++this.ids.exchange;
    record.slot = slot;
    record.stream = stream;
    record.secure = (this.connections.flags[slot]! & ConnectionFlag.secure) !== 0;
    this.hold(record, exchangeOverhead);
    return record;
  }

  requestField(record: ExchangeRecord, known: KnownField): string | undefined {
    return combinedValue(record.request.head, known);
  }

  openUpgraded(from: ExchangeRecord, slot: number, stream: number): ExchangeRecord {
    const record = this.openExchange(slot, stream);
    record.request = this.messages.pop() ?? new HttpMessage();
    record.request.copyFrom(from.request);
    record.request.ended = record.request.complete = true;
    record.request.how = MessageEnd.complete;
    this.hold(record, record.request.head.retained + record.request.body.data.length);
    return record;
  }

  requestHead(record: ExchangeRecord, head: HttpHead): void {
    this.begin(record, this.message(record, client), head);
  }

  interimHead(record: ExchangeRecord, head: HttpHead): void {
    const { interim } = this.message(record, server);
    if (interim.length >= interimLimit) return;
    interim.push({ status: head.status, headers: fieldLines(head), time: this.moment.time });
    this.hold(record, (head.end - head.start) * 2);
  }

  responseHead(record: ExchangeRecord, head: HttpHead): void {
    this.begin(record, this.message(record, server), head);
  }

  content(record: ExchangeRecord, side: Side, data: Uint8Array, start: number, end: number): void {
    const message = this.message(record, side);
    reach(message, this.moment);
    if (message.bodyBytes === 0 && message.head.fieldCount > 0) this.openDecoder(record, message, side);
    message.bodyBytes += end - start;
    if (message.decoder !== null) message.decoder.push(data, start, end);
    else this.keep(record, message, data, start, end);
    if (this.watched) this.sink.progress!(record);
  }

  contentGap(record: ExchangeRecord, side: Side, length: number): void {
    const message = this.message(record, side);
    message.missingBytes += length;
    message.decoder?.gap();
    message.reader?.gap();
  }

  trailers(record: ExchangeRecord, side: Side, head: HttpHead): void {
    const message = this.message(record, side);
    message.trailers = fieldLines(head);
    this.hold(record, (head.end - head.start) * 2);
  }

  messageEnd(record: ExchangeRecord, side: Side, how: MessageEnd): void {
    const message = this.message(record, side);
    message.decoder?.finish();
    message.decoder = null;
    message.how = how;
    if (message.structure !== 'none') this.endStructure(record, message, side);
    message.ended = how === MessageEnd.complete || how === MessageEnd.truncated;
    message.complete = how === MessageEnd.complete && message.missingBytes === 0;
    // What was cut ends with the last bytes that were seen, not where that turns out.
    if (how === MessageEnd.complete) reach(message, this.moment);
  }

  exchangeEnd(record: ExchangeRecord, unanswered = false): void {
    record.state = this.stateOf(record, unanswered);
    record.endedAt = this.moment.time;
    const upgrade =
      !isUpgraded(record) && isUpgrade(record.request, record.response) ? this.judgeUpgrade(record) : undefined;
    this.totals.exchange(record);
    this.sink.exchange(record);
    if (upgrade !== undefined) {
      this.totals.upgrades++;
      this.sink.upgrade(upgrade);
    }
    this.budget.used -= record.held;
    record.held = 0;
    this.takeBack(record.request);
    this.takeBack(record.response);
    record.reset();
    if (this.pool.length < poolSize) this.pool.push(record);
  }

  private newExchange(): ExchangeRecord {
    const record = new ExchangeRecord(this.connections);
    record.reset();
    return record;
  }

  /** A message of the exchange, lent to it from the pool: the one used last, which is still in the caches. */
  private message(record: ExchangeRecord, side: Side): HttpMessage {
    const message = side === client ? record.request : record.response;
    if (message !== absentMessage) return message;
    const lent = this.messages.pop() ?? new HttpMessage();
    if (side === client) record.request = lent;
    else record.response = lent;
    return lent;
  }

  private takeBack(message: HttpMessage): void {
    if (message === absentMessage || this.messages.length >= poolSize || message.head.retained > 4096) return;
    message.reset();
    this.messages.push(message);
  }

  reportExchange(
    record: ExchangeRecord,
    code: DiagnosticCode,
    slot: number,
    side: Side,
    offset: number,
    detail?: string,
  ): void {
    if (!record.diagnostics.includes(code)) record.diagnostics.push(code);
    this.emitDiagnostic(code, slot, record.id, side, offset, detail);
  }

  // --- WebSocket -----------------------------------------------------------------------------------------------------

  webSocket(slot: number, stream: number): WebSocketSink {
    return new WebSocketRecorder(slot, stream, this.connections, this.moment, this.sink, this, this.maxBody);
  }

  nextFrameId(): number {
    return ++this.ids.frame;
  }

  nextMessageId(): number {
    return ++this.ids.message;
  }

  // --- diagnostics ---------------------------------------------------------------------------------------------------

  report(code: DiagnosticCode, slot: number, side: Side | -1, offset: number, detail?: string): void {
    this.emitDiagnostic(code, slot, -1, side, offset, detail);
  }

  private emitDiagnostic(
    code: DiagnosticCode,
    slot: number,
    exchange: number,
    side: Side | -1,
    offset: number,
    detail: string | undefined,
  ): void {
    const entry: { severity: 'error' | 'warning' | 'note'; title: string; reference?: string } = diagnostics[code];
    this.totals.diagnostic(code);
    const record: DiagnosticRecord = {
      severity: entry.severity,
      code,
      message: detail ?? entry.title,
      reference: entry.reference,
      connection: slot < 0 ? -1 : this.connections.ids[slot]!,
      exchange,
      side,
      time: this.moment.time,
      packet: this.moment.packet,
      offset,
    };
    if (this.early === undefined) this.sink.diagnostic(record);
    else if (this.early.length < earlyLimit) this.early.push(record);
  }

  private begin(record: ExchangeRecord, message: HttpMessage, head: HttpHead): void {
    const { time, packet } = this.moment;
    message.present = true;
    message.head.copyFrom(head);
    message.time = head.packet > 0 ? head.time : time;
    message.firstPacket = head.packet > 0 ? head.packet : packet;
    message.endTime = message.time;
    message.lastPacket = message.firstPacket;
    reach(message, this.moment);
    this.hold(record, message.head.retained);
    message.structure = structureOf(message.head);
    if (message.structure === 'grpc') record.grpcCounts ??= new GrpcCounts();
    if (this.watched) this.sink.progress!(record);
  }

  private openDecoder(record: ExchangeRecord, message: HttpMessage, side: Side): void {
    if (message.structure !== 'none') this.openReader(record, message, side);
    const codings = combinedValue(message.head, KnownField.contentEncoding);
    if (codings === undefined) return;
    message.decoder = this.contentDecoder(codings, new DecodedContent(this, record, message, side));
    // A coding that is not undone hides what there is to be read.
    if (message.decoder === null && !/^identity$/i.test(codings)) message.reader = null;
  }

  private openReader(record: ExchangeRecord, message: HttpMessage, side: Side): void {
    const { contentReaders: readers, sink, moment, maxBody } = this;
    if (readers === undefined) return;
    if (message.structure === 'grpc') message.reader = readers.grpc(new GrpcCounter(record.grpcCounts!, side));
    else if (side === server)
      message.reader = readers.eventStream(new EventRecorder(this, sink, moment, maxBody, record));
  }

  private endStructure(record: ExchangeRecord, message: HttpMessage, side: Side): void {
    message.reader?.finish();
    message.reader = null;
    if (message.structure === 'grpc' && record.grpcCounts!.cut[side] && message.how !== MessageEnd.open)
      this.reportExchange(record, 'grpc.cut', record.slot, side, -1);
  }

  /** Content after codings. */
  keep(record: ExchangeRecord, message: HttpMessage, data: Uint8Array, start: number, end: number): void {
    message.decodedBytes += end - start;
    if (message.reader !== null) message.reader.push(data, start, end);
    if (this.maxBody === 0) return;
    const before = message.body.data.length;
    message.body.append(data, start, end, this.maxBody);
    this.hold(record, message.body.data.length - before);
  }

  private hold(record: ExchangeRecord, bytes: number): void {
    record.held += bytes;
    this.budget.used += bytes;
  }

  private stateOf(record: ExchangeRecord, unanswered: boolean): ExchangeState {
    const { request, response } = record;
    if (!request.present) return 'no-request';
    if (request.how === MessageEnd.reset || response.how === MessageEnd.reset) return 'reset';
    if (!response.present) {
      const flags = this.connections.flags[record.slot]!;
      if ((flags & ConnectionFlag.reset) !== 0) return 'reset';
      const over = (flags & (ConnectionFlag.finished | ConnectionFlag.serverEnded)) !== 0;
      return over || unanswered || request.how === MessageEnd.truncated ? 'no-response' : 'open';
    }
    if (request.how === MessageEnd.open || response.how === MessageEnd.open) return 'open';
    return request.complete && response.complete ? 'complete' : 'truncated';
  }

  private judgeUpgrade(record: ExchangeRecord): Parameters<RecordSink['upgrade']>[0] {
    const { request, response } = record;
    const { problems, ...judged } = judgedHeads(request, response);
    if (!response.present) judged.verdict = `unanswered: ${silences[silenceOf(record)]}`;
    const { moment } = this;
    const { time: now, packet } = moment;
    for (const { code, side, detail, at } of problems) {
      // Judged together, each is told where it was said.
      const message = side === client ? request : response;
      moment.time = message.time;
      moment.packet = message.firstPacket;
      const { offset } = message.head;
      this.reportExchange(record, code, record.slot, side, offset < 0 ? -1 : offset + at, detail);
    }
    moment.time = now;
    moment.packet = packet;
    const time = response.present ? response.time : request.time;
    return { connection: record.connection, exchange: record.id, time, ...judged };
  }
}

/** Each set of protocols that has occurred, by its bits. */
const protocolSets: (readonly ProtocolName[] | undefined)[] = [];

function protocolsOf(bits: number): readonly ProtocolName[] {
  return (protocolSets[bits] ??= protocolNames.filter((_, bit) => (bits & (1 << bit)) !== 0));
}

/** The request that asked for HTTP/2 and got it: it was judged with its 101 response. */
function isUpgraded({ stream, request }: ExchangeRecord): boolean {
  return stream >= 0 && request.head.version < 20;
}

/** What comes out of a message's content decoder. */
class DecodedContent implements DecodedContentSink {
  private readonly recorder: Recorder;
  private readonly record: ExchangeRecord;
  private readonly message: HttpMessage;
  private readonly side: Side;

  constructor(recorder: Recorder, record: ExchangeRecord, message: HttpMessage, side: Side) {
    this.recorder = recorder;
    this.record = record;
    this.message = message;
    this.side = side;
  }

  decoded(data: Uint8Array, start: number, end: number): void {
    this.recorder.keep(this.record, this.message, data, start, end);
  }

  problem(code: DiagnosticCode, detail: string): void {
    this.recorder.reportExchange(this.record, code, this.record.slot, this.side, -1, detail);
  }
}
