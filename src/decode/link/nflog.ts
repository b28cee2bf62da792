/**
 * Linux netfilter's log: | family 1 | version 1 | resource 2 | attributes |. An attribute is | length 2 | type 2 | value |
 * in the byte order of the machine, padded to four bytes; one of them is the IP packet.
 */
import { u16, u16le } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 4;
const attributeHeader = 4;
const payloadAttribute = 9;

export function nflog(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  let at = start + headerLength;
  if (at > end) return sink.truncated('NFLOG', headerLength, end - start);
  while (at + attributeHeader <= end) {
    // A type is small, so the byte order shows.
    const little = data[at + 3] === 0;
    const length = little ? u16le(data, at) : u16(data, at);
    const type = little ? u16le(data, at + 2) : u16(data, at + 2);
    if (length < attributeHeader) break;
    if (type === payloadAttribute) return sink.ip(data, at + attributeHeader, Math.min(end, at + length));
    at += (length + 3) & ~3;
  }
  sink.notIp();
}
