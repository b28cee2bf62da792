/** The tap's time: nanoseconds since it was started, whole, never going back, beside the moment it was started. */
export class TapClock {
  /** Nanoseconds since the Unix epoch of the clock's zero. */
  readonly epoch: bigint;
  private readonly origin: number;

  constructor() {
    this.origin = performance.now();
    this.epoch = BigInt(Math.round((performance.timeOrigin + this.origin) * 1e3)) * 1000n;
  }

  now(): number {
    return Math.round((performance.now() - this.origin) * 1e6);
  }
}
