/**
 * The PROXY protocol's header: what a load balancer puts in front of a connection to tell whose it is. Version 1 is a
 * line, version 2 a signature with a length. What it says is not looked into.
 *
 *   PROXY TCP4 192.0.2.1 198.51.100.2 40000 80 CR LF
 *   | signature 12 | version 4 bits, command 4 | family 1 | length 2 | addresses ... |
 */
import { findByte, u16 } from '../core/bytes.ts';

const word = Uint8Array.from(Buffer.from('PROXY ', 'latin1'));
const signature = Uint8Array.from(Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'));
/** The longest line, its end included. */
const longestLine = 107;
const fixedLength = 16;
const LF = 0x0a;

/** Bytes of the header at `start`; 0 where there is none, -1 where more bytes are needed to tell. */
export function proxyHeaderLength(data: Uint8Array, start: number, end: number): number {
  const lineLike = begins(data, start, end, word);
  if (lineLike !== 0) return lineLike < 0 ? -1 : lineLength(data, start, end);
  const binary = begins(data, start, end, signature);
  if (binary <= 0) return binary;
  if (end - start < fixedLength) return -1;
  if (data[start + 12]! >>> 4 !== 2) return 0;
  const length = fixedLength + u16(data, start + 14);
  return length > end - start ? -1 : length;
}

function lineLength(data: Uint8Array, start: number, end: number): number {
  const lf = findByte(data, LF, start, Math.min(end, start + longestLine));
  if (lf >= 0) return lf + 1 - start;
  return end - start < longestLine ? -1 : 0;
}

/** 1 where the bytes begin so, 0 where they do not, -1 where they end before that shows. */
function begins(data: Uint8Array, start: number, end: number, wanted: Uint8Array): number {
  for (let i = 0; i < wanted.length; i++) {
    if (start + i >= end) return -1;
    if (data[start + i] !== wanted[i]) return 0;
  }
  return 1;
}
