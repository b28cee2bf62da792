/** Buffers for records that come in pieces, lent to whoever is in the middle of one; all of them count in the budget. */
import type { Budget } from '../../core/budget.ts';
import { headerLength, longestFragment } from './numbers.ts';

const keptBuffers = 32;

export class ScratchPool {
  /** Length of each: room for the longest record and the header of the next. */
  readonly length: number = longestFragment + 2 * headerLength;
  private readonly budget: Budget;
  private readonly free: Uint8Array[] = [];

  constructor(budget: Budget) {
    this.budget = budget;
  }

  take(): Uint8Array {
    this.budget.used += this.length;
    return this.free.pop() ?? new Uint8Array(this.length);
  }

  give(buffer: Uint8Array): void {
    this.budget.used -= this.length;
    if (this.free.length < keptBuffers) this.free.push(buffer);
  }
}
