/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one little-endian section, nanosecond timestamps. Blocks gather in a buffer
 * that goes to `write` when it is full and on `flush`; nothing is allocated per packet.
 */
import { copyBytes } from '../core/bytes.ts';
import { UsageError } from '../core/errors.ts';
import { BlockType, byteOrderMagic, OptionCode, tlsKeyLog } from './pcapng-blocks.ts';

export interface PcapngWriterOptions {
  /** What packet times count from: nanoseconds since the Unix epoch. */
  readonly epoch: bigint;
  readonly hardware?: string;
  readonly operatingSystem?: string;
  /** The program that writes. */
  readonly application?: string;
  readonly comment?: string;
}

export interface InterfaceOptions {
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** 0, the default, is no limit. */
  readonly snaplen?: number;
  readonly name?: string;
  readonly description?: string;
}

/** Takes finished bytes, borrowed: written or copied before it returns (`fs.writeSync`, say). */
export type WriteBytes = (data: Uint8Array, start: number, end: number) => void;

/** Buffers of 256 KiB that take turns: nothing is copied. */
export interface WriterBuffers {
  readonly first: Uint8Array<ArrayBuffer>;
  /** Takes a buffer with so many finished bytes for good, and gives another one for it. */
  readonly swap: (full: Uint8Array<ArrayBuffer>, length: number) => Uint8Array<ArrayBuffer>;
}

const bufferLength = 256 * 1024;
const unknownLength = 0xffff_ffff_ffff_ffffn;
const nanosecondResolution = 9;

export class PcapngWriter {
  /** Bytes of the file so far, written or waiting. */
  size = 0;
  private readonly write: WriteBytes;
  private readonly swap: WriterBuffers['swap'] | undefined;
  private buffer: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private at = 0;
  private interfaces = 0;
  private readonly sectionOptions: Uint8Array;
  /** The epoch in halves of 32 bits: a packet's time is added without big integers. */
  private readonly epochHigh: number;
  private readonly epochLow: number;

  /** @param buffers take what `write` would, where that is less than a buffer */
  constructor(write: WriteBytes, options: PcapngWriterOptions, buffers?: WriterBuffers) {
    this.write = write;
    this.swap = buffers?.swap;
    this.buffer = buffers?.first ?? new Uint8Array(bufferLength);
    this.view = viewOn(this.buffer);
    this.epochHigh = Number(options.epoch >> 32n);
    this.epochLow = Number(options.epoch & 0xffff_ffffn);
    const fields: [number, string | undefined][] = [
      [OptionCode.comment, options.comment],
      [OptionCode.hardware, options.hardware],
      [OptionCode.operatingSystem, options.operatingSystem],
      [OptionCode.application, options.application],
    ];
    this.sectionOptions = encodeOptions(fields.map(([code, text]) => [code, utf8(text)]));
    this.section();
  }

  /** Begins another file: the one before is to be flushed, interfaces are to be added anew. */
  restart(): void {
    this.size = 0;
    this.interfaces = 0;
    this.section();
  }

  private section(): void {
    const options = this.sectionOptions;
    const length = 28 + options.length;
    this.begin(BlockType.sectionHeader, length);
    this.view.setUint32(this.at, byteOrderMagic, true);
    this.view.setUint16(this.at + 4, 1, true);
    this.view.setUint16(this.at + 6, 0, true);
    this.view.setBigUint64(this.at + 8, unknownLength, true);
    this.at += 16;
    this.append(options, 0, options.length);
    this.finish(length);
  }

  /** Describes an interface; gives the number packets name it by. */
  addInterface(options: InterfaceOptions): number {
    const encoded = encodeOptions([
      [OptionCode.interfaceName, utf8(options.name)],
      [OptionCode.interfaceDescription, utf8(options.description)],
      [OptionCode.timestampResolution, Uint8Array.of(nanosecondResolution)],
    ]);
    const length = 20 + encoded.length;
    this.begin(BlockType.interfaceDescription, length);
    this.view.setUint16(this.at, options.linkType, true);
    this.view.setUint16(this.at + 2, 0, true);
    this.view.setUint32(this.at + 4, options.snaplen ?? 0, true);
    this.at += 8;
    this.append(encoded, 0, encoded.length);
    this.finish(length);
    return this.interfaces++;
  }

  /**
   * @param time nanoseconds after the epoch
   * @param wireLength bytes on the wire; more than `end - start` where the packet was cut
   * @returns offset in the file where the packet's bytes begin
   */
  packet(
    interfaceNumber: number,
    time: number,
    data: Uint8Array,
    start: number,
    end: number,
    wireLength: number = end - start,
    comment?: string,
  ): number {
    const captured = end - start;
    const options = commentOption(comment);
    const length = packetOverhead + padded(captured) + options.length;
    this.beginPacket(interfaceNumber, time, captured, wireLength, length);
    const position = this.size - length + packetHeaderLength;
    this.append(data, start, end);
    this.pad(captured);
    this.append(options, 0, options.length);
    this.finish(length);
    return position;
  }

  /**
   * A packet that the caller writes down itself, before anything else is done here: its block stands already around
   * `length` bytes, at most 64 KiB.
   *
   * @returns where they belong in the buffer's memory: an offset in its ArrayBuffer
   */
  place(interfaceNumber: number, time: number, length: number, comment?: string): number {
    const options = commentOption(comment);
    const whole = packetOverhead + padded(length) + options.length;
    if (whole > this.buffer.length - this.at) this.flush();
    this.beginPacket(interfaceNumber, time, length, length, whole);
    const position = this.buffer.byteOffset + this.at;
    this.at += length;
    this.pad(length);
    this.append(options, 0, options.length);
    this.finish(whole);
    return position;
  }

  /** Whether a packet of so many bytes can be placed, with a comment if need be, before the buffer is full. */
  hasRoom(length: number): boolean {
    return this.buffer.length - this.at >= length + packetOverhead + commentRoom;
  }

  private beginPacket(
    interfaceNumber: number,
    time: number,
    captured: number,
    wireLength: number,
    length: number,
  ): void {
    if (interfaceNumber >= this.interfaces) throw new UsageError(`interface ${interfaceNumber} was not added`);
    this.begin(BlockType.enhancedPacket, length);
    const timeHigh = Math.floor(time / 0x1_0000_0000);
    const low = this.epochLow + (time - timeHigh * 0x1_0000_0000);
    const carry = low >= 0x1_0000_0000 ? 1 : 0;
    this.view.setUint32(this.at, interfaceNumber, true);
    this.view.setUint32(this.at + 4, this.epochHigh + timeHigh + carry, true);
    this.view.setUint32(this.at + 8, low - carry * 0x1_0000_0000, true);
    this.view.setUint32(this.at + 12, captured, true);
    this.view.setUint32(this.at + 16, wireLength, true);
    this.at += 20;
  }

  /** A decryption-secrets block: by default lines of an NSS key log. It should stand before the packets it opens. */
  secrets(data: Uint8Array, kind: number = tlsKeyLog): void {
    const length = 20 + padded(data.length);
    this.begin(BlockType.decryptionSecrets, length);
    this.view.setUint32(this.at, kind, true);
    this.view.setUint32(this.at + 4, data.length, true);
    this.at += 8;
    this.append(data, 0, data.length);
    this.pad(data.length);
    this.finish(length);
  }

  /** Hands on everything written so far. */
  flush(): void {
    if (this.at === 0) return;
    const length = this.at;
    this.at = 0;
    if (this.swap === undefined) return this.write(this.buffer, 0, length);
    this.buffer = this.swap(this.buffer, length);
    this.view = viewOn(this.buffer);
  }

  /** Type and length, and room for the fixed fields of any block behind them. */
  private begin(type: number, length: number): void {
    if (this.buffer.length - this.at < 64) this.flush();
    this.size += length;
    this.view.setUint32(this.at, type, true);
    this.view.setUint32(this.at + 4, length, true);
    this.at += 8;
  }

  private finish(length: number): void {
    if (this.buffer.length - this.at < 4) this.flush();
    this.view.setUint32(this.at, length, true);
    this.at += 4;
  }

  private append(data: Uint8Array, start: number, end: number): void {
    if (end - start > this.buffer.length - this.at) this.flush();
    if (end - start > this.buffer.length) return this.write(data, start, end);
    copyBytes(data, start, end, this.buffer, this.at);
    this.at += end - start;
  }

  private pad(length: number): void {
    if (this.buffer.length - this.at < 4) this.flush();
    for (let i = length; i < padded(length); i++) this.buffer[this.at++] = 0;
  }
}

const noOptions = new Uint8Array(0);
/** Of an enhanced packet block: what stands before the packet, and all but the packet. */
const packetHeaderLength = 28;
const packetOverhead = packetHeaderLength + 4;
/** A comment of 64 KiB, its option's header, the end of options. */
const commentRoom = 0x1_0000 + 8 + 4;

function commentOption(comment: string | undefined): Uint8Array {
  return comment === undefined ? noOptions : encodeOptions([[OptionCode.comment, utf8(comment)]]);
}

function viewOn(buffer: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function utf8(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

/** An option list with its end mark; nothing where no option has a value. */
function encodeOptions(options: readonly (readonly [number, Uint8Array | undefined])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [code, value] of options) {
    if (value === undefined) continue;
    // An option's length has 16 bits.
    const kept = value.subarray(0, 0xffff);
    const option = new Uint8Array(4 + padded(kept.length));
    new DataView(option.buffer).setUint16(0, code, true);
    new DataView(option.buffer).setUint16(2, kept.length, true);
    option.set(kept, 4);
    parts.push(option);
  }
  if (parts.length === 0) return noOptions;
  return Uint8Array.from(Buffer.concat([...parts, new Uint8Array(4)]));
}
