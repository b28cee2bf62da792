/**
 * VXLAN (RFC 7348 5): | flags 1 | reserved 3 | network identifier 3 | reserved 1 | Ethernet frame. The I flag must be
 * set; extensions give meaning to others.
 */
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 8;
const identifierPresent = 0x08;

/** False where it does not look like VXLAN. */
export function vxlan(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  const at = start + headerLength;
  if (at >= end || (data[start]! & identifierPresent) === 0) return false;
  ethernet(sink, data, at, end);
  return true;
}
