/**
 * AES-GCM for records that are short and many. The counter blocks of the records that will probably come next are encrypted
 * in the same call: in TLS 1.3 their nonces are known, in TLS 1.2 most senders count. What is long, and the first records of
 * each key (a handshake has no more), goes to a cipher object.
 */
import { createCipheriv, type Cipher } from 'node:crypto';
import { copyBytes, u32, u32le, viewOf } from '../../core/bytes.ts';
import { Aead } from './aead.ts';
import type { CipherSuite } from './cipher-suite.ts';
import { blockLength } from './gcm-code.ts';
import { gcmEngine, keystreamLength, longestShort, textAt, type GcmEngine } from './gcm-engine.ts';
import { headerLength } from './numbers.ts';
import { coveredLength } from './sequence.ts';

const firstRecords = 2;
const mostRecords = 32;
/** Longer content is copied by the runtime. */
const wordsAtMost = 192;
const mostBlocks = keystreamLength / blockLength;
const zeros = new Uint8Array(blockLength);

/** Counter blocks for one call. */
const counters = new Uint8Array(keystreamLength);
const counterWords = new Int32Array(counters.buffer);

export class AesGcm extends Aead {
  private readonly engine: GcmEngine | null;
  private readonly salt: number;
  private readonly ivHigh: number;
  private readonly ivLow: number;
  private cipher: Cipher | null = null;
  private hashKey: Uint8Array = zeros;
  private records = 0;
  private slot = -1;
  /** Keystream at hand: for `streams` nonces from this one, `stride` blocks each. */
  private high = 0;
  private low = 0;
  private streams = 0;
  private stride = 0;
  /** How many nonces the next call is for, and the blocks that records lately needed. */
  private ahead = 1;
  private usual = 0;

  constructor(suite: CipherSuite, key: Buffer, iv: Buffer, is13: boolean) {
    super(suite, key, iv, is13);
    this.engine = gcmEngine();
    // Words are read as they will be written: the bytes of a block in order.
    this.salt = u32le(iv, 0);
    this.ivHigh = is13 ? u32(iv, 4) : 0;
    this.ivLow = is13 ? u32(iv, 8) : 0;
  }

  override open(sequence: number, data: Uint8Array, start: number, end: number): boolean {
    const { engine } = this;
    const from = start + this.contentAt;
    const length = end - this.tagLength - from;
    const short = length >= 0 && length <= longestShort;
    if (engine === null || engine.busy || !short || this.records < firstRecords) {
      this.records++;
      return super.open(sequence, data, start, end);
    }
    const blocks = (length + blockLength - 1) >>> 4;
    const keystream = this.is13
      ? this.keystream(engine, Math.floor(sequence / 0x100000000), sequence >>> 0, blocks + 1)
      : this.keystream(engine, u32(data, start + headerLength), u32(data, start + headerLength + 4), blocks + 1);
    this.lay(engine, sequence, data, start, from, length, blocks);
    engine.open(this.slot, keystream, textAt + (blocks + 2) * blockLength);
    if (!this.isTag(engine, viewOf(data), from + length)) return false;
    this.plain = engine.bytes;
    return this.unwrap(data[start]!, textAt + blockLength, textAt + blockLength + length);
  }

  private isTag({ words }: GcmEngine, view: DataView, at: number): boolean {
    let difference = 0;
    for (let i = 0; i < blockLength; i += 4) difference |= words[(textAt + i) >>> 2]! ^ view.getInt32(at + i, true);
    return difference === 0;
  }

  /** Covered bytes, ciphertext and lengths, each filled up with zeros to whole blocks (NIST SP 800-38D 7.1). */
  private lay(
    engine: GcmEngine,
    sequence: number,
    data: Uint8Array,
    start: number,
    from: number,
    length: number,
    blocks: number,
  ): void {
    const { bytes, words } = engine;
    const text = textAt + blockLength;
    const last = text + blocks * blockLength;
    for (let word = textAt >>> 2; word < text >>> 2; word++) words[word] = 0;
    if (this.is13) copyBytes(data, start, start + headerLength, bytes, textAt);
    else copyBytes(this.coveredBytes(sequence, data, start, length), 0, coveredLength, bytes, textAt);
    if (length > wordsAtMost) {
      bytes.set(data.subarray(from, from + length), text);
      for (let i = text + length; i < last; i++) bytes[i] = 0;
    } else this.layWords(engine, data, from, from + length);
    words[last >>> 2] = 0;
    words[(last >>> 2) + 1] = swapped((this.is13 ? headerLength : coveredLength) * 8);
    words[(last >>> 2) + 2] = 0;
    words[(last >>> 2) + 3] = swapped(length * 8);
  }

  /** A few bytes, four at a time: less than a call costs. */
  private layWords({ bytes, words }: GcmEngine, data: Uint8Array, start: number, end: number): void {
    const view = viewOf(data);
    let word = (textAt + blockLength) >>> 2;
    let at = start;
    for (; at + 4 <= end; at += 4) words[word++] = view.getInt32(at, true);
    let to = word << 2;
    for (; (word & 3) !== 0 || word << 2 < to + end - at; word++) words[word] = 0;
    while (at < end) bytes[to++] = data[at++]!;
  }

  /** @returns where the keystream of this nonce stands: the block for the tag, and `blocks` in all */
  private keystream(engine: GcmEngine, high: number, low: number, blocks: number): number {
    const owned = engine.owns(this.slot, this);
    if (owned && high === this.high && low >= this.low && low - this.low < this.streams && blocks <= this.stride) {
      return engine.keystreamOf(this.slot) + (low - this.low) * this.stride * blockLength;
    }
    const cipher = (this.cipher ??= createCipheriv(`aes-${this.keyLength * 8}-ecb`, this.key, null));
    if (!owned) {
      if (this.hashKey === zeros) this.hashKey = cipher.update(zeros);
      this.slot = engine.claim(this, this.hashKey);
    }
    this.plan(high, low, blocks);
    const { stride, streams } = this;
    for (let stream = 0, at = 0; stream < streams; stream++) {
      const second = swapped(high ^ this.ivHigh);
      const third = swapped((low + stream) ^ this.ivLow);
      for (let block = 1; block <= stride; block++, at += 4) {
        counterWords[at] = this.salt;
        counterWords[at + 1] = second;
        counterWords[at + 2] = third;
        counterWords[at + 3] = swapped(block);
      }
    }
    const keystream = engine.keystreamOf(this.slot);
    engine.bytes.set(cipher.update(counters.subarray(0, streams * stride * blockLength)), keystream);
    return keystream;
  }

  /** As many nonces at a time as proved useful: twice the last time's where those came, one where they did not. */
  private plan(high: number, low: number, blocks: number): void {
    const foreseen = high === this.high && low === this.low + this.streams;
    this.ahead = foreseen ? Math.min(mostRecords, this.ahead * 2) : 1;
    this.usual = Math.max(blocks, this.usual - (this.usual >>> 3));
    this.stride = this.usual;
    const most = Math.min(this.ahead, Math.floor(mostBlocks / this.stride), 0x100000000 - low);
    this.high = high;
    this.low = low;
    this.streams = Math.max(1, most);
  }
}

function swapped(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
