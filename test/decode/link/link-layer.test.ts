import { describe, expect, test } from 'vitest';
import { concat, ethernet, ipv4, ipv6, tcp, u16, u32, u8 } from '../../support/captures.ts';
import { gre, inIp, inner, inner6Line, innerLine, inUdp, wlan, wrapped, wrapped6 } from './headers.ts';
import { Segments } from './segments.ts';

describe('a TCP segment comes out of', () => {
  test.each(wrapped)('%s', (_, linkType, bytes) => {
    const seen = new Segments().give(bytes, linkType);
    expect(seen.lines).toEqual([innerLine]);
    expect(seen.reports).toEqual([]);
  });
  test.each(wrapped6)('IPv6: %s', (_, linkType, bytes) => {
    const seen = new Segments().give(bytes, linkType);
    expect(seen.lines).toEqual([inner6Line]);
    expect(seen.reports).toEqual([]);
  });
});

describe('cut at every length, nothing is read behind the end', () => {
  test.each([...wrapped, ...wrapped6])('%s', (_, linkType, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const seen = new Segments().give(bytes.slice(0, length), linkType, bytes.length);
      for (const line of seen.lines) {
        // A cut packet says what it lacks, or lacks nothing but padding.
        expect(line).toMatch(/^(short segment: \d+ bytes \+\d+ missing|.* seq 7 "G?E?T?"( \+[123] missing)?)$/);
      }
      expect(seen.lines.length).toBeLessThanOrEqual(1);
      for (const poison of [0x00, 0x03, 0x45, 0x60, 0xff]) {
        const again = new Segments().give(bytes.slice(0, length), linkType, bytes.length, poison);
        expect(again.outcome).toEqual(seen.outcome);
      }
    }
  });
});

describe('no segment comes out of', () => {
  const table: [name: string, linkType: number, bytes: Uint8Array][] = [
    ['ARP', 1, ethernet(new Uint8Array(28), 0x0806)],
    ['IPX in raw 802.3', 1, ethernet(concat(u16(0xffff), new Uint8Array(30)), 32)],
    ['spanning tree', 1, ethernet(concat(u8(0x42, 0x42, 3), new Uint8Array(35)), 38)],
    ['a vendor\u2019s SNAP', 1, ethernet(concat(u8(0xaa, 0xaa, 3, 0, 0, 0x0c, 8, 0), inner), 8 + inner.length)],
    ['an Ethernet mPacket that is a part', 274, concat(new Uint8Array(7).fill(0x55), u8(0xe6), ethernet(inner, 0x0800))],
    ['PPPoE control', 1, ethernet(concat(u8(0x11, 0xa7), u16(1), u16(inner.length + 2), u16(0x21), inner), 0x8864)],
    ['PPP control', 9, concat(u16(0xff03), u16(0xc021), inner)],
    ['802.11 beacon', 105, wlan(0x8000, inner)],
    ['802.11 acknowledgement', 105, u8(0xd4, 0, 0, 0, 1, 2, 3, 4, 5, 6)],
    ['802.11 null data', 105, wlan(0x4801)],
    ['802.11 encrypted', 105, wlan(0x0841, u8(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), inner)],
    ['802.11 divided', 105, wlan(0x0805, u8(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), inner)],
    ['an MPLS stack with nothing below', 219, u32(0x00064140)],
    ['a pseudowire\u2019s own channel', 219, concat(u32(0x00064140), u32(0x10000007), inner)],
    ['GRE with routing', 1, gre(0x4000, 0x0800, u32(0), inner)],
    ['GRE of a later version', 1, gre(0x0002, 0x0800, inner)],
    ['PPTP acknowledgement', 1, gre(0x2081, 0x880b, u16(0), u16(1), u32(5))],
    ['EtherIP of a later version', 1, inIp(97, u16(0x4000), ethernet(inner, 0x0800))],
    ['VXLAN without an identifier', 1, inUdp(4789, u32(0), u32(0x100), ethernet(inner, 0x0800))],
    ['Geneve of a later version', 1, inUdp(6081, u8(0x40, 0), u16(0x0800), u32(0), inner)],
    ['a GTP echo', 1, inUdp(2152, u8(0x30, 1), u16(inner.length), u32(1), inner)],
    ['GTP with an empty extension', 1, inUdp(2152, u8(0x34, 255), u16(inner.length + 8), u32(1), u32(1), u32(0), inner)],
    ['L2TP control', 1, inUdp(1701, u16(0xc802), u16(12), u32(0), u32(0))],
    ['GRE in UDP of a later version', 1, inUdp(4754, u16(1), u16(0x0800), inner)],
    ['frame relay management', 107, concat(u16(0xfcf1), u8(3, 9), inner)],
    ['NSH of a later version', 1, ethernet(concat(u8(0x4f, 0xc2, 2, 1), u32(0x100), inner), 0x894f)],
    ['an unknown UDP port', 1, inUdp(53, inner)],
    ['ESP', 1, inIp(50, inner)],
    ['ESP in IPv6', 101, ipv6(inner, 50, { src: '2001:db8::1', dst: '2001:db8::2' })],
    ['no next header', 101, ipv6(inner, 59, { src: '2001:db8::1', dst: '2001:db8::2' })],
    ['an ICMP error that quotes TCP', 1, inIp(1, u8(3, 1, 0, 0), u32(0), inner)],
    ['an ICMPv6 error that quotes TCP', 101, ipv6(concat(u8(1, 4, 0, 0), u32(0), inner), 58, { src: '2001:db8::1', dst: '2001:db8::2' })],
  ]; // prettier-ignore
  test.each(table)('%s', (_, linkType, bytes) => {
    const seen = new Segments().give(bytes, linkType);
    expect(seen.lines).toEqual([]);
    expect(seen.reports).toEqual([]);
    expect(seen.link.otherFrames + seen.link.otherIpPackets).toBe(1);
  });
});

test('an A-MSDU gives each of its segments', () => {
  const subframe = (payload: string): Uint8Array => {
    const packet = ipv4(tcp({ seq: 7, payload }), 6, { src: '10.0.0.1', dst: '10.0.0.2' });
    const body = concat(u8(0xaa, 0xaa, 3, 0, 0, 0, 8, 0), packet);
    const bytes = concat(new Uint8Array(12), u16(body.length), body);
    return concat(bytes, new Uint8Array(-bytes.length & 3));
  };
  const seen = new Segments().give(wlan(0x8801, u8(0x80, 0), subframe('a'), subframe('bcd'), subframe('ef')), 105);
  expect(seen.lines.map((line) => line.replace(/.* /, ''))).toEqual(['"a"', '"bcd"', '"ef"']);
});

test('an unknown link type is named once, its packets are counted', () => {
  const seen = new Segments();
  for (let i = 0; i < 3; i++) seen.give(inner, 147).give(inner, 187).give(inner, 9999).give(inner, 1000);
  expect(seen.reports).toEqual([
    'link.unknown-type: link type 147 (USER0) is not decoded',
    'link.unknown-type: link type 187 (BLUETOOTH_HCI_H4) is not decoded',
    'link.unknown-type: link type 9999 (LINKTYPE 9999) is not decoded',
    'link.unknown-type: link type 1000 (LINKTYPE 1000) is not decoded',
  ]);
  expect(seen.link.unknownPackets).toBe(12);
  expect(seen.link.packets).toBe(12);
});

describe('headers inside one another', () => {
  const outer = { src: '192.0.2.1', dst: '192.0.2.2' };
  function nested(depth: number): Uint8Array {
    let packet = inner;
    for (let i = 0; i < depth; i++) packet = ipv4(packet, 4, outer);
    return packet;
  }

  function repeated(times: number, bytes: Uint8Array): Uint8Array {
    return Uint8Array.from(Buffer.alloc(times * bytes.length, bytes));
  }

  test('eight are followed', () => {
    const seen = new Segments().give(nested(8), 101);
    expect([seen.lines, seen.reports]).toEqual([[innerLine], []]);
  });
  test('nine are not', () => {
    const seen = new Segments().give(nested(9), 101).give(nested(0), 101);
    expect(seen.lines).toEqual([innerLine]);
    expect(seen.reports).toEqual(['link.nested-too-deep: more than 8 headers inside one another']);
  });
  test('a packet of nothing but headers ends', () => {
    const vlans = new Uint8Array(65536).fill(0x81);
    for (let i = 13; i < vlans.length; i += 2) vlans[i] = 0;
    const bridged = repeated(4000, ethernet(new Uint8Array(0), 0x6558));
    const snaps = repeated(4000, u8(0xaa, 0xaa, 3, 0, 0, 0, 0, 200));
    const ppis = repeated(4000, concat(u8(0, 0), u16(8, false), u32(192, false)));
    const seen = new Segments().give(vlans).give(bridged).give(ethernet(snaps, 1500)).give(ppis, 192);
    expect(seen.lines).toEqual([]);
    expect(seen.reports.map((report) => report.split(':')[0])).toEqual([
      'link.truncated',
      'link.nested-too-deep',
      'link.nested-too-deep',
      'link.nested-too-deep',
    ]);
  });
});

test('a header cut short is reported with what was needed', () => {
  const seen = new Segments()
    .give(u8(1, 2, 3))
    .give(ethernet(u8(1), 0x8100))
    .give(u8(0), 113)
    .give(gre(0x2000, 0x0800));
  expect(seen.reports).toEqual([
    'link.truncated: 3 of the 14 bytes of a header: Ethernet',
    'link.truncated: 1 of the 4 bytes of a header: VLAN',
    'link.truncated: 1 of the 16 bytes of a header: Linux cooked',
    'link.truncated: 4 of the 8 bytes of a header: GRE',
  ]);
});
