/**
 * Zstandard (RFC 8878, RFC 9659). Frames are told apart here, block by block, so that a frame that asks for a larger window
 * than HTTP allows is refused before memory is reserved for it. Checksums are not compared; dictionaries are not supported.
 */
import { Decompress } from 'fzstd';
import { u32le } from '../../core/bytes.ts';
import { ByteQueue } from '../../core/byte-queue.ts';
import type { ContentDecoder } from '../../core/sinks.ts';
import type { CodingOutput } from './coding-output.ts';

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
/** RFC 9659 3: what a decoder for HTTP must support, and an encoder must not exceed. */
const largestWindow = 8 * 1024 * 1024;
/** RFC 8878 3.1.1.2.4. */
const largestBlock = 128 * 1024;

type Phase = 'magic' | 'block' | 'skip';

export class Zstd implements ContentDecoder {
  private readonly output: CodingOutput;
  /** The unit being gathered: a frame's header, a block with its header, a checksum. */
  private readonly queue: ByteQueue = new ByteQueue();
  private phase: Phase = 'magic';
  /** Bytes the unit needs, as far as is known. */
  private need = 4;
  private skip = 0;
  private hasChecksum = false;
  private frame: Decompress | null = null;
  private seen = 0;

  constructor(output: CodingOutput) {
    this.output = output;
  }

  push(data: Uint8Array, start: number, end: number): void {
    this.seen += end - start;
    let at = start;
    while (at < end && !this.output.stopped) {
      if (this.phase === 'skip') {
        const skipped = Math.min(end - at, this.skip);
        at += skipped;
        this.skip -= skipped;
        if (this.skip === 0) this.expect('magic', 4);
        continue;
      }
      const taken = Math.min(end - at, this.need - this.queue.length);
      this.queue.append(data, at, at + taken);
      at += taken;
      if (this.queue.length === this.need) this.takeUnit();
    }
  }

  gap(): void {
    this.output.short('bytes are missing');
  }

  finish(): void {
    if (this.seen > 0 && (this.phase !== 'magic' || this.queue.length > 0))
      this.output.short('it stops before its end');
  }

  private expect(phase: Phase, need: number): void {
    this.phase = phase;
    this.need = need;
    this.queue.length = 0;
  }

  /** `need` bytes are there: they are a whole unit, or say how many more it has. */
  private takeUnit(): void {
    if (this.phase === 'magic') this.takeFrameHeader();
    else this.takeBlock();
  }

  private takeFrameHeader(): void {
    const { data, length } = this.queue;
    const magic = u32le(data, 0);
    if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
      if (length < 8) this.need = 8;
      else {
        this.skip = u32le(data, 4);
        this.expect(this.skip > 0 ? 'skip' : 'magic', 4);
      }
    } else if (magic !== frameMagic) this.output.corrupt('no frame begins where one should');
    else if (length < 5) this.need = 5;
    else {
      const descriptor = data[4]!;
      const size = frameHeaderSize(descriptor);
      if (length < size) this.need = size;
      else this.beginFrame(descriptor, size);
    }
  }

  private beginFrame(descriptor: number, size: number): void {
    const window = windowSize(this.queue.data, descriptor, size);
    if (window > largestWindow) {
      this.output.corrupt(`a window of ${window} bytes is larger than HTTP allows`);
      return;
    }
    if ((descriptor & 0x03) !== 0) {
      this.output.corrupt('it needs a dictionary');
      return;
    }
    this.hasChecksum = (descriptor & 0x04) !== 0;
    this.frame = new Decompress((block) => this.output.give(block, 0, block.length));
    this.feed(size, false);
    this.expect('block', 3);
  }

  private takeBlock(): void {
    const { data, length } = this.queue;
    const header = data[0]! | (data[1]! << 8) | (data[2]! << 16);
    const last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (size > largestBlock || type === 3) {
      this.output.corrupt(`a block of type ${type} and ${size} bytes`);
      return;
    }
    // A run-length block carries one byte, whatever it stands for.
    const total = 3 + (type === 1 ? 1 : size) + (last && this.hasChecksum ? 4 : 0);
    if (length < total) {
      this.need = total;
      return;
    }
    this.feed(total, last);
    this.expect(last ? 'magic' : 'block', last ? 4 : 3);
  }

  /** The frame's decoder keeps what it is given: it gets a copy. */
  private feed(length: number, last: boolean): void {
    try {
      this.frame!.push(this.queue.data.slice(0, length), last);
    } catch (error) {
      this.output.corrupt(error instanceof Error ? error.message : String(error));
    }
  }
}

/** RFC 8878 3.1.1.1, with the magic number. */
function frameHeaderSize(descriptor: number): number {
  const singleSegment = (descriptor >> 5) & 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const contentSize = [singleSegment, 2, 4, 8][descriptor >> 6]!;
  return 5 + (1 - singleSegment) + dictionary + contentSize;
}

function windowSize(data: Uint8Array, descriptor: number, size: number): number {
  if ((descriptor & 0x20) === 0) {
    const base = 2 ** (10 + (data[5]! >> 3));
    return base + (base / 8) * (data[5]! & 7);
  }
  switch (descriptor >> 6) {
    case 0:
      return data[size - 1]!;
    case 1:
      return (data[size - 2]! | (data[size - 1]! << 8)) + 256;
    case 2:
      return u32le(data, size - 4);
    default:
      return u32le(data, size - 4) * 2 ** 32 + u32le(data, size - 8);
  }
}
