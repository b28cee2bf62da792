/**
 * Runs an HTTP/2 decoder and writes down what it says, one line an event; checks on the way that events come in the order
 * the seam promises.
 */
import { strict as assert } from 'node:assert';
import { latin1 } from '../../../src/core/bytes.ts';
import { diagnostics, type DiagnosticCode } from '../../../src/core/diagnostics.ts';
import { fieldName, fieldValue, type HttpHead } from '../../../src/core/http.ts';
import { Moment } from '../../../src/core/moment.ts';
import type { Side } from '../../../src/core/side.ts';
import { EndOfStream, MessageEnd, type Http2Facts, type Http2Sink, type StreamSink } from '../../../src/core/sinks.ts';
import { Http2Decoder, type Http2Options } from '../../../src/decode/http2/http2-decoder.ts';
import type { StreamHost } from '../../../src/decode/protocol.ts';

interface Opened {
  stream: number;
  message: ['none' | 'head' | 'ended', 'none' | 'head' | 'ended'];
  open: boolean;
  /** Content, by side. */
  content: [string, string];
}

const arrows = ['→', '←'] as const;
const messageEnds = ['complete', 'truncated', 'reset', 'open'];
const streamEnds = ['fin', 'reset', 'end of capture'];
const connection = 7;

export class Http2Log implements Http2Sink<Opened>, StreamHost, StreamSink {
  readonly moment: Moment = new Moment();
  readonly codes: Map<DiagnosticCode, number> = new Map();
  readonly exchanges: Opened[] = [];
  facts: Http2Facts | undefined;
  private readonly lines: string[] = [];
  private readonly decoder: Http2Decoder<Opened>;
  private text_: { place: string; side: Side; text: string } | null = null;
  private readonly offsets: [number, number] = [0, 0];
  private readonly ended = [false, false];

  constructor(options: Omit<Http2Options<Opened>, 'upgraded'> & { upgradedSettings?: string } = {}) {
    const { upgradedSettings, ...rest } = options;
    const exchange: Opened = { stream: 1, message: ['ended', 'none'], open: true, content: ['', ''] };
    const upgraded = upgradedSettings === undefined ? {} : { upgraded: { exchange, settings: upgradedSettings } };
    if (upgradedSettings !== undefined) this.exchanges.push(exchange);
    this.decoder = new Http2Decoder<Opened>(
      connection,
      { sink: this, host: this, moment: this.moment },
      { ...rest, ...upgraded },
    );
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.offsets[side] += end - start;
    this.decoder.bytes(side, data, start, end);
  }

  gap(side: Side, length: number): void {
    this.offsets[side] += length;
    this.decoder.gap(side, length);
  }

  end(side: Side, how: EndOfStream): void {
    this.ended[side] = true;
    this.decoder.end(side, how);
  }

  /** Ends what is open, and checks that all that was begun has ended. */
  finish(): this {
    for (const side of [0, 1] as const) if (!this.ended[side]) this.end(side, EndOfStream.captureEnd);
    this.flush();
    for (const exchange of this.exchanges) assert.equal(exchange.open, false, `stream ${exchange.stream} has ended`);
    assert.ok(this.facts !== undefined);
    return this;
  }

  get text(): string {
    this.flush();
    return this.lines.join('\n');
  }

  // --- Http2Sink

  openExchange(slot: number, stream: number): Opened {
    assert.equal(slot, connection);
    assert.ok(stream > 0);
    const exchange: Opened = { stream, message: ['none', 'none'], open: true, content: ['', ''] };
    this.exchanges.push(exchange);
    return exchange;
  }

  requestHead(exchange: Opened, head: HttpHead): void {
    this.begin(exchange, 0);
    const method = latin1(head.data, head.methodStart, head.methodEnd);
    this.say(
      `${exchange.stream} → ${method} ${escaped(latin1(head.data, head.targetStart, head.targetEnd))}`.trimEnd(),
    );
    this.fields(exchange, 0, head);
  }

  interimHead(exchange: Opened, head: HttpHead): void {
    assert.equal(exchange.message[1], 'none');
    assert.ok(exchange.open);
    this.say(`${exchange.stream} ← interim ${head.status}`);
    this.fields(exchange, 1, head);
  }

  responseHead(exchange: Opened, head: HttpHead): void {
    this.begin(exchange, 1);
    this.say(`${exchange.stream} ← ${head.status}`);
    this.fields(exchange, 1, head);
  }

  content(exchange: Opened, side: Side, data: Uint8Array, start: number, end: number): void {
    this.within(exchange, side);
    assert.ok(end > start, 'content is not empty');
    const text = latin1(data, start, end);
    exchange.content[side] += text;
    this.add(`${exchange.stream}`, side, text);
  }

  contentGap(exchange: Opened, side: Side, length: number): void {
    this.within(exchange, side);
    this.say(`${exchange.stream} ${arrows[side]} content gap ${length}`);
  }

  trailers(exchange: Opened, side: Side, head: HttpHead): void {
    this.within(exchange, side);
    this.say(`${exchange.stream} ${arrows[side]} trailers`);
    this.fields(exchange, side, head);
  }

  messageEnd(exchange: Opened, side: Side, how: MessageEnd): void {
    assert.ok(exchange.open);
    assert.ok(exchange.message[side] === 'head' || (exchange.message[side] === 'none' && how === MessageEnd.reset));
    exchange.message[side] = 'ended';
    this.say(`${exchange.stream} ${arrows[side]} ${messageEnds[how]}`);
  }

  exchangeEnd(exchange: Opened): void {
    assert.ok(exchange.open, 'an exchange ends once');
    for (const state of exchange.message) assert.notEqual(state, 'head', 'messages end before their exchange');
    exchange.open = false;
    this.say(`${exchange.stream} ended`);
  }

  reportExchange(
    exchange: Opened,
    code: DiagnosticCode,
    slot: number,
    side: Side,
    offset: number,
    detail?: string,
  ): void {
    assert.ok(exchange.open, `${code} comes while its exchange is open`);
    this.report(code, slot, side, offset, detail);
  }

  report(code: DiagnosticCode, slot: number, side: Side | -1, offset: number, detail?: string): void {
    assert.equal(slot, connection);
    assert.ok(code in diagnostics);
    assert.ok(
      side !== -1 && offset >= 0 && offset <= this.offsets[side],
      `${code} at ${offset} of ${String(this.offsets)}`,
    );
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.say(`! ${arrows[side]} ${offset} ${code}${detail === undefined ? '' : ': ' + detail}`);
  }

  http2Connection(slot: number, facts: Http2Facts): void {
    assert.equal(slot, connection);
    assert.equal(this.facts, undefined);
    this.facts = facts;
  }

  // --- StreamHost

  switchStream(slot: number, stream: number, protocol: string, response: HttpHead): StreamSink | null {
    assert.equal(slot, connection);
    this.say(`${stream} switches to ${protocol || 'a tunnel'} (${response.status})`);
    return protocol === 'websocket' ? new NextProtocol(this, stream) : null;
  }

  /** Another protocol's bytes. */
  switched(stream: number, side: Side, data: Uint8Array, start: number, end: number): void {
    this.add(`${stream} next`, side, latin1(data, start, end));
  }

  say(line: string): void {
    this.flush();
    this.lines.push(line);
  }

  private add(place: string, side: Side, text: string): void {
    if (this.text_?.place !== place || this.text_.side !== side) {
      this.flush();
      this.text_ = { place, side, text: '' };
    }
    this.text_.text += text;
  }

  private flush(): void {
    const line = this.text_;
    this.text_ = null;
    if (line !== null) this.lines.push(`${line.place} ${arrows[line.side]} ${escaped(line.text)}`);
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
    assert.ok(head.version === 20 && head.start === 0 && head.end <= head.data.length);
    for (let i = 0; i < head.fieldCount; i++)
      this.say(
        `${exchange.stream} ${arrows[side]}   ${escaped(fieldName(head, i))}: ${escaped(fieldValue(head, i))}`.trimEnd(),
      );
  }
}

class NextProtocol implements StreamSink {
  private readonly log: Http2Log;
  private readonly stream: number;

  constructor(log: Http2Log, stream: number) {
    this.log = log;
    this.stream = stream;
  }
  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.log.switched(this.stream, side, data, start, end);
  }
  gap(side: Side, length: number): void {
    this.log.say(`${this.stream} next ${arrows[side]} gap ${length}`);
  }
  end(side: Side, how: EndOfStream): void {
    this.log.say(`${this.stream} next ${arrows[side]} ${streamEnds[how]}`);
  }
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
