/**
 * Protocol Buffers without a schema: the wire format says of each field its number and how its value is laid out, not its
 * name or type. Strings, nested messages and packed numbers are laid out alike; what can be read as a message is taken for
 * one, what is text for text. A pure function for views: nothing here is kept.
 */
import { isUtf8 } from 'node:buffer';

/** Fields shown and nesting followed; what is deeper or behind is left out and counted. */
const mostFields = 1000;
const deepest = 16;
const longestValue = 200;

export interface ProtobufField {
  readonly number: number;
  readonly type: 'varint' | 'fixed64' | 'fixed32' | 'text' | 'bytes' | 'message' | 'group';
  /** The value as text; of a message and a group, its fields. */
  readonly value: string | readonly ProtobufField[];
}

/** The fields of `data[start, end)`, undefined where it is not a whole message. */
export function protobufFields(data: Uint8Array, start = 0, end = data.length): ProtobufField[] | undefined {
  const reader = new Reader(data, start, end, { left: mostFields });
  const fields = reader.message(0, 0);
  return fields !== undefined && reader.at === end ? fields : undefined;
}

/** A line a field, nested ones indented: `3 text "lamp"`. */
export function protobufLines(fields: readonly ProtobufField[], indent = ''): string[] {
  return fields.flatMap(({ number, type, value }) =>
    typeof value === 'string'
      ? [`${indent}${number} ${type} ${value}`]
      : [`${indent}${number} ${type}`, ...protobufLines(value, indent + '  ')],
  );
}

/** The messages of gRPC content (5-octet prefixes), each as its fields; undefined for those that are compressed, cut or no such message. */
export function grpcMessages(data: Uint8Array): (ProtobufField[] | undefined)[] {
  const messages: (ProtobufField[] | undefined)[] = [];
  for (let at = 0; at + 5 <= data.length && messages.length < mostFields;) {
    const length = new DataView(data.buffer, data.byteOffset + at + 1, 4).getUint32(0);
    const from = at + 5;
    at = from + length;
    if (data[from - 5]! < 0x80)
      messages.push(data[from - 5] === 0 && at <= data.length ? protobufFields(data, from, at) : undefined);
  }
  return messages;
}

class Reader {
  at: number;
  private readonly data: Uint8Array;
  private readonly end: number;
  private readonly budget: { left: number };

  constructor(data: Uint8Array, start: number, end: number, budget: { left: number }) {
    this.data = data;
    this.at = start;
    this.end = end;
    this.budget = budget;
  }

  /** @param group number of the group this is the inside of, 0 outside of one */
  message(depth: number, group: number): ProtobufField[] | undefined {
    const fields: ProtobufField[] = [];
    while (this.at < this.end) {
      const key = this.varint();
      if (key === undefined || key > 0xffff_ffffn) return undefined;
      const number = Number(key >> 3n);
      const wireType = Number(key & 7n);
      if (number === 0) return undefined;
      if (wireType === 4) return number === group ? fields : undefined;
      if (--this.budget.left < 0) return undefined;
      const field = this.field(number, wireType, depth);
      if (field === undefined) return undefined;
      fields.push(field);
    }
    return group === 0 ? fields : undefined;
  }

  private field(number: number, wireType: number, depth: number): ProtobufField | undefined {
    switch (wireType) {
      case 0: {
        const value = this.varint();
        return value === undefined ? undefined : { number, type: 'varint', value: String(value) };
      }
      case 1:
        return this.fixed(number, 8);
      case 2:
        return this.delimited(number, depth);
      case 3: {
        const value = depth < deepest ? this.message(depth + 1, number) : undefined;
        return value === undefined ? undefined : { number, type: 'group', value };
      }
      case 5:
        return this.fixed(number, 4);
      default:
        return undefined;
    }
  }

  private fixed(number: number, size: 4 | 8): ProtobufField | undefined {
    const from = this.at;
    this.at += size;
    if (this.at > this.end) return undefined;
    const view = new DataView(this.data.buffer, this.data.byteOffset + from, size);
    const whole = size === 4 ? String(view.getUint32(0, true)) : String(view.getBigUint64(0, true));
    const real = size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
    return { number, type: size === 4 ? 'fixed32' : 'fixed64', value: `${whole} (${Number(real.toPrecision(7))})` };
  }

  private delimited(number: number, depth: number): ProtobufField | undefined {
    const length = this.varint();
    if (length === undefined || length > BigInt(this.end - this.at)) return undefined;
    const from = this.at;
    this.at += Number(length);
    const octets = this.data.subarray(from, this.at);
    // Most text does not parse as a message; a message hardly ever is printable text.
    if (isUtf8(octets) && !hasControls(octets))
      return { number, type: 'text', value: shortened(JSON.stringify(Buffer.from(octets).toString())) };
    const nested = depth < deepest && octets.length > 0 ? new Reader(this.data, from, this.at, this.budget) : undefined;
    const fields = nested?.message(depth + 1, 0);
    if (fields !== undefined && nested!.at === this.at) return { number, type: 'message', value: fields };
    return { number, type: 'bytes', value: shortened(Buffer.from(octets.subarray(0, longestValue)).toString('hex')) };
  }

  private varint(): bigint | undefined {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) return undefined;
      const octet = this.data[this.at++]!;
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return value & 0xffff_ffff_ffff_ffffn;
    }
    return undefined;
  }
}

function hasControls(octets: Uint8Array): boolean {
  return octets.some((octet) => (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d) || octet === 0x7f);
}

function shortened(text: string): string {
  return text.length <= longestValue ? text : text.slice(0, longestValue) + '...';
}
