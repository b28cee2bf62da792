/**
 * Opens short AES-GCM records without a cipher object for each. AES is node:crypto's, many counter blocks to a call; GCM's
 * authentication is done beside it, and every tag is compared. One for the whole process: what is open at a time has a
 * slot, which another takes when there are more.
 */
import { instantiate } from '../../core/wasm-code.ts';
import { gcmModule, powersLength, tableLength } from './gcm-code.ts';

/** The longest ciphertext that goes through here: beyond, a cipher object is as fast. */
export const longestShort = 2560;

const pageLength = 0x10000;
/** Of each slot: the table, then keystream. */
export const keystreamLength = 16_384;
const slotLength = tableLength + keystreamLength;
const slotCount = 256;
/** Room for the key, the covered block, the ciphertext and the lengths. */
const workLength = pageLength;
const keyAt = 0;
export const textAt = 64;
const powersAt = workLength - powersLength;

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  tables(table: number, key: number, powers: number): void;
  open(table: number, keystream: number, text: number, end: number): void;
}

export class GcmEngine {
  /** What was opened is still being read: nothing else may be opened here meanwhile. */
  busy = false;
  readonly bytes: Buffer;
  /** The same, as little-endian words. */
  readonly words: Int32Array;
  private readonly exports: Exports;
  private readonly owners: (object | null)[] = [];
  private next = 0;

  constructor(exports: Exports) {
    this.exports = exports;
    this.bytes = Buffer.from(exports.memory.buffer);
    this.words = new Int32Array(exports.memory.buffer);
    for (let slot = 0; slot < slotCount; slot++) this.owners.push(null);
  }

  /** Whether the slot is still this owner's. */
  owns(slot: number, owner: object): boolean {
    return slot >= 0 && this.owners[slot] === owner;
  }

  /**
   * Gives a slot, the one that was given longest ago.
   *
   * @param key what GCM multiplies by: a block of zeros, encrypted
   */
  claim(owner: object, key: Uint8Array): number {
    const slot = this.next;
    this.next = (slot + 1) % slotCount;
    this.owners[slot] = owner;
    this.bytes.set(key, keyAt);
    this.exports.tables(tableOf(slot), keyAt, powersAt);
    return slot;
  }

  keystreamOf(slot: number): number {
    return tableOf(slot) + tableLength;
  }

  /** From `textAt`: the covered block becomes the tag, the text the plaintext. */
  open(slot: number, keystream: number, end: number): void {
    this.exports.open(tableOf(slot), keystream, textAt, end);
  }
}

function tableOf(slot: number): number {
  return workLength + slot * slotLength;
}

let engine: GcmEngine | null | undefined = undefined;

/** Null where this processor lacks what it takes. */
export function gcmEngine(): GcmEngine | null {
  if (engine === undefined) engine = create();
  return engine;
}

function create(): GcmEngine | null {
  const exports = instantiate(() => gcmModule((workLength + slotCount * slotLength) / pageLength));
  return exports === null ? null : new GcmEngine(exports as Exports);
}
