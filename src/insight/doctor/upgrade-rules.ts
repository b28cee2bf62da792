/** Why an upgrade did not come about, and what to try: one finding an attempt, by what the answer was. */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KnownField, combinedValue, findField, listElements, type HttpHead } from '../../core/http.ts';
import { latin1 } from '../../core/bytes.ts';
import { client, server } from '../../core/side.ts';
import { parseExtensions, permessageDeflate } from '../../core/websocket.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { silenceOf, silences } from '../../timeline/silence.ts';
import { spanText } from '../units.ts';
import { Field } from './field-index.ts';
import { asked, type Findings } from './findings.ts';
import { schemeOf, type Heads } from './status-rules.ts';

/** Of an exchange whose request asks for an upgrade. */
export function judgeUpgrade(record: ExchangeRecord, heads: Heads, findings: Findings): void {
  const { request, response } = record;
  const lost = request.head.version < 20 ? lostFields(record) : undefined;
  if (lost !== undefined) {
    findings.exchange(record, 'upgrade.hop-by-hop-lost', client, `${asked(record)}: ${lost}${hopsText(heads)}`);
  }
  if (!response.present) {
    judgeSilence(record, findings);
    return;
  }
  // What the server says to a handshake that was mutilated before it came is no news.
  if (lost !== undefined) return;
  const agreed = request.head.version >= 20 ? response.status < 300 : response.status === 101;
  if (agreed) {
    judgeAgreement(record, findings);
    judgeOrigin(record, heads, findings);
  } else {
    const code = refusal(record);
    const status = `${response.status} ${response.reason}`.trim();
    findings.exchange(record, code, server, `${asked(record)}: ${status}${reasonText(record, code)}`);
  }
}

const bySilence = {
  late: 'upgrade.no-answer-in-time',
  closed: 'upgrade.unanswered',
  reset: 'upgrade.connect-refused',
  cut: 'upgrade.answer-not-captured',
} as const;

function judgeSilence(record: ExchangeRecord, findings: Findings): void {
  const silence = silenceOf(record);
  const waited = spanText(Math.max(0, record.endedAt - record.request.time));
  const unoffered = record.diagnostics.includes('http2.connect-not-enabled') ? '; its SETTINGS do not offer it' : '';
  const detail = `${asked(record)}: ${silences[silence]}, after ${waited}${unoffered}`;
  findings.exchange(record, bySilence[silence], client, detail);
}

/** What a proxy that does not know of upgrades takes away (RFC 9110 7.6.1). */
function lostFields({ request: { head } }: ExchangeRecord): string | undefined {
  if (findField(head, KnownField.secWebSocketKey) < 0) return undefined;
  const upgrade = findField(head, KnownField.upgrade) >= 0;
  const options = listElements(combinedValue(head, KnownField.connection) ?? '');
  const named = options.some((option) => option.toLowerCase() === 'upgrade');
  if (upgrade && named) return undefined;
  const connection = options.length === 0 ? 'no Connection' : `Connection: ${options.join(', ').slice(0, 60)}`;
  return upgrade ? `Upgrade, but ${connection}` : `Sec-WebSocket-Key, but no Upgrade, and ${connection}`;
}

function hopsText({ request }: Heads): string {
  const via = request.value(Field.via);
  return via === undefined ? '' : `; came by ${via.slice(0, 100)}`;
}

function refusal({ request, response: { status, head } }: ExchangeRecord): DiagnosticCode {
  if (status >= 200 && status <= 299) return 'upgrade.ignored';
  if (status >= 300 && status <= 399) return 'upgrade.redirected';
  if (request.head.version >= 20 && aboutConnect.has(status)) return 'upgrade.connect-refused';
  if (status >= 500) return 'upgrade.server-error';
  if (status === 426 && asksForWanted(request.head, head)) return 'upgrade.lost-on-the-way';
  if (status === 426 || findField(head, KnownField.secWebSocketVersion) >= 0) return 'upgrade.version';
  return byStatus[status] ?? (request.head.version >= 20 ? 'upgrade.connect-refused' : 'upgrade.refused');
}

/** What servers say that do not know extended CONNECT; other refusals are the same in every version of HTTP. */
const aboutConnect: ReadonlySet<number> = new Set([405, 421, 426, 501, 505]);

/** The answer demands the version that was asked for: its sender did not see the question as it was. */
function asksForWanted(request: HttpHead, response: HttpHead): boolean {
  const asked = combinedValue(request, KnownField.secWebSocketVersion);
  const wanted = combinedValue(response, KnownField.secWebSocketVersion);
  return asked !== undefined && (wanted === undefined ? asked === '13' : listElements(wanted).includes(asked));
}

const byStatus: Readonly<Record<number, DiagnosticCode>> = {
  400: 'upgrade.bad-request',
  401: 'upgrade.unauthorized',
  403: 'upgrade.forbidden',
  404: 'upgrade.not-found',
  405: 'upgrade.method',
  407: 'upgrade.unauthorized',
  429: 'upgrade.rate-limited',
};

/** What else is known of the refusal. */
function reasonText(record: ExchangeRecord, code: DiagnosticCode): string {
  const { request, response } = record;
  const value = (name: KnownField): string | undefined => combinedValue(response.head, name)?.slice(0, 200);
  switch (code) {
    case 'upgrade.version': {
      const asks = combinedValue(request.head, KnownField.secWebSocketVersion) ?? 'none';
      return `; asked for version ${asks.slice(0, 20)}, wanted is ${value(KnownField.secWebSocketVersion) ?? 'not said'}`;
    }
    case 'upgrade.redirected':
      return `; to ${value(KnownField.location) ?? 'nowhere'}`;
    case 'upgrade.unauthorized': {
      const challenge = response.headers.find(([name]) => /^(?:www|proxy)-authenticate$/i.test(name));
      return challenge === undefined ? contentText(record) : `; the server wants ${schemeOf(challenge[1])!}`;
    }
    case 'upgrade.rate-limited':
    case 'upgrade.server-error': {
      const after = response.headers.find(([name]) => name.toLowerCase() === 'retry-after');
      return after === undefined ? contentText(record) : `; Retry-After: ${after[1].slice(0, 40)}`;
    }
    case 'upgrade.forbidden': {
      const origin = request.headers.find(([name]) => name.toLowerCase() === 'origin');
      return origin === undefined ? '' : `; the Origin was ${origin[1].slice(0, 100)}`;
    }
    default:
      return contentText(record);
  }
}

/** The first line of a short text answer. */
function contentText({ response }: ExchangeRecord): string {
  const { body, mediaType } = response;
  if (body.length === 0 || (mediaType !== undefined && !/text\/plain|json/.test(mediaType))) return '';
  const line = latin1(body.data, 0, Math.min(body.length, 80)).split('\n')[0]!.trim();
  return /^[\x20-\x7e]+$/.test(line) ? `; "${line}"` : '';
}

/** Browsers let pages of any origin open a WebSocket, and send its site's cookies along. */
function judgeOrigin(record: ExchangeRecord, { request }: Heads, findings: Findings): void {
  const origin = request.value(Field.origin);
  const host = record.host;
  if (origin === undefined || host === undefined) return;
  const named = /^https?:\/\/(.*)$/i.exec(origin)?.[1];
  if (named === undefined || withoutPort(named) === withoutPort(host)) return;
  const cookies = request.has(Field.cookie) ? ', with cookies' : '';
  const detail = `${asked(record)}: a page of ${origin.slice(0, 100)} at ${host.slice(0, 100)}${cookies}`;
  findings.exchange(record, 'upgrade.cross-origin', client, detail);
}

/** In lower case, without a port that goes without saying. */
function withoutPort(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)$/, '');
}

/** What was left out of an agreement. */
function judgeAgreement(record: ExchangeRecord, findings: Findings): void {
  const { request, response } = record;
  const offered = combinedValue(request.head, KnownField.secWebSocketProtocol);
  if (offered !== undefined && findField(response.head, KnownField.secWebSocketProtocol) < 0) {
    const detail = () => `${asked(record)}: offered ${offered.slice(0, 100)}; none was chosen`;
    findings.exchange(record, 'upgrade.subprotocol-ignored', server, detail);
  }
  const names = (head: typeof request.head): string[] =>
    parseExtensions(combinedValue(head, KnownField.secWebSocketExtensions)).map(({ name }) => name);
  if (names(request.head).includes(permessageDeflate) && !names(response.head).includes(permessageDeflate)) {
    const detail = () => `${asked(record)}: permessage-deflate was offered and not agreed to`;
    findings.exchange(record, 'upgrade.compression-declined', server, detail);
  }
}
