/**
 * Tunnels in UDP (RFC 768), known by their port. A port is a hint, no proof: what does not look like the tunnel's header
 * is taken for something else and not reported.
 */
import { u16 } from '../../core/bytes.ts';
import { geneve } from './geneve.ts';
import { gre } from './gre.ts';
import { gtp } from './gtp.ts';
import { l2tp } from './l2tp.ts';
import { mpls } from './mpls.ts';
import type { PayloadSink } from './payload-sink.ts';
import { teredo } from './teredo.ts';
import { vxlan, vxlanGpe } from './vxlan.ts';

const headerLength = 8;

const Port = {
  l2tp: 1701,
  gtp: 2152,
  teredo: 3544,
  gre: 4754,
  vxlan: 4789,
  vxlanGpe: 4790,
  geneve: 6081,
  mpls: 6635,
  linuxVxlan: 8472,
} as const;

/** Bits of GRE's first two bytes that are zero (RFC 8086 3.2): all but C, K and S. */
const greReserved = 0x4fff;
const leastGre = 4;
/** A label, its time to live, and something below. */
const leastMpls = 5;

/** False where no tunnel is in it. */
export function udp(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  const at = start + headerLength;
  if (at > end) return false;
  const length = u16(data, start + 4);
  const stop = length < headerLength ? end : Math.min(end, start + length);
  return tunnel(sink, u16(data, start + 2), data, at, stop) || tunnel(sink, u16(data, start), data, at, stop);
}

/** False where the port is no tunnel's, or the payload does not look like it. */
function tunnel(sink: PayloadSink, port: number, data: Uint8Array, start: number, end: number): boolean {
  switch (port) {
    case Port.vxlan:
    case Port.linuxVxlan:
      return vxlan(sink, data, start, end);
    case Port.vxlanGpe:
      return vxlanGpe(sink, data, start, end);
    case Port.geneve:
      return geneve(sink, data, start, end);
    case Port.gtp:
      return gtp(sink, data, start, end);
    case Port.teredo:
      return teredo(sink, data, start, end);
    case Port.l2tp:
      return l2tp(sink, data, start, end);
    case Port.gre:
      if (end - start < leastGre || (u16(data, start) & greReserved) !== 0) return false;
      gre(sink, data, start, end);
      return true;
    case Port.mpls:
      if (end - start < leastMpls) return false;
      mpls(sink, data, start, end);
      return true;
    default:
      return false;
  }
}
