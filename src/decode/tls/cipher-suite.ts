/** What a cipher suite means for the record layer, read off its name. How keys were exchanged does not matter here. */
import { getCiphers } from 'node:crypto';
import { cipherSuiteName } from './cipher-suite-names.ts';

export type SuiteKind = 'gcm' | 'ccm' | 'chacha20' | 'cbc' | 'rc4' | 'null';

export interface CipherSuite {
  readonly name: string;
  readonly kind: SuiteKind;
  /** node:crypto's name of the cipher. */
  readonly algorithm: string;
  readonly keyLength: number;
  /** Length of a block where there are blocks, else 0. */
  readonly blockLength: number;
  /** Bytes of an authentication tag (AEAD), or of a MAC. */
  readonly tagLength: number;
  /** Hash of the MAC; unused with AEAD. */
  readonly mac: string;
  /** Hash of the key derivation in TLS 1.2 and 1.3. */
  readonly hash: 'sha256' | 'sha384';
}

const macs: Readonly<Record<string, { mac: string; tagLength: number }>> = {
  MD5: { mac: 'md5', tagLength: 16 },
  SHA: { mac: 'sha1', tagLength: 20 },
  SHA256: { mac: 'sha256', tagLength: 32 },
  SHA384: { mac: 'sha384', tagLength: 48 },
};

const available: ReadonlySet<string> = new Set(getCiphers());
const cache = new Map<number, CipherSuite | undefined>();

/** @returns undefined where the suite is not known, or its cipher not to be had */
export function cipherSuite(id: number): CipherSuite | undefined {
  if (!cache.has(id)) cache.set(id, parse(cipherSuiteName(id)));
  return cache.get(id);
}

/** `TLS_x_WITH_cipher_hash`, in TLS 1.3 `TLS_cipher_hash`. */
function parse(name: string): CipherSuite | undefined {
  if (name.includes('_EXPORT')) return undefined;
  const words = name.slice(name.includes('_WITH_') ? name.indexOf('_WITH_') + 6 : 4);
  const hash = words.endsWith('SHA384') ? 'sha384' : 'sha256';
  const aead = /^(AES|ARIA|CAMELLIA)_(128|256)_(GCM|CCM_8|CCM)(?:_SHA(?:256|384))?$/.exec(words);
  if (aead !== null) {
    const [, cipher, bits, mode] = aead;
    const kind = mode === 'GCM' ? 'gcm' : 'ccm';
    return offered({
      name,
      kind,
      algorithm: `${cipher!.toLowerCase()}-${bits}-${kind}`,
      keyLength: Number(bits) / 8,
      blockLength: 0,
      tagLength: mode === 'CCM_8' ? 8 : 16,
      mac: '',
      hash,
    });
  }
  if (words === 'CHACHA20_POLY1305_SHA256') {
    const lengths = { keyLength: 32, blockLength: 0, tagLength: 16 };
    return offered({ name, kind: 'chacha20', algorithm: 'chacha20-poly1305', ...lengths, mac: '', hash });
  }
  return withMac(name, words, hash);
}

function withMac(name: string, words: string, hash: CipherSuite['hash']): CipherSuite | undefined {
  const end = words.lastIndexOf('_');
  const mac = macs[words.slice(end + 1)];
  if (mac === undefined) return undefined;
  const cipher = words.slice(0, end);
  const block = /^(AES|ARIA|CAMELLIA)_(128|256)_CBC$/.exec(cipher);
  if (block !== null) {
    const algorithm = `${block[1]!.toLowerCase()}-${block[2]}-cbc`;
    return offered({ name, kind: 'cbc', algorithm, keyLength: Number(block[2]) / 8, blockLength: 16, ...mac, hash });
  }
  switch (cipher) {
    case '3DES_EDE_CBC':
      return offered({ name, kind: 'cbc', algorithm: 'des-ede3-cbc', keyLength: 24, blockLength: 8, ...mac, hash });
    case 'RC4_128':
      return { name, kind: 'rc4', algorithm: 'rc4', keyLength: 16, blockLength: 0, ...mac, hash };
    case 'NULL':
      return { name, kind: 'null', algorithm: '', keyLength: 0, blockLength: 0, ...mac, hash };
    default:
      return undefined;
  }
}

function offered(suite: CipherSuite): CipherSuite | undefined {
  return available.has(suite.algorithm) ? suite : undefined;
}
