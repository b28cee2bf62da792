/**
 * The doctor: reads records as they come and reports what is wrong with what they mean, as diagnostics of the same
 * catalogue. Memory is bounded; each judgement has a file. It stands in the pipe before everything that shows records, so
 * that a finding comes before the record it belongs to, and its code stands in that record.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KnownField, findField, type HttpHead } from '../../core/http.ts';
import { offeredWebSocket } from '../../timeline/handshake.ts';
import { isUpgradeAttempt } from '../../timeline/upgrade-checks.ts';
import type {
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  RecordSink,
  UpgradeRecord,
} from '../../timeline/records.ts';
import { MessageLenses } from '../lenses/message-lenses.ts';
import { Answers } from './answers.ts';
import { ConnectionUse } from './connection-use.ts';
import { Conversations } from './conversations.ts';
import { Field, FieldIndex } from './field-index.ts';
import { Findings } from './findings.ts';
import { Polling } from './polling.ts';
import { Redirects } from './redirects.ts';
import { lastTarget, requestHash } from './request-hash.ts';
import { RestRules } from './rest-rules.ts';
import { Retries } from './retries.ts';
import { Secrets } from './secrets.ts';
import { ServerErrors } from './server-errors.ts';
import { judgeSplitting } from './splitting.ts';
import { judgeMethod, judgeMissing, judgeStatus, judgeUnauthorized, type Heads } from './status-rules.ts';
import { Strays } from './strays.ts';
import { judgeUpgrade } from './upgrade-rules.ts';
import { Validators } from './validators.ts';

const mostPartial = 10_000;
/** A power of two. */
const mostUnauthorized = 1 << 8;

/** Codes that say that fields of a head are not known. */
const partialHeads: ReadonlySet<DiagnosticCode> = new Set([
  'hpack.cut-block',
  'hpack.too-many-fields',
  'http.incomplete-head',
  'http.head-too-large',
  'http.too-many-fields',
]);

/** Other protocols may be offered with any request, and passed over (RFC 9110 7.8). */
function isWebSocketAttempt(request: HttpHead): boolean {
  // In HTTP/2 extended CONNECT alone.
  if (request.version >= 20) return request.isMethod('CONNECT') && isUpgradeAttempt(request);
  if (!isUpgradeAttempt(request)) return false;
  return offeredWebSocket(request) || findField(request, KnownField.secWebSocketKey) >= 0;
}

export class Doctor implements RecordSink {
  readonly polling: Polling;
  readonly validators: Validators;
  readonly connectionUse: ConnectionUse;
  readonly conversations: Conversations;
  private readonly findings: Findings;
  private readonly lenses = new MessageLenses();
  private readonly answers = new Answers();
  private readonly heads: Heads = { request: new FieldIndex(), response: new FieldIndex() };
  private readonly redirects: Redirects;
  private readonly retries: Retries;
  private readonly secrets: Secrets;
  private readonly restRules: RestRules;
  private readonly serverErrors: ServerErrors;
  private readonly strays: Strays;
  private readonly unauthorizedRequests = new Int32Array(mostUnauthorized);
  private readonly unauthorizedTimes = new Uint16Array(mostUnauthorized);
  /** HTTP/2 connections whose fields refer to what was not captured. */
  private readonly partial = new Set<number>();
  /** The exchange whose upgrade is judged next; lent, as all records. */
  private upgrading: ExchangeRecord | undefined;

  constructor() {
    const findings = (this.findings = new Findings());
    this.polling = new Polling(findings);
    this.validators = new Validators(findings);
    this.connectionUse = new ConnectionUse(findings);
    this.conversations = new Conversations(findings);
    this.redirects = new Redirects(findings);
    this.retries = new Retries(findings);
    this.secrets = new Secrets(findings);
    this.restRules = new RestRules(findings);
    this.serverErrors = new ServerErrors(findings);
    this.strays = new Strays(findings);
  }

  /** @param emit takes each finding, which is its to keep */
  reportTo(emit: (record: DiagnosticRecord) => void): void {
    this.findings.emit = emit;
  }

  exchange(record: ExchangeRecord): void {
    const { request, response } = record;
    const { heads } = this;
    heads.request.use(request.head);
    heads.response.use(response.head);
    this.upgrading = undefined;
    const hash = request.present ? requestHash(record) : 0;
    this.connectionUse.exchange(record);
    this.secrets.exchange(record, heads);
    if (request.present && lastTarget.mayHaveEscape) judgeSplitting(record, this.findings);
    this.strays.exchange(record);
    this.serverErrors.exchange(record);
    // What a head lacks is not known where not all of it is.
    if (this.partial.size > 0 && this.partial.has(record.connection)) return;
    if (record.diagnostics.length > 0 && record.diagnostics.some((code) => partialHeads.has(code))) return;
    if (request.present && isWebSocketAttempt(request.head)) this.askedToUpgrade(record);
    else {
      const switched = response.status === 101 && request.present && isUpgradeAttempt(request.head);
      if (response.present && response.status !== 200 && !switched) this.judge(record, hash);
      if (request.present) this.asked(record, hash);
    }
  }

  upgrade(record: UpgradeRecord): void {
    const exchange = this.upgrading;
    this.upgrading = undefined;
    if (exchange !== undefined && record.outcome !== 'refused' && record.outcome !== 'unanswered')
      this.conversations.upgrade(exchange, record);
    if (record.outcome === 'accepted')
      this.lenses.agreed(record.connection, exchange?.stream ?? -1, record.subprotocol);
  }

  frame(record: FrameRecord): void {
    this.conversations.frame(record);
  }

  connection(record: ConnectionRecord): void {
    this.connectionUse.connection(record);
    this.conversations.connection(record);
    this.lenses.ended(record.connection);
    this.strays.connection(record);
    if (this.partial.size > 0) this.partial.delete(record.connection);
  }

  /** Messages become readable by their subprotocol; they are read when somebody asks. */
  message(record: MessageRecord): void {
    this.lenses.message(record);
  }

  /** The capture is over: what is known only now is told. Comes before `summary`. */
  finish(): void {
    this.serverErrors.finish();
    this.connectionUse.finish();
    this.polling.finish();
    this.findings.finish();
  }

  capture(): void {}
  diagnostic(record: DiagnosticRecord): void {
    const { code, connection } = record;
    if (code === 'http.bad-start-line') this.strays.diagnostic(record);
    if ((code === 'hpack.unknown-index' || code === 'hpack.lost') && this.partial.size < mostPartial)
      this.partial.add(connection);
  }
  summary(): void {}

  private judge(record: ExchangeRecord, hash: number): void {
    const { status } = record.response;
    judgeStatus(record, this.heads, this.findings);
    if (status === 401) judgeUnauthorized(record, this.heads, this.unauthorized(hash), this.findings);
    else if (status === 404) judgeMissing(record, this.answers, this.findings);
    else if (status === 405) judgeMethod(record, hash, this.heads, this.answers, this.findings);
  }

  /** How often in a row this request was sent without the credentials that it needs. */
  private unauthorized(hash: number): number {
    const slot = hash & (mostUnauthorized - 1);
    const isSame = this.unauthorizedRequests[slot] === hash && !this.heads.request.has(Field.authorization);
    this.unauthorizedRequests[slot] = hash;
    this.unauthorizedTimes[slot] = isSame ? this.unauthorizedTimes[slot]! + 1 : 1;
    return this.unauthorizedTimes[slot];
  }

  private asked(record: ExchangeRecord, hash: number): void {
    const { status } = record.response;
    if (status >= 200 && status < 300) this.answers.answered(record, hash);
    this.retries.exchange(record, hash, this.heads);
    this.restRules.exchange(record, hash, this.heads);
    this.redirects.exchange(record, hash);
    this.validators.exchange(record, hash, this.heads);
    this.polling.exchange(record, hash, this.heads);
  }

  private askedToUpgrade(record: ExchangeRecord): void {
    judgeUpgrade(record, this.heads, this.findings);
    const { request, response } = record;
    if (!response.present) return;
    if (request.head.version < 20 ? response.status !== 101 : response.status >= 300) return;
    this.upgrading = record;
    this.conversations.agreed(record);
  }
}
