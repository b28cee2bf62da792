/**
 * Whether bytes begin like an HTTP/1 message: told by content, on any port, within 64 bytes.
 *
 * A line that names `HTTP/` and a version decides. Before it is seen: a standard method with a target of one of the
 * four forms (RFC 9112 3.2), or an extension method in capitals with a path, if 64 bytes of line hold nothing against it.
 * A line without a version is HTTP/0.9 if it is `GET /...`; other text protocols have such lines too.
 */
import { findByte } from '../../core/bytes.ts';
import { client, type Side } from '../../core/side.ts';
import { isBlank, isDigit, octets, startsWith, targetOctet, tokenLower } from '../http/octets.ts';
import type { Likeness } from '../protocol.ts';

/** Bytes after which an answer is given; leading empty lines of up to 8 octets come on top. */
const enough = 56;
const longestLead = 8;
const longestMethod = 32;
const LF = 0x0a;
const CR = 0x0d;

const standardMethods = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'].map(octets);
const get = standardMethods[0]!;
const connect = octets('CONNECT');
const protocolName = octets('http/');
const schemes = ['http://', 'https://', 'ws://', 'wss://', 'ftp://'].map(octets);
const icy = octets('ICY ');
const preface = octets('PRI * HTTP/2');

export function looksLikeMessage(side: Side, data: Uint8Array, start: number, end: number): Likeness {
  let at = start;
  while (at < end && at - start < longestLead && (data[at] === CR || data[at] === LF)) at++;
  if (at === end) return at - start < longestLead ? 'more' : 'no';
  return side === client ? looksLikeRequest(data, at, end) : looksLikeResponse(data, at, end);
}

/** `HTTP/1.1 200 ` or `ICY 200 `. */
export function looksLikeResponse(data: Uint8Array, start: number, end: number): Likeness {
  const ice = prefix(data, start, end, icy);
  if (ice !== 'no') return ice === 'more' ? 'more' : threeDigits(data, start + icy.length, end);
  const http = version(data, start, end);
  if (http !== 'yes') return http;
  const minor = start + 7;
  if (minor >= end) return 'more';
  if (!isDigit(data[minor]!)) return 'no';
  let at = minor + 1;
  while (at < end && isBlank(data[at]!) && at - minor < 8) at++;
  if (at === end) return 'more';
  return at === minor + 1 ? 'no' : threeDigits(data, at, end);
}

function threeDigits(data: Uint8Array, start: number, end: number): Likeness {
  for (let i = start; i < start + 3; i++) {
    if (i === end) return 'more';
    if (!isDigit(data[i]!)) return 'no';
  }
  return 'yes';
}

export function looksLikeRequest(data: Uint8Array, start: number, end: number): Likeness {
  const stop = Math.min(end, start + longestMethod + 1);
  let i = start;
  while (i < stop && tokenLower[data[i]!] !== 0) i++;
  if (i === end) return i - start > longestMethod ? 'no' : 'more';
  if (i === start || data[i] !== 0x20 || prefix(data, start, end, preface) === 'yes') return 'no';
  const method = i;
  const target = skipSpaces(data, method, end);
  const lf = findByte(data, LF, target, Math.min(end, start + enough * 4));
  if (namesVersion(data, method, lf < 0 ? end : lf)) return 'yes';
  if (lf >= 0) return isMethod(data, start, method, get) && isSimpleTarget(data, target, lf) ? 'yes' : 'no';
  return looksLikeRequestSoFar(data, start, method, target, end);
}

/** A request line whose version is there: more than other protocols' lines have in common with HTTP's. */
export function isVersionedRequest(data: Uint8Array, start: number, end: number): boolean {
  if (looksLikeRequest(data, start, end) !== 'yes') return false;
  const lf = findByte(data, LF, start, Math.min(end, start + enough * 4));
  return namesVersion(data, start, lf < 0 ? end : lf);
}

/** Where the target ends of a request line whose end is missing: a standard method and the beginning of a path; else 0. */
export function cutRequestLine(data: Uint8Array, end: number): number {
  const space = findBlank(data, 0, end);
  if (space < 0 || space + 1 >= end || data[space + 1] !== 0x2f || !isStandardMethod(data, 0, space)) return 0;
  const next = findBlank(data, space + 1, end);
  return next < 0 ? end : next;
}

/** No version and no line end yet. */
function looksLikeRequestSoFar(data: Uint8Array, start: number, method: number, target: number, end: number): Likeness {
  const blank = findBlank(data, target, end);
  const wholeTarget = blank >= 0;
  // What follows the target must be able to become a version.
  if (wholeTarget && !mayBecomeVersion(data, skipSpaces(data, blank, end), end))
    return end - start < enough ? 'more' : 'no';
  // A CR at the very end may begin the line's end.
  const last = wholeTarget ? blank : data[end - 1] === CR ? end - 1 : end;
  for (let i = target; i < last; i++) if (targetOctet[data[i]!] === 0 && data[i]! < 0x80) return 'no';
  if (end - start < enough) return 'more';
  if (data[target] === 0x2f) return isCapital(data, start, method) ? 'yes' : 'no';
  if (isMethod(data, start, method, connect)) return 'yes';
  if (!isStandardMethod(data, start, method)) return 'no';
  return schemes.some((scheme) => startsWith(data, target, end, scheme)) ? 'yes' : 'no';
}

/** HTTP/0.9's line: a path and nothing else. */
function isSimpleTarget(data: Uint8Array, start: number, lf: number): boolean {
  if (data[start] !== 0x2f) return false;
  const end = data[lf - 1] === CR ? lf - 1 : lf;
  for (let i = start; i < end; i++) if (targetOctet[data[i]!] === 0) return false;
  return true;
}

/** Whether ` HTTP/` and a version stand in the line. */
function namesVersion(data: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (!isBlank(data[i]!)) continue;
    if (version(data, i + 1, end) === 'yes') return true;
  }
  return false;
}

function mayBecomeVersion(data: Uint8Array, start: number, end: number): boolean {
  return version(data, start, end) !== 'no';
}

/** `HTTP/`, a digit, a dot; small letters are wrong, and read. */
function version(data: Uint8Array, start: number, end: number): Likeness {
  for (let i = 0; i < protocolName.length; i++) {
    if (start + i >= end) return 'more';
    if (data[start + i] !== protocolName[i] && tokenLower[data[start + i]!] !== protocolName[i]) return 'no';
  }
  const digit = start + protocolName.length;
  if (digit < end && !isDigit(data[digit]!)) return 'no';
  if (digit + 1 >= end) return 'more';
  return data[digit + 1] === 0x2e ? 'yes' : 'no';
}

function findBlank(data: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (isBlank(data[i]!)) return i;
  return -1;
}

function skipSpaces(data: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isBlank(data[i]!)) i++;
  return i;
}

/** One of the methods of RFC 9110 9.3, or PATCH. */
export function isStandardMethod(data: Uint8Array, start: number, end: number): boolean {
  return standardMethods.some((name) => isMethod(data, start, end, name));
}

function isMethod(data: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  return end - start === name.length && startsWith(data, start, end, name);
}

/** Capitals, digits, `-` and `_`, a capital first: how methods are written, and words of few other protocols. */
function isCapital(data: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = data[i]!;
    const capital = c >= 0x41 && c <= 0x5a;
    if (!capital && (i === start || !(isDigit(c) || c === 0x2d || c === 0x5f))) return false;
  }
  return true;
}

/** `more` where the bytes end inside the prefix. */
function prefix(data: Uint8Array, start: number, end: number, wanted: Uint8Array): Likeness {
  for (let i = 0; i < wanted.length; i++) {
    if (start + i >= end) return 'more';
    if (data[start + i] !== wanted[i]) return 'no';
  }
  return 'yes';
}
