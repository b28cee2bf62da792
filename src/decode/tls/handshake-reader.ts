/**
 * One direction's handshake messages, put together from records (RFC 8446 4 and 5.1).
 *
 *   | type 1 | length 3 | body |
 */
import { ByteQueue } from '../../core/byte-queue.ts';
import type { Side } from '../../core/side.ts';

export interface HandshakeSink {
  /** The message's four bytes of type and length stand before `start`. */
  message(side: Side, type: number, data: Uint8Array, start: number, end: number): void;
  tooLong(side: Side, length: number): void;
}

export const messageHeaderLength = 4;
/** Certificate chains are a few kilobytes; longer messages are passed over. */
const longestMessage = 128 * 1024;

export class HandshakeReader {
  private readonly side: Side;
  private readonly sink: HandshakeSink;
  private readonly queue: ByteQueue = new ByteQueue();
  /** Bytes of an overlong message still to be passed over. */
  private skip = 0;

  constructor(side: Side, sink: HandshakeSink) {
    this.side = side;
    this.sink = sink;
  }

  /** Bytes that wait for the rest of their message. */
  get held(): number {
    return this.queue.length;
  }

  push(data: Uint8Array, start: number, end: number): void {
    let at = start;
    if (this.skip > 0) {
      const skipped = Math.min(this.skip, end - at);
      this.skip -= skipped;
      at += skipped;
    }
    if (this.queue.length === 0) at = this.read(data, at, end);
    if (at === end) return;
    this.queue.append(data, at, end);
    if (this.queue.length < messageHeaderLength || this.queue.length < wholeLength(this.queue.data, 0)) {
      if (this.queue.length >= messageHeaderLength) this.bound();
      return;
    }
    const { data: glued, length } = this.queue;
    this.queue.length = 0;
    const rest = this.read(glued, 0, length);
    if (rest < length) this.queue.append(glued, rest, length);
    else this.queue.clear();
  }

  /** Bytes are missing, or keys changed: messages begin anew. */
  reset(): void {
    this.queue.clear();
    this.skip = 0;
  }

  /** @returns where the first message that is not whole begins */
  private read(data: Uint8Array, start: number, end: number): number {
    let at = start;
    while (end - at >= messageHeaderLength) {
      const length = wholeLength(data, at);
      if (at + length > end) break;
      this.sink.message(this.side, data[at]!, data, at + messageHeaderLength, at + length);
      at += length;
    }
    return at;
  }

  private bound(): void {
    const length = wholeLength(this.queue.data, 0);
    if (length <= longestMessage) return;
    this.sink.tooLong(this.side, length);
    this.skip = length - this.queue.length;
    this.queue.clear();
  }
}

function wholeLength(data: Uint8Array, at: number): number {
  return messageHeaderLength + ((data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!);
}
