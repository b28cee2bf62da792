/**
 * What did answer: paths by the path they lie under, and methods by resource, so that a 404 and a 405 can say what would
 * have done. Tables of fixed size; of each path the first two below it are kept as bytes, and no text is made before it is
 * told.
 */
import { latin1 } from '../../core/bytes.ts';
import { hostField, offsetsPerField } from '../../core/http.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { bytesHash } from './request-hash.ts';

/** Powers of two. */
const mostPlaces = 1 << 10;
const mostResources = 1 << 12;
/** So many exchanges are all remembered, and of those after them one in 64: the tables are full of hints by then. */
const allRemembered = 4096;
const sampling = 63;
const perPlace = 2;
const longestTarget = 96;
/** Paths above a missing one that are looked under. */
const highest = 3;

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export class Answers {
  private seen = 0;
  private readonly places = new Int32Array(mostPlaces);
  private readonly lengths = new Uint8Array(mostPlaces * perPlace);
  private readonly targets = new Uint8Array(mostPlaces * perPlace * longestTarget);
  private readonly resources = new Int32Array(mostResources);
  private readonly methods = new Uint8Array(mostResources);

  /** Of an exchange that went well. @param hash of its request */
  answered(record: ExchangeRecord, hash: number): void {
    if (++this.seen > allRemembered && (this.seen & sampling) !== 0) return;
    this.addMethod(record, hash);
    const { head } = record.request;
    const end = pathEnd(record);
    if (end < 0) return;
    const place = this.placeHash(record, end);
    const slot = place & (mostPlaces - 1);
    if (this.places[slot] === place && this.lengths[slot * perPlace + 1] !== 0) return;
    if (this.places[slot] !== place) {
      this.places[slot] = place;
      this.lengths.fill(0, slot * perPlace, (slot + 1) * perPlace);
    }
    this.addTarget(slot, head.data, head.targetStart, end);
  }

  /** `; beside it /items/17 and /items/18 did answer`, or nothing where nothing is known. */
  beside(record: ExchangeRecord): string {
    const { data, targetStart } = record.request.head;
    let end = pathEnd(record);
    for (let up = 0; up < highest && end > targetStart; up++) {
      const found = this.under(this.placeHash(record, end));
      const itself = found.indexOf(latin1(data, targetStart, Math.min(end, targetStart + longestTarget)));
      if (itself >= 0) found.splice(itself, 1);
      if (itself >= 0 && found.length === 0) return '; it did answer before';
      if (found.length > 0) return `; ${up === 0 ? 'beside it' : 'further up'} ${found.join(' and ')} did answer`;
      end--;
      while (end > targetStart && data[end] !== 0x2f) end--;
    }
    return '';
  }

  /** `POST, PUT`; empty where none is known. @param hash of a request */
  methodsOf(hash: number): string {
    const slot = hash & (mostResources - 1);
    const bits = this.resources[slot] === hash ? this.methods[slot]! : 0;
    return methods.filter((_, bit) => (bits & (1 << bit)) !== 0).join(', ');
  }

  private addMethod({ request: { head } }: ExchangeRecord, hash: number): void {
    const slot = hash & (mostResources - 1);
    const bit = methodBit(head.data, head.methodStart, head.methodEnd);
    if (this.resources[slot] === hash) this.methods[slot]! |= bit;
    else {
      this.resources[slot] = hash;
      this.methods[slot] = bit;
    }
  }

  private addTarget(slot: number, data: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, longestTarget);
    for (let i = slot * perPlace; i < (slot + 1) * perPlace; i++) {
      const at = i * longestTarget;
      if (this.lengths[i] === 0) {
        for (let k = 0; k < length; k++) this.targets[at + k] = data[start + k]!;
        this.lengths[i] = length;
        return;
      }
      let k = 0;
      while (k < length && this.targets[at + k] === data[start + k]) k++;
      if (k === length && this.lengths[i] === length) return;
    }
  }

  private under(place: number): string[] {
    const slot = place & (mostPlaces - 1);
    if (this.places[slot] !== place) return [];
    const first = slot * perPlace;
    return [first, first + 1]
      .filter((i) => this.lengths[i]! > 0)
      .map((i) => latin1(this.targets, i * longestTarget, i * longestTarget + this.lengths[i]!));
  }

  /** Of the host and the path up to the last `/` before `end`. */
  private placeHash({ request: { head } }: ExchangeRecord, end: number): number {
    let slash = end - 1;
    while (slash > head.targetStart && head.data[slash] !== 0x2f) slash--;
    const host = hostField(head);
    const at = host * offsetsPerField;
    const start =
      host < 0 ? 0x811c9dc5 : bytesHash(0x811c9dc5, head.data, head.offsets[at + 2]!, head.offsets[at + 3]!);
    return bytesHash(start, head.data, head.targetStart, slash + 1) || 1;
  }
}

/** Where the path of an origin-form target ends; -1 where the target is of another form. */
function pathEnd({ request: { head } }: ExchangeRecord): number {
  const { data, targetStart, targetEnd } = head;
  if (data[targetStart] !== 0x2f) return -1;
  let end = targetStart;
  while (end < targetEnd && data[end] !== 0x3f) end++;
  return end;
}

/** 0 for a method not in the list. */
function methodBit(data: Uint8Array, start: number, end: number): number {
  switch (end - start) {
    case 3:
      return data[start] === 0x47 ? 1 : data[start + 1] === 0x55 ? 4 : 0;
    case 4:
      return data[start] === 0x50 ? 2 : 0;
    case 5:
      return data[start] === 0x50 ? 8 : 0;
    case 6:
      return data[start] === 0x44 ? 16 : 0;
    default:
      return 0;
  }
}
