/**
 * Which packet the bytes of a hex dump came in: told by finding the very bytes again in the packets' payloads, put in the
 * order of their sequence numbers. What is not there as it is shown (decoded, decrypted, decompressed) stays untold.
 */
import { u32 } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import type { PacketDetail } from '../../timeline/details.ts';

/** Bytes of a stream that are put together. */
const mostBytes = 4 * 1024 * 1024;
/** How far behind the last bytes the next ones may be: framing may stand in between. */
const mostBetween = 4096;
const sequenceAt = 4;

export class WirePlaces {
  private readonly stream: Uint8Array;
  /** Ranges of the stream, and the packet that brought each first. */
  private readonly ranges: { readonly start: number; readonly end: number; readonly packet: number }[] = [];
  private at = 0;

  /** @param packets of one connection, in capture order */
  constructor(packets: readonly PacketDetail[], side: Side) {
    const own = packets.filter((each) => each.side === side);
    const first = own.length === 0 ? 0 : sequenceOf(own[0]!);
    let length = 0;
    for (const each of own) {
      const start = (sequenceOf(each) - first) | 0;
      const end = start + each.end - each.payload;
      if (start < 0 || end > mostBytes) continue;
      this.ranges.push({ start, end, packet: each.packet });
      length = Math.max(length, end);
    }
    this.stream = new Uint8Array(length);
    // The first to bring a byte is written last.
    for (const each of own.toReversed()) {
      const start = (sequenceOf(each) - first) | 0;
      if (start >= 0 && start + each.end - each.payload <= length) this.stream.set(each.data.subarray(each.payload, each.end), start);
    }
  } // prettier-ignore

  /** The packet in which these bytes begin, 0 where they are not found. To be asked in the order of the bytes. */
  packetOf(bytes: Uint8Array): number {
    const found = this.find(bytes);
    if (found < 0) return 0;
    this.at = found + bytes.length;
    return this.ranges.find(({ start, end }) => found >= start && found < end)?.packet ?? 0;
  }

  private find(bytes: Uint8Array): number {
    if (bytes.length === 0) return -1;
    const { stream, at } = this;
    const window = stream.subarray(at, at === 0 ? stream.length : at + mostBetween + bytes.length);
    const found = Buffer.from(window.buffer, window.byteOffset, window.length).indexOf(bytes);
    return found < 0 ? -1 : at + found;
  }
}

function sequenceOf({ data, tcp }: PacketDetail): number {
  return u32(data, tcp + sequenceAt);
}

/** A copy masked (or unmasked) as RFC 6455 5.3 has it. */
export function masked(data: Uint8Array, key: number): Uint8Array {
  const copy = data.slice();
  for (let i = 0; i < copy.length; i++) copy[i] = copy[i]! ^ ((key >>> (24 - 8 * (i & 3))) & 0xff);
  return copy;
}
