/** Where in a head the fields stand that judgements are made from and no decoder numbers. One scan, no strings. */
import { bytesHash } from './request-hash.ts';
import { HttpHead, fieldValue, findField, knownFieldNames, offsetsPerField, type KnownField } from '../../core/http.ts';

/** Fields looked for, by their place in `names`. */
export const Field = {
  authorization: 0,
  wwwAuthenticate: 1,
  proxyAuthenticate: 2,
  allow: 3,
  retryAfter: 4,
  etag: 5,
  lastModified: 6,
  cacheControl: 7,
  contentRange: 8,
  range: 9,
  ifRange: 10,
  ifNoneMatch: 11,
  ifModifiedSince: 12,
  date: 13,
  server: 14,
  via: 15,
  userAgent: 16,
  cookie: 17,
  vary: 18,
  poweredBy: 19,
  proxyAuthorization: 20,
  acceptLanguage: 21,
  acceptEncoding: 22,
  expires: 23,
  age: 24,
  xRateLimitLeft: 25,
  origin: 26,
  rateLimit: 27,
  rateLimitLeft: 28,
  rateLimitLimit: 29,
  xRateLimitLimit: 30,
} as const;
export type Field = (typeof Field)[keyof typeof Field];

const names: readonly string[] = [
  'authorization', 'www-authenticate', 'proxy-authenticate', 'allow', 'retry-after', 'etag', 'last-modified',
  'cache-control', 'content-range', 'range', 'if-range', 'if-none-match', 'if-modified-since', 'date', 'server', 'via',
  'user-agent', 'cookie', 'vary', 'x-powered-by', 'proxy-authorization', 'accept-language', 'accept-encoding', 'expires',
  'age', 'x-ratelimit-remaining', 'origin', 'ratelimit', 'ratelimit-remaining', 'ratelimit-limit', 'x-ratelimit-limit',
]; // prettier-ignore

/** By length, first and last letter, which no two of the names share; that is made sure below. */
const slots = new Int8Array(1 << 13).fill(-1);
const spelled = names.map((name) => Buffer.from(name));

for (const [field, name] of spelled.entries()) {
  const slot = slotOf(name.length, name[0]!, name.at(-1)!);
  if (slots[slot]! >= 0) throw new Error(`no slot of its own for ${names[field]!}`);
  slots[slot] = field;
}

function slotOf(length: number, first: number, last: number): number {
  return ((length & 31) << 8) ^ ((first & 31) << 3) ^ (last & 31);
}

/** Which of them the decoders do number, and by what. */
const numbered = names.map((name) => Math.max(0, knownFieldNames.indexOf(name)));
const byNumber = new Int8Array(256).fill(-1);
for (const [field, known] of numbered.entries()) if (known > 0) byNumber[known] = field;

const noHead = new HttpHead(0);

export class FieldIndex {
  /** Index of the first field line of that name, -1 where there is none. */
  private readonly at = new Int16Array(names.length).fill(-1);
  private head: HttpHead = noHead;
  private scanned = true;
  /** Fields of the last scan, to be forgotten by the next. */
  private readonly found = new Uint8Array(names.length);
  private foundCount = 0;

  /** Borrows the head until the next call; it is looked through when a field is asked for. */
  use(head: HttpHead): void {
    this.head = head;
    this.scanned = false;
  }

  has(field: Field): boolean {
    return this.index(field) >= 0;
  }

  /** A hash of the first line's value, 31 bits; -1 where there is none. */
  hash(field: Field): number {
    const index = this.index(field);
    if (index < 0) return -1;
    const { data, offsets } = this.head;
    const at = index * offsetsPerField;
    return bytesHash(0x811c9dc5, data, offsets[at + 2]!, offsets[at + 3]!) & 0x7fffffff;
  }

  /** The first line's value. */
  value(field: Field): string | undefined {
    const index = this.index(field);
    return index < 0 ? undefined : fieldValue(this.head, index);
  }

  private index(field: Field): number {
    if (!this.scanned) {
      const known = numbered[field]!;
      if (known > 0) return findField(this.head, known as KnownField);
      this.scan();
    }
    return this.at[field]!;
  }

  private scan(): void {
    while (this.foundCount > 0) this.at[this.found[--this.foundCount]!] = -1;
    this.scanned = true;
    const { data, offsets, known, fieldCount } = this.head;
    for (let i = 0; i < fieldCount; i++) {
      const start = offsets[i * offsetsPerField]!;
      const end = offsets[i * offsetsPerField + 1]!;
      if (end <= start) continue;
      const number = known[i]!;
      if (number !== 0 && byNumber[number]! < 0) continue;
      const field = number !== 0 ? byNumber[number]! : slots[slotOf(end - start, data[start]!, data[end - 1]!)]!;
      if (field < 0 || this.at[field]! >= 0) continue;
      if (number === 0 && !sameName(data, start, end, spelled[field]!)) continue;
      this.at[field] = i;
      this.found[this.foundCount++] = field;
    }
  }
}

function sameName(data: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const octet = data[start + i]!;
    if ((octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet) !== name[i]) return false;
  }
  return true;
}
