/**
 * Conditional requests and the responses they refer to: which validator of which earlier response a 304 confirms, and
 * what was fetched again whole although it was the same. A table of the latest responses, by request hash.
 */
import { client } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { Field } from './field-index.ts';
import { asked, type Findings } from './findings.ts';
import type { Heads } from './status-rules.ts';

const capacity = 1 << 14;
const columns = 5;
const mostExamples = 8;

/** A 304 and what made it so. */
export interface Revalidation {
  readonly exchange: number;
  readonly packet: number;
  readonly request: string;
  readonly validator: string;
  /** Packet of the response that carried the validator; 0 where it is not known. */
  readonly from: number;
  /** Bytes of content that response had. */
  readonly bytes: number;
}

export class Validators {
  /** 304 responses, those whose earlier response is known, and content bytes they saved. */
  revalidated = 0;
  traced = 0;
  savedBytes = 0;
  refetched = 0;
  refetchedBytes = 0;
  readonly examples: Revalidation[] = [];
  private readonly findings: Findings;
  /** Side by side: request hash, hash of the validator, packet, bytes of content (cut at 4 GiB), hash of the client's program. */
  private readonly latest = new Uint32Array(capacity * columns);

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number, heads: Heads): void {
    const { status } = record.response;
    if (status === 304) this.notModified(record, hash, heads);
    else if (status === 200 && record.response.complete && isGet(record)) this.fetched(record, hash, heads);
  }

  private fetched(record: ExchangeRecord, hash: number, heads: Heads): void {
    const { request, response } = heads;
    const named = response.has(Field.etag) ? Field.etag : Field.lastModified;
    const tag = response.hash(named);
    if (tag < 0) return;
    const { latest } = this;
    const at = (hash & (capacity - 1)) * columns;
    const packet = latest[at + 2]!;
    const program = request.hash(Field.userAgent) >>> 0;
    // Two programs of one machine do not share what they keep.
    if (latest[at] === hash >>> 0 && latest[at + 1] === tag && latest[at + 4] === program) {
      const mayReuse = !/\bno-store\b/i.test(response.value(Field.cacheControl) ?? '');
      const conditional = request.has(Field.ifNoneMatch) || request.has(Field.ifModifiedSince);
      const isWhole = !request.has(Field.range) && !isReload(request.value(Field.cacheControl));
      const isLater = record.request.firstPacket > packet;
      if (isLater && mayReuse && !conditional && isWhole) this.refetch(record, named, packet);
    }
    latest[at] = hash;
    latest[at + 1] = tag;
    latest[at + 2] = record.response.firstPacket;
    latest[at + 4] = program;
    latest[at + 3] = Math.min(record.response.bodyBytes, 0xffffffff);
  }

  private refetch(record: ExchangeRecord, named: Field, from: number): void {
    this.refetched++;
    this.refetchedBytes += record.response.bodyBytes;
    this.findings.exchange(record, 'http.cacheable-refetched', client, () => {
      const validator = named === Field.etag ? 'ETag' : 'Last-Modified';
      return `${asked(record)}: ${record.response.bodyBytes} bytes with the ${validator} of packet ${from}`;
    });
  }

  private notModified(record: ExchangeRecord, hash: number, { request }: Heads): void {
    this.revalidated++;
    const at = (hash & (capacity - 1)) * columns;
    const known = this.latest[at] === hash >>> 0;
    const bytes = known ? this.latest[at + 3]! : 0;
    if (known) {
      this.traced++;
      this.savedBytes += bytes;
    }
    if (this.examples.length >= mostExamples) return;
    const tag = request.value(Field.ifNoneMatch);
    const since = request.value(Field.ifModifiedSince);
    this.examples.push({
      exchange: record.id,
      packet: record.response.firstPacket,
      request: asked(record),
      validator: (tag ?? since ?? 'none').slice(0, 100),
      from: known ? this.latest[at + 2]! : 0,
      bytes,
    });
  }
}

function isGet({ request: { head } }: ExchangeRecord): boolean {
  return head.isMethod('GET');
}

function isReload(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && /\bno-cache\b|\bno-store\b|\bmax-age=0\b/i.test(cacheControl);
}
