/**
 * PPP (RFC 1661), with or without the address and control bytes of its HDLC framing (RFC 1662), with a protocol field
 * of two bytes or, where its compression was agreed, one (the low bit of the last byte is set).
 */
import { u16 } from '../../core/bytes.ts';
import { ciscoHdlc, isCiscoHdlc } from './cisco-hdlc.ts';
import { EtherType } from './ether-type.ts';
import type { PayloadSink } from './payload-sink.ts';

const PppProtocol = { ipv4: 0x0021, ipv6: 0x0057, mpls: 0x0281, mplsMulticast: 0x0283 } as const;
const addressAndControl = 0xff03;

export function ppp(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  if (end - at >= 2 && u16(data, at) === addressAndControl) at += 2;
  if (at >= end) return sink.truncated('PPP', 2, end - at);
  const short = (data[at]! & 1) === 1;
  if (!short && end - at < 2) return sink.truncated('PPP', 2, end - at);
  const protocol = short ? data[at]! : u16(data, at);
  at += short ? 1 : 2;
  switch (protocol) {
    case PppProtocol.ipv4:
    case PppProtocol.ipv6:
      return sink.ip(data, at, end);
    case PppProtocol.mpls:
    case PppProtocol.mplsMulticast:
      return sink.etherType(EtherType.mpls, data, at, end);
    default:
      return sink.notIp();
  }
}

/** A serial line: PPP in HDLC framing, or Cisco's own; the address byte tells (RFC 1547 4.3.1). */
export function serialLine(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (isCiscoHdlc(data, start, end)) ciscoHdlc(sink, data, start, end);
  else ppp(sink, data, start, end);
}

/** PPP behind a byte that tells the direction. */
export function pppWithDirection(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start >= end) return sink.truncated('PPP direction', 1, 0);
  ppp(sink, data, start + 1, end);
}

/** As Linux's pppd captures it: the direction stands in place of the address, the control byte behind it. */
export function pppOfPppd(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start + 2 > end) return sink.truncated('PPP', 4, end - start);
  ppp(sink, data, start + 2, end);
}
