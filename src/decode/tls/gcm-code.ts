/**
 * Multiplication in GCM's field (NIST SP 800-38D 6.3) as WebAssembly with vectors of 128 bits. A product by the key H is the
 * sum of 22 table entries, one for each group of six bits: 22 KiB of table a key, made in a few microseconds.
 *
 *   tables(table, h, powers)                 makes the table of the key that stands at `h`; `powers` is room to work in
 *   open(table, keystream, text, end)        text: | covered, a block | ciphertext | lengths, a block | up to `end`
 *
 * `open` turns the ciphertext into plaintext, and the first block into the tag that it should have. The keystream begins
 * with the block for the tag.
 */
import {
  get,
  i32,
  i64,
  loop,
  set,
  tee,
  Type,
  v128,
  wasmModule,
  type Code,
  type WasmFunction,
} from '../../core/wasm-code.ts';

export const blockLength = 16;
const groupBits = 6;
const entries = 1 << groupBits;
const entriesLength = entries * blockLength;
/** Of each half of the block: ten groups of six bits and one of four, which uses a part of its table. */
const groupsOfHalf = Math.ceil(64 / groupBits);
export const tableLength = 2 * groupsOfHalf * entriesLength;
const blockBits = 8 * blockLength;
/** The last group of all is made as if it had six bits, too. */
export const powersLength = (blockBits + groupBits) * blockLength;

/** Each half of the vector as a big-endian number. */
const bigEndian = [7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8];
/** x^128 = x^7 + x^2 + x + 1, bits reflected. */
const reduction = -0x1f00000000000000n;

function tables(): WasmFunction {
  const [table, h, powers, high, low, carry, end, half, first] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const swap: Code = [tee(half), get(half), v128.shuffle(bigEndian)];
  const timesX: Code = [
    [i64.const(0n), get(low), i64.const(1n), i64.and, i64.sub, i64.const(reduction), i64.and, set(carry)],
    [get(low), i64.const(1n), i64.shrU, get(high), i64.const(63n), i64.shl, i64.or, set(low)],
    [get(high), i64.const(1n), i64.shrU, get(carry), i64.xor, set(high)],
  ];
  /** The highest bit of a byte is the lowest power of x. */
  const power = (bit: number): Code => [
    [get(powers), get(high), v128.splat64, get(low), v128.replace64(1), swap, v128.store((7 - bit) * blockLength)],
    timesX,
  ];
  const bits = Array.from({ length: groupBits }, (_, bit) => bit);
  /** Of an entry, one bit is new; the rest is another entry. */
  const entry = (value: number): Code => {
    const bit = 31 - Math.clz32(value);
    const rest = value ^ (1 << bit);
    return [
      [get(table), get(table), v128.load(rest * blockLength)],
      get(first + bit),
      v128.xor,
      v128.store(value * 16),
    ];
  };
  const forward = (local: number, by: number): Code => [get(local), i32.const(by), i32.add, tee(local)];
  const halfTable = (from: number): Code => [
    [get(table), i32.const(groupsOfHalf * entriesLength), i32.add, set(end)],
    loop([
      bits.map((bit) => [get(powers), v128.load((from + bit) * blockLength), set(first + bit)]),
      [get(table), v128.zero, v128.store(0)],
      Array.from({ length: entries - 1 }, (_, index) => entry(index + 1)),
      [forward(powers, groupBits * blockLength), set(powers)],
      [forward(table, entriesLength), get(end), i32.ltU],
    ]),
  ];
  const back = -groupsOfHalf * groupBits * blockLength;
  const body: Code = [
    [get(h), v128.load(0), swap, set(half)],
    [get(half), v128.extract64(0), set(high), get(half), v128.extract64(1), set(low)],
    [get(powers), i32.const(blockBits * blockLength), i32.add, set(end)],
    loop([bits8.map(power), forward(powers, 8 * blockLength), get(end), i32.ltU]),
    [forward(powers, -blockBits * blockLength), set(powers)],
    halfTable(0),
    [forward(powers, back), set(powers)],
    halfTable(64),
  ];
  const { i32: word, i64: long, v128: vector } = Type;
  const locals = [long, long, long, word, vector, ...bits.map(() => vector)];
  return { name: 'tables', parameters: [word, word, word], locals, body };
}

const bits8 = [0, 1, 2, 3, 4, 5, 6, 7];

function open(): WasmFunction {
  const [table, keystream, text, end, at, half, sum, part] = [0, 1, 2, 3, 4, 5, 6, 7];
  /** What six bits of half a block stand for; entries are 16 bytes apart. */
  const mask = BigInt((entries - 1) * blockLength);
  const group = (index: number, offset: number): Code => [
    [get(half), index === 0 ? [i64.const(4n), i64.shl] : [i64.const(BigInt(index * groupBits - 4)), i64.shrU]],
    [i64.const(mask), i64.and, i32.wrap, get(table), i32.add, v128.load(offset + index * entriesLength)],
    index === 0 ? [] : v128.xor,
  ];
  const groups = Array.from({ length: groupsOfHalf }, (_, index) => index);
  const product = (lane: number): Code => [
    [get(sum), v128.extract64(lane), set(half)],
    groups.map((index) => group(index, lane * groupsOfHalf * entriesLength)),
  ];
  const step: Code = [get(at), i32.const(blockLength), i32.add, tee(at), get(end), i32.ltU];
  const body: Code = [
    [get(text), set(at)],
    loop([
      [get(at), v128.load(0), get(sum), v128.xor, set(sum)],
      [product(0), set(part), product(1)],
      [get(part), v128.xor, set(sum)],
      step,
    ]),
    [get(text), get(keystream), v128.load(0), get(sum), v128.xor, v128.store(0)],
    [get(text), i32.const(blockLength), i32.add, set(at)],
    // The lengths are taken for text, too, and nobody minds.
    loop([
      [get(keystream), i32.const(blockLength), i32.add, set(keystream)],
      [get(at), get(at), v128.load(0), get(keystream), v128.load(0), v128.xor, v128.store(0)],
      step,
    ]),
  ];
  const { i32: word, i64: long, v128: vector } = Type;
  return { name: 'open', parameters: [word, word, word, word], locals: [word, long, vector, vector], body };
}

export function gcmModule(pages: number): Uint8Array<ArrayBuffer> {
  return wasmModule(pages, [tables(), open()]);
}
