/** Methods against what they do (RFC 9110 9): reads with content, reads that create, a PUT that creates in silence. */
import { latin1 } from '../../core/bytes.ts';
import { KnownField, findField } from '../../core/http.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { asked, type Findings } from './findings.ts';

/** Requests whose resource was not there, remembered by hash. */
const capacity = 1 << 10;

export class RestRules {
  private readonly findings: Findings;
  private readonly missing = new Int32Array(capacity);
  private anyMissing = false;

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number): void {
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
    if (first === 0x47 || first === 0x48) {
      if (status === 404 || status === 410) this.miss(hash);
      else if (this.anyMissing && status === 200) this.forget(hash);
    }
    if (head.data[head.targetStart] !== 0x2f && length !== 7) this.checkHost(record);
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
    const target = latin1(head.data, head.targetStart, Math.min(head.targetEnd, head.targetStart + 1024));
    const named = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
    if (named === undefined || sameAuthority(named, record.host!)) return;
    const detail = () => `${asked(record)}: Host is ${record.host!.slice(0, 100)}`;
    this.findings.exchange(record, 'http.host-mismatch', client, detail);
  }
}

function sameAuthority(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/^.*@/, '')
      .replace(/:(?:80|443)$/, '');
  return plain(a) === plain(b);
}
