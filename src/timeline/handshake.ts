/**
 * The facts of one upgrade attempt, out of the request's and the response's heads, and what was found of them so far.
 * The rules stand in upgrade-checks.ts.
 */
import { latin1 } from '../core/bytes.ts';
import type { DiagnosticCode } from '../core/diagnostics.ts';
import {
  type HttpHead,
  KnownField,
  combinedValue,
  fieldName,
  fieldValue,
  findField,
  listElements,
  offsetsPerField,
} from '../core/http.ts';
import { client, server, type Side } from '../core/side.ts';
import { expectedAccept, parseExtensions } from '../core/websocket.ts';
import type { UpgradeJson } from './trace-format.ts';

export type UpgradeCheck = UpgradeJson['checks'][number];

export interface UpgradeProblem {
  readonly code: DiagnosticCode;
  readonly side: Side;
  readonly detail: string;
  /** Bytes from the head's beginning to the field it is about, or 0. */
  readonly at: number;
}

/** The fields that checks are about, by the checks' names. */
const checkedFields: Readonly<Record<string, KnownField>> = {
  host: KnownField.host,
  upgrade: KnownField.upgrade,
  connection: KnownField.connection,
  key: KnownField.secWebSocketKey,
  version: KnownField.secWebSocketVersion,
  'response-upgrade': KnownField.upgrade,
  'response-connection': KnownField.connection,
  accept: KnownField.secWebSocketAccept,
  subprotocol: KnownField.secWebSocketProtocol,
  extensions: KnownField.secWebSocketExtensions,
  'deflate-parameters': KnownField.secWebSocketExtensions,
};

function placeOf(head: HttpHead | null, name: string): number {
  const known = checkedFields[name];
  const at = head === null || known === undefined ? -1 : findField(head, known);
  return at < 0 ? 0 : head!.offsets[at * offsetsPerField]! - head!.start;
}

/** The trace format's upgrade record without its place and time, and the diagnostics to raise. */
export interface UpgradeJudgement extends Omit<UpgradeJson, 'type' | 'connection' | 'exchange' | 'time'> {
  problems: UpgradeProblem[];
}

export class Handshake {
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
      this.problems.push({ code, side: client, detail: `${name}: ${detail}`, at: placeOf(this.request, name) });
  }

  /** A check on a response that agreed: a failure makes the upgrade invalid. */
  demand(code: DiagnosticCode, name: string, ok: boolean, detail: string, reference: string, verdict: string): void {
    if (this.check(name, ok, detail, reference)) return;
    this.problems.push({ code, side: server, detail: `${name}: ${detail}`, at: placeOf(this.response, name) });
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

export function offeredWebSocket(request: HttpHead): boolean {
  return hasElement(request, KnownField.upgrade, 'websocket');
}

/** The `:protocol` pseudo-header field of an extended CONNECT (RFC 8441 4). */
export function extendedConnectProtocol(request: HttpHead): string | undefined {
  if (latin1(request.data, request.methodStart, request.methodEnd) !== 'CONNECT') return undefined;
  for (let i = 0; i < request.fieldCount; i++) {
    if (request.known[i] !== KnownField.other) continue;
    const name = fieldName(request, i);
    if (name === ':protocol') return fieldValue(request, i);
    if (!name.startsWith(':')) return undefined;
  }
  return undefined;
}

export function hasElement(head: HttpHead, known: KnownField, element: string): boolean {
  const value = combinedValue(head, known);
  return value !== undefined && listElements(value).some((candidate) => candidate.toLowerCase() === element);
}

export function valueOf(head: HttpHead | null, known: KnownField): string | undefined {
  return head === null ? undefined : combinedValue(head, known);
}

export function countFields(head: HttpHead, known: KnownField): number {
  let count = 0;
  for (let at = findField(head, known); at >= 0; at = findField(head, known, at + 1)) count++;
  return count;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

export function statusText(response: HttpHead): string {
  return `${response.status} ${latin1(response.data, response.reasonStart, response.reasonEnd)}`.trimEnd();
}
