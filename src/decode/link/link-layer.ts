/**
 * Link layers and tunnels: takes a captured packet apart until it is IP. `frame` knows the link types, `etherType` and
 * `upperLayer` what may stand inside them and inside IP; each header has its own file, a function that hands what is
 * inside back to one of these.
 *
 * Tunnels are followed eight deep. Not followed: anything encrypted, and link layers that never carry IP.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { linkTypeName } from '../../core/link-type.ts';
import type { Moment } from '../../core/moment.ts';
import type { DiagnosticSink } from '../../core/sinks.ts';
import { IpLayer } from '../ip/ip-layer.ts';
import { IpProtocol } from '../ip/ip-protocol.ts';
import type { SegmentSink } from '../ip/segment-sink.ts';
import type { UpperLayerSink } from '../ip/upper-layer-sink.ts';
import { ciscoHdlc, ciscoHdlcWithDirection } from './cisco-hdlc.ts';
import { EtherType } from './ether-type.ts';
import { ethernet, ethernetMpacket } from './ethernet.ts';
import { etherip } from './etherip.ts';
import { frameRelay, frameRelayWithDirection } from './frame-relay.ts';
import { gre } from './gre.ts';
import { ieee80211 } from './ieee80211.ts';
import { LinkType } from './link-type.ts';
import { linuxCooked, linuxCooked2 } from './linux-cooked.ts';
import { llc } from './llc.ts';
import { mpls } from './mpls.ts';
import { nflog } from './nflog.ts';
import { nullLoopback } from './null-loopback.ts';
import { nsh } from './nsh.ts';
import { enc, pflog } from './packet-filter.ts';
import type { PayloadSink } from './payload-sink.ts';
import { pktap } from './pktap.ts';
import { ppp, pppOfPppd, pppWithDirection, serialLine } from './ppp.ts';
import { pppoe } from './pppoe.ts';
import { ppi, prism, radiotap } from './radiotap.ts';
import { udp } from './udp-tunnel.ts';
import { backboneFrame, vlan } from './vlan.ts';

/** Headers inside one another that are followed beyond the first network layer. */
const maxDepth = 8;

export class LinkLayer implements PayloadSink, UpperLayerSink {
  /** Packets taken, of any link type. */
  packets = 0;
  /** Packets of a link type that is not decoded. */
  unknownPackets = 0;
  /** Frames that end in something else than IP: ARP, an unknown EtherType, an encrypted or divided frame. */
  otherFrames = 0;
  /** IP packets that carry neither TCP nor a tunnel. */
  otherIpPackets = 0;
  private readonly network: IpLayer;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private depth = 0;
  private readonly reported = new Set<number>();

  constructor(segments: SegmentSink, diagnostics: DiagnosticSink, moment: Moment) {
    this.network = new IpLayer(segments, this, diagnostics, moment);
    this.diagnostics = diagnostics;
    this.moment = moment;
  }

  /** A captured packet; as in `PacketSink`. */
  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    this.packets++;
    const cut = wireLength - (end - start);
    this.network.cut = cut > 0 ? cut : 0;
    this.byLinkType(linkType, data, start, end);
  }

  /** The capture is over. */
  finish(): void {
    this.network.finish();
  }

  frame(linkType: number, data: Uint8Array, start: number, end: number): void {
    if (!this.enter()) return;
    this.byLinkType(linkType, data, start, end);
    this.depth--;
  }

  etherType(type: number, data: Uint8Array, start: number, end: number): void {
    if (type === EtherType.ipv4 || type === EtherType.ipv6) return this.network.packet(data, start, end);
    if (!this.enter()) return;
    this.byEtherType(type, data, start, end);
    this.depth--;
  }

  upperLayer(protocol: number, data: Uint8Array, start: number, end: number): void {
    if (!this.enter()) return;
    this.byProtocol(protocol, data, start, end);
    this.depth--;
  }

  ip(data: Uint8Array, start: number, end: number): void {
    this.network.packet(data, start, end);
  }

  notIp(): void {
    this.otherFrames++;
  }

  truncated(header: string, needed: number, captured: number): void {
    this.report('link.truncated', `${captured} of the ${needed} bytes of a header: ${header}`);
  }

  private byLinkType(linkType: number, data: Uint8Array, start: number, end: number): void {
    switch (linkType) {
      case LinkType.ethernet:
        return ethernet(this, data, start, end);
      case LinkType.linuxCooked:
        return linuxCooked(this, data, start, end);
      case LinkType.linuxCooked2:
        return linuxCooked2(this, data, start, end);
      case LinkType.nullLoopback:
      case LinkType.loop:
        return nullLoopback(this, data, start, end);
      case LinkType.raw:
      case LinkType.rawAsDlt:
      case LinkType.rawAsOpenBsdDlt:
      case LinkType.ipv4:
      case LinkType.ipv6:
        return this.network.packet(data, start, end);
      case LinkType.ppp:
        return ppp(this, data, start, end);
      case LinkType.pppHdlc:
        return serialLine(this, data, start, end);
      case LinkType.pppPppd:
        return pppOfPppd(this, data, start, end);
      case LinkType.pppWithDirection:
        return pppWithDirection(this, data, start, end);
      case LinkType.pppEther:
        return pppoe(this, data, start, end);
      case LinkType.ciscoHdlc:
        return ciscoHdlc(this, data, start, end);
      case LinkType.ciscoHdlcWithDirection:
        return ciscoHdlcWithDirection(this, data, start, end);
      case LinkType.frameRelay:
        return frameRelay(this, data, start, end);
      case LinkType.frameRelayWithDirection:
        return frameRelayWithDirection(this, data, start, end);
      case LinkType.pflog:
        return pflog(this, data, start, end);
      case LinkType.enc:
        return enc(this, data, start, end);
      case LinkType.mpls:
        return mpls(this, data, start, end);
      case LinkType.atmRfc1483:
        return llc(this, data, start, end);
      case LinkType.ieee80211:
        return ieee80211(this, data, start, end);
      case LinkType.ieee80211Radiotap:
        return radiotap(this, data, start, end);
      case LinkType.ieee80211Prism:
      case LinkType.ieee80211Avs:
        return prism(this, data, start, end);
      case LinkType.ppi:
        return ppi(this, data, start, end);
      case LinkType.nflog:
        return nflog(this, data, start, end);
      case LinkType.pktap:
        return pktap(this, data, start, end);
      case LinkType.ethernetMpacket:
        return ethernetMpacket(this, data, start, end);
      default:
        return this.unknown(linkType);
    }
  }

  private byEtherType(type: number, data: Uint8Array, start: number, end: number): void {
    if (type <= EtherType.largestLength) return llc(this, data, start, Math.min(end, start + type));
    switch (type) {
      case EtherType.vlan:
      case EtherType.serviceVlan:
      case EtherType.oldServiceVlan:
      case EtherType.oldServiceVlan2:
        return vlan(this, data, start, end);
      case EtherType.mpls:
      case EtherType.mplsMulticast:
        return mpls(this, data, start, end);
      case EtherType.pppoeSession:
        return pppoe(this, data, start, end);
      case EtherType.transparentBridging:
        return ethernet(this, data, start, end);
      case EtherType.nsh:
        return nsh(this, data, start, end);
      case EtherType.providerBackbone:
        return backboneFrame(this, data, start, end);
      default:
        return this.notIp();
    }
  }

  private byProtocol(protocol: number, data: Uint8Array, start: number, end: number): void {
    switch (protocol) {
      case IpProtocol.udp:
        return this.udp(data, start, end);
      case IpProtocol.gre:
        return gre(this, data, start, end);
      case IpProtocol.ipv4:
      case IpProtocol.ipv6:
        return this.network.packet(data, start, end);
      case IpProtocol.etherip:
        return etherip(this, data, start, end);
      case IpProtocol.mpls:
        return mpls(this, data, start, end);
      default:
        this.otherIpPackets++;
    }
  }

  private udp(data: Uint8Array, start: number, end: number): void {
    if (!udp(this, data, start, end)) this.otherIpPackets++;
  }

  private enter(): boolean {
    if (this.depth < maxDepth) {
      this.depth++;
      return true;
    }
    this.report('link.nested-too-deep', `more than ${maxDepth} headers inside one another`);
    return false;
  }

  private unknown(linkType: number): void {
    this.unknownPackets++;
    if (this.reported.has(linkType)) return;
    this.reported.add(linkType);
    this.report('link.unknown-type', `link type ${linkType} (${linkTypeName(linkType)}) is not decoded`);
  }

  private report(code: DiagnosticCode, detail: string): void {
    this.diagnostics.report(code, -1, -1, this.moment.position, detail);
  }
}
