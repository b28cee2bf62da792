/**
 * How a connection went, in a fixed number of spans: the most streams open in each, and the least that flow control left
 * each side to send. When they are used up, spans are joined by twos and become twice as long.
 */
import { client, server, type Side } from '../../core/side.ts';
import type { Http2Course } from '../../core/sinks.ts';

const spans = 32;
const firstInterval = 1e6;

export class Course {
  private interval = firstInterval;
  /** Nanoseconds: when the first span begins, and the present one ends. */
  private start = 0.5;
  private end = 0.5;
  private last = -1;
  private streams = 0;
  /** By sending side. */
  private readonly window: [number, number];
  private readonly most: Uint16Array = new Uint16Array(spans);
  private readonly least: readonly [Int32Array, Int32Array] = [new Int32Array(spans), new Int32Array(spans)];

  constructor(time: number, clientWindow: number, serverWindow: number) {
    this.window = [clientWindow, serverWindow];
    this.start = this.end = time;
    this.advance(time);
  }

  /** So many streams are open now. */
  open(streams: number, time: number): void {
    if (time >= this.end) this.advance(time);
    this.streams = streams;
    if (streams > this.most[this.last]!) this.most[this.last] = streams;
  }

  /** So much is left of the connection's window for what `side` sends. */
  left(side: Side, window: number, time: number): void {
    if (time >= this.end) this.advance(time);
    this.window[side] = window;
    if (window < this.least[side][this.last]!) this.least[side][this.last] = window;
  }

  get facts(): Http2Course {
    const count = this.last + 1;
    return {
      interval: this.interval / 1e9,
      streams: [...this.most.subarray(0, count)],
      window: {
        client: [...this.least[client].subarray(0, count)],
        server: [...this.least[server].subarray(0, count)],
      },
    };
  }

  /** Spans in which nothing happens are as the one before them ended. */
  private advance(time: number): void {
    while (time >= this.start + spans * this.interval) this.join();
    while (this.end <= time) {
      this.last++;
      this.most[this.last] = this.streams;
      for (const side of [client, server]) this.least[side][this.last] = this.window[side];
      this.end += this.interval;
    }
  }

  private join(): void {
    const { most, least } = this;
    for (let i = 0; i < spans; i += 2) {
      most[i >> 1] = Math.max(most[i]!, i < this.last ? most[i + 1]! : 0);
      for (const lowest of least) lowest[i >> 1] = i < this.last ? Math.min(lowest[i]!, lowest[i + 1]!) : lowest[i]!;
    }
    this.interval *= 2;
    this.last >>= 1;
    this.end = this.start + (this.last + 1) * this.interval;
  }
}
