/**
 * HPKE (RFC 9180) in base mode, from the shared secret on: what a key log's ECH_SECRET is. Who receives, and how the secret was
 * agreed on, is of no matter here.
 */
import { createDecipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';

/** RFC 9180 7.2. */
const hashes: Readonly<Record<number, string>> = { 1: 'sha256', 2: 'sha384', 3: 'sha512' };
/** RFC 9180 7.3. */
const aeads: Readonly<Record<number, { readonly algorithm: string; readonly keyLength: number }>> = {
  1: { algorithm: 'aes-128-gcm', keyLength: 16 },
  2: { algorithm: 'aes-256-gcm', keyLength: 32 },
  3: { algorithm: 'chacha20-poly1305', keyLength: 32 },
};
const nonceLength = 12;
const tagLength = 16;
const empty = Buffer.alloc(0);

export interface HpkeSuite {
  readonly kem: number;
  readonly kdf: number;
  readonly aead: number;
}

export interface HpkeKeys {
  readonly algorithm: string;
  readonly key: Buffer;
  /** Of the first message: its number is 0. */
  readonly nonce: Buffer;
}

/** RFC 9180 5.1; null where the suite is not known. */
export function hpkeKeys(suite: HpkeSuite, sharedSecret: Buffer, info: Buffer): HpkeKeys | null {
  const hash = hashes[suite.kdf];
  const aead = aeads[suite.aead];
  if (hash === undefined || aead === undefined) return null;
  const { algorithm, keyLength } = aead;
  const numbers = [suite.kem, suite.kdf, suite.aead].flatMap((id) => [id >>> 8, id & 0xff]);
  const name = Buffer.concat([Buffer.from('HPKE-v1HPKE'), Buffer.from(numbers)]);
  const extract = (salt: Buffer, label: string, material: Buffer): Buffer =>
    createHmac(hash, salt)
      .update(Buffer.concat([name, Buffer.from(label), material]))
      .digest();
  // One block of HKDF-Expand is enough for every length here.
  const expand = (from: Buffer, label: string, context: Buffer, length: number): Buffer =>
    createHmac(hash, from)
      .update(Buffer.concat([Buffer.from([0, length]), name, Buffer.from(label), context, Buffer.from([1])]))
      .digest()
      .subarray(0, length);
  const context = Buffer.concat([
    Buffer.from([0]),
    extract(empty, 'psk_id_hash', empty),
    extract(empty, 'info_hash', info),
  ]);
  const secret = extract(sharedSecret, 'secret', empty);
  return {
    algorithm,
    key: expand(secret, 'key', context, keyLength),
    nonce: expand(secret, 'base_nonce', context, nonceLength),
  };
}

/** @returns null where the message is not what these keys sealed */
export function hpkeOpen({ algorithm, key, nonce }: HpkeKeys, covered: Buffer, sealed: Buffer): Buffer | null {
  if (sealed.length < tagLength) return null;
  const tagAt = sealed.length - tagLength;
  const options = { authTagLength: tagLength };
  const decipher = createDecipheriv(algorithm as CipherGCMTypes, key, nonce, options);
  decipher.setAAD(covered).setAuthTag(sealed.subarray(tagAt));
  const text = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return text;
}
