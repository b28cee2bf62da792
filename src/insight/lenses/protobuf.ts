/**
 * Protocol Buffers by their wire form alone: field numbers, wire types, values. Without the schema a length-delimited
 * field may be text, bytes or a message within; text is told where it is UTF-8 that can be printed.
 */
import { isUtf8 } from 'node:buffer';
import { view, type Lens, type LensInput, type LensView } from './lens.ts';

export interface WireField {
  readonly number: number;
  readonly type: 'varint' | 'fixed64' | 'bytes' | 'text' | 'fixed32';
  readonly value: string | number;
}

const mostFields = 1000;

export const protobuf: Lens = {
  name: 'protobuf',
  subprotocols: ['protobuf', 'proto', 'x-protobuf'],
  read({ text, bytes }: LensInput): LensView | undefined {
    if (text !== undefined) return undefined;
    const fields = wireFields(bytes);
    if (fields === undefined) return undefined;
    return view(
      `fields ${[...new Set(fields.map(({ number }) => number))].slice(0, 8).join(' ')}`,
      undefined,
      undefined,
      fields,
    );
  },
};

/** The fields, where the bytes are a whole message from first to last and its field numbers are plausible. */
export function wireFields(bytes: Uint8Array): WireField[] | undefined {
  const fields: WireField[] = [];
  const reader = new WireReader(bytes);
  while (reader.at < bytes.length) {
    const key = reader.varint();
    const number = Math.floor(key / 8);
    if (!(number >= 1 && number <= 4096) || fields.length >= mostFields) return undefined;
    const field = reader.field(number, key % 8);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields.length > 0 ? fields : undefined;
}

class WireReader {
  at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** NaN where the bytes end inside it or it is longer than ten bytes. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10 && this.at < this.bytes.length; i++) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return NaN;
  }

  field(number: number, wireType: number): WireField | undefined {
    if (wireType === 0) {
      const value = this.varint();
      return Number.isNaN(value) ? undefined : { number, type: 'varint', value };
    }
    if (wireType === 1) return this.fixed(number, 8);
    if (wireType === 5) return this.fixed(number, 4);
    return wireType === 2 ? this.delimited(number) : undefined;
  }

  private fixed(number: number, size: 4 | 8): WireField | undefined {
    if (this.at + size > this.bytes.length) return undefined;
    const value = hex(this.bytes.subarray(this.at, (this.at += size)));
    return { number, type: size === 4 ? 'fixed32' : 'fixed64', value };
  }

  private delimited(number: number): WireField | undefined {
    const length = this.varint();
    if (!(this.at + length <= this.bytes.length)) return undefined;
    const part = this.bytes.subarray(this.at, (this.at += length));
    const text = isUtf8(part) ? Buffer.from(part).toString('utf8') : undefined;
    if (text !== undefined && !hasControls(text)) return { number, type: 'text', value: text };
    return { number, type: 'bytes', value: hex(part) };
  }
}

function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d) return true;
  }
  return false;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
