/** Secrets that everybody on the way can read, and those that end up where URLs are kept. Values are never told. */
import { latin1 } from '../../core/bytes.ts';
import { KnownField, fieldValue, findField } from '../../core/http.ts';
import { client, server, type Side } from '../../core/side.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { Field } from './field-index.ts';
import { asked, type Findings } from './findings.ts';
import { lastTarget, textHash } from './request-hash.ts';
import { schemeOf, type Heads } from './status-rules.ts';

const mostTold = 4096;
/** Characters of a query that are looked at. */
const longestQuery = 4096;

const secretNames = [
  'access_token', 'id_token', 'refresh_token', 'auth_token', 'token', 'api-key', 'api_key', 'apikey', 'password', 'passwd',
  'pwd', 'client_secret', 'jwt',
]; // prettier-ignore
const secretParameter = new RegExp(`[?&](${secretNames.join('|')})=[^&#]{8}`, 'i');

/** By length, the first letters that names of secrets have, as bits. */
const firstLetters = new Int32Array(16);
for (const name of secretNames) firstLetters[name.length]! |= 1 << (name.charCodeAt(0) & 31);

/** Whether a parameter has the length and the first letter of a secret's name: few others do, and no text is made of them. */
function mayHoldSecret(data: Uint8Array, query: number, end: number): boolean {
  let name = query + 1;
  for (let i = name; i < end; i++) {
    const c = data[i]!;
    if (c === 0x26) name = i + 1;
    else if (c === 0x3d) {
      if (i - name < 16 && i > name && (firstLetters[i - name]! & (1 << (data[name]! & 31))) !== 0) return true;
      while (i + 1 < end && data[i + 1] !== 0x26) i++;
    }
  }
  return false;
}

export class Secrets {
  private readonly findings: Findings;
  /** Hashes of what was told already: each secret of a kind is told once a server. */
  private readonly told = new Set<number>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** Comes after the request has been hashed. */
  exchange(record: ExchangeRecord, heads: Heads): void {
    if (record.request.present) {
      if (lastTarget.mayHaveQuery) this.inTarget(record);
      const authorization = heads.request.has(Field.authorization);
      if (authorization && !record.secure && !isLoopback(record)) this.inClear(record, heads);
    }
    if (record.response.present) this.cookies(record);
  }

  private inClear(record: ExchangeRecord, { request }: Heads): void {
    const scheme = schemeOf(request.value(Field.authorization))!;
    // Schemes that prove a secret without sending it.
    if (/^(?:digest|negotiate|ntlm|hawk|aws4.*|hoba|mutual|scram.*)$/i.test(scheme)) return;
    const detail = `${asked(record)}: ${scheme} credentials over plain HTTP`;
    this.tell(record, 'security.credentials-in-clear', client, scheme, detail);
  }

  private inTarget(record: ExchangeRecord): void {
    const { data, targetStart, targetEnd } = record.request.head;
    let query = targetStart;
    while (query < targetEnd && data[query] !== 0x3f) query++;
    if (query === targetEnd || !mayHoldSecret(data, query, Math.min(targetEnd, query + longestQuery))) return;
    const name = secretParameter.exec(latin1(data, query, Math.min(targetEnd, query + longestQuery)))?.[1];
    if (name === undefined) return;
    const path = latin1(data, targetStart, Math.min(query, targetStart + 100));
    this.tell(record, 'security.token-in-url', client, name, `${record.request.method} ${path}: the parameter ${name}`);
  }

  private cookies(record: ExchangeRecord): void {
    const { head } = record.response;
    for (let i = findField(head, KnownField.setCookie); i >= 0; i = findField(head, KnownField.setCookie, i + 1)) {
      const value = fieldValue(head, i);
      const name = (/^[^=;]{1,64}/.exec(value)?.[0] ?? 'without a name').trim();
      if (record.secure && !/;\s*secure\s*(?:;|$)/i.test(value)) {
        const detail = `${asked(record)}: the cookie ${name} lacks Secure`;
        this.tell(record, 'security.cookie-without-secure', server, name, detail);
      } else if (!record.secure && !isLoopback(record)) {
        this.tell(record, 'security.cookie-in-clear', server, name, `${asked(record)}: sets the cookie ${name}`);
      }
    }
  }

  private tell(record: ExchangeRecord, code: DiagnosticCode, side: Side, name: string, detail: string): void {
    const key = textHash(0x811c9dc5, `${code} ${name} ${record.server}`);
    if (this.told.has(key) || this.told.size >= mostTold) return;
    this.told.add(key);
    this.findings.exchange(record, code, side, detail);
  }
}

/** Between programs of one machine nobody listens. */
function isLoopback({ table, slot }: ExchangeRecord): boolean {
  const at = table.wordsAt(slot, server);
  const { words } = table;
  if (table.ipVersion(slot) === 4) return words[at]! >>> 24 === 127;
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0 && words[at + 3] === 1;
}
