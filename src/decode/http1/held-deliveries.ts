/**
 * When held bytes came: where each delivery ends in them, its packet, its time, and the numbers of its segment. What comes
 * after many counts as one.
 */
import type { Moment } from '../../core/moment.ts';

const most = 128;

interface Delivery {
  end: number;
  readonly packet: number;
  readonly time: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly answersUnseen: boolean;
}

export class HeldDeliveries {
  count = 0;
  private deliveries: Delivery[] = [];

  /**
   * @param first nothing is held yet
   * @param end of the held bytes, this delivery's included
   */
  add(first: boolean, end: number, moment: Moment): void {
    if (first) {
      this.count = 0;
      this.deliveries = [];
    }
    this.count++;
    const last = this.deliveries.at(-1);
    if (last !== undefined && this.deliveries.length === most) last.end = end;
    else {
      const { packet, time, sequence, acknowledgement, answersUnseen } = moment;
      this.deliveries.push({ end, packet, time, sequence, acknowledgement, answersUnseen });
    }
  }

  /** Bytes in those deliveries at the beginning whose segments stand before this number. */
  lengthBefore(sequence: number): number {
    let length = 0;
    for (const delivery of this.deliveries) {
      if (((delivery.sequence - sequence) | 0) >= 0) break;
      length = delivery.end;
    }
    return length;
  }

  /** Gives the held bytes, each delivery with its own moment, and forgets them. */
  replay(moment: Moment, read: (start: number, end: number) => void): void {
    const { deliveries } = this;
    const { packet, time, sequence, acknowledgement, answersUnseen } = moment;
    this.count = 0;
    this.deliveries = [];
    let at = 0;
    for (const delivery of deliveries) {
      moment.packet = delivery.packet;
      moment.time = delivery.time;
      moment.sequence = delivery.sequence;
      moment.acknowledgement = delivery.acknowledgement;
      moment.answersUnseen = delivery.answersUnseen;
      read(at, delivery.end);
      at = delivery.end;
    }
    moment.packet = packet;
    moment.time = time;
    moment.sequence = sequence;
    moment.acknowledgement = acknowledgement;
    moment.answersUnseen = answersUnseen;
  }
}
