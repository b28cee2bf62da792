/**
 * The open connections, a slot each, as columns: what is known of a connection at the level of packets and addresses.
 * Slots are reused after a connection is closed and reported; `ids` never are. Whoever opens connections (the TCP
 * reassembler, the live tap) writes here; decoders and recorders read.
 *
 * Typed arrays instead of objects: a million open connections are 100 MiB of columns, and nothing for the collector to walk.
 */
import { endpointText } from './address.ts';
import type { Side } from './side.ts';

/** Bits of `ConnectionTable.flags`. */
export const ConnectionFlag = {
  ipv6: 1,
  /** The first packets were not captured: no SYN was seen. */
  midstream: 2,
  /** Who is client is settled (a SYN, or first bytes that tell). */
  oriented: 4,
  /** The first packet seen came from the server: direction 0 of the packets is side 1. */
  flipped: 8,
  /** Closed by FIN from both sides. */
  finished: 16,
  /** Closed by RST. */
  reset: 32,
  /** Bytes above TCP were decrypted. */
  secure: 64,
  /** The server has sent its FIN: it will answer nothing more. */
  serverEnded: 128,
  /** The client has sent its FIN before the server did. */
  clientEndedFirst: 256,
  /** Segments of direction 0, and of direction 1, wait for bytes before them. */
  waiting0: 512,
  waiting1: 1024,
  /** The client sends requests without waiting for answers. */
  pipelined: 2048,
} as const;

/** Protocols seen on a connection, as bits; the order is that of the trace format's `protocols` after `tcp`. */
export const protocolNames = ['tls', 'http/1.1', 'h2', 'websocket', 'h2c', 'other'] as const;
export type ProtocolName = (typeof protocolNames)[number];

/** The bit of a protocol in `ConnectionTable.protocols`. */
export function protocolBit(name: ProtocolName): number {
  return 1 << protocolNames.indexOf(name);
}

export class ConnectionTable {
  /** Slots in use or free; columns are at least this long. */
  capacity: number;
  /** Open connections. */
  size = 0;
  /** The next connection's id: Wireshark's tcp.stream. */
  nextId = 0;

  /** Address words: client's four, then server's four (IPv4 uses the first of each), per direction of the first packet. */
  words: Int32Array;
  /** Port of direction 0 in the high half, of direction 1 in the low half. */
  ports: Int32Array;
  ids: Int32Array;
  flags: Uint16Array;
  /** Bits by index in `protocolNames`. */
  protocols: Uint8Array;
  openedAt: Float64Array;
  lastAt: Float64Array;
  /** Two numbers a slot, by direction of the first packet (not by side while the orientation is open). */
  packets: Int32Array;
  bytes: Float64Array;
  retransmissions: Int32Array;
  outOfOrder: Int32Array;
  missingBytes: Float64Array;
  /** Stream offset of the next byte to be delivered: bytes and gaps so far. */
  delivered: Float64Array;
  conflictingOverlaps: Int32Array;
  /** Nanoseconds from SYN to the ACK that completes the handshake; negative while it is not complete. */
  handshakeRtt: Float64Array;

  private free: Int32Array;
  private freeCount = 0;
  private used = 0;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    this.words = new Int32Array(capacity * 8);
    this.ports = new Int32Array(capacity);
    this.ids = new Int32Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.protocols = new Uint8Array(capacity);
    this.openedAt = new Float64Array(capacity);
    this.lastAt = new Float64Array(capacity);
    this.packets = new Int32Array(capacity * 2);
    this.bytes = new Float64Array(capacity * 2);
    this.retransmissions = new Int32Array(capacity * 2);
    this.outOfOrder = new Int32Array(capacity * 2);
    this.missingBytes = new Float64Array(capacity * 2);
    this.delivered = new Float64Array(capacity * 2);
    this.conflictingOverlaps = new Int32Array(capacity);
    this.handshakeRtt = new Float64Array(capacity);
    this.free = new Int32Array(256);
  }

  /** A slot with zeroed counters and a fresh id. Addresses, ports and flags are the caller's to fill in. May grow the columns. */
  open(time: number): number {
    if (this.freeCount === 0 && this.used === this.capacity) this.grow();
    const slot = this.freeCount > 0 ? this.free[--this.freeCount]! : this.used++;
    this.size++;
    this.ids[slot] = this.nextId++;
    this.flags[slot] = 0;
    this.protocols[slot] = 0;
    this.openedAt[slot] = time;
    this.lastAt[slot] = time;
    const two = slot * 2;
    this.packets[two] = this.packets[two + 1] = 0;
    this.bytes[two] = this.bytes[two + 1] = 0;
    this.retransmissions[two] = this.retransmissions[two + 1] = 0;
    this.outOfOrder[two] = this.outOfOrder[two + 1] = 0;
    this.missingBytes[two] = this.missingBytes[two + 1] = 0;
    this.delivered[two] = this.delivered[two + 1] = 0;
    this.conflictingOverlaps[slot] = 0;
    this.handshakeRtt[slot] = -1;
    return slot;
  }

  /** Gives the slot back. */
  close(slot: number): void {
    this.size--;
    if (this.freeCount === this.free.length) this.free = grown(this.free, this.freeCount * 2);
    this.free[this.freeCount++] = slot;
    this.ids[slot] = -1;
  }

  /** Whether the slot holds an open connection. */
  isOpen(slot: number): boolean {
    return slot < this.used && this.ids[slot]! >= 0;
  }

  /** One past the highest slot ever used. */
  get end(): number {
    return this.used;
  }

  has(slot: number, flag: number): boolean {
    return (this.flags[slot]! & flag) !== 0;
  }

  /** A side has sent its FIN. */
  noteFin(slot: number, side: Side): void {
    const serverEnded = this.has(slot, ConnectionFlag.serverEnded);
    if (side === 1) this.flags[slot]! |= ConnectionFlag.serverEnded;
    else if (!serverEnded) this.flags[slot]! |= ConnectionFlag.clientEndedFirst;
  }

  /** Which side sent its FIN first, -1 where none has. */
  endedFirst(slot: number): Side | -1 {
    if (this.has(slot, ConnectionFlag.clientEndedFirst)) return 0;
    return this.has(slot, ConnectionFlag.serverEnded) ? 1 : -1;
  }

  /** Index (0 or 1) of a side's column in the two-number columns. */
  direction(slot: number, side: Side): number {
    return (this.flags[slot]! & ConnectionFlag.flipped) === 0 ? side : 1 - side;
  }

  /** Whether later bytes of this side wait for missing ones. */
  waits(slot: number, side: Side): boolean {
    return (this.flags[slot]! & (ConnectionFlag.waiting0 << this.direction(slot, side))) !== 0;
  }

  /** Stream offset of a side's next byte. */
  offset(slot: number, side: Side): number {
    return this.delivered[slot * 2 + this.direction(slot, side)]!;
  }

  port(slot: number, side: Side): number {
    return this.direction(slot, side) === 0 ? this.ports[slot]! >>> 16 : this.ports[slot]! & 0xffff;
  }

  ipVersion(slot: number): 4 | 6 {
    return (this.flags[slot]! & ConnectionFlag.ipv6) === 0 ? 4 : 6;
  }

  /** Where this side's address words begin in `words`. */
  wordsAt(slot: number, side: Side): number {
    return slot * 8 + this.direction(slot, side) * 4;
  }

  /** `ip:port` of a side, IPv6 in brackets. */
  endpoint(slot: number, side: Side): string {
    return endpointText(this.ipVersion(slot), this.words, this.wordsAt(slot, side), this.port(slot, side));
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    this.words = grown(this.words, capacity * 8);
    this.ports = grown(this.ports, capacity);
    this.ids = grown(this.ids, capacity);
    this.flags = grown(this.flags, capacity);
    this.protocols = grown(this.protocols, capacity);
    this.openedAt = grown(this.openedAt, capacity);
    this.lastAt = grown(this.lastAt, capacity);
    this.packets = grown(this.packets, capacity * 2);
    this.bytes = grown(this.bytes, capacity * 2);
    this.retransmissions = grown(this.retransmissions, capacity * 2);
    this.outOfOrder = grown(this.outOfOrder, capacity * 2);
    this.missingBytes = grown(this.missingBytes, capacity * 2);
    this.delivered = grown(this.delivered, capacity * 2);
    this.conflictingOverlaps = grown(this.conflictingOverlaps, capacity);
    this.handshakeRtt = grown(this.handshakeRtt, capacity);
    this.capacity = capacity;
  }
}

/** A copy of a column with room for `length` numbers. */
export function grown<T extends Uint8Array | Uint16Array | Int32Array | Float64Array>(column: T, length: number): T {
  const larger = new (column.constructor as new (length: number) => T)(length);
  larger.set(column);
  return larger;
}
