/**
 * Redirects followed across exchanges and connections: chains, loops, methods that were changed and https that was left.
 * A chain goes on where the same client asks for the URL that Location named, within half a minute.
 */
import { KnownField, combinedValue } from '../../core/http.ts';
import { client, server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { asked, type Findings } from './findings.ts';
import { urlHash } from './request-hash.ts';

const longestWait = 30e9;
const mostChains = 1024;
/** Redirects of one chain that are remembered. */
const longestChain = 16;
const longestUrl = 2048;
/** From this many redirects on, a chain is worth a note. */
const notable = 3;

interface Chain {
  /** URLs in their order, the last being where the chain leads next. */
  readonly urls: string[];
  /** Hashes of the requests that were redirected. */
  readonly asked: number[];
  method: string;
  status: number;
  time: number;
  looped: boolean;
}

export class Redirects {
  private readonly findings: Findings;
  /** Chains by the hash of the request that would go on with them. */
  private readonly open = new Map<number, Chain>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord, hash: number): void {
    const chain = this.open.size > 0 ? this.take(record, hash) : undefined;
    if (chain !== undefined) this.checkMethod(record, chain);
    if (isRedirect(record.response.status)) this.redirected(record, hash, chain);
    else if (chain !== undefined && chain.asked.length >= notable) {
      this.findings.exchange(record, 'http.redirect-chain', client, pathText(chain.urls));
    }
  }

  private take(record: ExchangeRecord, hash: number): Chain | undefined {
    const chain = this.open.get(hash);
    if (chain === undefined) return undefined;
    this.open.delete(hash);
    return record.request.time - chain.time <= longestWait ? chain : undefined;
  }

  private checkMethod(record: ExchangeRecord, chain: Chain): void {
    const { method } = record.request;
    if (chain.status === 303 || method === chain.method || method !== 'GET' || chain.method === 'HEAD') return;
    const { urls, status } = chain;
    const detail = () => `${chain.method} ${shown(urls.at(-2)!)}: ${status}, then GET ${shown(urls.at(-1)!)}`;
    const isKept = status === 307 || status === 308;
    const code = isKept ? 'http.redirect-method-not-kept' : 'http.redirect-changed-method';
    this.findings.exchange(record, code, client, detail);
  }

  private redirected(record: ExchangeRecord, hash: number, before: Chain | undefined): void {
    const location = combinedValue(record.response.head, KnownField.location);
    if (location === undefined) {
      const detail = () => `${asked(record)}: ${record.response.status} without Location`;
      this.findings.exchange(record, 'http.redirect-without-location', server, detail);
      return;
    }
    const to = resolved(location, record.url);
    if (to === undefined || to.length > longestUrl || record.request.head.size > longestUrl * 8) return;
    if (record.secure && to.startsWith('http:')) {
      this.findings.exchange(record, 'http.redirect-to-clear', server, `${shown(record.url)} to ${shown(to)}`);
    }
    const chain = before ?? {
      urls: [record.url.slice(0, longestUrl)],
      asked: [],
      method: '',
      status: 0,
      time: 0,
      looped: false,
    };
    if (chain.asked.includes(hash) && !chain.looped) {
      chain.looped = true;
      this.findings.exchange(record, 'http.redirect-loop', server, pathText(chain.urls));
    }
    if (chain.asked.length >= longestChain) return;
    chain.asked.push(hash);
    chain.urls.push(to);
    chain.method = record.request.method;
    chain.status = record.response.status;
    chain.time = record.response.endTime;
    this.remember(urlHash(record, to), chain);
  }

  private remember(hash: number, chain: Chain): void {
    this.open.delete(hash);
    if (this.open.size >= mostChains) this.open.delete(this.open.keys().next().value!);
    this.open.set(hash, chain);
  }
}

function isRedirect(status: number): boolean {
  return status === 302 || status === 301 || status === 303 || status === 307 || status === 308;
}

/** The URL a Location means (RFC 9110 10.2.2), as the next request will spell it; undefined where it means none. */
function resolved(location: string, base: string): string | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  url.hash = '';
  return url.href;
}

function pathText(urls: readonly string[]): string {
  const named = urls.length <= 6 ? urls : [...urls.slice(0, 5), urls.at(-1)!];
  return named.map(shown).join(' → ');
}

function shown(url: string): string {
  return url.length > 100 ? url.slice(0, 100) + '…' : url;
}
