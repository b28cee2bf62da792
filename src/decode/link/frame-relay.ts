/**
 * Frame relay: an address of two to four bytes (Q.922), then either the multiprotocol encapsulation of RFC 2427, where a
 * network layer protocol identifier stands behind a control byte, or Cisco's own, where an EtherType follows at once.
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';
import { ppp } from './ppp.ts';

const longestAddress = 4;
const unnumberedInformation = 0x03;
const Nlpid = { padding: 0x00, snap: 0x80, ipv6: 0x8e, ipv4: 0xcc, ppp: 0xcf } as const;
const snapLength = 5;

export function frameRelay(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  // The lowest bit is set in the address's last byte.
  while (at < end && at - start < longestAddress && (data[at]! & 1) === 0) at++;
  at++;
  if (at + 2 > end) return sink.truncated('frame relay', at + 2 - start, end - start);
  if (data[at] !== unnumberedInformation) return sink.etherType(u16(data, at), data, at + 2, end);
  at++;
  if (data[at] === Nlpid.padding && at + 1 < end) at++;
  encapsulated(sink, data[at]!, data, at + 1, end);
}

/** Frame relay behind a byte that tells the direction. */
export function frameRelayWithDirection(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start >= end) return sink.truncated('frame relay direction', 1, 0);
  frameRelay(sink, data, start + 1, end);
}

function encapsulated(sink: PayloadSink, protocol: number, data: Uint8Array, start: number, end: number): void {
  switch (protocol) {
    case Nlpid.ipv4:
    case Nlpid.ipv6:
      return sink.ip(data, start, end);
    case Nlpid.ppp:
      return ppp(sink, data, start, end);
    case Nlpid.snap:
      if (start + snapLength > end) return sink.truncated('SNAP', snapLength, end - start);
      if (data[start] !== 0 || u16(data, start + 1) !== 0) return sink.notIp();
      return sink.etherType(u16(data, start + 3), data, start + snapLength, end);
    default:
      return sink.notIp();
  }
}
