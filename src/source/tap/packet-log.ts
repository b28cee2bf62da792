/**
 * What passes through the tap as packets: a raw IP and TCP header around each segment (RFC 791, 8200, 9293), checksums
 * right, so that any analyzer reads the file. Nothing is allocated per packet.
 */
import type { ConnectionTable } from '../../core/connection-table.ts';
import { copyBytes } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import type { PacketMemory } from './packet-memory.ts';

/** Where packets with raw IP headers (LINKTYPE_RAW) are written down. */
export interface PacketTarget {
  readonly memory: PacketMemory;
  /** Makes room for a packet; gives its offset in the memory, a multiple of four, or -1 where it is left out. */
  place(time: number, length: number, comment: string | undefined): number;
}

export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

const tcpHeaderLength = 20;
/** Maximum segment size and window scale (RFC 9293 3.7.1, RFC 7323 2.2), in a SYN. */
const synOptionsLength = 8;
const windowShift = 14;
const maxPacket = 0xffff;
const tcpProtocol = 6;
/** Where in an IP header the addresses stand, of which the pseudo-header has the sum (RFC 9293 3.1). */
const addressesAt = { 4: 12, 6: 8 } as const;

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
  private readonly targets: readonly PacketTarget[];

  constructor(connections: ConnectionTable, targets: readonly PacketTarget[]) {
    this.comment = undefined;
    this.connections = connections;
    this.targets = targets;
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
    const length = end - start + headerLength(version, (flags & TcpFlag.syn) !== 0);
    for (let i = 0; i < this.targets.length; i++) {
      const target = this.targets[i]!;
      const at = target.place(time, length, this.comment);
      if (at < 0) continue;
      const { memory } = target;
      copyBytes(data, start, end, memory.bytes, at + length - (end - start));
      const ip =
        version === 4 ? this.writeIp4(memory, at, slot, side, length) : this.writeIp6(memory, at, slot, side, length);
      this.writeTcp(memory.view, at + ip, slot, side, flags, sequence, acknowledgement);
      // The block's padding is zero, and so is the checksum until it is known.
      const pseudo = memory.sum(at + addressesAt[version], at + ip) + swapped(tcpProtocol) + swapped(length - ip);
      putChecksum(memory.view, at + ip + 16, memory.sum(at + ip, (at + length + 3) & ~3) + pseudo);
    }
    this.comment = undefined;
  }

  private writeTcp(
    view: DataView,
    at: number,
    slot: number,
    side: Side,
    flags: number,
    sequence: number,
    acknowledgement: number,
  ): void {
    const { connections } = this;
    const syn = (flags & TcpFlag.syn) !== 0;
    view.setUint16(at, connections.port(slot, side));
    view.setUint16(at + 2, connections.port(slot, (1 - side) as Side));
    view.setInt32(at + 4, sequence);
    view.setInt32(at + 8, (flags & TcpFlag.ack) === 0 ? 0 : acknowledgement);
    view.setUint8(at + 12, (tcpHeaderLength + (syn ? synOptionsLength : 0)) << 2);
    view.setUint8(at + 13, flags);
    view.setUint16(at + 14, 0xffff);
    view.setUint32(at + 16, 0);
    if (!syn) return;
    view.setUint32(at + 20, 0x0204_0000 | segmentLimit(connections.ipVersion(slot)));
    view.setUint32(at + 24, 0x01030300 | windowShift);
  }

  /** Gives the header's length. */
  private writeIp4(memory: PacketMemory, at: number, slot: number, side: Side, length: number): number {
    const { view } = memory;
    const { connections } = this;
    view.setUint32(at, 0x4500_0000 | length);
    view.setUint32(at + 4, (connections.ids[slot]! << 16) | 0x4000);
    view.setUint32(at + 8, 0x4000_0000 | (tcpProtocol << 16));
    view.setInt32(at + 12, connections.words[connections.wordsAt(slot, side)]!);
    view.setInt32(at + 16, connections.words[connections.wordsAt(slot, (1 - side) as Side)]!);
    putChecksum(view, at + 10, memory.sum(at, at + 20));
    return 20;
  }

  private writeIp6({ view }: PacketMemory, at: number, slot: number, side: Side, length: number): number {
    const { connections } = this;
    view.setUint32(at, 0x6000_0000);
    view.setUint32(at + 4, ((length - 40) << 16) | (tcpProtocol << 8) | 0x40);
    const from = connections.wordsAt(slot, side);
    const to = connections.wordsAt(slot, (1 - side) as Side);
    for (let i = 0; i < 4; i++) {
      view.setInt32(at + 8 + i * 4, connections.words[from + i]!);
      view.setInt32(at + 24 + i * 4, connections.words[to + i]!);
    }
    return 40;
  }
}

/** @param sum in the machine's byte order, which is how it is stored */
function putChecksum(view: DataView, at: number, sum: number): void {
  view.setUint16(at, ~(sum % 0xffff) & 0xffff, littleEndian);
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A 16-bit number in network order, as the machine reads it. */
function swapped(value: number): number {
  return littleEndian ? ((value & 0xff) << 8) | (value >> 8) : value;
}
