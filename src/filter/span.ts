/**
 * What a field's value is handed over in: a range of somebody's bytes, or text written into the span's own. Reused from
 * value to value, so a filter that runs over a million records makes no objects.
 */
const none = new Uint8Array(0);
const words = new Map<string, Uint8Array>();

export class Span {
  data: Uint8Array = none;
  start = 0;
  end = 0;
  private scratch: Buffer = Buffer.alloc(64);

  get length(): number {
    return this.end - this.start;
  }

  /** A range of bytes, borrowed while the record is lent. Returns true, so that an accessor can return it. */
  set(data: Uint8Array, start: number, end: number): true {
    this.data = data;
    this.start = start;
    this.end = end;
    return true;
  }

  /** Text that was made from captured bytes, or of ASCII alone: one byte a character. */
  latin1(text: string): true {
    const scratch = this.room(text.length);
    return this.set(scratch, 0, scratch.write(text, 'latin1'));
  }

  utf8(text: string): true {
    const scratch = this.room(text.length * 3);
    return this.set(scratch, 0, scratch.write(text));
  }

  /** One of a small set of words of our own, such as a state's name. */
  word(text: string): true {
    let encoded = words.get(text);
    if (encoded === undefined) words.set(text, (encoded = Buffer.from(text)));
    return this.set(encoded, 0, encoded.length);
  }

  empty(): true {
    return this.set(none, 0, 0);
  }

  /** Folds ASCII letters to lower (or upper) case; the bytes become the span's own. */
  fold(upper: boolean): void {
    const scratch = this.own();
    const first = upper ? 0x61 : 0x41;
    for (let i = 0; i < this.end; i++) {
      const byte = scratch[i]!;
      if (byte >= first && byte < first + 26) scratch[i] = byte ^ 0x20;
    }
  }

  /** Appends bytes to the span's own; after `empty()` or another `append`. */
  append(data: Uint8Array, start: number, end: number): true {
    const scratch = this.own(end - start);
    for (let i = start, at = this.end; i < end; i++, at++) scratch[at] = data[i]!;
    this.end += end - start;
    return true;
  }

  /** Makes the bytes the span's own, with room for `more` behind them. */
  private own(more = 0): Buffer {
    const length = this.length;
    const { data, start } = this;
    const before = this.scratch;
    const scratch = this.room(length + more);
    if (data !== before || start !== 0 || scratch !== before) {
      for (let i = 0; i < length; i++) scratch[i] = data[start + i]!;
    }
    this.set(scratch, 0, length);
    return scratch;
  }

  private room(length: number): Buffer {
    if (this.scratch.length < length) this.scratch = Buffer.alloc(Math.max(length, this.scratch.length * 2));
    return this.scratch;
  }
}

/** Negative, 0 or positive, by bytes and then by length. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let i = 0; i < length; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** Finds a sequence of bytes in time linear in what it searches (Knuth, Morris, Pratt), whatever both contain. */
export class Needle {
  readonly bytes: Uint8Array;
  /** Where to go on after `i` bytes matched and the next does not. */
  private readonly back: Uint16Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.back = new Uint16Array(bytes.length + 1);
    for (let i = 1, k = 0; i < bytes.length; i++) {
      while (k > 0 && bytes[i] !== bytes[k]) k = this.back[k]!;
      if (bytes[i] === bytes[k]) k++;
      this.back[i + 1] = k;
    }
  }

  /** Does it stand in the range? Nothing contains the empty sequence, as in Wireshark. */
  isIn(data: Uint8Array, start: number, end: number): boolean {
    const { bytes, back } = this;
    const length = bytes.length;
    if (length === 0) return false;
    const first = bytes[0]!;
    for (let i = start, k = 0; i < end; i++) {
      const byte = data[i]!;
      if (k === 0) {
        if (byte !== first) continue;
        k = 1;
      } else {
        while (k > 0 && byte !== bytes[k]) k = back[k]!;
        if (byte === bytes[k]) k++;
      }
      if (k === length) return true;
    }
    return false;
  }
}
