/**
 * HTTP/1.x (RFC 9112) of one connection: bytes of both sides in, messages paired into exchanges out.
 *
 * This file holds what happens between messages. Heads are read by `head-scanner.ts`, the length of content is told by
 * `body-framing.ts`, content is read by `body-reader.ts` and `chunked-reader.ts`, responses find their requests by
 * `pairing.ts`, and each side's states stand in `lane.ts`.
 *
 * Where framing is lost (missing bytes inside a head or chunk framing, a bad start line), the side is deaf until a
 * delivery begins like a message. A decoder that has nothing in its hands gives itself back with `host.rest`, and is bound
 * to another connection later.
 */
import { findByte } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KnownField, combinedValue, findField, offsetsPerField } from '../../core/http.ts';
import type { Moment } from '../../core/moment.ts';
import { client, server, type Side } from '../../core/side.ts';
import { EndOfStream, MessageEnd, type DiagnosticSink, type HttpSink, type StreamSink } from '../../core/sinks.ts';
import { excerpt, listHas, octets, startsWith } from '../http/octets.ts';
import type { Protocol, ProtocolHost } from '../protocol.ts';
import { contentLength, requestFraming, responseFraming, type Framing, type MethodKind } from './body-framing.ts';
import { closeReader, cut, lengthReader, type BodyReader } from './body-reader.ts';
import { chunkedReader } from './chunked-reader.ts';
import { scanner } from './head-scanner.ts';
import { Lane, LaneEvent, LaneState } from './lane.ts';
import { cutRequestLine, looksLikeMessage, looksLikeRequest, looksLikeResponse } from './message-start.ts';
import { Exchange, Pairing } from './pairing.ts';
import { ScanResult } from './start-line.ts';

/** HTTP/1.x as the registry knows it. */
export const http1: Protocol = { name: 'http/1.1', looksLike: looksLikeMessage };

const longestHead = 256 * 1024;
/** Bytes held until a response tells whose they are, and until the request they answer is seen. */
const heldClient = 1024 * 1024;
const heldServer = 64 * 1024;
const heldDeliveries = 8;
/** The same while the request stands behind missing bytes. */
const heldServerLong = 512 * 1024;
const heldDeliveriesLong = 128;
/** Bytes that may be held again and again as requests come one by one, and what a delivery counts for beside its own. */
const heldAgainMost = 8 * 1024 * 1024;
const heldAgainDelivery = 256;
/** A request line without a version may be all there is of a request (HTTP/0.9); longer ones are not tried. */
const longestSimpleRequest = 8192;

const lineEnd = octets('\r\n');
/** What stands for the rest of a request line that is cut inside its target. */
const versionOfCut = octets(' HTTP/1.1\r\n');
const emptyBytes = new Uint8Array(0);
const headMethod = octets('HEAD');
const connectMethod = octets('CONNECT');
const close = octets('close');

/** What a response does whose request was not seen: waits where the request may still come, is read, or waits in any case. */
type Waiting = 'as usual' | 'read' | 'wait';

const bodyReaders: Readonly<Record<Framing, BodyReader | null>> = {
  none: null,
  length: lengthReader,
  chunked: chunkedReader,
  close: closeReader,
};

export class Http1Decoder<X> implements StreamSink {
  private readonly sink: HttpSink<X>;
  private readonly host: ProtocolHost<X>;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private connection = -1;
  private readonly client: Lane<X>;
  private readonly server: Lane<X>;
  private readonly pairing: Pairing<X> = new Pairing<X>();
  /** Takes what follows, once the connection has changed protocol. */
  private next: StreamSink | null = null;
  private waiting: Waiting = 'as usual';
  /** What the server's bytes that wait have cost so far; see `heldAgainMost`. */
  private heldAgain = 0;
  /** Requests are missing since the server's bytes wait. */
  private clientGap = false;

  /** @param moment set back to when they came while bytes that had to wait are read */
  constructor(sink: HttpSink<X>, host: ProtocolHost<X>, diagnostics: DiagnosticSink, moment: Moment) {
    this.moment = moment;
    this.sink = sink;
    this.host = host;
    this.diagnostics = diagnostics;
    this.client = new Lane<X>(client, sink);
    this.server = new Lane<X>(server, sink);
  }

  /**
   * Takes up a connection; all state is set anew. A side that has ended before has to be ended again, by `end`.
   *
   * @param midstream the connection's beginning was not captured: the first bytes may be the middle of anything
   * @param clientOffset stream offset of the client's next byte, where some were delivered before
   */
  bind(connection: number, midstream: boolean, clientOffset = 0, serverOffset = 0): void {
    this.connection = connection;
    this.client.bind(connection, midstream, clientOffset);
    this.server.bind(connection, midstream, serverOffset);
    this.pairing.reset(midstream);
    this.next = null;
    this.clientGap = false;
  }

  /**
   * Takes up another connection, having come to rest on the last: nothing but the place is to be set.
   *
   * @param unanswered as this connection's decoder gave it to `host.rest`, and
   * @param pipelined as well
   */
  rebind(
    connection: number,
    clientOffset: number,
    serverOffset: number,
    unanswered: object | null,
    pipelined: boolean,
  ): void {
    this.connection = connection;
    this.client.rebind(connection, clientOffset);
    this.server.rebind(connection, serverOffset);
    this.pairing.reset(false, pipelined);
    if (unanswered !== null) this.pairing.add(unanswered as Exchange<X>);
  }

  /** Octets that belong to no head and no content: framing, and those passed over. Since `bind`. */
  get framingBytes(): number {
    return this.client.framing + this.server.framing;
  }
  get skippedBytes(): number {
    return this.client.skipped + this.server.skipped;
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    if (this.next !== null) {
      this.next.bytes(side, data, start, end);
      return;
    }
    const lane = this.lane(side);
    lane.origin = lane.offset - start;
    lane.offset += end - start;
    lane.deliveredAt = start;
    if (side === client && this.server.state === LaneState.held) this.releaseKnown(data, start, end);
    if (lane.state === LaneState.deaf && looksLikeMessage(side, data, start, end) === 'yes') this.resynchronise(lane);
    if (side === server && this.client.state === LaneState.head) this.settleSimpleRequest();
    this.read(lane, data, start, end);
    if (this.isIdle()) this.rest();
  }

  gap(side: Side, length: number): void {
    if (this.next !== null) {
      this.next.gap(side, length);
      return;
    }
    const lane = this.lane(side);
    lane.offset += length;
    this.takeGap(lane, length);
  }

  end(side: Side, how: EndOfStream): void {
    if (this.next !== null) {
      this.next.end(side, how);
      return;
    }
    const lane = this.lane(side);
    if (lane.ended >= 0) return;
    lane.ended = how;
    if (side === client) this.endClient();
    else this.endServer();
  }

  private lane(side: Side): Lane<X> {
    return side === client ? this.client : this.server;
  }

  private isIdle(): boolean {
    const { client, server } = this;
    return (
      client.state === LaneState.idle &&
      server.state === LaneState.idle &&
      server.exchange === null &&
      client.emptyLines + server.emptyLines === 0 &&
      !client.closing &&
      !server.closing &&
      client.ended + server.ended === -2
    );
  }

  private rest(): void {
    const { pairing } = this;
    // Requests behind missing bytes are judged by those before them.
    if (this.host.waits(this.connection, client)) return;
    if (pairing.isClean) this.host.rest(this.connection, null, pairing.isPipelined);
    else if (pairing.isSimple) this.host.rest(this.connection, pairing.oldest, false);
  }

  // --- reading ---------------------------------------------------------------------------------------------------------

  private read(lane: Lane<X>, data: Uint8Array, at: number, end: number): void {
    while (at < end) {
      switch (lane.state) {
        case LaneState.idle:
          at = this.beginMessage(lane, data, at, end);
          break;
        case LaneState.head:
          at = this.continueHead(lane, data, at, end);
          break;
        case LaneState.content:
          if (lane.unasked && this.wasHead(lane, data, at, end)) break;
          lane.begun = true;
          at = lane.reader!.read(lane, data, at, end);
          if (lane.progress !== 'reading') this.endContent(lane);
          break;
        case LaneState.held:
          this.hold(lane, data, at, end);
          return;
        case LaneState.switched:
          this.next!.bytes(lane.side, data, at, end);
          return;
        default:
          this.skip(lane, at, end);
          return;
      }
    }
  }

  private takeGap(lane: Lane<X>, length: number): void {
    switch (lane.state) {
      case LaneState.content: {
        lane.unasked = false;
        const beyond = lane.reader!.gap(lane, length);
        if (lane.progress !== 'reading') this.endContent(lane);
        if (beyond > 0) this.takeGap(lane, beyond);
        return;
      }
      case LaneState.held:
        if (lane.side === client) lane.heldGap += length;
        else {
          this.releaseServer('read');
          this.takeGap(lane, length);
        }
        return;
      case LaneState.head:
        this.takeCutHead(lane, MessageEnd.truncated);
        this.takeGapAfterHead(lane, length);
        return;
      case LaneState.idle:
        this.becomeDeaf(lane);
        return;
      case LaneState.deaf:
        if (lane.side === server) this.pairing.serverLost();
        return;
      case LaneState.switched:
        this.next!.gap(lane.side, length);
        return;
      default:
    }
  }

  /** What was to be a head may have become the last one before another protocol's bytes. */
  private takeGapAfterHead(lane: Lane<X>, length: number): void {
    if (lane.state === LaneState.held || lane.state === LaneState.switched) this.takeGap(lane, length);
    else this.becomeDeaf(lane);
  }

  private beginMessage(lane: Lane<X>, data: Uint8Array, at: number, end: number): number {
    while (data[at] === 0x0d || data[at] === 0x0a) {
      lane.emptyLines++;
      lane.framing++;
      if (++at === end) return end;
    }
    lane.sequence = this.moment.sequence;
    lane.acknowledgement = this.moment.acknowledgement;
    lane.answersUnseen = this.moment.answersUnseen;
    if (lane.side === server && this.awaitsRequest(at)) {
      lane.go(LaneEvent.hold);
      return at;
    }
    lane.headOffset = lane.origin + at;
    if (this.isSimpleResponse(lane, data, at, end)) {
      this.beginSimpleResponse(lane, data, at);
      return at;
    }
    const after = scanner.scan(lane.side === client ? 'request' : 'response', data, at, end);
    if (after === ScanResult.incomplete) {
      lane.triedLength = 0;
      lane.go(LaneEvent.headBegins);
      return this.continueHead(lane, data, at, end);
    }
    if (after < 0 || after - at > longestHead) {
      this.refuseHead(lane, after < 0 ? 'http.bad-start-line' : 'http.head-too-large', data, at, end);
      return end;
    }
    this.takeHead(lane);
    return after;
  }

  private continueHead(lane: Lane<X>, data: Uint8Array, at: number, end: number): number {
    if (lane.queue.length === 0) this.markQueue(lane);
    const after = lane.queue.appendToEmptyLine(data, at, end);
    const next = after < 0 ? end : after;
    const { data: held, length } = lane.queue;
    if (this.isSimpleResponse(lane, held, 0, length)) {
      lane.queue.clear();
      this.beginSimpleResponse(lane, held, 0);
      closeReader.read(lane, held, 0, length);
    } else if (length > longestHead) {
      this.takeCutHead(lane, MessageEnd.truncated, 'http.head-too-large');
      this.takeGapAfterHead(lane, 0);
    } else if (after >= 0) {
      // The queue's bytes stay as they are until it is appended to: nobody does while the head is taken.
      lane.queue.clear();
      const kind = lane.side === client ? 'request' : 'response';
      if (scanner.scan(kind, held, 0, length) >= 0) {
        scanner.head.packet = lane.queuedPacket;
        scanner.head.time = lane.queuedTime;
        this.takeHead(lane);
      } else this.refuseHead(lane, 'http.bad-start-line', held, 0, length);
    }
    return next;
  }

  /** What began as a head is none, or too long a one: it is passed over. */
  private refuseHead(lane: Lane<X>, code: DiagnosticCode, data: Uint8Array, at: number, end: number): void {
    const detail = code === 'http.bad-start-line' ? excerpt(data, at, end) : undefined;
    this.diagnostics.report(code, this.connection, lane.side, lane.headOffset, detail);
    this.becomeDeaf(lane);
    lane.origin = lane.headOffset - at;
    this.skip(lane, at, end);
  }

  private takeHead(lane: Lane<X>): void {
    scanner.head.offset = lane.headOffset;
    if (lane.emptyLines > 0) {
      scanner.issue('http.empty-lines', scanner.head.start - lane.emptyLines);
      lane.emptyLines = 0;
    }
    if (lane.side === client) this.takeRequest();
    else this.takeResponse();
  }

  /**
   * Whether a response to a request that was not seen has no content, although its head tells of some: HEAD was asked for.
   * What follows the head is the next one.
   */
  private wasHead(lane: Lane<X>, data: Uint8Array, at: number, end: number): boolean {
    lane.unasked = false;
    if (looksLikeResponse(data, at, end) !== 'yes') return false;
    this.endMessage(lane, MessageEnd.complete);
    return true;
  }

  private endContent(lane: Lane<X>): void {
    const lost = lane.progress === 'lost';
    this.endMessage(lane, lost ? MessageEnd.truncated : MessageEnd.complete);
    if (lost) this.becomeDeaf(lane);
  }

  /**
   * Of a head whose end is missing, or too far away, what is there is told: the start line, even if its target is cut, and the whole field
   * lines behind it. How long its content is cannot be known, so the message ends here.
   */
  private takeCutHead(lane: Lane<X>, how: MessageEnd, code: DiagnosticCode = 'http.incomplete-head'): void {
    const { queue } = lane;
    const { length } = queue;
    const kind = lane.side === client ? 'request' : 'response';
    let whole = queue.data.subarray(0, length).lastIndexOf(0x0a) + 1;
    const line = whole === 0 && kind === 'request' ? cutRequestLine(queue.data, length) : 0;
    queue.length = Math.max(whole, line);
    if (line > 0) queue.append(versionOfCut, 0, versionOfCut.length);
    queue.append(lineEnd, 0, lineEnd.length);
    if (line > 0) whole = length;
    const { data } = queue;
    const stop = queue.length;
    queue.clear();
    if (whole === 0 || scanner.scan(kind, data, 0, stop) !== stop || scanner.head.version === 9) {
      lane.skip(length, lane.headOffset);
      if (how !== MessageEnd.open) this.diagnostics.report(code, this.connection, lane.side, lane.headOffset);
      return;
    }
    lane.skip(length - whole, lane.headOffset + whole);
    scanner.head.end = scanner.head.size = whole;
    if (how !== MessageEnd.open) scanner.issue(code, 0);
    lane.cutHow = how;
    this.takeQueuedHead(lane);
    lane.cutHow = MessageEnd.complete;
  }

  /** A head that was all in the queue, and is told only now. */
  private takeQueuedHead(lane: Lane<X>): void {
    const { moment } = this;
    const { packet, time } = moment;
    moment.packet = lane.queuedPacket;
    moment.time = lane.queuedTime;
    this.takeHead(lane);
    moment.packet = packet;
    moment.time = time;
  }

  // --- requests --------------------------------------------------------------------------------------------------------

  private takeRequest(): void {
    const lane = this.client;
    const request = scanner.head;
    const framing = requestFraming(scanner);
    const length = contentLength;
    const exchange = this.openForRequest();
    exchange.method = methodKind(request.data, request.methodStart, request.methodEnd);
    exchange.simple = request.version === 9;
    exchange.upgrade = exchange.method === 'connect' || (scanner.head.seen & (1 << KnownField.upgrade)) !== 0;
    exchange.expects = (scanner.head.seen & (1 << KnownField.expect)) !== 0;
    lane.exchange = exchange;
    if (lane.cutHow === MessageEnd.complete) this.checkHost();
    this.sink.requestHead(exchange.handle, request);
    this.reportIssues(lane, exchange);
    this.noteClosing(lane, exchange);
    this.beginContent(lane, framing, length);
    if (this.server.state === LaneState.held) this.releaseServer();
  }

  private openForRequest(): Exchange<X> {
    const { pairing } = this;
    const unseen = pairing.answeredUnseen();
    if (unseen > 0 && !this.host.waits(this.connection, server)) this.abandon(unseen);
    const underWay = this.server.exchange !== null || this.server.state === LaneState.head;
    if (pairing.full) {
      this.diagnostics.report('http.pipeline-limit', this.connection, client, this.client.headOffset);
      this.abandon(pairing.waiting);
      pairing.giveUp();
    }
    const { acknowledgement } = this.client;
    const paired = pairing.admit(underWay, acknowledgement, this.moment.sequenced);
    const exchange = new Exchange<X>(this.sink.openExchange(this.connection, -1));
    exchange.acknowledgement = acknowledgement;
    if (paired && this.server.state !== LaneState.closed) pairing.add(exchange);
    else exchange.responseDone = true;
    return exchange;
  }

  /** RFC 9112 3.2. */
  private checkHost(): void {
    const request = scanner.head;
    const host = findField(request, KnownField.host);
    if (host < 0) {
      if (request.version === 11) scanner.issue('http.missing-host', request.start);
    } else if (findField(request, KnownField.host, host + 1) >= 0) {
      scanner.issue('http.duplicate-host', request.offsets[host * offsetsPerField]!);
    }
  }

  /**
   * A request line without a version, and nothing behind it: once the server answers, or the client has ended, it is
   * taken for the whole request (HTTP/0.9). An empty line stands in for the one that is not sent.
   */
  private settleSimpleRequest(): void {
    const { queue } = this.client;
    const length = queue.length;
    if (length > longestSimpleRequest || length === this.client.triedLength) return;
    this.client.triedLength = length;
    if (findByte(queue.data, 0x0a, 0, length) !== length - 1) return;
    queue.append(lineEnd, 0, lineEnd.length);
    const after = scanner.scan('request', queue.data, 0, queue.length);
    queue.length = length;
    if (after < 0 || scanner.head.version !== 9) return;
    queue.clear();
    scanner.head.end = length;
    scanner.head.size = length;
    this.takeQueuedHead(this.client);
  }

  // --- responses -------------------------------------------------------------------------------------------------------

  private takeResponse(): void {
    const lane = this.server;
    const response = scanner.head;
    const { status } = response;
    const exchange = (lane.exchange ??= this.openForResponse(status));
    const framing = responseFraming(scanner, exchange.method);
    const length = contentLength;
    if (status >= 100 && status < 200 && status !== 101) {
      this.sink.interimHead(exchange.handle, response);
      this.reportIssues(lane, exchange);
      lane.go(LaneEvent.interim);
      return;
    }
    exchange.answered = true;
    this.sink.responseHead(exchange.handle, response);
    this.reportIssues(lane, exchange);
    this.noteClosing(lane, exchange);
    if (status === 101 || (exchange.method === 'connect' && status >= 200 && status < 300)) {
      this.switchProtocol(exchange, status);
      return;
    }
    const waiting = exchange.upgrade && this.client.state === LaneState.held;
    this.beginContent(lane, framing, length);
    lane.unasked = exchange.lone;
    if (waiting) this.releaseClient();
  }

  /** The exchange of a response that begins: its request's, or one of its own. */
  private openForResponse(status: number): Exchange<X> {
    const { lost, mayMissRequests } = this.pairing;
    const { sequence, answersUnseen } = this.server;
    if (this.moment.sequenced) this.abandon(this.pairing.passedOver(sequence));
    const paired = this.pairing.answer(sequence, this.moment.sequenced);
    if (paired !== null) {
      if (this.server.deliveredAt >= 0) this.pairing.inOrder();
      return paired;
    }
    const exchange = new Exchange<X>(this.sink.openExchange(this.connection, -1));
    exchange.requestDone = exchange.lone = true;
    // RFC 9110 15.5.9: 408 may come on an idle connection, before it is closed.
    const mayBeAsked = lost || mayMissRequests || answersUnseen || status === 408;
    if (!mayBeAsked) scanner.issue('http.lone-response', scanner.head.start);
    return exchange;
  }

  /**
   * Whether the server speaks before its turn, and the request may still come: packets of the two directions may have
   * been captured in another order, or the request stands behind missing bytes. Not for what is glued to another response.
   */
  private awaitsRequest(at: number): boolean {
    const { client: from, server: to, pairing } = this;
    if (pairing.waiting > 0 || to.exchange !== null || from.ended >= 0) return false;
    if (from.state === LaneState.held) return false;
    if (this.waiting !== 'as usual') return this.waiting === 'wait';
    if (this.host.waits(this.connection, client)) return true;
    if (!pairing.patient || at !== to.deliveredAt) return false;
    if (from.state !== LaneState.idle && from.state !== LaneState.head) return false;
    pairing.patient = false;
    return true;
  }

  /** A response to an HTTP/0.9 request that does not begin with a status line is all content. */
  private isSimpleResponse(lane: Lane<X>, data: Uint8Array, at: number, end: number): boolean {
    if (lane.side !== server || lane.exchange !== null || this.pairing.oldest?.simple !== true) return false;
    return looksLikeResponse(data, at, end) === 'no';
  }

  private beginSimpleResponse(lane: Lane<X>, data: Uint8Array, at: number): void {
    const exchange = (lane.exchange = this.pairing.take()!);
    scanner.begin(data, at);
    scanner.head.version = 9;
    scanner.head.status = 200;
    scanner.head.offset = lane.headOffset;
    scanner.issue('http.simple-response', at);
    exchange.answered = true;
    this.sink.responseHead(exchange.handle, scanner.head);
    this.reportIssues(lane, exchange);
    this.beginContent(lane, 'close', 0);
  }

  // --- messages --------------------------------------------------------------------------------------------------------

  private beginContent(lane: Lane<X>, framing: Framing, length: number): void {
    const reader = bodyReaders[framing];
    if (lane.cutHow !== MessageEnd.complete) this.endMessage(lane, lane.cutHow);
    else if (reader === null || (framing === 'length' && length === 0)) this.endMessage(lane, MessageEnd.complete);
    else {
      lane.beginContent(reader, length);
      lane.go(LaneEvent.head);
    }
  }

  private endMessage(lane: Lane<X>, how: MessageEnd): void {
    const exchange = lane.exchange!;
    lane.exchange = null;
    // Of a trailer section that has no end.
    if (lane.queue.length > 0) this.dropQueue(lane, lane.headOffset);
    lane.reader = null;
    if (lane.missing && how === MessageEnd.complete) how = MessageEnd.truncated;
    lane.missing = false;
    this.sink.messageEnd(exchange.handle, lane.side, how);
    if (lane.side === client) exchange.requestDone = true;
    else exchange.responseDone = true;
    const holds = lane.side === client && exchange.upgrade && !exchange.answered && !exchange.responseDone;
    lane.heldForTunnel = exchange.method === 'connect';
    lane.go(holds ? LaneEvent.hold : LaneEvent.messageEnd);
    this.settle(exchange);
  }

  private settle(exchange: Exchange<X>): void {
    if (exchange.closed || !exchange.requestDone || !exchange.responseDone) return;
    exchange.closed = true;
    this.sink.exchangeEnd(exchange.handle, exchange.unanswered);
  }

  /** The `count` oldest requests will have no response. */
  private abandon(count: number, how: MessageEnd = MessageEnd.truncated): void {
    for (let i = 0; i < count; i++) {
      const exchange = this.pairing.take()!;
      exchange.responseDone = true;
      exchange.unanswered = how === MessageEnd.truncated;
      this.settle(exchange);
    }
  }

  private reportIssues(lane: Lane<X>, exchange: Exchange<X>): void {
    for (let i = 0; i < scanner.issueCount; i++) {
      const at = lane.headOffset + scanner.issueOffsets[i]!;
      const code = scanner.issueCodes[i]!;
      this.sink.reportExchange(exchange.handle, code, this.connection, lane.side, at, scanner.issueDetails[i]);
    }
  }

  /** RFC 9112 9.6: after `Connection: close` nothing more is to come. */
  private noteClosing(lane: Lane<X>, exchange: Exchange<X>): void {
    if (lane.closing) {
      const code = lane.side === client ? 'http.request-after-close' : 'http.response-after-close';
      this.sink.reportExchange(exchange.handle, code, this.connection, lane.side, lane.headOffset);
      lane.closing = false;
    }
    if ((scanner.head.seen & (1 << KnownField.connection)) === 0) return;
    const { data, offsets } = scanner.head;
    let index = -1;
    while ((index = findField(scanner.head, KnownField.connection, index + 1)) >= 0) {
      const at = index * offsetsPerField + 2;
      if (listHas(data, offsets[at]!, offsets[at + 1]!, close)) lane.closing = true;
    }
  }

  // --- losing and finding boundaries -----------------------------------------------------------------------------------

  /** Bytes are missing, or the framing is lost, between what was delivered and what comes next. */
  private becomeDeaf(lane: Lane<X>): void {
    lane.go(LaneEvent.lose);
    lane.emptyLines = 0;
    if (lane.side === client) {
      this.pairing.clientLost();
      // The request that an early response waited for is among what is missing; the next ones follow at once.
      if (this.server.state !== LaneState.held) return;
      if (this.pairing.isPipelined || !this.host.waits(this.connection, client)) this.releaseServer('read');
      else this.clientGap = true;
      return;
    }
    // After an interim response the final one is still to come.
    if (lane.exchange !== null) this.pairing.putBack(lane.exchange);
    lane.exchange = null;
    this.pairing.serverLost();
  }

  private skip(lane: Lane<X>, at: number, end: number): void {
    lane.skip(end - at, lane.origin + at);
    if (lane.side === server) this.pairing.serverLost();
  }

  /** A delivery begins like a message: reading goes on there. */
  private resynchronise(lane: Lane<X>): void {
    this.reportSkipped(lane);
    lane.go(LaneEvent.resync);
    if (lane.side === server) this.abandon(this.pairing.serverResumed(this.moment.sequenced));
  }

  /** Not where the connection was picked up midstream: its first bytes may be anything. */
  private reportSkipped(lane: Lane<X>): void {
    if (!lane.midstream && lane.skippedRun > 0)
      this.diagnostics.report('http.skipped', this.connection, lane.side, lane.skippedAt, `${lane.skippedRun} bytes`);
    lane.midstream = false;
    lane.skippedRun = 0;
  }

  private dropQueue(lane: Lane<X>, offset: number): void {
    lane.skip(lane.queue.length, offset);
    lane.queue.clear();
  }

  // --- holding bytes for the other side --------------------------------------------------------------------------------

  private hold(lane: Lane<X>, data: Uint8Array, at: number, end: number): void {
    if (lane.heldGap > 0) {
      // Only one hole is remembered: what comes after it counts as missing too.
      lane.heldGap += end - at;
      lane.skip(end - at, lane.origin + at);
      return;
    }
    const before = lane.queue.length;
    if (before === 0 && lane.deliveredAt >= 0) this.heldAgain = 0;
    this.heldAgain += end - at + heldAgainDelivery;
    lane.queue.append(data, at, end);
    lane.heldDeliveries.add(before === 0, lane.queue.length, this.moment);
    if (lane.side === client) this.holdClient(before);
    else if (this.isTooLong(lane)) this.releaseServer('read');
  }

  /** The server's bytes have waited long enough. */
  private isTooLong({ queue, heldDeliveries: { count } }: Lane<X>): boolean {
    if (count <= heldDeliveries && queue.length <= heldServer) return false;
    if (count > heldDeliveriesLong || queue.length > heldServerLong || this.heldAgain > heldAgainMost) return true;
    return !this.host.waits(this.connection, client);
  }

  private holdClient(before: number): void {
    const lane = this.client;
    const { queue } = lane;
    if (queue.length > heldClient) {
      this.diagnostics.report('http.held-limit', this.connection, client, lane.offset - queue.length);
      this.dropQueue(lane, lane.offset - queue.length);
      this.becomeDeaf(lane);
    } else if (!lane.heldForTunnel && before < 64 && looksLikeRequest(queue.data, 0, queue.length) === 'yes') {
      // A pipelined request is read at once; behind CONNECT it may be the tunnel's.
      this.releaseClient();
    }
  }

  /** The held bytes are HTTP after all. */
  private releaseClient(): void {
    const lane = this.client;
    const gap = lane.heldGap;
    lane.heldGap = 0;
    this.readHeld(lane, gap);
    if (gap > 0) this.takeGap(lane, gap);
    // Held once more, behind another request to upgrade, until the server ends as well.
    if (lane.ended >= 0 && lane.state !== LaneState.held) this.closeLane(lane);
  }

  /** @param manner what responses without a request do then */
  private releaseServer(manner: Waiting = 'as usual'): void {
    this.waiting = manner;
    this.readHeld(this.server, 0);
    this.waiting = 'as usual';
    if (this.server.ended >= 0 && this.server.state !== LaneState.held) this.finishServer();
  }

  /**
   * The client goes on, and knows the server's bytes up to some: those answer earlier requests, and the others wait on. If
   * it knows of none although requests are missing, then it pipelines, and whose the responses are cannot be told.
   */
  private releaseKnown(data: Uint8Array, start: number, end: number): void {
    const lane = this.server;
    const { sequenced, acknowledgement } = this.moment;
    if (!this.pairing.isDamaged && !this.host.waits(this.connection, client)) return;
    const known = sequenced ? lane.heldDeliveries.lengthBefore(acknowledgement) : 0;
    if (known > 0) this.readHeld(lane, 0, known);
    else if (this.clientGap) {
      if (looksLikeMessage(client, data, start, end) !== 'yes') return;
      if (!this.pairing.knowsLone(acknowledgement)) this.releaseServer('read');
    }
    this.clientGap = false;
  }

  /**
   * @param behind bytes of the stream since the held ones
   * @param known bytes at the beginning that are read in any case; what comes after them waits on
   */
  private readHeld(lane: Lane<X>, behind: number, known = 0): void {
    const { data, length } = lane.queue;
    lane.go(LaneEvent.release);
    // Nothing is held where the answer came before the request's last bytes: those are being read.
    if (length === 0) return;
    lane.queue.data = emptyBytes;
    lane.queue.clear();
    lane.deliveredAt = -1;
    lane.origin = lane.offset - behind - length;
    lane.heldDeliveries.replay(this.moment, (from, to) => {
      if (known > 0) this.waiting = from < known ? 'read' : 'wait';
      this.read(lane, data, from, to);
    });
    if (known > 0) this.waiting = 'as usual';
  }

  private markQueue(lane: Lane<X>): void {
    lane.queuedPacket = this.moment.packet;
    lane.queuedTime = this.moment.time;
  }

  // --- leaving HTTP/1 --------------------------------------------------------------------------------------------------

  /** Everything behind this response, and behind the request it answers, is another protocol's. */
  private switchProtocol(exchange: Exchange<X>, status: number): void {
    const { client: from, server: to } = this;
    to.exchange = null;
    this.sink.messageEnd(exchange.handle, server, MessageEnd.complete);
    exchange.responseDone = true;
    const token = combinedValue(scanner.head, KnownField.upgrade) ?? '';
    const offsets: [number, number] = [
      from.offset - from.queue.length - from.heldGap,
      to.headOffset + scanner.head.size,
    ];
    const next =
      status === 101
        ? this.host.switchProtocol(this.connection, token, exchange.handle, scanner.head, offsets)
        : this.host.tunnel(this.connection);
    if (from.exchange !== null) this.endMessage(from, MessageEnd.truncated);
    this.settle(exchange);
    this.abandon(this.pairing.waiting);
    this.next = next;
    const held = from.state === LaneState.held && from.queue.length > 0;
    from.go(LaneEvent.switch);
    to.go(LaneEvent.switch);
    const { data, length } = from.queue;
    if (held) from.heldDeliveries.replay(this.moment, (at, end) => next.bytes(client, data, at, end));
    else if (length > 0) next.bytes(client, data, 0, length);
    if (from.heldGap > 0) next.gap(client, from.heldGap);
    if (from.ended >= 0) next.end(client, from.ended as EndOfStream);
  }

  // --- the end ---------------------------------------------------------------------------------------------------------

  private endClient(): void {
    const { client: lane } = this;
    if (lane.state === LaneState.head) this.settleSimpleRequest();
    // What is held may still turn out to be another protocol's.
    if (lane.state !== LaneState.held) this.closeLane(lane);
    if (this.server.state === LaneState.held) this.releaseServer('read');
  }

  private endServer(): void {
    const { server: lane } = this;
    if (lane.state !== LaneState.held) this.finishServer();
    // Else the end waits with what is held.
    else if (!this.host.waits(this.connection, client)) this.releaseServer('read');
  }

  private finishServer(): void {
    const { server: lane } = this;
    if (this.next !== null) this.next.end(server, lane.ended as EndOfStream);
    else {
      this.closeLane(lane);
      this.closeUnanswered();
      if (this.client.state === LaneState.held) this.releaseClient();
    }
  }

  private closeLane(lane: Lane<X>): void {
    const how = lane.ended as EndOfStream;
    if (lane.state === LaneState.content)
      this.endMessage(lane, this.wasDeclined(lane) ? MessageEnd.complete : lane.reader!.closed(how));
    else if (lane.state === LaneState.head) this.takeCutHead(lane, cut(how));
    this.reportSkipped(lane);
    lane.go(LaneEvent.close);
  }

  /** RFC 9110 10.1.1: a client that asked for 100 (Continue) and had a final response need not send its content. */
  private wasDeclined(lane: Lane<X>): boolean {
    const exchange = lane.exchange!;
    return lane.side === client && exchange.expects && exchange.answered && !lane.begun;
  }

  /** The server has ended: nothing that still waits will be answered. */
  private closeUnanswered(): void {
    const { exchange } = this.server;
    this.server.exchange = null;
    if (exchange !== null) {
      exchange.responseDone = true;
      this.settle(exchange);
    }
    this.abandon(this.pairing.waiting, cut(this.server.ended as EndOfStream));
  }
}

function methodKind(data: Uint8Array, start: number, end: number): MethodKind {
  if (end - start === headMethod.length && startsWith(data, start, end, headMethod)) return 'head';
  return end - start === connectMethod.length && startsWith(data, start, end, connectMethod) ? 'connect' : 'other';
}
