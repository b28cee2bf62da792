/** Sequence numbers are 64 bits on the wire's side of the keys, and doubles here: no capture holds 2^53 records. */

export function writeSequence(sequence: number, target: Uint8Array, at: number): void {
  const high = Math.floor(sequence / 0x100000000);
  target[at] = high >>> 24;
  target[at + 1] = high >>> 16;
  target[at + 2] = high >>> 8;
  target[at + 3] = high;
  target[at + 4] = sequence >>> 24;
  target[at + 5] = sequence >>> 16;
  target[at + 6] = sequence >>> 8;
  target[at + 7] = sequence;
}

/** What a MAC and TLS 1.2's AEAD cover beside the content: sequence number, type, version, length (RFC 5246 6.2.3). */
export const coveredLength = 13;

export function writeCovered(
  sequence: number,
  record: Uint8Array,
  start: number,
  length: number,
  to: Uint8Array,
): void {
  writeSequence(sequence, to, 0);
  to[8] = record[start]!;
  to[9] = record[start + 1]!;
  to[10] = record[start + 2]!;
  to[11] = length >>> 8;
  to[12] = length;
}
