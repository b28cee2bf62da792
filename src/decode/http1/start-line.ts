/**
 * The start line of a message (RFC 9112 3 and 4). Well-formed lines are read in one pass; the rest of this file is about
 * those that are not but can be made sense of.
 */
import { findByte } from '../../core/bytes.ts';
import { startLineEscapes } from '../../core/http.ts';
import {
  FieldOctet,
  excerpt,
  fieldOctet,
  hex,
  isBlank,
  isDigit,
  octets,
  targetOctet,
  tokenLower,
  visibleOctet,
} from '../http/octets.ts';
import type { HeadScanner } from './head-scanner.ts';
import { isStandardMethod } from './message-start.ts';

/** What a scan answers in place of a position. */
export const ScanResult = {
  /** The head goes on after the bytes given. */
  incomplete: -1,
  /** Not a message head. */
  malformed: -2,
} as const;

const SP = 0x20;
const CR = 0x0d;
const LF = 0x0a;
const SLASH = 0x2f;
const longestMethod = 64;
const httpSlash = octets('http/');
const icy = octets('icy');

/** @returns one past the line's LF, or a `ScanResult` */
export function readRequestLine(scanner: HeadScanner, data: Uint8Array, start: number, end: number): number {
  const head = scanner.head;
  let i = start;
  while (i < end && tokenLower[data[i]!] !== 0) i++;
  if (i === end) return i - start > longestMethod ? ScanResult.malformed : ScanResult.incomplete;
  if (i === start || i - start > longestMethod || !isBlank(data[i]!)) return ScanResult.malformed;
  head.methodEnd = i++;
  head.targetStart = i;
  let classes = 0;
  for (let octet = 0; i < end && (octet = targetOctet[data[i]!]!) !== 0; i++) classes |= octet;
  if ((classes & 2) !== 0) head.escapes |= startLineEscapes;
  head.targetEnd = i;
  if (i + 11 > end || i === head.targetStart || data[i] !== SP || data[head.methodEnd] !== SP)
    return readOddRequestLine(scanner, data, end);
  const version = plainVersion(data, i + 1);
  if (version < 0 || data[i + 9] !== CR || data[i + 10] !== LF) return readOddRequestLine(scanner, data, end);
  head.version = version;
  if (version !== 11 && version !== 10) scanner.issue('http.unknown-version', i + 1, excerpt(data, i + 1, i + 9));
  return i + 11;
}

/** @returns one past the line's LF, or a `ScanResult` */
export function readStatusLine(scanner: HeadScanner, data: Uint8Array, start: number, end: number): number {
  if (end - start < 14 || data[start + 8] !== SP || !isStatusCode(data, start + 9))
    return readOddStatusLine(scanner, data, start, end);
  const version = plainVersion(data, start);
  if (version !== 11 && version !== 10) return readOddStatusLine(scanner, data, start, end);
  const bare = data[start + 12] === CR;
  if (data[start + 12] !== SP && !bare) return readOddStatusLine(scanner, data, start, end);
  let i = bare ? start + 12 : start + 13;
  const reason = i;
  let classes = 0;
  for (let octet = 0; i < end && (octet = visibleOctet[data[i]!]!) !== 0; i++) classes |= octet;
  if ((classes & 2) !== 0) scanner.head.escapes |= startLineEscapes;
  if (i + 1 >= end || data[i] !== CR || data[i + 1] !== LF) return readOddStatusLine(scanner, data, start, end);
  setStatus(scanner, data, start + 9, reason, i);
  scanner.head.version = version;
  return i + 2;
}

/** `HTTP/d.d` at `at`, in capitals: major * 10 + minor, or -1. Eight bytes must be there. */
function plainVersion(data: Uint8Array, at: number): number {
  if (data[at] !== 0x48 || data[at + 1] !== 0x54 || data[at + 2] !== 0x54 || data[at + 3] !== 0x50) return -1;
  if (data[at + 4] !== SLASH || data[at + 6] !== 0x2e) return -1;
  const major = data[at + 5]! - 0x30;
  const minor = data[at + 7]! - 0x30;
  return major >= 0 && major <= 9 && minor >= 0 && minor <= 9 ? major * 10 + minor : -1;
}

function isStatusCode(data: Uint8Array, at: number): boolean {
  return isDigit(data[at]!) && isDigit(data[at + 1]!) && isDigit(data[at + 2]!);
}

function setStatus(scanner: HeadScanner, data: Uint8Array, at: number, reason: number, reasonEnd: number): void {
  const head = scanner.head;
  head.status = (data[at]! - 0x30) * 100 + (data[at + 1]! - 0x30) * 10 + (data[at + 2]! - 0x30);
  head.reasonStart = reason;
  head.reasonEnd = reasonEnd;
  if (head.status < 100 || head.status > 599) scanner.issue('http.status-range', at, `status ${head.status}`);
}

/** Other white space than single spaces, a bare LF, a version that is missing or odd, octets that do not belong. */
function readOddRequestLine(scanner: HeadScanner, data: Uint8Array, end: number): number {
  const head = scanner.head;
  head.regular = false;
  const lf = findByte(data, LF, head.methodEnd, end);
  if (lf < 0) return ScanResult.incomplete;
  const lineEnd = endOfLine(scanner, data, lf);
  const first = skipBlanks(data, head.methodEnd, lineEnd);
  const last = trimBlanks(data, first, lineEnd);
  const word = lastWord(data, first, last);
  if (first === last) return ScanResult.malformed;
  head.targetStart = first;
  if (isHttpVersion(data, word, last)) {
    head.targetEnd = trimBlanks(data, first, word);
    head.version = oddVersion(scanner, data, word, last);
    if (head.targetEnd === first) scanner.issue('http.missing-target', first);
    else if (first - head.methodEnd > 1 || word - head.targetEnd > 1 || last < lineEnd)
      scanner.issue('http.start-line-whitespace', head.methodEnd);
  } else {
    // RFC 1945 4.1. Without a version, there must be nothing else to doubt.
    if (word !== first || !isTarget(data, first, last)) return ScanResult.malformed;
    if (!isStandardMethod(data, head.methodStart, head.methodEnd)) return ScanResult.malformed;
    head.targetEnd = last;
    head.version = 9;
    scanner.issue('http.missing-version', last);
  }
  noteTargetOctets(scanner, data, first, head.targetEnd);
  return lf + 1;
}

function readOddStatusLine(scanner: HeadScanner, data: Uint8Array, start: number, end: number): number {
  scanner.head.regular = false;
  const wanted = data[start]! === 0x49 ? icy : httpSlash;
  for (let i = 0; i < wanted.length && start + i < end; i++)
    if (tokenLower[data[start + i]!] !== wanted[i] && data[start + i] !== wanted[i]) return ScanResult.malformed;
  const lf = findByte(data, LF, start, end);
  if (lf < 0) return ScanResult.incomplete;
  const lineEnd = endOfLine(scanner, data, lf);
  let versionEnd = start;
  while (versionEnd < lineEnd && !isBlank(data[versionEnd]!)) versionEnd++;
  const code = skipBlanks(data, versionEnd, lineEnd);
  if (code + 3 > lineEnd || !isStatusCode(data, code)) return ScanResult.malformed;
  if (code + 3 < lineEnd && !isBlank(data[code + 3]!)) return ScanResult.malformed;
  if (wanted === icy) {
    scanner.issue('http.icy', start);
    scanner.head.version = 10;
  } else scanner.head.version = oddVersion(scanner, data, start, versionEnd);
  if (code - versionEnd > 1) scanner.issue('http.start-line-whitespace', versionEnd);
  const reason = skipBlanks(data, code + 3, lineEnd);
  setStatus(scanner, data, code, reason, trimBlanks(data, reason, lineEnd));
  for (let i = reason; i < lineEnd; i++) noteOctet(scanner, data, i);
  return lf + 1;
}

function endOfLine(scanner: HeadScanner, data: Uint8Array, lf: number): number {
  if (data[lf - 1] === CR) return lf - 1;
  scanner.issue('http.bare-lf', lf);
  return lf;
}

function skipBlanks(data: Uint8Array, i: number, end: number): number {
  while (i < end && isBlank(data[i]!)) i++;
  return i;
}

function trimBlanks(data: Uint8Array, start: number, end: number): number {
  while (end > start && isBlank(data[end - 1]!)) end--;
  return end;
}

function lastWord(data: Uint8Array, start: number, end: number): number {
  while (end > start && !isBlank(data[end - 1]!)) end--;
  return end;
}

function isHttpVersion(data: Uint8Array, start: number, end: number): boolean {
  if (end - start < httpSlash.length) return false;
  for (let i = 0; i < 4; i++) if (tokenLower[data[start + i]!] !== httpSlash[i]) return false;
  return data[start + 4] === SLASH;
}

/** Takes the first digit on either side of the point: what else stands there is reported. */
function oddVersion(scanner: HeadScanner, data: Uint8Array, start: number, end: number): number {
  const exact = end - start === 8 ? plainVersion(data, start) : -1;
  if (exact !== 10 && exact !== 11) scanner.issue('http.unknown-version', start, excerpt(data, start, end));
  if (exact >= 0) return exact;
  const at = start + httpSlash.length;
  const major = at < end && isDigit(data[at]!) ? data[at]! - 0x30 : 0;
  const minor = at + 2 < end && data[at + 1] === 0x2e && isDigit(data[at + 2]!) ? data[at + 2]! - 0x30 : 0;
  return major * 10 + minor;
}

/** A target good enough for a line without a version: `/path`, `*`, or with a scheme. */
function isTarget(data: Uint8Array, start: number, end: number): boolean {
  if (data[start] === SLASH || (data[start] === 0x2a && end - start === 1)) return true;
  const colon = findByte(data, 0x3a, start, end);
  return colon > start && colon + 2 < end && data[colon + 1] === SLASH && data[colon + 2] === SLASH;
}

function noteTargetOctets(scanner: HeadScanner, data: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    if (isBlank(data[i]!)) scanner.issue('http.space-in-target', i);
    else noteOctet(scanner, data, i);
  }
}

function noteOctet(scanner: HeadScanner, data: Uint8Array, at: number): void {
  switch (fieldOctet[data[at]!]) {
    case FieldOctet.opaque:
      scanner.issue('http.non-ascii', at, 'octets above 0x7f in the start line');
      break;
    case FieldOctet.control:
      scanner.issue('http.control-character', at, `octet ${hex(data[at]!)} in the start line`);
      break;
    case FieldOctet.carriageReturn:
      scanner.issue('http.bare-cr', at);
      break;
    default:
  }
}
