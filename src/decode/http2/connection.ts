/**
 * All that is known of one HTTP/2 connection, and the life of its streams: opened, ended by each side, given up, and told of
 * to the recorder.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { Moment } from '../../core/moment.ts';
import { client, server, type Side } from '../../core/side.ts';
import { EndOfStream, MessageEnd, type Http2Sink } from '../../core/sinks.ts';
import type { StreamHost } from '../protocol.ts';
import { Course } from './course.ts';
import { FlowControl } from './flow-control.ts';
import type { Lane } from './lane.ts';
import { Stream } from './stream.ts';

/** Streams that are kept open at once. */
const mostStreams = 16_384;

export interface Http2Sinks<X> {
  readonly sink: Http2Sink<X>;
  readonly host: StreamHost;
  readonly moment: Moment;
}

export class Connection<X> {
  readonly slot: number;
  readonly sink: Http2Sink<X>;
  readonly host: StreamHost;
  readonly moment: Moment;
  /** By side. */
  readonly lanes: readonly [Lane<X>, Lane<X>];
  /** Those that are not closed, in the order they were opened. */
  readonly streams: Map<number, Stream<X>> = new Map();
  readonly flow: FlowControl = new FlowControl();
  /** Begins with the first stream. */
  course: Course | null = null;
  /** Streams of the client's that are not closed. */
  private requests = 0;
  /** Highest stream identifier opened by requests, and by promises. */
  readonly highest: [number, number] = [0, 0];
  readonly counts = { streams: 0, pushed: 0, peak: 0, resets: 0, quickResets: 0 };
  /** Codes about the whole connection are reported once. */
  private readonly reported: Set<DiagnosticCode> = new Set();

  constructor(slot: number, sinks: Http2Sinks<X>, lanes: readonly [Lane<X>, Lane<X>]) {
    this.slot = slot;
    this.sink = sinks.sink;
    this.host = sinks.host;
    this.moment = sinks.moment;
    this.lanes = lanes;
  }

  /** Not opened yet, as far as is known. */
  isIdle(id: number): boolean {
    return id > this.highest[id % 2 === 1 ? client : server];
  }

  open(id: number): Stream<X> {
    if (this.streams.size >= mostStreams) this.evict();
    const opener = id % 2 === 1 ? client : server;
    this.highest[opener] = Math.max(this.highest[opener], id);
    const { initial } = this.flow;
    const stream = new Stream<X>(id, this.sink.openExchange(this.slot, id), initial[client], initial[server]);
    this.add(stream);
    this.counts.streams++;
    if (id % 2 === 0) this.counts.pushed++;
    else this.checkLimit(id);
    return stream;
  }

  /** Stream 1 of a connection upgraded from HTTP/1.1 (RFC 7540 3.2): its request is over. */
  adopt(exchange: X): void {
    const { initial } = this.flow;
    const stream = new Stream<X>(1, exchange, initial[client], initial[server]);
    stream.go('request');
    stream.go('client-ends');
    stream.headed[client] = stream.ended[client] = true;
    this.add(stream);
    this.highest[client] = this.counts.streams = 1;
  }

  private add(stream: Stream<X>): void {
    const { flow, moment } = this;
    this.streams.set(stream.id, stream);
    if (stream.id % 2 === 1) this.requests++;
    this.counts.peak = Math.max(this.counts.peak, this.streams.size);
    this.course ??= new Course(moment.time, flow.left(client), flow.left(server));
    this.course.open(this.streams.size, moment.time);
  }

  /** The stream is closed. */
  remove(stream: Stream<X>): void {
    if (!this.streams.delete(stream.id)) return;
    if (stream.id % 2 === 1) this.requests--;
    this.course?.open(this.streams.size, this.moment.time);
  }

  /** The window has changed for what `side` sends. */
  noteWindow(side: Side): void {
    this.course?.left(side, this.flow.left(side), this.moment.time);
  }

  /** Streams that are closed here may still be open to the client: never more are counted than it has. */
  private checkLimit(id: number): void {
    const limit = this.lanes[server].settings.mostStreams;
    if (this.requests <= limit || this.isPartial) return;
    const { frameOffset } = this.lanes[client].reader;
    const detail = `stream ${id} makes ${this.requests}; the server accepts ${limit}`;
    this.reportOnce('http2.too-many-streams', client, frameOffset, detail);
  }

  /** The oldest stream makes room. */
  evict(): void {
    const [oldest] = this.streams.values();
    this.reportOnce('http2.stream-limit', client, this.lanes[client].reader.frameOffset);
    this.abandon(oldest!, MessageEnd.truncated);
    this.remove(oldest!);
  }

  endStream(stream: Stream<X>, side: Side): void {
    stream.go(side === client ? 'client-ends' : 'server-ends');
    if (stream.tunnel !== null) {
      stream.tunnel.end(side, EndOfStream.fin);
      if (stream.state === 'closed') this.remove(stream);
      return;
    }
    if (stream.ended[side]) return;
    this.checkLength(stream, side);
    // Its request's end was in bytes that are missing: there is no more of it to come.
    if (side === server && stream.damaged[client] && !stream.ended[client])
      this.endSide(stream, client, MessageEnd.truncated);
    this.endSide(stream, side, stream.damaged[side] ? MessageEnd.truncated : MessageEnd.complete);
  }

  endSide(stream: Stream<X>, side: Side, how: MessageEnd): void {
    if (side === server && stream.pending !== null) this.settlePending(stream);
    stream.ended[side] = true;
    // A reset is told even of a response that never began.
    if (stream.headed[side] || how === MessageEnd.reset) this.sink.messageEnd(stream.exchange, side, how);
    this.settle(stream);
  }

  settle(stream: Stream<X>): void {
    if (stream.settled || !stream.ended[client] || !stream.ended[server]) return;
    stream.settled = true;
    this.sink.exchangeEnd(stream.exchange);
    if (stream.tunnel === null) this.remove(stream);
  }

  abandon(stream: Stream<X>, how: MessageEnd): void {
    stream.tunnel?.end(client, EndOfStream.reset);
    stream.tunnel?.end(server, EndOfStream.reset);
    stream.tunnel = null;
    for (const side of [client, server]) if (!stream.ended[side]) this.endSide(stream, side, how);
  }

  /** RFC 9113 8.1.1. */
  checkLength(stream: Stream<X>, side: Side): void {
    const announced = stream.announced[side];
    const received = stream.received[side];
    if (announced >= 0 && received !== announced && !stream.damaged[side])
      this.reportStream(
        stream,
        'http2.content-length',
        side,
        this.lanes[side].reader.frameOffset,
        `${received} bytes instead of ${announced}`,
      );
  }

  /** The response head that waited was the final one. */
  settlePending(stream: Stream<X>): void {
    stream.headed[server] = true;
    stream.damaged[server] = false;
    this.sink.responseHead(stream.exchange, stream.pending!);
    stream.pending = null;
  }

  /** Bytes of either side are missing: what looks wrong may be right. */
  get isPartial(): boolean {
    return this.lanes[client].partial || this.lanes[server].partial;
  }

  report(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.sink.report(code, this.slot, side, offset, detail);
  }

  reportOnce(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    if (this.reported.has(code)) return;
    this.reported.add(code);
    this.report(code, side, offset, detail);
  }

  reportStream(stream: Stream<X>, code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.sink.reportExchange(stream.exchange, code, this.slot, side, offset, detail);
  }
}
