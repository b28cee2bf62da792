/** EtherIP (RFC 3378): | version 4 bits, 3 | reserved 12 bits | Ethernet frame. */
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 2;

export function etherip(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + headerLength;
  if (at > end) return sink.truncated('EtherIP', headerLength, end - start);
  if (data[start]! >>> 4 !== 3) return sink.notIp();
  ethernet(sink, data, at, end);
}
