/** Sums by vectors and by words are those of RFC 1071's 16-bit words, wherever they begin and end. */
import { describe, expect, test } from 'vitest';
import { PacketMemory, pieceLength } from '../../../src/source/tap/packet-memory.ts';

function naive(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i += 2) sum += bytes[i]! | (bytes[i + 1]! << 8);
  return sum % 0xffff;
}

describe.each([true, false])('with vectors: %s', (vectors) => {
  const memory = new PacketMemory(2, vectors);

  test.each(['random', 'highest'])('sums of every length: %s bytes', (kind) => {
    let state = 1;
    memory.bytes.forEach((_, i) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      memory.bytes[i] = kind === 'highest' ? 0xff : state >>> 16;
    });
    for (let length = 0; length <= 300; length += 4)
      for (const start of [0, 4, 28, pieceLength - 20])
        expect(memory.sum(start, start + length) % 0xffff).toBe(naive(memory.bytes, start, start + length));
    for (const length of [65_472, 65_532, 65_536, 65_540])
      expect(memory.sum(28, 28 + length) % 0xffff).toBe(naive(memory.bytes, 28, 28 + length));
  });

  test('pieces take turns: what came back last goes first', () => {
    const first = memory.take()!;
    const second = memory.take()!;
    expect([first.byteOffset, second.byteOffset]).toEqual([0, pieceLength]);
    expect([memory.left, memory.take()]).toEqual([0, undefined]);
    memory.give(second);
    memory.give(first);
    expect(memory.take()).toBe(first);
  });
});
