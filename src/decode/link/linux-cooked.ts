/**
 * Linux "cooked" captures: what `tcpdump -i any` writes. SLL is 16 bytes with the protocol at their end, SLL2 20 bytes
 * with the protocol first and an interface index. The protocol is an EtherType, or small for 802.2 and 802.3.
 */
import { u16 } from '../../core/bytes.ts';
import { llc } from './llc.ts';
import type { PayloadSink } from './payload-sink.ts';

const sllLength = 16;
const sll2Length = 20;
/** Linux's ETH_P_802_2: an LLC header follows. */
const linuxLlc = 0x0004;

export function linuxCooked(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + sllLength;
  if (at > end) return sink.truncated('Linux cooked', sllLength, end - start);
  protocol(sink, u16(data, at - 2), data, at, end);
}

export function linuxCooked2(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + sll2Length;
  if (at > end) return sink.truncated('Linux cooked v2', sll2Length, end - start);
  protocol(sink, u16(data, start), data, at, end);
}

function protocol(sink: PayloadSink, type: number, data: Uint8Array, start: number, end: number): void {
  if (type === linuxLlc) llc(sink, data, start, end);
  else if (type < 0x0600) sink.notIp();
  else sink.etherType(type, data, start, end);
}
