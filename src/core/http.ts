/**
 * A message head as offsets into bytes: the start line and the field lines of a request or response (RFC 9112 2-5), or
 * an HTTP/2 field section written out the same way. Decoders fill one in and lend it; nothing in it is a string.
 */
import { latin1, viewOf } from './bytes.ts';

/** Field names the product itself looks at, told by the decoder so that nobody compares names twice. */
export const KnownField = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  contentEncoding: 5,
  contentType: 6,
  upgrade: 7,
  expect: 8,
  location: 9,
  setCookie: 10,
  secWebSocketKey: 11,
  secWebSocketAccept: 12,
  secWebSocketVersion: 13,
  secWebSocketProtocol: 14,
  secWebSocketExtensions: 15,
  trailer: 16,
  te: 17,
  http2Settings: 18,
  keepAlive: 19,
  proxyConnection: 20,
  /** HTTP/2's pseudo-header fields that a URL is made of. */
  authority: 21,
  scheme: 22,
  authorization: 23,
  etag: 24,
  lastModified: 25,
  retryAfter: 26,
} as const;
export type KnownField = (typeof KnownField)[keyof typeof KnownField];

/** The lower-case spelling of each known field, by its number. */
export const knownFieldNames: readonly string[] = [
  '', 'host', 'connection', 'content-length', 'transfer-encoding', 'content-encoding', 'content-type', 'upgrade',
  'expect', 'location', 'set-cookie', 'sec-websocket-key', 'sec-websocket-accept', 'sec-websocket-version',
  'sec-websocket-protocol', 'sec-websocket-extensions', 'trailer', 'te', 'http2-settings', 'keep-alive',
  'proxy-connection', ':authority', ':scheme', 'authorization', 'etag', 'last-modified', 'retry-after',
]; // prettier-ignore

/** Offsets kept for a field: name start, name end, value start, value end (ends exclusive, optional whitespace off). */
export const offsetsPerField = 4;

/** The most field lines a head keeps; those beyond are counted in `size` and reported, not listed. */
export const maxFields = 1024;

const noFields: number[] = [];

export class HttpHead {
  /** The bytes all offsets point into. Borrowed: valid until the call that handed the head over returns. */
  data: Uint8Array = new Uint8Array(0);
  /** Range of the head in `data`: first byte of the start line (or first field line of trailers). */
  start = 0;
  /** One past the last byte of the head in `data`, the empty line included. */
  end = 0;
  /** Bytes of the head on the wire, empty line included (HTTP/2: of the HEADERS and CONTINUATION payloads). */
  size = 0;

  /** Request line; all 0 in a response. In HTTP/2 they point at the pseudo-header fields' values. */
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Status code 0-999; 0 in a request. */
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;
  /** Version as major * 10 + minor: 9 (HTTP/0.9), 10, 11, 20; as sent, even where it does not exist. */
  version = 0;

  /** Packet and time (`Moment`) of the first byte, of a head that straddles packets; 0 where it is the present moment. */
  packet = 0;
  time = 0.5;
  /** Stream offset of the first byte; -1 where the head is not a run of bytes of its stream (HTTP/2). */
  offset = 0.5;

  fieldCount = 0;
  /** `offsetsPerField` numbers a field, in wire order. */
  offsets: Int32Array;
  /** A `KnownField` a field. */
  known: Uint8Array;
  /** Bit `KnownField` is clear where no such field is there; a decoder that does not keep count leaves all set. */
  seen = -1;
  /** Fields that the sender wants kept out of compression tables, by index (RFC 7541 7.1.3): what it holds for a secret. */
  neverIndexed: number[] = noFields;
  /** Nothing but printable ASCII between the line ends. False where that is not known; `copyFrom` finds out. */
  regular = false;
  /**
   * Of a regular head: where `"` or `\` stands, which JSON does not write as they are. A bit for the value of each field
   * (`escapeBit`), and one for the start line.
   */
  escapes = 0;
  /** Over `data`, where this head owns it. */
  view: DataView = noView;

  /** @param capacity fields that fit before `reserve` is called */
  constructor(capacity = 16) {
    this.offsets = new Int32Array(capacity * offsetsPerField);
    this.known = new Uint8Array(capacity);
    // Given a fraction above, so that it is stored as a double from the start.
    this.offset = -1;
  }

  /** Makes room for one more field; false where `maxFields` are there already. */
  reserve(): boolean {
    const capacity = this.known.length;
    if (this.fieldCount < capacity) return true;
    if (capacity >= maxFields) return false;
    this.resize(Math.min(maxFields, capacity * 2));
    return true;
  }

  /** Takes over another head, bytes included: this head then owns what it points into. Its buffers are reused. */
  copyFrom(other: HttpHead): void {
    const shift = other.start;
    const length = other.end - shift;
    if (this.data.length < length + slack) {
      this.data = new Uint8Array((length + slack + 255) & ~255);
      this.view = new DataView(this.data.buffer);
    }
    if (other.regular) {
      copyRegular(viewOf(other.data), shift, other.end, this.view);
      this.regular = true;
      this.escapes = other.escapes;
    } else {
      this.regular = copyHead(other.data, shift, other.end, this.data);
      this.escapes = 0;
    }
    this.start = 0;
    this.end = length;
    this.size = other.size;
    this.offset = other.offset;
    this.methodStart = other.methodStart - shift;
    this.methodEnd = other.methodEnd - shift;
    this.targetStart = other.targetStart - shift;
    this.targetEnd = other.targetEnd - shift;
    this.status = other.status;
    this.reasonStart = other.reasonStart - shift;
    this.reasonEnd = other.reasonEnd - shift;
    this.version = other.version;
    this.seen = other.seen;
    this.neverIndexed = other.neverIndexed.length === 0 ? noFields : other.neverIndexed.slice();
    const count = other.fieldCount;
    if (this.known.length < count) this.resize((count + 15) & ~15);
    this.fieldCount = count;
    const from = other.offsets;
    const to = this.offsets;
    for (let i = 0, n = count * offsetsPerField; i < n; i++) to[i] = from[i]! - shift;
    for (let i = 0; i < count; i++) this.known[i] = other.known[i]!;
  }

  /** Whether a request's method is this one; case counts (RFC 9110 9.1). */
  isMethod(method: string): boolean {
    const { data, methodStart } = this;
    if (this.methodEnd - methodStart !== method.length) return false;
    for (let i = 0; i < method.length; i++) if (data[methodStart + i] !== method.charCodeAt(i)) return false;
    return true;
  }

  /** Bytes this head keeps alive. */
  get retained(): number {
    return this.data.length + this.known.length * (offsetsPerField * 4 + 1);
  }

  private resize(capacity: number): void {
    const offsets = new Int32Array(capacity * offsetsPerField);
    offsets.set(this.offsets);
    this.offsets = offsets;
    const known = new Uint8Array(capacity);
    known.set(this.known);
    this.known = known;
  }
}

/** Bytes behind a head that copies by eight may read. */
const slack = 8;
const noView = new DataView(new ArrayBuffer(0));

/** What a byte is to JSON: 0 itself, 1 a line end, 2 to be escaped or encoded. */
const octetClass = new Uint8Array(256).fill(2);
octetClass.fill(0, 0x20, 0x7f);
octetClass[0x0a] = octetClass[0x0d] = 1;
octetClass[0x22] = octetClass[0x5c] = 2;

/** The start line's bit in `HttpHead.escapes`. */
export const startLineEscapes = 1 << 31;

/** A field's bit in `HttpHead.escapes`; those from the 31st on share one. */
export function escapeBit(index: number): number {
  return index < 30 ? 1 << index : 1 << 30;
}

/** By eights, as doubles: no eight bytes of printable ASCII are a NaN, so their bits stay what they are. */
function copyRegular(source: DataView, start: number, end: number, target: DataView): void {
  let i = start;
  let at = 0;
  for (const last = end - 7; i < last; i += 8, at += 8) target.setFloat64(at, source.getFloat64(i, true), true);
  for (; i < end; i++, at++) target.setUint8(at, source.getUint8(i));
}

/** @returns whether only line ends need more than copying; a CR that ends no line is none */
function copyHead(data: Uint8Array, start: number, end: number, target: Uint8Array): boolean {
  let classes = 0;
  for (let i = start, at = 0; i < end; i++, at++) {
    const octet = data[i]!;
    target[at] = octet;
    classes |= octetClass[octet]!;
    if (octet === 0x0d && data[i + 1] !== 0x0a) classes |= 2;
  }
  return (classes & 2) === 0;
}

/** Index of the first field line with this known name at or after `from`, or -1. */
export function findField(head: HttpHead, known: KnownField, from = 0): number {
  if ((head.seen & (1 << known)) === 0) return -1;
  for (let i = from; i < head.fieldCount; i++) if (head.known[i] === known) return i;
  return -1;
}

/** Index of the field that names the host: `:authority` (RFC 9113 8.3.1), else Host; -1 where there is neither. */
export function hostField(head: HttpHead): number {
  const authority = findField(head, KnownField.authority);
  return authority >= 0 ? authority : findField(head, KnownField.host);
}

/** A field's value as latin1 text (RFC 9110 5.5: bytes above 0x7f are opaque). */
export function fieldValue(head: HttpHead, index: number): string {
  const at = index * offsetsPerField;
  return latin1(head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
}

/** A field's name as sent. */
export function fieldName(head: HttpHead, index: number): string {
  const at = index * offsetsPerField;
  return latin1(head.data, head.offsets[at]!, head.offsets[at + 1]!);
}

/** All values of a known field joined by `, ` (RFC 9110 5.2), or undefined where it is absent. */
export function combinedValue(head: HttpHead, known: KnownField): string | undefined {
  let index = findField(head, known);
  if (index < 0) return undefined;
  let value = fieldValue(head, index);
  while ((index = findField(head, known, index + 1)) >= 0) value += ', ' + fieldValue(head, index);
  return value;
}

/** Elements of a comma-separated list (RFC 9110 5.6.1), trimmed, empty ones dropped. Commas in quotes do not divide. */
export function listElements(value: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i <= value.length; i++) {
    const c = i < value.length ? value.charCodeAt(i) : 0x2c;
    if (quoted && i < value.length) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x2c) {
      const element = value.slice(start, i).trim();
      if (element !== '') elements.push(element);
      start = i + 1;
    }
  }
  return elements;
}
