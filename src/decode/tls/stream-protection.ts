/** Records under RC4 or no cipher at all, with a MAC (RFC 5246 6.2.3.1): what old captures hold. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CipherSuite } from './cipher-suite.ts';
import { headerLength } from './numbers.ts';
import type { RecordProtection } from './record-protection.ts';
import { Rc4 } from './rc4.ts';
import { coveredLength, writeCovered } from './sequence.ts';

const nothing = new Uint8Array(0);

export class StreamProtection implements RecordProtection {
  plain: Uint8Array = nothing;
  plainStart = 0;
  plainEnd = 0;
  type = 0;
  readonly leastOverhead: number;
  readonly exactOverhead = true;
  readonly peeks = true;
  readonly contentAt = headerLength;
  readonly blockLength = 1;
  readonly seeks: boolean;
  private readonly cipher: Rc4 | null;
  private readonly mac: string;
  private readonly macKey: Buffer;
  private readonly macLength: number;
  private readonly covered: Uint8Array = new Uint8Array(coveredLength);

  constructor(suite: CipherSuite, key: Buffer, macKey: Buffer) {
    this.cipher = suite.kind === 'rc4' ? new Rc4(key) : null;
    this.mac = suite.mac;
    this.macKey = macKey;
    this.macLength = suite.tagLength;
    this.leastOverhead = suite.tagLength;
    this.seeks = this.cipher === null;
  }

  open(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    const length = end - start - headerLength - this.macLength;
    if (length < 0) return false;
    this.cipher?.save();
    this.decrypt(data, start, end);
    writeCovered(sequence, data, start, length, this.covered);
    const content = this.plain.subarray(this.plainStart, this.plainEnd);
    const mac = createHmac(this.mac, this.macKey).update(this.covered).update(content).digest();
    if (timingSafeEqual(mac, this.plain.subarray(this.plainEnd, this.plainEnd + this.macLength))) return true;
    this.cipher?.restore();
    return false;
  }

  peek(_sequence: number, data: Uint8Array, start: number, end: number): boolean {
    if (end - start - headerLength < this.macLength) return false;
    this.decrypt(data, start, end);
    return true;
  }

  passOver(_data: Uint8Array, start: number, end: number): void {
    this.cipher?.skip(end - start - headerLength);
  }

  private decrypt(data: Uint8Array, start: number, end: number): void {
    this.type = data[start]!;
    if (this.cipher === null) {
      this.plain = Uint8Array.from(data.subarray(start + headerLength, end));
    } else {
      this.plain = this.cipher.apply(data, start + headerLength, end);
    }
    this.plainStart = 0;
    this.plainEnd = this.plainStart + end - start - headerLength - this.macLength;
  }
}
