/** What can happen to packets on their way, and what an attacker can make of them. Each mutation changes the list in place. */
import type { Random } from './random.ts';

export interface Packet {
  /** Nanoseconds after the first packet. */
  time: number;
  bytes: Uint8Array;
  wireLength: number;
  linkType: number;
}

type PacketMutation = (packets: Packet[], random: Random) => void;

export const packetMutations: Readonly<Record<string, PacketMutation>> = {
  'lose packets': (packets, random) => {
    for (let n = 1 + random.below(3); n > 0 && packets.length > 1; n--) packets.splice(random.below(packets.length), 1);
  },
  'lose a stretch': (packets, random) => {
    packets.splice(random.below(packets.length), 1 + random.below(Math.max(1, packets.length - 2)));
  },
  'repeat packets': (packets, random) => {
    for (let n = 1 + random.below(3); n > 0; n--) {
      const packet = random.from(packets);
      packets.splice(random.below(packets.length + 1), 0, { ...packet });
    }
  },
  'reorder neighbours': (packets, random) => {
    for (let n = 1 + random.below(packets.length); n > 0; n--) {
      const at = random.below(packets.length);
      const to = Math.min(packets.length - 1, at + 1 + random.below(3));
      [packets[at], packets[to]] = [packets[to]!, packets[at]!];
    }
  },
  'reverse a stretch': (packets, random) => {
    const at = random.below(packets.length);
    const count = 2 + random.below(30);
    packets.splice(at, count, ...packets.slice(at, at + count).reverse());
  },
  'start in the middle': (packets, random) => {
    packets.splice(0, random.below(packets.length));
  },
  'snap packets': (packets, random) => {
    const length = random.below(200);
    for (const packet of packets) packet.bytes = packet.bytes.subarray(0, length);
  },
  'snap a packet': (packets, random) => {
    const packet = random.from(packets);
    packet.bytes = packet.bytes.subarray(0, random.below(packet.bytes.length + 1));
    if (random.chance(2)) packet.wireLength = packet.bytes.length;
  },
  'flip bits in headers': (packets, random) => {
    for (let n = 1 + random.below(6); n > 0; n--) flip(owned(random.from(packets)), 66, random);
  },
  'garbage in headers': (packets, random) => {
    const bytes = owned(random.from(packets));
    const at = random.below(Math.min(66, bytes.length + 1));
    for (let i = at; i < Math.min(bytes.length, at + 12); i++) bytes[i] = random.below(256);
  },
  'garbage in content': (packets, random) => {
    const bytes = owned(random.from(packets));
    const at = random.below(bytes.length + 1);
    for (let i = at; i < Math.min(bytes.length, at + 40); i++) bytes[i] = random.below(256);
  },
  'flip bits in content': (packets, random) => {
    for (let n = 1 + random.below(6); n > 0; n--) flip(owned(random.from(packets)), 65536, random);
  },
  'write over content': (packets, random) => {
    for (let n = 1 + random.below(3); n > 0; n--) {
      const bytes = owned(random.from(packets));
      const words = Buffer.from(random.from(nastyText), 'latin1');
      if (bytes.length > 54 + words.length) bytes.set(words, 54 + random.below(bytes.length - 54 - words.length));
    }
  },
  'change digits': (packets, random) => {
    for (let n = 1 + random.below(6); n > 0; n--) {
      const bytes = owned(random.from(packets));
      for (let i = 54; i < bytes.length; i++) {
        if (bytes[i]! >= 0x30 && bytes[i]! <= 0x39 && random.chance(8)) bytes[i] = 0x30 + random.below(10);
      }
    }
  },
  'send other content again': (packets, random) => {
    const at = random.below(packets.length);
    const copy = { ...packets[at]! };
    flip(owned(copy), 65536, random);
    packets.splice(Math.min(packets.length, at + random.below(5)), 0, copy);
  },
  'forge a 16-bit field': (packets, random) => {
    const bytes = owned(random.from(packets));
    if (bytes.length < 60) return;
    const value = random.from([0, 1, 19, 20, 21, 0x3fff, 0x7fff, 0xffff, bytes.length]);
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(12 + random.below(44), value);
  },
  'forge a 32-bit field': (packets, random) => {
    const bytes = owned(random.from(packets));
    if (bytes.length < 60) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const at = 12 + random.below(44);
    view.setUint32(at, (view.getUint32(at) + random.from([1, -1, 1 << 16, 1 << 30, 1 << 31, -1460])) >>> 0);
  },
  'bend time': (packets, random) => {
    const shift = random.from([-1, -1e9, 1e9, 3600e9, 86400e9 * 365, -86400e9 * 365]);
    for (let i = random.below(packets.length); i < packets.length; i++) packets[i]!.time += shift;
  },
  'another link type': (packets, random) => {
    const linkType = random.from([0, 1, 9, 12, 50, 101, 104, 105, 108, 113, 127, 228, 229, 239, 276, 65535]);
    if (random.chance(4)) for (const packet of packets) packet.linkType = linkType;
    else random.from(packets).linkType = linkType;
  },
};

const nastyText = [
  '\r\n\r\n', '\n\n', '\r', '\0', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 \r\n', 'GET / HTTP/1.1\r\n\r\n', '0\r\n\r\n',
  'Transfer-Encoding: chunked\r\n', 'Content-Length: 99999999999999999999\r\n', 'Content-Length: 0\r\n', 'ffffffffffff\r\n',
  'Upgrade: websocket\r\n', 'CONNECT a:1 HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x02\x00\x01',
  '\x81\xfe\xff\xff', '\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff', '\x88\x02\x03\xe8', '\xc1\x00', '\x1f\x8b\x08\x00',
]; // prettier-ignore

function flip(bytes: Uint8Array, within: number, random: Random): void {
  if (bytes.length > 0) bytes[random.below(Math.min(within, bytes.length))]! ^= 1 << random.below(8);
}

/** The packet's bytes, its own to change. */
function owned(packet: Packet): Uint8Array {
  return (packet.bytes = packet.bytes.slice());
}
