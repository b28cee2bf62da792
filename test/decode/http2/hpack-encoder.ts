/** HPACK written plainly, with arrays and strings: what the decoder is held against, and how transcripts make their blocks. */
import { codeLengths, codes } from '../../../src/decode/http2/hpack/huffman-code.ts';
import {
  staticCount,
  staticData,
  staticEnd,
  staticNameEnd,
  staticStart,
} from '../../../src/decode/http2/hpack/static-table.ts';

export interface Field {
  name: string;
  value: string;
}

export function integer(value: number, bits: number, pattern: number): number[] {
  const most = (1 << bits) - 1;
  if (value < most) return [pattern | value];
  const octets = [pattern | most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) octets.push((value % 128) | 128);
  return [...octets, value];
}

export function huffman(data: Uint8Array): Uint8Array {
  let bits = '';
  for (const octet of data) bits += codes[octet]!.toString(2).padStart(codeLengths[octet]!, '0');
  while (bits.length % 8 !== 0) bits += '1';
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (octet) => parseInt(octet, 2));
}

export function text(data: Uint8Array, coded: boolean): Uint8Array {
  const octets = coded ? huffman(data) : data;
  return Uint8Array.from([...integer(octets.length, 7, coded ? 0x80 : 0), ...octets]);
}

const at = (i: number): Field => ({
  name: Buffer.from(staticData.subarray(staticStart[i], staticNameEnd[i])).toString(),
  value: Buffer.from(staticData.subarray(staticNameEnd[i], staticEnd[i])).toString(),
});
const fixed = Array.from({ length: staticCount }, (_, i) => at(i + 1));

export class HpackEncoder {
  /** Newest first. */
  private entries: Field[] = [];
  private limit = 4096;

  get size(): number {
    return this.entries.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
  }

  /** Fields as literals without indexing, as short as the static table allows. */
  static plain(fields: readonly Field[]): Uint8Array {
    return Uint8Array.from(
      fields.flatMap(({ name, value }) => {
        const whole = fixed.findIndex((entry) => entry.name === name && entry.value === value) + 1;
        if (whole > 0) return integer(whole, 7, 0x80);
        const index = fixed.findIndex((entry) => entry.name === name) + 1;
        const octets = index > 0 ? integer(index, 4, 0) : [0, ...text(Buffer.from(name, 'latin1'), false)];
        return [...octets, ...text(Buffer.from(value, 'latin1'), false)];
      }),
    );
  }

  randomBlock(next: () => number): { data: Uint8Array; fields: string[] } {
    const octets: number[] = [];
    const fields: string[] = [];
    if (next() < 0.1) {
      this.limit = Math.floor(next() * 4096);
      octets.push(...integer(this.limit, 5, 0x20));
      this.evict();
    }
    for (let count = Math.floor(next() * 12); count > 0; count--) {
      const { representation, field } = this.randomField(next);
      octets.push(...representation);
      fields.push(`${field.name}: ${field.value}`.trimEnd());
    }
    return { data: Uint8Array.from(octets), fields };
  }

  private randomField(next: () => number): { representation: number[]; field: Field } {
    const all = [...fixed, ...this.entries];
    const index = 1 + Math.floor(next() * all.length);
    if (next() < 0.5) return { representation: integer(index, 7, 0x80), field: all[index - 1]! };
    const named = next() < 0.5;
    const name = named ? all[index - 1]!.name : randomText(next, 'abcdefghijklmnop-', 1 + next() * 12);
    const field = {
      name,
      value: randomText(next, ' "#()0123456789ABCabcxyz;=/~\u00e4\u0001', next() * next() * 300).trim(),
    };
    const kind = next();
    const [bits, pattern] = kind < 0.6 ? [6, 0x40] : kind < 0.8 ? [4, 0] : [4, 0x10];
    const nameOctets = named ? [] : text(Buffer.from(name, 'latin1'), next() < 0.5);
    const value = text(Buffer.from(field.value, 'latin1'), next() < 0.5);
    if (pattern === 0x40) {
      this.entries.unshift(field);
      this.evict();
    }
    return { representation: [...integer(named ? index : 0, bits, pattern), ...nameOctets, ...value], field };
  }

  private evict(): void {
    while (this.size > this.limit) this.entries.pop();
  }
}

function randomText(next: () => number, alphabet: string, length: number): string {
  return Array.from({ length: Math.floor(length) }, () => alphabet[Math.floor(next() * alphabet.length)]).join('');
}
