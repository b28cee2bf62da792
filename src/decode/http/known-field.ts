/** Tells a field name's `KnownField` from its bytes: one table look-up, a comparison only where that hits. */
import { KnownField, knownFieldNames } from '../../core/http.ts';
import { octets, tokenLower } from './octets.ts';

/** By length and first letter (`slotOf`), which no two known names share; that is made sure below. */
const numbers = new Uint8Array(32 * 32);
const names = knownFieldNames.map(octets);
const longest = 31;

function slotOf(length: number, first: number): number {
  return (length << 5) | (first & 0x1f);
}

for (let number = 1; number < names.length; number++) {
  const name = names[number]!;
  const slot = slotOf(name.length, name[0]!);
  if (name.length > longest || numbers[slot] !== 0)
    throw new Error(`no slot of its own for ${knownFieldNames[number]}`);
  numbers[slot] = number;
}

/** `[start, end)` must not be empty. */
export function knownField(data: Uint8Array, start: number, end: number): KnownField {
  const length = end - start;
  if (length > longest) return KnownField.other;
  const number = numbers[slotOf(length, data[start]!)]!;
  if (number === 0) return KnownField.other;
  const name = names[number]!;
  for (let i = 0; i < length; i++) if (tokenLower[data[start + i]!] !== name[i]) return KnownField.other;
  return number as KnownField;
}
