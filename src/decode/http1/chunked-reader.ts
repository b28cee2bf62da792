/**
 * The chunked transfer coding (RFC 9112 7.1): size lines, chunk data, trailer section.
 *
 * Sizes with junk behind their digits are read by the digits and reported; a line without digits, a size that cannot be
 * counted, or data that no line end follows leave the framing unknown: the content is lost from there.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KnownField } from '../../core/http.ts';
import { excerpt, hex, hexValue, isBlank } from '../http/octets.ts';
import { cut, type BodyReader } from './body-reader.ts';
import { scanner } from './head-scanner.ts';
import type { Lane } from './lane.ts';

/** Where in the coding the next byte stands. */
export const ChunkPhase = {
  /** The first digit of a size. */
  size: 0,
  /** Further digits. */
  digits: 1,
  /** White space behind the size. */
  blanks: 2,
  /** A chunk extension, or junk, up to the line's LF. */
  extension: 3,
  /** After a CR: the line's LF. */
  sizeLineFeed: 4,
  data: 5,
  /** The CR after chunk data, and its LF. */
  dataReturn: 6,
  dataLineFeed: 7,
  /** After the last chunk: an empty line, or the first trailer field. */
  trailers: 8,
  /** The empty line's LF. */
  lastLineFeed: 9,
  /** A trailer section is in the lane's queue. */
  trailerQueue: 10,
} as const;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** The longest size line, and the longest trailer section. */
const longestLine = 16 * 1024;
const longestTrailers = 64 * 1024;

/** Fields that frame or route a message must not come in its trailers (RFC 9110 6.5.1). */
const forbiddenInTrailers =
  (1 << KnownField.contentLength) |
  (1 << KnownField.transferEncoding) |
  (1 << KnownField.host) |
  (1 << KnownField.contentEncoding) |
  (1 << KnownField.contentType) |
  (1 << KnownField.trailer);

export const chunkedReader: BodyReader = {
  read(lane, data, at, end) {
    while (at < end && lane.progress === 'reading') {
      switch (lane.phase) {
        case ChunkPhase.data:
          at = readData(lane, data, at, end);
          break;
        case ChunkPhase.trailers:
        case ChunkPhase.trailerQueue:
          at = readTrailers(lane, data, at, end);
          break;
        default:
          lane.framing++;
          readFraming(lane, data[at]!, data, at);
          at++;
      }
    }
    return at;
  },
  gap(lane, length) {
    const inside = lane.phase === ChunkPhase.data ? Math.min(length, lane.remaining) : 0;
    if (inside > 0) {
      lane.contentGap(inside);
      lane.remaining -= inside;
      if (lane.remaining === 0) lane.phase = ChunkPhase.dataReturn;
    }
    if (inside < length) lane.progress = 'lost';
    return length - inside;
  },
  closed: cut,
};

function readData<X>(lane: Lane<X>, data: Uint8Array, at: number, end: number): number {
  const stop = Math.min(end, at + lane.remaining);
  lane.content(data, at, stop);
  lane.remaining -= stop - at;
  if (lane.remaining === 0) lane.phase = ChunkPhase.dataReturn;
  return stop;
}

/** One octet of a size line or a line end. */
function readFraming<X>(lane: Lane<X>, c: number, data: Uint8Array, at: number): void {
  switch (lane.phase) {
    case ChunkPhase.size:
      if (hexValue[c] === 0xff)
        return lose(lane, 'http.bad-chunk-size', at, `${excerpt(data, at, at + 1)} is no digit`);
      lane.remaining = hexValue[c]!;
      lane.lineLength = 1;
      lane.phase = ChunkPhase.digits;
      return;
    case ChunkPhase.digits:
      if (hexValue[c] === 0xff) return readSizeEnd(lane, c, at);
      lane.remaining = lane.remaining * 16 + hexValue[c]!;
      if (lane.remaining > Number.MAX_SAFE_INTEGER) return lose(lane, 'http.chunk-size-overflow', at);
      return lengthen(lane, at);
    case ChunkPhase.blanks:
      if (c === CR || c === LF) lane.note('http.chunk-size-junk', at, 'white space behind the size: ignored');
      if (isBlank(c)) return lengthen(lane, at);
      return readSizeEnd(lane, c, at);
    case ChunkPhase.extension:
      if (c === LF) return readBareLineFeed(lane, at);
      if (c === CR) lane.phase = ChunkPhase.sizeLineFeed;
      return lengthen(lane, at);
    case ChunkPhase.sizeLineFeed:
      if (c === LF) return beginChunk(lane);
      lane.note('http.chunk-size-junk', at, 'a CR inside the line: read on to its LF; others end the line there');
      lane.phase = c === CR ? ChunkPhase.sizeLineFeed : ChunkPhase.extension;
      return lengthen(lane, at);
    case ChunkPhase.dataReturn:
      if (c === CR) lane.phase = ChunkPhase.dataLineFeed;
      else if (c === LF) {
        lane.note(
          'http.chunk-bare-lf',
          at,
          'chunk data ends in a bare LF: accepted; others count it as data or refuse it',
        );
        lane.phase = ChunkPhase.size;
      } else lose(lane, 'http.bad-chunk-end', at, `octet ${hex(c)} where chunk data should end`);
      return;
    case ChunkPhase.dataLineFeed:
      if (c === LF) lane.phase = ChunkPhase.size;
      else lose(lane, 'http.bad-chunk-end', at, `octet ${hex(c)} after the CR behind chunk data`);
      return;
    default:
      // The LF of the empty line that ends the message.
      if (c === LF) lane.progress = 'whole';
      else lose(lane, 'http.bad-chunk-end', at, `octet ${hex(c)} in the line that ends the message`);
  }
}

/** What follows a size's digits. */
function readSizeEnd<X>(lane: Lane<X>, c: number, at: number): void {
  if (c === CR) lane.phase = ChunkPhase.sizeLineFeed;
  else if (c === LF) readBareLineFeed(lane, at);
  else if (c === SEMICOLON) {
    lane.note('http.chunk-extension', at);
    lane.phase = ChunkPhase.extension;
  } else if (isBlank(c)) lane.phase = ChunkPhase.blanks;
  else {
    const detail = `octet ${hex(c)} behind the digits: read as ${lane.remaining} bytes; others refuse it or read another size`;
    lane.note('http.chunk-size-junk', at, detail);
    lane.phase = ChunkPhase.extension;
  }
}

function readBareLineFeed<X>(lane: Lane<X>, at: number): void {
  lane.note('http.chunk-bare-lf', at, 'a chunk size ends in a bare LF: accepted; others read on to the next CR LF');
  beginChunk(lane);
}

function beginChunk<X>(lane: Lane<X>): void {
  lane.phase = lane.remaining === 0 ? ChunkPhase.trailers : ChunkPhase.data;
}

function lengthen<X>(lane: Lane<X>, at: number): void {
  if (++lane.lineLength > longestLine) lose(lane, 'http.bad-chunk-size', at, 'the line is longer than 16 KiB');
}

/** RFC 9112 7.1.2. The section is read where it stands if it is whole, else out of the queue. */
function readTrailers<X>(lane: Lane<X>, data: Uint8Array, at: number, end: number): number {
  if (lane.phase === ChunkPhase.trailers) {
    const c = data[at]!;
    if (c === CR || c === LF) {
      lane.framing++;
      if (c === CR) lane.phase = ChunkPhase.lastLineFeed;
      else {
        lane.note('http.chunk-bare-lf', at, 'the message ends in a bare LF: accepted; others wait for CR LF');
        lane.progress = 'whole';
      }
      return at + 1;
    }
    lane.headOffset = lane.origin + at;
    const after = scanner.scan('trailers', data, at, end);
    if (after >= 0) {
      giveTrailers(lane);
      return after;
    }
    lane.phase = ChunkPhase.trailerQueue;
  }
  const after = lane.queue.appendToEmptyLine(data, at, end);
  if (after >= 0 && scanner.scan('trailers', lane.queue.data, 0, lane.queue.length) >= 0) giveTrailers(lane);
  else if (after >= 0 || lane.queue.length > longestTrailers) {
    lane.skip(lane.queue.length, lane.headOffset);
    lose(lane, 'http.head-too-large', at, 'a trailer section of more than 64 KiB');
  } else return end;
  lane.queue.clear();
  return after < 0 ? end : after;
}

function giveTrailers<X>(lane: Lane<X>): void {
  const exchange = lane.exchange!.handle;
  lane.sink.trailers(exchange, lane.side, scanner.head);
  for (let i = 0; i < scanner.issueCount; i++) {
    const at = lane.headOffset + scanner.issueOffsets[i]!;
    const code = scanner.issueCodes[i]!;
    lane.sink.reportExchange(exchange, code, lane.connection, lane.side, at, scanner.issueDetails[i]);
  }
  if ((scanner.head.seen & forbiddenInTrailers) !== 0)
    lane.note('http.forbidden-trailer', lane.headOffset - lane.origin);
  lane.progress = 'whole';
}

function lose<X>(lane: Lane<X>, code: DiagnosticCode, at: number, detail?: string): void {
  lane.note(code, at, detail);
  lane.progress = 'lost';
}
