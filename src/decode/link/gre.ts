/**
 * Generic routing encapsulation (RFC 2784, 2890), and version 1 as PPTP uses it (RFC 2637 4.1).
 *
 *   |C|R|K|S|s|Recur|A| Flags | Ver |    Protocol type    |
 *   | checksum 2, offset 2 (C or R) | key 4 (K) | sequence 4 (S) | acknowledgment 4 (A, version 1) |
 */
import { u16 } from '../../core/bytes.ts';
import { erspan2, erspan3 } from './erspan.ts';
import { EtherType } from './ether-type.ts';
import { ethernet } from './ethernet.ts';
import { ieee80211 } from './ieee80211.ts';
import type { PayloadSink } from './payload-sink.ts';
import { ppp } from './ppp.ts';

const headerLength = 4;
const Flag = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, acknowledgment: 0x0080 } as const;
const version = 0x0007;

/** Protocol types of GRE's own, beside the EtherTypes. */
const GreProtocol = { wccp: 0x883e, erspan2: 0x88be, erspan3: 0x22eb } as const;

export function gre(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < headerLength) return sink.truncated('GRE', headerLength, end - start);
  const flags = u16(data, start);
  const pptp = (flags & version) === 1;
  const at = start + greLength(flags, pptp);
  if (at > end) return sink.truncated('GRE', at - start, end - start);
  if ((flags & version) > 1 || (flags & Flag.routing) !== 0) return sink.notIp();
  const protocol = u16(data, start + 2);
  if (pptp) pptpPayload(sink, protocol, data, at, Math.min(end, at + u16(data, start + 4)));
  else payload(sink, protocol, flags, data, at, end);
}

function greLength(flags: number, pptp: boolean): number {
  let length = headerLength;
  if ((flags & (Flag.checksum | Flag.routing)) !== 0) length += 4;
  if ((flags & Flag.key) !== 0 || pptp) length += 4;
  if ((flags & Flag.sequence) !== 0) length += 4;
  if (pptp && (flags & Flag.acknowledgment) !== 0) length += 4;
  return length;
}

/** The key field of version 1 is a payload length and a call; an empty payload only acknowledges. */
function pptpPayload(sink: PayloadSink, protocol: number, data: Uint8Array, start: number, end: number): void {
  if (protocol === EtherType.ppp && start < end) ppp(sink, data, start, end);
  else sink.notIp();
}

function payload(
  sink: PayloadSink,
  protocol: number,
  flags: number,
  data: Uint8Array,
  start: number,
  end: number,
): void {
  switch (protocol) {
    case EtherType.ppp:
      return ppp(sink, data, start, end);
    case GreProtocol.wccp:
      return wccp(sink, data, start, end);
    case GreProtocol.erspan2:
      // Type I has neither a sequence number nor a header of its own.
      if ((flags & Flag.sequence) === 0) return ethernet(sink, data, start, end);
      return erspan2(sink, data, start, end);
    case GreProtocol.erspan3:
      return erspan3(sink, data, start, end);
    default:
      if (isAruba(protocol)) ieee80211(sink, data, start, end);
      else sink.etherType(protocol, data, start, end);
  }
}

/** Redirected by WCCP: version 2 puts four bytes in front of the packet, version 1 none. */
function wccp(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start >= end) return sink.notIp();
  const version1 = data[start]! >>> 4 === 4;
  sink.ip(data, version1 ? start : Math.min(start + 4, end), end);
}

/** Aruba's access points tunnel 802.11 frames under 0x8200, 0x8210 ... 0x83f0, one number a radio. */
function isAruba(protocol: number): boolean {
  return (protocol & 0xfe0f) === 0x8200;
}
