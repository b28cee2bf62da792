/**
 * Brotli (RFC 7932). The runtime decodes it whole only, so content is gathered up to its end. What is cut is decoded as far
 * as it goes; of what is damaged or too large, the longest beginning that can be decoded is found by bisection.
 */
import { brotliDecompressSync, constants } from 'node:zlib';
import { ByteQueue } from '../../core/byte-queue.ts';
import type { ContentDecoder } from '../../core/sinks.ts';
import type { CodingOutput } from './coding-output.ts';

const MiB = 1024 * 1024;
/** The longest coded content that is decoded, and the most that comes out of it. */
const gathered = 8 * MiB;
const mostDecoded = 64 * MiB;
/** Of content that is damaged or too large, as much is looked at, and as much kept. */
const triedOfDamaged = MiB;
const keptOfDamaged = 32 * MiB;

export class Brotli implements ContentDecoder {
  private readonly output: CodingOutput;
  private readonly queue: ByteQueue = new ByteQueue();

  constructor(output: CodingOutput) {
    this.output = output;
  }

  push(data: Uint8Array, start: number, end: number): void {
    if (this.output.stopped) return;
    this.queue.append(data, start, end);
    if (this.queue.length <= gathered) return;
    this.giveBeginning();
    this.output.cut();
    this.queue.clear();
  }

  gap(): void {
    this.decode('bytes are missing');
  }

  finish(): void {
    this.decode('it stops before its end');
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
    let bad = Math.min(this.queue.length, triedOfDamaged);
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
