/** Holds a connection's first bytes while they are too few to tell the protocol, and gives them on once they do. */
import { ownBytes } from '../core/bytes.ts';
import { KeptMoment, type Moment } from '../core/moment.ts';
import { client, type Side } from '../core/side.ts';
import type { ConnectionSink, EndOfStream, StreamSink } from '../core/sinks.ts';

/** Bytes of both sides that are held; a protocol is told within 64 of one. */
const waitingLimit = 16 * 1024;

export interface Deciding extends ConnectionSink {
  /** Bytes of each side that count as delivered but wait here. */
  readonly waiting: [number, number];
  /** Asks again: the next `bytes` of this slot is given more. */
  decided(slot: number): void;
  /** @param lost bytes are missing: what comes later may yet be known */
  undecidable(slot: number, lost: boolean): void;
}

interface Held {
  side: Side;
  data: Uint8Array;
  at: KeptMoment;
}

export class Undecided implements StreamSink {
  private readonly slot: number;
  private readonly streams: Deciding;
  private readonly moment: Moment;
  private readonly held: Held[] = [];
  private size = 0;

  constructor(slot: number, streams: Deciding, moment: Moment) {
    this.slot = slot;
    this.streams = streams;
    this.moment = moment;
  }

  /**
   * The first speaker's bytes are joined until they tell; what the other side says meanwhile waits. The client's word
   * counts before the server's. Each try goes through identification again: while the prefix is still too short, that
   * puts another `Undecided` in this one's place.
   */
  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    const first = this.held[0];
    if (first !== undefined && first.side === side) first.data = joined(first.data, data, start, end);
    else this.held.push({ side, data: ownBytes(data, start, end), at: new KeptMoment(this.moment) });
    this.size += end - start;
    if (this.size > waitingLimit) this.streams.undecidable(this.slot, false);
    else if (first !== undefined && (first.side === side || side === client)) this.tryAgain();
  }

  private tryAgain(): void {
    const now = new KeptMoment(this.moment);
    this.streams.decided(this.slot);
    this.held.sort((a, b) => a.side - b.side);
    const { waiting } = this.streams;
    for (const piece of this.held) waiting[piece.side] += piece.data.length;
    for (const piece of this.held) {
      waiting[piece.side] -= piece.data.length;
      piece.at.restore(this.moment);
      this.streams.bytes(this.slot, piece.side, piece.data, 0, piece.data.length);
    }
    now.restore(this.moment);
  }

  gap(_side: Side, _length: number): void {
    this.streams.undecidable(this.slot, true);
  }

  end(_side: Side, _how: EndOfStream): void {
    this.streams.undecidable(this.slot, false);
  }
}

function joined(head: Uint8Array, data: Uint8Array, start: number, end: number): Uint8Array {
  const whole = new Uint8Array(head.length + (end - start));
  whole.set(head);
  whole.set(data.subarray(start, end), head.length);
  return whole;
}
