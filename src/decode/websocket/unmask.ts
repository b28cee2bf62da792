/**
 * Client-to-server masking undone (RFC 6455 5.3), by 32-bit words, into a scratch of our own: the bytes given are
 * borrowed, and a tap still has to forward them as they came.
 *
 * One scratch for the whole process: what is in it is valid until the next call, which is as long as borrowed bytes
 * are valid anyway.
 */

/** The most bytes one call takes. */
export const scratchSize = 16_384;

/** Where `unmask` leaves the unmasked bytes, from index 0. */
export const scratch: Uint8Array = new Uint8Array(scratchSize);

const scratchWords = new Int32Array(scratch.buffer);
const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Below this a view over a new array costs more than it saves. */
const viewWorthwhile = 64;

/** The array last read by words, and a view of it. Blocks of input are long, so one view serves many frames. */
let viewed: Uint8Array = scratch;
let view = new DataView(scratch.buffer);

/**
 * Unmasks `data[start, end)` into `scratch`.
 *
 * @param key the masking key as a 32-bit number, its first byte highest
 * @param phase 0-3, which key byte the first data byte is masked with
 * @returns true where every unmasked byte is ASCII. False promises nothing.
 */
export function unmask(data: Uint8Array, start: number, end: number, key: number, phase: number): boolean {
  const turned = phase === 0 ? key : (key << (phase << 3)) | (key >>> (32 - (phase << 3)));
  keyBytes[0] = turned >>> 24;
  keyBytes[1] = turned >>> 16;
  keyBytes[2] = turned >>> 8;
  keyBytes[3] = turned;
  const length = end - start;
  const words = data === viewed || length >= viewWorthwhile ? length >> 2 : 0;
  let high = words > 0 ? unmaskWords(data, start, words) : 0;
  for (let i = words << 2, at = start + i; at < end; i++, at++) {
    const byte = data[at]! ^ keyBytes[i & 3]!;
    scratch[i] = byte;
    high |= byte;
  }
  return (high & 0x80808080) === 0;
}

/** The first `words` words, masked with `keyWord`. Returns all of them ORed. */
function unmaskWords(data: Uint8Array, start: number, words: number): number {
  if (data !== viewed) {
    view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    viewed = data;
  }
  const key = keyWord[0]!;
  let high = 0;
  let at = start;
  let i = 0;
  for (; i + 1 < words; i += 2, at += 8) {
    const first = view.getInt32(at, littleEndian) ^ key;
    const second = view.getInt32(at + 4, littleEndian) ^ key;
    scratchWords[i] = first;
    scratchWords[i + 1] = second;
    high |= first | second;
  }
  if (i < words) {
    const last = view.getInt32(at, littleEndian) ^ key;
    scratchWords[i] = last;
    high |= last;
  }
  return high;
}
