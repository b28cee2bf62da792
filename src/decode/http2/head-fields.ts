/**
 * What a field section says as a head: its pseudo-header fields (RFC 9113 8.3, RFC 8441 4) put where HTTP/1's start line
 * stands, and the rules for fields that have a place in HTTP/2 only.
 */
import { latin1 } from '../../core/bytes.ts';
import { KnownField, findField, offsetsPerField, type HttpHead } from '../../core/http.ts';
import { isDigit, octets, startsWith } from '../http/octets.ts';
import { FieldFault } from './hpack/hpack-decoder.ts';
import type { FieldSection } from './hpack/field-section.ts';
import type { MethodKind } from './stream.ts';

export type HeadKind = 'request' | 'response' | 'trailers';

/** The pseudo-header fields, by bit. */
const pseudoFields = [':method', ':scheme', ':authority', ':path', ':protocol', ':status'].map(octets);
const [method, scheme, authority, path, protocol, status] = [1, 2, 4, 8, 16, 32] as const;
const requestFields = method | scheme | authority | path | protocol;

const connect = octets('CONNECT');
const head = octets('HEAD');
const trailers = octets('trailers');
const colon = 0x3a;
const asterisk = 0x2a;
const slash = 0x2f;

/** Fields that say something about an HTTP/1 connection (RFC 9113 8.2.2). */
const connectionFields =
  (1 << KnownField.connection) |
  (1 << KnownField.keepAlive) |
  (1 << KnownField.proxyConnection) |
  (1 << KnownField.transferEncoding) |
  (1 << KnownField.upgrade);

/** Reads heads one after the other; what it found stands in its fields until the next. */
export class HeadFields {
  method: MethodKind = 'other';
  /** The value of `:protocol`. */
  protocol: string | undefined;
  /** The value of Content-Length, -1 where there is none that can be read. */
  contentLength = -1;
  /** What is wrong, each in a few words. */
  readonly faults: string[] = [];
  hasUpperCase = false;

  /** @param whole false where fields at the end are missing: then none is missed */
  read(section: FieldSection, kind: HeadKind, whole: boolean): void {
    const { head: fields } = section;
    this.method = kind === 'request' ? 'unknown' : 'other';
    this.protocol = undefined;
    this.contentLength = -1;
    if (this.faults.length > 0) this.faults.length = 0;
    this.hasUpperCase = (section.faults & FieldFault.upperCase) !== 0;
    const pseudo = this.pseudoFields(fields, kind);
    if (kind === 'request') this.request(fields, pseudo, whole);
    else if (kind === 'response' && whole && (pseudo & status) === 0) this.faults.push(':status is missing');
    if ((section.faults & FieldFault.badName) !== 0) this.faults.push('an octet that no field name has');
    if ((section.faults & FieldFault.badValue) !== 0) this.faults.push('NUL, CR or LF in a field value');
    this.connectionFields(fields, section.seen);
    if ((section.seen & (1 << KnownField.contentLength)) !== 0) this.contentLength = readContentLength(fields);
  }

  /** @returns bits of those that are there */
  private pseudoFields(fields: HttpHead, kind: HeadKind): number {
    const { data, offsets, fieldCount } = fields;
    let seen = 0;
    let regular = false;
    for (let i = 0; i < fieldCount; i++) {
      const at = i * offsetsPerField;
      const start = offsets[at]!;
      if (data[start] !== colon || offsets[at + 1] === start) {
        // An unknown name may be a pseudo-header field's.
        regular ||= data[start] !== 0x3c;
        continue;
      }
      const bit = pseudoBit(data, start, offsets[at + 1]!);
      const allowed = kind === 'request' ? requestFields : kind === 'response' ? status : 0;
      const name = (): string => latin1(data, start, offsets[at + 1]!);
      if ((bit & allowed) === 0)
        this.faults.push(`${name()} has no place in a ${kind === 'trailers' ? 'trailer section' : kind}`);
      else if ((seen & bit) !== 0) this.faults.push(`${name()} is there twice`);
      else if (regular) this.faults.push(`${name()} stands behind other fields`);
      if ((bit & allowed) !== 0 && (seen & bit) === 0) this.take(fields, bit, offsets[at + 2]!, offsets[at + 3]!);
      seen |= bit;
    }
    return seen;
  }

  private take(fields: HttpHead, bit: number, start: number, end: number): void {
    const { data } = fields;
    switch (bit) {
      case method:
        fields.methodStart = start;
        fields.methodEnd = end;
        if (end - start === connect.length && startsWith(data, start, end, connect)) this.method = 'connect';
        else if (end - start === head.length && startsWith(data, start, end, head)) this.method = 'head';
        else this.method = 'other';
        return;
      case path:
        fields.targetStart = start;
        fields.targetEnd = end;
        return;
      case authority:
        // CONNECT has no path: its target is the authority (RFC 9113 8.5).
        if (fields.targetEnd === 0) {
          fields.targetStart = start;
          fields.targetEnd = end;
        }
        return;
      case protocol:
        this.protocol = latin1(data, start, end);
        return;
      case status:
        if (end - start === 3 && isDigit(data[start]!) && isDigit(data[start + 1]!) && isDigit(data[start + 2]!))
          fields.status = (data[start]! - 0x30) * 100 + (data[start + 1]! - 0x30) * 10 + data[start + 2]! - 0x30;
        else this.faults.push(`:status is "${latin1(data, start, Math.min(end, start + 20))}"`);
        return;
      default:
    }
  }

  private request(fields: HttpHead, pseudo: number, whole: boolean): void {
    const plainConnect = this.method === 'connect' && this.protocol === undefined;
    if ((pseudo & path) === 0 && !plainConnect) fields.targetStart = fields.targetEnd = 0;
    if (!whole) return;
    const needed = plainConnect ? method | authority : method | scheme | path;
    for (const [i, name] of [':method', ':scheme', ':authority', ':path'].entries())
      if ((needed & (1 << i)) !== 0 && (pseudo & (1 << i)) === 0) this.faults.push(`${name} is missing`);
    if (plainConnect && (pseudo & (path | scheme)) !== 0) this.faults.push('CONNECT with a path or scheme');
    if ((pseudo & protocol) !== 0 && this.method !== 'connect') this.faults.push(':protocol without CONNECT');
    const first = fields.data[fields.targetStart];
    if (
      (pseudo & path) !== 0 &&
      first !== slash &&
      !(first === asterisk && fields.targetEnd - fields.targetStart === 1)
    )
      this.faults.push(':path does not begin with a slash');
  }

  private connectionFields(fields: HttpHead, seen: number): void {
    if ((seen & connectionFields) !== 0) {
      for (let i = 0; i < fields.fieldCount; i++)
        if ((connectionFields & (1 << fields.known[i]!)) !== 0 && fields.known[i] !== 0)
          this.faults.push(
            `${latin1(fields.data, fields.offsets[i * 4]!, fields.offsets[i * 4 + 1]!)} is for HTTP/1 connections`,
          );
    }
    const te = (seen & (1 << KnownField.te)) === 0 ? -1 : findField(fields, KnownField.te);
    if (te < 0) return;
    const start = fields.offsets[te * offsetsPerField + 2]!;
    const end = fields.offsets[te * offsetsPerField + 3]!;
    if (end - start !== trailers.length || !startsWith(fields.data, start, end, trailers))
      this.faults.push('te is not "trailers"');
  }
}

/** The bit of a pseudo-header field, 64 for those that do not exist. */
function pseudoBit(data: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < pseudoFields.length; i++) {
    const name = pseudoFields[i]!;
    if (name.length === end - start && startsWith(data, start, end, name)) return 1 << i;
  }
  return 64;
}

function readContentLength(fields: HttpHead): number {
  const at = findField(fields, KnownField.contentLength) * offsetsPerField;
  let value = 0;
  const end = fields.offsets[at + 3]!;
  let i = fields.offsets[at + 2]!;
  if (i === end || end - i > 15) return -1;
  for (; i < end; i++) {
    if (!isDigit(fields.data[i]!)) return -1;
    value = value * 10 + fields.data[i]! - 0x30;
  }
  return value;
}
