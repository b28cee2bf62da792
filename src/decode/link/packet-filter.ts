/**
 * Pseudo-interfaces of the BSDs: the packet filter's log (PFLOG), and packets on their way through IPsec (ENC), as they
 * are outside the encryption. Both put a header of their own before an IP packet.
 *
 *   PFLOG: | length 1 | address family 1 | action 1 | reason 1 | interface 16 | rule set 16 | ... |
 *   ENC:   | address family 4 | security parameters index 4 | flags 4 |
 */
import type { PayloadSink } from './payload-sink.ts';

/** Up to the rule's number: what all versions have in common. */
const leastPflog = 44;
const encLength = 12;

/** The length says what the header holds, without the padding to a multiple of four behind it. */
export function pflog(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < leastPflog) return sink.truncated('PFLOG', leastPflog, end - start);
  const length = (data[start]! + 3) & ~3;
  if (length < leastPflog) return sink.notIp();
  if (start + length > end) return sink.truncated('PFLOG', length, end - start);
  sink.ip(data, start + length, end);
}

export function enc(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < encLength) return sink.truncated('ENC', encLength, end - start);
  sink.ip(data, start + encLength, end);
}
