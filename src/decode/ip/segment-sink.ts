/** The seam between IP and TCP. */

export interface SegmentSink {
  /**
   * A TCP segment, header included, as IP delivered it: whole, defragmented, padding off. Borrowed until the call returns.
   *
   * @param ipStart where its IP header stands in `data`: the source and destination addresses are at `ipStart` + 12 and
   *   + 16 (IPv4), + 8 and + 24 (IPv6). A reassembled datagram has a header like that in front, too
   * @param start first byte of the TCP header
   * @param end one past the last captured byte; may be anywhere behind `start`
   * @param missing bytes of the segment behind `end` that were on the wire and that the capture's snap length cut off
   */
  segment(data: Uint8Array, ipStart: number, ipVersion: 4 | 6, start: number, end: number, missing: number): void;
}
