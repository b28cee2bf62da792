/**
 * An upgrade judged: what the client asked for, what the server answered, and each rule of the handshake by name.
 * WebSocket by RFC 6455 4.1 and 4.2 (over HTTP/2 by RFC 8441), any other protocol by RFC 9110 7.8.
 *
 * `accepted` means that a client which follows the rules goes on, `invalid` that it must fail the connection although
 * the server agreed. Faults of the request alone are failed checks and problems, not a verdict.
 */
import { latin1 } from '../core/bytes.ts';
import type { DiagnosticCode } from '../core/diagnostics.ts';
import { type HttpHead, KnownField, combinedValue, fieldName, findField, listElements } from '../core/http.ts';
import {
  type Extension,
  deflateParameters,
  isHandshakeKey,
  parseExtensions,
  permessageDeflate,
} from '../core/websocket.ts';
import {
  Handshake,
  type UpgradeJudgement,
  countFields,
  extendedConnectProtocol,
  hasElement,
  offeredWebSocket,
  statusText,
  valueOf,
} from './handshake.ts';

export type { UpgradeJudgement, UpgradeProblem } from './handshake.ts';

/** Does this request ask for another protocol? Cheap: asked of every request. */
export function isUpgradeAttempt(request: HttpHead): boolean {
  if (request.version >= 20) return extendedConnectProtocol(request) !== undefined;
  if (findField(request, KnownField.upgrade) < 0) return findField(request, KnownField.secWebSocketKey) >= 0;
  // Without the Connection option other recipients must ignore the field (RFC 9110 7.8); WebSocket is judged all the same.
  return offeredWebSocket(request) || hasElement(request, KnownField.connection, 'upgrade');
}

/** Has the server switched to another protocol? */
export function isSwitch(response: HttpHead): boolean {
  return response.version < 20 && response.status === 101;
}

/** Judges the attempt. Either head may be unseen, not both. */
export function upgradeChecks(request: HttpHead | null, response: HttpHead | null): UpgradeJudgement {
  const handshake = new Handshake(request, response);
  if (!handshake.isWebSocket) checkOtherUpgrade(handshake);
  else if (handshake.overHttp2) checkExtendedConnect(handshake);
  else checkWebSocket(handshake);
  return handshake.judgement();
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
  if (request !== null) {
    checkPseudoFields(handshake, request);
    checkNoHttp1Fields(handshake, request);
    checkVersion(handshake, request);
  }
  if (response === null) return;
  handshake.check('status', handshake.switched, statusText(response), 'RFC 8441 5');
  if (handshake.switched) checkNegotiated(handshake);
}

/** RFC 8441 4: an extended CONNECT has a scheme, a path and an authority, as other requests do. */
function checkPseudoFields(handshake: Handshake, request: HttpHead): void {
  const missing = [
    ...(findField(request, KnownField.scheme) < 0 ? [':scheme'] : []),
    ...(findField(request, KnownField.authority) < 0 ? [':authority'] : []),
    ...(request.targetEnd === request.targetStart ? [':path'] : []),
  ];
  const detail = missing.length === 0 ? 'all there' : `${missing.join(', ')} absent`;
  handshake.ask('websocket.bad-request', 'pseudo-fields', missing.length === 0, detail, 'RFC 8441 4');
}

/** RFC 8441 5: what the handshake of HTTP/1.1 is made of has no meaning here. */
function checkNoHttp1Fields(handshake: Handshake, request: HttpHead): void {
  const { upgrade, connection, secWebSocketKey } = KnownField;
  const strange = [upgrade, connection, secWebSocketKey].filter((known) => findField(request, known) >= 0);
  const names = strange.map((known) => fieldName(request, findField(request, known))).join(', ');
  const detail = strange.length === 0 ? 'none' : names;
  handshake.ask('websocket.bad-request', 'http1-fields', strange.length === 0, detail, 'RFC 8441 5');
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
  // As lists they may stand in several lines; that they say the same twice is odd.
  for (const known of [KnownField.upgrade, KnownField.connection]) {
    const named = listElements((known === KnownField.upgrade ? upgrade : connection).toLowerCase());
    const twice = named.find((token, i) => named.indexOf(token) < i);
    if (twice !== undefined)
      handshake.ask('websocket.repeated-token', 'repeated-token', false, `${twice} twice`, reference);
  }
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
    : `${accept === undefined ? 'absent' : `"${accept}"`}, expected ${expected ?? 'nothing: there is no key'}`;
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
  if (handshake.request !== null && problems.length === 0)
    problems.push(...unmetOffers(deflate[0]!, handshake.request));
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

/** What keeps the agreement from being an answer to any of the offers (RFC 7692 7.1): the reasons of the nearest one. */
function unmetOffers(agreed: Extension, request: HttpHead): string[] {
  const offers = parseExtensions(combinedValue(request, KnownField.secWebSocketExtensions));
  const unmet = offers.filter(({ name }) => name === permessageDeflate).map((offer) => unmetBy(agreed, offer));
  return unmet.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function unmetBy(agreed: Extension, offer: Extension): string[] {
  const given = new Map(agreed.params);
  const asked = new Map(offer.params);
  const above = (name: string): boolean => Number(given.get(name)) > Number(asked.get(name) ?? 15);
  const problems: string[] = [];
  if (asked.has('server_no_context_takeover') && !given.has('server_no_context_takeover'))
    problems.push('server_no_context_takeover was asked for and not granted');
  if (asked.has('server_max_window_bits') && (!given.has('server_max_window_bits') || above('server_max_window_bits')))
    problems.push('server_max_window_bits was asked for and not granted');
  if (given.has('client_max_window_bits') && !asked.has('client_max_window_bits'))
    problems.push('client_max_window_bits was not offered');
  else if (above('client_max_window_bits')) problems.push('client_max_window_bits is larger than offered');
  return problems;
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

function timesText(count: number): string {
  return count === 0 ? 'absent' : count === 1 ? 'once' : `${count} times`;
}
