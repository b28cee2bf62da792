/**
 * Reads a message head: start line, field lines, empty line (RFC 9112 2-5), one look at each byte, no strings.
 *
 * What robust receivers accept is accepted, and noted as an issue; the caller reports the issues once the exchange they
 * belong to is open. A head with folded lines (obs-fold) is unfolded in the scanner's own storage. Framing is not judged
 * here (`body-framing.ts`), and no bytes are kept: an incomplete head is read again once it is whole.
 */
import { findByte, viewOf } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { HttpHead, KnownField, escapeBit, knownFieldNames, maxFields, offsetsPerField } from '../../core/http.ts';
import { FieldOctet, excerpt, fieldOctet, hex, isBlank, tokenLower } from '../http/octets.ts';
import { knownField } from '../http/known-field.ts';
import { ScanResult, readRequestLine, readStatusLine } from './start-line.ts';

export type HeadKind = 'request' | 'response' | 'trailers';

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const maxIssues = 16;

/** Answers between the methods below, beside those of `ScanResult`. */
const needsUnfolding = -3;
const notAField = -4;

export class HeadScanner {
  /** The head read last. Its offsets point into the bytes scanned, or into `unfolded`. */
  readonly head: HttpHead = new HttpHead(maxFields);
  /** As `head.seen`: fields whose value was folded. */
  folded = 0;
  issueCount = 0;
  readonly issueCodes: DiagnosticCode[] = [];
  readonly issueDetails: (string | undefined)[] = [];
  /** Offsets from the head's first byte. */
  readonly issueOffsets: Int32Array = new Int32Array(maxIssues);
  /** A copy of a head with folded lines, white space of the folds taken out within each value. */
  private unfolded: Uint8Array = new Uint8Array(0);
  /** Of the field line being read. */
  private valueEnd = 0;
  private lineFolded = false;
  private lineSpaced = false;

  /** @returns one past the head's last byte, or a `ScanResult` */
  scan(kind: HeadKind, data: Uint8Array, start: number, end: number): number {
    this.begin(data, start);
    let at = start;
    if (kind === 'request') at = readRequestLine(this, data, start, end);
    else if (kind === 'response') at = readStatusLine(this, data, start, end);
    if (at < 0) return at;
    const after = this.scanFields(data, at, end);
    if (after === needsUnfolding) return this.scanUnfolded(kind, data, start, end);
    if (after > 0) this.finish(after);
    return after;
  }

  /** Notes something wrong at `at` in the bytes being scanned; each once a head. */
  issue(code: DiagnosticCode, at: number, detail?: string): void {
    const count = this.issueCount;
    if (count === maxIssues) return;
    for (let i = 0; i < count; i++) if (this.issueCodes[i] === code && this.issueDetails[i] === detail) return;
    this.issueCodes[count] = code;
    this.issueOffsets[count] = at - this.head.start;
    this.issueDetails[count] = detail;
    this.issueCount = count + 1;
  }

  /** A head of no bytes, for a response that has none (HTTP/0.9). */
  begin(data: Uint8Array, start: number): void {
    const head = this.head;
    head.data = data;
    head.start = head.end = start;
    head.size = 0;
    head.methodStart = head.methodEnd = head.targetStart = head.targetEnd = start;
    head.reasonStart = head.reasonEnd = start;
    head.status = head.version = head.fieldCount = 0;
    head.packet = 0;
    head.regular = true;
    head.escapes = 0;
    head.seen = this.folded = this.issueCount = 0;
    this.lineFolded = this.lineSpaced = false;
  }

  private finish(after: number): void {
    this.head.end = after;
    this.head.size = after - this.head.start;
  }

  /** Field lines from `i` to the empty line. */
  private scanFields(data: Uint8Array, i: number, end: number): number {
    const offsets = this.head.offsets;
    const known = this.head.known;
    const view = viewOf(data);
    const lastWord = end - 4;
    let count = 0;
    let seen = 0;
    let escapes = this.head.escapes;
    while (i < end) {
      const name = i;
      while (i < end && tokenLower[data[i]!] !== 0) i++;
      if (i === end) break;
      let nameEnd = i;
      if (data[i] !== COLON || i === name) {
        if (i === name) {
          const after = this.emptyLine(data, i, end);
          if (after === ScanResult.incomplete) break;
          if (after > 0) {
            this.head.fieldCount = count;
            this.head.seen = seen;
            this.head.escapes = escapes;
            return after;
          }
        }
        i = this.oddName(data, name, i, end);
        if (i === ScanResult.incomplete) break;
        if (i === notAField) {
          i = findByte(data, LF, name, end) + 1;
          continue;
        }
        nameEnd = i;
        while (nameEnd > name && isBlank(data[nameEnd - 1]!)) nameEnd--;
      }
      i++;
      while (i < end && isBlank(data[i]!)) i++;
      const value = i;
      // SP and visible ASCII, four octets at a time; what JSON escapes among them leaves its mark in `quoting`.
      let quoting = 0;
      for (; i <= lastWord; i += 4) {
        const word = view.getInt32(i, true);
        if ((((word - 0x20202020) | (word + 0x01010101) | word) & 0x80808080) !== 0) break;
        const quotes = word ^ 0x22222222;
        const backslashes = word ^ 0x5c5c5c5c;
        quoting |= ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
      }
      for (let octet = 0; i < end && ((octet = data[i]!) - 0x20) >>> 0 < 0x5f; i++)
        if (octet === 0x22 || octet === 0x5c) quoting = -1;
      let valueEnd = i;
      // The byte after the line tells whether it is folded; there is one, since the empty line has to come.
      if (i + 2 < end && data[i] === CR && data[i + 1] === LF && !isBlank(data[i + 2]!)) i += 2;
      else {
        i = this.oddValue(data, value, i, end);
        if (i === needsUnfolding) return i;
        if (i < 0) break;
        valueEnd = this.valueEnd;
      }
      while (valueEnd > value && isBlank(data[valueEnd - 1]!)) valueEnd--;
      const field = nameEnd > name ? knownField(data, name, nameEnd) : KnownField.other;
      if (this.lineFolded || this.lineSpaced) this.noteOddField(field, nameEnd);
      if (count === maxFields) {
        this.issue('http.too-many-fields', name);
        continue;
      }
      const at = count * offsetsPerField;
      offsets[at] = name;
      offsets[at + 1] = nameEnd;
      offsets[at + 2] = value;
      offsets[at + 3] = valueEnd;
      if ((quoting & 0x80808080) !== 0) escapes |= escapeBit(count);
      known[count++] = field;
      seen |= 1 << field;
    }
    return ScanResult.incomplete;
  }

  /** @returns one past an empty line at `i`, 0 where there is none, or incomplete */
  private emptyLine(data: Uint8Array, i: number, end: number): number {
    if (data[i] === LF) {
      this.issue('http.bare-lf', i);
      return i + 1;
    }
    if (data[i] !== CR) return 0;
    if (i + 1 === end) return ScanResult.incomplete;
    return data[i + 1] === LF ? i + 2 : 0;
  }

  /**
   * A name that does not end in a colon at `i`: white space before the colon, characters no name may have, no colon at
   * all, or white space before the first field.
   *
   * @returns the position of the colon; `notAField` where the line is to be passed over; or incomplete
   */
  private oddName(data: Uint8Array, name: number, i: number, end: number): number {
    const lf = findByte(data, LF, i, end);
    this.head.regular = false;
    if (lf < 0) return ScanResult.incomplete;
    if (isBlank(data[name]!)) {
      // RFC 9112 2.2: such lines are consumed without further processing.
      this.issue('http.whitespace-before-fields', name, excerpt(data, name, lf));
      return notAField;
    }
    let spaced = false;
    let invalid = i === name;
    for (; data[i] !== COLON; i++) {
      if (i === lf) {
        this.issue('http.bad-field-line', name, `${excerpt(data, name, lf)} has no colon`);
        return notAField;
      }
      if (isBlank(data[i]!)) spaced = true;
      else if (spaced || tokenLower[data[i]!] === 0) invalid = true;
    }
    if (invalid) this.issue('http.bad-field-name', name, excerpt(data, name, i));
    else this.lineSpaced = spaced;
    return i;
  }

  /**
   * A value that the plain loop left at `i`: folded, ended by a bare LF, or with octets that no value may have.
   *
   * @returns one past the line's LF (`valueEnd` is set), incomplete, or `needsUnfolding`
   */
  private oddValue(data: Uint8Array, value: number, i: number, end: number): number {
    const own = data === this.unfolded;
    this.head.regular = false;
    let write = i;
    for (;;) {
      for (; i < end && data[i] !== LF; i++) {
        this.noteOctet(data, i, end);
        if (own) data[write] = data[i]!;
        write++;
      }
      if (i + 1 >= end) return ScanResult.incomplete;
      if (write > value && data[write - 1] === CR) write--;
      else if (data[i - 1] !== CR) this.issue('http.bare-lf', i);
      i++;
      if (!isBlank(data[i]!)) break;
      if (!own) return needsUnfolding;
      this.issue('http.obs-fold', i);
      this.lineFolded = true;
      while (i < end && isBlank(data[i]!)) i++;
      while (write > value && isBlank(data[write - 1]!)) write--;
      if (write > value) data[write++] = 0x20;
    }
    this.valueEnd = write;
    return i;
  }

  private noteOctet(data: Uint8Array, i: number, end: number): void {
    switch (fieldOctet[data[i]!]) {
      case FieldOctet.opaque:
        this.issue('http.non-ascii', i, 'octets above 0x7f in a field value');
        break;
      case FieldOctet.control:
        this.issue('http.control-character', i, `octet ${hex(data[i]!)} in a field value`);
        break;
      case FieldOctet.carriageReturn:
        if (i + 1 < end && data[i + 1] !== LF) this.issue('http.bare-cr', i);
        break;
      default:
    }
  }

  private noteOddField(field: KnownField, nameEnd: number): void {
    if (this.lineFolded) this.folded |= 1 << field;
    if (this.lineSpaced) {
      const name = field === KnownField.other ? 'a field name' : knownFieldNames[field]!;
      this.issue('http.space-before-colon', nameEnd, `after ${name}: read as that field; others ignore or refuse it`);
    }
    this.lineFolded = this.lineSpaced = false;
  }

  /**
   * Scans again in own storage, where folds can be written over. Each value shrinks within its own lines, so that
   * offsets stay those of the original. Only the head is copied, whatever follows it.
   */
  private scanUnfolded(kind: HeadKind, data: Uint8Array, start: number, end: number): number {
    const after = emptyLineEnd(data, start, end);
    if (after < 0) return ScanResult.incomplete;
    const length = after - start;
    if (this.unfolded.length < length) this.unfolded = new Uint8Array(length);
    this.unfolded.set(data.subarray(start, after));
    const scanned = this.scan(kind, this.unfolded, 0, length);
    return scanned < 0 ? scanned : start + scanned;
  }
}

/** One past the first empty line at or after `start`, or -1. */
function emptyLineEnd(data: Uint8Array, start: number, end: number): number {
  let at = start;
  while ((at = findByte(data, LF, at, end)) >= 0) {
    at++;
    if (at < end && data[at] === LF) return at + 1;
    if (at + 1 < end && data[at] === CR && data[at + 1] === LF) return at + 2;
  }
  return -1;
}

/** One for all connections: a head is read, lent and done with before any other is. */
export const scanner: HeadScanner = new HeadScanner();
