/**
 * TCP segments -> connections, and the bytes of each direction in order, each once (RFC 9293).
 *
 * A segment that comes in order is passed on where it lies. One that comes early is copied and waits; one that comes
 * again is counted and compared. What stays missing becomes a gap once the other side has acknowledged it, or a bound is
 * met, or the connection ends. Connections are found by 4-tuple; a SYN with another initial sequence number begins a new
 * one. Closed connections linger, so that late segments are counted where they belong.
 *
 * Not done here: windows, congestion control, timing analysis; checksums are not verified (capture points see
 * checksums that the network card has yet to fill in).
 */
import { i32 } from '../../core/bytes.ts';
import type { Budget } from '../../core/budget.ts';
import { ConnectionFlag, grown, type ConnectionTable } from '../../core/connection-table.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { KeptMoment, type Moment } from '../../core/moment.ts';
import { client, type Side } from '../../core/side.ts';
import { EndOfStream, type ConnectionSink, type DiagnosticSink } from '../../core/sinks.ts';
import type { SegmentSink } from '../ip/segment-sink.ts';
import { ClosingQueue } from './closing-queue.ts';
import { FlowTable } from './flow-table.ts';
import { HeldSegments } from './held-segments.ts';
import { RecentSegments } from './recent-segments.ts';

/** Control bits (RFC 9293 3.1). */
const Flag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20 } as const;

/** Bits of `state`, one byte a direction. */
const State = {
  /** `next` is known. */
  started: 1,
  syn: 2,
  /** `fin` holds the sequence number of the FIN. */
  fin: 4,
  /** Segments wait in `held`. */
  held: 8,
  /** `end` was passed on. */
  ended: 16,
  /** `acknowledged` is known. */
  acknowledged: 32,
  /** This side reset the connection. */
  reset: 64,
  /** It has sent something. */
  spoken: 128,
} as const;

export interface TcpLimits {
  /** Connections open at once; beyond it the longest idle retire. */
  connections: number;
  /** Bytes of one direction that wait for a missing segment. */
  heldBytes: number;
  /** Segments of one direction that wait. */
  heldSegments: number;
  /** Closed connections that linger for late segments. */
  lingering: number;
}

export const defaultTcpLimits: TcpLimits = {
  connections: 1 << 20,
  heldBytes: 4 * 1024 * 1024,
  heldSegments: 4096,
  lingering: 4096,
};

/** A hole is given up when the other side has acknowledged past it for this long, and this many packets ago. */
const graceNs = 20e6;
const gracePackets = 16;
/** So many packets are grace enough on a busy connection. */
const manyPackets = 64;
/** After this long the packets are not counted: on a quiet connection the answer to what is missing must not wait. */
const longGraceNs = 40e6;
/** A reset connection takes late data for this long before its streams end. */
const resetGraceNs = 1e9;
/** A closed connection is kept for late segments for this long. */
const lingerNs = 60e9;
/** The largest window there is (RFC 7323 2.3): nothing farther ahead is data. */
const maxWindow = 1 << 30;
/** What begins farther back than this is no retransmission. */
const longestAgo = 1 << 20;
/** Flags of a connection that lingers. */
const over = ConnectionFlag.finished | ConnectionFlag.reset;
/** What a waiting segment costs beside its bytes. */
const segmentOverhead = 240;

export class TcpReassembler implements SegmentSink {
  private readonly connections: ConnectionTable;
  private readonly streams: ConnectionSink;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private readonly budget: Budget;
  private readonly limits: TcpLimits;
  private readonly flows: FlowTable;
  private readonly recent: RecentSegments;
  private readonly held = new Map<number, HeldSegments>();
  /** Slots of connections on which the side that accepted is the client. */
  private readonly turned = new Set<number>();
  private readonly resetting = new ClosingQueue();
  private readonly lingering = new ClosingQueue();

  /** By slot * 2 + direction. */
  private next: Int32Array;
  private initial: Int32Array;
  private fin: Int32Array;
  /** Highest acknowledgement number this direction has sent. */
  private acknowledged: Int32Array;
  private state: Uint8Array;

  /** @param seed of the flow hash; any number, better one that the capture's author cannot know */
  constructor(
    connections: ConnectionTable,
    streams: ConnectionSink,
    diagnostics: DiagnosticSink,
    moment: Moment,
    budget: Budget,
    seed = 0,
    limits: TcpLimits = defaultTcpLimits,
  ) {
    this.connections = connections;
    this.streams = streams;
    this.diagnostics = diagnostics;
    this.moment = moment;
    this.budget = budget;
    this.limits = limits;
    this.flows = new FlowTable(connections, seed);
    this.recent = new RecentSegments(moment);
    moment.sequenced = true;
    const capacity = connections.capacity * 2;
    this.next = new Int32Array(capacity);
    this.initial = new Int32Array(capacity);
    this.fin = new Int32Array(capacity);
    this.acknowledged = new Int32Array(capacity);
    this.state = new Uint8Array(capacity);
  }

  segment(data: Uint8Array, ip: number, version: 4 | 6, start: number, end: number, missing: number): void {
    if (end - start < 20) {
      this.diagnostics.report('tcp.malformed', -1, -1, -1, `${end - start} bytes of a TCP header of 20 or more`);
      return;
    }
    const headerLength = (data[start + 12]! >> 4) << 2;
    // A header that contradicts itself still says whose it is: the packet is counted there, and nothing of it believed.
    const malformed = headerLength < 20 || headerLength > end - start + missing;
    if (malformed) this.diagnostics.report('tcp.malformed', -1, -1, -1, `a data offset of ${headerLength} bytes`);
    const flags = malformed ? 0 : data[start + 13]!;
    const seq = i32(data, start + 4);
    const hash = this.flows.hash(data, ip, version, start);
    let slot = this.flows.find(hash, data, ip, version, start);
    const connections = this.connections;
    const length = malformed ? 0 : end - start + missing - headerLength;
    if (slot >= 0 && ((flags & Flag.syn) !== 0 || (connections.flags[slot]! & over) !== 0)) {
      if (this.isReuse(slot, seq, flags, length)) {
        this.retire(slot);
        slot = -1;
      }
    }
    if (slot < 0) slot = this.open(hash, data, ip, version, start, flags);

    const direction = this.flows.direction;
    const index = slot * 2 + direction;
    const time = this.moment.time;
    connections.lastAt[slot] = time;
    connections.packets[index]!++;
    if (length > 0) connections.bytes[index]! += length;

    this.moment.acknowledgement = i32(data, start + 8);
    if ((flags & Flag.ack) !== 0) this.acknowledge(slot, index, this.moment.acknowledgement, flags);
    if ((flags & Flag.syn) !== 0) this.synchronize(slot, index, seq, flags);
    // Before this side goes on, so that what the other one said comes before what is said to it.
    if ((this.state[index ^ 1]! & State.held) !== 0) this.giveUpHole(slot, index ^ 1);
    if (length > 0 && (flags & Flag.rst) === 0) {
      const payload = start + headerLength;
      this.payload(slot, index, (flags & Flag.syn) !== 0 ? (seq + 1) | 0 : seq, length, data, payload, end);
    }
    if ((flags & (Flag.fin | Flag.rst)) !== 0) {
      if ((flags & Flag.rst) !== 0) this.reset(slot, index, seq);
      else this.finish(slot, index, (seq + length + ((flags & Flag.syn) >> 1)) | 0);
    }
    if ((this.state[index]! & State.held) !== 0) this.giveUpHole(slot, index);
  }

  /** Lets closed connections go whose time has come. Called once a packet; costs a comparison. */
  tick(): void {
    const time = this.moment.time;
    while (this.resetting.due(time)) {
      const slot = this.resetting.take();
      // A connection on which nothing was said has nothing to end, and may yet be used in spite of the reset.
      if (this.connections.ids[slot] === this.resetting.id && this.hasSpoken(slot))
        this.endStreams(slot, EndOfStream.reset);
    }
    while (this.lingering.due(time) || this.lingering.size > this.limits.lingering) {
      const slot = this.lingering.take();
      if (this.connections.ids[slot] === this.lingering.id) this.retire(slot);
    }
    if (this.budget.used > this.budget.limit) this.retireIdle();
  }

  /** The capture is over: gives up all holes, ends all streams, closes all connections, in the order of their ids. */
  finishAll(): void {
    const connections = this.connections;
    const open: number[] = [];
    for (let slot = 0; slot < connections.end; slot++) if (connections.isOpen(slot)) open.push(slot);
    open.sort((a, b) => connections.ids[a]! - connections.ids[b]!);
    for (const slot of open) this.retire(slot);
  }

  private open(hash: number, data: Uint8Array, ip: number, version: number, tcp: number, flags: number): number {
    const connections = this.connections;
    if (connections.size >= this.limits.connections) this.retireIdle();
    const slot = connections.open(this.moment.time);
    if (this.state.length < connections.capacity * 2) this.grow();
    this.state[slot * 2] = this.state[slot * 2 + 1] = 0;
    this.flows.add(slot, hash, data, ip, version, tcp);
    if ((flags & Flag.syn) !== 0) {
      connections.flags[slot]! |= ConnectionFlag.oriented;
      if ((flags & Flag.ack) !== 0) connections.flags[slot]! |= ConnectionFlag.flipped;
    } else {
      connections.flags[slot]! |= ConnectionFlag.midstream;
      // Until its bytes tell, the lower port is the server.
      const ports = connections.ports[slot]!;
      if (ports >>> 16 < (ports & 0xffff)) connections.flags[slot]! |= ConnectionFlag.flipped;
    }
    this.streams.opened(slot);
    return slot;
  }

  /**
   * Whether the segment begins another connection between the same ports: a SYN with another initial sequence number, or,
   * once both streams have ended, data that cannot be theirs, since the SYN before it may not have been captured.
   */
  private isReuse(slot: number, seq: number, flags: number, length: number): boolean {
    const index = slot * 2 + this.flows.direction;
    if ((this.state[index]! & State.started) === 0) return false;
    const ended = (this.state[index]! & this.state[index ^ 1]! & State.ended) !== 0;
    if ((flags & Flag.syn) !== 0) return this.initial[index] !== seq && ((flags & Flag.ack) === 0 || ended);
    if (!ended || length <= 0 || (flags & Flag.rst) !== 0) return false;
    const ahead = (seq - this.next[index]!) | 0;
    // Who goes on where a reset was seen has not taken it for one (RFC 5961 3.2). A FIN counts as a byte.
    const beyond = (this.state[index]! & State.fin) !== 0 ? ahead > 1 : ahead >= 0;
    return beyond || ahead < -longestAgo;
  }

  private synchronize(slot: number, index: number, seq: number, flags: number): void {
    const state = this.state[index]!;
    if ((state & State.started) !== 0) {
      if ((state & State.syn) !== 0) this.connections.retransmissions[index]!++;
      return;
    }
    this.state[index] = state | State.started | State.syn;
    this.initial[index] = seq;
    this.next[index] = (seq + 1) | 0;
    // A SYN-ACK whose SYN was lost, or came later, still tells who is who.
    if ((flags & Flag.ack) !== 0 && (this.connections.flags[slot]! & ConnectionFlag.oriented) === 0) {
      this.orient(slot, ((index & 1) ^ 1) as Side);
    }
  }

  private acknowledge(slot: number, index: number, number: number, flags: number): void {
    const state = this.state[index]!;
    if ((state & State.acknowledged) === 0) {
      this.state[index] = state | State.acknowledged;
      this.acknowledged[index] = number;
    } else if (((number - this.acknowledged[index]!) | 0) > 0) this.acknowledged[index] = number;
    // The handshake's third segment: the opener's first acknowledgement after the SYN-ACK.
    if (
      this.connections.handshakeRtt[slot]! < 0 &&
      (flags & Flag.syn) === 0 &&
      (state & State.syn) !== 0 &&
      (this.state[index ^ 1]! & State.syn) !== 0 &&
      (index & 1) === ((this.connections.flags[slot]! & ConnectionFlag.flipped) === 0 ? 0 : 1)
    ) {
      this.connections.handshakeRtt[slot] = this.moment.time - this.connections.openedAt[slot]!;
    }
  }

  /** @param length bytes in sequence space; those past `end` were not captured */
  private payload(
    slot: number,
    index: number,
    seq: number,
    length: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    const state = this.state[index]!;
    if ((state & State.started) === 0) {
      this.state[index] = state | State.started;
      this.initial[index] = (seq - 1) | 0;
      this.next[index] = seq;
    }
    if ((this.connections.flags[slot]! & ConnectionFlag.oriented) === 0)
      this.orientByContent(slot, index, data, start, end);
    if ((state & State.spoken) === 0) this.speaks(slot, index, data, start, end);
    const ahead = (seq - this.next[index]!) | 0;
    if (ahead === 0 && (state & State.held) === 0) {
      this.deliver(slot, index, data, start, end, length);
    } else if (ahead <= 0) {
      this.overlap(slot, index, seq, -ahead, length, data, start, end);
    } else if (ahead < maxWindow && (state & State.ended) === 0) {
      this.hold(slot, index, seq, data, start, end, length);
    }
    this.finishIfReached(slot, index);
  }

  /** Whether data of this direction is acknowledged that was not delivered, or nothing of it was captured. A FIN counts as one byte. */
  private isBehind(index: number, acknowledgement: number): boolean {
    return (this.state[index]! & State.started) === 0 || ((acknowledgement - this.next[index]!) | 0) > 1;
  }

  /** Passes on bytes that are next in order. */
  private deliver(slot: number, index: number, data: Uint8Array, start: number, end: number, length: number): void {
    if ((this.state[index]! & State.ended) !== 0) return;
    if (end > start) {
      this.moment.sequence = this.next[index]!;
      this.moment.answersUnseen = this.isBehind(index ^ 1, this.moment.acknowledgement);
      this.recent.add(this.connections.ids[slot]! * 2 + (index & 1), this.next[index]!, data, start, end);
      this.next[index] = (this.next[index]! + (end - start)) | 0;
      this.connections.delivered[index]! += end - start;
      this.streams.bytes(slot, this.side(slot, index), data, start, end);
    }
    const captured = Math.max(0, end - start);
    if (length > captured) {
      if (this.connections.missingBytes[index] === 0) this.report('tcp.snapped', slot, index);
      this.miss(slot, index, length - captured);
    }
  }

  /** A segment that begins before `next`: seen before, in part or whole. */
  private overlap(
    slot: number,
    index: number,
    seq: number,
    behind: number,
    length: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (behind > 0) {
      // A keep-alive probe repeats the byte before `next`, or has one of no meaning (RFC 9293 3.8.4).
      if (length === 1 && behind === 1) return;
      this.connections.retransmissions[index]!++;
      const known = Math.min(end, start + behind);
      if (this.recent.conflicts(this.connections.ids[slot]! * 2 + (index & 1), seq, data, start, known)) {
        this.conflict(slot, index);
      }
      if (length <= behind) return;
    }
    const from = Math.min(end, start + behind);
    if ((this.state[index]! & State.held) === 0) {
      this.deliver(slot, index, data, from, end, length - behind);
      return;
    }
    // Segments wait behind this one: file it with them, so that overlaps are settled in one place, and deliver in order.
    this.connections.outOfOrder[index]!++;
    this.hold(slot, index, (seq + behind) | 0, data, from, end, length - behind);
    this.deliverHeld(slot, index);
  }

  private hold(
    slot: number,
    index: number,
    seq: number,
    data: Uint8Array,
    start: number,
    end: number,
    length: number,
  ): void {
    const held = this.waiting(index);
    const captured = Math.max(start, end);
    const bytes = held.bytes;
    const count = held.segments.length;
    const moment = this.moment;
    const conflict = held.add(seq, data, start, captured, length - (captured - start), moment);
    if (conflict) this.conflict(slot, index);
    const added = held.bytes - bytes + (held.segments.length - count) * segmentOverhead;
    if (added === 0) this.connections.retransmissions[index]!++;
    this.budget.used += added;
    if (held.bytes > this.limits.heldBytes || held.segments.length > this.limits.heldSegments) {
      this.report('tcp.buffer-limit', slot, index);
      this.skipHole(slot, index);
    }
  }

  private waiting(index: number): HeldSegments {
    let held = this.held.get(index);
    if (held === undefined) {
      held = new HeldSegments();
      this.held.set(index, held);
      this.state[index]! |= State.held;
      this.connections.flags[index >> 1]! |= ConnectionFlag.waiting0 << (index & 1);
    }
    return held;
  }

  /** Passes on held segments as long as they are next. */
  private deliverHeld(slot: number, index: number): void {
    const held = this.held.get(index);
    if (held === undefined) return;
    const moment = this.moment;
    const now = new KeptMoment(moment);
    while (held.segments.length > 0 && ((held.segments[0]!.seq - this.next[index]!) | 0) <= 0) {
      const segment = held.shift();
      // What waits behind the last one is nothing.
      if (held.segments.length === 0) this.waitsNoMore(index);
      this.budget.used -= segment.data.length + segmentOverhead;
      segment.at.restore(moment);
      this.deliver(slot, index, segment.data, 0, segment.data.length, segment.length);
    }
    now.restore(moment);
    held.acknowledgedAt = -1;
    if (held.segments.length === 0) this.dropHeld(index);
  }

  /** Declares the bytes before the first held segment missing, and goes on from there. */
  private skipHole(slot: number, index: number): void {
    const held = this.held.get(index)!;
    this.gap(slot, index, (held.segments[0]!.seq - this.next[index]!) | 0);
    this.deliverHeld(slot, index);
    this.finishIfReached(slot, index);
  }

  private gap(slot: number, index: number, length: number): void {
    if (length <= 0 || (this.state[index]! & State.ended) !== 0) return;
    this.report('tcp.gap', slot, index, `${length} bytes of this stream are missing from the capture`);
    this.miss(slot, index, length);
  }

  private miss(slot: number, index: number, length: number): void {
    this.next[index] = (this.next[index]! + length) | 0;
    this.connections.delivered[index]! += length;
    this.connections.missingBytes[index]! += length;
    this.streams.gap(slot, this.side(slot, index), length);
  }

  private giveUpHole(slot: number, index: number): void {
    const held = this.held.get(index)!;
    const other = index ^ 1;
    const acknowledged =
      (this.state[other]! & State.acknowledged) !== 0 && ((this.acknowledged[other]! - held.segments[0]!.seq) | 0) >= 0;
    if (!acknowledged) return;
    if (held.acknowledgedAt < 0) {
      held.acknowledgedAt = this.moment.time;
      held.packetsSince = 0;
      return;
    }
    const waited = this.moment.time - held.acknowledgedAt;
    const packets = ++held.packetsSince;
    const enough = packets >= gracePackets ? waited >= graceNs || packets >= manyPackets : waited >= longGraceNs;
    if (enough) this.skipHole(slot, index);
  }

  private finish(slot: number, index: number, fin: number): void {
    const state = this.state[index]!;
    if ((state & State.started) === 0) {
      this.state[index] = state | State.started;
      this.initial[index] = (fin - 1) | 0;
      this.next[index] = fin;
    } else if ((state & State.fin) !== 0) {
      this.connections.retransmissions[index]!++;
      return;
    } else {
      const ahead = (fin - this.next[index]!) | 0;
      if (ahead < 0 || ahead > maxWindow) return;
    }
    this.fin[index] = fin;
    this.state[index]! |= State.fin;
    // Ahead of its time it waits like a segment of no bytes, so that the hole before it is given up like any other.
    if (fin !== this.next[index]) {
      this.waiting(index).addMarker(fin, this.moment);
      this.budget.used += segmentOverhead;
    }
    this.finishIfReached(slot, index);
  }

  private finishIfReached(slot: number, index: number): void {
    const state = this.state[index]!;
    if ((state & (State.fin | State.ended)) === State.fin && this.fin[index] === this.next[index]) {
      this.endStream(slot, index, EndOfStream.fin);
    }
  }

  private reset(slot: number, index: number, seq: number): void {
    const state = this.state[index]!;
    if ((this.connections.flags[slot]! & ConnectionFlag.reset) !== 0) return;
    // A reset far outside the window is not this connection's (RFC 5961 3.2), unless the bytes before it were not captured.
    if ((state & State.started) !== 0) {
      const ahead = (seq - this.next[index]!) | 0;
      if ((ahead < -0x10000 || ahead > 0x1000000) && seq !== 0) return;
    }
    this.state[index] = state | State.reset;
    this.connections.flags[slot]! |= ConnectionFlag.reset;
    this.resetting.add(slot, this.connections.ids[slot]!, this.moment.time + resetGraceNs);
    this.lingering.add(slot, this.connections.ids[slot]!, this.moment.time + lingerNs);
  }

  private endStream(slot: number, index: number, how: EndOfStream): void {
    this.state[index]! |= State.ended;
    this.dropHeld(index);
    const side = this.side(slot, index);
    if (how === EndOfStream.fin) this.connections.noteFin(slot, side);
    this.streams.end(slot, side, how);
    if ((this.state[index]! & this.state[index ^ 1]! & (State.fin | State.ended)) === (State.fin | State.ended)) {
      if ((this.connections.flags[slot]! & (ConnectionFlag.finished | ConnectionFlag.reset)) === 0) {
        this.lingering.add(slot, this.connections.ids[slot]!, this.moment.time + lingerNs);
      }
      this.connections.flags[slot]! |= ConnectionFlag.finished;
    }
  }

  /** Gives up what is missing and ends both directions, with FIN where one was seen. */
  private endStreams(slot: number, how: EndOfStream): void {
    for (let index = slot * 2; index <= slot * 2 + 1; index++) {
      while ((this.state[index]! & (State.held | State.ended)) === State.held) this.skipHole(slot, index);
      const state = this.state[index]!;
      if ((state & State.ended) !== 0 || (state & State.started) === 0) continue;
      if ((state & State.fin) !== 0) {
        this.gap(slot, index, (this.fin[index]! - this.next[index]!) | 0);
      } else if ((this.state[index ^ 1]! & State.acknowledged) !== 0) {
        // Acknowledged but never seen: the tail is missing. A single number past `next` is the FIN's.
        const unseen = (this.acknowledged[index ^ 1]! - this.next[index]!) | 0;
        if (unseen > 1 && unseen < maxWindow) this.gap(slot, index, unseen);
      }
    }
    for (let side = 0; side <= 1; side++) {
      const index = slot * 2 + this.connections.direction(slot, side as Side);
      const state = this.state[index]!;
      if ((state & State.ended) === 0) this.endStream(slot, index, (state & State.fin) !== 0 ? EndOfStream.fin : how);
    }
  }

  private hasSpoken(slot: number): boolean {
    return this.connections.delivered[slot * 2]! + this.connections.delivered[slot * 2 + 1]! > 0;
  }

  /** Ends, reports and forgets a connection. */
  private retire(slot: number): void {
    const reset = (this.connections.flags[slot]! & ConnectionFlag.reset) !== 0;
    this.endStreams(slot, reset ? EndOfStream.reset : EndOfStream.captureEnd);
    this.dropHeld(slot * 2);
    this.dropHeld(slot * 2 + 1);
    this.flows.remove(slot);
    if (this.turned.size > 0 && this.turned.delete(slot)) this.connections.flags[slot]! ^= ConnectionFlag.flipped;
    this.streams.closed(slot);
    this.connections.close(slot);
  }

  /** Retires about a sixteenth of the connections, the longest idle: by a sample of when they were last heard. */
  private retireIdle(): void {
    const connections = this.connections;
    const stride = Math.max(1, Math.floor(connections.end / 1024));
    const sample: number[] = [];
    for (let slot = 0; slot < connections.end; slot += stride) {
      if (connections.isOpen(slot)) sample.push(connections.lastAt[slot]!);
    }
    sample.sort((a, b) => a - b);
    const bound = sample[sample.length >> 4] ?? Infinity;
    const idle: number[] = [];
    for (let slot = 0; slot < connections.end; slot++) {
      if (connections.isOpen(slot) && connections.lastAt[slot]! <= bound) idle.push(slot);
    }
    idle.sort((a, b) => connections.lastAt[a]! - connections.lastAt[b]!);
    for (const slot of idle) {
      this.diagnostics.report('tcp.retired', slot, -1, -1);
      this.retire(slot);
    }
  }

  private conflict(slot: number, index: number): void {
    this.connections.conflictingOverlaps[slot]!++;
    this.report('tcp.conflicting-overlap', slot, index);
  }

  private report(code: DiagnosticCode, slot: number, index: number, detail?: string): void {
    this.diagnostics.report(code, slot, this.side(slot, index), this.connections.delivered[index]!, detail);
  }

  private dropHeld(index: number): void {
    const held = this.held.get(index);
    if (held === undefined) return;
    this.budget.used -= held.bytes + held.segments.length * segmentOverhead;
    this.held.delete(index);
    this.state[index]! &= ~State.held;
    this.waitsNoMore(index);
  }

  private waitsNoMore(index: number): void {
    this.connections.flags[index >> 1]! &= ~(ConnectionFlag.waiting0 << (index & 1));
  }

  private side(slot: number, index: number): Side {
    return ((index & 1) ^ ((this.connections.flags[slot]! & ConnectionFlag.flipped) === 0 ? 0 : 1)) as Side;
  }

  private orientByContent(slot: number, index: number, data: Uint8Array, start: number, end: number): void {
    const speaker = this.streams.speaker(data, start, end);
    if (speaker >= 0) this.orient(slot, ((index & 1) ^ speaker) as Side);
  }

  /**
   * First bytes of a direction: where the side that accepted the connection speaks first and asks, it is the client of
   * what is said. The connection's client remains who opened it.
   */
  private speaks(slot: number, index: number, data: Uint8Array, start: number, end: number): void {
    this.state[index]! |= State.spoken;
    if ((this.state[index ^ 1]! & State.spoken) !== 0 || this.side(slot, index) === client) return;
    if (this.streams.speaker(data, start, end) !== client) return;
    this.orient(slot, (index & 1) as Side);
    this.turned.add(slot);
  }

  /** @param clientDirection the direction in which the client sends */
  private orient(slot: number, clientDirection: Side): void {
    const flags = this.connections.flags[slot]! & ~ConnectionFlag.flipped;
    this.connections.flags[slot] =
      flags | ConnectionFlag.oriented | (clientDirection === 0 ? 0 : ConnectionFlag.flipped);
  }

  private grow(): void {
    const length = this.connections.capacity * 2;
    this.next = grown(this.next, length);
    this.initial = grown(this.initial, length);
    this.fin = grown(this.fin, length);
    this.acknowledged = grown(this.acknowledged, length);
    this.state = grown(this.state, length);
  }
}
