/**
 * Readers of content, one a framing (RFC 9112 6). A reader holds no state: that is the lane's. The third of them has a
 * file of its own, `chunked-reader.ts`.
 */
import { EndOfStream, MessageEnd } from '../../core/sinks.ts';
import type { Lane } from './lane.ts';

export interface BodyReader {
  /**
   * Reads from `[at, end)`, at least one byte of it, and sets the lane's `progress` where the content ends or is lost.
   *
   * @returns one past the last byte it took
   */
  read<X>(lane: Lane<X>, data: Uint8Array, at: number, end: number): number;
  /** @returns how many of the missing bytes lie behind the content, where that ends within them (`progress` is set) */
  gap<X>(lane: Lane<X>, length: number): number;
  /** How the message ends where the stream does. */
  closed(how: EndOfStream): MessageEnd;
}

/** Content-Length. */
export const lengthReader: BodyReader = {
  read(lane, data, at, end) {
    const stop = Math.min(end, at + lane.remaining);
    lane.content(data, at, stop);
    lane.remaining -= stop - at;
    if (lane.remaining === 0) lane.progress = 'whole';
    return stop;
  },
  gap(lane, length) {
    const inside = Math.min(length, lane.remaining);
    lane.contentGap(inside);
    lane.remaining -= inside;
    if (lane.remaining === 0) lane.progress = 'whole';
    return length - inside;
  },
  closed: cut,
};

/** Until the connection closes: whatever comes is content. */
export const closeReader: BodyReader = {
  read(lane, data, at, end) {
    lane.content(data, at, end);
    return end;
  },
  gap(lane, length) {
    lane.contentGap(length);
    return 0;
  },
  closed: (how) => (how === EndOfStream.fin ? MessageEnd.complete : cut(how)),
};

/** The stream ended where the framing did not. */
export function cut(how: EndOfStream): MessageEnd {
  switch (how) {
    case EndOfStream.fin:
      return MessageEnd.truncated;
    case EndOfStream.reset:
      return MessageEnd.reset;
    default:
      return MessageEnd.open;
  }
}
