/** macOS's packet tap: | header length 4 | record type 4 | link type 4 | interface, process ... |, little-endian. */
import { u32le } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const shortestHeader = 12;

export function pktap(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < shortestHeader) return sink.truncated('PKTAP', shortestHeader, end - start);
  const length = u32le(data, start);
  if (length < shortestHeader || length > end - start) return sink.truncated('PKTAP', length, end - start);
  sink.frame(u32le(data, start + 8), data, start + length, end);
}
