/**
 * Arrays of bytes read by 32-bit words at any position. Blocks of input are long, so one view, made when an array is
 * first met, serves many frames.
 */

/** Below this a view over a new array costs more than it saves. */
const worthwhile = 64;

let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

/** Is reading `length` bytes of `data` by words cheaper than byte by byte? Then there are at least 8. */
export function wordsPay(data: Uint8Array, length: number): boolean {
  return length >= worthwhile || (data === viewed && length >= 8);
}

/** A view of all of `data`. */
export function viewOf(data: Uint8Array): DataView {
  if (data !== viewed) {
    view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    viewed = data;
  }
  return view;
}
