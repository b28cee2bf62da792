/**
 * The local certificate authority: a key and a certificate in a folder of the user's own, and certificates minted from it
 * for the names that clients ask for. EC keys (P-256) throughout.
 */
import 'reflect-metadata';
import { createHash, createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const authorityName = 'CN=wirescope local authority, O=wirescope';
const dayMs = 86_400_000;
const authorityDays = 3650;
/** What clients accept at most of certificates in general is 398 days. */
const leafDays = 365;
const keptLeaves = 1000;

export function authorityFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.WIRESCOPE_CA_DIR ?? join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'wirescope');
}

export class Authority {
  /** The certificate, PEM. */
  readonly certificate: string;
  private readonly key: webcrypto.CryptoKey;
  private readonly leafKeys: webcrypto.CryptoKeyPair;
  private readonly leafPem: string;
  private readonly issuer: x509.X509Certificate;
  private readonly leaves = new Map<string, Promise<SecureContext>>();

  private constructor(certificate: string, key: webcrypto.CryptoKey, leafKeys: webcrypto.CryptoKeyPair) {
    this.certificate = certificate;
    this.key = key;
    this.leafKeys = leafKeys;
    this.leafPem = pem(leafKeys.privateKey);
    this.issuer = new x509.X509Certificate(certificate);
  }

  static exists(folder: string): boolean {
    return existsSync(keyPath(folder)) && existsSync(certificatePath(folder));
  }

  /** The one of this folder; created where there is none. */
  static async open(folder: string): Promise<Authority> {
    x509.cryptoProvider.set(webcrypto);
    if (!Authority.exists(folder)) await create(folder);
    const key = createPrivateKey(readFileSync(keyPath(folder), 'utf8'));
    const der = key.export({ format: 'der', type: 'pkcs8' });
    const signing = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    return new Authority(readFileSync(certificatePath(folder), 'utf8'), signing, await newKeys());
  }

  /** Everything a TLS server of that name needs. */
  contextFor(name: string): Promise<SecureContext> {
    let context = this.leaves.get(name);
    if (context === undefined) {
      if (this.leaves.size >= keptLeaves) this.leaves.clear();
      context = this.mint(name);
      this.leaves.set(name, context);
    }
    return context;
  }

  /** SHA-256 of the public key, as Chromium's option takes it: certificates with that key in their chain are believed. */
  get keyHash(): string {
    return createHash('sha256').update(new Uint8Array(this.issuer.publicKey.rawData)).digest('base64');
  }

  /** The certificate's fingerprint and dates. */
  async description(): Promise<string[]> {
    const { subject, notAfter } = this.issuer;
    const print = Buffer.from(await this.issuer.getThumbprint('SHA-256'))
      .toString('hex')
      .toUpperCase();
    return [subject, `valid until ${notAfter.toISOString().slice(0, 10)}`, `SHA-256 ${print.match(/../g)!.join(':')}`];
  }

  private async mint(name: string): Promise<SecureContext> {
    const now = Date.now();
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: randomBytes(16)
        .toString('hex')
        .replace(/^[89a-f]/, '7'),
      // A common name has 64 characters at most; the name that counts is the alternative one.
      subject: [{ CN: [name.slice(0, 64)] }],
      issuer: this.issuer.subject,
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + leafDays * dayMs),
      signingAlgorithm: algorithm,
      publicKey: this.leafKeys.publicKey,
      signingKey: this.key,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }]),
        await x509.AuthorityKeyIdentifierExtension.create(this.issuer),
      ],
    });
    return createSecureContext({ key: this.leafPem, cert: `${leaf.toString('pem')}\n${this.certificate}` });
  }
}

/** Removes key and certificate. @returns whether there were any */
export function removeAuthority(folder: string): boolean {
  const there = Authority.exists(folder);
  for (const path of [keyPath(folder), certificatePath(folder), bundlePath(folder)]) rmSync(path, { force: true });
  return there;
}

export function certificatePath(folder: string): string {
  return join(folder, 'ca.pem');
}

/** All that is trusted in general, and this authority: for programs that take one file for all. */
export function writeBundle(folder: string): string {
  const path = bundlePath(folder);
  const system = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
  const found = system.find((file) => existsSync(file));
  const trusted = found === undefined ? rootCertificates.join('\n') : readFileSync(found, 'utf8');
  writeFileSync(path, `${trusted.trimEnd()}\n${readFileSync(certificatePath(folder), 'utf8')}`);
  return path;
}

function keyPath(folder: string): string {
  return join(folder, 'ca.key');
}

function bundlePath(folder: string): string {
  return join(folder, 'bundle.pem');
}

async function create(folder: string): Promise<void> {
  const keys = await newKeys();
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16)
      .toString('hex')
      .replace(/^[89a-f]/, '7'),
    name: authorityName,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + authorityDays * dayMs),
    signingAlgorithm: algorithm,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  writeFileSync(keyPath(folder), pem(keys.privateKey), { mode: 0o600 });
  writeFileSync(certificatePath(folder), certificate.toString('pem') + '\n');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function pem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ format: 'pem', type: 'pkcs8' }).toString();
}
