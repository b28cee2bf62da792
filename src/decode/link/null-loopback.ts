/**
 * BSD loopback: four bytes of address family in front of the packet. NULL has them in the byte order of the machine that
 * captured, LOOP in network byte order; a family is small, so the order shows.
 */
import { u32, u32le } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 4;
const afInet = 2;
/** AF_INET6 has another number on Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS. */
const afInet6: readonly number[] = [10, 23, 24, 28, 30];

export function nullLoopback(sink: PayloadSink, data: Uint8Array, start: number, end: number): void {
  const at = start + headerLength;
  if (at > end) return sink.truncated('loopback', headerLength, end - start);
  const family = Math.min(u32(data, start), u32le(data, start));
  if (family === afInet || afInet6.includes(family)) sink.ip(data, at, end);
  else sink.notIp();
}
