/**
 * Server-sent events (HTML Living Standard 9.2.6): content of the type text/event-stream, over any version of HTTP, to
 * events. An event is told when the empty line behind it comes, while the response is still open.
 *
 * The id told is the one that stands in the event itself. Reconnection is the receiver's business.
 */
import { ByteQueue } from '../../core/byte-queue.ts';
import { latin1 } from '../../core/bytes.ts';
import type { ContentReader, EventSink } from '../../core/sinks.ts';
import { isDigit, octets } from '../http/octets.ts';

/** Data kept of one event; what is longer is counted only. */
const longestData = 1024 * 1024;
/** Of an event's type, id and retry time. */
const longestText = 1024;

const fieldNames = ['data', 'event', 'id', 'retry'].map(octets);
const longestName = 5;
const byteOrderMark = [0xef, 0xbb, 0xbf];

const CR = 0x0d;
const LF = 0x0a;
const colon = 0x3a;
const space = 0x20;

const Place = { lineStart: 0, name: 1, valueStart: 2, value: 3, comment: 4 } as const;
type Place = (typeof Place)[keyof typeof Place];

/** Index in `fieldNames`. */
const Field = { data: 0, event: 1, id: 2, retry: 3, unknown: 4 } as const;

const utf8 = new TextDecoder();

export class EventStreamReader implements ContentReader {
  private readonly sink: EventSink;
  private place: Place = Place.lineStart;
  private field = 0;
  private readonly name = new Uint8Array(longestName + 1);
  private nameLength = 0;
  private afterCR = false;
  /** Octets of a byte order mark that have come; -1 once something else has. */
  private mark = 0;
  private readonly data: ByteQueue = new ByteQueue();
  private readonly text: ByteQueue = new ByteQueue();
  /** Of the event at hand: has it begun, has it data, its octets on the wire and in the data, bytes missing. */
  private begun = false;
  private hasData = false;
  private wireLength = 0;
  private dataLength = 0;
  private damaged = false;
  private type = '';
  private id: string | undefined;
  private retry = -1;

  constructor(sink: EventSink) {
    this.sink = sink;
  }

  push(data: Uint8Array, start: number, end: number): void {
    let at = start;
    while (this.mark >= 0 && at < end) at = this.passMark(data, at);
    while (at < end) {
      const c = data[at]!;
      if (c === LF && this.afterCR) {
        this.afterCR = false;
        if (this.begun) this.wireLength++;
        at++;
      } else if (c === CR || c === LF) {
        this.afterCR = c === CR;
        at++;
        this.endLine();
      } else {
        this.afterCR = false;
        at = this.line(data, at, end);
      }
    }
  }

  gap(): void {
    this.mark = -1;
    this.damaged = this.begun = true;
    this.place = Place.comment;
  }

  /** An event without an empty line behind it is not dispatched by receivers; it is told as incomplete. */
  finish(): void {
    if (this.place === Place.value) this.endField();
    this.damaged = true;
    this.dispatch();
  }

  private passMark(data: Uint8Array, at: number): number {
    if (data[at] !== byteOrderMark[this.mark]) {
      this.mark = -1;
      return at;
    }
    if (++this.mark === byteOrderMark.length) this.mark = -1;
    return at + 1;
  }

  /** Part of a line, without its end. */
  private line(data: Uint8Array, at: number, end: number): number {
    if (!this.begun) this.begin();
    const from = at;
    if (this.place === Place.lineStart) {
      this.nameLength = 0;
      this.place = data[at] === colon ? Place.comment : Place.name;
    }
    if (this.place === Place.name) at = this.fieldName(data, at, end);
    if (this.place === Place.valueStart && at < end) {
      this.place = Place.value;
      if (data[at] === space) at++;
    }
    const stop = endOfLine(data, at, end);
    if (this.place === Place.value) this.value(data, at, stop);
    this.wireLength += stop - from;
    return stop;
  }

  private begin(): void {
    this.begun = true;
    this.sink.eventStart();
  }

  private fieldName(data: Uint8Array, at: number, end: number): number {
    while (at < end) {
      const c = data[at]!;
      if (c === CR || c === LF) return at;
      at++;
      if (c === colon) {
        this.beginValue();
        this.place = Place.valueStart;
        return at;
      }
      if (this.nameLength <= longestName) this.name[this.nameLength++] = c;
    }
    return at;
  }

  private beginValue(): void {
    this.field = this.knownField();
    this.text.clear();
    if (this.field !== Field.data) return;
    if (this.hasData) this.append(lineFeed, 0, 1);
    this.hasData = true;
  }

  private knownField(): number {
    const { name, nameLength } = this;
    for (let i = 0; i < fieldNames.length; i++) {
      const known = fieldNames[i]!;
      let same = known.length === nameLength;
      for (let j = 0; same && j < nameLength; j++) same = name[j] === known[j];
      if (same) return i;
    }
    return Field.unknown;
  }

  private value(data: Uint8Array, start: number, end: number): void {
    if (this.field === Field.data) this.append(data, start, end);
    else if (this.field !== Field.unknown) {
      const room = longestText - this.text.length;
      this.text.append(data, start, Math.min(end, start + room));
    }
  }

  private append(data: Uint8Array, start: number, end: number): void {
    this.dataLength += end - start;
    const room = longestData - this.data.length;
    this.data.append(data, start, Math.min(end, start + room));
  }

  private endLine(): void {
    if (this.begun) this.wireLength++;
    if (this.place === Place.lineStart) {
      this.dispatch();
      return;
    }
    // A line without a colon is a field without a value.
    if (this.place === Place.name) this.beginValue();
    if (this.place !== Place.comment) this.endField();
    this.place = Place.lineStart;
  }

  private endField(): void {
    const { data, length } = this.text;
    switch (this.field) {
      case Field.event:
        this.type = utf8.decode(data.subarray(0, length));
        return;
      case Field.id:
        if (data.subarray(0, length).indexOf(0) < 0) this.id = utf8.decode(data.subarray(0, length));
        return;
      case Field.retry:
        if (length > 0 && length < 16 && isNumber(data, length)) this.retry = Number(latin1(data, 0, length));
        return;
      default:
    }
  }

  private dispatch(): void {
    const says = this.hasData || this.retry >= 0 || this.id !== undefined || this.type !== '';
    if (says) {
      const { type, id, retry, data, dataLength, wireLength, damaged } = this;
      this.sink.event(type, id, retry, data.data, 0, data.length, dataLength, wireLength, !damaged);
    }
    this.begun = this.hasData = this.damaged = false;
    this.wireLength = this.dataLength = 0;
    this.type = '';
    this.id = undefined;
    this.retry = -1;
    this.data.clear();
  }
}

const lineFeed = octets('\n');

function endOfLine(data: Uint8Array, at: number, end: number): number {
  while (at < end && data[at] !== CR && data[at] !== LF) at++;
  return at;
}

function isNumber(data: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (!isDigit(data[i]!)) return false;
  return true;
}
