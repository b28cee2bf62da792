/**
 * Flow control (RFC 9113 5.2, 6.9) as the capture point sees it: what each side may still send, on the connection and on
 * each stream, and how long it had to wait for more. A window update seen here has not reached the sender yet, so what it
 * may send is never less than what is counted.
 */
import type { Side } from '../../core/side.ts';
import type { Stream } from './stream.ts';

export const initialWindow = 65_535;
const largestWindow = 0x7fff_ffff;

export class FlowControl {
  /** By sending side. */
  private readonly connection: [number, number] = [initialWindow, initialWindow];
  private readonly stalledAt: [number, number] = [-1.5, -1.5];
  /** Window for new streams, by sending side. */
  readonly initial: [number, number] = [initialWindow, initialWindow];
  /** Nanoseconds that each side had no window on the connection. */
  readonly stalled: [number, number] = [0.5, 0.5];

  constructor() {
    this.stalled[0] = this.stalled[1] = 0;
  }

  /**
   * @param more more content of this stream is to come, so that an empty window holds it up
   * @returns whether the window was large enough
   */
  spend(stream: Stream<unknown> | null, side: Side, length: number, more: boolean, time: number): boolean {
    const left = (this.connection[side] -= length);
    if (left <= 0 && this.stalledAt[side] < 0) this.stalledAt[side] = time;
    if (stream === null) return left >= 0;
    const own = (stream.window[side] -= length);
    if (own <= 0 && more && stream.stalledAt[side] < 0) stream.stalledAt[side] = time;
    return left >= 0 && own >= 0;
  }

  /** A window update for what `side` sends. @returns nanoseconds the sender had waited for it, 0 where it had not */
  credit(stream: Stream<unknown> | null, side: Side, increment: number, time: number): number {
    const at = stream === null ? this.stalledAt : stream.stalledAt;
    const window = stream === null ? this.connection : stream.window;
    window[side] += increment;
    if (window[side] <= 0 || at[side] < 0) return 0;
    const waited = time - at[side];
    at[side] = -1;
    if (stream === null) this.stalled[side] += waited;
    return waited;
  }

  /** What the connection's window leaves `side` to send. */
  left(side: Side): number {
    return this.connection[side];
  }

  /** Whether the last credit took the window beyond what it may be. */
  isOverfull(stream: Stream<unknown> | null, side: Side): boolean {
    return (stream === null ? this.connection : stream.window)[side] > largestWindow;
  }

  /** INITIAL_WINDOW_SIZE has changed for what `side` sends: open streams are adjusted (RFC 9113 6.9.2). */
  adjust(streams: Iterable<Stream<unknown>>, side: Side, size: number): void {
    const change = size - this.initial[side];
    this.initial[side] = size;
    if (change === 0) return;
    for (const stream of streams) {
      stream.window[side] += change;
      if (stream.window[side] > 0) stream.stalledAt[side] = -1;
    }
  }
}
