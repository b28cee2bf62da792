/**
 * Whether bytes begin with HTTP/2: the client's preface, the server's SETTINGS (RFC 9113 3.4), and frames met in the middle
 * of a connection, told by headers that make sense one after another.
 */
import { u16, u32 } from '../../core/bytes.ts';
import { client, server, type Side } from '../../core/side.ts';
import { octets } from '../http/octets.ts';
import type { Likeness } from '../protocol.ts';
import { FrameFlag, FrameType, frameHeaderLength } from './frame-type.ts';

export const preface: Uint8Array = octets('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Frames looked at before a position is believed; also what keeps the search linear. */
const believed = 4;
/** Frame sizes beyond the default are rare (RFC 9113 4.2): where framing was lost they are not believed. */
const defaultFrameSize = 16_384;
const mostSettings = 64;

export function looksLikeHttp2(side: Side, data: Uint8Array, start: number, end: number): Likeness {
  return side === client ? looksLikePreface(data, start, end) : looksLikeServerStart(data, start, end);
}

function looksLikePreface(data: Uint8Array, start: number, end: number): Likeness {
  for (let i = 0; i < preface.length; i++) {
    if (start + i >= end) return 'more';
    if (data[start + i] !== preface[i]) return 'no';
  }
  return 'yes';
}

/** A SETTINGS frame on stream 0 that acknowledges nothing. */
function looksLikeServerStart(data: Uint8Array, start: number, end: number): Likeness {
  for (let i = 0; i < frameHeaderLength; i++) {
    if (start + i >= end) return 'more';
    const octet = data[start + i]!;
    if (i === 3 ? octet !== FrameType.settings : i !== 1 && i !== 2 && octet !== 0) return 'no';
  }
  const length = u16(data, start + 1);
  return length % 6 === 0 && length <= mostSettings * 6 ? 'yes' : 'no';
}

/** What is known of the streams while frames are searched for. */
export interface StreamGuess {
  /** Streams have been seen, so that an identifier says much: frames are believed at any position. */
  readonly isSure: boolean;
  /** Whether a stream identifier may be met here. */
  mayBe(stream: number): boolean;
}

const nothingKnown: StreamGuess = { isSure: false, mayBe: (stream) => stream < 1 << 24 };

/** Whether bytes of a connection whose beginning was not captured begin like a frame, of either side. */
export function looksLikeFrames(data: Uint8Array, start: number, end: number): boolean {
  return findFrames(data, start, end, start, nothingKnown) === start;
}

/**
 * Where frames begin, in bytes met after a gap: the first position from which frame headers follow one another up to the
 * end, or `believed` of them do, and one of them at least says more than zeros would. -1 where there is none.
 *
 * @param furthest the last position that is tried
 */
export function findFrames(data: Uint8Array, start: number, end: number, furthest: number, guess: StreamGuess): number {
  for (let at = start; at <= furthest && at + frameHeaderLength <= end; at++)
    if (isChain(data, at, end, guess)) return at;
  return -1;
}

/** Which side sent frames that begin here, told by the first request or response head among them; -1 where there is none. */
export function frameSpeaker(data: Uint8Array, start: number, end: number): Side | -1 {
  if (looksLikePreface(data, start, end) === 'yes') return client;
  if (!looksLikeFrames(data, start, end)) return -1;
  let at = start;
  for (let frames = 0; frames < believed && at + frameHeaderLength < end; frames++) {
    if (data[at + 3] === FrameType.headers) {
      const flags = data[at + 4]!;
      const skipped = ((flags & FrameFlag.padded) === 0 ? 0 : 1) + ((flags & FrameFlag.priority) === 0 ? 0 : 5);
      return headSpeaker(data, at + frameHeaderLength + skipped, end);
    }
    at += frameHeaderLength + ((data[at]! << 16) | u16(data, at + 1));
  }
  return -1;
}

/** By the first field: static entries 1-7 are a request's pseudo-header fields, 8-14 are `:status` (RFC 7541 appendix A). */
function headSpeaker(data: Uint8Array, at: number, end: number): Side | -1 {
  while (at < end && (data[at]! & 0xe0) === 0x20) at++;
  if (at >= end) return -1;
  const first = data[at]!;
  const index = first >= 0x80 ? first & 0x7f : first >= 0x40 ? first & 0x3f : first & 0x0f;
  return index >= 1 && index <= 7 ? client : index >= 8 && index <= 14 ? server : -1;
}

function isChain(data: Uint8Array, start: number, end: number, guess: StreamGuess): boolean {
  let at = start;
  for (let frames = 0; frames < believed && at + frameHeaderLength <= end; frames++) {
    if (!isFrameHeader(data, at, guess)) return false;
    at += frameHeaderLength + ((data[at]! << 16) | u16(data, at + 1));
  }
  return true;
}

/** RFC 9113 4.1 and 6: length, flags and stream identifier are those that the type may have. */
function isFrameHeader(data: Uint8Array, at: number, guess: StreamGuess): boolean {
  const length = (data[at]! << 16) | u16(data, at + 1);
  if (length > defaultFrameSize) return false;
  const flags = data[at + 4]!;
  const stream = u32(data, at + 5);
  const { endStream, endHeaders, padded, priority, ack } = FrameFlag;
  switch (data[at + 3]!) {
    case FrameType.data:
      return (flags & ~(endStream | padded)) === 0 && onStream(stream, guess);
    case FrameType.headers:
      return length > 0 && (flags & ~(endStream | endHeaders | padded | priority)) === 0 && onStream(stream, guess);
    case FrameType.continuation:
      return (flags & ~endHeaders) === 0 && onStream(stream, guess);
    case FrameType.pushPromise:
      return length > 4 && (flags & ~(endHeaders | padded)) === 0 && onStream(stream, guess);
    case FrameType.priority:
      return length === 5 && flags === 0 && onStream(stream, guess);
    case FrameType.rstStream:
      return length === 4 && flags === 0 && onStream(stream, guess);
    case FrameType.settings:
      return (
        stream === 0 && (flags === 0 ? length % 6 === 0 && length <= mostSettings * 6 : flags === ack && length === 0)
      );
    case FrameType.ping:
      return stream === 0 && length === 8 && (flags & ~ack) === 0;
    case FrameType.goaway:
      return stream === 0 && length >= 8 && flags === 0;
    case FrameType.windowUpdate:
      return length === 4 && flags === 0 && (stream === 0 || onStream(stream, guess));
    default:
      return false;
  }
}

function onStream(stream: number, guess: StreamGuess): boolean {
  return stream > 0 && stream < 0x8000_0000 && guess.mayBe(stream);
}
