/**
 * Whether equal requests get different answers, told by what answers hold: their first bytes, lengths and validators. A
 * table by request hash, method and cookies left out of account: only GET that succeeded is compared.
 */
import type { ExchangeRecord } from '../timeline/records.ts';
import { bytesHash, requestHash } from './doctor/request-hash.ts';

/** A power of two. */
const capacity = 1 << 12;
/** Answers further apart than this may differ because the resource was changed. */
const closeBy = 10e9;

export class Variation {
  private readonly requests = new Int32Array(capacity);
  private readonly answers = new Int32Array(capacity);
  private readonly times = new Float64Array(capacity);
  private readonly varied = new Uint8Array(capacity);

  /** Whether this or an earlier answer to this request differs from the one before it. */
  varies(record: ExchangeRecord): boolean {
    const { request, response } = record;
    const { head } = request;
    if (!head.isMethod('GET') || response.status !== 200 || !response.complete || response.bodyBytes === 0)
      return false;
    const hash = requestHash(record);
    const slot = hash & (capacity - 1);
    const { body, decodedBytes } = response;
    const answer = bytesHash(0x811c9dc5 ^ decodedBytes, body.data, 0, body.length);
    const known = this.requests[slot] === hash;
    if (known && this.answers[slot] !== answer && request.time - this.times[slot]! < closeBy) this.varied[slot] = 1;
    else if (!known) this.varied[slot] = 0;
    this.requests[slot] = hash;
    this.answers[slot] = answer;
    this.times[slot] = request.time;
    return this.varied[slot] === 1;
  }
}
