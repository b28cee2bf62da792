/**
 * The ClientHello inside a ClientHello (ECH, RFC 9849), opened with a key log's ECH_SECRET and ECH_CONFIG: the name that is
 * really asked for, and the random under which the session's secrets stand.
 */
import { parseClientHello, type ClientHello } from './client-hello.ts';
import { hpkeKeys, hpkeOpen } from './hpke.ts';
import { Extension } from './numbers.ts';

/**
 * @param message the outer hello without its header, as it was sent
 * @param config the ECHConfig it was made for
 * @returns null where they do not fit
 */
export function openHello(outer: ClientHello, message: Uint8Array, secret: string, config: string): ClientHello | null {
  const { sealed } = outer;
  const configuration = Buffer.from(config, 'hex');
  // version 2 | length 2 | config_id 1 | kem_id 2 | ...
  if (sealed === undefined || configuration.length < 7) return null;
  const suite = { kem: configuration.readUInt16BE(5), kdf: sealed.kdf, aead: sealed.aead };
  const info = Buffer.concat([Buffer.from('tls ech\0'), configuration]);
  const keys = hpkeKeys(suite, Buffer.from(secret, 'hex'), info);
  if (keys === null) return null;
  // Covered is the whole outer hello, zeros in the payload's place (RFC 9849 5.2).
  const covered = Buffer.from(message);
  const payload = Buffer.from(covered.subarray(sealed.from, sealed.to));
  covered.fill(0, sealed.from, sealed.to);
  const text = hpkeOpen(keys, covered, payload);
  const inner = text === null ? null : parseClientHello(text, 0, text.length);
  if (inner !== null && inner.outerExtensions.includes(Extension.alpn)) inner.alpn = outer.alpn;
  return inner;
}
