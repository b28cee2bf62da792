/**
 * VXLAN (RFC 7348 5): | flags 1 | reserved 3 | network identifier 3 | reserved 1 | Ethernet frame. The I flag must be
 * set; extensions give meaning to others. VXLAN-GPE, on a port of its own, has the number of what is inside in the last
 * reserved byte (draft-ietf-nvo3-vxlan-gpe 3).
 */
import { ethernet } from './ethernet.ts';
import { byNextProtocol } from './nsh.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 8;
const identifierPresent = 0x08;
const nextProtocolPresent = 0x04;

/** False where it does not look like VXLAN. */
export function vxlan(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  const at = start + headerLength;
  if (at >= end || (data[start]! & identifierPresent) === 0) return false;
  ethernet(sink, data, at, end);
  return true;
}

/** False where it does not look like VXLAN-GPE. */
export function vxlanGpe(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  if ((data[start]! & nextProtocolPresent) === 0) return vxlan(sink, data, start, end);
  const at = start + headerLength;
  if (at >= end || (data[start]! & identifierPresent) === 0) return false;
  byNextProtocol(sink, data[start + 3]!, data, at, end);
  return true;
}
