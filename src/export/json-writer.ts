/**
 * JSON text as bytes, appended to one growing buffer: from bytes to bytes, without strings in between. Times and
 * addresses are written digit by digit; prepared text and clean ASCII is copied eight bytes at a time, as doubles (no
 * eight ASCII bytes are a NaN, so their bits stay what they are).
 *
 * Room: methods that say "in reserved room" write up to `slack` bytes past their text without looking; the caller has
 * called `ensure` for all of them together. The others see to it themselves.
 */
import { writeIpv6 } from '../core/address.ts';

const quote = 0x22;
/** What copies by eight may write past their end. */
const slack = 32;
const hexDigits = Buffer.from('0123456789abcdef');
/** A byte's two digits. */
const hexPairs = new Uint16Array(256);
for (let n = 0; n < 256; n++) hexPairs[n] = (hexDigits[n >> 4]! << 8) | hexDigits[n & 15]!;

/** 1 where a byte stands for itself in a JSON string: printable ASCII but for `"` and `\`. */
const plain = new Uint8Array(256);
for (let c = 0x20; c < 0x7f; c++) plain[c] = c === 0x22 || c === 0x5c ? 0 : 1;

/** As `plain`, with UTF-8's bytes above ASCII passed on. */
const plainUtf8 = plain.slice();
plainUtf8.fill(1, 0x80);

/** The escape letter after `\` for the control characters that have one. */
const shortEscapes = new Uint8Array(256);
for (const [c, letter] of ['\b' + 'b', '\t' + 't', '\n' + 'n', '\f' + 'f', '\r' + 'r', '""', '\\\\']) {
  shortEscapes[c!.charCodeAt(0)] = letter!.charCodeAt(0);
}

/** Numbers below 1,000 as three digits, and as few as they need, in the low bytes of a little-endian word. */
const padded = new Int32Array(1000);
const unpadded = new Int32Array(1000);
/** How many zeros each of them ends in, written with three digits. */
const trailingZeros = new Uint8Array(1000);
for (let n = 0; n < 1000; n++) {
  const pack = (text: string): number => text.split('').reduce((word, c, i) => word | (c.charCodeAt(0) << (i * 8)), 0);
  padded[n] = pack(String(n).padStart(3, '0'));
  unpadded[n] = pack(String(n));
  trailingZeros[n] = n === 0 ? 3 : n % 100 === 0 ? 2 : n % 10 === 0 ? 1 : 0;
}

/** Octets of an IPv4 address with the dot behind them, in the bytes of a little-endian word. */
const dotted = new Int32Array(256);
for (let n = 0; n < 256; n++) dotted[n] = Buffer.from(`${n}.\0\0`, 'latin1').readInt32LE();

export class JsonWriter {
  /** Valid up to `length`. */
  data: Uint8Array;
  length = 0;

  protected view: DataView;
  private epochSeconds = 0;
  private epochNanoseconds = 0;
  /** Nanoseconds since the whole second at or before the epoch where the second written last begins. */
  private secondStart = NaN;
  /** That second as digits: most records fall into the same second. */
  private readonly secondDigits = new Float64Array(3);
  private secondLength = 0;
  /** The time written last: its decimals in threes, and how much of `.123456789` is to be written. */
  private lastTime = NaN;
  private milli = 0;
  private micro = 0;
  private nano = 0;
  private fractionLength = 0;

  constructor(capacity = 1 << 16) {
    this.data = new Uint8Array(capacity);
    this.view = new DataView(this.data.buffer);
  }

  clear(): void {
    this.length = 0;
  }

  /** The moment that times count from, in nanoseconds since the Unix epoch. */
  setEpoch(epoch: bigint): void {
    const seconds = epoch >= 0n ? epoch / 1_000_000_000n : (epoch - 999_999_999n) / 1_000_000_000n;
    this.epochSeconds = Number(seconds);
    this.epochNanoseconds = Number(epoch - seconds * 1_000_000_000n);
    this.secondStart = NaN;
    this.lastTime = NaN;
  }

  /** Room for `bytes` more, and `slack`. */
  ensure(bytes: number): void {
    const need = this.length + bytes + slack;
    if (need <= this.data.length) return;
    const larger = new Uint8Array(Math.max(need, this.data.length * 2));
    larger.set(this.data.subarray(0, this.length));
    this.data = larger;
    this.view = new DataView(larger.buffer);
  }

  /** In reserved room. */
  byte(value: number): void {
    this.data[this.length++] = value;
  }

  /** Text prepared before. In reserved room. */
  raw(text: JsonText): void {
    const { doubles, length } = text;
    const at = this.length;
    const { view } = this;
    for (let i = 0; i < doubles.length; i++) view.setFloat64(at + i * 8, doubles[i]!, true);
    this.length = at + length;
  }

  /** A whole number within 2^53. In reserved room: 24 bytes. */
  integer(value: number): void {
    this.digits(value);
  }

  /** Seconds since the Unix epoch, up to nine decimals. In reserved room: 40. @param time nanoseconds since `setEpoch` */
  time(time: number): void {
    // The same time is often written again: a message of one packet begins and ends with it.
    if (time !== this.lastTime && !this.divideTime(time)) {
      this.negativeTime(Math.round(time) + this.epochNanoseconds);
      return;
    }
    const at = this.length;
    const { view, secondDigits } = this;
    view.setFloat64(at, secondDigits[0]!, true);
    view.setFloat64(at + 8, secondDigits[1]!, true);
    view.setFloat64(at + 16, secondDigits[2]!, true);
    this.writeFraction(at + this.secondLength);
  }

  /** Sets the digits of a time. @returns false for one before 1970, which is left to `negativeTime` */
  private divideTime(time: number): boolean {
    const total = Math.round(time) + this.epochNanoseconds;
    let within = total - this.secondStart;
    if (!(within >= 0 && within < 1e9)) {
      const seconds = Math.floor(total / 1e9);
      if (this.epochSeconds + seconds < 0) return false;
      this.rememberSecond(seconds);
      // Beyond 2^53 the division may round to the next second.
      within = Math.max(0, Math.min(999_999_999, total - this.secondStart));
    }
    this.divide(within | 0);
    this.lastTime = time;
    return true;
  }

  /** A span of nanoseconds as seconds. In reserved room: 32. */
  span(nanoseconds: number): void {
    let value = Math.round(nanoseconds);
    if (value < 0) {
      this.data[this.length++] = 0x2d;
      value = -value;
    }
    const seconds = value < 1e9 ? 0 : Math.floor(value / 1e9);
    this.digits(seconds);
    this.divide(Math.max(0, (value - seconds * 1e9) | 0));
    this.lastTime = NaN;
    this.writeFraction(this.length);
  }

  /** A string of latin1 bytes: each byte is the character of that number. */
  latin1(data: Uint8Array, start: number, end: number): void {
    this.ensure((end - start) * 6 + 2);
    this.data[this.length++] = quote;
    this.latin1Part(data, start, end);
    this.data[this.length++] = quote;
  }

  /** As `latin1`, without quotes. The caller has made room: six bytes a byte. */
  latin1Part(data: Uint8Array, start: number, end: number): void {
    const out = this.data;
    let at = this.length;
    for (let i = start; i < end; i++) {
      const c = data[i]!;
      if (plain[c] === 1) out[at++] = c;
      else if (c >= 0x80) {
        out[at++] = 0xc0 | (c >> 6);
        out[at++] = 0x80 | (c & 0x3f);
      } else {
        this.length = at;
        this.escape(c);
        at = this.length;
      }
    }
    this.length = at;
  }

  /** Clean ASCII, nothing of which needs escaping, without quotes. In reserved room; reads up to `slack` past `end`. */
  asciiPart(source: DataView, start: number, end: number): void {
    const { view } = this;
    let at = this.length;
    this.length = at + (end - start);
    for (let i = start; i < end; i += 8, at += 8) view.setFloat64(at, source.getFloat64(i, true), true);
  }

  /** As `latin1`, A-Z made lower case. */
  latin1Lower(data: Uint8Array, start: number, end: number): void {
    this.ensure((end - start) * 6 + 2);
    this.data[this.length++] = quote;
    const from = this.length;
    this.latin1Part(data, start, end);
    const out = this.data;
    for (let i = from; i < this.length; i++) if (out[i]! >= 0x41 && out[i]! <= 0x5a) out[i]! |= 0x20;
    this.data[this.length++] = quote;
  }

  /** A string of valid UTF-8 bytes, the first `length` of the view: eight at a time where none needs an escape. */
  utf8(source: DataView, length: number): void {
    this.ensure(length * 6 + 2);
    const { view } = this;
    let to = this.length;
    view.setUint8(to++, quote);
    let i = 0;
    while (i < length) {
      if (i + 8 <= length) {
        const a = source.getInt32(i, true);
        const b = source.getInt32(i + 4, true);
        if ((escapesIn(a) | escapesIn(b)) === 0) {
          view.setInt32(to, a, true);
          view.setInt32(to + 4, b, true);
          i += 8;
          to += 8;
          continue;
        }
      }
      for (const stop = Math.min(length, i + 8); i < stop; i++) {
        const c = source.getUint8(i);
        if (plainUtf8[c] === 1) view.setUint8(to++, c);
        else {
          this.length = to;
          this.escape(c);
          to = this.length;
        }
      }
    }
    view.setUint8(to++, quote);
    this.length = to;
  }

  /** Any string. Lone surrogates become U+FFFD. */
  string(text: string): void {
    if (text.length > 64 || !this.plainString(text)) {
      const bytes = Buffer.from(text, 'utf8');
      this.utf8(new DataView(bytes.buffer, bytes.byteOffset), bytes.length);
    }
  }

  /** @returns false, with nothing written, where there is more to it than copying */
  private plainString(text: string): boolean {
    const { length } = text;
    this.ensure(length + 2);
    const out = this.data;
    let at = this.length;
    out[at++] = quote;
    for (let i = 0; i < length; i++) {
      const c = text.charCodeAt(i);
      if (c > 0x7f || plain[c] !== 1) return false;
      out[at++] = c;
    }
    out[at++] = quote;
    this.length = at;
    return true;
  }

  base64(data: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(data.buffer, data.byteOffset + start, end - start).toString('base64');
    this.ensure(text.length + 2);
    this.data[this.length++] = quote;
    this.length += Buffer.from(this.data.buffer, this.data.byteOffset + this.length).write(text, 'latin1');
    this.data[this.length++] = quote;
  }

  /** `"ip:port"`, from words as the connection table keeps them. In reserved room: 64. */
  endpoint(version: 4 | 6, words: Int32Array, at: number, port: number): void {
    if (version === 6) {
      const { data } = this;
      data[this.length++] = quote;
      data[this.length++] = 0x5b;
      this.length = writeIpv6(words, at, data, this.length);
      data[this.length++] = 0x5d;
      data[this.length++] = 0x3a;
      this.digits(port);
      data[this.length++] = quote;
      return;
    }
    const word = words[at]!;
    const { view } = this;
    let to = this.length;
    view.setUint8(to++, quote);
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = (word >>> shift) & 255;
      view.setInt32(to, dotted[octet]!, true);
      to += digitCount(octet) + 1;
    }
    view.setUint8(to - 1, 0x3a);
    this.length = to;
    this.digits(port);
    this.data[this.length++] = quote;
  }

  /** A 32-bit number as eight hexadecimal digits in quotes. In reserved room. */
  hex32(value: number): void {
    const { view, length: at } = this;
    view.setUint8(at, quote);
    view.setUint16(at + 1, hexPairs[value >>> 24]!);
    view.setUint16(at + 3, hexPairs[(value >>> 16) & 255]!);
    view.setUint16(at + 5, hexPairs[(value >>> 8) & 255]!);
    view.setUint16(at + 7, hexPairs[value & 255]!);
    view.setUint8(at + 9, quote);
    this.length = at + 10;
  }

  private digits(value: number): void {
    if (value < 0) {
      this.data[this.length++] = 0x2d;
      value = -value;
    }
    if (value >= 1e9) {
      const high = Math.floor(value / 1e9);
      this.digits(high);
      this.nineDigits((value - high * 1e9) | 0);
      return;
    }
    const { view } = this;
    const whole = value | 0;
    let at = this.length;
    if (whole < 1000) {
      view.setInt32(at, unpadded[whole]!, true);
      this.length = at + digitCount(whole);
      return;
    }
    const thousands = (whole / 1000) | 0;
    if (thousands < 1000) {
      view.setInt32(at, unpadded[thousands]!, true);
      at += digitCount(thousands);
    } else {
      const millions = (thousands / 1000) | 0;
      view.setInt32(at, unpadded[millions]!, true);
      at += digitCount(millions);
      view.setInt32(at, padded[thousands - millions * 1000]!, true);
      at += 3;
    }
    view.setInt32(at, padded[whole - thousands * 1000]!, true);
    this.length = at + 3;
  }

  private nineDigits(value: number): void {
    const thousands = (value / 1000) | 0;
    const millions = (thousands / 1000) | 0;
    const at = this.length;
    this.view.setInt32(at, padded[millions]!, true);
    this.view.setInt32(at + 3, padded[thousands - millions * 1000]!, true);
    this.view.setInt32(at + 6, padded[value - thousands * 1000]!, true);
    this.length = at + 9;
  }

  /** Takes nanoseconds below one second apart, for `writeFraction`. */
  private divide(value: number): void {
    const thousands = (value / 1000) | 0;
    const millions = (thousands / 1000) | 0;
    const low = value - thousands * 1000;
    const middle = thousands - millions * 1000;
    this.milli = millions;
    this.micro = middle;
    this.nano = low;
    if (low !== 0) this.fractionLength = 10 - trailingZeros[low]!;
    else if (middle !== 0) this.fractionLength = 7 - trailingZeros[middle]!;
    else this.fractionLength = millions === 0 ? 0 : 4 - trailingZeros[millions]!;
  }

  /** `.123`: trailing zeros off; nothing for none. */
  private writeFraction(at: number): void {
    const { view } = this;
    view.setUint8(at, 0x2e);
    view.setInt32(at + 1, padded[this.milli]!, true);
    view.setInt32(at + 4, padded[this.micro]!, true);
    view.setInt32(at + 7, padded[this.nano]!, true);
    this.length = at + this.fractionLength;
  }

  private rememberSecond(seconds: number): void {
    const from = this.length;
    this.digits(this.epochSeconds + seconds);
    this.secondLength = this.length - from;
    for (let i = 0; i < 3; i++) this.secondDigits[i] = this.view.getFloat64(from + i * 8, true);
    this.length = from;
    this.secondStart = seconds * 1e9;
  }

  private negativeTime(total: number): void {
    // Before 1970: sign and magnitude, as a decimal number is read.
    const nanoseconds = BigInt(this.epochSeconds) * 1_000_000_000n + BigInt(total);
    const absolute = -nanoseconds;
    this.data[this.length++] = 0x2d;
    this.digits(Number(absolute / 1_000_000_000n));
    this.divide(Number(absolute % 1_000_000_000n));
    this.lastTime = NaN;
    this.writeFraction(this.length);
  }

  private escape(c: number): void {
    const data = this.data;
    data[this.length++] = 0x5c;
    const letter = shortEscapes[c]!;
    if (letter !== 0) {
      data[this.length++] = letter;
      return;
    }
    data[this.length++] = 0x75;
    data[this.length++] = 0x30;
    data[this.length++] = 0x30;
    data[this.length++] = hexDigits[c >> 4]!;
    data[this.length++] = hexDigits[c & 15]!;
  }
}

function digitCount(below1000: number): number {
  return below1000 < 10 ? 1 : below1000 < 100 ? 2 : 3;
}

/** JSON text for `raw`: ASCII, packed into doubles. */
export class JsonText {
  readonly length: number;
  readonly doubles: Float64Array;

  constructor(text: string) {
    const bytes = new Uint8Array((text.length + 7) & ~7);
    bytes.set(Buffer.from(text, 'latin1'));
    this.length = text.length;
    this.doubles = new Float64Array(bytes.buffer);
  }
}

export function json(text: string): JsonText {
  return new JsonText(text);
}

/** Nonzero where one of the word's four bytes is a control character, a quotation mark or a backslash. */
function escapesIn(word: number): number {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const deletes = word ^ 0x7f7f7f7f;
  const zeros = ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
  return (zeros | ((deletes - 0x01010101) & ~deletes) | ((word - 0x20202020) & ~word)) & 0x80808080;
}
