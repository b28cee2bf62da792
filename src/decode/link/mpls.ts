/**
 * MPLS label stack (RFC 3032). Nothing says what is below it: an Ethernet frame that holds IP shows, else the first four
 * bits are an IP version, or 0 for the control word of an Ethernet pseudowire (RFC 4385, RFC 4448 4.6).
 *
 *   | label 20 bits | traffic class 3 | bottom of stack 1 | TTL 8 |
 */
import { u16 } from '../../core/bytes.ts';
import { EtherType } from './ether-type.ts';
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const entryLength = 4;
const controlWordLength = 4;
const ethernetLength = 14;

export function mpls(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  let bottom: boolean;
  do {
    if (at + entryLength > end) return sink.truncated('MPLS', entryLength, end - at);
    bottom = (data[at + 2]! & 1) === 1;
    at += entryLength;
  } while (!bottom);
  belowLabels(sink, data, at, end);
}

function belowLabels(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start === end) return sink.notIp();
  if (isEthernetWithIp(data, start, end)) return ethernet(sink, data, start, end);
  switch (data[start]! >>> 4) {
    case 4:
    case 6:
      return sink.ip(data, start, end);
    case 1:
      return sink.notIp(); // the pseudowire's own channel (RFC 4385 5)
    default:
      return ethernet(sink, data, hasControlWord(data, start, end) ? start + controlWordLength : start, end);
  }
}

/** Addresses may begin like an IP packet or a control word; an EtherType with its IP version behind it is no chance. */
function isEthernetWithIp(data: Uint8Array, start: number, end: number): boolean {
  if (start + ethernetLength >= end) return false;
  const type = u16(data, start + ethernetLength - 2);
  const version = data[start + ethernetLength]! >>> 4;
  return (type === EtherType.ipv4 && version === 4) || (type === EtherType.ipv6 && version === 6);
}

/** Sixteen bits 0, then a sequence number. */
function hasControlWord(data: Uint8Array, start: number, end: number): boolean {
  return start + controlWordLength <= end && u16(data, start) === 0;
}
