/**
 * L2TP version 2, data messages (RFC 2661 3.1): | flags, version 2 | length 2 (L) | tunnel 2 | session 2 | sequence
 * numbers 4 (S) | offset size 2 (O) and padding | PPP.
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';
import { ppp } from './ppp.ts';

const Flag = { control: 0x8000, length: 0x4000, sequence: 0x0800, offset: 0x0200 } as const;
/** Bits that are zero. */
const reserved = 0x34f0;
const version = 0x000f;

/** False where it is no data message of version 2. */
export function l2tp(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  if (end - start < 6) return false;
  const flags = u16(data, start);
  if ((flags & version) !== 2 || (flags & (Flag.control | reserved)) !== 0) return false;
  let at = start + 6;
  let stop = end;
  if ((flags & Flag.length) !== 0) {
    stop = Math.min(end, start + u16(data, start + 2));
    at += 2;
  }
  if ((flags & Flag.sequence) !== 0) at += 4;
  if ((flags & Flag.offset) !== 0) {
    if (at + 2 > stop) return false;
    at += 2 + u16(data, at);
  }
  if (at >= stop) return false;
  ppp(sink, data, at, stop);
  return true;
}
