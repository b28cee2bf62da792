/** Input that cannot be read: no such file, not a capture, damaged beyond its first packet. Never for captured bytes. */
export class CaptureError extends Error {
  /** Byte offset in the (uncompressed) input where it went wrong; -1 where there is none. */
  readonly position: number;

  constructor(message: string, position = -1) {
    super(message);
    this.name = 'CaptureError';
    this.position = position;
  }
}

/** A mistake of the caller: a wrong option, an unknown format, an expression that does not parse. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
