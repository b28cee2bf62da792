/**
 * Short captured texts (targets, hosts, media types, previews), kept by the million: bytes in large chunks, each text
 * named by one number, equal texts mostly stored once. Nothing is ever taken out.
 */
import { copyBytes } from '../core/bytes.ts';

const chunkBits = 18;
const chunkSize = 1 << chunkBits;
const chunkMask = chunkSize - 1;
const prefix = 2;

/** Texts are cut to this length; the whole stands in the capture. */
export const longestText = 2048;
/** Slots of the table that finds texts again. Beyond three quarters of it, new texts are stored without being found again. */
const slotCount = 1 << 17;
const mostFound = (slotCount * 3) / 4;
const probes = 8;

export class Arena {
  /** The text that `at` found: valid until the next `at`. */
  data: Uint8Array;
  start = prefix;
  end = prefix;
  private readonly chunks: Uint8Array[] = [];
  private used = prefix;
  private readonly slots = new Int32Array(slotCount);
  private found = 0;
  private readonly limit: number;

  /** @param limit bytes in all; texts that come after are empty */
  constructor(limit = 2 ** 31 - chunkSize) {
    this.limit = limit;
    // Text 0 is the empty one.
    this.data = new Uint8Array(chunkSize);
    this.chunks.push(this.data);
  }

  /** Bytes in use. */
  get bytes(): number {
    return (this.chunks.length - 1) * chunkSize + this.used;
  }

  /** Stores a text, or finds it; the number that names it, 0 for the empty text. */
  name(data: Uint8Array, start: number, end: number): number {
    if (end - start > longestText) end = start + longestText;
    if (end <= start) return 0;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
    hash ^= hash >>> 15;
    for (let probe = 0; probe < probes; probe++) {
      const slot = (hash + probe) & (slotCount - 1);
      const known = this.slots[slot]!;
      if (known === 0) {
        const text = this.store(data, start, end);
        if (this.found < mostFound) {
          this.slots[slot] = text;
          this.found++;
        }
        return text;
      }
      if (this.equals(known, data, start, end)) return known;
    }
    return this.store(data, start, end);
  }

  /** Stores a text that will hardly come again. */
  store(data: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, longestText);
    if (length <= 0) return 0;
    if (this.used + prefix + length > chunkSize) {
      if (this.chunks.length * chunkSize >= this.limit) return 0;
      this.chunks.push(new Uint8Array(chunkSize));
      this.used = 0;
    }
    const chunk = this.chunks[this.chunks.length - 1]!;
    const at = this.used;
    chunk[at] = length & 0xff;
    chunk[at + 1] = length >> 8;
    copyBytes(data, start, start + length, chunk, at + prefix);
    this.used = at + prefix + length;
    return (this.chunks.length - 1) * chunkSize + at;
  }

  /** Finds a text: `data`, `start` and `end` tell where it lies. */
  at(text: number): void {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    this.data = chunk;
    this.start = at + prefix;
    this.end = this.start + (chunk[at]! | (chunk[at + 1]! << 8));
  }

  latin1(text: number): string {
    if (text === 0) return '';
    this.at(text);
    return Buffer.from(this.data.buffer, this.start, this.end - this.start).toString('latin1');
  }

  utf8(text: number): string {
    if (text === 0) return '';
    this.at(text);
    return Buffer.from(this.data.buffer, this.start, this.end - this.start).toString('utf8');
  }

  /** Four bytes of the text from `depth` on as an unsigned number that sorts as they do. */
  sortKey(text: number, depth: number): number {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    const left = (chunk[at]! | (chunk[at + 1]! << 8)) - depth;
    const from = at + prefix + depth;
    if (left >= 4)
      return ((chunk[from]! << 24) | (chunk[from + 1]! << 16) | (chunk[from + 2]! << 8) | chunk[from + 3]!) >>> 0;
    let key = 0;
    for (let i = 0; i < 4; i++) key = (key << 8) | (i < left ? chunk[from + i]! : 0);
    return key >>> 0;
  }

  lengthOf(text: number): number {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    return chunk[at]! | (chunk[at + 1]! << 8);
  }

  /** Negative, 0 or positive, by bytes. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const left = this.chunks[a >>> chunkBits]!;
    const right = this.chunks[b >>> chunkBits]!;
    const x = (a & chunkMask) + prefix;
    const y = (b & chunkMask) + prefix;
    const n = this.lengthOf(a);
    const m = this.lengthOf(b);
    for (let i = 0; i < n && i < m; i++) {
      const difference = left[x + i]! - right[y + i]!;
      if (difference !== 0) return difference;
    }
    return n - m;
  }

  private equals(text: number, data: Uint8Array, start: number, end: number): boolean {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    if ((chunk[at]! | (chunk[at + 1]! << 8)) !== end - start) return false;
    for (let i = start, j = at + prefix; i < end; i++, j++) if (data[i] !== chunk[j]) return false;
    return true;
  }
}
