/** The seam between IP and whatever else than TCP it carries: that is where tunnels are. */

export interface UpperLayerSink {
  /** @param protocol the IPv4 protocol or the last IPv6 next header; `data[start, end)` is what follows the IP headers */
  upperLayer(protocol: number, data: Uint8Array, start: number, end: number): void;
}
