/** What was asked of whom by whom, as one number: client address, host and target, hashed where they lie. */
import { hostField, offsetsPerField } from '../../core/http.ts';
import { client } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';

const prime = 0x01000193;

/** Unsigned 32-bit. Two requests that share it are taken for the same; a rare mistake costs a wrong note. */
export function requestHash(record: ExchangeRecord): number {
  const { head } = record.request;
  const host = hostField(head);
  let hash = clientHash(record) ^ (record.secure ? 1 : 0);
  if (head.data[head.targetStart] !== 0x2f) return textHash(hash, withoutScheme(record.url));
  if (host >= 0) {
    const at = host * offsetsPerField;
    hash = bytesHash(hash, head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
  } else hash = textHash(hash, record.server);
  return bytesHash(hash, head.data, head.targetStart, head.targetEnd) >>> 0;
}

/** The hash a request of this client's for an absolute URL (without fragment) will have. */
export function urlHash(record: ExchangeRecord, url: string): number {
  const secure = /^(?:https|wss):/i.test(url);
  return textHash(clientHash(record) ^ (secure ? 1 : 0), withoutScheme(url));
}

/** The client's address, without its port. */
export function clientHash({ table, slot }: ExchangeRecord): number {
  const { words } = table;
  const at = table.wordsAt(slot, client);
  let hash = 0x811c9dc5;
  for (let i = at; i < at + 4; i++) hash = Math.imul(hash ^ words[i]!, prime);
  return hash;
}

export function bytesHash(hash: number, data: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, prime);
  return hash;
}

export function textHash(hash: number, text: string): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), prime);
  return hash >>> 0;
}

function withoutScheme(url: string): string {
  const colon = url.indexOf('://');
  return colon < 0 ? url : url.slice(colon + 3);
}
