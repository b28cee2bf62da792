/**
 * What clients make of their connections: requests on each, kept alive or not, and what keeping them would have saved.
 * A handshake costs a round trip before the first byte; one connection in place of many saves all handshakes but one.
 */
import type { ConnectionTable } from '../../core/connection-table.ts';
import { client } from '../../core/side.ts';
import type { ConnectionRecord, ExchangeRecord } from '../../timeline/records.ts';
import { countText, counted, spanText } from '../units.ts';
import type { Findings, Place } from './findings.ts';

const mostPairs = 4096;
/** From this many connections of a single request on, it is worth a note. */
const notable = 10;

/** One client's connections to one server. */
export interface Pair {
  readonly client: string;
  readonly server: string;
  readonly place: Place;
  connections: number;
  /** Connections that carried one exchange. */
  single: number;
  exchanges: number;
  /** Handshakes that were timed, and their time in all. */
  roundTrips: number;
  roundTripTime: number;
}

export class ConnectionUse {
  private readonly findings: Findings;
  /** Exchanges on the open connections, by slot. */
  private exchanges = new Int32Array(1024);
  private readonly pairs = new Map<string, Pair>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange({ slot, stream }: ExchangeRecord): void {
    if (stream >= 0) return;
    if (slot >= this.exchanges.length) this.grow(slot);
    this.exchanges[slot]!++;
  }

  connection(record: ConnectionRecord): void {
    const { slot, table } = record;
    const count = slot < this.exchanges.length ? this.exchanges[slot]! : 0;
    if (count === 0) return;
    this.exchanges[slot] = 0;
    if (record.opening === 'midstream' || record.protocols.includes('websocket')) return;
    const address = clientAddress(table, slot);
    const key = `${address} ${record.server}`;
    let pair = this.pairs.get(key);
    if (pair === undefined) {
      if (this.pairs.size >= mostPairs) return;
      this.pairs.set(key, (pair = newPair(record, address)));
    }
    pair.connections++;
    pair.exchanges += count;
    if (count === 1) pair.single++;
    if (record.handshakeRtt >= 0) {
      pair.roundTrips++;
      pair.roundTripTime += record.handshakeRtt;
    }
  }

  /** The busiest pairs first. */
  entries(): Pair[] {
    return [...this.pairs.values()].sort((a, b) => b.connections - a.connections || b.exchanges - a.exchanges);
  }

  finish(): void {
    for (const pair of this.entries()) {
      if (pair.single < notable) break;
      if (pair.single < pair.connections / 2) continue;
      const detail =
        `${pair.client} to ${pair.server}: ${countText(pair.single)} of ${countText(pair.connections)} connections ` +
        `carried one request; keeping one open saves ${savedText(pair)}`;
      this.findings.at(pair.place, 'http.connection-per-request', detail);
    }
  }

  private grow(slot: number): void {
    const larger = new Int32Array(Math.max(slot + 1, this.exchanges.length * 2));
    larger.set(this.exchanges);
    this.exchanges = larger;
  }
}

/** `36 handshakes x 1.20 ms = 43.2 ms`. */
export function savedText({ single, roundTrips, roundTripTime }: Pair): string {
  const handshakes = single - 1;
  const saved = counted(handshakes, 'handshake');
  if (roundTrips === 0) return saved;
  const roundTrip = roundTripTime / roundTrips;
  return `${saved} x ${spanText(roundTrip)} = ${spanText(handshakes * roundTrip)}`;
}

function newPair(record: ConnectionRecord, address: string): Pair {
  return {
    client: address,
    server: record.server,
    place: { connection: record.connection, exchange: -1, side: client, time: record.openedAt, packet: 0 },
    connections: 0,
    single: 0,
    exchanges: 0,
    roundTrips: 0,
    roundTripTime: 0,
  };
}

function clientAddress(table: ConnectionTable, slot: number): string {
  const endpoint = table.endpoint(slot, client);
  return endpoint.slice(0, endpoint.lastIndexOf(':'));
}
