/**
 * VLAN tags (IEEE 802.1Q), any number of them. They tell networks apart, not connections: a packet is the same one on
 * both sides of a switch that adds a tag.
 *
 *   | priority 3 bits, DEI 1, VLAN 12 | EtherType 2 |
 */
import { u16 } from '../../core/bytes.ts';
import { EtherType } from './ether-type.ts';
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const tagLength = 4;

/** @param start behind the EtherType that announces the first tag */
export function vlan(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  let type: number;
  do {
    if (at + tagLength > end) return sink.truncated('VLAN', tagLength, end - at);
    type = u16(data, at + 2);
    at += tagLength;
  } while (isVlan(type));
  sink.etherType(type, data, at, end);
}

function isVlan(type: number): boolean {
  return (
    type === EtherType.vlan ||
    type === EtherType.serviceVlan ||
    type === EtherType.oldServiceVlan ||
    type === EtherType.oldServiceVlan2
  );
}

const serviceTagLength = 4;

/** IEEE 802.1ah: a provider's tag (| flags 1 | service 3 |), then the customer's whole frame. */
export function backboneFrame(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + serviceTagLength;
  if (at > end) return sink.truncated('backbone service tag', serviceTagLength, end - start);
  ethernet(sink, data, at, end);
}
