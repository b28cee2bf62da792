/** Reading numbers and finding bytes, without views, slices or strings. All positions are into `data`; ends exclusive. */

export function u16(data: Uint8Array, at: number): number {
  return (data[at]! << 8) | data[at + 1]!;
}

/** Big-endian, as a signed 32-bit number (sequence numbers compare as `(a - b) | 0`). */
export function i32(data: Uint8Array, at: number): number {
  return (data[at]! << 24) | (data[at + 1]! << 16) | (data[at + 2]! << 8) | data[at + 3]!;
}

/** Big-endian, unsigned. */
export function u32(data: Uint8Array, at: number): number {
  return i32(data, at) >>> 0;
}

export function u16le(data: Uint8Array, at: number): number {
  return data[at]! | (data[at + 1]! << 8);
}

export function u32le(data: Uint8Array, at: number): number {
  return (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)) >>> 0;
}

/** Copies `data[start, end)` to `target` at `at`. A loop for short ranges, where a call into the runtime costs more. */
export function copyBytes(data: Uint8Array, start: number, end: number, target: Uint8Array, at: number): void {
  if (end - start > 96) {
    target.set(data.subarray(start, end), at);
    return;
  }
  for (let i = start, j = at; i < end; i++, j++) target[j] = data[i]!;
}

/** `copyBytes` where both sides have a view: words, which for tens to thousands of bytes beats a call of the runtime. */
export function copyWords(source: DataView, start: number, end: number, target: DataView, at: number): void {
  let from = start;
  let to = at;
  for (const last = end - 8; from <= last; from += 8, to += 8) {
    target.setInt32(to, source.getInt32(from, true), true);
    target.setInt32(to + 4, source.getInt32(from + 4, true), true);
  }
  for (; from < end; from++, to++) target.setUint8(to, source.getUint8(from));
}

/** The bytes as a copy of their own. (`slice` is none on a Buffer.) */
export function ownBytes(data: Uint8Array, start: number, end: number): Uint8Array {
  const own = new Uint8Array(end - start);
  copyBytes(data, start, end, own, 0);
  return own;
}

let viewed: Uint8Array = new Uint8Array(0);
let lastView = new DataView(viewed.buffer);
let viewedBefore = viewed;
let viewBefore = lastView;

/** A view of the bytes; the last two made are kept, since callers read on in the same block, or take turns with another. */
export function viewOf(data: Uint8Array): DataView {
  if (data === viewed) return lastView;
  const view = data === viewedBefore ? viewBefore : new DataView(data.buffer, data.byteOffset, data.length);
  viewedBefore = viewed;
  viewBefore = lastView;
  viewed = data;
  lastView = view;
  return view;
}

/** Position of the next `byte` in `[start, end)`, or -1. */
export function findByte(data: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (data[i] === byte) return i;
  return -1;
}

/** The bytes as latin1 text: one character a byte. */
export function latin1(data: Uint8Array, start: number, end: number): string {
  return Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('latin1');
}
