/**
 * An upgrade judged: what the client asked for, what the server answered, and each rule of the handshake by name.
 * WebSocket by RFC 6455 4.1 and 4.2 (over HTTP/2 by RFC 8441), any other protocol by RFC 9110 7.8.
 *
 * `accepted` means that a client which follows the rules goes on, `invalid` that it must fail the connection although
 * the server agreed. Faults of the request alone are failed checks and problems, not a verdict.
 */
import type { DiagnosticCode } from '../core/diagnostics.ts';
import {
  type HttpHead,
  KnownField,
  combinedValue,
  fieldName,
  fieldValue,
  findField,
  listElements,
} from '../core/http.ts';
import { latin1 } from '../core/bytes.ts';
import { client, server, type Side } from '../core/side.ts';
import {
  deflateParameters,
  expectedAccept,
  isHandshakeKey,
  parseExtensions,
  permessageDeflate,
} from '../core/websocket.ts';
import type { UpgradeJson } from './trace-format.ts';

export type UpgradeCheck = UpgradeJson['checks'][number];

export interface UpgradeProblem {
  readonly code: DiagnosticCode;
  readonly side: Side;
  readonly detail: string;
}

/** The trace format's upgrade record without its place and time, and the diagnostics to raise. */
export interface UpgradeJudgement extends Omit<UpgradeJson, 'type' | 'connection' | 'exchange' | 'time'> {
  problems: UpgradeProblem[];
}

/** Does this request ask for another protocol? Cheap: asked of every request. */
export function isUpgradeAttempt(request: HttpHead): boolean {
  if (request.version >= 20) return extendedConnectProtocol(request) !== undefined;
  if (findField(request, KnownField.upgrade) < 0) return findField(request, KnownField.secWebSocketKey) >= 0;
  // Without the Connection option other recipients must ignore the field (RFC 9110 7.8); WebSocket is judged all the same.
  return offeredWebSocket(request) || hasElement(request, KnownField.connection, 'upgrade');
}

/** Judges the attempt. Either head may be unseen, not both. */
export function upgradeChecks(request: HttpHead | null, response: HttpHead | null): UpgradeJudgement {
  const handshake = new Handshake(request, response);
  if (!handshake.isWebSocket) checkOtherUpgrade(handshake);
  else if (handshake.overHttp2) checkExtendedConnect(handshake);
  else checkWebSocket(handshake);
  return handshake.judgement();
}

/** The facts of one attempt, and what the checks have found so far. */
class Handshake {
  readonly request: HttpHead | null;
  readonly response: HttpHead | null;
  readonly overHttp2: boolean;
  readonly isWebSocket: boolean;
  readonly protocol: string;
  /** The server agreed to switch. */
  readonly switched: boolean;
  readonly key: string | undefined;
  readonly accept: string | undefined;
  readonly expectedAccept: string | undefined;
  readonly version: string | undefined;
  readonly offeredSubprotocols: string[];
  readonly subprotocol: string | undefined;
  readonly extensions: string | undefined;
  readonly checks: UpgradeCheck[] = [];
  readonly problems: UpgradeProblem[] = [];
  /** The first rule for responses that is broken, in words. */
  private fatal: string | undefined;

  constructor(request: HttpHead | null, response: HttpHead | null) {
    this.request = request;
    this.response = response;
    this.overHttp2 = (request ?? response)!.version >= 20;
    this.protocol = this.namedProtocol();
    this.isWebSocket = this.protocol === 'websocket';
    this.switched = response !== null && (this.overHttp2 ? isSuccess(response.status) : response.status === 101);
    this.key = valueOf(request, KnownField.secWebSocketKey);
    this.accept = valueOf(response, KnownField.secWebSocketAccept);
    this.expectedAccept = this.key === undefined ? undefined : expectedAccept(this.key);
    this.version = valueOf(request, KnownField.secWebSocketVersion);
    this.offeredSubprotocols = listElements(valueOf(request, KnownField.secWebSocketProtocol) ?? '');
    this.subprotocol = valueOf(response, KnownField.secWebSocketProtocol);
    this.extensions = this.switched ? valueOf(response, KnownField.secWebSocketExtensions) : undefined;
  }

  check(name: string, ok: boolean, detail: string, reference: string): boolean {
    this.checks.push({ name, ok, detail, reference });
    return ok;
  }

  /** A check on the request: a failure is a problem of the client's. */
  ask(code: DiagnosticCode, name: string, ok: boolean, detail: string, reference: string): void {
    if (!this.check(name, ok, detail, reference))
      this.problems.push({ code, side: client, detail: `${name}: ${detail}` });
  }

  /** A check on a response that agreed: a failure makes the upgrade invalid. */
  demand(code: DiagnosticCode, name: string, ok: boolean, detail: string, reference: string, verdict: string): void {
    if (this.check(name, ok, detail, reference)) return;
    this.problems.push({ code, side: server, detail: `${name}: ${detail}` });
    this.fatal ??= verdict;
  }

  judgement(): UpgradeJudgement {
    const { outcome, verdict } = this.conclusion();
    return {
      outcome,
      protocol: this.protocol,
      ...(this.key !== undefined && { key: this.key }),
      ...(this.accept !== undefined && { accept: this.accept }),
      ...(this.isWebSocket && this.expectedAccept !== undefined && { expectedAccept: this.expectedAccept }),
      ...(this.version !== undefined && { version: this.version }),
      offeredSubprotocols: this.offeredSubprotocols,
      ...(this.subprotocol !== undefined && { subprotocol: this.subprotocol }),
      ...(this.extensions !== undefined && { extensions: this.extensions }),
      checks: this.checks,
      verdict,
      problems: this.problems,
    };
  }

  private conclusion(): { outcome: UpgradeJudgement['outcome']; verdict: string } {
    if (this.response === null) return { outcome: 'unanswered', verdict: 'unanswered: no response was seen' };
    if (!this.switched) return { outcome: 'refused', verdict: `refused: ${statusText(this.response)}` };
    if (this.fatal !== undefined) return { outcome: 'invalid', verdict: `invalid: ${this.fatal}` };
    return { outcome: 'accepted', verdict: `accepted: ${this.agreedText()}` };
  }

  /** `chat over permessage-deflate`, `permessage-deflate`, `chat`, or the protocol's name. */
  private agreedText(): string {
    const extensions = parseExtensions(this.extensions)
      .map(({ name }) => name)
      .join(', ');
    const what = this.subprotocol ?? this.protocol;
    return extensions === '' ? what : `${what} over ${extensions}`;
  }

  private namedProtocol(): string {
    if (this.request !== null && this.overHttp2)
      return (extendedConnectProtocol(this.request) ?? 'unknown').toLowerCase();
    if (this.request !== null && offeredWebSocket(this.request)) return 'websocket';
    const agreed = this.response?.status === 101 ? combinedValue(this.response, KnownField.upgrade) : undefined;
    const offered = this.request === null ? undefined : combinedValue(this.request, KnownField.upgrade);
    const websocketFields = [
      valueOf(this.request, KnownField.secWebSocketKey),
      valueOf(this.response, KnownField.secWebSocketAccept),
    ];
    if (websocketFields.some((value) => value !== undefined)) return 'websocket';
    return listElements(agreed ?? offered ?? '')[0]?.toLowerCase() ?? 'unknown';
  }
}

function checkWebSocket(handshake: Handshake): void {
  const { request, response } = handshake;
  if (request !== null) {
    checkOpeningRequest(handshake, request);
    checkOptions(handshake, request, 'websocket.bad-request');
    checkKey(handshake, request);
    checkVersion(handshake, request);
  }
  if (response === null) return;
  checkStatus(handshake, response, 101, 'RFC 6455 4.1');
  if (!handshake.switched) return;
  checkSwitch(handshake, response, 'RFC 6455 4.1');
  checkAccept(handshake);
  checkNegotiated(handshake);
}

/** RFC 8441 5: no key, no accept, no Upgrade; the status is a success instead of 101. */
function checkExtendedConnect(handshake: Handshake): void {
  const { request, response } = handshake;
  if (request !== null) checkVersion(handshake, request);
  if (response === null) return;
  handshake.check('status', handshake.switched, statusText(response), 'RFC 8441 5');
  if (handshake.switched) checkNegotiated(handshake);
}

/** h2c, TLS and whatever else is upgraded to (RFC 9110 7.8). */
function checkOtherUpgrade(handshake: Handshake): void {
  const { request, response } = handshake;
  if (request !== null && handshake.protocol === 'h2c') {
    const settings = countFields(request, KnownField.http2Settings);
    handshake.check('http2-settings', settings === 1, timesText(settings), 'RFC 7540 3.2.1');
  }
  if (response === null || handshake.overHttp2) return;
  checkStatus(handshake, response, 101, 'RFC 9110 7.8');
  if (handshake.switched) checkSwitch(handshake, response, 'RFC 9110 7.8');
}

function checkOpeningRequest(handshake: Handshake, request: HttpHead): void {
  const method = latin1(request.data, request.methodStart, request.methodEnd);
  const version = `HTTP/${Math.floor(request.version / 10)}.${request.version % 10}`;
  const hosts = countFields(request, KnownField.host);
  const code = 'websocket.bad-request';
  handshake.ask(code, 'method', method === 'GET', method, 'RFC 6455 4.1');
  handshake.ask(code, 'http-version', request.version >= 11, version, 'RFC 6455 4.1');
  handshake.ask(
    code,
    'host',
    hosts === 1,
    hosts === 1 ? valueOf(request, KnownField.host)! : timesText(hosts),
    'RFC 6455 4.1',
  );
}

function checkOptions(handshake: Handshake, request: HttpHead, code: DiagnosticCode): void {
  const upgrade = combinedValue(request, KnownField.upgrade) ?? 'absent';
  const connection = combinedValue(request, KnownField.connection) ?? 'absent';
  const reference = 'RFC 6455 4.1';
  handshake.ask(code, 'upgrade', hasElement(request, KnownField.upgrade, 'websocket'), upgrade, reference);
  handshake.ask(code, 'connection', hasElement(request, KnownField.connection, 'upgrade'), connection, reference);
}

function checkKey(handshake: Handshake, request: HttpHead): void {
  const count = countFields(request, KnownField.secWebSocketKey);
  const ok = count === 1 && isHandshakeKey(handshake.key!);
  const detail =
    count === 1 ? (ok ? '16 bytes in base64' : `"${handshake.key!}" is not 16 bytes in base64`) : timesText(count);
  handshake.ask('websocket.bad-key', 'key', ok, detail, 'RFC 6455 4.1');
}

function checkVersion(handshake: Handshake, request: HttpHead): void {
  const count = countFields(request, KnownField.secWebSocketVersion);
  const ok = count === 1 && handshake.version === '13';
  handshake.ask('websocket.bad-version', 'version', ok, handshake.version ?? 'absent', 'RFC 6455 4.1');
}

function checkStatus(handshake: Handshake, response: HttpHead, expected: number, reference: string): void {
  handshake.check('status', response.status === expected, statusText(response), reference);
}

/** The response's Upgrade and Connection fields. */
function checkSwitch(handshake: Handshake, response: HttpHead, reference: string): void {
  const { request, protocol } = handshake;
  const chosen = combinedValue(response, KnownField.upgrade);
  if (chosen === undefined) {
    const verdict = 'the response has no Upgrade field';
    handshake.demand('upgrade.bad-response', 'response-upgrade', false, 'absent', reference, verdict);
  } else {
    const wanted = listElements(chosen).map((token) => token.toLowerCase());
    const offered = handshake.isWebSocket
      ? wanted.length === 1 && wanted[0] === protocol
      : request === null || wanted.every((token) => hasElement(request, KnownField.upgrade, token));
    const verdict = `the server switched to ${chosen}, which was not asked for`;
    handshake.demand('upgrade.protocol-not-offered', 'response-upgrade', offered, chosen, reference, verdict);
  }
  const connection = combinedValue(response, KnownField.connection) ?? 'absent';
  const named = hasElement(response, KnownField.connection, 'upgrade');
  const verdict = 'Connection in the response does not name Upgrade';
  handshake.demand('upgrade.bad-response', 'response-connection', named, connection, reference, verdict);
}

function checkAccept(handshake: Handshake): void {
  const { accept, request, response } = handshake;
  if (request === null) return;
  const count = countFields(response!, KnownField.secWebSocketAccept);
  const expected = handshake.expectedAccept;
  const ok = count === 1 && accept === expected;
  const detail = ok
    ? accept!
    : `${accept === undefined ? 'absent' : `"${accept}"`}, expected ${expected ?? 'a key first'}`;
  const verdict =
    accept === undefined ? 'Sec-WebSocket-Accept is absent' : 'Sec-WebSocket-Accept is not what the key demands';
  handshake.demand('websocket.accept-mismatch', 'accept', ok, detail, 'RFC 6455 4.2.2', verdict);
}

/** The subprotocol and the extensions chosen were offered, and the extensions' parameters may stand. */
function checkNegotiated(handshake: Handshake): void {
  if (handshake.request !== null) {
    checkSubprotocol(handshake);
    checkExtensions(handshake, handshake.request);
  }
  const deflate = parseExtensions(handshake.extensions).filter(({ name }) => name === permessageDeflate);
  if (deflate.length === 0) return;
  const problems = deflate.flatMap((extension) => deflateParameters(extension).problems);
  if (deflate.length > 1) problems.push(`${permessageDeflate} is agreed to ${deflate.length} times`);
  const detail = problems.length === 0 ? handshake.extensions! : problems.join('; ');
  const verdict = `permessage-deflate parameters: ${detail}`;
  handshake.demand(
    'websocket.deflate-parameters',
    'deflate-parameters',
    problems.length === 0,
    detail,
    'RFC 7692 7.1',
    verdict,
  );
}

function checkSubprotocol(handshake: Handshake): void {
  const { subprotocol, offeredSubprotocols } = handshake;
  const count = countFields(handshake.response!, KnownField.secWebSocketProtocol);
  const ok = subprotocol === undefined || (count === 1 && offeredSubprotocols.includes(subprotocol));
  const offered = offeredSubprotocols.length === 0 ? 'none offered' : `offered: ${offeredSubprotocols.join(', ')}`;
  const verdict = `subprotocol ${subprotocol} was not offered`;
  const detail = `${subprotocol ?? 'none chosen'}; ${offered}`;
  handshake.demand('websocket.subprotocol-not-offered', 'subprotocol', ok, detail, 'RFC 6455 4.1', verdict);
}

function checkExtensions(handshake: Handshake, request: HttpHead): void {
  const offered = new Set(parseExtensions(valueOf(request, KnownField.secWebSocketExtensions)).map(({ name }) => name));
  const strange = parseExtensions(handshake.extensions)
    .map(({ name }) => name)
    .filter((name) => !offered.has(name));
  const detail = strange.length > 0 ? `${strange.join(', ')} not offered` : (handshake.extensions ?? 'none agreed');
  const verdict = `extension ${strange.join(', ')} was not offered`;
  handshake.demand(
    'websocket.extension-not-offered',
    'extensions',
    strange.length === 0,
    detail,
    'RFC 6455 4.1',
    verdict,
  );
}

function offeredWebSocket(request: HttpHead): boolean {
  return hasElement(request, KnownField.upgrade, 'websocket');
}

/** The `:protocol` pseudo-header field of an extended CONNECT (RFC 8441 4). */
function extendedConnectProtocol(request: HttpHead): string | undefined {
  if (latin1(request.data, request.methodStart, request.methodEnd) !== 'CONNECT') return undefined;
  for (let i = 0; i < request.fieldCount; i++) {
    if (request.known[i] !== KnownField.other) continue;
    const name = fieldName(request, i);
    if (name === ':protocol') return fieldValue(request, i);
    if (!name.startsWith(':')) return undefined;
  }
  return undefined;
}

function hasElement(head: HttpHead, known: KnownField, element: string): boolean {
  const value = combinedValue(head, known);
  return value !== undefined && listElements(value).some((candidate) => candidate.toLowerCase() === element);
}

function valueOf(head: HttpHead | null, known: KnownField): string | undefined {
  return head === null ? undefined : combinedValue(head, known);
}

function countFields(head: HttpHead, known: KnownField): number {
  let count = 0;
  for (let at = findField(head, known); at >= 0; at = findField(head, known, at + 1)) count++;
  return count;
}

function timesText(count: number): string {
  return count === 0 ? 'absent' : count === 1 ? 'once' : `${count} times`;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function statusText(response: HttpHead): string {
  return `${response.status} ${latin1(response.data, response.reasonStart, response.reasonEnd)}`.trimEnd();
}
