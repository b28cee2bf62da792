/**
 * A field block on its way (RFC 9113 4.3): HEADERS or PUSH_PROMISE and the CONTINUATION frames behind it, decoded piece by
 * piece. What is kept between pieces is one field representation that is not whole yet.
 */
import { ByteQueue } from '../../core/byte-queue.ts';
import { copyBytes } from '../../core/bytes.ts';
import { FieldSection } from './hpack/field-section.ts';
import { HpackFault, type HpackDecoder } from './hpack/hpack-decoder.ts';

/** A field representation longer than this is not waited for. */
const longestField = 256 * 1024;
/** CONTINUATION frames to a block before it counts as a flood. */
export const manyContinuations = 64;

export type BlockFault = 'gap' | 'too-long' | 'cut' | HpackFault;

export class HeaderBlock {
  readonly section: FieldSection = new FieldSection();
  private readonly hpack: HpackDecoder;
  private readonly tail: ByteQueue = new ByteQueue();
  /** END_HEADERS has not come. */
  isOpen = false;
  stream = 0;
  /** The stream promised, -1 in HEADERS. */
  promised = -1;
  endsStream = false;
  continuations = 0;
  /** Stream offset of the frame that began it. */
  offset = 0;
  /** Fields behind this could not be decoded. */
  fault: BlockFault | undefined;
  private unresolvedBefore = 0;

  constructor(hpack: HpackDecoder) {
    this.hpack = hpack;
  }

  begin(stream: number, endsStream: boolean, offset: number): void {
    this.isOpen = true;
    this.stream = stream;
    this.promised = -1;
    this.endsStream = endsStream;
    this.continuations = 0;
    this.offset = offset;
    this.fault = undefined;
    this.tail.clear();
    this.section.begin();
    this.hpack.beginBlock();
    this.unresolvedBefore = this.hpack.unresolved;
  }

  push(data: Uint8Array, start: number, end: number): void {
    this.section.head.size += end - start;
    if (this.fault !== undefined) return;
    if (this.tail.length === 0) {
      const at = this.hpack.decode(data, start, end, this.section);
      if (at < 0) this.fail(at as HpackFault);
      else if (at < end) this.keep(data, at, end);
    } else {
      this.keep(data, start, end);
      if (this.fault === undefined) this.decodeTail();
    }
  }

  /** Nothing behind this can be decoded, and the dynamic table is not known any more. */
  fail(fault: BlockFault): void {
    if (this.fault !== undefined) return;
    this.fault = fault;
    this.tail.clear();
    this.hpack.lose();
  }

  /** The block has ended. The section is valid until the next one begins. */
  finish(): void {
    if (this.tail.length > 0) this.fail('cut');
    const { section } = this;
    section.head.end = section.length;
    section.head.seen = section.seen;
    this.isOpen = false;
  }

  /** Fields of this block that refer to what was not captured. */
  get unresolved(): number {
    return this.hpack.unresolved - this.unresolvedBefore;
  }

  private keep(data: Uint8Array, start: number, end: number): void {
    if (this.tail.length + end - start > longestField) this.fail('too-long');
    else this.tail.append(data, start, end);
  }

  private decodeTail(): void {
    const { data, length } = this.tail;
    const at = this.hpack.decode(data, 0, length, this.section);
    if (at < 0) {
      this.fail(at as HpackFault);
      return;
    }
    if (at === 0) return;
    copyBytes(data, at, length, data, 0);
    this.tail.length = length - at;
  }
}
