/**
 * Which connection a segment belongs to: address and port of both ends -> slot in the connection table, whichever way the
 * segment goes. Open addressing over one Int32Array, linear probing, deletion by backward shift: no keys, no objects.
 */
import { i32 } from '../../core/bytes.ts';
import { ConnectionFlag, grown, type ConnectionTable } from '../../core/connection-table.ts';

export class FlowTable {
  /** Direction of the segment last found: 0 where it goes the way of the connection's first packet, else 1. */
  direction: 0 | 1 = 0;

  private readonly connections: ConnectionTable;
  /** Makes collisions unpredictable to whoever wrote the capture. */
  private readonly seed: number;
  /** slot + 1, or 0 where empty. */
  private buckets: Int32Array;
  private mask: number;
  /** Hash a slot. */
  private hashes: Int32Array;
  private size = 0;

  constructor(connections: ConnectionTable, seed: number) {
    this.connections = connections;
    this.seed = seed | 0;
    this.buckets = new Int32Array(4096);
    this.mask = this.buckets.length - 1;
    this.hashes = new Int32Array(connections.capacity);
  }

  /** Hash of the segment whose IP header starts at `ip` and TCP header at `tcp`; the same for both directions. */
  hash(data: Uint8Array, ip: number, version: number, tcp: number): number {
    let source: number;
    let destination: number;
    if (version === 4) {
      source = i32(data, ip + 12);
      destination = i32(data, ip + 16);
    } else {
      source = this.fold6(data, ip + 8);
      destination = this.fold6(data, ip + 24);
    }
    const sourcePort = (data[tcp]! << 8) | data[tcp + 1]!;
    const destinationPort = (data[tcp + 2]! << 8) | data[tcp + 3]!;
    let h =
      (Math.imul((source ^ this.seed) + Math.imul(sourcePort, 0x9e3779b1), 0x85ebca6b) +
        Math.imul((destination ^ this.seed) + Math.imul(destinationPort, 0x9e3779b1), 0x85ebca6b)) |
      0;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return h ^ (h >>> 15);
  }

  /** The slot, with `direction` set, or -1. */
  find(hash: number, data: Uint8Array, ip: number, version: number, tcp: number): number {
    const buckets = this.buckets;
    const mask = this.mask;
    const ports = i32(data, tcp);
    const swapped = (ports << 16) | (ports >>> 16);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = buckets[at]! - 1;
      if (slot < 0) return -1;
      if (this.hashes[slot] !== hash) continue;
      const own = this.connections.ports[slot]!;
      if (own === ports && this.sameAddresses(slot, data, ip, version, 0)) {
        this.direction = 0;
        return slot;
      }
      if (own === swapped && this.sameAddresses(slot, data, ip, version, 4)) {
        this.direction = 1;
        return slot;
      }
    }
  }

  /** Writes the segment's addresses and ports to a fresh slot and files it under `hash`. */
  add(slot: number, hash: number, data: Uint8Array, ip: number, version: number, tcp: number): void {
    const words = this.connections.words;
    const at = slot * 8;
    if (version === 4) {
      words[at] = i32(data, ip + 12);
      words[at + 4] = i32(data, ip + 16);
    } else {
      for (let i = 0; i < 8; i++) words[at + i] = i32(data, ip + 8 + i * 4);
      this.connections.flags[slot]! |= ConnectionFlag.ipv6;
    }
    this.connections.ports[slot] = i32(data, tcp);
    if (this.hashes.length < this.connections.capacity) this.hashes = grown(this.hashes, this.connections.capacity);
    this.hashes[slot] = hash;
    if (++this.size * 2 > this.buckets.length) this.rehash();
    this.insert(slot, hash);
    this.direction = 0;
  }

  remove(slot: number): void {
    const buckets = this.buckets;
    const mask = this.mask;
    let hole = this.hashes[slot]! & mask;
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    this.size--;
    // Backward shift: whatever probed past the hole and may sit in it moves there.
    for (let at = (hole + 1) & mask; ; at = (at + 1) & mask) {
      const entry = buckets[at]!;
      if (entry === 0) break;
      const home = this.hashes[entry - 1]! & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        buckets[hole] = entry;
        hole = at;
      }
    }
    buckets[hole] = 0;
  }

  private insert(slot: number, hash: number): void {
    let at = hash & this.mask;
    while (this.buckets[at] !== 0) at = (at + 1) & this.mask;
    this.buckets[at] = slot + 1;
  }

  private rehash(): void {
    const old = this.buckets;
    this.buckets = new Int32Array(old.length * 2);
    this.mask = this.buckets.length - 1;
    for (let i = 0; i < old.length; i++) if (old[i] !== 0) this.insert(old[i]! - 1, this.hashes[old[i]! - 1]!);
  }

  private sameAddresses(slot: number, data: Uint8Array, ip: number, version: number, swap: number): boolean {
    const words = this.connections.words;
    const at = slot * 8;
    const isV6 = (this.connections.flags[slot]! & ConnectionFlag.ipv6) !== 0;
    if (version === 4) {
      return !isV6 && words[at + swap] === i32(data, ip + 12) && words[at + (4 - swap)] === i32(data, ip + 16);
    }
    if (!isV6) return false;
    for (let i = 0; i < 4; i++) {
      if (words[at + swap + i] !== i32(data, ip + 8 + i * 4)) return false;
      if (words[at + (4 - swap) + i] !== i32(data, ip + 24 + i * 4)) return false;
    }
    return true;
  }

  private fold6(data: Uint8Array, at: number): number {
    let h = this.seed;
    for (let i = 0; i < 16; i += 4) h = Math.imul(h ^ i32(data, at + i), 0x9e3779b1) + (h >>> 16);
    return h;
  }
}
