/** What can happen to the bytes of a capture file: each mutation changes a copy in place or gives another one. */
import type { Random } from './random.ts';

type FileMutation = (bytes: Uint8Array, random: Random) => Uint8Array;

export const fileMutations: Readonly<Record<string, FileMutation>> = {
  'flip bits': (bytes, random) => {
    for (let n = 1 + random.below(8); n > 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  'garbage bytes': (bytes, random) => {
    const at = random.below(bytes.length);
    const end = Math.min(bytes.length, at + 1 + random.below(64));
    for (let i = at; i < end; i++) bytes[i] = random.below(256);
    return bytes;
  },
  'cut the end off': (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  'cut a piece out': (bytes, random) => {
    const at = random.below(bytes.length);
    const length = 1 + random.below(random.chance(2) ? 16 : 4096);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  },
  'double a piece': (bytes, random) => {
    const at = random.below(bytes.length);
    const end = at + 1 + random.below(4096);
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  'forge a 32-bit field': (bytes, random) => {
    if (bytes.length < 8) return bytes;
    // Lengths stand on 32-bit boundaries in pcapng, and in the headers at the start of both formats.
    const at = random.below((bytes.length >> 2) - 1) * 4;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, random.from(extremes) >>> 0, random.chance(2));
    return bytes;
  },
  'forge a header field': (bytes, random) => {
    if (bytes.length < 64) return bytes;
    const at = random.below(30) * 2;
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, random.from(extremes) & 0xffff, random.chance(2));
    return bytes;
  },
};

const extremes = [0, 1, 2, 3, 7, 8, 12, 16, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffc, -1];
