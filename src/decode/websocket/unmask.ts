/**
 * Client-to-server masking undone (RFC 6455 5.3), by 32-bit words, into a scratch of our own: the bytes given are
 * borrowed, and a tap still has to forward them as they came.
 *
 * One scratch for the whole process: what is in it is valid until the next call, which is as long as borrowed bytes
 * are valid anyway.
 */
import { viewOf, wordsPay } from './word-view.ts';

/** The most bytes one call takes. */
export const scratchSize = 16_384;

/** Where `unmask` leaves the unmasked bytes, from index 0. */
export const scratch: Uint8Array = new Uint8Array(scratchSize);

const scratchWords = new Int32Array(scratch.buffer);
const scratchView = new DataView(scratch.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Unmasks `data[start, end)` into `scratch`.
 *
 * @param key the masking key as a 32-bit number, its first byte highest
 * @param phase 0-3, which key byte the first data byte is masked with
 * @returns true where every unmasked byte is ASCII. False promises nothing.
 */
export function unmask(data: Uint8Array, start: number, end: number, key: number, phase: number): boolean {
  const length = end - start;
  const turned = turn(key, phase);
  const all = wordsPay(data, length) ? unmaskWords(data, start, end, turned) : unmaskBytes(data, start, end, turned);
  return (all & 0x80808080) === 0;
}

/** Returns all bytes ORed. */
function unmaskBytes(data: Uint8Array, start: number, end: number, key: number): number {
  let all = 0;
  for (let i = 0, at = start; at < end; i++, at++) {
    const byte = data[at]! ^ ((key >>> (24 - ((i & 3) << 3))) & 0xff);
    scratch[i] = byte;
    all |= byte;
  }
  return all;
}

/** At least 8 bytes, two words at a time; the last 8 are done as such, whatever of them was done before. */
function unmaskWords(data: Uint8Array, start: number, end: number, key: number): number {
  const view = viewOf(data);
  const word = littleEndian ? swapBytes(key) : key;
  const last = end - 8;
  let all = 0;
  for (let at = start, i = 0; at < last; at += 8, i += 2) {
    const first = view.getInt32(at, littleEndian) ^ word;
    const second = view.getInt32(at + 4, littleEndian) ^ word;
    scratchWords[i] = first;
    scratchWords[i + 1] = second;
    all |= first | second;
  }
  const length = end - start;
  const lastWord = turn(key, length & 3);
  const first = view.getInt32(last) ^ lastWord;
  const second = view.getInt32(last + 4) ^ lastWord;
  scratchView.setInt32(length - 8, first);
  scratchView.setInt32(length - 4, second);
  return all | first | second;
}

/** The key as it stands `phase` bytes further on. */
function turn(key: number, phase: number): number {
  return phase === 0 ? key : (key << (phase << 3)) | (key >>> (32 - (phase << 3)));
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
