/**
 * How long a message's content is: RFC 9112 6.3, in its order. Where a head can be read in two ways, one of them is
 * chosen and both are reported, since another receiver may choose the other (request smuggling).
 *
 * Choices the RFC leaves to a receiver that does not give up:
 * - Transfer-Encoding wins over Content-Length, in HTTP/1.0 as well; `identity` counts as no coding.
 * - A request whose last transfer coding is not chunked: chunked if that stands anywhere in the list; else Content-Length
 *   if there is a valid one; else no content. (A response: until the connection closes, as the RFC says.)
 * - Content-Length values that differ: the first. A sign or trailing junk: the digits. No digits: as if absent.
 */
import { KnownField, combinedValue, fieldValue, findField, offsetsPerField } from '../../core/http.ts';
import { isDigit } from '../http/octets.ts';
import type { HeadScanner } from './head-scanner.ts';

/** `close`: until the connection closes. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** What the request asked for, as far as it decides how its response is framed. */
export type MethodKind = 'head' | 'connect' | 'other';

const framingFields = (1 << KnownField.contentLength) | (1 << KnownField.transferEncoding);

/** Content-Length of the head framed last, where its framing is `length`. */
export let contentLength = 0;

export function requestFraming(scanner: HeadScanner): Framing {
  if ((scanner.head.seen & framingFields) === 0) return 'none';
  noteFolded(scanner);
  if (has(scanner, KnownField.transferEncoding)) {
    const codings = transferCodings(scanner);
    if (codings.length > 0) return requestCodings(scanner, codings);
  }
  return readContentLength(scanner) ? 'length' : 'none';
}

export function responseFraming(scanner: HeadScanner, method: MethodKind): Framing {
  const status = scanner.head.status;
  if (status < 200 || status === 204 || (method === 'connect' && status < 300)) {
    noteForbidden(scanner, method);
    return 'none';
  }
  if (method === 'head' || status === 304) return 'none';
  if ((scanner.head.seen & framingFields) === 0) return 'close';
  noteFolded(scanner);
  if (has(scanner, KnownField.transferEncoding)) {
    const codings = transferCodings(scanner);
    if (codings.length > 0) return responseCodings(scanner, codings);
  }
  return readContentLength(scanner) ? 'length' : 'close';
}

function has(scanner: HeadScanner, field: KnownField): boolean {
  return (scanner.head.seen & (1 << field)) !== 0;
}

/** RFC 9112 6.3, 4: chunked last frames the message; a request without it cannot be framed. */
function requestCodings(scanner: HeadScanner, codings: readonly string[]): Framing {
  const at = position(scanner, KnownField.transferEncoding);
  if (codings.includes('chunked')) noteCompanions(scanner, codings, at);
  if (codings[codings.length - 1] === 'chunked') return 'chunked';
  const list = `Transfer-Encoding ${quoted(codings.join(', '))} in a request`;
  if (codings.includes('chunked')) {
    scanner.issue('http.transfer-encoding-not-chunked', at, `${list}: read as chunked; others refuse it`);
    return 'chunked';
  }
  const framing = has(scanner, KnownField.contentLength) && readContentLength(scanner) ? 'length' : 'none';
  const ours = framing === 'length' ? `read by its Content-Length, ${contentLength} bytes` : 'read as without content';
  scanner.issue('http.transfer-encoding-not-chunked', at, `${list}: ${ours}; others read it as chunked, or refuse it`);
  return framing;
}

function responseCodings(scanner: HeadScanner, codings: readonly string[]): Framing {
  const at = position(scanner, KnownField.transferEncoding);
  noteCompanions(scanner, codings, at);
  if (codings[codings.length - 1] === 'chunked') return 'chunked';
  const list = `Transfer-Encoding ${quoted(codings.join(', '))} in a response`;
  const detail = `${list}: read until the connection closes; others read it as chunked, or by its Content-Length`;
  if (codings.some((coding) => coding.includes('chunk')))
    scanner.issue('http.transfer-encoding-not-chunked', at, detail);
  return 'close';
}

/** The codings in the order they were applied, lower case, `identity` left out; what is odd about them is noted. */
function transferCodings(scanner: HeadScanner): string[] {
  const head = scanner.head;
  const value = combinedValue(head, KnownField.transferEncoding)!;
  const listed = elements(value.toLowerCase()).filter((element) => element !== '');
  const codings = listed.filter((coding) => coding !== 'identity');
  const at = position(scanner, KnownField.transferEncoding);
  if (codings.length < listed.length || listed.length === 0) {
    const detail = `Transfer-Encoding ${quoted(value)}: identity counts as no coding; others refuse it`;
    scanner.issue('http.odd-transfer-encoding', at, detail);
  }
  if (codings.indexOf('chunked') !== codings.lastIndexOf('chunked')) {
    const detail = 'chunked is named more than once: undone once; others undo it twice, or refuse it';
    scanner.issue('http.odd-transfer-encoding', at, detail);
  }
  const others = codings.filter((coding) => coding !== 'chunked');
  if (others.length > 0) scanner.issue('http.transfer-coding', at, `${quoted(others.join(', '))} is left as sent`);
  return codings;
}

function noteCompanions(scanner: HeadScanner, codings: readonly string[], at: number): void {
  const list = quoted(codings.join(', '));
  if (has(scanner, KnownField.contentLength)) {
    const length = quoted(combinedValue(scanner.head, KnownField.contentLength)!);
    const detail = `Transfer-Encoding ${list}, Content-Length ${length}: the former is followed; others go by the length`;
    scanner.issue('http.content-length-with-transfer-encoding', position(scanner, KnownField.contentLength), detail);
  }
  if (scanner.head.version < 11) {
    const detail = `Transfer-Encoding ${list} is followed; an HTTP/1.0 receiver ignores it`;
    scanner.issue('http.transfer-encoding-in-1.0', at, detail);
  }
}

/** @returns whether there is a length to go by; it is in `contentLength` then */
function readContentLength(scanner: HeadScanner): boolean {
  const head = scanner.head;
  const index = findField(head, KnownField.contentLength);
  if (index < 0) return false;
  const start = head.offsets[index * offsetsPerField + 2]!;
  const end = head.offsets[index * offsetsPerField + 3]!;
  let length = 0;
  let i = start;
  while (i < end && isDigit(head.data[i]!)) length = length * 10 + head.data[i++]! - 0x30;
  if (i < end || i === start || i - start > 15 || findField(head, KnownField.contentLength, index + 1) >= 0)
    return readOddContentLength(scanner);
  contentLength = length;
  return true;
}

/** Several values, a list, signs, junk, or more than can be counted. */
function readOddContentLength(scanner: HeadScanner): boolean {
  const at = position(scanner, KnownField.contentLength);
  const value = combinedValue(scanner.head, KnownField.contentLength)!;
  const listed = elements(value);
  const found = `Content-Length ${quoted(value)}`;
  const lengths = listed.map(digits).filter((length) => length !== '');
  const chosen = lengths[0];
  const reading = chosen === undefined ? 'as if absent' : `as ${chosen.slice(0, 24)}`;
  if (!listed.every((element) => /^[0-9]+$/.test(element)))
    scanner.issue('http.bad-content-length', at, `${found}: read ${reading}; others refuse it`);
  if (chosen === undefined) return false;
  if (lengths.some((length) => length !== chosen))
    scanner.issue('http.conflicting-content-lengths', at, `${found}: read ${reading}; others take the last`);
  else if (listed.length > 1) scanner.issue('http.duplicate-content-length', at, `${found}: read ${reading}`);
  contentLength = Number(chosen);
  if (contentLength > Number.MAX_SAFE_INTEGER) {
    scanner.issue('http.content-length-overflow', at, `${found}: others count modulo a power of two`);
    contentLength = Number.MAX_SAFE_INTEGER;
  }
  return true;
}

/** White space is SP and HT only: what else stands beside a value makes it another value. */
function elements(value: string): string[] {
  return value.split(',').map((element) => element.replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** The digits a value begins with, a plus sign and leading zeros off. */
function digits(value: string): string {
  return /^[+]?0*([0-9]+)/.exec(value)?.[1] ?? '';
}

/** RFC 9112 5.2: who does not unfold sees another value. */
function noteFolded(scanner: HeadScanner): void {
  const folded = scanner.folded & framingFields;
  if (folded === 0) return;
  const field =
    (folded & (1 << KnownField.transferEncoding)) !== 0 ? KnownField.transferEncoding : KnownField.contentLength;
  const value = fieldValue(scanner.head, findField(scanner.head, field));
  const detail = `read unfolded, ${quoted(value)}; others see only its first line, or two fields`;
  scanner.issue('http.folded-framing-field', position(scanner, field), detail);
}

/** RFC 9110 8.6, RFC 9112 6.1: messages that never have content must not announce any. */
function noteForbidden(scanner: HeadScanner, method: MethodKind): void {
  if ((scanner.head.seen & framingFields) === 0) return;
  const field = has(scanner, KnownField.transferEncoding) ? KnownField.transferEncoding : KnownField.contentLength;
  const value = combinedValue(scanner.head, field)!;
  // RFC 9110 9.3.6 has clients ignore it in a 2xx to CONNECT; `Content-Length: 0` says what is the case.
  if (field === KnownField.contentLength && value === '0') return;
  const name = field === KnownField.transferEncoding ? 'Transfer-Encoding' : 'Content-Length';
  const what = method === 'connect' ? `${scanner.head.status} to CONNECT` : String(scanner.head.status);
  const detail = `${name} ${quoted(value)} in a ${what}: read as without content; others wait for it`;
  scanner.issue('http.framing-without-content', position(scanner, field), detail);
}

/** Where the first such field stands in the bytes scanned. */
function position(scanner: HeadScanner, field: KnownField): number {
  return scanner.head.offsets[findField(scanner.head, field) * offsetsPerField]!;
}

function quoted(text: string): string {
  return text.length > 60 ? JSON.stringify(text.slice(0, 60)) + '...' : JSON.stringify(text);
}
