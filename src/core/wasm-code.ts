/**
 * Enough of WebAssembly's binary format to write down a small module: types, one memory, functions of v128 and integers.
 * Instructions are lists of bytes; `code(...)` joins them. The names are those of the specification's text format.
 */

/** Bytes of instructions; nested as they come. */
export type Code = readonly (number | Code)[];

export const Type = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results?: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const last = low & 0x40 ? rest === -1n : rest === 0n;
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** Alignment is a hint; none is given. */
const memory = (offset: number): number[] => [0, ...unsigned(offset)];

export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
/** Runs `body` again while it leaves something other than zero. */
export const loop = (body: Code): Code => [0x03, 0x40, body, 0x0d, 0, 0x0b];

export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value))],
  ltU: 0x49,
  add: 0x6a,
  and: 0x71,
  shl: 0x74,
  /** Of 64 bits, the lower. */
  wrap: 0xa7,
} as const;

export const i64 = {
  const: (value: bigint): Code => [0x42, signed(value)],
  sub: 0x7d,
  and: 0x83,
  or: 0x84,
  xor: 0x85,
  shl: 0x86,
  shrU: 0x88,
} as const;

export const v128 = {
  load: (offset: number): Code => [simd(0x00), memory(offset)],
  store: (offset: number): Code => [simd(0x0b), memory(offset)],
  zero: [simd(0x0c), Array.from({ length: 16 }, () => 0)] as Code,
  shuffle: (lanes: readonly number[]): Code => [simd(0x0d), lanes],
  splat64: simd(0x12) as Code,
  /** Lane of eight bits, unsigned. */
  byte: (lane: number): Code => [simd(0x16), lane],
  extract64: (lane: number): Code => [simd(0x1d), lane],
  replace64: (lane: number): Code => [simd(0x1e), lane],
  xor: simd(0x51) as Code,
  extract32: (lane: number): Code => [simd(0x1b), lane],
  /** Four sums of two neighbours of sixteen bits each, unsigned. */
  addPairs16: simd(0x7f) as Code,
  add32: simd(0xae) as Code,
} as const;

/** The bytes of a module with one memory, exported as `memory`, and these functions, exported by their names. */
export function wasmModule(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const list = (items: readonly Code[]): Code => [unsigned(items.length), ...items];
  const types = functions.map(({ parameters, results = [] }) => [
    0x60,
    ...[parameters, results].map((each) => list(each.map((type) => [type]))),
  ]);
  const bodies = functions.map(({ locals, body }) => sized([list(locals.map((type) => [1, type])), body, 0x0b]));
  const name = (text: string): Code => list([...Buffer.from(text)].map((byte) => [byte]));
  const module: Code = [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list(types)),
    section(3, list(functions.map((_, index) => unsigned(index)))),
    section(5, [1, 1, unsigned(pages), unsigned(pages)]),
    section(7, list([[name('memory'), 2, 0], ...functions.map((each, index) => [name(each.name), 0, index])])),
    section(10, list(bodies)),
  ];
  return Uint8Array.from(flat(module));
}

const section = (id: number, content: Code): Code => [id, sized(content)];

function sized(content: Code): Code {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  const bytes: number[] = [];
  const visit = (part: number | Code): void => {
    if (typeof part === 'number') bytes.push(part);
    else for (const each of part) visit(each);
  };
  visit(code);
  return bytes;
}

/** As much of the interface as is used; it is in Node.js, but not in its types. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** A module's exports; null where this processor lacks what it takes, or keeps numbers the other way round. */
export function instantiate(module: () => Uint8Array<ArrayBuffer>): unknown {
  const api = Reflect.get(globalThis, 'WebAssembly') as WebAssemblyApi | undefined;
  if (api === undefined || !littleEndian) return null;
  const bytes = module();
  return api.validate(bytes) ? new api.Instance(new api.Module(bytes)).exports : null;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
