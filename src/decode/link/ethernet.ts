/**
 * Ethernet II and IEEE 802.3.
 *
 *   | destination 6 | source 6 | EtherType 2, or length | payload, padded to 46 |
 *
 * The frame check sequence, where one was captured, is padding to the layers above: they go by their own lengths.
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 14;

export function ethernet(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + headerLength;
  if (at > end) return sink.truncated('Ethernet', headerLength, end - start);
  sink.etherType(u16(data, at - 2), data, at, end);
}

/** Preamble and start delimiter of an express frame (IEEE 802.3br): seven bytes 0x55, then 0xd5. */
const preambleLength = 8;
const express = 0xd5;

/** An mPacket: a frame with its preamble. A frame that was divided on the way is not put together. */
export function ethernetMpacket(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + preambleLength;
  if (at > end) return sink.truncated('Ethernet mPacket', preambleLength, end - start);
  if (data[at - 1] !== express) return sink.notIp();
  ethernet(sink, data, at, end);
}
