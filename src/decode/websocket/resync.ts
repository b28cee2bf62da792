/**
 * Finding frames again where it is not known where one begins: after missing bytes, or in a stream met in its middle.
 *
 * Payload can look like a frame header by chance, and a row must never be made up. So frames are taken to begin
 *   - at the start of a segment whose bytes are frames to its very end;
 *   - at the start of a segment with two whole frames and a third header, cut or whole;
 *   - at a header that two headers before it in the stream, each one payload apart, have led to.
 * A header counts only where it breaks no rule at all; whole text has to be UTF-8, and what zeros would read as, empty
 * fragments and messages that start with a continuation, is left out.
 */
import { u32 } from '../../core/bytes.ts';
import type { Side } from '../../core/side.ts';
import { FrameBit, Opcode, isSendableCloseCode } from '../../core/websocket.ts';
import { headerFaults, headerLength, payloadLength } from './frame-header.ts';
import { scratch, scratchSize, unmask } from './unmask.ts';
import { Utf8Validator } from './utf8.ts';

/** Longer frames are not believed in while searching. */
const longestGuess = 1 << 28;

export class Resync {
  private readonly side: Side;
  private readonly extensionBits: number;
  /** Stream offset at which the next header should stand if the last ones were headers; -1 without such a guess. */
  private guess = -1;
  /** Headers that led to the guess, in a row. */
  private trail = 0;

  constructor(side: Side, extensionBits: number) {
    this.side = side;
    this.extensionBits = extensionBits;
  }

  /** Bytes are missing: what was guessed says nothing any more. */
  gap(): void {
    this.guess = -1;
  }

  /** Index in the segment `data[start, end)` where a frame surely begins, or -1. `offset` is the segment's in the stream. */
  find(data: Uint8Array, start: number, end: number, offset: number): number {
    const followed = this.follow(data, start, end, offset);
    if (followed >= 0) return followed;
    const walk = new FrameWalk(this.side, this.extensionBits);
    walk.over(data, start, end);
    if (walk.headers > 0 && walk.next === end) return start;
    if (walk.headers >= 3) return start;
    if (walk.headers > 0) this.remember(offset + walk.next - start, walk.headers);
    return -1;
  }

  private follow(data: Uint8Array, start: number, end: number, offset: number): number {
    const at = start + this.guess - offset;
    if (this.guess < 0 || at >= end) return -1;
    this.guess = -1;
    const walk = new FrameWalk(this.side, this.extensionBits);
    walk.over(data, at, end);
    if (walk.headers === 0) return -1;
    if (this.trail >= 2) return at;
    this.remember(offset + walk.next - start, this.trail + walk.headers);
    return -1;
  }

  private remember(next: number, trail: number): void {
    if (this.guess >= 0 && this.guess <= next) return;
    this.guess = next;
    this.trail = trail;
  }
}

/** Steps from frame to frame for as long as everything is as it should be. */
export class FrameWalk {
  private readonly side: Side;
  private readonly extensionBits: number;
  /** Whole headers met, one after another. 0 where something is not as it should be. */
  headers = 0;
  /** Frames met whole whose payload bears them out: text that is UTF-8, or a close code that may be sent. */
  convincing = 0;
  /** Index where the next header would stand; past `end` where the last frame goes on after it. */
  next = 0;

  constructor(side: Side, extensionBits: number) {
    this.side = side;
    this.extensionBits = extensionBits;
  }

  over(data: Uint8Array, start: number, end: number): void {
    this.next = start;
    while (end - this.next >= 2 && end - this.next >= headerLength(data[this.next + 1]!)) {
      if (!this.step(data, this.next, end)) {
        this.headers = 0;
        return;
      }
    }
  }

  private step(data: Uint8Array, at: number, end: number): boolean {
    const first = data[at]!;
    const second = data[at + 1]!;
    const length = payloadLength(data, at);
    if (headerFaults(this.side, first, second, length, this.extensionBits) !== 0) return false;
    if (length > longestGuess || (length === 0 && first < FrameBit.fin)) return false;
    if (this.headers === 0 && (first & 0x0f) === Opcode.continuation) return false;
    const body = at + headerLength(second);
    this.headers++;
    this.next = body + length;
    if (this.next > end) return true;
    const key = second >= 0x80 ? u32(data, body - 4) : 0;
    if (first === (FrameBit.fin | Opcode.text)) return this.judge(isText(data, body, this.next, key), length > 3);
    if (first === (FrameBit.fin | Opcode.close) && length > 0) {
      return this.judge(length > 1 && isClose(data, body, this.next, key), true);
    }
    return true;
  }

  private judge(good: boolean, telling: boolean): boolean {
    if (good && telling) this.convincing++;
    return good;
  }
}

function isText(data: Uint8Array, start: number, end: number, key: number): boolean {
  const text = new Utf8Validator();
  for (let at = start; at < end; at += scratchSize) {
    const stop = Math.min(end, at + scratchSize);
    // Pieces are whole multiples of four bytes, so each starts with the key's first byte.
    if (unmask(data, at, stop, key, 0) && !text.insideCharacter) continue;
    if (text.push(scratch, 0, stop - at) >= 0) return false;
  }
  return !text.insideCharacter;
}

function isClose(data: Uint8Array, start: number, end: number, key: number): boolean {
  if (!isText(data, start + 2, end, (key << 16) | (key >>> 16))) return false;
  return isSendableCloseCode(((data[start]! << 8) | data[start + 1]!) ^ (key >>> 16));
}
