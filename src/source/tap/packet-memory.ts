/**
 * Memory in which packets are put together and wait to be written, in pieces that take turns, and the sum of what stands
 * in it: WebAssembly with vectors of 128 bits, plain JavaScript where the processor has none. The system gives the memory
 * when it is used first, and the piece that came back last is used next.
 */
import { get, i32, instantiate, loop, set, tee, Type, v128, wasmModule, type Code } from '../../core/wasm-code.ts';

export const pieceLength = 256 * 1024;
const pageLength = 64 * 1024;
/** What the vectors sum at once, and so many vectors each for itself: none waits for another. */
const strideLength = 64;
const vectorLength = 16;
const lanes = [0, 1, 2, 3];

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  sum(start: number, end: number): number;
}

export class PacketMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  private readonly words: Uint32Array;
  private readonly vectors: Exports | null;
  private readonly free: Uint8Array<ArrayBuffer>[] = [];

  constructor(pieces: number, vectors = true) {
    const length = pieces * pieceLength;
    this.vectors = vectors ? (instantiate(() => sumModule(length / pageLength)) as Exports | null) : null;
    const buffer = this.vectors?.memory.buffer ?? new ArrayBuffer(length);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Uint32Array(buffer);
    for (let piece = pieces - 1; piece >= 0; piece--)
      this.free.push(new Uint8Array(buffer, piece * pieceLength, pieceLength));
  }

  /** Pieces that can be taken. */
  get left(): number {
    return this.free.length;
  }

  take(): Uint8Array<ArrayBuffer> | undefined {
    return this.free.pop();
  }

  give(piece: Uint8Array<ArrayBuffer>): void {
    this.free.push(piece);
  }

  /**
   * Sum of the 32-bit words in the machine's byte order: modulo 0xffff it is that of the 16-bit words (RFC 1071 2).
   *
   * @param start a multiple of four, as is `end`; at most 65,540 bytes in between
   */
  sum(start: number, end: number): number {
    const { words } = this;
    let at = start;
    let total = 0;
    if (this.vectors !== null && end - start >= strideLength) {
      at = end - ((end - start) % strideLength);
      total = this.vectors.sum(start, at) >>> 0;
    }
    for (let i = at >> 2; i < end >> 2; i++) total += words[i]!;
    return total;
  }
}

/** Halves of words are summed in 32 bits, which is enough for 2^17 of them in a lane, and 2^16 in all. */
function sumModule(pages: number): Uint8Array<ArrayBuffer> {
  const [start, end, first] = [0, 1, 2];
  const { i32: word, v128: vector } = Type;
  const add = (lane: number): Code => [
    [get(first + lane), get(start), v128.load(lane * vectorLength), v128.addPairs16, v128.add32],
    set(first + lane),
  ];
  const all = [get(first), get(first + 1), v128.add32, get(first + 2), v128.add32, get(first + 3), v128.add32];
  const body: Code = [
    loop([lanes.map(add), get(start), i32.const(strideLength), i32.add, tee(start), get(end), i32.ltU]),
    [all, set(first)],
    lanes.map((lane) => [get(first), v128.extract32(lane), lane === 0 ? [] : i32.add]),
  ];
  const locals = [vector, vector, vector, vector];
  return wasmModule(pages, [{ name: 'sum', parameters: [word, word], results: [word], locals, body }]);
}
