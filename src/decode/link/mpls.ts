/**
 * MPLS label stack (RFC 3032). Nothing says what is below it: the first four bits are an IP version, or 0 for the
 * control word of a pseudowire (RFC 4385), or the beginning of an Ethernet pseudowire without one (RFC 4448).
 *
 *   | label 20 bits | traffic class 3 | bottom of stack 1 | TTL 8 |
 */
import { ethernet } from './ethernet.ts';
import type { PayloadSink } from './payload-sink.ts';

const entryLength = 4;
const controlWordLength = 4;

export function mpls(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start;
  let bottom: boolean;
  do {
    if (at + entryLength > end) return sink.truncated('MPLS', entryLength, end - at);
    bottom = (data[at + 2]! & 1) === 1;
    at += entryLength;
  } while (!bottom);
  if (at === end) return sink.notIp();
  switch (data[at]! >>> 4) {
    case 4:
    case 6:
      return sink.ip(data, at, end);
    case 0:
      return ethernet(sink, data, Math.min(at + controlWordLength, end), end);
    case 1:
      return sink.notIp(); // the pseudowire's own channel (RFC 4385 5)
    default:
      return ethernet(sink, data, at, end);
  }
}
