/**
 * gRPC's length-prefixed messages in the content of a request or response, counted as they pass.
 *
 *     Compressed-Flag (8) | Message-Length (32) | Message
 *
 * gRPC-Web sends its trailers as one more of these, bit 7 of the flag set; they are no message. Its text form
 * (`application/grpc-web-text`) is all this in base64, in pieces that may be padded each. What a message says is encoded by
 * the service's own schema: `insight/protobuf.ts` shows it without one.
 */
import type { ContentReader, GrpcSink } from '../../core/sinks.ts';

const prefixLength = 5;
const trailersFlag = 0x80;
/** Longest trailers that are read. */
const longestTrailers = 8192;
/** What the first sextet of a flag's base64 may be: of 0 and 1, and of those with bit 7. */
const firstLetters: ReadonlySet<number> = new Set([0x41, 0x67]);
const nothing = new Uint8Array(0);

export class GrpcMessageReader implements ContentReader {
  private readonly sink: GrpcSink;
  private flag = 0;
  private length = 0;
  /** Octets of the prefix that have come, and of the message that are to come. */
  private held = 0;
  private remaining = 0;
  private lost = false;
  private trailers: Uint8Array = nothing;
  private trailersLength = 0;
  /** Whether it is base64: the first octet tells. */
  private text: boolean | undefined = undefined;
  private bits = 0;
  private bitCount = 0;
  private decoded: Buffer = Buffer.from(nothing.buffer);

  constructor(sink: GrpcSink) {
    this.sink = sink;
  }

  push(data: Uint8Array, start: number, end: number): void {
    if (start === end || this.lost) return;
    this.text ??= firstLetters.has(data[start]!);
    if (!this.text) return this.take(data, start, end);
    const length = this.decode(data, start, end);
    this.take(this.decoded, 0, length);
  }

  /** The number of missing bytes is not known after a content coding: nothing behind them can be told apart. */
  gap(): void {
    this.lost = true;
  }

  finish(): void {
    if (this.lost) return;
    if (this.remaining > 0 || this.held > 0) this.sink.grpcCut();
  }

  private take(data: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.lost) {
      if (this.remaining > 0) at = this.message(data, at, end);
      else this.prefix(data[at++]!);
    }
  }

  private message(data: Uint8Array, start: number, end: number): number {
    const to = Math.min(end, start + this.remaining);
    this.remaining -= to - start;
    if (this.flag === trailersFlag) {
      for (let at = start; at < to && this.trailersLength < this.trailers.length; at++)
        this.trailers[this.trailersLength++] = data[at]!;
      if (this.remaining === 0) this.endTrailers();
    }
    return to;
  }

  private endTrailers(): void {
    this.sink.grpcTrailers(this.trailers, 0, this.trailersLength);
    this.trailers = nothing;
    this.trailersLength = 0;
  }

  private prefix(octet: number): void {
    if (this.held === 0) this.flag = octet;
    else this.length = this.length * 256 + octet;
    if (++this.held < prefixLength) return;
    if (this.flag > 1 && (this.flag & trailersFlag) === 0) {
      this.lost = true;
      this.sink.grpcCut();
    } else if (this.flag <= 1) this.sink.grpcMessage(this.length, this.flag === 1);
    else if (this.flag === trailersFlag && this.length > 0)
      this.trailers = new Uint8Array(Math.min(this.length, longestTrailers));
    this.remaining = this.length;
    this.held = this.length = 0;
  }

  /** @returns how many octets `decoded` holds now; what is no base64 ends the reading */
  private decode(data: Uint8Array, start: number, end: number): number {
    const most = ((end - start) * 3) / 4 + 3;
    if (this.decoded.length < most) this.decoded = Buffer.alloc(Math.ceil(most));
    let length = 0;
    for (let at = start; at < end; at++) {
      const value = sextet(data[at]!);
      if (value >= 0) {
        this.bits = ((this.bits << 6) | value) & 0xffff;
        this.bitCount += 6;
        if (this.bitCount >= 8) {
          this.bitCount -= 8;
          this.decoded[length++] = this.bits >>> this.bitCount;
        }
      } else if (data[at] === 0x3d) this.bitCount = 0;
      else if (data[at] !== 0x0d && data[at] !== 0x0a) {
        this.take(this.decoded, 0, length);
        if (!this.lost) this.sink.grpcCut();
        this.lost = true;
        return 0;
      }
    }
    return length;
  }
}

/** RFC 4648 4; -1 where it is none. */
function sextet(letter: number): number {
  if (letter >= 0x41 && letter <= 0x5a) return letter - 0x41;
  if (letter >= 0x61 && letter <= 0x7a) return letter - 0x61 + 26;
  if (letter >= 0x30 && letter <= 0x39) return letter - 0x30 + 52;
  return letter === 0x2b ? 62 : letter === 0x2f ? 63 : -1;
}
