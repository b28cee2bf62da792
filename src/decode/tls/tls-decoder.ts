/**
 * One TLS connection (RFC 8446, RFC 5246): records of both sides in, plaintext to another StreamSink, and an account of why
 * where there is none.
 *
 * A record is either in clear, or under keys that the handshake and the key log give. While a piece is missing that may
 * still come (a hello that was captured late, a secret that is not in the key log yet), records wait, in order. The
 * sequence number, which no record shows, is counted; after missing bytes it is found again by trying.
 */
import { ConnectionFlag, type ConnectionTable } from '../../core/connection-table.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KeptMoment, type Moment } from '../../core/moment.ts';
import type { SecretWaiter, Secrets } from '../../core/secrets.ts';
import { client, server, sideName, type Side } from '../../core/side.ts';
import { EndOfStream, type DiagnosticSink, type StreamSink } from '../../core/sinks.ts';
import type { TlsFacts } from '../../core/tls.ts';
import { parseCertificates, parseCompressedCertificates, type CertificateSummary } from './certificate.ts';
import { cipherSuiteName } from './cipher-suite-names.ts';
import { openHello } from './encrypted-hello.ts';
import { parseClientHello } from './client-hello.ts';
import { FactBook } from './fact-book.ts';
import { gcmEngine } from './gcm-engine.ts';
import { Half } from './half.ts';
import { Epoch, Handshake } from './handshake.ts';
import { messageHeaderLength, type HandshakeSink } from './handshake-reader.ts';
import { HeldRecords, type HeldTotal } from './held-records.ts';
import { nextTrafficSecret } from './key-derivation.ts';
import { alertName, ContentType, HandshakeType, headerLength, Version, versionName } from './numbers.ts';
import type { RecordReaderSink } from './record-reader.ts';
import type { RecordProtection } from './record-protection.ts';
import type { ScratchPool } from './scratch-pool.ts';
import { mostSessions, unknownHello, withoutClient, withoutServer } from './session-search.ts';
import { SequenceSearch } from './sequence-search.ts';
import { parseEncryptedExtensions, parseServerHello } from './server-hello.ts';

/** What all TLS connections of a run share. */
export interface TlsShared {
  readonly connections: ConnectionTable;
  readonly moment: Moment;
  readonly diagnostics: DiagnosticSink;
  readonly secrets: Secrets;
  readonly pool: ScratchPool;
  readonly held: HeldTotal;
}

/** What an open connection costs beside the bytes it holds. */
const connectionOverhead = 3072;
/** Bytes that a byte of a hello takes as lists of numbers and hex: the first one is kept, and the last. */
const helloFactor = 8;
/** The shortest content that is taken as known: no other message in encrypted records of that type is as long. */
const leastKnown = 4096;
/** Records in a row that fail before a side is given up. */
const failureLimit = 64;

/** Records on which what a missing hello said is tried to be found. */
const recoveryTries = 4;

export class TlsDecoder implements StreamSink, RecordReaderSink, HandshakeSink, SecretWaiter {
  private readonly slot: number;
  private readonly shared: TlsShared;
  private readonly out: StreamSink;
  private readonly client: Half;
  private readonly server: Half;
  private readonly book: FactBook = new FactBook();
  private readonly search: SequenceSearch = new SequenceSearch();
  private readonly held: HeldRecords;
  private handshake: Handshake | null = null;
  /** The client randoms whose secrets are waited for. */
  private awaiting: string[] = [];
  /** Nothing is waited for any more. */
  private impatient = false;
  private draining = false;
  /** Something was learned that held records may have waited for. */
  private learned = false;
  /** Left to find what a hello said that was not captured; none where both were. */
  private recoveries = recoveryTries;
  /** A ClientHello that holds another, until that is opened. */
  private sealedMessage: Uint8Array | null = null;
  /** Content went out. */
  private revealed = false;
  private reason: string | undefined = undefined;
  /** What this connection counts in the budget, records aside; of it, what its hello takes. */
  private cost = connectionOverhead;
  private helloCost = 0;

  /** @param out takes the plaintext */
  constructor(slot: number, shared: TlsShared, out: StreamSink) {
    this.slot = slot;
    this.shared = shared;
    this.out = out;
    this.client = new Half(client, this, shared.pool);
    this.server = new Half(server, this, shared.pool);
    this.held = new HeldRecords(shared.held);
    shared.held.budget.used += this.cost;
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    this.half(side).reader.bytes(data, start, end);
  }

  gap(side: Side, length: number): void {
    const half = this.half(side);
    if (half.gapAt < 0) half.gapAt = half.reader.offset;
    half.reader.gap(length);
    this.drain();
  }

  end(side: Side, how: EndOfStream): void {
    const half = this.half(side);
    if (half.ended) return;
    half.ended = true;
    half.reader.end();
    const { missing } = half.reader;
    if (missing > 0 && this.revealed && this.held.isEmpty) this.out.gap(side, missing);
    if (this.held.isEmpty) this.finish(half, how);
    else {
      this.held.push(side, null, 0, 0, null, how, this.shared.moment);
      half.held++;
      this.drain();
    }
  }

  /** The connection is over, and with it all waiting. */
  close(): void {
    this.stopWaiting();
    this.shared.held.budget.used -= this.cost;
  }

  /** What is known of the connection now. */
  get facts(): TlsFacts {
    this.openHello();
    const { client, server } = this;
    const decrypted = client.opened + server.opened > 0;
    const reason = this.reason ?? (decrypted ? undefined : this.whyNothing());
    return this.book.facts(decrypted, reason, {
      records: { client: client.records, server: server.records },
      recordBytes: { client: client.recordBytes, server: server.recordBytes },
    });
  }

  /** The protocol agreed on, as far as it is known. */
  get alpn(): string | undefined {
    return this.book.alpn;
  }

  secretsAdded(): void {
    this.openHello();
    if (!this.held.isEmpty) this.awaitSecrets();
    this.drain();
  }

  // --- records ---------------------------------------------------------------------------------------------------------

  record(side: Side, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): void {
    const half = this.half(side);
    const waits = !this.held.isEmpty && (half.held > 0 || this.isProtected(half, data[start]!));
    if (waits || !this.take(half, data, start, end, holes)) this.hold(half, data, start, end, holes);
    if (this.learned || (!this.held.isEmpty && !this.mayWait())) this.drain();
  }

  lost(side: Side): void {
    const half = this.half(side);
    half.messages.reset();
    if (half.gapAt < 0) half.gapAt = half.reader.offset;
  }

  notRecord(side: Side): void {
    const half = this.half(side);
    this.report('tls.bad-record', half);
    half.messages.reset();
    if (half.gapAt < 0) half.gapAt = half.reader.offset;
  }

  resumes(side: Side, data: Uint8Array, start: number, end: number, missing: number, chained: boolean): boolean {
    const half = this.half(side);
    if (half.held > 0 || (!this.held.isEmpty && this.isProtected(half, data[start]!))) {
      if (chained) {
        this.held.push(side, null, 0, 0, [missing], EndOfStream.captureEnd, this.shared.moment);
        half.held++;
      }
      return chained;
    }
    return this.findAgain(half, data, start, end, missing) || (chained && !this.hasKeys(half));
  }

  /** @returns false where the record has to wait */
  private take(half: Half, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): boolean {
    if (!this.isProtected(half, data[start]!)) {
      this.takeClear(half, data, start, end, holes);
      return true;
    }
    if (half.shut) {
      this.leaveClosed(half, data[start]!, end - start);
      return true;
    }
    if (this.recoveries > 0 && holes === null) this.recover(half, data, start, end);
    if (half.changed) return this.takeOld(half, data, start, end, holes);
    if (this.handshake !== null && this.handshake.is13) return this.take13(half, data, start, end, holes);
    if (this.mayWait()) return false;
    if (data[start] === ContentType.changeCipherSpec) half.change(this.handshake);
    else this.leaveClosed(half, data[start]!, end - start);
    return true;
  }

  /** Until both hellos are known, whatever may be encrypted counts as such. */
  private isProtected(half: Half, type: number): boolean {
    const { handshake } = this;
    if (half.changed) return true;
    if (type === ContentType.applicationData) return true;
    if (handshake === null) return half.side === server && this.helloMayCome();
    if (handshake.is13) return false;
    return handshake.server === null && half.side === client && type === ContentType.changeCipherSpec;
  }

  private takeClear(half: Half, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): void {
    const from = start + headerLength;
    switch (data[start]) {
      case ContentType.handshake:
        if (holes === null) half.messages.push(data, from, end);
        else half.messages.reset();
        this.recount();
        break;
      case ContentType.alert:
        if (holes === null) this.alert(half, data, from, end);
        break;
      case ContentType.changeCipherSpec:
        if (this.handshake === null || !this.handshake.is13) half.change(this.handshake);
        break;
      default:
    }
  }

  /** One of the hellos is missing and will not come: whose keys open this record? */
  private recover(half: Half, data: Uint8Array, start: number, end: number): void {
    const { handshake } = this;
    if (handshake === null || half.opened > 0 || this.mayWait()) return;
    const { hello, server: answer } = handshake;
    const hidden = hello.encryptedHello && handshake.sessionSecrets?.opensRecords !== true;
    if (hello !== unknownHello && answer !== null && !hidden) {
      this.recoveries = 0;
      return;
    }
    if (handshake.unsupported !== undefined || data[start] === ContentType.changeCipherSpec) return;
    const { secrets } = this.shared;
    this.recoveries--;
    const found =
      answer === null
        ? withoutServer(hello, secrets, half, data, start, end)
        : withoutClient(hello, answer, secrets, half, data, start, end);
    if (found === null) return;
    this.recoveries = 0;
    this.handshake = found;
    if (answer === null) this.book.serverHello(found.server!);
    this.reason = undefined;
    for (const each of [this.client, this.server]) {
      if (each.inForce === handshake) each.inForce = found;
      // What looked like a change of keys was there for middleboxes (RFC 8446 D.4).
      if (found.is13) each.changed = false;
    }
  }

  // --- TLS 1.3 ---------------------------------------------------------------------------------------------------------

  private take13(half: Half, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): boolean {
    const keys = half.protection;
    if (holes !== null) return this.takeDamaged(half, keys, data, start, end, holes);
    if (keys !== null) {
      if (half.content !== null && this.takeKnown(half, keys, data, start, end)) return true;
      if (keys.open(half.sequence, data, start, end)) {
        half.sequence++;
        this.opened(half, keys);
        return true;
      }
    }
    return this.tryEpochs(half, data, start, end);
  }

  /** What these keys do not open may be of a later epoch, whose beginning was not seen. */
  private tryEpochs(half: Half, data: Uint8Array, start: number, end: number): boolean {
    // Early data that a HelloRetryRequest refused, unless the client has answered that: then the ServerHello is late.
    if (this.handshake!.server === null) {
      if (this.handshake!.repeated && this.mayWait()) return false;
      this.leaveClosed(half, data[start]!, end - start);
      return true;
    }
    let missing = false;
    let tried = half.protection !== null;
    for (let epoch: number = tried ? half.epoch + 1 : half.epoch; epoch <= Epoch.application; epoch++) {
      const secret = this.handshake!.trafficSecret(half.side, epoch as Epoch);
      const keys = secret === null ? null : this.handshake!.protection13(secret);
      if (keys === null) missing = true;
      else {
        tried = true;
        if (keys.open(0, data, start, end)) {
          half.enter(epoch as Epoch, secret, keys, 1);
          this.opened(half, keys);
          return true;
        }
      }
    }
    if (!tried && this.mayWait()) return false;
    if (half.protection !== null || half.epoch === Epoch.application) half.sequence++;
    if (tried && !missing) this.fail(half, data, start, end);
    else this.leaveClosed(half, data[start]!, end - start);
    return true;
  }

  private enter(half: Half, epoch: Epoch): void {
    const secret = this.handshake!.trafficSecret(half.side, epoch);
    half.enter(epoch, secret, secret === null ? null : this.handshake!.protection13(secret), 0);
  }

  /** RFC 8446 4.6.3. */
  private updateKeys(half: Half): void {
    const { handshake } = this;
    if (half.secret === null || half.epoch !== Epoch.application || handshake?.suite === undefined) return;
    const secret = nextTrafficSecret(handshake.suite, half.secret);
    half.enter(Epoch.application, secret, handshake.protection13(secret), 0);
  }

  // --- TLS 1.2 and before ----------------------------------------------------------------------------------------------

  private takeOld(half: Half, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): boolean {
    const keys = (half.protection ??= half.inForce?.protection12(half.side) ?? null);
    if (keys === null) {
      if (this.mayWait()) return false;
      half.sequence++;
      this.leaveClosed(half, data[start]!, end - start);
      return true;
    }
    if (holes !== null) return this.takeDamaged(half, keys, data, start, end, holes);
    if (half.content !== null && this.takeKnown(half, keys, data, start, end)) return true;
    if (keys.open(half.sequence, data, start, end)) {
      half.sequence++;
      this.opened(half, keys);
    } else {
      half.sequence++;
      keys.passOver(data, start, end);
      this.fail(half, data, start, end);
    }
    return true;
  }

  // --- what was opened, and what was not -------------------------------------------------------------------------------

  /** A long record whose content is known already: opening it would tell nothing new. */
  private takeKnown(half: Half, keys: RecordProtection, data: Uint8Array, start: number, end: number): boolean {
    const content = half.content!;
    let left = end - start - headerLength - keys.leastOverhead;
    const isContent = data[start] === ContentType.applicationData && keys.exactOverhead && left >= leastKnown;
    if (!isContent || half.closed || !content.has(left)) return false;
    half.sequence++;
    half.opened++;
    half.failedInRow = 0;
    half.records++;
    half.recordBytes += left;
    while (left > 0) {
      const { data: piece, start: from } = content;
      const to = Math.min(content.end, from + left);
      content.skip(to - from);
      left -= to - from;
      this.pass(half.side, piece, from, to);
    }
    return true;
  }

  private opened(half: Half, keys: RecordProtection): void {
    const { plain, plainStart, plainEnd } = keys;
    half.opened++;
    half.failedInRow = 0;
    switch (keys.type) {
      case ContentType.applicationData:
        if (half.records === 0) half.content = this.handshake?.content?.[half.side] ?? null;
        half.content?.skip(plainEnd - plainStart);
        half.records++;
        half.recordBytes += plainEnd - plainStart;
        if (plainEnd > plainStart && !half.closed) {
          this.reveal();
          this.pass(half.side, plain, plainStart, plainEnd);
        }
        break;
      case ContentType.handshake:
        half.messages.push(plain, plainStart, plainEnd);
        this.recount();
        break;
      case ContentType.alert:
        this.alert(half, plain, plainStart, plainEnd);
        break;
      case ContentType.changeCipherSpec:
        if (half.changed) half.change(this.handshake);
        break;
      default:
    }
  }

  /** TLS inside of this TLS is opened elsewhere: what was opened here is still being read. */
  private pass(side: Side, plain: Uint8Array, start: number, end: number): void {
    const engine = gcmEngine();
    const was = engine !== null && engine.busy;
    if (engine !== null) engine.busy = true;
    this.out.bytes(side, plain, start, end);
    if (engine !== null) engine.busy = was;
  }

  private reveal(): void {
    if (this.revealed) return;
    this.revealed = true;
    this.shared.connections.flags[this.slot]! |= ConnectionFlag.secure;
    const session = this.handshake?.sessionSecrets;
    if (session === undefined) return;
    session.used = true;
    if (session.fromEnvironment) this.shared.secrets.openedFromEnvironment++;
  }

  /** A record with bytes missing. Its sequence number is known, so what is there can be read, though nothing vouches for it. */
  private takeDamaged(
    half: Half,
    keys: RecordProtection | null,
    data: Uint8Array,
    start: number,
    end: number,
    holes: readonly number[],
  ): boolean {
    const tailMissing = holes[holes.length - 1] === end - start;
    if (keys === null || half.opened === 0 || !keys.peek(half.sequence, data, start, end, tailMissing)) {
      half.sequence++;
      keys?.passOver(data, start, end);
      this.leaveClosed(half, data[start]!, end - start);
      return true;
    }
    half.sequence++;
    if (keys.type === ContentType.applicationData) this.revealPieces(half, keys, holes);
    else half.messages.reset();
    return true;
  }

  private revealPieces(half: Half, keys: RecordProtection, holes: readonly number[]): void {
    const { plain, plainStart, blockLength } = keys;
    const length = keys.plainEnd - plainStart;
    half.records++;
    half.recordBytes += length;
    if (half.closed) return;
    this.reveal();
    if (!half.ended) this.report('tls.damaged-record', half);
    let at = 0;
    for (let i = 0; i < holes.length; i += 2) {
      const first = Math.max(at, holes[i]! - keys.contentAt);
      const from = Math.min(length, first - (first % blockLength));
      const behind = Math.max(0, holes[i + 1]! - keys.contentAt);
      const to = blockLength === 1 ? behind : Math.ceil(behind / blockLength) * blockLength + blockLength;
      if (from > at) this.out.bytes(half.side, plain, plainStart + at, plainStart + from);
      at = Math.min(length, Math.max(from, to));
      // What the end of the capture cut off is not missing in between.
      if (at > from && !(half.ended && at === length)) this.out.gap(half.side, at - from);
    }
    if (at < length) this.out.bytes(half.side, plain, plainStart + at, plainStart + length);
  }

  private fail(half: Half, data: Uint8Array, start: number, end: number): void {
    half.failed++;
    half.failedInRow++;
    if (half.failedInRow >= failureLimit) half.shut = true;
    const wrong = this.client.opened + this.server.opened === 0;
    this.reason ??= wrong
      ? 'MAC failed: the secret in the key log is not of this session'
      : `MAC failed: a damaged record before byte ${half.reader.offset} of the ${sideName(half.side)}`;
    if (half.failed === 1) this.report('tls.mac-failed', half, this.reason);
    this.leaveClosed(half, data[start]!, end - start);
  }

  /** A record stays closed. */
  private leaveClosed(half: Half, type: number, length: number): void {
    const overhead = half.protection?.leastOverhead ?? 17;
    const content = Math.max(0, length - headerLength - overhead);
    const is13 = !half.changed;
    this.reason ??= this.whyClosed(half);
    if (type !== ContentType.applicationData) return;
    half.records++;
    half.recordBytes += length - headerLength;
    this.book.turns.record(half.side, content);
    if (this.revealed && !half.closed && content > 0 && (!is13 || half.epoch === Epoch.application)) {
      this.out.gap(half.side, content);
    }
  }

  // --- missing bytes ---------------------------------------------------------------------------------------------------

  private hasKeys(half: Half): boolean {
    const { handshake } = this;
    if (half.shut || handshake === null) return false;
    if (half.changed) return (half.protection ??= half.inForce?.protection12(half.side) ?? null) !== null;
    return handshake.is13 && (half.protection !== null || handshake.trafficSecret(half.side, half.epoch) !== null);
  }

  /** Finds the sequence number of a record that comes after missing bytes, and tells how much content is missing. */
  private findAgain(half: Half, data: Uint8Array, start: number, end: number, missing: number): boolean {
    const { handshake, search } = this;
    if (half.shut || handshake === null) return false;
    if (data[start] !== ContentType.applicationData && !half.changed && handshake.is13) return false;
    const { epoch } = half;
    const found = handshake.is13
      ? search.find13(half, handshake, data, start, end, missing)
      : search.findOld(half, handshake, data, start, end, missing);
    if (!found) return false;
    const { protection } = half;
    const perRecord =
      headerLength + protection!.leastOverhead + (protection!.exactOverhead ? 0 : protection!.blockLength >> 1);
    const content = missing - search.lost * perRecord;
    const wasContent = half.changed || epoch === Epoch.application;
    if (wasContent && content > 0 && this.revealed && !half.closed) this.out.gap(half.side, content);
    if (search.lost === 0) return true;
    this.report(
      'tls.records-lost',
      half,
      `${search.lost} records are missing; the one after them is number ${half.sequence}`,
    );
    return true;
  }

  // --- waiting ---------------------------------------------------------------------------------------------------------

  private helloMayCome(): boolean {
    return !this.impatient && this.client.reader.records === 0 && this.client.gapAt < 0 && !this.client.ended;
  }

  /** Whether what is missing to open a record may still come. */
  private mayWait(): boolean {
    const { handshake } = this;
    if (this.impatient) return false;
    if (handshake === null) return this.helloMayCome();
    if (handshake.server === null) return this.server.gapAt < 0 && !this.server.ended;
    return this.shared.secrets.awaited && handshake.hello.random !== '' && handshake.unsupported === undefined;
  }

  private hold(half: Half, data: Uint8Array, start: number, end: number, holes: readonly number[] | null): void {
    const { moment } = this.shared;
    this.awaitSecrets();
    this.held.push(half.side, data, start, end, holes, EndOfStream.captureEnd, moment);
    half.held++;
    if (!this.held.isFull) return;
    this.report('tls.held-limit', half);
    this.stopWaiting();
  }

  /** Secrets stand under the random of the hello, or of the one inside it. */
  private awaitSecrets(): void {
    const { handshake } = this;
    const randoms = handshake === null ? [] : [handshake.hello.random, handshake.inner?.random ?? ''];
    for (const [n, random] of randoms.entries()) {
      const was = this.awaiting[n] ?? '';
      if (random === was) continue;
      if (was !== '') this.shared.secrets.forget(was, this);
      if (random !== '') this.shared.secrets.await(random, this);
      this.awaiting[n] = random;
    }
  }

  private stopWaiting(): void {
    this.impatient = true;
    this.drain();
    for (const random of this.awaiting) if (random !== '') this.shared.secrets.forget(random, this);
    this.awaiting = [];
  }

  /** Takes held records, in the moments they came in, as far as they can be opened now. */
  private drain(): void {
    this.learned = false;
    if (this.draining || this.held.isEmpty) return;
    this.draining = true;
    const { moment } = this.shared;
    const now = new KeptMoment(moment);
    while (!this.held.isEmpty) {
      const { side, data, holes, how, at } = this.held.head;
      const half = this.half(side);
      at.restore(moment);
      if (data !== null) {
        if (!this.takeHeld(half, data, holes)) break;
      } else if (holes !== null) half.missing = holes[0]!;
      else this.finish(half, how);
      this.held.shift();
      half.held--;
    }
    now.restore(moment);
    this.draining = false;
  }

  private takeHeld(half: Half, data: Uint8Array, holes: readonly number[] | null): boolean {
    if (half.missing >= 0 && holes === null && this.isProtected(half, data[0]!)) {
      if (!this.findAgain(half, data, 0, data.length, half.missing) && !this.hasKeys(half) && this.mayWait())
        return false;
      half.missing = -1;
    }
    return this.take(half, data, 0, data.length, holes);
  }

  // --- ends ------------------------------------------------------------------------------------------------------------

  private finish(half: Half, how: EndOfStream): void {
    if (half.closed) return;
    // Where the other side has closed, nobody waits for more.
    const other = half.side === client ? this.server : this.client;
    if (how === EndOfStream.fin && this.revealed && !other.closed) this.report('tls.no-close-notify', half);
    half.closed = true;
    this.out.end(half.side, how);
  }

  private alert(half: Half, data: Uint8Array, start: number, end: number): void {
    if (end - start !== 2) return;
    const [level, description] = [data[start]!, data[start + 1]!];
    this.book.alert(half.side, level, description);
    if (description === 0) {
      // RFC 8446 6.1: the side's data ends here.
      if (this.revealed && !half.closed) {
        half.closed = true;
        this.out.end(half.side, EndOfStream.fin);
      }
    } else if (level === 2) this.report('tls.fatal-alert', half, `a fatal alert: ${alertName(description)}`);
    else this.report('tls.warning-alert', half, `a warning: ${alertName(description)}`);
  }

  // --- handshake messages ----------------------------------------------------------------------------------------------

  message(side: Side, type: number, data: Uint8Array, start: number, end: number): void {
    const half = this.half(side);
    const { handshake } = this;
    if (type === HandshakeType.clientHello && side === client) this.clientHello(half, data, start, end);
    else if (type === HandshakeType.serverHello && side === server) this.serverHello(half, data, start, end);
    else if (handshake !== null) {
      if (handshake.is13) this.message13(half, type, data, start, end);
      else this.messageOld(half, handshake, type, data, start, end);
    }
  }

  tooLong(side: Side, length: number): void {
    this.report('tls.bad-handshake', this.half(side), `a handshake message of ${length} bytes`);
  }

  private clientHello(half: Half, data: Uint8Array, start: number, end: number): void {
    const hello = parseClientHello(data, start, end);
    if (hello === null) return this.report('tls.bad-handshake', half, 'a ClientHello that contradicts itself');
    this.learned = true;
    this.helloCost = helloFactor * (end - start);
    this.book.clientHello(hello);
    if (this.handshake !== null && this.handshake.retried && this.handshake.server === null) {
      this.handshake.repeated = true;
      return;
    }
    this.handshake = new Handshake(hello, this.shared.secrets);
    if (hello.sealed !== undefined) this.sealedMessage = Uint8Array.from(data.subarray(start, end));
    this.openHello();
    this.handshake.record(data, start - messageHeaderLength, end);
    half.epoch = hello.earlyData ? Epoch.early : Epoch.handshake;
  }

  /** What a hello holds in secret, where the key log has what opens it. */
  private openHello(): void {
    const { handshake, sealedMessage } = this;
    if (handshake === null || sealedMessage === null) return;
    const { hello, helloConfig } = this.shared.secrets.find(handshake.hello.random) ?? {};
    if (!hello || !helloConfig) return;
    this.sealedMessage = null;
    const inner = openHello(handshake.hello, sealedMessage, hello, helloConfig);
    if (inner === null) return;
    handshake.inner = inner;
    this.book.innerHello(inner);
  }

  private serverHello(half: Half, data: Uint8Array, start: number, end: number): void {
    const hello = parseServerHello(data, start, end);
    if (hello === null) return this.report('tls.bad-handshake', half, 'a ServerHello that contradicts itself');
    this.learned = true;
    this.handshake ??= new Handshake(unknownHello, this.shared.secrets);
    this.handshake.answer(hello);
    this.handshake.record(data, start - messageHeaderLength, end);
    this.book.serverHello(hello);
    this.book.resumed = this.handshake.resumed;
    if (hello.isRetry) this.client.epoch = Epoch.handshake;
    else if (hello.version < Version.tls12) {
      this.report('tls.deprecated-version', half, `${versionName(hello.version)}, which must not be used`);
    }
  }

  private message13(half: Half, type: number, data: Uint8Array, start: number, end: number): void {
    switch (type) {
      case HandshakeType.encryptedExtensions:
        this.book.alpn ??= parseEncryptedExtensions(data, start, end);
        break;
      case HandshakeType.certificate:
        this.certificates(half, parseCertificates(data, start, end, true));
        break;
      case HandshakeType.compressedCertificate:
        this.certificates(half, parseCompressedCertificates(data, start, end));
        break;
      case HandshakeType.endOfEarlyData:
        if (half.side === client && half.epoch === Epoch.early) this.enter(half, Epoch.handshake);
        break;
      case HandshakeType.finished:
        if (half.epoch === Epoch.handshake) this.enter(half, Epoch.application);
        break;
      case HandshakeType.keyUpdate:
        this.updateKeys(half);
        break;
      default:
    }
  }

  private messageOld(
    half: Half,
    handshake: Handshake,
    type: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (type !== HandshakeType.helloRequest) handshake.record(data, start - messageHeaderLength, end);
    switch (type) {
      case HandshakeType.certificate:
        this.certificates(half, parseCertificates(data, start, end, false));
        break;
      case HandshakeType.clientKeyExchange:
        // The length of the encrypted premaster, then its first eight bytes: how an RSA line of a key log names it.
        handshake.keyExchanged(end - start < 10 ? '' : hex(data, start + 2, start + 10));
        break;
      case HandshakeType.newSessionTicket:
        // A lifetime of four bytes, a length of two (RFC 5077 3.3).
        if (end - start > 6) handshake.remember(hex(data, start + 6, end));
        break;
      default:
    }
  }

  private certificates(half: Half, chain: readonly CertificateSummary[]): void {
    this.book.addCertificates(half.side, chain);
    const own = chain[0];
    const { moment } = this.shared;
    if (own === undefined) return;
    const now = Number(moment.epoch / 1_000_000_000n) + moment.time / 1e9;
    if (now > own.validTo)
      this.report('tls.certificate-expired', half, `the certificate of ${own.subject} has expired`);
    else if (now < own.validFrom) {
      this.report('tls.certificate-expired', half, `the certificate of ${own.subject} is not valid yet`);
    }
  }

  // --- the ledger ------------------------------------------------------------------------------------------------------

  /** Why a record cannot be opened. */
  private whyClosed(half: Half): string | undefined {
    const { handshake, client, server } = this;
    const gapped = client.gapAt >= 0 ? client : server;
    const gap = `a gap at byte ${gapped.gapAt} of the ${sideName(gapped.side)}`;
    if (handshake === null) return gapped.gapAt >= 0 ? gap : 'handshake not captured';
    if (handshake.hello === unknownHello) return this.whyWithoutClient();
    if (handshake.server === null) return this.whyWithoutServer(handshake);
    switch (handshake.unsupported) {
      case 'version':
        return `version not supported: ${versionName(handshake.server.version)}`;
      case 'cipher':
        return `cipher not supported: ${cipherSuiteName(handshake.server.cipher)}`;
      case 'compression':
        return 'compression not supported';
      default:
    }
    const session = handshake.sessionSecrets;
    if (half.protection !== null) return gapped.gapAt >= 0 ? gap : undefined;
    if (session === undefined || (handshake.hello.encryptedHello && !session.opensRecords && session.malformed === ''))
      return handshake.inner === null
        ? 'no secret for this client random'
        : 'no secret for the random of the encrypted hello';
    if (session.malformed !== '') return `key log line malformed: ${session.malformed}`;
    // Handshake secrets are not needed where those after them are there.
    if (handshake.is13 && half.epoch !== Epoch.application && this.hasLaterSecret(half)) return undefined;
    return gapped.gapAt >= 0 ? gap : `no secret for this client random that opens what the ${sideName(half.side)} sent`;
  }

  private whyWithoutClient(): string {
    const { size, guesses } = this.shared.secrets;
    const missing = lostHello('ClientHello', this.client);
    if (size === 0) return `${missing}, which names the secrets`;
    if (size > mostSessions) return `${missing}, and the key log has too many sessions to try: ${size}`;
    if (guesses <= 0) return `${missing}, and too many sessions of the key log have been tried`;
    return `${missing}, and no session in the key log opens what the server sent`;
  }

  private whyWithoutServer({ sessionSecrets }: Handshake): string {
    const missing = lostHello('ServerHello', this.server);
    if (sessionSecrets === undefined) return `${missing}, and there is no secret for this client random`;
    if (sessionSecrets.malformed !== '') return `key log line malformed: ${sessionSecrets.malformed}`;
    const old = sessionSecrets.master !== '' || sessionSecrets.premaster !== '';
    if (old) return `${missing}, without which TLS 1.2 has no keys`;
    return `${missing}, and no secret of this client random opens what the client sent`;
  }

  private hasLaterSecret(half: Half): boolean {
    return this.handshake!.trafficSecret(half.side, Epoch.application) !== null;
  }

  private whyNothing(): string {
    if (this.handshake === null) return this.whyClosed(this.server) ?? 'handshake not captured';
    return 'nothing was encrypted: the handshake did not end';
  }

  private recount(): void {
    const { client, server, handshake } = this;
    const kept = client.messages.held + server.messages.held + (handshake === null ? 0 : handshake.held);
    const cost = connectionOverhead + this.helloCost + kept;
    this.shared.held.budget.used += cost - this.cost;
    this.cost = cost;
  }

  private half(side: Side): Half {
    return side === client ? this.client : this.server;
  }

  private report(code: DiagnosticCode, half: Half, detail?: string): void {
    this.shared.diagnostics.report(code, this.slot, half.side, half.reader.offset, detail);
  }
}

function lostHello(name: string, { side, gapAt }: Half): string {
  return gapAt < 0
    ? `the ${name} was not captured`
    : `a gap at byte ${gapAt} of the ${sideName(side)} took the ${name}`;
}

function hex(data: Uint8Array, start: number, end: number): string {
  return Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('hex');
}
