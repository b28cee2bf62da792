/** What a status demands of the response, and what it means to the client: one line a status. */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KnownField, combinedValue, findField } from '../../core/http.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { printable } from '../../core/printable.ts';
import type { Answers } from './answers.ts';
import { Field, type FieldIndex } from './field-index.ts';
import { asked, type Findings } from './findings.ts';

/** Both heads of an exchange, with their fields found. */
export interface Heads {
  readonly request: FieldIndex;
  readonly response: FieldIndex;
}

type Rule = (record: ExchangeRecord, heads: Heads, findings: Findings) => void;

/** Judges an exchange whose response is there. */
export function judgeStatus(record: ExchangeRecord, heads: Heads, findings: Findings): void {
  const { status } = record.response;
  const rule = rules[status] ?? (status >= 505 ? otherFailure : undefined);
  rule?.(record, heads, findings);
}

const rules: Readonly<Record<number, Rule>> = {
  101: (record, _, findings) => {
    if (!record.request.present) return;
    findings.exchange(record, 'upgrade.unasked', server, () => `${asked(record)}: 101`);
  },
  201: (record, _, findings) => {
    const { head } = record.response;
    // A PUT creates at its own target; a Content-Location names it as well.
    if (record.request.method !== 'POST' || findField(head, KnownField.location) >= 0) return;
    findings.exchange(record, 'http.created-without-location', server, () => `${asked(record)}: 201 without Location`);
  },
  206: partialContent,
  304: (record, { request }, findings) => {
    if (!record.request.present || request.has(Field.ifNoneMatch) || request.has(Field.ifModifiedSince)) return;
    findings.exchange(record, 'http.not-modified-unasked', server, () => `${asked(record)}: 304 to no condition`);
  },
  400: note('http.bad-request', () => '400'),
  403: note('http.forbidden', () => '403'),
  407: (record, { response }, findings) => {
    if (response.has(Field.proxyAuthenticate)) return;
    findings.exchange(
      record,
      'http.proxy-unauthorized-without-challenge',
      server,
      () => `${asked(record)}: no Proxy-Authenticate`,
    );
  },
  408: note('http.request-timeout', () => '408'),
  409: note('http.conflict', () => '409'),
  410: note('http.gone', () => '410'),
  411: note('http.length-required', () => '411'),
  412: note('http.precondition-failed', () => '412'),
  413: note('http.content-too-large', (record) => `413 to ${record.request.bodyBytes} bytes of content`),
  414: note('http.target-too-long', ({ request: { head } }) => `414 to ${head.targetEnd - head.targetStart} bytes`),
  415: note('http.unsupported-media-type', ({ request }) => `415 to ${request.contentType ?? 'no Content-Type'}`),
  416: note('http.range-not-satisfiable', (_, { request, response }) => {
    const size = response.value(Field.contentRange);
    return `416 to ${request.value(Field.range) ?? 'no range'}${size === undefined ? '' : `; there is ${size}`}`;
  }),
  421: note('http.misdirected', (record) => `421 for ${record.host ?? 'no host'}`),
  426: (record, _, findings) => {
    if (findField(record.response.head, KnownField.upgrade) >= 0) return;
    findings.exchange(
      record,
      'http.upgrade-required-without-upgrade',
      server,
      () => `${asked(record)}: 426 without Upgrade`,
    );
  },
  428: note('http.precondition-required', () => '428'),
  429: (record, { response }, findings) => {
    const after = response.value(Field.retryAfter);
    const wait = after === undefined ? '' : `; Retry-After: ${after}`;
    const left = limitText(response);
    findings.exchange(record, 'http.rate-limited', client, () => `${asked(record)}: 429${wait}${left}`);
    if (after !== undefined) return;
    findings.exchange(
      record,
      'http.rate-limit-without-retry-after',
      server,
      () => `${asked(record)}: 429 without Retry-After`,
    );
  },
  431: note('http.fields-too-large', ({ request: { head } }) => `431 to a head of ${head.size} bytes`),
  500: failure('http.server-error'),
  501: failure('http.server-error'),
  502: failure('http.bad-gateway'),
  503: failure('http.unavailable'),
  504: failure('http.gateway-timeout'),
};

/**
 * A 401: what it demands, and what the request carried.
 *
 * @param times how often in a row this request has been answered so without credentials, this time included
 */
export function judgeUnauthorized(record: ExchangeRecord, heads: Heads, times: number, findings: Findings): void {
  const { request, response } = heads;
  const challenge = response.value(Field.wwwAuthenticate);
  if (challenge === undefined) {
    findings.exchange(record, 'http.unauthorized-without-challenge', server, `${asked(record)}: no WWW-Authenticate`);
  }
  const scheme = schemeOf(request.value(Field.authorization));
  if (scheme !== undefined) {
    findings.exchange(record, 'http.credentials-refused', client, `${asked(record)}: ${scheme} was refused`);
    return;
  }
  const wanted = challenge === undefined ? '' : `; the server wants ${schemeOf(challenge)!}`;
  const again = times > 1 ? `, ${times} times in a row` : '';
  findings.exchange(record, 'http.credentials-missing', client, `${asked(record)}: no Authorization${again}${wanted}`);
}

/** A 404, and what else under that path did answer. */
export function judgeMissing(record: ExchangeRecord, answers: Answers, findings: Findings): void {
  findings.exchange(
    record,
    'http.not-found',
    client,
    () => `${asked(record)}: 404${printable(answers.beside(record))}`,
  );
}

/** A 405, and which methods would do: those of Allow, else those that did. @param hash of the request */
export function judgeMethod(
  record: ExchangeRecord,
  hash: number,
  { response }: Heads,
  answers: Answers,
  findings: Findings,
): void {
  const allowed = response.value(Field.allow);
  if (allowed !== undefined) {
    const would = allowed === '' ? 'no method would do' : `${allowed} would do`;
    findings.exchange(record, 'http.method-not-allowed', server, `${asked(record)}: ${would}`);
    return;
  }
  const did = answers.methodsOf(hash);
  const detail = `${asked(record)}: no Allow${did === '' ? '' : `; ${did} did answer`}`;
  findings.exchange(record, 'http.method-not-allowed-without-allow', server, detail);
}

/** `; 0 of 100 requests left`, or what RateLimit says, in its own words. */
function limitText(response: FieldIndex): string {
  const left = response.value(Field.rateLimitLeft) ?? response.value(Field.xRateLimitLeft);
  const limit = response.value(Field.rateLimitLimit) ?? response.value(Field.xRateLimitLimit);
  if (left !== undefined) return `; ${left}${limit === undefined ? '' : ` of ${limit}`} requests left`;
  const said = response.value(Field.rateLimit);
  return said === undefined ? '' : `; RateLimit: ${said.slice(0, 100)}`;
}

/** The client's side of things: what it asked for and was told. */
function note(code: DiagnosticCode, told: (record: ExchangeRecord, heads: Heads) => string): Rule {
  return (record, heads, findings) =>
    findings.exchange(record, code, client, () => `${asked(record)}: ${told(record, heads)}`);
}

function failure(code: DiagnosticCode): Rule {
  return (record, { response }, findings) =>
    findings.exchange(record, code, server, () => {
      const by = response.value(Field.server);
      const via = response.value(Field.via);
      const after = response.value(Field.retryAfter);
      const said = `${by === undefined ? '' : ` by ${by}`}${after === undefined ? '' : `; Retry-After: ${after}`}`;
      return `${asked(record)}: ${record.response.status}${via === undefined ? '' : `, via ${via.slice(0, 100)}`}${said}`;
    });
}

const otherFailure = failure('http.server-error');

function partialContent(record: ExchangeRecord, { request, response }: Heads, findings: Findings): void {
  if (!record.request.present) return;
  const asking = request.value(Field.range);
  if (asking === undefined) {
    findings.exchange(record, 'http.partial-without-range', server, () => `${asked(record)}: 206 without Range`);
    return;
  }
  const given = response.value(Field.contentRange);
  if (given === undefined) {
    const type = combinedValue(record.response.head, KnownField.contentType) ?? '';
    if (/^multipart\/byteranges\b/i.test(type)) return;
    findings.exchange(record, 'http.partial-without-content-range', server, () => `${asked(record)}: no Content-Range`);
  } else if (!isPartOf(given, asking)) {
    findings.exchange(record, 'http.partial-mismatch', server, () => `${asked(record)}: ${given} for ${asking}`);
  }
}

/** Is `bytes 0-99/1234` a part of what `bytes=0-99` asks for? True where either is something else. */
function isPartOf(given: string, asking: string): boolean {
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(asking.trim());
  const got = /^bytes (\d+)-(\d+)\//.exec(given.trim());
  if (wanted === null || got === null) return true;
  if (Number(got[1]) !== Number(wanted[1])) return false;
  return wanted[2] === '' || Number(got[2]) <= Number(wanted[2]);
}

/** `Bearer` of `Bearer abc`. */
export function schemeOf(credentials: string | undefined): string | undefined {
  return credentials === undefined ? undefined : (/^[\w-]+/.exec(credentials)?.[0] ?? 'an unknown scheme');
}
