/**
 * JSON text as bytes, appended to one growing buffer: from bytes to bytes, without strings in between. Times and
 * addresses are written digit by digit; prepared text and clean ASCII is copied eight bytes at a time, as doubles (no
 * eight ASCII bytes are a NaN, so their bits stay what they are).
 *
 * Room: methods that say "in reserved room" write up to `slack` bytes past their text without looking; the caller has
 * called `ensure` for all of them together. The others see to it themselves.
 */
import { ipv6Text } from '../core/address.ts';

const quote = 0x22;
/** What copies by eight may write past their end. */
const slack = 32;
const hexDigits = Buffer.from('0123456789abcdef');

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

export class JsonWriter {
  /** Valid up to `length`. */
  data: Uint8Array;
  length = 0;

  protected view: DataView;
  private epochSeconds = 0;
  private epochNanoseconds = 0;
  /** The whole seconds written last, as digits: most records fall into the same second. */
  private second = 0;
  private readonly secondDigits = new Float64Array(3);
  private secondLength = 0;
  /** The time written last, as eights of digits, what lies behind them included. */
  private lastTime = NaN;
  private lastLength = 0;
  private readonly lastDigits = new Float64Array(4);

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
    this.secondLength = 0;
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
    const { view } = this;
    const at = this.length;
    if (time === this.lastTime) {
      const digits = this.lastDigits;
      for (let i = 0; i < 4; i++) view.setFloat64(at + i * 8, digits[i]!, true);
      this.length = at + this.lastLength;
      return;
    }
    this.writeTime(time);
    // The same time is often written again: a message of one packet begins and ends with it.
    this.lastTime = time;
    this.lastLength = this.length - at;
    for (let i = 0; i < 4; i++) this.lastDigits[i] = view.getFloat64(at + i * 8, true);
  }

  private writeTime(time: number): void {
    const total = Math.round(time) + this.epochNanoseconds;
    const seconds = Math.floor(total / 1e9);
    if (seconds !== this.second || this.secondLength === 0) this.rememberSecond(seconds);
    if (this.epochSeconds + seconds < 0) {
      this.negativeTime(total);
      return;
    }
    const at = this.length;
    const { view, secondDigits } = this;
    view.setFloat64(at, secondDigits[0]!, true);
    view.setFloat64(at + 8, secondDigits[1]!, true);
    view.setFloat64(at + 16, secondDigits[2]!, true);
    this.length = at + this.secondLength;
    this.fraction(total - seconds * 1e9);
  }

  /** A span of nanoseconds as seconds. In reserved room: 32. */
  span(nanoseconds: number): void {
    let value = Math.round(nanoseconds);
    if (value < 0) {
      this.data[this.length++] = 0x2d;
      value = -value;
    }
    const seconds = Math.floor(value / 1e9);
    this.digits(seconds);
    this.fraction(value - seconds * 1e9);
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

  /** A string of valid UTF-8 bytes. */
  utf8(data: Uint8Array, start: number, end: number): void {
    this.ensure((end - start) * 6 + 2);
    const out = this.data;
    let at = this.length;
    out[at++] = quote;
    for (let i = start; i < end; i++) {
      const c = data[i]!;
      if (plainUtf8[c] === 1) out[at++] = c;
      else {
        this.length = at;
        this.escape(c);
        at = this.length;
      }
    }
    out[at++] = quote;
    this.length = at;
  }

  /** Any string. Lone surrogates become U+FFFD. */
  string(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.utf8(bytes, 0, bytes.length);
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
      const text = `"[${ipv6Text(words, at)}]:${port}"`;
      for (let i = 0; i < text.length; i++) this.data[this.length++] = text.charCodeAt(i);
      return;
    }
    const word = words[at]!;
    this.data[this.length++] = quote;
    this.digits(word >>> 24);
    this.data[this.length++] = 0x2e;
    this.digits((word >>> 16) & 255);
    this.data[this.length++] = 0x2e;
    this.digits((word >>> 8) & 255);
    this.data[this.length++] = 0x2e;
    this.digits(word & 255);
    this.data[this.length++] = 0x3a;
    this.digits(port);
    this.data[this.length++] = quote;
  }

  /** A 32-bit number as eight hexadecimal digits in quotes. In reserved room. */
  hex32(value: number): void {
    const data = this.data;
    data[this.length++] = quote;
    for (let shift = 28; shift >= 0; shift -= 4) data[this.length++] = hexDigits[(value >>> shift) & 15]!;
    data[this.length++] = quote;
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

  /** `.123`: nanoseconds below one second, trailing zeros off; nothing for none. */
  private fraction(nanoseconds: number): void {
    if (nanoseconds === 0) return;
    const value = nanoseconds | 0;
    this.data[this.length++] = 0x2e;
    this.nineDigits(value);
    const thousands = (value / 1000) | 0;
    const low = value - thousands * 1000;
    let zeros = trailingZeros[low]!;
    if (low === 0) {
      const millions = (thousands / 1000) | 0;
      const middle = thousands - millions * 1000;
      zeros += trailingZeros[middle]!;
      if (middle === 0) zeros += trailingZeros[millions]!;
    }
    this.length -= zeros;
  }

  private rememberSecond(seconds: number): void {
    const from = this.length;
    this.digits(this.epochSeconds + seconds);
    this.secondLength = this.length - from;
    for (let i = 0; i < 3; i++) this.secondDigits[i] = this.view.getFloat64(from + i * 8, true);
    this.length = from;
    this.second = seconds;
  }

  private negativeTime(total: number): void {
    // Before 1970: sign and magnitude, as a decimal number is read.
    const nanoseconds = BigInt(this.epochSeconds) * 1_000_000_000n + BigInt(total);
    const absolute = -nanoseconds;
    this.data[this.length++] = 0x2d;
    this.digits(Number(absolute / 1_000_000_000n));
    this.fraction(Number(absolute % 1_000_000_000n));
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
