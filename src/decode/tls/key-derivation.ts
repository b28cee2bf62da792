/**
 * From secrets to keys: HKDF-Expand-Label and traffic keys of TLS 1.3 (RFC 8446 7), the PRF and key block of TLS 1.0 to
 * 1.2 (RFC 5246 5 and 6.3, RFC 2246 5, RFC 7627).
 */
import { createHmac } from 'node:crypto';
import type { CipherSuite } from './cipher-suite.ts';
import { Version } from './numbers.ts';

/** HKDF-Expand (RFC 5869 2.3) of `tls13 label` without a context, for lengths of one hash at most. */
export function expandLabel(hash: string, secret: Uint8Array, label: string, length: number): Buffer {
  const full = `tls13 ${label}`;
  const info = Buffer.alloc(2 + 1 + full.length + 1 + 1);
  info.writeUInt16BE(length, 0);
  info[2] = full.length;
  info.write(full, 3, 'latin1');
  info[info.length - 1] = 1; // the counter of HKDF-Expand; the context before it is empty
  return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

export interface TrafficKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
}

export const nonceLength = 12;

/** RFC 8446 7.3. */
export function trafficKeys(suite: CipherSuite, secret: Uint8Array): TrafficKeys {
  return {
    key: expandLabel(suite.hash, secret, 'key', suite.keyLength),
    iv: expandLabel(suite.hash, secret, 'iv', nonceLength),
  };
}

/** The traffic secret after a KeyUpdate (RFC 8446 7.2). */
export function nextTrafficSecret(suite: CipherSuite, secret: Uint8Array): Buffer {
  return expandLabel(suite.hash, secret, 'traffic upd', secret.length);
}

/** The pseudorandom function of TLS 1.2 (one hash) or before (MD5 and SHA-1). */
export function prf(
  version: number,
  hash: string,
  secret: Buffer,
  label: string,
  seed: Buffer,
  length: number,
): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  if (version >= Version.tls12) return expand(hash, secret, labelled, length);
  const half = Math.ceil(secret.length / 2);
  const result = expand('md5', secret.subarray(0, half), labelled, length);
  const other = expand('sha1', secret.subarray(secret.length - half), labelled, length);
  for (let i = 0; i < length; i++) result[i]! ^= other[i]!;
  return result;
}

/** P_hash (RFC 5246 5). */
function expand(hash: string, secret: Buffer, seed: Buffer, length: number): Buffer {
  const pieces: Buffer[] = [];
  let have = 0;
  let a = seed;
  while (have < length) {
    a = createHmac(hash, secret).update(a).digest();
    const piece = createHmac(hash, secret).update(a).update(seed).digest();
    pieces.push(piece);
    have += piece.length;
  }
  return Buffer.concat(pieces, length);
}

export const masterLength = 48;

export interface KeyBlock {
  /** By side. */
  readonly macKeys: readonly [Buffer, Buffer];
  readonly keys: readonly [Buffer, Buffer];
  readonly ivs: readonly [Buffer, Buffer];
}

/** RFC 5246 6.3. */
export function keyBlock(
  version: number,
  suite: CipherSuite,
  master: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
): KeyBlock {
  const lengths = [macKeyLength(suite), suite.keyLength, fixedIvLength(version, suite)];
  const total = 2 * lengths.reduce((sum, length) => sum + length, 0);
  const seed = Buffer.concat([serverRandom, clientRandom]);
  const block = prf(version, suite.hash, master, 'key expansion', seed, total);
  let at = 0;
  const [macKeys, keys, ivs] = lengths.map((length) => {
    const pair = [block.subarray(at, at + length), block.subarray(at + length, at + 2 * length)] as const;
    at += 2 * length;
    return pair;
  });
  return { macKeys: macKeys!, keys: keys!, ivs: ivs! };
}

function macKeyLength(suite: CipherSuite): number {
  return suite.mac === '' ? 0 : suite.tagLength;
}

function fixedIvLength(version: number, suite: CipherSuite): number {
  switch (suite.kind) {
    case 'gcm':
    case 'ccm':
      return 4;
    case 'chacha20':
      return nonceLength;
    case 'cbc':
      return version <= Version.tls10 ? suite.blockLength : 0;
    default:
      return 0;
  }
}
