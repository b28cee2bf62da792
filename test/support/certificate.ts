/** Certificates for tests, signed by themselves: just enough DER (X.690) for X.509 (RFC 5280 4.1). */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface TestIdentity {
  readonly key: string;
  readonly cert: string;
  readonly der: Buffer;
}

const Tag = {
  integer: 2,
  bitString: 3,
  octetString: 4,
  oid: 6,
  utf8: 12,
  sequence: 0x30,
  set: 0x31,
  time: 0x17,
} as const;

export interface CertificateOptions {
  readonly kind?: 'rsa' | 'ec';
  readonly name?: string;
  readonly names?: readonly string[];
  /** As in a certificate: `YYMMDDhhmmssZ`. */
  readonly from?: string;
  readonly to?: string;
}

const made = new Map<string, TestIdentity>();

/** Made once for each set of options: RSA keys take a while. */
export function identity(options: CertificateOptions = {}): TestIdentity {
  const name = JSON.stringify(options);
  let known = made.get(name);
  if (known === undefined) made.set(name, (known = make(options)));
  return known;
}

function make(options: CertificateOptions): TestIdentity {
  const { kind = 'ec', name = 'test.example', names = [name] } = options;
  const { privateKey, publicKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = sequence(
    kind === 'rsa' ? oid('2a864886f70d01010b') : oid('2a8648ce3d040302'),
    ...(kind === 'rsa' ? [Buffer.from([5, 0])] : []),
  );
  const subject = sequence(der(Tag.set, sequence(oid('550403'), der(Tag.utf8, Buffer.from(name)))));
  const time = (text: string): Buffer => der(Tag.time, Buffer.from(text));
  const alternatives = sequence(...names.map((dns) => der(0x82, Buffer.from(dns))));
  const extension = sequence(oid('551d11'), der(Tag.octetString, alternatives));
  const body = sequence(
    der(0xa0, der(Tag.integer, Buffer.from([2]))),
    der(Tag.integer, Buffer.from([1])),
    algorithm,
    subject,
    sequence(time(options.from ?? '200101000000Z'), time(options.to ?? '491231235959Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  return signed(body, algorithm, privateKey);
}

function signed(body: Buffer, algorithm: Buffer, privateKey: KeyObject): TestIdentity {
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, der(Tag.bitString, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    der: certificate,
  };
}

function sequence(...parts: Buffer[]): Buffer {
  return der(Tag.sequence, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(Tag.oid, Buffer.from(hex, 'hex'));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}
