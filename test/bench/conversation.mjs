/**
 * One TCP connection from handshake to FIN, written packet by packet. Data segments may be captured out of order within
 * one side's flight, twice, or not at all; what is lost is lost to the capture alone, so acknowledgments go on.
 */
import { Flag } from './packets.mjs';
import { Tally } from './tally.mjs';

/** Segments a sender puts out before others on the link get their turn. */
const flight = 16;

export class Conversation {
  /**
   * @param {import('./world.mjs').World} world
   * @param {object} route see PacketWriter.segment
   */
  constructor(world, route) {
    this.world = world;
    this.route = route;
    this.tally = new Tally();
    this.lost = 0;
    this.segmentSize = route.v6 ? 1428 : 1448;
    this.sequences = [world.random.u32(), world.random.u32()];
    /** A data segment that is captured late: { countdown, side, flags, sequence, acknowledgment, bytes, start, end }. */
    this.late = null;
  }

  open() {
    this.#control(0, Flag.syn);
    this.#control(1, Flag.syn | Flag.ack);
    this.acknowledge(0);
  }

  /** Sends `bytes` in segments; the receiver acknowledges every second one. Yields between flights. */
  *send(side, bytes) {
    this.#releaseLate(1 - side);
    const { segmentSize } = this;
    let sent = 0;
    for (let start = 0; start < bytes.length; start += segmentSize) {
      const end = Math.min(start + segmentSize, bytes.length);
      const last = end === bytes.length;
      this.#data(side, last ? Flag.ack | Flag.psh : Flag.ack, bytes, start, end);
      sent++;
      if (last) break;
      if (sent % 2 === 0) this.acknowledge(1 - side);
      if (sent % flight === 0) yield;
    }
    if (sent > 1) this.acknowledge(1 - side);
  }

  acknowledge(side) {
    this.#control(side, Flag.ack);
  }

  close() {
    this.#releaseLate(0);
    this.#releaseLate(1);
    this.#control(0, Flag.fin | Flag.ack);
    this.#control(1, Flag.fin | Flag.ack);
    this.acknowledge(0);
    this.world.finished(this);
  }

  #control(side, flags) {
    const { sequences } = this;
    const acknowledgment = flags & Flag.ack ? sequences[1 - side] : 0;
    this.world.packets.segment(this.route, side, flags, sequences[side], acknowledgment);
    if (flags & (Flag.syn | Flag.fin)) sequences[side] = (sequences[side] + 1) >>> 0;
  }

  #data(side, flags, bytes, start, end) {
    const sequence = this.sequences[side];
    const acknowledgment = this.sequences[1 - side];
    this.sequences[side] = (sequence + end - start) >>> 0;
    const segment = { countdown: 0, side, flags, sequence, acknowledgment, bytes, start, end };
    switch (this.world.fate()) {
      case 'lost':
        this.lost++;
        break;
      case 'late':
        this.#delay(segment);
        break;
      case 'twice':
        this.#write(segment);
        this.#delay(this.#retransmission(segment));
        break;
      default:
        this.#write(segment);
    }
    if (this.late !== null && this.late !== segment && --this.late.countdown <= 0) this.#releaseLate(side);
  }

  #write({ side, flags, sequence, acknowledgment, bytes, start, end }) {
    this.world.packets.segment(this.route, side, flags, sequence, acknowledgment, bytes, start, end);
  }

  #delay(segment) {
    this.#releaseLate(segment.side);
    segment.countdown = this.world.random.between(1, 4);
    this.late = segment;
  }

  /** One in five repeats the second half only. */
  #retransmission(segment) {
    const { sequence, start, end } = segment;
    const skipped = this.world.random.chance(0.2) ? (end - start) >> 1 : 0;
    return { ...segment, sequence: (sequence + skipped) >>> 0, start: start + skipped };
  }

  /** An answer is never captured before its question: what one side holds back goes out before the other speaks. */
  #releaseLate(side) {
    if (this.late === null || this.late.side !== side) return;
    const segment = this.late;
    this.late = null;
    this.#write(segment);
  }
}
