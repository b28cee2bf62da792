/** When held bytes came: where each delivery ends in them, and its moment. What comes after many counts as one. */
import { KeptMoment, type Moment } from '../../core/moment.ts';

const most = 128;

interface Delivery {
  end: number;
  readonly at: KeptMoment;
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
    else this.deliveries.push({ end, at: new KeptMoment(moment) });
  }

  /** Bytes in those deliveries at the beginning whose segments stand before this number. */
  lengthBefore(sequence: number): number {
    let length = 0;
    for (const delivery of this.deliveries) {
      if (((delivery.at.sequence - sequence) | 0) >= 0) break;
      length = delivery.end;
    }
    return length;
  }

  /** Gives the held bytes, each delivery with its own moment, and forgets them. */
  replay(moment: Moment, read: (start: number, end: number) => void): void {
    const { deliveries } = this;
    const now = new KeptMoment(moment);
    this.count = 0;
    this.deliveries = [];
    let start = 0;
    for (const { at, end } of deliveries) {
      at.restore(moment);
      read(start, end);
      start = end;
    }
    now.restore(moment);
  }
}
