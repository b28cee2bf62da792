/**
 * IPv4 (RFC 791) and IPv6 (RFC 8200): finds the TCP segment in a packet. Extension headers are walked, fragments put
 * together, padding is left behind, and what the snap length cut off is told as a number.
 *
 * A length field of 0 is what segmentation offload leaves when the capture point stands before the network card: the
 * packet then reaches to its end. ICMP is not looked into: the segments its errors quote are no traffic.
 *
 * Not done here: checksums (offload leaves them blank), ESP, the final destination in a routing header, and anything
 * that asks which of several networks (VLANs, tunnels) a private address belongs to.
 */
import { u16, u32 } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { Moment } from '../../core/moment.ts';
import type { DiagnosticSink } from '../../core/sinks.ts';
import { extensionLength, jumboLength } from './extension-headers.ts';
import { Fragments } from './fragments.ts';
import { IpProtocol } from './ip-protocol.ts';
import type { SegmentSink } from './segment-sink.ts';
import type { UpperLayerSink } from './upper-layer-sink.ts';

const ipv4HeaderLength = 20;
const ipv6HeaderLength = 40;

export class IpLayer {
  /** Bytes that the snap length cut off the packet under way: set before `packet`. */
  cut = 0;
  private readonly segments: SegmentSink;
  private readonly upperLayers: UpperLayerSink;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private readonly fragments: Fragments;

  constructor(segments: SegmentSink, upperLayers: UpperLayerSink, diagnostics: DiagnosticSink, moment: Moment) {
    this.segments = segments;
    this.upperLayers = upperLayers;
    this.diagnostics = diagnostics;
    this.moment = moment;
    this.fragments = new Fragments(diagnostics, moment);
  }

  /** An IP packet of either version, and what may stand behind it. */
  packet(data: Uint8Array, start: number, end: number): void {
    if (start >= end) return this.truncated('IP', ipv4HeaderLength, 0);
    const version = data[start]! >>> 4;
    if (version === 4) this.ipv4(data, start, end);
    else if (version === 6) this.ipv6(data, start, end);
    else this.malformed(`IP version ${version}`);
  }

  /** The capture is over: datagrams that still wait for fragments are reported. */
  finish(): void {
    this.fragments.finish();
  }

  private ipv4(data: Uint8Array, start: number, end: number): void {
    if (end - start < ipv4HeaderLength) return this.truncated('IPv4', ipv4HeaderLength, end - start);
    const headerLength = (data[start]! & 0x0f) << 2;
    const totalLength = u16(data, start + 2);
    if (headerLength < ipv4HeaderLength) return this.malformed(`IPv4 header length ${headerLength}`);
    let stop = start + totalLength;
    let missing = 0;
    if (totalLength === 0) {
      stop = end;
      missing = this.cut;
    } else if (stop > end) {
      missing = stop - end;
      stop = end;
    }
    const at = start + headerLength;
    if (at > stop) return this.shortIpv4(headerLength, totalLength, end - start);
    if ((u16(data, start + 6) & 0x3fff) !== 0) return this.ipv4Fragment(data, start, at, stop, missing);
    const protocol = data[start + 9]!;
    if (protocol === IpProtocol.tcp) this.segments.segment(data, start, 4, at, stop, missing);
    else this.extensions(protocol, data, start, 4, at, stop, missing);
  }

  private ipv6(data: Uint8Array, start: number, end: number): void {
    const at = start + ipv6HeaderLength;
    if (at > end) return this.truncated('IPv6', ipv6HeaderLength, end - start);
    const next = data[start + 6]!;
    let payloadLength = u16(data, start + 4);
    if (payloadLength === 0 && next === IpProtocol.hopByHop) {
      payloadLength = jumboLength(data, at, end);
      if (payloadLength > end - at + this.cut) return this.malformed(`IPv6 jumbo payload length ${payloadLength}`);
    }
    let stop = at + payloadLength;
    let missing = 0;
    if (payloadLength === 0) {
      stop = end;
      missing = this.cut;
    } else if (stop > end) {
      missing = stop - end;
      stop = end;
    }
    if (next === IpProtocol.tcp) this.segments.segment(data, start, 6, at, stop, missing);
    else this.extensions(next, data, start, 6, at, stop, missing);
  }

  /** What follows the IP header where that is not TCP at once: any number of extension headers, then an upper layer. */
  private extensions(
    first: number,
    data: Uint8Array,
    ipStart: number,
    version: 4 | 6,
    start: number,
    end: number,
    missing: number,
  ): void {
    let next = first;
    let at = start;
    while (version === 6 || next === IpProtocol.ah) {
      const length = extensionLength(next, data, at, end);
      if (length === 0) break;
      if (at + length > end) return this.truncated('IP extension', length, end - at);
      if (next === IpProtocol.fragment && isFragment(data, at)) {
        return this.ipv6Fragment(data, ipStart, at, end, missing);
      }
      next = data[at]!;
      at += length;
    }
    if (next === IpProtocol.tcp) return this.segments.segment(data, ipStart, version, at, end, missing);
    this.cut = missing;
    this.upperLayers.upperLayer(next, data, at, end);
  }

  /** Flags and fragment offset stand in bytes 6-7, the identification in 4-5 (RFC 791 3.1). */
  private ipv4Fragment(data: Uint8Array, ipStart: number, at: number, end: number, missing: number): void {
    const field = u16(data, ipStart + 6);
    const id = u16(data, ipStart + 4);
    const protocol = data[ipStart + 9]!;
    const more = (field & 0x2000) !== 0;
    const whole = this.fragments.add(4, data, ipStart, id, protocol, (field & 0x1fff) * 8, more, at, end, missing);
    if (whole !== null) this.packet(whole.bytes, 0, whole.end);
  }

  /** Next header, reserved, 13 bits of offset, 2 reserved, M; then 32 bits of identification (RFC 8200 4.5). */
  private ipv6Fragment(data: Uint8Array, ipStart: number, at: number, end: number, missing: number): void {
    const field = u16(data, at + 2);
    const id = u32(data, at + 4);
    const more = (field & 1) !== 0;
    const whole = this.fragments.add(6, data, ipStart, id, data[at]!, field & 0xfff8, more, at + 8, end, missing);
    if (whole !== null) this.packet(whole.bytes, 0, whole.end);
  }

  private shortIpv4(headerLength: number, totalLength: number, captured: number): void {
    if (totalLength !== 0 && totalLength < headerLength) {
      this.malformed(`IPv4 total length ${totalLength}, header length ${headerLength}`);
    } else {
      this.truncated('IPv4', headerLength, captured);
    }
  }

  private malformed(detail: string): void {
    this.report('ip.malformed', detail);
  }

  private truncated(header: string, needed: number, captured: number): void {
    this.report('ip.truncated', `${captured} of the ${needed} bytes of an ${header} header`);
  }

  private report(code: DiagnosticCode, detail: string): void {
    this.diagnostics.report(code, -1, -1, this.moment.position, detail);
  }
}

/** False for an atomic fragment, which is a whole packet with a fragment header for show (RFC 6946). */
function isFragment(data: Uint8Array, at: number): boolean {
  return (u16(data, at + 2) & 0xfff9) !== 0;
}
