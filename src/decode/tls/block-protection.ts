/**
 * Records under a block cipher in CBC mode: the MAC inside the encryption (RFC 5246 6.2.3.2) or around it (RFC 7366). TLS 1.0
 * takes the last block of the record before as IV (RFC 2246 6.2.3.2), later versions send one.
 *
 *   MAC, then encrypt   | header | IV | content, MAC, padding |
 *   encrypt, then MAC   | header | IV | content, padding | MAC |
 */
import { createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { Side } from '../../core/side.ts';
import type { CipherSuite } from './cipher-suite.ts';
import type { KeyBlock } from './key-derivation.ts';
import { headerLength, Version } from './numbers.ts';
import type { RecordProtection } from './record-protection.ts';
import { coveredLength, writeCovered } from './sequence.ts';

const nothing = new Uint8Array(0);

export class BlockProtection implements RecordProtection {
  plain: Uint8Array = nothing;
  plainStart = 0;
  plainEnd = 0;
  type = 0;
  readonly leastOverhead: number;
  readonly exactOverhead = false;
  readonly peeks = true;
  readonly contentAt: number;
  readonly blockLength: number;
  readonly seeks: boolean;
  private readonly algorithm: string;
  private readonly key: Buffer;
  private readonly macKey: Buffer;
  private readonly mac: string;
  private readonly macLength: number;
  private readonly explicitIv: boolean;
  private readonly encryptThenMac: boolean;
  private readonly iv: Uint8Array;
  private readonly covered: Uint8Array = new Uint8Array(coveredLength);

  constructor(version: number, suite: CipherSuite, block: KeyBlock, side: Side, encryptThenMac: boolean) {
    this.algorithm = suite.algorithm;
    this.key = block.keys[side];
    this.macKey = block.macKeys[side];
    this.mac = suite.mac;
    this.macLength = suite.tagLength;
    this.blockLength = suite.blockLength;
    this.explicitIv = version >= Version.tls11;
    this.encryptThenMac = encryptThenMac;
    this.iv = new Uint8Array(suite.blockLength);
    this.iv.set(block.ivs[side]);
    this.seeks = this.explicitIv;
    this.contentAt = headerLength + (this.explicitIv ? suite.blockLength : 0);
    this.leastOverhead = this.contentAt - headerLength + suite.tagLength + 1;
  }

  open(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    this.type = data[start]!;
    return this.encryptThenMac
      ? this.openAround(sequence, data, start, end)
      : this.openInside(sequence, data, start, end);
  }

  /** With the end missing, or bytes before it, where content ends is told by the padding alone or not at all. */
  peek(_sequence: number, data: Uint8Array, start: number, end: number, tailMissing: boolean): boolean {
    this.type = data[start]!;
    const to = this.encryptThenMac ? end - this.macLength : end;
    if (!this.decrypt(data, start, to)) return false;
    const inside = this.encryptThenMac ? 0 : this.macLength;
    const padding = tailMissing ? 0 : this.plain[this.plain.length - 1]!;
    this.plainEnd = this.plain.length - padding - 1 - inside;
    this.keepIv(data, to);
    return this.plainEnd >= 0;
  }

  passOver(data: Uint8Array, _start: number, end: number): void {
    this.keepIv(data, this.encryptThenMac ? end - this.macLength : end);
  }

  private openInside(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    if (!this.decrypt(data, start, end)) return false;
    const padding = this.padding();
    const length = this.plain.length - padding - this.macLength;
    if (padding === 0 || length < 0) return false;
    writeCovered(sequence, data, start, length, this.covered);
    const mac = createHmac(this.mac, this.macKey).update(this.covered).update(this.plain.subarray(0, length)).digest();
    if (!timingSafeEqual(mac, this.plain.subarray(length, length + this.macLength))) return false;
    this.plainEnd = length;
    this.keepIv(data, end);
    return true;
  }

  private openAround(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    const to = end - this.macLength;
    if (to <= start + headerLength) return false;
    writeCovered(sequence, data, start, to - start - headerLength, this.covered);
    const authenticated = data.subarray(start + headerLength, to);
    const mac = createHmac(this.mac, this.macKey).update(this.covered).update(authenticated).digest();
    if (!timingSafeEqual(mac, data.subarray(to, end)) || !this.decrypt(data, start, to)) return false;
    const padding = this.padding();
    if (padding === 0) return false;
    this.plainEnd = this.plain.length - padding;
    this.keepIv(data, to);
    return true;
  }

  private decrypt(data: Uint8Array, start: number, end: number): boolean {
    const from = start + this.contentAt;
    if (end <= from || (end - from) % this.blockLength !== 0) return false;
    const iv = this.explicitIv ? data.subarray(start + headerLength, from) : this.iv;
    try {
      const decipher = createDecipheriv(this.algorithm, this.key, iv).setAutoPadding(false);
      this.plain = decipher.update(data.subarray(from, end));
    } catch {
      return false;
    }
    this.plainStart = 0;
    return true;
  }

  /** Bytes of padding, its length byte with them; 0 where they do not all say the same. */
  private padding(): number {
    const { plain } = this;
    const last = plain[plain.length - 1]!;
    if (last + 1 > plain.length) return 0;
    for (let i = plain.length - 1 - last; i < plain.length; i++) if (plain[i] !== last) return 0;
    return last + 1;
  }

  /** @param end of the encrypted blocks */
  private keepIv(data: Uint8Array, end: number): void {
    if (this.explicitIv || end < this.blockLength) return;
    for (let i = 0; i < this.blockLength; i++) this.iv[i] = data[end - this.blockLength + i]!;
  }
}
