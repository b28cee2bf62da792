/**
 * What passes through the tap as packets: a raw IP and TCP header around each segment (RFC 791, 8200, 9293), checksums
 * right, so that any analyzer reads the file. Nothing is allocated per packet.
 */
import type { ConnectionTable } from '../../core/connection-table.ts';
import { copyBytes } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';

/** Takes packets with raw IP headers (LINKTYPE_RAW), borrowed. */
export type WritePacket = (
  time: number,
  data: Uint8Array,
  start: number,
  end: number,
  comment: string | undefined,
) => void;

export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

const tcpHeaderLength = 20;
/** Maximum segment size and window scale (RFC 9293 3.7.1, RFC 7323 2.2), in a SYN. */
const synOptionsLength = 8;
const windowShift = 14;
const maxPacket = 0xffff;

/** Bytes of a packet of `length` bytes of data before them. */
export function headerLength(version: 4 | 6, syn: boolean): number {
  return (version === 4 ? 20 : 40) + tcpHeaderLength + (syn ? synOptionsLength : 0);
}

/** The most data a segment holds: an IP packet has at most 65,535 bytes. */
export function segmentLimit(version: 4 | 6): number {
  return version === 4 ? maxPacket - 40 : maxPacket - tcpHeaderLength;
}

export class PacketLog {
  /** Stands beside the next packet. */
  comment: string | undefined;
  private readonly connections: ConnectionTable;
  private readonly write: WritePacket;
  private readonly packet = new Uint8Array(0x1_0040);
  private readonly view = new DataView(this.packet.buffer);
  /** For the checksum: the same bytes, in the machine's order. */
  private readonly words = new Uint32Array(this.packet.buffer);

  constructor(connections: ConnectionTable, write: WritePacket) {
    this.comment = undefined;
    this.connections = connections;
    this.write = write;
  }

  /**
   * @param sequence of the first byte, modulo 2^32
   * @param acknowledgement what the other side is at
   */
  segment(
    slot: number,
    side: Side,
    time: number,
    flags: number,
    sequence: number,
    acknowledgement: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    const version = this.connections.ipVersion(slot);
    const ip = version === 4 ? 20 : 40;
    const syn = (flags & TcpFlag.syn) !== 0;
    const header = tcpHeaderLength + (syn ? synOptionsLength : 0);
    const total = ip + header + (end - start);
    // A header's words are cleared, and those at the end that the data fills in part: they count in the checksum.
    this.words.fill(0, 0, (ip + header) >> 2);
    this.words[total >> 2] = 0;
    copyBytes(data, start, end, this.packet, ip + header);
    this.writeTcp(slot, side, ip, flags, sequence, acknowledgement);
    const pseudo = version === 4 ? this.addresses4(slot, side) : this.addresses6(slot, side);
    const length = total - ip;
    const checksum = this.sum(ip, total) + pseudo + swapped(6) + swapped(length);
    this.putChecksum(ip + 16, checksum);
    if (version === 4) this.finish4(slot, total);
    else this.finish6(length);
    this.write(time, this.packet, 0, total, this.comment);
    this.comment = undefined;
  }

  private writeTcp(slot: number, side: Side, at: number, flags: number, sequence: number, acknowledgement: number) {
    const { view, connections } = this;
    const syn = (flags & TcpFlag.syn) !== 0;
    view.setUint16(at, connections.port(slot, side));
    view.setUint16(at + 2, connections.port(slot, (1 - side) as Side));
    view.setInt32(at + 4, sequence);
    view.setInt32(at + 8, (flags & TcpFlag.ack) === 0 ? 0 : acknowledgement);
    view.setUint8(at + 12, (tcpHeaderLength + (syn ? synOptionsLength : 0)) << 2);
    view.setUint8(at + 13, flags);
    view.setUint16(at + 14, 0xffff);
    if (!syn) return;
    view.setUint16(at + 20, 0x0204);
    view.setUint16(at + 22, segmentLimit(connections.ipVersion(slot)));
    view.setUint32(at + 24, 0x01030300 | windowShift);
  }

  /** Writes both addresses; gives their sum for the pseudo-header. */
  private addresses4(slot: number, side: Side): number {
    const { view, connections } = this;
    view.setInt32(12, connections.words[connections.wordsAt(slot, side)]!);
    view.setInt32(16, connections.words[connections.wordsAt(slot, (1 - side) as Side)]!);
    return this.words[3]! + this.words[4]!;
  }

  private addresses6(slot: number, side: Side): number {
    const { view, connections } = this;
    const from = connections.wordsAt(slot, side);
    const to = connections.wordsAt(slot, (1 - side) as Side);
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      view.setInt32(8 + i * 4, connections.words[from + i]!);
      view.setInt32(24 + i * 4, connections.words[to + i]!);
      sum += this.words[2 + i]! + this.words[6 + i]!;
    }
    return sum;
  }

  private finish4(slot: number, total: number): void {
    const { view } = this;
    view.setUint16(0, 0x4500);
    view.setUint16(2, total);
    view.setUint16(4, this.connections.ids[slot]! & 0xffff);
    view.setUint16(6, 0x4000);
    view.setUint16(8, 0x4006);
    this.putChecksum(10, this.sum(0, 20));
  }

  private finish6(length: number): void {
    this.view.setUint32(0, 0x60000000);
    this.view.setUint16(4, length);
    this.view.setUint16(6, 0x0640);
  }

  /** Sum of the 32-bit words, in the machine's byte order: modulo 0xffff it is that of the 16-bit words (RFC 1071 2). */
  private sum(start: number, end: number): number {
    const { words } = this;
    const last = (end + 3) >> 2;
    let i = start >> 2;
    // Four sums: none waits for another.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (; i + 3 < last; i += 4) {
      a += words[i]!;
      b += words[i + 1]!;
      c += words[i + 2]!;
      d += words[i + 3]!;
    }
    for (; i < last; i++) a += words[i]!;
    return a + b + c + d;
  }

  /** @param sum in the machine's byte order, which is how it is stored */
  private putChecksum(at: number, sum: number): void {
    new Uint16Array(this.packet.buffer, at, 1)[0] = ~(sum % 0xffff) & 0xffff;
  }
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A 16-bit number in network order, as the machine reads it. */
function swapped(value: number): number {
  return littleEndian ? ((value & 0xff) << 8) | (value >> 8) : value;
}
