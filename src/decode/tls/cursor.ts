/** Reads the vectors of TLS's presentation language (RFC 8446 3.4). Past the end it gives zeros and is no longer `ok`. */
import { u16 } from '../../core/bytes.ts';

export class Cursor {
  ok = true;
  at: number;
  readonly data: Uint8Array;
  readonly end: number;

  constructor(data: Uint8Array, start: number, end: number) {
    this.data = data;
    this.at = start;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return !this.ok || this.at >= this.end;
  }

  u8(): number {
    const at = this.skip(1);
    return this.ok ? this.data[at]! : 0;
  }

  u16(): number {
    const at = this.skip(2);
    return this.ok ? u16(this.data, at) : 0;
  }

  u24(): number {
    return (this.u8() << 16) | this.u16();
  }

  /** Passes over `length` bytes. @returns where they begin */
  skip(length: number): number {
    const { at } = this;
    if (at + length > this.end) this.ok = false;
    else this.at += length;
    return at;
  }

  hex(length: number): string {
    const at = this.skip(length);
    if (!this.ok) return '';
    return Buffer.from(this.data.buffer, this.data.byteOffset + at, length).toString('hex');
  }

  text(length: number): string {
    const at = this.skip(length);
    if (!this.ok) return '';
    return Buffer.from(this.data.buffer, this.data.byteOffset + at, length).toString('latin1');
  }

  /** The next `length` bytes as a cursor of their own. */
  part(length: number): Cursor {
    const at = this.skip(length);
    return new Cursor(this.data, this.ok ? at : this.end, this.ok ? at + length : this.end);
  }

  /** The rest as numbers of one byte. */
  bytes(): number[] {
    return [...this.data.subarray(this.at, this.end)];
  }

  /** The rest as 16-bit numbers. */
  numbers(): number[] {
    const list: number[] = [];
    while (this.end - this.at >= 2) list.push(this.u16());
    return list;
  }
}
