/**
 * Short captured texts (targets, hosts, media types, previews), kept by the million: bytes in large chunks, each text
 * named by one number, equal texts mostly stored once. Whole chunks can be let go of, when no row has a text in them: a
 * bounded arena stores an equal text again after a while, so that an old chunk does not last for the sake of new rows.
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
/** Chunks filled since an equal text was stored, beyond which a bounded arena stores it again. */
const sharedChunks = 64;
/** What a chunk that was let go of is replaced by: every text in it is empty. */
const nothing = new Uint8Array(0);

export class Arena {
  /** The text that `at` found: valid until the next `at`. */
  data: Uint8Array;
  start = prefix;
  end = prefix;
  /** Number of the chunk that is being filled, counted from the first on. */
  serial = 0;
  /** Grows whenever chunks are let go of: their texts' numbers will name other texts. */
  recycled = 0;
  private readonly chunks: Uint8Array[] = [];
  /** Of each chunk, its serial number; -1 where it was let go of. */
  private readonly serials: number[] = [0];
  private readonly free: number[] = [];
  /** The chunk that is being filled. */
  private last = 0;
  private used = prefix;
  private readonly bounded: boolean;
  private readonly slots = new Int32Array(slotCount);
  private found = 0;
  private readonly limit: number;

  /**
   * @param limit bytes in all; texts that come after are empty
   * @param bounded chunks will be let go of
   */
  constructor(limit = 2 ** 31 - chunkSize, bounded = false) {
    this.limit = limit;
    this.bounded = bounded;
    // Text 0 is the empty one.
    this.data = new Uint8Array(chunkSize);
    this.chunks.push(this.data);
  }

  /** Bytes in use. */
  get bytes(): number {
    return (this.chunks.length - this.free.length - 1) * chunkSize + this.used;
  }

  /** Serial number of the oldest chunk that an equal text is found in. */
  get oldestShared(): number {
    return this.bounded ? Math.max(0, this.serial - sharedChunks) : 0;
  }

  /** Lets go of chunks. @param isNeeded asked of each serial number but the last's */
  release(isNeeded: (serial: number) => boolean): void {
    for (let number = 1; number < this.chunks.length; number++) {
      const serial = this.serials[number]!;
      if (serial < 0 || number === this.last || isNeeded(serial)) continue;
      this.chunks[number] = nothing;
      this.serials[number] = -1;
      this.free.push(number);
      this.recycled++;
    }
    const { slots } = this;
    for (let i = 0; i < slotCount; i++) {
      if (slots[i]! <= 0 || this.serials[slots[i]! >>> chunkBits]! >= 0) continue;
      // Vacant, but what was stored after it may stand behind it.
      slots[i] = -1;
      this.found--;
    }
  }

  /** Stores a text, or finds it; the number that names it, 0 for the empty text. */
  name(data: Uint8Array, start: number, end: number): number {
    if (end - start > longestText) end = start + longestText;
    if (end <= start) return 0;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
    hash ^= hash >>> 15;
    let vacant = -1;
    for (let probe = 0; probe < probes; probe++) {
      const slot = (hash + probe) & (slotCount - 1);
      const known = this.slots[slot]!;
      if (known <= 0) {
        if (vacant < 0) vacant = slot;
        if (known === 0) break;
      } else if (this.equals(known, data, start, end)) {
        if (this.serials[known >>> chunkBits]! >= this.oldestShared) return known;
        return (this.slots[slot] = this.store(data, start, end));
      }
    }
    const text = this.store(data, start, end);
    if (vacant >= 0 && this.found < mostFound) {
      this.slots[vacant] = text;
      this.found++;
    }
    return text;
  }

  /** Stores a text that will hardly come again. */
  store(data: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, longestText);
    if (length <= 0) return 0;
    if (this.used + prefix + length > chunkSize && !this.addChunk()) return 0;
    const chunk = this.chunks[this.last]!;
    const at = this.used;
    chunk[at] = length & 0xff;
    chunk[at + 1] = length >> 8;
    copyBytes(data, start, start + length, chunk, at + prefix);
    this.used = at + prefix + length;
    return this.last * chunkSize + at;
  }

  /** Finds a text: `data`, `start` and `end` tell where it lies. */
  at(text: number): void {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    this.data = chunk;
    this.start = at + prefix;
    this.end = chunk === nothing ? this.start : this.start + (chunk[at]! | (chunk[at + 1]! << 8));
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
    const left = this.lengthOf(text) - depth;
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
    return chunk === nothing ? 0 : chunk[at]! | (chunk[at + 1]! << 8);
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

  private addChunk(): boolean {
    const recycled = this.free.pop();
    if (recycled === undefined && this.chunks.length * chunkSize >= this.limit) return false;
    this.last = recycled ?? this.chunks.length;
    this.chunks[this.last] = new Uint8Array(chunkSize);
    this.serials[this.last] = ++this.serial;
    this.used = 0;
    return true;
  }

  private equals(text: number, data: Uint8Array, start: number, end: number): boolean {
    const chunk = this.chunks[text >>> chunkBits]!;
    const at = text & chunkMask;
    if ((chunk[at]! | (chunk[at + 1]! << 8)) !== end - start) return false;
    for (let i = start, j = at + prefix; i < end; i++, j++) if (data[i] !== chunk[j]) return false;
    return true;
  }
}
