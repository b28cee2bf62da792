/**
 * The secrets of TLS sessions, from key logs and from pcapng's secrets blocks, found by client random. Secrets may come
 * after the packets they open: who waits for one is told when it arrives.
 */

import { KnownContent } from './known-content.ts';

/** What is known of one session; secrets in hex. */
export class SessionSecrets {
  /** TLS 1.2 and before. */
  master = '';
  premaster = '';
  /** TLS 1.3 traffic secrets. */
  early = '';
  clientHandshake = '';
  serverHandshake = '';
  client = '';
  server = '';
  /** Encrypted ClientHello: HPKE's shared secret, and the ECHConfig it was made for. */
  hello = '';
  helloConfig = '';
  /** Where a line for this session stands that cannot be read: `keys.log line 12`. */
  malformed = '';
  /** It came from a key log that nobody named, but the environment did. */
  fromEnvironment = false;
  /** A connection was opened with it. */
  used = false;

  /** Whether it has anything that opens records. */
  get opensRecords(): boolean {
    return [this.master, this.premaster, this.early, this.clientHandshake, this.client, this.server].some(Boolean);
  }
}

/** What a key log has a line for. */
export type SecretKind = Exclude<keyof SessionSecrets, 'fromEnvironment' | 'used' | 'opensRecords'>;

/** What a session carries, by side. */
export type SessionContent = readonly [client: KnownContent, server: KnownContent];

/** Told that more is known of the session it waits for. */
export interface SecretWaiter {
  secretsAdded(): void;
}

/** Sessions kept; the oldest goes first. A key log of this many lines is 200 MB. */
const sessionLimit = 1_000_000;
/** Earlier sessions that may be resumed. */
const resumableLimit = 20_000;

export class Secrets {
  /** Whether more may come while packets are read: if not, nothing needs to be kept for them. */
  awaited = true;
  /** Connections opened by secrets out of the environment's key log. */
  openedFromEnvironment = 0;
  /** Sessions that may still be tried where nothing names the right one. */
  guesses = 30_000;
  private readonly sessions = new Map<string, SessionSecrets>();
  /** Premaster secrets by the first eight bytes of their encrypted form. */
  private readonly encryptedPremasters = new Map<string, string>();
  /** Master secrets by session id or ticket. */
  private readonly resumable = new Map<string, string>();
  /** Master secrets by session id, as a key log has them: of the session's beginning, too. */
  private readonly named = new Map<string, string>();
  private readonly waiting = new Map<string, Set<SecretWaiter>>();
  private readonly contents = new Map<string, SessionContent>();

  get size(): number {
    return this.sessions.size;
  }

  /** @param random the client random, lower-case hex */
  find(random: string): SessionSecrets | undefined {
    return this.sessions.get(random);
  }

  /** By client random. */
  get all(): Iterable<readonly [string, SessionSecrets]> {
    return this.sessions;
  }

  add(random: string, kind: SecretKind, value: string, fromEnvironment = false): void {
    let session = this.sessions.get(random);
    if (session === undefined) {
      if (this.sessions.size >= sessionLimit) forgetOldest(this.sessions);
      session = new SessionSecrets();
      session.fromEnvironment = fromEnvironment;
      this.sessions.set(random, session);
    }
    // Of several lines that cannot be read the first is named.
    if (kind !== 'malformed' || session.malformed === '') session[kind] = value;
    const waiters = this.waiting.get(random);
    if (waiters !== undefined) for (const waiter of waiters) waiter.secretsAdded();
  }

  addEncryptedPremaster(beginning: string, premaster: string): void {
    if (this.encryptedPremasters.size >= sessionLimit) forgetOldest(this.encryptedPremasters);
    this.encryptedPremasters.set(beginning, premaster);
    for (const waiters of this.waiting.values()) for (const waiter of waiters) waiter.secretsAdded();
  }

  premasterOf(beginning: string): string | undefined {
    return this.encryptedPremasters.get(beginning);
  }

  /** @param name a session id or a ticket, in hex */
  addResumable(name: string, master: string): void {
    if (this.resumable.size >= resumableLimit && !this.resumable.has(name)) forgetOldest(this.resumable);
    this.resumable.set(name, master);
  }

  resumableMaster(name: string): string | undefined {
    return this.resumable.get(name);
  }

  addNamed(sessionId: string, master: string): void {
    if (this.named.size >= resumableLimit) forgetOldest(this.named);
    this.named.set(sessionId, master);
    this.addResumable(sessionId, master);
  }

  namedMaster(sessionId: string): string | undefined {
    return this.named.get(sessionId);
  }

  /** What the session carries will be told there. The records of the client are told one by one. */
  knowContent(random: string): SessionContent {
    const content: SessionContent = [new KnownContent(true), new KnownContent(false)];
    this.contents.set(random, content);
    return content;
  }

  contentOf(random: string): SessionContent | undefined {
    return this.contents.get(random);
  }

  /** The session is over, and will not be asked for again. */
  drop(random: string): void {
    this.contents.delete(random);
    this.sessions.delete(random);
  }

  await(random: string, waiter: SecretWaiter): void {
    const waiters = this.waiting.get(random);
    if (waiters === undefined) this.waiting.set(random, new Set([waiter]));
    else waiters.add(waiter);
  }

  forget(random: string, waiter: SecretWaiter): void {
    const waiters = this.waiting.get(random);
    if (waiters === undefined) return;
    waiters.delete(waiter);
    if (waiters.size === 0) this.waiting.delete(random);
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
