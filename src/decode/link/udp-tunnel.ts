/**
 * Tunnels in UDP (RFC 768), known by their port. A port is a hint, no proof: what does not look like the tunnel's header
 * is taken for something else and not reported.
 */
import { u16 } from '../../core/bytes.ts';
import { geneve } from './geneve.ts';
import { gtp } from './gtp.ts';
import type { PayloadSink } from './payload-sink.ts';
import { teredo } from './teredo.ts';
import { vxlan } from './vxlan.ts';

const headerLength = 8;

const Port = { gtp: 2152, teredo: 3544, vxlan: 4789, geneve: 6081, linuxVxlan: 8472 } as const;

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
    case Port.geneve:
      return geneve(sink, data, start, end);
    case Port.gtp:
      return gtp(sink, data, start, end);
    case Port.teredo:
      return teredo(sink, data, start, end);
    default:
      return false;
  }
}
