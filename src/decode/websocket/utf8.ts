/**
 * UTF-8 checked as it arrives (RFC 3629, RFC 6455 8.1): overlong forms, surrogates and code points above U+10FFFF are
 * found at the first byte that makes them so, wherever the bytes are cut.
 */
import { viewOf, wordsPay } from './word-view.ts';

export class Utf8Validator {
  /** Continuation bytes the current character still needs. */
  private pending = 0;
  /** What the next continuation byte may be; narrower than 0x80-0xbf only right after some lead bytes. */
  private low = 0x80;
  private high = 0xbf;

  /** A character has begun and is not whole. */
  get insideCharacter(): boolean {
    return this.pending !== 0;
  }

  reset(): void {
    this.pending = 0;
    this.low = 0x80;
    this.high = 0xbf;
  }

  /** Index of the first byte in `[start, end)` that cannot stand where it does, or -1. Not to be called again after that. */
  push(data: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.pending === 0) {
        at = skipAscii(data, at, end);
        if (at === end) return -1;
        if (!this.lead(data[at]!)) return at;
      } else {
        const byte = data[at]!;
        if (byte < this.low || byte > this.high) return at;
        this.low = 0x80;
        this.high = 0xbf;
        this.pending--;
      }
      at++;
    }
    return -1;
  }

  /** RFC 3629 4, the lead bytes of its UTF8-2, UTF8-3 and UTF8-4. */
  private lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    if (byte < 0xe0) this.pending = 1;
    else if (byte < 0xf0) {
      this.pending = 2;
      if (byte === 0xe0) this.low = 0xa0;
      else if (byte === 0xed) this.high = 0x9f;
    } else {
      this.pending = 3;
      if (byte === 0xf0) this.low = 0x90;
      else if (byte === 0xf4) this.high = 0x8f;
    }
    return true;
  }
}

/** Position of the first byte from 0x80 up, or `end`. */
function skipAscii(data: Uint8Array, start: number, end: number): number {
  let at = start;
  if (wordsPay(data, end - start)) {
    const view = viewOf(data);
    const last = end - 8;
    while (at < last && ((view.getInt32(at) | view.getInt32(at + 4)) & 0x80808080) === 0) at += 8;
    if (at >= last && ((view.getInt32(last) | view.getInt32(last + 4)) & 0x80808080) === 0) return end;
  }
  while (at < end && data[at]! < 0x80) at++;
  return at;
}
