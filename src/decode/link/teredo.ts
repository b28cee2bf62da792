/**
 * Teredo: IPv6 in UDP across address translators (RFC 4380 5.1.1), after an authentication and an origin indication
 * where there are any.
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const authentication = 0x0001;
const origin = 0x0000;
const originLength = 8;
/** Indicator, two lengths, nonce, confirmation byte. */
const authenticationLength = 13;
const ipv6HeaderLength = 40;

/** False where it does not look like Teredo. */
export function teredo(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (at + authenticationLength <= end && u16(data, at) === authentication) {
    at += authenticationLength + data[at + 2]! + data[at + 3]!;
  }
  if (at + originLength <= end && u16(data, at) === origin) at += originLength;
  if (at + ipv6HeaderLength > end || data[at]! >>> 4 !== 6) return false;
  sink.ip(data, at, end);
  return true;
}
