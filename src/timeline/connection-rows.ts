/**
 * Connections as rows by id. What the connection table knows of them stands in a table of our own, so that everything
 * that reads records of a connection reads ours as well: each row has its slot there, until it leaves.
 */
import { ConnectionTable } from '../core/connection-table.ts';
import type { Side } from '../core/side.ts';
import type { Http2Facts } from '../core/sinks.ts';
import { Int32Column, Uint8Column } from './columns.ts';
import type { ConnectionRecord } from './records.ts';
import { Table } from './table.ts';
import type { TlsJson } from './trace-format.ts';
import type { Arena } from './arena.ts';

export const closings = ['open', 'fin', 'reset'] as const;

/** Connections whose TLS is remembered: some 1 kB each. */
const mostTlsFacts = 100_000;
/** Connections whose HTTP/2 is remembered: some 2 kB each. */
const mostHttp2Facts = 20_000;

/** What the row's slot in the live table is where it has none. */
const Slot = { unknown: -1, closed: -2 } as const;

export class ConnectionRows extends Table {
  readonly table: ConnectionTable = new ConnectionTable();
  /** Number of the connection's first packet; 0 where it is not known. */
  readonly firstPacket = this.column(new Int32Column());
  readonly exchanges = this.column(new Int32Column());
  /** Worst diagnostic, as in `severityRanks`. */
  readonly severity = this.column(new Uint8Column());
  /** Index in `closings`. */
  readonly closing = this.column(new Uint8Column());
  /** The connection's last exchange row, -1 for none. */
  readonly lastExchange = this.column(new Int32Column(-1));
  /** Of connections that have ended: what their TLS was. */
  private readonly tlsFacts = new Map<number, TlsJson>();
  /** As much of those that spoke HTTP/2. */
  private readonly http2Facts = new Map<number, Http2Facts>();
  /** Slot in the live table while the connection is open. */
  private readonly slots = this.column(new Int32Column(Slot.unknown));
  /** Slot in `table`; 0 is that of rows that have left. */
  private readonly places = this.column(new Int32Column());
  private live: ConnectionTable | undefined;

  constructor(arena: Arena) {
    super(arena);
    this.table.open(0);
  }

  override holds(id: number): boolean {
    return this.places.at(id) > 0;
  }

  /** Slot of a connection in `table`. */
  at(id: number): number {
    return this.places.at(id);
  }

  /** `ip:port` of a side. */
  endpoint(id: number, side: Side): string {
    const own = this.at(id);
    return own === 0 ? '–' : this.table.endpoint(own, side);
  }

  /** The connection is there: its row, filled in. */
  meet(live: ConnectionTable, slot: number, packet = 0): number {
    const id = live.ids[slot]!;
    this.live = live;
    while (id >= this.count) this.make(this.count);
    if (packet > 0) this.firstPacket.set(id, packet);
    if (this.slots.at(id) === Slot.unknown) {
      this.slots.set(id, slot);
      this.copy(id, slot);
    }
    return id;
  }

  closed(record: ConnectionRecord): void {
    const id = this.meet(record.table, record.slot);
    this.copy(id, record.slot);
    this.table.lastAt[this.at(id)] = record.closedAt;
    this.closing.set(id, closings.indexOf(record.closing));
    if (record.tls !== undefined && this.tlsFacts.size < mostTlsFacts) this.tlsFacts.set(id, record.tls);
    if (record.http2 !== undefined && this.http2Facts.size < mostHttp2Facts) this.http2Facts.set(id, record.http2);
    this.slots.set(id, Slot.closed);
  }

  /** Brings an open connection's numbers up to date. */
  refresh(id: number): void {
    const slot = this.slots.at(id);
    if (slot >= 0 && this.live !== undefined && this.live.ids[slot] === id) this.copy(id, slot);
  }

  isOpen(id: number): boolean {
    return this.slots.at(id) >= 0;
  }

  tls(id: number): TlsJson | undefined {
    return this.tlsFacts.get(id);
  }

  http2(id: number): Http2Facts | undefined {
    return this.http2Facts.get(id);
  }

  protected override leaving(id: number): void {
    this.tlsFacts.delete(id);
    this.http2Facts.delete(id);
    this.table.close(this.at(id));
  }

  private make(id: number): void {
    this.reach(id);
    const own = this.table.open(0);
    this.table.ids[own] = id;
    this.places.set(id, own);
  }

  private copy(id: number, slot: number): void {
    const own = this.at(id);
    if (own === 0) return;
    const from = this.live!;
    const to = this.table;
    for (let i = 0; i < 8; i++) to.words[own * 8 + i] = from.words[slot * 8 + i]!;
    to.ids[own] = id;
    to.ports[own] = from.ports[slot]!;
    to.flags[own] = from.flags[slot]!;
    to.protocols[own] = from.protocols[slot]!;
    to.openedAt[own] = from.openedAt[slot]!;
    to.lastAt[own] = from.lastAt[slot]!;
    to.conflictingOverlaps[own] = from.conflictingOverlaps[slot]!;
    to.handshakeRtt[own] = from.handshakeRtt[slot]!;
    for (let i = 0; i < 2; i++) {
      to.packets[own * 2 + i] = from.packets[slot * 2 + i]!;
      to.bytes[own * 2 + i] = from.bytes[slot * 2 + i]!;
      to.retransmissions[own * 2 + i] = from.retransmissions[slot * 2 + i]!;
      to.outOfOrder[own * 2 + i] = from.outOfOrder[slot * 2 + i]!;
      to.missingBytes[own * 2 + i] = from.missingBytes[slot * 2 + i]!;
    }
  }
}
