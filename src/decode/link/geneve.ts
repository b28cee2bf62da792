/**
 * Geneve (RFC 8926 3.4): | version 2 bits, option length 6 | flags 1 | protocol 2 | network identifier 3 | reserved 1 |
 * options, 4 bytes a unit | payload. The protocol is an EtherType, mostly transparent Ethernet bridging.
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 8;

/** False where it does not look like Geneve. */
export function geneve(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  if (start + headerLength > end || data[start]! >>> 6 !== 0) return false;
  const at = start + headerLength + (data[start]! & 0x3f) * 4;
  if (at > end) return false;
  sink.etherType(u16(data, start + 2), data, at, end);
  return true;
}
