/**
 * Blocks of 256 KiB out of a byte input, in three buffers that take turns: while one is decoded, the next read fills
 * another, and the block before stays as it was, for who compares with bytes delivered a moment ago (`Moment.block`). What a reader leaves of a block (an incomplete record) is copied in front of the next one, into the headroom
 * each buffer keeps there, so every record is contiguous and nothing else is copied. Memory stays flat: buffers grow only
 * for a record longer than the headroom, up to what a reader accepts (`maxRecordLength`).
 */
import type { ByteInput } from './byte-input.ts';

/** The longest packet accepted. A length field beyond it is damage, not a packet. */
export const maxRecordLength = 16 * 1024 * 1024;

export const blockSize = 256 * 1024;
/** The first block is small, so that the first records come at once; each one after it is twice as large. */
const firstBlockSize = 64 * 1024;
const initialHeadroom = 256 * 1024;

export class Block {
  data: Uint8Array;
  view: DataView;
  /** First byte not read yet. A reader moves it past each whole record. */
  start = 0;
  end = 0;
  /** Capture offset of `data[0]`: negative in the first block. */
  base = 0.5;
  /** Set by the reader: bytes from `start` on without which it cannot go on. Fewer are not handed over again. */
  needed = 1;
  headroom: number;

  constructor(headroom: number, size: number) {
    this.headroom = headroom;
    this.data = new Uint8Array(headroom + size);
    this.view = new DataView(this.data.buffer);
    this.base = -headroom;
  }

  get length(): number {
    return this.end - this.start;
  }
}

export class FileBlocks {
  /** The block last given out; what its reader left of it is carried into the next. */
  current: Block;
  private ahead: Block;
  private previous: Block;
  private readonly input: ByteInput;
  private readonly size: number;
  /** Bytes taken from the input: the capture offset of the next byte. */
  private offset = 0;
  private pending: Promise<number>;
  /** Bytes of the next read. */
  private reach = firstBlockSize;

  constructor(input: ByteInput, size = blockSize, headroom = initialHeadroom) {
    this.input = input;
    this.size = size;
    this.current = new Block(headroom, size);
    this.ahead = new Block(headroom, size);
    this.previous = new Block(headroom, size);
    this.pending = this.readAhead();
  }

  /** The next block, beginning with what was left of the last; null at the end, when `current` still holds that rest. */
  async next(): Promise<Block | null> {
    const last = this.current;
    let count = await this.pending;
    if (count === 0) return null;
    const left = last.length;
    const block = this.ahead;
    // A slow pipe delivers crumbs: gather them until the reader can use them, or a long record is copied again and again.
    let more = count;
    while (more > 0 && left + count < last.needed && count < this.size) {
      more = await this.input.read(block.data, block.headroom + count, this.size - count);
      count += more;
    }
    if (left > block.headroom) this.grow(block, left, count);
    block.data.set(last.data.subarray(last.start, last.end), block.headroom - left);
    block.start = block.headroom - left;
    block.end = block.headroom + count;
    block.base = this.offset - block.headroom;
    block.needed = 1;
    this.offset += count;
    this.current = block;
    this.ahead = this.previous;
    this.previous = last;
    this.pending = more === 0 ? Promise.resolve(0) : this.readAhead();
    return block;
  }

  /** A read that nobody waits for any more must not end the process when it fails. */
  private readAhead(): Promise<number> {
    const reading = this.input.read(this.ahead.data, this.ahead.headroom, Math.min(this.reach, this.size));
    if (this.reach < this.size) this.reach *= 2;
    reading.catch(() => {});
    return reading;
  }

  private grow(block: Block, left: number, count: number): void {
    const grown = new Block(Math.max(left, 2 * block.headroom), this.size);
    grown.data.set(block.data.subarray(block.headroom, block.headroom + count), grown.headroom);
    block.headroom = grown.headroom;
    block.data = grown.data;
    block.view = grown.view;
  }
}
