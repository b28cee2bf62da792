/**
 * Connections that pass through the tap, told to the decoders as if they had been captured: each chunk is counted,
 * numbered and timed as the packets that `--save` writes of it, so that the saved session reads back as the same records.
 * What the decoders do with it never reaches the sockets: a failure ends the decoding of that connection.
 */
import { parseAddress } from '../../core/address.ts';
import type { Budget } from '../../core/budget.ts';
import { ConnectionFlag, protocolBit, type ConnectionTable } from '../../core/connection-table.ts';
import type { Moment } from '../../core/moment.ts';
import { client, server, type Side } from '../../core/side.ts';
import { EndOfStream, type ConnectionSink } from '../../core/sinks.ts';
import type { TapClock } from './clock.ts';
import { headerLength, segmentLimit, TcpFlag, type PacketLog } from './packet-log.ts';
import { sweepInterval } from './young-sweep.ts';

export interface TcpAddress {
  /** An IP address; what is none is told as 127.0.0.1. */
  readonly ip: string;
  readonly port: number;
}

/** How fast the recording takes what passes. */
export interface Pace {
  /** Whether no more should be read for a moment. */
  readonly isBehind: boolean;
  /** @param then called once, when more may be read */
  caughtUp(then: () => void): void;
}

export interface TappedOptions {
  readonly connections: ConnectionTable;
  readonly moment: Moment;
  readonly budget: Budget;
  readonly clock: TapClock;
  readonly sink: ConnectionSink;
  /** Counts of the session, as a capture has them. */
  readonly counts: { packets: number; bytes: number; duration: number };
  /** A connection with TLS is about to be closed: the last moment for its keys to be known. */
  readonly closing?: () => void;
  /** Called whenever so much has passed that buffers should be freed. */
  readonly sweep?: (() => void) | undefined;
  /** A decoder has failed; the traffic goes on. */
  readonly failed: (error: unknown) => void;
}

const nothing = new Uint8Array(0);
const tls = protocolBit('tls');
/** How many times the bytes of a connection with TLS are held: read, decrypted and encrypted on both sides, and here. */
const tlsCopies = 5;
/** Bits of `state`. */
const Ended = { client: 1, server: 2, decoding: 4 } as const;

export class TappedConnections {
  /** Where packets are written, while they are. */
  log: PacketLog | undefined;
  /** Whom the sockets wait for, where packets are written. */
  pace: Pace | undefined;
  private readonly options: TappedOptions;
  private readonly connections: ConnectionTable;
  private readonly moment: Moment;
  private readonly sink: ConnectionSink;
  private readonly sweep: (() => void) | undefined;
  /** Bytes since the last sweep. */
  private passed = 0;
  private readonly state: number[] = [];
  private readonly addresses = new Int32Array(8);
  /** Remarks that have not been written yet, by slot. */
  private readonly remarks = new Map<number, string>();
  private readonly tuples = new Set<string>();
  private readonly tupleOf: (string | undefined)[] = [];

  constructor(options: TappedOptions) {
    this.options = options;
    this.connections = options.connections;
    this.moment = options.moment;
    this.sink = options.sink;
    this.sweep = options.sweep;
    this.moment.epoch = options.clock.epoch;
  }

  /**
   * A connection that has been made.
   *
   * @param since when the client asked for it; the span from then is its handshake
   * @param listening the tap's own address: stands for the server's where that would give two connections the same four
   * @returns its slot
   */
  open(from: TcpAddress, to: TcpAddress, listening: TcpAddress, since: number): number {
    const { connections, moment } = this;
    moment.time = Math.max(since, moment.time);
    const slot = connections.open(moment.time);
    this.name(slot, from, to, listening);
    this.state[slot] = 0;
    this.count(slot, client, 0, true);
    this.guarded(slot, () => this.sink.opened(slot));
    this.write(slot, client, TcpFlag.syn, this.start(slot, client), 0);
    moment.time = Math.max(this.options.clock.now(), moment.time);
    this.count(slot, server, 0, true);
    this.write(slot, server, TcpFlag.syn | TcpFlag.ack, this.start(slot, server), this.next(slot, client));
    this.count(slot, client, 0);
    this.write(slot, client, TcpFlag.ack, this.next(slot, client), this.next(slot, server));
    connections.handshakeRtt[slot] = moment.time - connections.openedAt[slot]!;
    return slot;
  }

  bytes(slot: number, side: Side, data: Uint8Array, start: number, end: number): void {
    const { connections, moment, log } = this;
    moment.time = this.options.clock.now();
    const limit = segmentLimit(connections.ipVersion(slot));
    const index = slot * 2 + side;
    for (let at = start; at < end;) {
      const stop = end - at > limit ? at + limit : end;
      this.count(slot, side, stop - at);
      if (log !== undefined) {
        const { ack, psh } = TcpFlag;
        const other = (1 - side) as Side;
        if (this.remarks.size > 0) this.putRemark(slot, log);
        log.segment(slot, side, moment.time, ack | psh, this.next(slot, side), this.next(slot, other), data, at, stop);
      }
      connections.delivered[index]! += stop - at;
      this.decode(slot, side, data, at, stop);
      at = stop;
    }
    if (this.options.budget.used > this.options.budget.limit) this.forgetIdle();
    // TLS takes and gives copies of its own.
    this.passed += (end - start) * ((this.connections.protocols[slot]! & tls) === 0 ? 1 : tlsCopies);
    if (this.passed > sweepInterval) this.relieve();
  }

  /** Something to know of a connection: it stands in the saved file as a comment of the connection's next packet. */
  remark(slot: number, text: string): void {
    if (this.log === undefined) return;
    const before = this.remarks.get(slot);
    this.remarks.set(slot, before === undefined ? text : `${before}, ${text}`);
  }

  /** This side has nothing more to send. */
  fin(slot: number, side: Side): void {
    const bit = side === client ? Ended.client : Ended.server;
    if ((this.state[slot]! & bit) !== 0) return;
    const other = (1 - side) as Side;
    this.moment.time = this.options.clock.now();
    this.count(slot, side, 0);
    this.write(slot, side, TcpFlag.fin | TcpFlag.ack, this.next(slot, side), this.next(slot, other));
    const last = (this.state[slot]! & (Ended.client | Ended.server)) !== 0;
    this.end(slot, side, EndOfStream.fin);
    if (!last) return;
    this.connections.flags[slot]! |= ConnectionFlag.finished;
    this.count(slot, other, 0);
    this.write(slot, other, TcpFlag.ack, this.next(slot, other), this.next(slot, side));
    this.close(slot);
  }

  /** This side has aborted the connection. */
  reset(slot: number, side: Side): void {
    const other = (1 - side) as Side;
    this.moment.time = this.options.clock.now();
    this.count(slot, side, 0);
    this.write(slot, side, TcpFlag.rst | TcpFlag.ack, this.next(slot, side), this.next(slot, other));
    this.connections.flags[slot]! |= ConnectionFlag.reset;
    this.cut(slot, EndOfStream.reset);
  }

  /** The session is over: what is open ends as where a capture ends. */
  finish(): void {
    const { connections } = this;
    const open: number[] = [];
    for (let slot = 0; slot < connections.end; slot++) if (connections.isOpen(slot)) open.push(slot);
    open.sort((a, b) => connections.ids[a]! - connections.ids[b]!);
    for (const slot of open) this.cut(slot, EndOfStream.captureEnd);
  }

  /** Whether this slot still is the connection it was opened for. */
  isOpen(slot: number, id: number): boolean {
    return this.connections.ids[slot] === id;
  }

  idOf(slot: number): number {
    return this.connections.ids[slot]!;
  }

  private cut(slot: number, how: EndOfStream): void {
    if ((this.state[slot]! & Ended.client) === 0) this.end(slot, client, how);
    if ((this.state[slot]! & Ended.server) === 0) this.end(slot, server, how);
    this.close(slot);
  }

  private end(slot: number, side: Side, how: EndOfStream): void {
    if (how === EndOfStream.fin) this.connections.noteFin(slot, side);
    if ((this.state[slot]! & Ended.decoding) === 0) this.guarded(slot, () => this.sink.end(slot, side, how));
    this.state[slot]! |= side === client ? Ended.client : Ended.server;
  }

  private close(slot: number): void {
    if ((this.connections.protocols[slot]! & tls) !== 0) this.options.closing?.();
    this.guarded(slot, () => this.sink.closed(slot));
    this.remarks.delete(slot);
    const tuple = this.tupleOf[slot];
    if (tuple !== undefined) this.tuples.delete(tuple);
    this.connections.close(slot);
  }

  private relieve(): void {
    this.passed = 0;
    this.sweep?.();
  }

  private decode(slot: number, side: Side, data: Uint8Array, start: number, end: number): void {
    if ((this.state[slot]! & Ended.decoding) !== 0) return;
    try {
      this.sink.bytes(slot, side, data, start, end);
    } catch (error) {
      this.fail(slot, error);
    }
  }

  private guarded(slot: number, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(slot, error);
    }
  }

  private fail(slot: number, error: unknown): void {
    this.state[slot]! |= Ended.decoding;
    this.options.failed(error);
  }

  /** More is held than may be: the connections idle longest are no longer decoded. Their traffic goes on. */
  private forgetIdle(): void {
    const { connections } = this;
    const open: number[] = [];
    for (let slot = 0; slot < connections.end; slot++) if (connections.isOpen(slot)) open.push(slot);
    open.sort((a, b) => connections.lastAt[a]! - connections.lastAt[b]!);
    for (const slot of open.slice(0, (open.length >> 4) + 1)) this.cut(slot, EndOfStream.captureEnd);
  }

  private name(slot: number, from: TcpAddress, to: TcpAddress, listening: TcpAddress): void {
    const { connections } = this;
    let target = to;
    let tuple = tupleText(from, to);
    if (this.tuples.has(tuple)) {
      target = listening;
      tuple = tupleText(from, listening);
    }
    this.tuples.add(tuple);
    this.tupleOf[slot] = tuple;
    const version = this.parse(from, target);
    connections.flags[slot] = ConnectionFlag.oriented | (version === 6 ? ConnectionFlag.ipv6 : 0);
    connections.words.set(this.addresses, slot * 8);
    connections.ports[slot] = (from.port << 16) | target.port;
  }

  /** Both addresses as words; where one is IPv6 and the other is not, that one is mapped (RFC 4291 2.5.5.2). */
  private parse(from: TcpAddress, to: TcpAddress): 4 | 6 {
    const words = this.addresses.fill(0);
    const versions = [from, to].map(({ ip }, i) => {
      const version = parseAddress(ip.replace(/%.*/, '').replace(/^::ffff:(?=\d+\.)/i, ''), words, i * 4);
      return version === 0 ? parseAddress('127.0.0.1', words, i * 4) : version;
    });
    if (!versions.includes(6)) return 4;
    versions.forEach((version, i) => {
      if (version !== 4) return;
      words[i * 4 + 3] = words[i * 4]!;
      words[i * 4 + 2] = 0xffff;
      words[i * 4] = words[i * 4 + 1] = 0;
    });
    return 6;
  }

  private count(slot: number, side: Side, length: number, syn = false): void {
    const { connections, moment } = this;
    const { counts } = this.options;
    const index = slot * 2 + side;
    moment.packet++;
    connections.lastAt[slot] = moment.time;
    connections.packets[index]!++;
    connections.bytes[index]! += length;
    counts.packets++;
    counts.bytes += length + headerLength(connections.ipVersion(slot), syn);
    if (moment.time > counts.duration) counts.duration = moment.time;
  }

  private write(slot: number, side: Side, flags: number, sequence: number, acknowledgement: number): void {
    if (this.log === undefined) return;
    if (this.remarks.size > 0) this.putRemark(slot, this.log);
    this.log.segment(slot, side, this.moment.time, flags, sequence, acknowledgement, nothing, 0, 0);
  }

  private putRemark(slot: number, log: PacketLog): void {
    log.comment = this.remarks.get(slot);
    this.remarks.delete(slot);
  }

  /** A side's initial sequence number: another one for every connection, so that ports may be used again. */
  private start(slot: number, side: Side): number {
    return (Math.imul(this.connections.ids[slot]! * 2 + side + 1, 0x9e3779b1) | 0) & 0x7fff_ffff;
  }

  /** The sequence number this side is at, modulo 2^32. */
  private next(slot: number, side: Side): number {
    const fin = (this.state[slot]! & (side === client ? Ended.client : Ended.server)) === 0 ? 0 : 1;
    return (this.start(slot, side) + 1 + this.connections.delivered[slot * 2 + side]! + fin) | 0;
  }
}

function tupleText(from: TcpAddress, to: TcpAddress): string {
  return `${from.ip} ${from.port} ${to.ip} ${to.port}`;
}
