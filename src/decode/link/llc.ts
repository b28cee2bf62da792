/**
 * Logical link control (IEEE 802.2) and the sub-network access protocol that puts an EtherType behind it (RFC 1042).
 *
 *   | DSAP 1 | SSAP 1 | control 1 | OUI 3 | EtherType 2 |
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const llcLength = 3;
const snapLength = 8;
const Sap = { ip: 0x06, snap: 0xaa } as const;
const unnumberedInformation = 0x03;
/** Organization codes whose protocol field is an EtherType: RFC 1042, and 802.1H's bridge tunnel. */
const rfc1042 = 0x000000;
const bridgeTunnel = 0x0000f8;

export function llc(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < llcLength) return sink.truncated('LLC', llcLength, end - start);
  const dsap = data[start]!;
  if (data[start + 2] !== unnumberedInformation) return sink.notIp();
  if (dsap === Sap.ip) return sink.ip(data, start + llcLength, end);
  if (dsap !== Sap.snap) return sink.notIp();
  if (end - start < snapLength) return sink.truncated('SNAP', snapLength, end - start);
  const organization = (data[start + 3]! << 16) | u16(data, start + 4);
  if (organization !== rfc1042 && organization !== bridgeTunnel) return sink.notIp();
  sink.etherType(u16(data, start + 6), data, start + snapLength, end);
}
