/**
 * gRPC's length-prefixed messages in the content of a request or response, counted as they pass.
 *
 *     Compressed-Flag (8) | Message-Length (32) | Message
 *
 * gRPC-Web sends its trailers as one more of these, bit 7 of the flag set; they are no message. What a message says is
 * encoded by the service's own schema: `insight/protobuf.ts` shows it without one.
 */
import type { ContentReader, GrpcSink } from '../../core/sinks.ts';

const prefixLength = 5;

export class GrpcMessageReader implements ContentReader {
  private readonly sink: GrpcSink;
  private flag = 0;
  private length = 0;
  /** Octets of the prefix that have come, and of the message that are to come. */
  private held = 0;
  private remaining = 0;
  private lost = false;

  constructor(sink: GrpcSink) {
    this.sink = sink;
  }

  push(data: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end && !this.lost) {
      if (this.remaining > 0) {
        const step = Math.min(this.remaining, end - at);
        this.remaining -= step;
        at += step;
      } else this.prefix(data[at++]!);
    }
  }

  /** The number of missing bytes is not known after a content coding: nothing behind them can be told apart. */
  gap(): void {
    this.lost = true;
  }

  finish(): void {
    if (!this.lost && (this.remaining > 0 || this.held > 0)) this.sink.grpcCut();
  }

  private prefix(octet: number): void {
    if (this.held === 0) this.flag = octet;
    else this.length = this.length * 256 + octet;
    if (++this.held < prefixLength) return;
    if (this.flag > 1 && (this.flag & 0x80) === 0) {
      this.lost = true;
      this.sink.grpcCut();
    } else if (this.flag <= 1) this.sink.grpcMessage(this.length, this.flag === 1);
    this.remaining = this.length;
    this.held = this.length = 0;
  }
}
