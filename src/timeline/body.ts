/**
 * The first bytes of a body or payload, up to a bound: what exports and views show. The buffer is kept for the next use
 * while it is small.
 */
import { isUtf8 } from 'node:buffer';
import { copyBytes, copyWords, viewOf } from '../core/bytes.ts';

const kept = 16 * 1024;
const none = new Uint8Array(0);
const noView = new DataView(none.buffer);
/** Up to here the runtime's own copying and checking cost more to call than they save. */
const shortPayload = 1024;

/** Larger ones up to this size take turns: a new one for each body kept the collector busy a third of the time. */
const spareSize = 64 * 1024;
const mostSpares = 16;
const spares: Uint8Array[] = [];

export class Body {
  /** Valid up to `length`; owned by this object. */
  data: Uint8Array = none;
  /** The same bytes. */
  view: DataView = noView;
  length = 0;
  /** More bytes came than were kept. */
  truncated = false;

  /** Appends up to `limit` bytes in all. */
  append(data: Uint8Array, start: number, end: number, limit: number): void {
    const room = limit - this.length;
    if (end - start > room) {
      this.truncated = true;
      end = start + room;
    }
    const length = this.length + (end - start);
    if (length > this.data.length) this.reserve(length, limit);
    if (end - start <= shortPayload) copyWords(viewOf(data), start, end, this.view, this.length);
    else copyBytes(data, start, end, this.data, this.length);
    this.length = length;
  }

  clear(): void {
    this.length = 0;
    this.truncated = false;
    if (this.data.length <= kept) return;
    if (this.data.length === spareSize && spares.length < mostSpares) spares.push(this.data);
    this.data = none;
    this.view = noView;
  }

  /**
   * Length of the longest valid UTF-8 beginning that ends on a character, where the whole is valid UTF-8 but for a
   * character that the bound cut; -1 where it is not text.
   */
  utf8Length(): number {
    let length = this.length;
    if (this.truncated) length = wholeCharacters(this.data, length);
    if (length <= shortPayload && isAscii(this.view, length)) return length;
    return isUtf8(this.data.subarray(0, length)) ? length : -1;
  }

  private reserve(length: number, limit: number): void {
    const larger =
      length > kept && length <= spareSize
        ? (spares.pop() ?? new Uint8Array(spareSize))
        : new Uint8Array(Math.min(limit, Math.max(256, length, this.data.length * 2)));
    copyBytes(this.data, 0, this.length, larger, 0);
    this.data = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.length);
  }
}

function isAscii(view: DataView, length: number): boolean {
  let all = 0;
  let i = 0;
  for (; i + 8 <= length; i += 8) all |= view.getInt32(i, true) | view.getInt32(i + 4, true);
  for (; i < length; i++) all |= view.getInt8(i);
  return (all & 0x80808080) === 0;
}

/** `length` less the bytes of a UTF-8 sequence that is cut at the end. */
function wholeCharacters(data: Uint8Array, length: number): number {
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = data[length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return need > back ? length - back : length;
  }
  return length;
}
