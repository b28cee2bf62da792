/**
 * Classic pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of 16 bytes and the packet.
 *
 *    0               4       6       8              12              16              20              24
 *   +---------------+-------+-------+---------------+---------------+---------------+---------------+
 *   | magic         | major | minor | reserved      | reserved      | snaplen       | FCS | link typ|
 *   +---------------+-------+-------+---------------+---------------+---------------+---------------+
 *   | seconds       | micro- or nanoseconds         | captured length               | wire length   |  a record
 *
 * Both byte orders, microseconds and nanoseconds, and the version 2.2 and 2.3 files in which the two lengths stand the
 * other way round. Records carry no mark by which a reader could find its way back after damage: it stops there.
 */
import { CaptureError } from '../core/errors.ts';
import type { Moment } from '../core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import { maxRecordLength, type Block } from './file-blocks.ts';
import { grouped, type CaptureFormat, type ReaderOptions, type RecordReader } from './record-reader.ts';

const headerLength = 24;
const recordHeaderLength = 16;

const microsecondMagic = 0xa1b2c3d4;
const nanosecondMagic = 0xa1b23c4d;

export const pcap: CaptureFormat = {
  name: 'pcap',
  magics: [microsecondMagic, 0xd4c3b2a1, nanosecondMagic, 0x4d3cb2a1],
  headerLength,
  reader: (options) => new PcapReader(options),
};

export interface PcapHeader {
  readonly littleEndian: boolean;
  readonly nanoseconds: boolean;
  readonly linkType: number;
  /** Bytes of frame check sequence at the end of each packet. */
  readonly fcsLength: number;
  /** Which of the two lengths of a record comes first: the captured one but in old files, where it may be either. */
  readonly lengths: 'captured-first' | 'wire-first' | 'either';
}

/** @throws CaptureError where the version is not one that is known */
export function parsePcapHeader(view: DataView, at: number, name: string): PcapHeader {
  const magic = view.getUint32(at);
  const littleEndian = magic !== microsecondMagic && magic !== nanosecondMagic;
  const major = view.getUint16(at + 4, littleEndian);
  const minor = view.getUint16(at + 6, littleEndian);
  // Version 543.0 was written by one vendor's tcpdump; it is 2.2 in all but the number.
  if (major !== 2 && major !== 543) {
    throw new CaptureError(`${name}: pcap version ${major}.${minor} (byte 4); expected 2.4`, 4);
  }
  const linkField = view.getUint32(at + 20, littleEndian);
  return {
    littleEndian,
    nanoseconds: view.getUint32(at, littleEndian) === nanosecondMagic,
    linkType: linkField & 0xffff,
    // Bit 26 says that the top four bits count the 16-bit words of FCS.
    fcsLength: linkField & 0x04000000 ? (linkField >>> 28) * 2 : 0,
    lengths: major === 543 || minor < 3 ? 'wire-first' : minor === 3 ? 'either' : 'captured-first',
  };
}

export class PcapReader implements RecordReader {
  readonly linkTypes = new Set<number>();
  stopped = false;
  private readonly name: string;
  private readonly sink: PacketSink;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private headerRead = false;
  private clockSet = false;
  private littleEndian = false;
  /** Nanoseconds a unit of the fraction field stands for. */
  private scale = 1000;
  private linkType = 0;
  private fcsLength = 0;
  /** Where in a record header the captured and the wire length stand. */
  private capturedAt = 8;
  private wireAt = 12;
  private eitherLength = false;
  /** The first packet's time. */
  private firstSeconds = 0;
  private firstFraction = 0;

  constructor(options: ReaderOptions) {
    this.name = options.name;
    this.sink = options.sink;
    this.diagnostics = options.diagnostics;
    this.moment = options.moment;
  }

  read(block: Block): void {
    if (!this.headerRead && !this.readHeader(block)) return;
    if (!this.clockSet && !this.setClock(block)) return;
    this.readRecords(block);
  }

  end(block: Block): void {
    const left = block.length;
    const offset = block.base + block.start;
    if (!this.headerRead) {
      throw new CaptureError(`${this.name}: the pcap header is cut short: ${left} of ${headerLength} bytes`, left);
    }
    if (left === 0 || this.stopped) return;
    const whole = left < recordHeaderLength ? recordHeaderLength : block.needed;
    const part = left < recordHeaderLength ? 'the header of ' : '';
    const detail = `${part}packet ${this.moment.packet + 1} has ${grouped(left)} of ${grouped(whole)} bytes`;
    this.diagnostics.report('capture.cut', -1, -1, offset, detail);
  }

  private readHeader(block: Block): boolean {
    block.needed = headerLength;
    if (block.length < headerLength) return false;
    const header = parsePcapHeader(block.view, block.start, this.name);
    this.littleEndian = header.littleEndian;
    this.scale = header.nanoseconds ? 1 : 1000;
    this.linkType = header.linkType;
    this.fcsLength = header.fcsLength;
    this.capturedAt = header.lengths === 'wire-first' ? 12 : 8;
    this.wireAt = header.lengths === 'wire-first' ? 8 : 12;
    this.eitherLength = header.lengths === 'either';
    this.linkTypes.add(header.linkType);
    block.start += headerLength;
    this.headerRead = true;
    return true;
  }

  private setClock(block: Block): boolean {
    block.needed = recordHeaderLength;
    if (block.length < recordHeaderLength) return false;
    this.firstSeconds = block.view.getUint32(block.start, this.littleEndian);
    this.firstFraction = block.view.getUint32(block.start + 4, this.littleEndian) * this.scale;
    this.moment.epoch = BigInt(this.firstSeconds) * 1_000_000_000n + BigInt(this.firstFraction);
    this.clockSet = true;
    return true;
  }

  private readRecords(block: Block): void {
    const { data, view, end, base } = block;
    const { moment, sink, littleEndian, scale, linkType, fcsLength, firstSeconds, firstFraction } = this;
    const { capturedAt, wireAt, eitherLength } = this;
    let at = block.start;
    block.needed = recordHeaderLength;
    while (end - at >= recordHeaderLength) {
      let captured = view.getUint32(at + capturedAt, littleEndian);
      let wire = view.getUint32(at + wireAt, littleEndian);
      if (captured > wire) {
        // More captured than was on the wire: old files that swap the two, else a writer that left the second unset.
        const longer = captured;
        if (eitherLength) captured = wire;
        wire = longer;
      }
      if (captured > maxRecordLength) {
        block.start = at;
        this.stop(base + at, captured);
        return;
      }
      const start = at + recordHeaderLength;
      const next = start + captured;
      if (next > end) {
        block.needed = next - at;
        break;
      }
      moment.time =
        (view.getUint32(at, littleEndian) - firstSeconds) * 1e9 +
        (view.getUint32(at + 4, littleEndian) * scale - firstFraction);
      moment.position = base + start;
      moment.packet++;
      at = next;
      if (fcsLength === 0 || wire < fcsLength) sink.packet(data, start, next, linkType, wire);
      else sink.packet(data, start, Math.min(next, start + wire - fcsLength), linkType, wire - fcsLength);
    }
    block.start = at;
  }

  private stop(offset: number, captured: number): void {
    const found = `captured length ${grouped(captured)} is more than ${grouped(maxRecordLength)}`;
    const packet = this.moment.packet + 1;
    if (packet === 1) throw new CaptureError(`${this.name}: packet 1 (byte ${offset}): ${found}`, offset);
    this.stopped = true;
    this.diagnostics.report('capture.stopped', -1, -1, offset, `packet ${packet}: ${found}`);
  }
}
