/**
 * PPP over Ethernet, session stage (RFC 2516 4). The length field leaves Ethernet's padding behind.
 *
 *   | version 4 bits, type 4 | code 1 | session 2 | length 2 | PPP ...
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';
import { ppp } from './ppp.ts';

const headerLength = 6;
const sessionData = 0x00;

export function pppoe(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + headerLength;
  if (at > end) return sink.truncated('PPPoE', headerLength, end - start);
  if (data[start + 1] !== sessionData) return sink.notIp();
  ppp(sink, data, at, Math.min(end, at + u16(data, start + 4)));
}
