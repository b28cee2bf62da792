/** What was asked of whom by whom, as one number: client address, host and target, hashed where they lie. */
import { u32le } from '../../core/bytes.ts';
import type { ConnectionTable } from '../../core/connection-table.ts';
import { hostField, offsetsPerField, type HttpHead } from '../../core/http.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';

const prime = 0x01000193;

/** Whether the target hashed last may hold a query, or a percent sign: told in passing, so that nobody has to look again. */
export const lastTarget = { mayHaveQuery: true, mayHaveEscape: true };

/** Signed 32-bit: larger numbers would be objects. Two requests that share it are taken for the same; a rare mistake costs a wrong note. */
export function requestHash(record: ExchangeRecord): number {
  const { head } = record.request;
  lastTarget.mayHaveQuery = true;
  lastTarget.mayHaveEscape = true;
  if (head.data[head.targetStart] !== 0x2f) return urlHash(record, record.url, record.secure);
  const host = hostField(head);
  let hash = clientHash(record) ^ (record.secure ? 1 : 0);
  if (host >= 0) {
    const at = host * offsetsPerField;
    hash = partHash(hash, head, head.offsets[at + 2]!, head.offsets[at + 3]!);
  } else hash = partTextHash(hash, record.server);
  return targetHash(hash, head);
}

/** As `partHash`, with an eye on question marks and percent signs: a word with one less than its bytes' XOR with them borrows at the top. */
function targetHash(start: number, { data, view, targetStart, targetEnd }: HttpHead): number {
  if (view.byteLength < targetEnd) return partHash(start, { data, view }, targetStart, targetEnd);
  let hash = start;
  let marks = 0;
  let escapes = 0;
  let i = targetStart;
  for (; i + 4 <= targetEnd; i += 4) {
    const word = view.getInt32(i, true);
    const mark = word ^ 0x3f3f3f3f;
    marks |= (mark - 0x01010101) & ~mark & 0x80808080;
    const escape = word ^ 0x25252525;
    escapes |= (escape - 0x01010101) & ~escape & 0x80808080;
    hash = mixed(hash ^ word);
  }
  for (; i < targetEnd; i++) {
    const octet = data[i]!;
    if (octet === 0x3f) marks = 1;
    else if (octet === 0x25) escapes = 1;
    hash = mixed(hash ^ octet);
  }
  lastTarget.mayHaveQuery = marks !== 0;
  lastTarget.mayHaveEscape = escapes !== 0;
  return hash;
}

/** The hash a request of this client's for an absolute URL (without fragment) will have. */
export function urlHash(record: ExchangeRecord, url: string, secure = /^(?:https|wss):/i.test(url)): number {
  const [, host = '', target = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/]*)(.*)$/is.exec(url)!;
  return partTextHash(partTextHash(clientHash(record) ^ (secure ? 1 : 0), host), target);
}

/** A part of a head, four bytes at a time where the head owns its bytes. */
function partHash(hash: number, { data, view }: Pick<HttpHead, 'data' | 'view'>, start: number, end: number): number {
  let i = start;
  if (view.byteLength >= end) for (; i + 4 <= end; i += 4) hash = mixed(hash ^ view.getInt32(i, true));
  else for (; i + 4 <= end; i += 4) hash = mixed(hash ^ u32le(data, i));
  for (; i < end; i++) hash = mixed(hash ^ data[i]!);
  return hash;
}

/** The same of text: one byte a character. */
function partTextHash(hash: number, text: string): number {
  return partHash(hash, { data: Buffer.from(text, 'latin1'), view: noView }, 0, text.length);
}
const noView = new DataView(new ArrayBuffer(0));

function mixed(word: number): number {
  const product = Math.imul(word, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** The client's address and the server's address and port: who talks to whom. */
export function endsHash(table: ConnectionTable, slot: number): number {
  const { words } = table;
  let hash = 0x811c9dc5;
  const ofClient = table.wordsAt(slot, client);
  for (let i = ofClient; i < ofClient + 4; i++) hash = mixed(hash ^ words[i]!);
  const ofServer = table.wordsAt(slot, server);
  for (let i = ofServer; i < ofServer + 4; i++) hash = mixed(hash ^ words[i]!);
  return mixed(hash ^ table.port(slot, server));
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
