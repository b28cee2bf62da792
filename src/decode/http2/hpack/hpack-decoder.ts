/**
 * HPACK (RFC 7541): the field representations of one direction of a connection, decoded into field sections.
 *
 * A header block may come in any number of pieces; representations that are whole are decoded at once, and the caller
 * keeps the rest. What the capture does not show cannot be resolved: after `lose` the table is known from then on only, and
 * a field that refers to an earlier entry is listed as `<unknown index 62>`. Indexes count from the newest entry, so what
 * was added since is found all the same.
 */
import { copyBytes } from '../../../core/bytes.ts';
import { KnownField, type HttpHead } from '../../../core/http.ts';
import { knownField } from '../../http/known-field.ts';
import { octets, startsWith, tokenLower } from '../../http/octets.ts';
import { DynamicTable } from './dynamic-table.ts';
import type { FieldSection } from './field-section.ts';
import { decodeHuffman, decodedRoom } from './huffman.ts';
import { staticCount, staticData, staticEnd, staticKnown, staticNameEnd, staticStart } from './static-table.ts';

/** The dynamic table's size before anything is agreed (RFC 9113 6.5.2). */
export const defaultTableSize = 4096;
/** The largest table that is kept, whatever the two sides agree. */
export const largestTable = 1024 * 1024;
/** The permitted size that is assumed where it was not seen: too large does no harm, since nobody refers to what is evicted. */
const assumedTableSize = 64 * 1024;
/** Integers and strings beyond this are no header any more. */
const largestInteger = 1 << 28;

/** What `decode` returns instead of a position. */
export const HpackFault = {
  badHuffman: -1,
  badIndex: -2,
  integerOverflow: -3,
  misplacedSizeUpdate: -4,
} as const;
export type HpackFault = (typeof HpackFault)[keyof typeof HpackFault];

/** Bits of `FieldSection.faults`. */
export const FieldFault = {
  /** RFC 9113 8.2.1: a capital letter, or an octet that no name may have. */
  upperCase: 1,
  badName: 2,
  badValue: 4,
} as const;

const colon = 0x3a;
const authority = octets(':authority');
const scheme = octets(':scheme');

export class HpackDecoder {
  readonly table: DynamicTable = new DynamicTable(defaultTableSize);
  /** Entries from before the last `lose` are not known. */
  private partial = false;
  /** A size update may stand here: only at the beginning of a block (RFC 7541 4.2). */
  private atBlockStart = true;
  /** The size updates seen: how many in all, and the value of the last. */
  sizeUpdates = 0;
  lastSizeUpdate = 0;
  /** Representations that could not be resolved. */
  unresolved = 0;
  /** The integer read last, and where it ended; `next` is -1 where it is not whole, and a fault where it is too large. */
  private value = 0;
  private next = 0;
  /** One past the octets that were written to the section's buffer last. */
  private textEnd = 0;

  /** Part of a header block, or an unknown number of them, was not seen. */
  lose(): void {
    this.table.clear();
    this.table.resize(Math.max(this.table.limit, assumedTableSize));
    this.partial = true;
    this.atBlockStart = true;
  }

  beginBlock(): void {
    this.atBlockStart = true;
  }

  /**
   * Decodes whole representations of `[start, end)` into the section.
   *
   * @returns one past the last whole one, or a `HpackFault`: then nothing after can be decoded and the caller calls `lose`
   */
  decode(data: Uint8Array, start: number, end: number, section: FieldSection): number {
    let at = start;
    while (at < end) {
      const first = data[at]!;
      let next: number;
      if (first >= 0x80) next = this.indexed(data, at, end, section);
      else if (first >= 0x40) next = this.literal(data, at, end, 0x3f, section);
      else if (first >= 0x20) next = this.sizeUpdate(data, at, end);
      else next = this.literal(data, at, end, 0x0f, section);
      if (next <= 0) return next === 0 ? at : next;
      at = next;
    }
    return at;
  }

  // Each representation: one past its end, 0 where it is not whole, or a fault. (No representation ends at 0.)

  /** RFC 7541 6.1. */
  private indexed(data: Uint8Array, at: number, end: number, section: FieldSection): number {
    this.integer(data, at, end, 0x7f);
    if (this.next <= 0) return this.next;
    this.atBlockStart = false;
    const index = this.value;
    if (index === 0) return HpackFault.badIndex;
    if (index <= staticCount) {
      section.copy(staticData, staticStart[index]!, staticNameEnd[index]!, staticEnd[index]!, staticKnown[index]!);
      return this.next;
    }
    const { table } = this;
    const age = index - staticCount - 1;
    if (age < table.count) {
      const entry = table.at(age);
      section.copy(table.data, table.start(entry), table.nameEnd(entry), table.end(entry), table.known(entry));
      return this.next;
    }
    if (!this.partial) return HpackFault.badIndex;
    this.unresolved++;
    const name = unknownIndex(index);
    section.copy(name, 0, name.length, name.length, 0);
    return this.next;
  }

  /** RFC 7541 6.2: with indexing (mask 0x3f), without, and never (0x0f). The field is written behind the section's octets. */
  private literal(data: Uint8Array, at: number, end: number, mask: number, section: FieldSection): number {
    this.integer(data, at, end, mask);
    if (this.next <= 0) return this.next;
    const nameIndex = this.value;
    const nameAt = this.next;
    // Nothing is decoded before both strings are whole: a field that drips in costs no more than one that comes at once.
    if (nameIndex === 0 && this.skipText(data, nameAt, end) <= 0) return this.next;
    const valueAt = this.next;
    const after = this.skipText(data, valueAt, end);
    if (after <= 0) return after;
    const start = section.length;
    const known = nameIndex === 0 ? this.literalName(data, nameAt, section) : this.indexedName(nameIndex, section);
    if (known < 0) return known;
    const nameEnd = this.textEnd;
    if (!this.text(data, valueAt, nameEnd, section)) return HpackFault.badHuffman;
    const stop = this.textEnd;
    this.atBlockStart = false;
    const buffer = section.head.data;
    if (hasBadOctet(buffer, nameEnd, stop)) section.faults |= FieldFault.badValue;
    if (mask === 0x3f) this.table.insert(buffer, start, nameEnd, stop, known);
    const { head } = section;
    const index = head.fieldCount;
    section.list(start, nameEnd, stop, known);
    if ((data[at]! & 0xf0) === 0x10 && head.fieldCount > index) noteNeverIndexed(head, index);
    return after;
  }

  /** Writes the name behind the section's octets. @returns its `KnownField`, or a fault */
  private literalName(data: Uint8Array, at: number, section: FieldSection): number {
    if (!this.text(data, at, section.length, section)) return HpackFault.badHuffman;
    return nameOf(section, section.length, this.textEnd);
  }

  private indexedName(index: number, section: FieldSection): number {
    const { table } = this;
    if (index <= staticCount) {
      this.copyName(staticData, staticStart[index]!, staticNameEnd[index]!, section);
      return staticKnown[index]!;
    }
    const age = index - staticCount - 1;
    if (age < table.count) {
      const entry = table.at(age);
      this.copyName(table.data, table.start(entry), table.nameEnd(entry), section);
      return table.known(entry);
    }
    if (!this.partial) return HpackFault.badIndex;
    this.unresolved++;
    const name = unknownIndex(index);
    this.copyName(name, 0, name.length, section);
    return 0;
  }

  private copyName(data: Uint8Array, start: number, end: number, section: FieldSection): void {
    const at = section.length;
    section.ensure(at, end - start);
    copyBytes(data, start, end, section.head.data, at);
    this.textEnd = at + end - start;
  }

  /** RFC 7541 5.2. @returns one past the string at `at` (in `next`, too), 0 where it is not whole, or a fault */
  private skipText(data: Uint8Array, at: number, end: number): number {
    if (at >= end) return (this.next = 0);
    this.integer(data, at, end, 0x7f);
    if (this.next > 0) {
      const stop = this.next + this.value;
      this.next = stop > end ? 0 : stop;
    }
    return this.next;
  }

  /** Writes a string that is whole to the section's buffer at `to`, at or behind its `length`; sets `textEnd`. */
  private text(data: Uint8Array, at: number, to: number, section: FieldSection): boolean {
    const coded = data[at]! >= 0x80;
    this.integer(data, at, data.length, 0x7f);
    const from = this.next;
    const length = this.value;
    if (!coded) {
      section.ensure(to, length);
      copyBytes(data, from, from + length, section.head.data, to);
      this.textEnd = to + length;
      return true;
    }
    section.ensure(to, decodedRoom(length));
    this.textEnd = decodeHuffman(data, from, from + length, section.head.data, to);
    return this.textEnd >= 0;
  }

  /** RFC 7541 6.3. Larger sizes than are kept count as unknown from there on. */
  private sizeUpdate(data: Uint8Array, at: number, end: number): number {
    this.integer(data, at, end, 0x1f);
    if (this.next <= 0) return this.next;
    if (!this.atBlockStart) return HpackFault.misplacedSizeUpdate;
    this.sizeUpdates++;
    this.lastSizeUpdate = this.value;
    if (this.value > largestTable) this.partial = true;
    this.table.resize(Math.min(this.value, largestTable));
    return this.next;
  }

  /** RFC 7541 5.1. */
  private integer(data: Uint8Array, at: number, end: number, mask: number): void {
    let value = data[at++]! & mask;
    if (value === mask) {
      let shift = 0;
      let octet: number;
      do {
        if (at >= end) {
          this.next = 0;
          return;
        }
        octet = data[at++]!;
        value += (octet & 0x7f) * 2 ** shift;
        shift += 7;
        if (value > largestInteger || shift > 35) {
          this.next = HpackFault.integerOverflow;
          return;
        }
      } while (octet >= 0x80);
    }
    this.value = value;
    this.next = at;
  }
}

function noteNeverIndexed(head: HttpHead, index: number): void {
  // The empty list is shared by all heads.
  if (head.neverIndexed.length === 0) head.neverIndexed = [index];
  else head.neverIndexed.push(index);
}

function unknownIndex(index: number): Uint8Array {
  return octets(`<unknown index ${index}>`);
}

/** Tells a literal name's `KnownField`, and looks for octets that it may not have. */
function nameOf(section: FieldSection, start: number, end: number): number {
  const { data } = section.head;
  if (start === end) {
    section.faults |= FieldFault.badName;
    return 0;
  }
  for (let i = data[start] === colon ? start + 1 : start; i < end; i++) {
    const c = data[i]!;
    const lower = tokenLower[c]!;
    if (lower !== c) section.faults |= lower === 0 ? FieldFault.badName : FieldFault.upperCase;
  }
  return data[start] === colon ? pseudoField(data, start, end) : knownField(data, start, end);
}

/** The pseudo-header fields that are known fields. */
function pseudoField(data: Uint8Array, start: number, end: number): number {
  if (startsWith(data, start, end, authority) && end - start === authority.length) return KnownField.authority;
  return startsWith(data, start, end, scheme) && end - start === scheme.length ? KnownField.scheme : KnownField.other;
}

/** RFC 9113 8.2.1: NUL, LF, CR. */
function hasBadOctet(data: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = data[i]!;
    if (c <= 0x0d && (c === 0x0d || c === 0x0a || c === 0)) return true;
  }
  return false;
}
