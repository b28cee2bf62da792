/**
 * Records under AES-GCM, AES-CCM, ARIA-GCM and ChaCha20-Poly1305: TLS 1.3 (RFC 8446 5.2) and TLS 1.2 (RFC 5246 6.2.3.3, RFC
 * 5288, RFC 6655, RFC 7905).
 *
 *   TLS 1.3   | header 5 | content, type 1, zeros | tag |      nonce: IV xor sequence; covered: the header
 *   TLS 1.2   | header 5 | nonce 8 | content | tag |           nonce: salt, then those 8 (ChaCha20: as in TLS 1.3)
 */
import { createDecipheriv, type CipherGCMTypes } from 'node:crypto';
import type { CipherSuite } from './cipher-suite.ts';
import { nonceLength } from './key-derivation.ts';
import { ContentType, headerLength } from './numbers.ts';
import type { RecordProtection } from './record-protection.ts';
import { coveredLength, writeCovered, writeSequence } from './sequence.ts';

const nothing = new Uint8Array(0);
const explicitNonceLength = 8;

export class Aead implements RecordProtection {
  plain: Uint8Array = nothing;
  plainStart = 0;
  plainEnd = 0;
  type = 0;
  readonly leastOverhead: number;
  readonly exactOverhead = true;
  readonly peeks: boolean;
  readonly contentAt: number;
  readonly blockLength = 1;
  readonly seeks = true;
  protected readonly key: Buffer;
  protected readonly keyLength: number;
  protected readonly is13: boolean;
  protected readonly tagLength: number;
  private readonly algorithm: CipherGCMTypes;
  private readonly iv: Buffer;
  private readonly isCcm: boolean;
  private readonly explicitLength: number;
  private readonly options: { authTagLength: number };
  private readonly nonce: Uint8Array = new Uint8Array(nonceLength);
  private readonly mask: Uint8Array = new Uint8Array(8);
  private readonly covered: Uint8Array = new Uint8Array(coveredLength);

  constructor(suite: CipherSuite, key: Buffer, iv: Buffer, is13: boolean) {
    // The types know fewer names than there are.
    this.algorithm = suite.algorithm as CipherGCMTypes;
    this.key = key;
    this.keyLength = suite.keyLength;
    this.iv = iv;
    this.is13 = is13;
    this.isCcm = suite.kind === 'ccm';
    this.explicitLength = is13 || suite.kind === 'chacha20' ? 0 : explicitNonceLength;
    this.tagLength = suite.tagLength;
    this.options = { authTagLength: suite.tagLength };
    this.leastOverhead = this.explicitLength + this.tagLength + (is13 ? 1 : 0);
    // CCM gives nothing out before its tag has been compared.
    this.peeks = !this.isCcm;
    this.contentAt = headerLength + this.explicitLength;
    this.nonce.set(iv);
  }

  open(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    const from = start + this.contentAt;
    const to = end - this.tagLength;
    if (to < from) return false;
    this.setNonce(sequence, data, start);
    try {
      const decipher = createDecipheriv(this.algorithm, this.key, this.nonce, this.options);
      decipher.setAuthTag(data.subarray(to, end));
      const covered = this.coveredBytes(sequence, data, start, to - from);
      if (this.isCcm) decipher.setAAD(covered, { plaintextLength: to - from });
      else decipher.setAAD(covered);
      this.plain = decipher.update(data.subarray(from, to));
      decipher.final();
    } catch {
      return false;
    }
    return this.unwrap(data[start]!, 0, this.plain.length);
  }

  peek(sequence: number, data: Uint8Array, start: number, end: number, tailMissing: boolean): boolean {
    const from = start + this.contentAt;
    const to = end - this.tagLength;
    if (!this.peeks || to < from) return false;
    this.setNonce(sequence, data, start);
    try {
      const decipher = createDecipheriv(this.algorithm, this.key, this.nonce, this.options);
      decipher.setAAD(this.coveredBytes(sequence, data, start, to - from));
      this.plain = decipher.update(data.subarray(from, to));
    } catch {
      return false;
    }
    if (!tailMissing || !this.is13) return this.unwrap(data[start]!, 0, this.plain.length);
    // The type stood at the end.
    this.type = ContentType.applicationData;
    this.plainStart = 0;
    this.plainEnd = Math.max(0, this.plain.length - 1);
    return true;
  }

  passOver(): void {}

  private setNonce(sequence: number, data: Uint8Array, start: number): void {
    const { nonce, iv, mask } = this;
    if (this.explicitLength > 0) {
      for (let i = 0; i < explicitNonceLength; i++) nonce[4 + i] = data[start + headerLength + i]!;
      return;
    }
    writeSequence(sequence, mask, 0);
    for (let i = 0; i < 8; i++) nonce[4 + i] = iv[4 + i]! ^ mask[i]!;
  }

  protected coveredBytes(sequence: number, data: Uint8Array, start: number, length: number): Uint8Array {
    if (this.is13) return data.subarray(start, start + headerLength);
    writeCovered(sequence, data, start, length, this.covered);
    return this.covered;
  }

  /**
   * TLS 1.3: the type is the last byte that is not zero (RFC 8446 5.4).
   *
   * @param from where in `plain` the plaintext begins
   */
  protected unwrap(type: number, from: number, to: number): boolean {
    const { plain } = this;
    let end = to;
    this.plainStart = from;
    if (!this.is13) this.type = type;
    else {
      do end--;
      while (end >= from && plain[end] === 0);
      if (end < from) return false;
      this.type = plain[end]!;
    }
    this.plainEnd = end;
    return true;
  }
}
