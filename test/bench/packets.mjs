/** Ethernet, VLAN, IPv4, IPv6, TCP and UDP headers, checksums included (RFC 791, 8200, 9293, 768, 7323). */

/** TCP flag bits, RFC 9293 section 3.1. */
export const Flag = { fin: 0x01, syn: 0x02, psh: 0x08, ack: 0x10 };

const nothing = Buffer.alloc(0);
const timestampsLength = 12;
const synOptionsLength = 20;

/** Sum of 16-bit words, not yet folded: exact in a double for any packet. */
function sumOf(buffer, start, end) {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (buffer[at] << 8) | buffer[at + 1];
  return at < end ? sum + (buffer[at] << 8) : sum;
}

/** The internet checksum of a sum, RFC 1071. */
function checksum(sum) {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

export class PacketWriter {
  /** @param {import('./pcap-file.mjs').PcapFile} file */
  constructor(file) {
    this.file = file;
    this.identification = 1;
  }

  /**
   * One TCP segment.
   * @param {object} route clientHost, clientPort, serverHost, serverPort, v6, vlan (0: none), clockBase
   * @param {0|1} side who sends: 0 the client, 1 the server
   */
  segment(route, side, flags, sequence, acknowledgment, payload = nothing, start = 0, end = payload.length) {
    const optionsLength = flags & Flag.syn ? synOptionsLength : timestampsLength;
    const length = 20 + optionsLength + end - start;
    const at = this.#network(route, side, 6, length);
    const { buffer } = this.file;
    buffer.writeUInt16BE(side === 0 ? route.clientPort : route.serverPort, at);
    buffer.writeUInt16BE(side === 0 ? route.serverPort : route.clientPort, at + 2);
    buffer.writeUInt32BE(sequence, at + 4);
    buffer.writeUInt32BE(acknowledgment, at + 8);
    buffer[at + 12] = ((20 + optionsLength) >> 2) << 4;
    buffer[at + 13] = flags;
    buffer.writeUInt16BE(64_240, at + 14);
    buffer.writeUInt32BE(0, at + 16);
    this.#options(route, flags, at + 20);
    payload.copy(buffer, at + 20 + optionsLength, start, end);
    buffer.writeUInt16BE(checksum(this.pseudoSum + sumOf(buffer, at, at + length)), at + 16);
  }

  /** One UDP datagram. */
  datagram(route, side, payload) {
    const length = 8 + payload.length;
    const at = this.#network(route, side, 17, length);
    const { buffer } = this.file;
    buffer.writeUInt16BE(side === 0 ? route.clientPort : route.serverPort, at);
    buffer.writeUInt16BE(side === 0 ? route.serverPort : route.clientPort, at + 2);
    buffer.writeUInt16BE(length, at + 4);
    buffer.writeUInt16BE(0, at + 6);
    payload.copy(buffer, at + 8);
    buffer.writeUInt16BE(checksum(this.pseudoSum + sumOf(buffer, at, at + length)), at + 6);
  }

  /** Link and IP headers; leaves the pseudo-header's sum in `pseudoSum`, gives the place of the transport header. */
  #network(route, side, protocol, length) {
    const linkLength = route.vlan > 0 ? 18 : 14;
    const start = this.file.reserve(linkLength + (route.v6 ? 40 : 20) + length);
    const { buffer } = this.file;
    buffer.writeUIntBE(0x020000000001 + side, start, 6);
    buffer.writeUIntBE(0x020000000002 - side, start + 6, 6);
    if (route.vlan > 0) buffer.writeUInt32BE(0x81000000 + route.vlan, start + 12);
    buffer.writeUInt16BE(route.v6 ? 0x86dd : 0x0800, start + linkLength - 2);
    const source = side === 0 ? route.clientHost : route.serverHost;
    const destination = side === 0 ? route.serverHost : route.clientHost;
    const at = start + linkLength;
    return route.v6
      ? this.#ipv6(at, protocol, length, source, destination)
      : this.#ipv4(at, protocol, length, source, destination);
  }

  #ipv4(at, protocol, length, source, destination) {
    const { buffer } = this.file;
    buffer.writeUInt16BE(0x4500, at);
    buffer.writeUInt16BE(20 + length, at + 2);
    buffer.writeUInt16BE(this.identification++ & 0xffff, at + 4);
    buffer.writeUInt16BE(0x4000, at + 6);
    buffer.writeUInt32BE((64 << 24) | (protocol << 16), at + 8);
    buffer.writeUInt32BE(source, at + 12);
    buffer.writeUInt32BE(destination, at + 16);
    buffer.writeUInt16BE(checksum(sumOf(buffer, at, at + 20)), at + 10);
    this.pseudoSum = protocol + length + sumOf(buffer, at + 12, at + 20);
    return at + 20;
  }

  /** Hosts are the low 32 bits under 2001:db8::/32. */
  #ipv6(at, protocol, length, source, destination) {
    const { buffer } = this.file;
    buffer.fill(0, at, at + 40);
    buffer[at] = 0x60;
    buffer.writeUInt16BE(length, at + 4);
    buffer[at + 6] = protocol;
    buffer[at + 7] = 64;
    buffer.writeUInt32BE(0x20010db8, at + 8);
    buffer.writeUInt32BE(source, at + 20);
    buffer.writeUInt32BE(0x20010db8, at + 24);
    buffer.writeUInt32BE(destination, at + 36);
    this.pseudoSum = protocol + length + sumOf(buffer, at + 8, at + 40);
    return at + 40;
  }

  #options(route, flags, at) {
    const { buffer } = this.file;
    const clock = (route.clockBase + Math.floor(this.file.now / 1e6)) >>> 0;
    if (flags & Flag.syn) {
      buffer.writeUInt32BE(0x02040000 + (route.v6 ? 1440 : 1460), at);
      buffer.writeUInt32BE(0x0402080a, at + 4);
      buffer.writeUInt32BE(clock, at + 8);
      buffer.writeUInt32BE(flags & Flag.ack ? clock : 0, at + 12);
      buffer.writeUInt32BE(0x01030307, at + 16);
    } else {
      buffer.writeUInt32BE(0x0101080a, at);
      buffer.writeUInt32BE(clock, at + 4);
      buffer.writeUInt32BE(clock, at + 8);
    }
  }
}
