/** PING frames that wait for their acknowledgement (RFC 9113 6.7): their round trips, measured at the capture point. */
import { i32 } from '../../core/bytes.ts';

/** Unanswered PINGs remembered of one side. */
const most = 8;

export class Pings {
  sent = 0;
  /** Round trips in nanoseconds. */
  answered = 0;
  shortest = 0.5;
  longest = 0.5;
  private readonly high: Int32Array = new Int32Array(most);
  private readonly low: Int32Array = new Int32Array(most);
  private readonly times: Float64Array = new Float64Array(most).fill(-1);

  send(data: Uint8Array, at: number, time: number): void {
    const slot = this.sent++ % most;
    this.high[slot] = i32(data, at);
    this.low[slot] = i32(data, at + 4);
    this.times[slot] = time;
  }

  /** @returns false where no such PING was sent, as far as is remembered */
  answer(data: Uint8Array, at: number, time: number): boolean {
    const high = i32(data, at);
    const low = i32(data, at + 4);
    for (let slot = 0; slot < most; slot++) {
      const sentAt = this.times[slot]!;
      if (this.high[slot] !== high || this.low[slot] !== low || sentAt < 0) continue;
      const span = time - sentAt;
      this.shortest = this.answered === 0 ? span : Math.min(this.shortest, span);
      this.longest = this.answered === 0 ? span : Math.max(this.longest, span);
      this.answered++;
      this.times[slot] = -1;
      return true;
    }
    return false;
  }
}
