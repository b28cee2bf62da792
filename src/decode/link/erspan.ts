/** Mirrored Ethernet frames inside GRE: ERSPAN type II (version field 1) and type III (version field 2). */
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const type2Length = 8;
const type3Length = 12;
const subheaderLength = 8;

export function erspan2(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + type2Length;
  if (at > end) return sink.truncated('ERSPAN', type2Length, end - start);
  ethernet(sink, data, at, end);
}

/** The last bit of the header says whether a platform-specific one follows; its frame type must be Ethernet's, 0. */
export function erspan3(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start + type3Length;
  if (at > end) return sink.truncated('ERSPAN', type3Length, end - start);
  const frameType = (data[at - 2]! >>> 2) & 0x1f;
  if ((data[at - 1]! & 1) === 1) at += subheaderLength;
  if (at > end) return sink.truncated('ERSPAN', at - start, end - start);
  switch (frameType) {
    case 0:
      return ethernet(sink, data, at, end);
    case 2:
      return sink.ip(data, at, end);
    default:
      return sink.notIp();
  }
}
