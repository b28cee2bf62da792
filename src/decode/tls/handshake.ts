/**
 * What one handshake agreed on, and the keys that follow from it and the key log. A connection has one; with renegotiation
 * (TLS 1.2), several, one after the other.
 */
import { createHash } from 'node:crypto';
import type { Secrets, SessionContent, SessionSecrets } from '../../core/secrets.ts';
import { client, type Side } from '../../core/side.ts';
import { cipherSuite, type CipherSuite } from './cipher-suite.ts';
import type { ClientHello } from './client-hello.ts';
import { keyBlock, masterLength, prf, trafficKeys, type KeyBlock } from './key-derivation.ts';
import { Version } from './numbers.ts';
import { protection12, protection13, type RecordProtection } from './record-protection.ts';
import type { ServerHello } from './server-hello.ts';

/** The keys of TLS 1.3 follow one another (RFC 8446 7.1). */
export const Epoch = { early: 0, handshake: 1, application: 2 } as const;
export type Epoch = (typeof Epoch)[keyof typeof Epoch];

/** Bytes of handshake messages kept for a session hash. */
const transcriptLimit = 128 * 1024;
/** Drafts before this one derived keys with other labels (RFC 8446 7.1). */
const firstDraftWithLabels = 0x7f14;

export class Handshake {
  readonly hello: ClientHello;
  /** What the hello held in secret. */
  inner: ClientHello | null = null;
  server: ServerHello | null = null;
  suite: CipherSuite | undefined = undefined;
  /** The server asked for another ClientHello: this is TLS 1.3. */
  retried = false;
  /** The client has sent that other ClientHello. */
  repeated = false;
  resumed = false;
  private readonly secrets: Secrets;
  private block: KeyBlock | null = null;
  /** Messages up to ClientKeyExchange: premaster secrets need them (RFC 7627 4). */
  private transcript: Uint8Array[] = [];
  private transcriptLength = 0;
  private sessionHash: Buffer | null = null;
  private encryptedPremaster = '';

  constructor(hello: ClientHello, secrets: Secrets) {
    this.hello = hello;
    this.secrets = secrets;
  }

  /** Bytes of messages that are kept. */
  get held(): number {
    return this.transcript.length === 0 ? 0 : this.transcriptLength;
  }

  get is13(): boolean {
    return this.retried || (this.server !== null && this.server.version >= Version.tls13);
  }

  /** The client random that secrets stand under: of the encrypted hello, unless the server refused that (RFC 9849). */
  get sessionName(): string {
    const { hello, inner } = this;
    return inner === null || this.secrets.find(hello.random)?.opensRecords === true ? hello.random : inner.random;
  }

  get sessionSecrets(): SessionSecrets | undefined {
    return this.secrets.find(this.sessionName);
  }

  get content(): SessionContent | undefined {
    return this.secrets.contentOf(this.hello.random);
  }

  answer(server: ServerHello): void {
    this.suite = cipherSuite(server.cipher);
    if (server.isRetry) this.retried = true;
    else this.server = server;
    if (this.is13) {
      this.transcript = [];
      this.resumed = server.preSharedKey;
    } else this.resumed = server.sessionId !== '' && server.sessionId === this.hello.sessionId;
  }

  /** Why no keys can be made for it, whatever the key log holds; undefined where they can. */
  get unsupported(): string | undefined {
    const { server } = this;
    if (server === null) return undefined;
    const { version } = server;
    const known = version >= Version.tls10 && version <= Version.tls13;
    const draft = version >>> 8 === 0x7f && version >= firstDraftWithLabels;
    if (!known && !draft) return 'version';
    if (server.compressed) return 'compression';
    return this.suite === undefined ? 'cipher' : undefined;
  }

  // --- TLS 1.3 ---------------------------------------------------------------------------------------------------------

  /** @returns null where the key log does not have it */
  trafficSecret(side: Side, epoch: Epoch): Buffer | null {
    const session = this.sessionSecrets;
    if (session === undefined) return null;
    const secret =
      epoch === Epoch.early
        ? session.early
        : side === client
          ? epoch === Epoch.handshake
            ? session.clientHandshake
            : session.client
          : epoch === Epoch.handshake
            ? session.serverHandshake
            : session.server;
    return secret === '' ? null : Buffer.from(secret, 'hex');
  }

  /** Length of its traffic secrets. */
  get hashLength(): number {
    return this.suite?.hash === 'sha384' ? 48 : 32;
  }

  protection13(secret: Buffer): RecordProtection | null {
    if (this.unsupported !== undefined || this.suite === undefined) return null;
    return protection13(this.suite, trafficKeys(this.suite, secret));
  }

  // --- TLS 1.0 to 1.2 --------------------------------------------------------------------------------------------------

  /** @returns null where no secret is known */
  protection12(side: Side): RecordProtection | null {
    const { server, suite } = this;
    if (server === null || suite === undefined || this.unsupported !== undefined) return null;
    if (this.block === null) {
      const master = this.master();
      if (master === null) return null;
      const randoms = [this.hello.random, server.random].map((random) => Buffer.from(random, 'hex'));
      this.block = keyBlock(server.version, suite, master, randoms[0]!, randoms[1]!);
      this.transcript = [];
      if (server.sessionId !== '') this.secrets.addResumable(server.sessionId, master.toString('hex'));
    }
    return protection12(server.version, suite, this.block, side, server.encryptThenMac && suite.kind === 'cbc');
  }

  /** A ticket that stands for this session later (RFC 5077). */
  remember(ticket: string): void {
    const master = this.master();
    if (ticket !== '' && master !== null) this.secrets.addResumable(ticket, master.toString('hex'));
  }

  /** Takes a message, its header with it, into the session hash; the last is ClientKeyExchange. */
  record(data: Uint8Array, start: number, end: number): void {
    if (this.sessionHash !== null || this.is13 || this.transcriptLength + end - start > transcriptLimit) return;
    this.transcriptLength += end - start;
    this.transcript.push(Uint8Array.from(data.subarray(start, end)));
  }

  keyExchanged(encryptedPremaster: string): void {
    this.encryptedPremaster = encryptedPremaster;
    if (this.sessionHash !== null || this.server === null || this.suite === undefined) return;
    const messages = Buffer.concat(this.transcript);
    this.transcript = [];
    const digest = (hash: string): Buffer => createHash(hash).update(messages).digest();
    this.sessionHash =
      this.server.version >= Version.tls12 ? digest(this.suite.hash) : Buffer.concat([digest('md5'), digest('sha1')]);
  }

  private master(): Buffer | null {
    const session = this.sessionSecrets;
    const { hello, server } = this;
    if (session !== undefined && session.master !== '') return Buffer.from(session.master, 'hex');
    const premaster = session?.premaster || this.secrets.premasterOf(this.encryptedPremaster);
    if (premaster) return this.masterOf(Buffer.from(premaster, 'hex'));
    if (server === null) return null;
    const master = this.resumed
      ? ((hello.ticket === '' ? undefined : this.secrets.resumableMaster(hello.ticket)) ??
        this.secrets.resumableMaster(server.sessionId))
      : this.secrets.namedMaster(server.sessionId);
    return master === undefined ? null : Buffer.from(master, 'hex');
  }

  /** RFC 5246 8.1, RFC 7627 4. */
  private masterOf(premaster: Buffer): Buffer | null {
    const { hello, server, suite } = this;
    if (server === null || suite === undefined) return null;
    if (!server.extendedMasterSecret) {
      const seed = Buffer.from(hello.random + server.random, 'hex');
      return prf(server.version, suite.hash, premaster, 'master secret', seed, masterLength);
    }
    if (this.sessionHash === null) return null;
    return prf(server.version, suite.hash, premaster, 'extended master secret', this.sessionHash, masterLength);
  }
}
