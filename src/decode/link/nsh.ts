/**
 * Network service header (RFC 8300 2.2): | version, flags, TTL, length 2 | metadata type 1 | next protocol 1 | service
 * path 4 | context |. The length counts four-byte words.
 */
import { EtherType } from './ether-type.ts';
import type { PayloadSink } from './payload-sink.ts';

const leastLength = 8;
const NextProtocol = { ipv4: 1, ipv6: 2, ethernet: 3, nsh: 4, mpls: 5 } as const;

export function nsh(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < leastLength) return sink.truncated('NSH', leastLength, end - start);
  const length = (data[start + 1]! & 0x3f) * 4;
  if (data[start]! >>> 6 !== 0 || length < leastLength) return sink.notIp();
  if (start + length > end) return sink.truncated('NSH', length, end - start);
  byNextProtocol(sink, data[start + 3]!, data, start + length, end);
}

/** Payload named by the number that NSH and VXLAN-GPE have in common. */
export function byNextProtocol(sink: PayloadSink, next: number, data: Uint8Array, start: number, end: number): void {
  switch (next) {
    case NextProtocol.ipv4:
    case NextProtocol.ipv6:
      return sink.ip(data, start, end);
    case NextProtocol.ethernet:
      return sink.etherType(EtherType.transparentBridging, data, start, end);
    case NextProtocol.nsh:
      return sink.etherType(EtherType.nsh, data, start, end);
    case NextProtocol.mpls:
      return sink.etherType(EtherType.mpls, data, start, end);
    default:
      return sink.notIp();
  }
}
