/**
 * What the function of each link-layer or tunnel header is given: somewhere to hand the payload to, one method for each
 * way of naming what it is, and a word for what cannot be followed. `LinkLayer` is the one implementation.
 */
export interface PayloadSink {
  /** Payload named by an EtherType, or by an 802.3 length in its place. */
  etherType(type: number, data: Uint8Array, start: number, end: number): void;
  /** An IP packet; its first four bits tell the version. */
  ip(data: Uint8Array, start: number, end: number): void;
  /** A frame of a libpcap link type, inside a header that names it. */
  frame(linkType: number, data: Uint8Array, start: number, end: number): void;
  /** The range holds `captured` of the `needed` bytes of a header. */
  truncated(header: string, needed: number, captured: number): void;
  /** What follows is no IP, encrypted, or in pieces. */
  notIp(): void;
}
