/**
 * Segments of one direction that came before bytes they follow: copies, in the order of their sequence numbers, without
 * overlaps. Where two carry the same bytes the copy that came first stands (RFC 9293 leaves the choice to the receiver).
 *
 * Invariant: `segments[i].seq + segments[i].length <= segments[i + 1].seq` in sequence space.
 */
import { ownBytes } from '../../core/bytes.ts';
import { KeptMoment, type Moment } from '../../core/moment.ts';

export interface HeldSegment {
  seq: number;
  /** Bytes of sequence space: `data.length + missing`. */
  length: number;
  /** Owned. */
  data: Uint8Array;
  /** Bytes at the end that the snap length cut away. */
  missing: number;
  at: KeptMoment;
}

const none = new Uint8Array(0);

export class HeldSegments {
  readonly segments: HeldSegment[] = [];
  /** Bytes held. */
  bytes = 0;
  /** Since when the other side has acknowledged past the hole: time, and packets of the connection since; -1 not yet. */
  acknowledgedAt = -1;
  packetsSince = 0;

  /**
   * Files the parts of the segment that are new.
   * @returns true where bytes that were already held come again with other content
   */
  add(seq: number, data: Uint8Array, start: number, end: number, missing: number, moment: Moment): boolean {
    const at = new KeptMoment(moment);
    const length = end - start + missing;
    const segments = this.segments;
    let conflict = false;
    let index = this.search(seq);
    let from = 0; // offset in the new segment of what is not yet placed
    while (from < length) {
      const held = segments[index];
      const gapEnd = held === undefined ? length : Math.min(length, (held.seq - seq) | 0);
      if (gapEnd > from) {
        const capturedEnd = Math.min(gapEnd, end - start);
        const copy = ownBytes(data, start + Math.min(from, capturedEnd), start + capturedEnd);
        segments.splice(index, 0, {
          seq: (seq + from) | 0,
          length: gapEnd - from,
          data: copy,
          missing: gapEnd - from - copy.length,
          at,
        });
        this.bytes += copy.length;
        index++;
        from = gapEnd;
      }
      if (held === undefined || from >= length) break;
      const shift = (seq - held.seq) | 0; // held.data[shift + k] is data[start + k]
      const overlapEnd = Math.min(length, held.length - shift);
      if (!conflict) conflict = differs(data, start, end - start, held.data, shift, from, overlapEnd);
      from = Math.max(from, overlapEnd);
      index++;
    }
    return conflict;
  }

  /**
   * A place of no bytes: the FIN. Forged, it may lie before segments that are held, or inside one: then it comes up
   * behind that one, with a sequence number that has gone by.
   */
  addMarker(seq: number, moment: Moment): void {
    const at = new KeptMoment(moment);
    let index = this.segments.length;
    while (index > 0 && ((this.segments[index - 1]!.seq - seq) | 0) >= 0) index--;
    this.segments.splice(index, 0, { seq, length: 0, data: none, missing: 0, at });
  }

  shift(): HeldSegment {
    const segment = this.segments.shift()!;
    this.bytes -= segment.data.length;
    return segment;
  }

  /** Index of the first held segment that ends after `seq`. */
  private search(seq: number): number {
    const segments = this.segments;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const held = segments[middle]!;
      if (((held.seq + held.length - seq) | 0) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function differs(
  data: Uint8Array,
  start: number,
  captured: number,
  held: Uint8Array,
  shift: number,
  from: number,
  to: number,
): boolean {
  const end = Math.min(to, captured, held.length - shift);
  for (let i = from; i < end; i++) if (data[start + i] !== held[shift + i]) return true;
  return false;
}
