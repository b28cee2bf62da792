/** Certificate messages (RFC 8446 4.4.2, RFC 5246 7.4.2) and what the certificates in them say. */
import { createHash, X509Certificate } from 'node:crypto';
import { brotliDecompressSync, inflateSync } from 'node:zlib';
import type { TlsCertificate } from '../../core/tls.ts';
import { Cursor } from './cursor.ts';

export type CertificateSummary = Omit<TlsCertificate, 'from'>;

const chainLimit = 10;
const namesLimit = 100;
const longestMessage = 128 * 1024;
/** The same certificates come again with every connection. */
const cacheLimit = 512;
const cache = new Map<string, CertificateSummary | null>();

/** @returns the chain, the sender's own certificate first; what is no certificate is left out */
export function parseCertificates(data: Uint8Array, start: number, end: number, is13: boolean): CertificateSummary[] {
  const cursor = new Cursor(data, start, end);
  if (is13) cursor.skip(cursor.u8()); // request context
  const list = cursor.part(cursor.u24());
  const chain: CertificateSummary[] = [];
  while (!list.isAtEnd && chain.length < chainLimit) {
    const length = list.u24();
    const at = list.skip(length);
    if (is13) list.skip(list.u16()); // extensions of this entry
    if (!list.ok) break;
    const summary = summarize(data.subarray(at, at + length));
    if (summary !== null) chain.push(summary);
  }
  return chain;
}

const CompressionAlgorithm = { zlib: 1, brotli: 2 } as const;

/** CompressedCertificate (RFC 8879). */
export function parseCompressedCertificates(data: Uint8Array, start: number, end: number): CertificateSummary[] {
  const cursor = new Cursor(data, start, end);
  const algorithm = cursor.u16();
  cursor.u24();
  const length = cursor.u24();
  const at = cursor.skip(length);
  if (!cursor.ok) return [];
  const unpack =
    algorithm === CompressionAlgorithm.zlib
      ? inflateSync
      : algorithm === CompressionAlgorithm.brotli
        ? brotliDecompressSync
        : undefined;
  if (unpack === undefined) return [];
  let message: Buffer;
  try {
    message = unpack(data.subarray(at, at + length), { maxOutputLength: longestMessage });
  } catch {
    return [];
  }
  return parseCertificates(message, 0, message.length, true);
}

function summarize(der: Uint8Array): CertificateSummary | null {
  const fingerprint = createHash('sha256').update(der).digest('hex');
  let summary = cache.get(fingerprint);
  if (summary === undefined) {
    summary = read(der, fingerprint);
    if (cache.size >= cacheLimit) cache.clear();
    cache.set(fingerprint, summary);
  }
  return summary;
}

function read(der: Uint8Array, fingerprint: string): CertificateSummary | null {
  try {
    const certificate = new X509Certificate(der);
    return {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      names: alternativeNames(certificate.subjectAltName),
      validFrom: seconds(certificate.validFrom),
      validTo: seconds(certificate.validTo),
      fingerprint,
    };
  } catch {
    return null;
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

/** `DNS:a.example, IP Address:192.0.2.1` without the kinds. A name with a comma in it stands in quotes. */
function alternativeNames(text: string | undefined): string[] {
  if (text === undefined || text === '') return [];
  const names = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return names.slice(0, namesLimit).map((name) => name.trim().replace(/^(DNS|IP Address|URI|email):/, ''));
}

/** Whole seconds, since that is what certificates hold; 0 for a date that is none. */
function seconds(date: string): number {
  const time = Date.parse(date);
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}
