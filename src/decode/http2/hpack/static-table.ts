/** HPACK's static table (RFC 7541 appendix A), as octets in one buffer. Indexes 1-61; entry 0 is empty. */
import { octets } from '../../http/octets.ts';
import { knownFieldNames } from '../../../core/http.ts';

const entries: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'],
  [':scheme', 'http'], [':scheme', 'https'], [':status', '200'], [':status', '204'], [':status', '206'],
  [':status', '304'], [':status', '400'], [':status', '404'], [':status', '500'], ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'], ['accept-language', ''], ['accept-ranges', ''], ['accept', ''],
  ['access-control-allow-origin', ''], ['age', ''], ['allow', ''], ['authorization', ''], ['cache-control', ''],
  ['content-disposition', ''], ['content-encoding', ''], ['content-language', ''], ['content-length', ''],
  ['content-location', ''], ['content-range', ''], ['content-type', ''], ['cookie', ''], ['date', ''], ['etag', ''],
  ['expect', ''], ['expires', ''], ['from', ''], ['host', ''], ['if-match', ''], ['if-modified-since', ''],
  ['if-none-match', ''], ['if-range', ''], ['if-unmodified-since', ''], ['last-modified', ''], ['link', ''],
  ['location', ''], ['max-forwards', ''], ['proxy-authenticate', ''], ['proxy-authorization', ''], ['range', ''],
  ['referer', ''], ['refresh', ''], ['retry-after', ''], ['server', ''], ['set-cookie', ''],
  ['strict-transport-security', ''], ['transfer-encoding', ''], ['user-agent', ''], ['vary', ''], ['via', ''],
  ['www-authenticate', ''],
]; // prettier-ignore

/** Number of entries: dynamic indexes begin behind it. */
export const staticCount = entries.length;

/** Names and values, one after another. */
export const staticData: Uint8Array = octets(entries.map(([name, value]) => name + value).join(''));
/** By index: where the name starts, where it ends and the value starts, where the value ends. */
export const staticStart: Int32Array = new Int32Array(staticCount + 1);
export const staticNameEnd: Int32Array = new Int32Array(staticCount + 1);
export const staticEnd: Int32Array = new Int32Array(staticCount + 1);
/** By index: the name's `KnownField`. */
export const staticKnown: Uint8Array = new Uint8Array(staticCount + 1);

let at = 0;
for (const [i, [name, value]] of entries.entries()) {
  staticStart[i + 1] = at;
  staticNameEnd[i + 1] = at + name.length;
  at += name.length + value.length;
  staticEnd[i + 1] = at;
  staticKnown[i + 1] = Math.max(0, knownFieldNames.indexOf(name));
}
