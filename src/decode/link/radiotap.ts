/**
 * What capturing drivers put in front of an 802.11 frame: radiotap, Prism, AVS and PPI headers. Only their lengths
 * matter, and radiotap's word on padding.
 */
import { u16le, u32, u32le } from '../../core/bytes.ts';
import { ieee80211 } from './ieee80211.ts';
import type { PayloadSink } from './payload-sink.ts';

const radiotapLength = 8;
/** Bits of the presence words: the next word is one, too; a time stamp; the flags. */
const Present = { more: 0x8000_0000, timeStamp: 1, flags: 2 } as const;
/** In the flags: the 802.11 header is padded. */
const dataPad = 0x20;

/** | version 1 | pad 1 | length 2, little-endian | presence words, 4 each | fields, each on its natural boundary | */
export function radiotap(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < radiotapLength) return sink.truncated('radiotap', radiotapLength, end - start);
  const length = u16le(data, start + 2);
  const at = start + length;
  if (length < radiotapLength || at > end)
    return sink.truncated('radiotap', Math.max(length, radiotapLength), end - start);
  ieee80211(sink, data, at, end, (radiotapFlags(data, start, at) & dataPad) !== 0);
}

function radiotapFlags(data: Uint8Array, start: number, end: number): number {
  const present = u32le(data, start + 4);
  if ((present & Present.flags) === 0) return 0;
  let at = start + 4;
  while (at + 4 <= end && (u32le(data, at) & Present.more) !== 0) at += 4;
  at += 4;
  if ((present & Present.timeStamp) !== 0) at = start + ((at - start + 7) & ~7) + 8;
  return at < end ? data[at]! : 0;
}

const prismHeader = 8;
const avsMagic = 0x80211;

/** Prism: | message code 4 | length 4 | ... in the byte order of the machine; or AVS: | magic 4 | length 4 | ... */
export function prism(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < prismHeader) return sink.truncated('Prism', prismHeader, end - start);
  const avs = u32(data, start) >>> 12 === avsMagic;
  const length = avs ? u32(data, start + 4) : Math.min(u32(data, start + 4), u32le(data, start + 4));
  if (length < prismHeader || start + length > end) return sink.truncated('Prism', length, end - start);
  ieee80211(sink, data, start + length, end);
}

const ppiHeader = 8;

/** | version 1 | flags 1 | length 2 | link type 4 | fields |, little-endian. */
export function ppi(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  if (end - start < ppiHeader) return sink.truncated('PPI', ppiHeader, end - start);
  const length = u16le(data, start + 2);
  if (length < ppiHeader || start + length > end)
    return sink.truncated('PPI', Math.max(length, ppiHeader), end - start);
  sink.frame(u32le(data, start + 4), data, start + length, end);
}
