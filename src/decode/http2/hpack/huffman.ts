/**
 * Decodes Huffman-coded strings (RFC 7541 5.2), an octet at a time: a state is an inner node of the code's tree, and a table
 * of 256 states by 256 octets says which state comes next and which one or two symbols were completed on the way. The
 * shortest code has five bits, so an octet never completes three.
 */
import { codeLengths, codes, endOfString } from './huffman-code.ts';

/**
 * An entry: next state in bits 0-7, symbols in bits 8-15 and 16-23, how many of them in bits 24-25. Bit 26: no such code
 * (only the end-of-string symbol leads there).
 */
const failed = 1 << 26;
const countShift = 24;

let steps: Int32Array | undefined;
/** 1 for states that a string may end in: the root, and up to seven ones of padding from there. */
const mayEnd = new Uint8Array(256);

/** Room that `decodeHuffman` needs for `length` coded octets, and one that it may scribble on. */
export function decodedRoom(length: number): number {
  return ((length * 8) / 5 + 3) | 0;
}

/**
 * Writes the octets coded in `data[start, end)` to `out` at `at`, where `decodedRoom` is free.
 *
 * @returns one past the last octet written; -1 where the end-of-string symbol is coded, or the padding is not up to seven ones
 */
export function decodeHuffman(data: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const table = (steps ??= octetSteps());
  let state = 0;
  for (let i = start; i < end; i++) {
    const step = table[(state << 8) | data[i]!]!;
    if (step >= failed) return -1;
    out[at] = step >> 8;
    out[at + 1] = step >> 16;
    at += step >> countShift;
    state = step & 0xff;
  }
  return mayEnd[state] === 1 ? at : -1;
}

/** A binary tree: child of node n on bit b at 2n + b. An inner node's number, or -1 - symbol. Node 0 is the root. */
function codeTree(): Int32Array {
  const children = new Int32Array(512);
  let nodes = 1;
  for (const [symbol, length] of codeLengths.entries()) {
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = node * 2 + ((codes[symbol]! >> bit) & 1);
      if (children[at] === 0) children[at] = nodes++;
      node = children[at]!;
    }
    children[node * 2 + (codes[symbol]! & 1)] = -1 - symbol;
  }
  return children;
}

/** Two half-octet steps make an octet's. */
function octetSteps(): Int32Array {
  const children = codeTree();
  for (let node = 0, depth = 0; depth <= 7; depth++, node = children[node * 2 + 1]!) mayEnd[node] = 1;
  const half = halfSteps(children);
  const table = new Int32Array(256 * 256);
  for (let state = 0; state < 256; state++) {
    for (let octet = 0; octet < 256; octet++) {
      const first = half[state * 16 + (octet >> 4)]!;
      const second = half[(first & 0xff) * 16 + (octet & 15)]!;
      table[(state << 8) | octet] = joined(first, second);
    }
  }
  return table;
}

/** As the octet table, for four bits: at most one symbol each. */
function halfSteps(children: Int32Array): Int32Array {
  const half = new Int32Array(256 * 16);
  for (let state = 0; state < 256; state++) {
    for (let bits = 0; bits < 16; bits++) half[state * 16 + bits] = walk(children, state, bits);
  }
  return half;
}

function walk(children: Int32Array, from: number, bits: number): number {
  let node = from;
  let symbol = -1;
  for (let bit = 3; bit >= 0; bit--) {
    const next = children[node * 2 + ((bits >> bit) & 1)]!;
    if (next >= 0) node = next;
    else {
      symbol = -1 - next;
      if (symbol === endOfString) return failed;
      node = 0;
    }
  }
  return symbol < 0 ? node : node | (symbol << 8) | (1 << countShift);
}

function joined(first: number, second: number): number {
  if (first >= failed || second >= failed) return failed;
  const count = (first >> countShift) + (second >> countShift);
  const one = (first >> countShift === 1 ? first : second) & 0xff00;
  const two = count === 2 ? (second & 0xff00) << 8 : 0;
  return (second & 0xff) | one | two | (count << countShift);
}
