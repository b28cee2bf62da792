/**
 * What clients make of their HTTP/1 connections: requests on each, how many at once, who closes them, and what keeping them
 * would have saved. A handshake costs a round trip before the first byte; as many connections as were open at once, kept,
 * save all handshakes beyond theirs. Of pipelined requests: how long answers waited for those before them.
 */
import { ConnectionFlag, type ConnectionTable } from '../../core/connection-table.ts';
import { client, server, type Side } from '../../core/side.ts';
import type { ConnectionRecord, ExchangeRecord } from '../../timeline/records.ts';
import { countText, counted, spanText } from '../units.ts';
import type { Findings, Place } from './findings.ts';
import { endsHash } from './request-hash.ts';

const mostPairs = 4096;
/** Connections of a pair that are counted as open at once. */
const mostAtOnce = 64;
/** From this many connections of a single request on, it is worth a note. */
const notable = 10;
/** Waits behind other answers that are no longer are no matter. */
const notableWait = 100e6;

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
  /** Slots that are open, and the most there were. */
  readonly open: number[];
  atOnce: number;
  /** Connections closed by the client, by the server. */
  readonly closedBy: [number, number];
  /** Requests sent before the answer to the one before had ended, and the longest that held an answer up. */
  pipelined: number;
  heldUp: number;
}

export class ConnectionUse {
  private readonly findings: Findings;
  /** By slot: exchanges on the open connections, and when the last answer ended. */
  private exchanges = new Int32Array(1024);
  private ended = new Float64Array(1024);
  private readonly pairs = new Map<number, Pair>();
  /** By slot. */
  private readonly pairOf: (Pair | undefined)[] = [];
  /** By slot, of connections with pipelined requests. */
  private readonly pipelines = new Map<number, Pipeline>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord): void {
    const { slot, stream, request, response } = record;
    if (stream >= 0) return;
    if (slot >= this.exchanges.length) this.grow(slot);
    if (this.exchanges[slot]!++ === 0) this.begun(record);
    else if (request.present && request.endTime < this.ended[slot]!) this.heldUp(record, this.ended[slot]!);
    if (response.present) this.ended[slot] = response.endTime;
  }

  connection(record: ConnectionRecord): void {
    const { slot } = record;
    const count = slot < this.exchanges.length ? this.exchanges[slot]! : 0;
    if (count === 0) return;
    this.exchanges[slot] = 0;
    this.ended[slot] = 0;
    const pipeline = this.pipelines.size > 0 ? this.pipelines.get(slot) : undefined;
    const pair = this.pairOf[slot];
    if (pair === undefined) return;
    this.pairOf[slot] = undefined;
    const open = pair.open.indexOf(slot);
    if (open >= 0) pair.open.splice(open, 1);
    if (pipeline !== undefined) this.pipelineEnded(record, pipeline, pair);
    if (record.opening === 'midstream' || record.protocols.includes('websocket')) return;
    pair.connections++;
    pair.exchanges += count;
    if (count === 1) pair.single++;
    if (record.endedFirst >= 0) pair.closedBy[record.endedFirst as Side]++;
    if (record.handshakeRtt >= 0) {
      pair.roundTrips++;
      pair.roundTripTime += record.handshakeRtt;
    }
  }

  /** The busiest pairs first. */
  entries(): Pair[] {
    return [...this.pairs.values()]
      .filter(({ connections }) => connections > 0)
      .sort((a, b) => b.connections - a.connections || b.exchanges - a.exchanges);
  }

  finish(): void {
    for (const pair of this.entries()) {
      // Requests that run side by side need their connections: what counts is the handshakes that could be saved.
      if (pair.single < pair.connections / 2 || handshakesSaved(pair) < notable - 1) continue;
      const detail =
        `${pair.client} to ${pair.server}: ${countText(pair.single)} of ${countText(pair.connections)} connections ` +
        `carried one request; ${savingText(pair)}`;
      this.findings.at(pair.place, 'http.connection-per-request', detail);
    }
  }

  private begun({ table, slot, connection, request, response }: ExchangeRecord): void {
    if (response.status === 101) {
      // From here on it carries no requests: no other connection can take its place.
      if (slot < this.pairOf.length) this.pairOf[slot] = undefined;
      return;
    }
    const key = endsHash(table, slot);
    let pair = this.pairs.get(key);
    if (pair === undefined) {
      if (this.pairs.size >= mostPairs) {
        if (slot < this.pairOf.length) this.pairOf[slot] = undefined;
        return;
      }
      const { time, firstPacket } = request.present ? request : response;
      const place = { connection, exchange: -1, side: client, time, packet: firstPacket };
      this.pairs.set(key, (pair = newPair(table, slot, place)));
    }
    while (this.pairOf.length <= slot) this.pairOf.push(undefined);
    this.pairOf[slot] = pair;
    // Closed connections linger in the table, for late segments.
    const { open } = pair;
    for (let i = open.length - 1; i >= 0; i--) if ((table.flags[open[i]!]! & over) !== 0) open.splice(i, 1);
    if (open.length < mostAtOnce) open.push(slot);
    pair.atOnce = Math.max(pair.atOnce, open.length);
  }

  private heldUp({ slot, request, id }: ExchangeRecord, before: number): void {
    let pipeline = this.pipelines.get(slot);
    if (pipeline === undefined) {
      if (this.pipelines.size >= mostPairs) return;
      pipeline = { count: 0, longest: 0, exchange: id, time: request.time, packet: request.firstPacket };
      this.pipelines.set(slot, pipeline);
    }
    pipeline.count++;
    pipeline.longest = Math.max(pipeline.longest, before - request.endTime);
  }

  private pipelineEnded({ slot, connection }: ConnectionRecord, pipeline: Pipeline, pair: Pair): void {
    this.pipelines.delete(slot);
    pair.pipelined += pipeline.count;
    pair.heldUp = Math.max(pair.heldUp, pipeline.longest);
    if (pipeline.longest < notableWait) return;
    const { exchange, time, packet } = pipeline;
    const detail = `${counted(pipeline.count, 'answer')} waited for those before, up to ${spanText(pipeline.longest)}`;
    this.findings.at({ connection, exchange, side: client, time, packet }, 'http.head-of-line', detail);
  }

  private grow(slot: number): void {
    const length = Math.max(slot + 1, this.exchanges.length * 2);
    const exchanges = new Int32Array(length);
    const ended = new Float64Array(length);
    exchanges.set(this.exchanges);
    ended.set(this.ended);
    this.exchanges = exchanges;
    this.ended = ended;
  }
}

interface Pipeline {
  count: number;
  longest: number;
  /** Of the first request that waited. */
  readonly exchange: number;
  readonly time: number;
  readonly packet: number;
}

const over = ConnectionFlag.finished | ConnectionFlag.reset;

function handshakesSaved({ connections, atOnce }: Pair): number {
  return Math.max(0, connections - Math.max(1, atOnce));
}

/** `keeping one open saves 36 handshakes x 1.20 ms = 43.2 ms`. */
export function savingText(pair: Pair): string {
  const { atOnce, roundTrips, roundTripTime } = pair;
  const kept = atOnce <= 1 ? 'one' : countText(atOnce);
  const handshakes = handshakesSaved(pair);
  const saved = `keeping ${kept} open saves ${counted(handshakes, 'handshake')}`;
  if (roundTrips === 0) return saved;
  const roundTrip = roundTripTime / roundTrips;
  return `${saved} x ${spanText(roundTrip)} = ${spanText(handshakes * roundTrip)}`;
}

function newPair(table: ConnectionTable, slot: number, place: Place): Pair {
  const endpoint = table.endpoint(slot, client);
  return {
    client: endpoint.slice(0, endpoint.lastIndexOf(':')),
    server: table.endpoint(slot, server),
    place,
    connections: 0,
    single: 0,
    exchanges: 0,
    roundTrips: 0,
    roundTripTime: 0,
    open: [],
    atOnce: 0,
    closedBy: [0, 0],
    pipelined: 0,
    heldUp: 0,
  };
}
