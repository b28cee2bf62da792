/** Reassembly against a model that keeps one number a byte: -1 until it has come, then the first copy. */
import { expect, test } from 'vitest';
import { Datagram, Placement } from '../../../src/decode/ip/datagram.ts';

const headerLength = 20;

test('random fragments, each byte against the model', () => {
  const below = generator(20261122);
  for (let round = 0; round < 3000; round++) {
    const length = 1 + below(round % 2 === 0 ? 200 : 9000);
    compare(new Datagram(4, 1, 0, 0, false), new Int16Array(length).fill(-1), below);
  }
});

function compare(datagram: Datagram, model: Int16Array, below: (n: number) => number): void {
  let ended = false;
  for (let i = 0; i < 30 && !datagram.complete; i++) {
    const from = below(Math.ceil(model.length / 8)) * 8;
    const to = below(3) === 0 ? model.length : Math.min(model.length, from + 8 * (1 + below(12)));
    const bytes = Uint8Array.from({ length: to - from }, () => below(256));
    const last = to === model.length;
    ended ||= last;
    const placement = datagram.place(from, to - from, last, bytes, 0, bytes.length);
    expect(placement).toBe(place(model, from, bytes));
    expect(datagram.complete).toBe(ended && !model.includes(-1));
  }
  const wrong = model.findIndex((byte, at) => byte >= 0 && datagram.bytes[headerLength + at] !== byte);
  expect(wrong).toBe(-1);
}

function place(model: Int16Array, from: number, bytes: Uint8Array): Placement {
  let fresh = false;
  let known = false;
  let differs = false;
  for (const [i, byte] of bytes.entries()) {
    const first = model[from + i]!;
    if (first < 0) model[from + i] = byte;
    if (first < 0) fresh = true;
    else known = true;
    if (first >= 0 && first !== byte) differs = true;
  }
  if (!known) return Placement.added;
  return fresh || differs ? Placement.overlap : Placement.duplicate;
}

/** A linear congruential generator: numbers from 0 to n - 1. */
function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * n);
  };
}
