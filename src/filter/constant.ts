/**
 * Values of an expression that numbers of records are compared with. They stand in objects because a time is only known
 * as nanoseconds since the first packet once the capture says when that was.
 */
export class Constant {
  /** In the field's own unit. */
  value: number;
  /** Nanoseconds since the Unix epoch; undefined where the value is no time. */
  readonly instant: bigint | undefined;

  constructor(value: number, instant?: bigint) {
    this.value = value;
    this.instant = instant;
  }

  /** @param epoch nanoseconds since the Unix epoch from which the capture's times count */
  countFrom(epoch: bigint): void {
    if (this.instant !== undefined) this.value = Number(this.instant - epoch);
  }
}
