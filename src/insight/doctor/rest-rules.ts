/**
 * Methods against what they do (RFC 9110 9): reads with content, reads that create, a PUT that creates in silence, a POST
 * that only reads, as far as its answers tell.
 */
import { latin1 } from '../../core/bytes.ts';
import { KnownField, findField } from '../../core/http.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { Field } from './field-index.ts';
import { asked, type Findings } from './findings.ts';
import type { Heads } from './status-rules.ts';

/** Requests whose resource was not there, remembered by hash. */
const capacity = 1 << 10;
/** POSTs of one target that were all answered as a read is. */
const convincing = 5;
/** One was not. */
const writes = -1;
/** What paths of reads are called. */
const readWord = /\b(?:search|query|find|lookup|list|filter|fetch|get[A-Z_-]\w*|read)\b(?:\?|$)/i;

export class RestRules {
  private readonly findings: Findings;
  private readonly missing = new Int32Array(capacity);
  private anyMissing = false;
  /** Side by side: hash of a POST, and how often it read. */
  private readonly posts = new Int32Array(capacity * 2);

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number, heads: Heads): void {
    const { request, response } = record;
    const { head } = request;
    const first = head.data[head.methodStart];
    const length = head.methodEnd - head.methodStart;
    const { status } = response;
    if (first === 0x47 && length === 3) {
      if (request.bodyBytes > 0) this.readWithContent(record);
      if (status === 201) {
        this.findings.exchange(record, 'rest.get-creates', server, `${asked(record)}: 201 Created`);
      }
    } else if (first === 0x48 && length === 4 && request.bodyBytes > 0) this.readWithContent(record);
    else if (first === 0x50 && length === 3 && response.present) this.put(record, hash, status);
    else if (first === 0x50 && length === 4 && response.present) this.post(record, hash, heads);
    if (first === 0x47 || first === 0x48) {
      if (status === 404 || status === 410) this.miss(hash);
      else if (this.anyMissing && status === 200) this.forget(hash);
    }
    if (head.data[head.targetStart] !== 0x2f && length !== 7) this.checkHost(record);
  }

  /** Answers that may be cached or validated are reads by the server's own word; else the path must say so. */
  private post(record: ExchangeRecord, hash: number, { response: fields }: Heads): void {
    const { posts } = this;
    const at = (hash & (capacity - 1)) * 2;
    if (posts[at] !== hash) {
      posts[at] = hash;
      posts[at + 1] = 0;
    }
    const count = posts[at + 1]!;
    if (count === writes || count > convincing) return;
    const { status, bodyBytes } = record.response;
    const isRead = status === 200 && bodyBytes > 0 && (fields.has(Field.etag) || readWord.test(targetOf(record)));
    posts[at + 1] = isRead ? count + 1 : writes;
    if (posts[at + 1] !== convincing) return;
    const detail = () => `${asked(record)}: ${convincing} times, answered each time as a read is`;
    this.findings.exchange(record, 'rest.post-only-reads', client, detail);
  }

  private readWithContent(record: ExchangeRecord): void {
    const detail = () => `${asked(record)}: ${record.request.bodyBytes} bytes of content`;
    this.findings.exchange(record, 'rest.get-with-content', client, detail);
  }

  private put(record: ExchangeRecord, hash: number, status: number): void {
    const wasMissing = this.missing[hash & (capacity - 1)] === hash;
    if (status >= 200 && status <= 299) this.forget(hash);
    if (!wasMissing || (status !== 200 && status !== 204)) return;
    const detail = () => `${asked(record)}: ${status}, where a GET had been answered with 404`;
    this.findings.exchange(record, 'rest.put-created-silently', server, detail);
  }

  private miss(hash: number): void {
    this.missing[hash & (capacity - 1)] = hash;
    this.anyMissing = true;
  }

  private forget(hash: number): void {
    const slot = hash & (capacity - 1);
    if (this.missing[slot] === hash) this.missing[slot] = 0;
  }

  /** Absolute-form targets name a host of their own (RFC 9112 3.2.2). */
  private checkHost(record: ExchangeRecord): void {
    const { head } = record.request;
    if (head.version >= 20 || findField(head, KnownField.host) < 0) return;
    const target = targetOf(record);
    const named = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
    if (named === undefined || sameAuthority(named, record.host!)) return;
    const detail = () => `${asked(record)}: Host is ${record.host!.slice(0, 100)}`;
    this.findings.exchange(record, 'http.host-mismatch', client, detail);
  }
}

function targetOf({ request: { head } }: ExchangeRecord): string {
  return latin1(head.data, head.targetStart, Math.min(head.targetEnd, head.targetStart + 1024));
}

function sameAuthority(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^.*@/, '')
      .replace(/:(?:80|443)$/, '');
  return plain(a) === plain(b);
}
