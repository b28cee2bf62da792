/**
 * A field section as it comes out of HPACK: fields written one after another into a buffer of its own, listed in an
 * `HttpHead`. Bounded: beyond `longestSection` octets or `maxFields` fields are decoded (the dynamic table needs them) but
 * not listed.
 */
import { copyBytes } from '../../../core/bytes.ts';
import { HttpHead, offsetsPerField } from '../../../core/http.ts';

const longestSection = 256 * 1024;
const smallest = 1024;
/** Storage above this is given back when the section is done with. */
const kept = 16 * 1024;

export class FieldSection {
  readonly head: HttpHead = new HttpHead(32);
  /** Octets written; `head.data` is the buffer. */
  length = 0;
  /** Fields that were decoded and not listed. */
  omitted = 0;
  /** A `NameFault` bit for what is wrong with names and values of this section's fields. */
  faults = 0;
  /** `KnownField` bits of the fields seen. */
  seen = 0;

  constructor() {
    this.head.data = new Uint8Array(smallest);
  }

  begin(): void {
    const { head } = this;
    this.length = this.omitted = this.faults = this.seen = 0;
    head.start = head.end = head.size = 0;
    head.methodStart = head.methodEnd = head.targetStart = head.targetEnd = 0;
    head.status = head.reasonStart = head.reasonEnd = 0;
    head.version = 20;
    head.fieldCount = 0;
    if (head.neverIndexed.length > 0) head.neverIndexed = [];
    if (head.data.length > kept) head.data = new Uint8Array(smallest);
  }

  /** Makes room for `length` octets at `at`, and a few on top; what stands before `at` stays. */
  ensure(at: number, length: number): void {
    const need = at + length + 8;
    const { head } = this;
    if (need <= head.data.length) return;
    const larger = new Uint8Array(Math.max(need, head.data.length * 2));
    copyBytes(head.data, 0, at, larger, 0);
    head.data = larger;
  }

  /** Adds a copy of a field whose name and value stand one after the other. */
  copy(data: Uint8Array, start: number, nameEnd: number, end: number, known: number): void {
    const length = end - start;
    if (this.isFull(length)) {
      this.omitted++;
      return;
    }
    const at = this.length;
    this.ensure(at, length);
    copyBytes(data, start, end, this.head.data, at);
    this.list(at, at + nameEnd - start, at + length, known);
  }

  /** Lists a field that was written to `head.data` behind `length`; where the section is full its octets are given up. */
  list(start: number, nameEnd: number, end: number, known: number): void {
    const { head } = this;
    if (this.isFull(end - start) || !head.reserve()) {
      this.omitted++;
      return;
    }
    this.seen |= 1 << known;
    const field = head.fieldCount++;
    const at = field * offsetsPerField;
    const { offsets } = head;
    offsets[at] = start;
    offsets[at + 1] = nameEnd;
    offsets[at + 2] = nameEnd;
    offsets[at + 3] = end;
    head.known[field] = known;
    this.length = end;
  }

  private isFull(length: number): boolean {
    return this.length + length > longestSection;
  }
}
