/**
 * A client told by its ClientHello: JA3 (an MD5 of five lists as sent) and JA4 (readable counts, then hashes of sorted
 * lists). GREASE values count in neither.
 */
import { createHash } from 'node:crypto';
import type { ClientHello } from './client-hello.ts';
import { Extension, isGrease, Version } from './numbers.ts';

export function ja3(hello: ClientHello): string {
  return createHash('md5').update(ja3Text(hello)).digest('hex');
}

/** `version,ciphers,extensions,groups,point formats`, in decimal. */
export function ja3Text(hello: ClientHello): string {
  const lists = [hello.ciphers, hello.extensions, hello.groups, hello.pointFormats];
  return [hello.version, ...lists.map((list) => list.filter((value) => !isGrease(value)).join('-'))].join(',');
}

/** `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
export function ja4(hello: ClientHello): string {
  const ciphers = hello.ciphers.filter((value) => !isGrease(value));
  const extensions = hello.extensions.filter((value) => !isGrease(value));
  const sni = hello.extensions.includes(Extension.serverName) ? 'd' : 'i';
  const head = `t${ja4Version(hello)}${sni}${twoDigits(ciphers.length)}${twoDigits(extensions.length)}${ja4Alpn(hello)}`;
  const sorted = hex(ciphers).toSorted().join(',');
  const others = extensions.filter((type) => type !== Extension.serverName && type !== Extension.alpn);
  const signatures = hex(hello.signatureAlgorithms).join(',');
  const tail = hex(others).toSorted().join(',') + (signatures === '' ? '' : '_' + signatures);
  return [head, digest(sorted), others.length === 0 ? digest('') : digest(tail)].join('_');
}

function digest(text: string): string {
  return text === '' ? '0'.repeat(12) : createHash('sha256').update(text).digest('hex').slice(0, 12);
}

function hex(values: readonly number[]): string[] {
  return values.filter((value) => !isGrease(value)).map((value) => value.toString(16).padStart(4, '0'));
}

function twoDigits(count: number): string {
  return String(Math.min(count, 99)).padStart(2, '0');
}

function ja4Version(hello: ClientHello): string {
  const offered = hello.versions.filter((value) => !isGrease(value));
  const version = offered.length > 0 ? Math.max(...offered) : hello.version;
  switch (version) {
    case Version.tls13:
    case Version.tls12:
    case Version.tls11:
    case Version.tls10:
      return `1${version - Version.tls10}`;
    case Version.ssl3:
      return 's3';
    case 0x0002:
      return 's2';
    default:
      return '00';
  }
}

/** First and last character of the first protocol offered; where they are not alphanumeric, of its hex form. */
function ja4Alpn(hello: ClientHello): string {
  const name = hello.alpn[0];
  if (name === undefined || name === '') return '00';
  const ends = name[0]! + name[name.length - 1]!;
  if (/^[0-9a-zA-Z]{2}$/.test(ends)) return ends;
  const bytes = Buffer.from(name, 'latin1').toString('hex');
  return bytes[0]! + bytes[bytes.length - 1]!;
}
