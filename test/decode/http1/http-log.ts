/**
 * Runs an HTTP/1 decoder and writes down what it says, one line an event; checks on the way that events come in the order
 * the seam promises, and that no byte goes missing.
 */
import { Moment } from '../../../src/core/moment.ts';
import { strict as assert } from 'node:assert';
import { latin1 } from '../../../src/core/bytes.ts';
import { diagnostics, type DiagnosticCode } from '../../../src/core/diagnostics.ts';
import { fieldName, fieldValue, type HttpHead } from '../../../src/core/http.ts';
import type { Side } from '../../../src/core/side.ts';
import {
  EndOfStream,
  MessageEnd,
  type DiagnosticSink,
  type HttpSink,
  type StreamSink,
} from '../../../src/core/sinks.ts';
import { Http1Decoder } from '../../../src/decode/http1/http1-decoder.ts';
import type { ProtocolHost } from '../../../src/decode/protocol.ts';

interface Opened {
  id: number;
  /** By side: nothing yet, head seen, ended. */
  message: ['none' | 'head' | 'ended', 'none' | 'head' | 'ended'];
  open: boolean;
}

const arrows = ['→', '←'] as const;
const messageEnds = ['complete', 'truncated', 'reset', 'open'];
const streamEnds = ['fin', 'reset', 'end of capture'];
const connection = 7;

export class HttpLog implements HttpSink<Opened>, DiagnosticSink, ProtocolHost<Opened>, StreamSink {
  readonly lines: string[] = [];
  readonly codes = new Set<DiagnosticCode>();
  readonly exchanges: Opened[] = [];
  /** Bytes in heads, in content, and handed to another protocol. */
  headBytes = 0;
  contentBytes = 0;
  switchedBytes = 0;
  /** Framing and skipped bytes of decoders that were given back. */
  framingBytes = 0;
  skippedBytes = 0;
  delivered: [number, number] = [0, 0];
  rests = 0;
  private readonly offsets: [number, number] = [0, 0];
  private readonly pool: Http1Decoder<Opened>[] = [];
  private decoder: Http1Decoder<Opened> | null = null;
  private pipelined = false;
  private unanswered: object | null = null;
  private sink: StreamSink | null = null;
  private contentLine: { id: number; side: Side; text: string } | null = null;
  private readonly ended: [EndOfStream | undefined, EndOfStream | undefined] = [undefined, undefined];

  constructor(midstream = false) {
    if (midstream) this.take(true);
  }

  // --- the stack's part

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.delivered[side] += end - start;
    const decoder = this.sink ?? this.take(false);
    this.offsets[side] += end - start;
    decoder.bytes(side, data, start, end);
  }

  gap(side: Side, length: number): void {
    const decoder = this.sink ?? this.take(false);
    this.offsets[side] += length;
    decoder.gap(side, length);
  }

  end(side: Side, how: EndOfStream): void {
    this.ended[side] = how;
    if (this.sink === null && this.unanswered !== null) this.take(false);
    else this.sink?.end(side, how);
  }

  private take(midstream: boolean): StreamSink {
    const rested = this.pool.pop();
    this.decoder = rested ?? new Http1Decoder<Opened>(this, this, this, new Moment());
    if (rested === undefined || midstream) this.decoder.bind(connection, midstream, this.offsets[0], this.offsets[1]);
    else this.decoder.rebind(connection, this.offsets[0], this.offsets[1], this.unanswered, this.pipelined);
    this.unanswered = null;
    for (const side of [0, 1] as const) if (this.ended[side] !== undefined) this.decoder.end(side, this.ended[side]);
    return (this.sink = this.decoder);
  }

  rest(slot: number, unanswered: object | null, pipelined: boolean): void {
    this.pipelined = pipelined;
    assert.equal(slot, connection);
    this.unanswered = unanswered;
    if (unanswered === null) this.rests++;
    this.count();
    this.pool.push(this.decoder!);
    this.decoder = this.sink = null;
  }

  waits(): boolean {
    return false;
  }

  private count(): void {
    this.framingBytes += this.decoder?.framingBytes ?? 0;
    this.skippedBytes += this.decoder?.skippedBytes ?? 0;
  }

  /** Ends what is open, and checks that all that was begun has ended and all bytes are accounted for. */
  finish(): this {
    for (const side of [0, 1] as const) if (this.ended[side] === undefined) this.end(side, EndOfStream.captureEnd);
    this.flush();
    this.count();
    for (const exchange of this.exchanges) assert.equal(exchange.open, false, `exchange ${exchange.id} has ended`);
    const accounted = this.headBytes + this.contentBytes + this.switchedBytes + this.framingBytes + this.skippedBytes;
    assert.equal(accounted, this.delivered[0] + this.delivered[1], 'every byte is accounted for');
    return this;
  }

  get text(): string {
    this.flush();
    return this.lines.join('\n');
  }

  // --- HttpSink

  openExchange(slot: number, stream: number): Opened {
    assert.equal(slot, connection);
    assert.equal(stream, -1);
    const exchange: Opened = { id: this.exchanges.length + 1, message: ['none', 'none'], open: true };
    this.exchanges.push(exchange);
    return exchange;
  }

  requestHead(exchange: Opened, head: HttpHead): void {
    this.begin(exchange, 0);
    const method = latin1(head.data, head.methodStart, head.methodEnd);
    const target = latin1(head.data, head.targetStart, head.targetEnd);
    this.say(`${exchange.id} → ${method} ${quoted(target)} ${version(head)}`);
    this.fields(exchange, 0, head);
  }

  interimHead(exchange: Opened, head: HttpHead): void {
    assert.equal(exchange.message[1], 'none');
    assert.ok(exchange.open);
    this.say(`${exchange.id} ← interim ${head.status} ${version(head)}`);
    this.fields(exchange, 1, head);
  }

  responseHead(exchange: Opened, head: HttpHead): void {
    this.begin(exchange, 1);
    const reason = latin1(head.data, head.reasonStart, head.reasonEnd);
    this.say(`${exchange.id} ← ${head.status} ${version(head)} ${quoted(reason)}`.trimEnd());
    this.fields(exchange, 1, head);
  }

  content(exchange: Opened, side: Side, data: Uint8Array, start: number, end: number): void {
    this.within(exchange, side);
    assert.ok(end > start, 'content is not empty');
    this.contentBytes += end - start;
    if (this.contentLine?.id !== exchange.id || this.contentLine.side !== side) {
      this.flush();
      this.contentLine = { id: exchange.id, side, text: '' };
    }
    this.contentLine.text += latin1(data, start, end);
  }

  contentGap(exchange: Opened, side: Side, length: number): void {
    this.within(exchange, side);
    this.say(`${exchange.id} ${arrows[side]} content gap ${length}`);
  }

  trailers(exchange: Opened, side: Side, head: HttpHead): void {
    this.within(exchange, side);
    this.say(`${exchange.id} ${arrows[side]} trailers`);
    this.fields(exchange, side, head);
  }

  messageEnd(exchange: Opened, side: Side, how: MessageEnd): void {
    this.within(exchange, side);
    exchange.message[side] = 'ended';
    this.say(`${exchange.id} ${arrows[side]} ${messageEnds[how]}`);
  }

  exchangeEnd(exchange: Opened): void {
    assert.ok(exchange.open, 'an exchange ends once');
    for (const state of exchange.message) assert.notEqual(state, 'head', 'messages end before their exchange');
    exchange.open = false;
    this.say(`${exchange.id} ended`);
  }

  reportExchange(
    exchange: Opened,
    code: DiagnosticCode,
    slot: number,
    side: Side,
    offset: number,
    detail?: string,
  ): void {
    assert.equal(slot, connection);
    assert.ok(exchange.open);
    this.report(code, slot, side, offset, detail);
  }

  report(code: DiagnosticCode, slot: number, side: Side | -1, offset: number, detail?: string): void {
    assert.equal(slot, connection);
    assert.ok(code in diagnostics);
    assert.ok(
      side !== -1 && offset >= 0 && offset <= this.offsets[side],
      `${code} at ${offset} of ${String(this.offsets)}`,
    );
    this.codes.add(code);
    this.say(`! ${arrows[side]} ${offset} ${code}${detail === undefined ? '' : ': ' + detail}`);
  }

  // --- ProtocolHost

  switchProtocol(slot: number, token: string, exchange: Opened, response: HttpHead): StreamSink {
    assert.equal(slot, connection);
    assert.ok(exchange.open);
    assert.equal(response.status, 101);
    this.say(`switch to ${quoted(token)}`);
    return new NextProtocol(this);
  }

  tunnel(slot: number): StreamSink {
    assert.equal(slot, connection);
    this.say('tunnel');
    return new NextProtocol(this);
  }

  /** Another protocol's bytes. */
  switched(side: Side, data: Uint8Array, start: number, end: number): void {
    this.switchedBytes += end - start;
    const id = -1;
    if (this.contentLine?.id !== id || this.contentLine.side !== side) {
      this.flush();
      this.contentLine = { id, side, text: '' };
    }
    this.contentLine.text += latin1(data, start, end);
  }

  say(line: string): void {
    this.flush();
    this.lines.push(line);
  }

  private flush(): void {
    const line = this.contentLine;
    this.contentLine = null;
    if (line !== null) this.lines.push(`${line.id < 0 ? 'next' : line.id} ${arrows[line.side]} ${quoted(line.text)}`);
  }

  private begin(exchange: Opened, side: Side): void {
    assert.ok(exchange.open);
    assert.equal(exchange.message[side], 'none');
    exchange.message[side] = 'head';
  }

  private within(exchange: Opened, side: Side): void {
    assert.ok(exchange.open);
    assert.equal(exchange.message[side], 'head');
  }

  private fields(exchange: Opened, side: Side, head: HttpHead): void {
    this.headBytes += head.size;
    assert.ok(head.end - head.start === head.size && head.end <= head.data.length);
    for (let i = 0; i < head.fieldCount; i++)
      this.say(
        `${exchange.id} ${arrows[side]}   ${escaped(fieldName(head, i))}: ${quoted(fieldValue(head, i))}`.trimEnd(),
      );
  }
}

class NextProtocol implements StreamSink {
  private readonly log: HttpLog;

  constructor(log: HttpLog) {
    this.log = log;
  }
  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.log.switched(side, data, start, end);
  }
  gap(side: Side, length: number): void {
    this.log.say(`next ${arrows[side]} gap ${length}`);
  }
  end(side: Side, how: EndOfStream): void {
    this.log.say(`next ${arrows[side]} ${streamEnds[how]}`);
  }
}

function version(head: HttpHead): string {
  return `${Math.floor(head.version / 10)}.${head.version % 10}`;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function quoted(text: string): string {
  return text === '' ? '' : escaped(text);
}
