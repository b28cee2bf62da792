/**
 * Multiplication in GCM's field (NIST SP 800-38D 6.3) as WebAssembly with vectors of 128 bits. A product by the key H is the
 * sum of 32 table entries, one for each half byte: 8 KiB of table a key, made in a microsecond.
 *
 *   tables(table, h)                         makes the table of the key that stands at `h`
 *   open(table, keystream, text, end)        text: | covered, a block | ciphertext | lengths, a block | up to `end`
 *
 * `open` turns the ciphertext into plaintext, and the first block into the tag that it should have. The keystream begins
 * with the block for the tag.
 */
import { get, i32, i64, loop, set, tee, Type, v128, wasmModule, type Code, type WasmFunction } from './wasm-code.ts';

export const blockLength = 16;
const entries = 16;
const entriesLength = entries * blockLength;
export const tableLength = 2 * blockLength * entriesLength;

/** Each half of the vector as a big-endian number. */
const bigEndian = [7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8];
/** x^128 = x^7 + x^2 + x + 1, bits reflected. */
const reduction = -0x1f00000000000000n;

function tables(): WasmFunction {
  const [table, h, high, low, carry, end, half, first] = [0, 1, 2, 3, 4, 5, 6, 7];
  const swap: Code = [tee(half), get(half), v128.shuffle(bigEndian)];
  const timesX: Code = [
    [i64.const(0n), get(low), i64.const(1n), i64.and, i64.sub, i64.const(reduction), i64.and, set(carry)],
    [get(low), i64.const(1n), i64.shrU, get(high), i64.const(63n), i64.shl, i64.or, set(low)],
    [get(high), i64.const(1n), i64.shrU, get(carry), i64.xor, set(high)],
  ];
  const bits = [0, 1, 2, 3];
  const power = (bit: number): Code => [
    [get(high), v128.splat64, get(low), v128.replace64(1), swap, set(first + bit)],
    timesX,
  ];
  /** The highest bit of a half byte is the lowest power of x. */
  const entry = (value: number): Code => [
    get(table),
    v128.zero,
    bits.filter((bit) => value & (8 >> bit)).map((bit) => [get(first + bit), v128.xor]),
    v128.store(value * blockLength),
  ];
  const body: Code = [
    [get(h), v128.load(0), swap, set(half)],
    [get(half), v128.extract64(0), set(high), get(half), v128.extract64(1), set(low)],
    [get(table), i32.const(tableLength), i32.add, set(end)],
    loop([
      bits.map(power),
      Array.from({ length: entries }, (_, value) => entry(value)),
      [get(table), i32.const(entriesLength), i32.add, tee(table), get(end), i32.ltU],
    ]),
  ];
  const { i32: word, i64: long, v128: vector } = Type;
  const locals = [long, long, long, word, vector, vector, vector, vector, vector];
  return { name: 'tables', parameters: [word, word], locals, body };
}

/** Two sums, which a processor makes side by side. */
const parts = blockLength / 2;

function open(): WasmFunction {
  const [table, keystream, text, end, at, byte, sum, part] = [0, 1, 2, 3, 4, 5, 6, 7];
  const lane = (index: number): Code => [
    [get(sum), v128.byte(index), tee(byte), i32.const(0xf0), i32.and, get(table), i32.add],
    [v128.load(index * 2 * entriesLength), index % parts === 0 ? [] : v128.xor],
    [get(byte), i32.const(0x0f), i32.and, i32.const(4), i32.shl, get(table), i32.add],
    [v128.load((index * 2 + 1) * entriesLength), v128.xor],
  ];
  const lanes = Array.from({ length: blockLength }, (_, index) => lane(index));
  const step: Code = [get(at), i32.const(blockLength), i32.add, tee(at), get(end), i32.ltU];
  const body: Code = [
    [get(text), set(at)],
    loop([
      [get(at), v128.load(0), get(sum), v128.xor, set(sum)],
      lanes.slice(0, parts),
      set(part),
      lanes.slice(parts),
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
  const { i32: word, v128: vector } = Type;
  return { name: 'open', parameters: [word, word, word, word], locals: [word, word, vector, vector], body };
}

export function gcmModule(pages: number): Uint8Array<ArrayBuffer> {
  return wasmModule(pages, [tables(), open()]);
}
