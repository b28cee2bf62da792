/** Tells a field name's `KnownField` from its bytes: one table look-up, a comparison only where that hits. */
import { KnownField, knownFieldNames } from '../../core/http.ts';
import { octets, tokenLower } from './octets.ts';

const slots = 64;
const keys = new Int32Array(slots);
const numbers = new Uint8Array(slots);
const names = knownFieldNames.map(octets);

/** Length, first and last character: no two known names share all three. */
function keyOf(length: number, first: number, last: number): number {
  return (length << 16) | (first << 8) | last;
}

function slotOf(key: number): number {
  return ((Math.imul(key, 0x9e3779b1) >>> 26) + (key >>> 16)) & (slots - 1);
}

for (let number = 1; number < names.length; number++) {
  const name = names[number]!;
  const key = keyOf(name.length, name[0]!, name[name.length - 1]!);
  let slot = slotOf(key);
  while (keys[slot] !== 0) slot = (slot + 1) & (slots - 1);
  keys[slot] = key;
  numbers[slot] = number;
}

/** `[start, end)` must not be empty. */
export function knownField(data: Uint8Array, start: number, end: number): KnownField {
  const key = keyOf(end - start, tokenLower[data[start]!]!, tokenLower[data[end - 1]!]!);
  let slot = slotOf(key);
  while (keys[slot] !== key) {
    if (keys[slot] === 0) return KnownField.other;
    slot = (slot + 1) & (slots - 1);
  }
  const number = numbers[slot]!;
  const name = names[number]!;
  for (let i = 0; i < name.length; i++) if (tokenLower[data[start + i]!] !== name[i]) return KnownField.other;
  return number as KnownField;
}
