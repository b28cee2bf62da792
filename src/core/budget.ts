/**
 * Bytes held for open connections: segments that wait for a missing one, heads and bodies of open messages. Whoever holds
 * adds and takes off; where `used` passes `limit` the stack retires idle connections until it does not.
 */
export class Budget {
  used = 0;
  readonly limit: number;

  constructor(limit = 96 * 1024 * 1024) {
    this.limit = limit;
  }
}
