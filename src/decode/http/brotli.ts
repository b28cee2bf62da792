/**
 * Brotli (RFC 7932). Content up to `gathered` bytes is kept until its end and decoded by one call; what is longer, or wanted
 * at once, is decoded as it comes. Gathered content that is cut is decoded as far as it goes; of what is damaged or too
 * large, the longest beginning that can be decoded is found by bisection.
 */
import { brotliDecompressSync, constants } from 'node:zlib';
import { ByteQueue } from '../../core/byte-queue.ts';
import type { ContentDecoder } from '../../core/sinks.ts';
import type { CodingOutput } from './coding-output.ts';
import { LongContent } from './long-content.ts';

const MiB = 1024 * 1024;
const gathered = 256 * 1024;
/** The most that comes out of gathered content, and of such content that is damaged or too large. */
const mostDecoded = 64 * MiB;
const keptOfDamaged = 32 * MiB;

export class Brotli implements ContentDecoder {
  private readonly output: CodingOutput;
  private readonly queue: ByteQueue = new ByteQueue();
  private readonly immediate: boolean;
  private stream: LongContent | null = null;

  /** @param immediate decoded bytes are given as soon as they can be, not at the end */
  constructor(output: CodingOutput, immediate: boolean) {
    this.output = output;
    this.immediate = immediate;
  }

  push(data: Uint8Array, start: number, end: number): void {
    if (this.output.stopped) return;
    if (this.stream !== null) this.stream.push(data, start, end);
    else {
      this.queue.append(data, start, end);
      if (this.immediate || this.queue.length > gathered) this.streamQueue();
    }
  }

  gap(): void {
    if (this.stream === null) this.decode('bytes are missing');
    else this.stream.gap();
  }

  finish(): void {
    if (this.stream === null) this.decode('it stops before its end');
    else this.stream.finish();
  }

  private streamQueue(): void {
    const { data, length } = this.queue;
    this.stream = new LongContent('br', this.output);
    this.stream.push(data, 0, length);
    this.queue.clear();
  }

  /** @param shortage what is wrong where it can be decoded but does not end */
  private decode(shortage: string): void {
    if (this.output.stopped || this.queue.length === 0) return;
    const { length } = this.queue;
    const most = Math.min(mostDecoded, this.output.room);
    const whole = this.attempt(length, constants.BROTLI_OPERATION_FINISH, most);
    const decoded = whole instanceof Error ? this.attempt(length, constants.BROTLI_OPERATION_FLUSH, most) : whole;
    if (!(decoded instanceof Error)) this.output.give(decoded, 0, decoded.length);
    else this.giveBeginning();
    if (whole instanceof Error && !(decoded instanceof Error)) this.output.short(shortage);
    else if (decoded instanceof Error && isTooLarge(decoded)) this.output.cut();
    else if (decoded instanceof Error) this.output.corrupt('it is damaged');
    this.queue.clear();
  }

  private giveBeginning(): void {
    let good = 0;
    let beginning: Uint8Array | null = null;
    let bad = this.queue.length;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      const decoded = this.attempt(middle, constants.BROTLI_OPERATION_FLUSH, keptOfDamaged);
      if (decoded instanceof Error) bad = middle;
      else {
        good = middle;
        beginning = decoded;
      }
    }
    if (beginning !== null) this.output.give(beginning, 0, beginning.length);
  }

  private attempt(length: number, finishFlush: number, maxOutputLength: number): Uint8Array | Error {
    try {
      return brotliDecompressSync(this.queue.data.subarray(0, length), { finishFlush, maxOutputLength });
    } catch (error) {
      return error as Error;
    }
  }
}

function isTooLarge(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
