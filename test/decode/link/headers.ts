/** One packet for each way a TCP segment can be wrapped: name, link type, bytes. The segment is always the same. */
import { concat, ethernet, ipv4, ipv6, tcp, u16, u32, u8, udp } from '../../support/captures.ts';

const ends = { src: '10.0.0.1', dst: '10.0.0.2' };
const ends6 = { src: '2001:db8::1', dst: '2001:db8::2' };
const segment = tcp({ seq: 7, payload: 'GET' });

/** The TCP segment in IPv4, and in IPv6. */
export const inner = ipv4(segment, 6, ends);
export const inner6 = ipv6(tcp({ ...ends6, seq: 7, payload: 'GET' }), 6, ends6);
/** What comes out of either. */
export const innerLine = '10.0.0.1:40000 > 10.0.0.2:80 seq 7 "GET"';
export const inner6Line = '[2001:db8::1]:40000 > [2001:db8::2]:80 seq 7 "GET"';

const outer = { src: '192.0.2.1', dst: '192.0.2.2' };
const outer6 = { src: '2001:db8:1::1', dst: '2001:db8:1::2' };
const mac = u8(2, 0, 0, 0, 0, 2);
const snap = u8(0xaa, 0xaa, 3, 0, 0, 0, 8, 0);
const frame = ethernet(inner, 0x0800);

/** An IPv4 packet in an Ethernet frame. */
export function inIp(protocol: number, ...payload: Uint8Array[]): Uint8Array {
  return ethernet(ipv4(concat(...payload), protocol, outer), 0x0800);
}

export function inUdp(port: number, ...payload: Uint8Array[]): Uint8Array {
  return inIp(17, udp({ ...outer, srcPort: 50000, dstPort: port, payload: concat(...payload) }));
}

export function gre(flags: number, protocol: number, ...rest: Uint8Array[]): Uint8Array {
  return inIp(47, u16(flags), u16(protocol), ...rest);
}

/** | frame control, duration | three addresses | sequence control | rest */
export function wlan(control: number, ...rest: Uint8Array[]): Uint8Array {
  return concat(u16(control), u16(0), mac, mac, mac, u16(0x1000, false), ...rest);
}

function radiotap(present: number, fields: Uint8Array, ...rest: Uint8Array[]): Uint8Array {
  return concat(u8(0, 0), u16(8 + fields.length, false), u32(present, false), fields, ...rest);
}

function cooked(protocol: number, payload: Uint8Array): Uint8Array {
  return concat(u16(0), u16(1), u16(6), mac, u16(0), u16(protocol), payload);
}

function cooked2(protocol: number, payload: Uint8Array): Uint8Array {
  return concat(u16(protocol), u16(0), u32(2), u16(1), u8(0, 6), mac, u16(0), payload);
}

const greKeyAll = concat(u32(0), u32(1), u32(2));
const gtpPlain = concat(u8(0x30, 255), u16(inner.length), u32(1));
const extended = concat(u32(0), u8(1, 0, 0, 0));
const gtpExtended = concat(
  u8(0x34, 255),
  u16(inner.length + 12),
  u32(1),
  u8(0, 0, 0, 0xc0),
  u8(1, 1, 2, 0x85),
  u8(1, 1, 2, 0),
);
const qos = u8(0, 0);
const subframe = concat(mac, mac, u16(snap.length + inner.length), snap, inner);
const subframePadding = new Uint8Array(-subframe.length & 3);

/** Packets from which `innerLine` comes, once. */
export const wrapped: readonly (readonly [string, number, Uint8Array])[] = [
  ['Ethernet', 1, frame],
  ['Ethernet, padded', 1, concat(frame, u8(1, 2, 3, 4, 5, 6))],
  ['Ethernet, 802.1Q', 1, ethernet(inner, 0x0800, [5])],
  ['Ethernet, 802.1ad', 1, ethernet(inner, 0x0800, [5, 6])],
  ['Ethernet, three tags', 1, ethernet(inner, 0x0800, [5, 6, 7])],
  ['Ethernet, old QinQ', 1, ethernet(concat(u16(5), u16(0x0800), inner), 0x9100)],
  ['Ethernet, LLC and SNAP', 1, concat(ethernet(concat(snap, inner), snap.length + inner.length), u8(9, 9))],
  ['Ethernet, 802.1H', 1, ethernet(concat(u8(0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0), inner), 8 + inner.length)],
  ['Ethernet, LLC', 1, ethernet(concat(u8(6, 6, 3), inner), 3 + inner.length)],
  ['Ethernet, VLAN, SNAP', 1, ethernet(concat(snap, inner), 8 + inner.length, [5])],
  ['Ethernet, provider backbone', 1, ethernet(concat(u32(1), frame), 0x88e7)],
  ['Ethernet, MPLS', 1, ethernet(concat(u32(0x00064140), inner), 0x8847)],
  ['Ethernet, two MPLS labels', 1, ethernet(concat(u32(0x00064040), u32(0x00064140), inner), 0x8848)],
  ['Ethernet, MPLS, pseudowire with control word', 1, ethernet(concat(u32(0x00064140), u32(0), frame), 0x8847)],
  ['Ethernet, MPLS, pseudowire', 1, ethernet(concat(u32(0x00064140), u8(0x20), frame.slice(1)), 0x8847)],
  ['Ethernet, MPLS, pseudowire, an address like a control word', 1, ethernet(concat(u32(0x00064140), u16(0), frame.slice(2)), 0x8847)],
  ['Ethernet, MPLS, pseudowire, an address like IPv4', 1, ethernet(concat(u32(0x00064140), u8(0x45), frame.slice(1)), 0x8847)],
  ['Ethernet, PPPoE', 1, concat(ethernet(concat(u8(0x11, 0), u16(1), u16(inner.length + 2), u16(0x21), inner), 0x8864), u8(7))],
  ['Ethernet, EtherType IPv6 by mistake', 1, ethernet(inner, 0x86dd)],
  ['Ethernet mPacket', 274, concat(u8(0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5), frame)],
  ['NULL, little-endian', 0, concat(u32(2, false), inner)],
  ['NULL, big-endian', 0, concat(u32(2), inner)],
  ['LOOP', 108, concat(u32(2), inner)],
  ['RAW', 101, inner],
  ['RAW as DLT 12', 12, inner],
  ['RAW as DLT 14', 14, inner],
  ['IPV4', 228, inner],
  ['Linux cooked', 113, cooked(0x0800, inner)],
  ['Linux cooked, VLAN', 113, cooked(0x8100, concat(u16(5), u16(0x0800), inner))],
  ['Linux cooked, LLC', 113, cooked(4, concat(snap, inner))],
  ['Linux cooked v2', 276, cooked2(0x0800, inner)],
  ['PPP', 9, concat(u16(0xff03), u16(0x21), inner)],
  ['PPP, address and control compressed', 9, concat(u16(0x21), inner)],
  ['PPP, all compressed', 9, concat(u8(0x21), inner)],
  ['PPP, MPLS', 9, concat(u16(0x0281), u32(0x00064140), inner)],
  ['PPP in HDLC', 50, concat(u16(0xff03), u16(0x21), inner)],
  ['PPP in HDLC, Cisco', 50, concat(u16(0x0f00), u16(0x0800), inner)],
  ['PPP with direction', 204, concat(u8(1), u16(0xff03), u16(0x21), inner)],
  ['PPP of pppd', 166, concat(u8(0, 3), u16(0x21), inner)],
  ['PPPoE', 51, concat(u8(0x11, 0), u16(1), u16(inner.length + 2), u16(0x21), inner)],
  ['Cisco HDLC', 104, concat(u16(0x8f00), u16(0x0800), inner)],
  ['Cisco HDLC with direction', 205, concat(u8(0), u16(0x0f00), u16(0x0800), inner)],
  ['ATM, RFC 1483', 100, concat(snap, inner)],
  ['MPLS', 219, concat(u32(0x00064140), inner)],
  ['802.11 data', 105, wlan(0x0801, snap, inner)],
  ['802.11 data between access points', 105, wlan(0x0803, mac, snap, inner)],
  ['802.11 QoS data', 105, wlan(0x8801, qos, snap, inner)],
  ['802.11 QoS data with HT control', 105, wlan(0x8881, qos, u32(0), snap, inner)],
  ['802.11 mesh data', 105, wlan(0x8803, mac, u8(0, 1), u8(0, 31), u32(9), snap, inner)],
  ['802.11 mesh data, two addresses more', 105, wlan(0x8803, mac, u8(0, 1), u8(2, 31), u32(9), mac, mac, snap, inner)],
  ['802.11 QoS data with a queue size', 105, wlan(0x8801, u8(0, 1), snap, inner)],
  ['802.11 with acknowledgement', 105, wlan(0x1802, snap, inner)],
  ['802.11 A-MSDU of one', 105, wlan(0x8801, u8(0x80, 0), subframe, subframePadding)],
  ['radiotap', 127, radiotap(0, u8(), wlan(0x0801, snap, inner))],
  ['radiotap with flags', 127, radiotap(2, u8(0x10), wlan(0x0801, snap, inner, u32(0)))],
  ['radiotap, padded frame', 127, radiotap(3, concat(new Uint8Array(8), u8(0x20)), wlan(0x8801, qos, u8(0, 0), snap, inner))],
  ['radiotap, two presence words, padded frame', 127,
    radiotap(0x8000_0003, concat(extended, new Uint8Array(8), u8(0x20)), wlan(0x8801, qos, u8(0, 0), snap, inner))],
  ['Prism', 119, concat(u32(0x44, false), u32(144, false), new Uint8Array(136), wlan(0x0801, snap, inner))],
  ['AVS', 163, concat(u32(0x80211001), u32(64), new Uint8Array(56), wlan(0x0801, snap, inner))],
  ['PPI', 192, concat(u8(0, 0), u16(12, false), u32(105, false), u32(0), wlan(0x0801, snap, inner))],
  ['NFLOG', 239, concat(u8(2, 0, 0, 0), u16(5, false), u16(10, false), u32(0), u16(inner.length + 4, false), u16(9, false), inner)],
  ['PKTAP', 258, concat(u32(108, false), u32(1, false), u32(1, false), new Uint8Array(96), frame)],
  ['PFLOG', 117, concat(u8(61, 2, 0, 0), new Uint8Array(60), inner)],
  ['PFLOG, longer', 117, concat(u8(100, 2, 0, 0), new Uint8Array(96), inner)],
  ['ENC', 109, concat(u32(2, false), u32(0x1234), u32(0), inner)],
  ['frame relay', 107, concat(u16(0x1841), u8(3, 0xcc), inner)],
  ['frame relay, long address', 107, concat(u32(0x18400001), u8(3, 0xcc), inner)],
  ['frame relay, SNAP', 107, concat(u16(0x1841), u8(3, 0, 0x80, 0, 0, 0, 8, 0), inner)],
  ['frame relay, PPP', 107, concat(u16(0x1841), u8(3, 0xcf, 0, 0x21), inner)],
  ['frame relay, Cisco', 107, concat(u16(0x1841), u16(0x0800), inner)],
  ['frame relay with direction', 206, concat(u8(1), u16(0x1841), u8(3, 0xcc), inner)],
  ['NSH', 1, ethernet(concat(u8(0x0f, 0xc6, 1, 3), u32(0x100), new Uint8Array(16), frame), 0x894f)],
  ['NSH, IP', 1, ethernet(concat(u8(0x0f, 0xc2, 2, 1), u32(0x100), inner), 0x894f)],
  ['NSH in NSH', 1, ethernet(concat(u8(0x0f, 0xc2, 2, 4), u32(1), u8(0x0f, 0xc2, 2, 5), u32(1), u32(0x00064140), inner), 0x894f)],
  ['VXLAN-GPE, IP', 1, inUdp(4790, u32(0x0c000001), u32(0x100), inner)],
  ['VXLAN-GPE, Ethernet', 1, inUdp(4790, u32(0x0c000003), u32(0x100), frame)],
  ['VXLAN-GPE without a protocol', 1, inUdp(4790, u32(0x08000000), u32(0x100), frame)],
  ['VXLAN-GPE, NSH', 1, inUdp(4790, u32(0x0c000004), u32(0x100), u8(0x0f, 0xc2, 2, 1), u32(0x100), inner)],
  ['GRE in UDP', 1, inUdp(4754, u16(0x2000), u16(0x0800), u32(7), inner)],
  ['MPLS in UDP', 1, inUdp(6635, u32(0x00064140), inner)],
  ['L2TP', 1, inUdp(1701, u16(2), u16(1), u16(2), u16(0xff03), u16(0x21), inner)],
  ['L2TP with all fields', 1, inUdp(1701, u16(0x4a02), u16(inner.length + 19), u16(1), u16(2), u32(0), u16(2), u16(0), u16(0xff03), u8(0x21), inner, u8(9))],
  ['GRE', 1, gre(0, 0x0800, inner)],
  ['GRE with checksum, key and sequence', 1, gre(0xb000, 0x0800, greKeyAll, inner)],
  ['GRE, bridging', 1, gre(0x2000, 0x6558, u32(1), frame)],
  ['GRE, MPLS', 1, gre(0, 0x8847, u32(0x00064140), inner)],
  ['GRE, WCCP version 1', 1, gre(0, 0x883e, inner)],
  ['GRE, WCCP version 2', 1, gre(0, 0x883e, u32(0), inner)],
  ['GRE, PPP', 1, gre(0, 0x880b, u16(0xff03), u16(0x21), inner)],
  ['GRE, Aruba', 1, gre(0, 0x8210, wlan(0x8801, qos, snap, inner))],
  ['GRE, NVGRE', 1, gre(0x2000, 0x6558, u32(0x00006400), frame)],
  ['PPTP', 1, gre(0x3081, 0x880b, u16(inner.length + 1), u16(1), u32(5), u32(4), u8(0x21), inner)],
  ['ERSPAN I', 1, gre(0, 0x88be, frame)],
  ['ERSPAN II', 1, gre(0x1000, 0x88be, u32(1), u32(0x10000000), u32(0), frame)],
  ['ERSPAN III', 1, gre(0x1000, 0x22eb, u32(1), u32(0x20000000), u32(0), u32(0), frame)],
  ['ERSPAN III, platform header', 1, gre(0x1000, 0x22eb, u32(1), u32(0x20000000), u32(0), u32(1), u32(0), u32(0), frame)],
  ['ERSPAN III, IP', 1, gre(0x1000, 0x22eb, u32(1), u32(0x20000000), u32(0), u32(0x0800), inner)],
  ['IP in IP', 1, inIp(4, inner)],
  ['IP in IP in IP', 1, inIp(4, ipv4(inner, 4, outer))],
  ['IPv4 in IPv6', 229, ipv6(inner, 4, outer6)],
  ['EtherIP', 1, inIp(97, u16(0x3000), frame)],
  ['MPLS in IP', 1, inIp(137, u32(0x00064140), inner)],
  ['VXLAN', 1, inUdp(4789, u32(0x08000000), u32(0x100), frame)],
  ['VXLAN on Linux\u2019s port', 1, inUdp(8472, u32(0x08000000), u32(0x100), frame)],
  ['Geneve', 1, inUdp(6081, u8(0, 0), u16(0x6558), u32(0x100), frame)],
  ['Geneve with options, IP', 1, inUdp(6081, u8(2, 0), u16(0x0800), u32(0x100), u32(0), u32(0), inner)],
  ['GTP-U', 1, inUdp(2152, gtpPlain, inner)],
  ['GTP-U with sequence number', 1, inUdp(2152, u8(0x32, 255), u16(inner.length + 4), u32(1), u32(0), inner)],
  ['GTP-U with two extensions', 1, inUdp(2152, gtpExtended, inner)],
  ['IPv4 with options', 101, ipv4(segment, 6, { ...ends, options: u8(1, 1, 1, 0) })],
  ['IPv4 with AH', 101, ipv4(concat(u8(6, 4), new Uint8Array(22), segment), 51, ends)],
  ['IPv4, total length 0', 101, ipv4(segment, 6, { ...ends, totalLength: 0 })],
]; // prettier-ignore

const options = (next: number, length = 0): Uint8Array => concat(u8(next, length), new Uint8Array(6 + length * 8));
const segment6 = inner6.slice(40);

/** Packets from which `inner6Line` comes, once. */
export const wrapped6: readonly (readonly [string, number, Uint8Array])[] = [
  ['Ethernet', 1, ethernet(inner6, 0x86dd)],
  ['NULL, Linux', 0, concat(u32(10, false), inner6)],
  ['NULL, FreeBSD', 0, concat(u32(28, false), inner6)],
  ['NULL, macOS', 0, concat(u32(30, false), inner6)],
  ['PFLOG', 117, concat(u8(100, 24, 0, 0), new Uint8Array(96), inner6)],
  ['ENC', 109, concat(u32(24), u32(0x1234), u32(0), inner6)],
  ['frame relay', 107, concat(u16(0x1841), u8(3, 0x8e), inner6)],
  ['LOOP, OpenBSD', 108, concat(u32(24), inner6)],
  ['RAW', 101, inner6],
  ['IPV6', 229, inner6],
  ['PPP', 9, concat(u16(0xff03), u16(0x57), inner6)],
  ['6in4', 1, inIp(41, inner6)],
  ['IPv6 in IPv6', 101, ipv6(inner6, 41, outer6)],
  ['Teredo', 1, inUdp(3544, inner6)],
  ['Teredo with origin', 1, inUdp(3544, u16(0), u16(1), u32(2), inner6)],
  ['Teredo with authentication and origin', 1, inUdp(3544, u16(1), u16(0), new Uint8Array(9), u16(0), u16(1), u32(2), inner6)],
  ['GTP-U', 1, inUdp(2152, u8(0x30, 255), u16(inner6.length), u32(1), inner6)],
  ['hop-by-hop options', 101, ipv6(concat(options(6), segment6), 0, ends6)],
  ['every extension', 101, ipv6(concat(options(43), options(60, 2), options(6), segment6), 0, ends6)],
  ['a mobility header', 101, ipv6(concat(options(6), segment6), 135, ends6)],
  ['AH', 101, ipv6(concat(u8(6, 4), new Uint8Array(22), segment6), 51, ends6)],
  ['an atomic fragment', 101, ipv6(concat(u8(6, 0), u16(0), u32(99), segment6), 44, ends6)],
  ['a jumbo payload', 101, ipv6(concat(u8(6, 0, 0xc2, 4), u32(8 + segment6.length), segment6), 0, { ...ends6, payloadLength: 0 })],
  ['payload length 0', 101, ipv6(segment6, 6, { ...ends6, payloadLength: 0 })],
  ['padding', 101, concat(inner6, u8(1, 2, 3))],
]; // prettier-ignore
