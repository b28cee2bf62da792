/** When held bytes came: where each delivery ends in them, its packet and its time. What comes after many counts as one. */
import type { Moment } from '../../core/moment.ts';

const most = 64;

interface Delivery {
  end: number;
  readonly packet: number;
  readonly time: number;
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
    else this.deliveries.push({ end, packet: moment.packet, time: moment.time });
  }

  /** Gives the held bytes, each delivery with its own moment, and forgets them. */
  replay(moment: Moment, read: (start: number, end: number) => void): void {
    const { deliveries } = this;
    const { packet, time } = moment;
    this.count = 0;
    this.deliveries = [];
    let at = 0;
    for (const delivery of deliveries) {
      moment.packet = delivery.packet;
      moment.time = delivery.time;
      read(at, delivery.end);
      at = delivery.end;
    }
    moment.packet = packet;
    moment.time = time;
  }
}
