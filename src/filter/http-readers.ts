/** How the values of HTTP fields are read out of an exchange: ranges of its heads and bodies, no text made where none is needed. */
import { type HttpHead, KnownField, knownFieldNames, offsetsPerField } from '../core/http.ts';
import type { ExchangeRecord, HttpMessage } from '../timeline/records.ts';
import type { BytesReader } from './field.ts';
import { Span } from './span.ts';

export type Which = 'request' | 'response' | 'both';
type Reader = BytesReader<ExchangeRecord>;

// --- start lines -----------------------------------------------------------------------------------------------------

export function method(x: ExchangeRecord, _index: number, span: Span): boolean {
  const { present, head } = x.request;
  return present && head.methodEnd > head.methodStart && span.set(head.data, head.methodStart, head.methodEnd);
}

export function target(x: ExchangeRecord, _index: number, span: Span): boolean {
  const { present, head } = x.request;
  return present && head.targetEnd > head.targetStart && span.set(head.data, head.targetStart, head.targetEnd);
}

export function url(x: ExchangeRecord, _index: number, span: Span): boolean {
  return x.request.present && span.latin1(x.url);
}

/** The target's path, without the authority of an absolute form and without the query. */
export function path(x: ExchangeRecord, index: number, span: Span): boolean {
  if (!target(x, index, span)) return false;
  const { data, end } = span;
  const start = pathStart(data, span.start, end);
  const query = find(data, 0x3f, start, end);
  return span.set(data, start, query < 0 ? end : query);
}

/** What stands behind the target's first `?`. */
export function query(x: ExchangeRecord, index: number, span: Span): boolean {
  if (!target(x, index, span)) return false;
  const mark = find(span.data, 0x3f, span.start, span.end);
  return mark >= 0 && span.set(span.data, mark + 1, span.end);
}

function pathStart(data: Uint8Array, start: number, end: number): number {
  if (data[start] === 0x2f) return start;
  const colon = find(data, 0x3a, start, end);
  if (colon < 0 || data[colon + 1] !== 0x2f || data[colon + 2] !== 0x2f) return start;
  const slash = find(data, 0x2f, colon + 3, end);
  return slash < 0 ? end : slash;
}

function find(data: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (data[i] === byte) return i;
  return -1;
}

export function reason(x: ExchangeRecord, _index: number, span: Span): boolean {
  const { present, head } = x.response;
  return present && head.reasonEnd > head.reasonStart && span.set(head.data, head.reasonStart, head.reasonEnd);
}

/** `HTTP/1.1`, as Wireshark shows it. */
export function httpVersion(which: 'request' | 'response'): Reader {
  return (x, _index, span) => x[which].present && span.word(`HTTP/${x[which].version}`);
}

export function version(x: ExchangeRecord, _index: number, span: Span): boolean {
  return span.word((x.request.present ? x.request : x.response).version);
}

/** NaN where no response was seen. */
export function status(x: ExchangeRecord): number {
  return x.response.present && x.response.head.status > 0 ? x.response.head.status : NaN;
}

// --- header fields ---------------------------------------------------------------------------------------------------

/** A field name to look for: by its number where decoders know it, else (pseudo-header fields too) by its letters. */
export class HeaderKey {
  readonly known: KnownField;
  /** In lower case. */
  private readonly name: Uint8Array;

  constructor(name: string) {
    this.name = Buffer.from(name.toLowerCase(), 'latin1');
    this.known = Math.max(0, knownFieldNames.indexOf(name.toLowerCase())) as KnownField;
  }

  /** Index of the field line with this name and `nth` such lines before it; `-1 - n` where there are only `n`. */
  find(head: HttpHead, nth: number): number {
    let count = 0;
    for (let i = 0; i < head.fieldCount; i++) {
      if (this.known === KnownField.other ? this.spells(head, i) : head.known[i] === this.known) {
        if (count++ === nth) return i;
      }
    }
    return -1 - count;
  }

  private spells(head: HttpHead, index: number): boolean {
    const { data, offsets } = head;
    const start = offsets[index * offsetsPerField]!;
    const { name } = this;
    if (offsets[index * offsetsPerField + 1]! - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      const byte = data[start + i]!;
      if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== name[i]) return false;
    }
    return true;
  }
}

/** All values of a header field, the request's before the response's. `http2`: only where the message is HTTP/2. */
export function header(name: string, which: Which = 'both', http2 = false): Reader {
  const key = new HeaderKey(name);
  return (x, index, span) => {
    let nth = index;
    if (which !== 'response' && x.request.present) {
      const at = key.find(x.request.head, nth);
      if (at >= 0) return (!http2 || isHttp2(x)) && value(x.request.head, at, span);
      nth += at + 1;
    }
    if (which === 'request' || !x.response.present) return false;
    const at = key.find(x.response.head, nth);
    return at >= 0 && (!http2 || isHttp2(x)) && value(x.response.head, at, span);
  };
}

export function isHttp2(x: ExchangeRecord): boolean {
  return (x.request.present ? x.request : x.response).head.version >= 20;
}

function value(head: HttpHead, index: number, span: Span): true {
  const at = index * offsetsPerField;
  return span.set(head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
}

const lineEnd = Uint8Array.of(0x0d, 0x0a);
const separator = Uint8Array.of(0x3a, 0x20);

/** Whole field lines as `Name: value\r\n`, as Wireshark has them. */
export function headerLine(which: Which): Reader {
  return (x, index, span) => {
    const request = which !== 'response' && x.request.present ? x.request.head.fieldCount : 0;
    const response = which !== 'request' && x.response.present ? x.response.head.fieldCount : 0;
    if (index >= request + response) return false;
    const head = index < request ? x.request.head : x.response.head;
    const at = (index < request ? index : index - request) * offsetsPerField;
    span.empty();
    span.append(head.data, head.offsets[at]!, head.offsets[at + 1]!);
    span.append(separator, 0, 2);
    span.append(head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
    return span.append(lineEnd, 0, 2);
  };
}

const hostField = header('host', 'request');
const authorityField = header(':authority', 'request');

export function host(x: ExchangeRecord, index: number, span: Span): boolean {
  return hostField(x, index, span) || (index === 0 && authorityField(x, 0, span));
}

const contentTypes = { request: header('content-type', 'request'), response: header('content-type', 'response') };

/** The content type without its parameters, in lower case. */
export function mediaType(which: 'request' | 'response'): Reader {
  return (x, _index, span) => {
    if (!contentTypes[which](x, 0, span)) return false;
    const { data, start } = span;
    let end = find(data, 0x3b, start, span.end);
    if (end < 0) end = span.end;
    while (end > start && (data[end - 1] === 0x20 || data[end - 1] === 0x09)) end--;
    span.set(data, start, end);
    span.fold(false);
    return true;
  };
}

/** A header field's value as a number, NaN where it is none. */
export function headerNumber(name: string, http2 = false): (x: ExchangeRecord, index: number) => number {
  const read = header(name, 'both', http2);
  const span = new Span();
  return (x, index) => (read(x, index, span) ? wholeNumber(span) : NaN);
}

function wholeNumber({ data, start, end }: Span): number {
  let number = start < end ? 0 : NaN;
  for (let i = start; i < end; i++) {
    const digit = data[i]! - 0x30;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : NaN;
  }
  return number;
}

// --- bodies and the whole --------------------------------------------------------------------------------------------

/** Kept content, decoded where possible: the request's, then the response's. */
export function body(which: Which): Reader {
  return (x, index, span) => {
    const hasRequest = which !== 'response' && x.request.present && x.request.body.length > 0;
    const hasResponse = which !== 'request' && x.response.present && x.response.body.length > 0;
    if (index >= Number(hasRequest) + Number(hasResponse)) return false;
    return content(index === 0 && hasRequest ? x.request : x.response, span);
  };
}

/** Everything that is kept of an exchange: heads and bodies. */
export function everything(x: ExchangeRecord, index: number, span: Span): boolean {
  const part = x.request.present ? index : index + 2;
  const message = part < 2 ? x.request : x.response;
  if (part > 3 || !message.present) return false;
  return (part & 1) === 1 ? content(message, span) : span.set(message.head.data, message.head.start, message.head.end);
}

function content(message: HttpMessage, span: Span): true {
  return span.set(message.body.data, 0, message.body.length);
}
