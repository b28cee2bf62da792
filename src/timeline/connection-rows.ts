/**
 * Connections as rows that stay: a connection table of our own in which slot = id, so that everything that reads records
 * of a connection reads ours as well.
 */
import { ConnectionTable } from '../core/connection-table.ts';
import { capacityFor, grownTo } from './columns.ts';
import type { ConnectionRecord } from './records.ts';

export const closings = ['open', 'fin', 'reset'] as const;

export class ConnectionRows {
  readonly table: ConnectionTable = new ConnectionTable();
  /** Number of the connection's first packet; 0 where it is not known. */
  firstPacket = new Int32Array(1024);
  exchanges = new Int32Array(1024);
  /** Worst diagnostic, as in `severityRanks`. */
  severity = new Uint8Array(1024);
  /** Index in `closings`. */
  closing = new Uint8Array(1024);
  /** The connection's last exchange row, -1 for none. */
  lastExchange = new Int32Array(1024);
  private capacity = 1024;
  /** Slot in the live table while the connection is open, -1 after. */
  private slot = new Int32Array(1024);
  private live: ConnectionTable | undefined;

  get count(): number {
    return this.table.end;
  }

  /** The connection is there: its row, filled in. */
  meet(live: ConnectionTable, slot: number, packet = 0): number {
    const id = live.ids[slot]!;
    this.live = live;
    while (id >= this.table.end) this.add();
    if (packet > 0) this.firstPacket[id] = packet;
    if (this.slot[id]! < 0) {
      this.slot[id] = slot;
      this.copy(id, slot);
    }
    return id;
  }

  closed(record: ConnectionRecord): void {
    const id = this.meet(record.table, record.slot);
    this.copy(id, record.slot);
    this.table.lastAt[id] = record.closedAt;
    this.closing[id] = closings.indexOf(record.closing);
    this.slot[id] = -2;
  }

  /** Brings an open connection's numbers up to date. */
  refresh(id: number): void {
    const slot = this.slot[id]!;
    if (slot >= 0 && this.live !== undefined && this.live.ids[slot] === id) this.copy(id, slot);
  }

  isOpen(id: number): boolean {
    return this.slot[id]! >= 0;
  }

  private add(): void {
    const id = this.table.open(0);
    if (id >= this.capacity) this.grow(id);
    this.slot[id] = -1;
    this.lastExchange[id] = -1;
  }

  private copy(id: number, slot: number): void {
    const from = this.live!;
    const to = this.table;
    for (let i = 0; i < 8; i++) to.words[id * 8 + i] = from.words[slot * 8 + i]!;
    to.ports[id] = from.ports[slot]!;
    to.flags[id] = from.flags[slot]!;
    to.protocols[id] = from.protocols[slot]!;
    to.openedAt[id] = from.openedAt[slot]!;
    to.lastAt[id] = from.lastAt[slot]!;
    to.conflictingOverlaps[id] = from.conflictingOverlaps[slot]!;
    to.handshakeRtt[id] = from.handshakeRtt[slot]!;
    for (let i = 0; i < 2; i++) {
      to.packets[id * 2 + i] = from.packets[slot * 2 + i]!;
      to.bytes[id * 2 + i] = from.bytes[slot * 2 + i]!;
      to.retransmissions[id * 2 + i] = from.retransmissions[slot * 2 + i]!;
      to.outOfOrder[id * 2 + i] = from.outOfOrder[slot * 2 + i]!;
      to.missingBytes[id * 2 + i] = from.missingBytes[slot * 2 + i]!;
    }
  }

  private grow(id: number): void {
    const n = (this.capacity = capacityFor(this.capacity, id));
    this.firstPacket = grownTo(this.firstPacket, n);
    this.exchanges = grownTo(this.exchanges, n);
    this.severity = grownTo(this.severity, n);
    this.closing = grownTo(this.closing, n);
    this.lastExchange = grownTo(this.lastExchange, n);
    this.slot = grownTo(this.slot, n);
  }
}
