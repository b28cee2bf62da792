/** How records of one direction are opened, from one set of keys. The result stands in fields: nothing is allocated for it. */
import type { CipherSuite } from './cipher-suite.ts';
import type { KeyBlock, TrafficKeys } from './key-derivation.ts';
import { Aead } from './aead.ts';
import { AesGcm } from './aes-gcm.ts';
import { BlockProtection } from './block-protection.ts';
import { StreamProtection } from './stream-protection.ts';
import type { Side } from '../../core/side.ts';

export interface RecordProtection {
  /** What the last record held; valid until the next is opened. */
  plain: Uint8Array;
  plainStart: number;
  plainEnd: number;
  /** Its content type. */
  type: number;
  /** The least that a record is longer than its content, header not counted. */
  readonly leastOverhead: number;
  /** Whether every record without padding is longer by just that. */
  readonly exactOverhead: boolean;
  /** Whether `peek` can work, and where in a record content begins. */
  readonly peeks: boolean;
  readonly contentAt: number;
  /** Missing bytes make others undecodable: those of their blocks, and of the block after. */
  readonly blockLength: number;
  /** Whether a record can be opened without those before it. */
  readonly seeks: boolean;
  /** @param start the record's header; @returns false where the record is not what these keys and this number protect */
  open(sequence: number, data: Uint8Array, start: number, end: number): boolean;
  /** As `open`, of a record with bytes missing (zeros stand there), so that nothing vouches for the rest. */
  peek(sequence: number, data: Uint8Array, start: number, end: number, tailMissing: boolean): boolean;
  /** A record was not opened: keeps in step what depends on it. */
  passOver(data: Uint8Array, start: number, end: number): void;
}

/** TLS 1.3. */
export function protection13(suite: CipherSuite, keys: TrafficKeys): RecordProtection {
  return aead(suite, keys.key, keys.iv, true);
}

/** TLS 1.0 to 1.2. */
export function protection12(
  version: number,
  suite: CipherSuite,
  block: KeyBlock,
  side: Side,
  encryptThenMac: boolean,
): RecordProtection {
  switch (suite.kind) {
    case 'gcm':
    case 'ccm':
    case 'chacha20':
      return aead(suite, block.keys[side], block.ivs[side], false);
    case 'cbc':
      return new BlockProtection(version, suite, block, side, encryptThenMac);
    default:
      return new StreamProtection(suite, block.keys[side], block.macKeys[side]);
  }
}

function aead(suite: CipherSuite, key: Buffer, iv: Buffer, is13: boolean): RecordProtection {
  const isAesGcm = suite.kind === 'gcm' && suite.algorithm.startsWith('aes-');
  return isAesGcm ? new AesGcm(suite, key, iv, is13) : new Aead(suite, key, iv, is13);
}
