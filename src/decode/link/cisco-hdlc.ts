/**
 * Cisco's HDLC framing: | address 1 | control 1 | EtherType 2 |, the address 0x0f (unicast) or 0x8f (multicast).
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 4;
const unicast = 0x0f;
const multicast = 0x8f;

export function ciscoHdlc(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + headerLength;
  if (at > end) return sink.truncated('Cisco HDLC', headerLength, end - start);
  sink.etherType(u16(data, at - 2), data, at, end);
}

export function isCiscoHdlc(data: Uint8Array, start: number, end: number): boolean {
  return start < end && (data[start] === unicast || data[start] === multicast);
}

/** Cisco HDLC behind a byte that tells the direction. */
export function ciscoHdlcWithDirection(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (start >= end) return sink.truncated('Cisco HDLC direction', 1, 0);
  ciscoHdlc(sink, data, start + 1, end);
}
