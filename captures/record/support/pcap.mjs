// Classic pcap read whole and written again, for scenarios that rewrite what tcpdump recorded:
// another byte order, another link type, packets lost, doubled or disordered by a seeded generator.

import { readFileSync } from 'node:fs';

export const LinkType = { ethernet: 1, raw: 101 };

/** Reads a little-endian capture: `{ linkType, nanoseconds, snaplen, packets: [{ seconds, fraction, wireLength, data }] }`. */
export function readPcap(path) {
  const file = readFileSync(path);
  const magic = file.readUInt32LE(0);
  const nanoseconds = magic === 0xa1b23c4d;
  if (!nanoseconds && magic !== 0xa1b2c3d4) throw new Error(`${path}: expected a little-endian pcap`);
  const packets = [];
  for (let at = 24; at < file.length;) {
    const captured = file.readUInt32LE(at + 8);
    packets.push({
      seconds: file.readUInt32LE(at),
      fraction: file.readUInt32LE(at + 4),
      wireLength: file.readUInt32LE(at + 12),
      data: file.subarray(at + 16, at + 16 + captured),
    });
    at += 16 + captured;
  }
  return { nanoseconds, snaplen: file.readUInt32LE(16), linkType: file.readUInt32LE(20), packets };
}

/** The bytes of a capture in either byte order. */
export function pcapBytes({ linkType, nanoseconds, snaplen, packets }, { bigEndian = false } = {}) {
  const u32 = (buffer, value, at) => (bigEndian ? buffer.writeUInt32BE(value, at) : buffer.writeUInt32LE(value, at));
  const u16 = (buffer, value, at) => (bigEndian ? buffer.writeUInt16BE(value, at) : buffer.writeUInt16LE(value, at));
  const header = Buffer.alloc(24);
  u32(header, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 0);
  u16(header, 2, 4);
  u16(header, 4, 6);
  u32(header, snaplen, 16);
  u32(header, linkType, 20);
  const parts = [header];
  for (const packet of packets) {
    const record = Buffer.alloc(16);
    u32(record, packet.seconds, 0);
    u32(record, packet.fraction, 4);
    u32(record, packet.data.length, 8);
    u32(record, packet.wireLength, 12);
    parts.push(record, packet.data);
  }
  return Buffer.concat(parts);
}

/** Cuts the 14 bytes of the Ethernet header: what a tunnel interface would have recorded. */
export function withoutEthernet(capture) {
  const packets = capture.packets.map((packet) => ({
    ...packet,
    wireLength: packet.wireLength - 14,
    data: packet.data.subarray(14),
  }));
  return { ...capture, linkType: LinkType.raw, packets };
}

/** Where the TCP payload of an Ethernet frame over IPv4 or IPv6 without extension headers starts and ends. */
export function tcpPayload(data) {
  const ip = 14;
  const six = data.readUInt16BE(12) === 0x86dd;
  const tcp = six ? ip + 40 : ip + (data[ip] & 15) * 4;
  const end = six ? tcp + data.readUInt16BE(ip + 4) : ip + data.readUInt16BE(ip + 2);
  return { tcp, start: tcp + (data[tcp + 12] >> 4) * 4, end };
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
