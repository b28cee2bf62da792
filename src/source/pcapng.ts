/**
 * pcapng (draft-ietf-opsawg-pcapng): blocks in sections, each section with its own byte order and interfaces.
 *
 *   +------------+--------------+------------------------------+--------------+
 *   | type (32)  | length (32)  | body, padded to 32 bits      | length (32)  |
 *   +------------+--------------+------------------------------+--------------+
 *
 * Enhanced, simple and obsolete packet blocks are delivered, decryption secrets handed on, interface descriptions kept;
 * names, statistics, comments, custom and unknown blocks are passed over. Where the two lengths of a block disagree it is
 * damaged, and the search for the next block whose lengths agree begins behind it.
 */
import { CaptureError } from '../core/errors.ts';
import type { Moment } from '../core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import { maxRecordLength, type Block } from './file-blocks.ts';
import { BlockType, byteOrderMagic, OptionCode, smallestBlock, takesPacketNumber } from './pcapng-blocks.ts';
import { PcapngInterface } from './pcapng-interface.ts';
import { grouped, type CaptureFormat, type ReaderOptions, type RecordReader } from './record-reader.ts';

const headerLength = 28;

export const pcapng: CaptureFormat = {
  name: 'pcapng',
  magics: [BlockType.sectionHeader],
  headerLength,
  reader: (options) => new PcapngReader(options),
};

/** A packet of the longest kind, its header and its options. */
const maxBlockLength = maxRecordLength + 64 * 1024;
/** The longest block taken for the end of a damaged stretch: longer ones are rarer than chance. */
const maxLandmarkLength = 1024 * 1024;
/** Interfaces a section can have: the most that 16-bit packet blocks can name. */
const maxInterfaces = 65_536;
/** Room that options of a packet may plausibly take, where a cut and a damaged length are told apart. */
const maxOptionsLength = 64 * 1024;

/** Answers of `frame` that are not a length. */
const incomplete = 0;
const damaged = -1;

const pastEnd = 'its length reaches past the end of the file';

export class PcapngReader implements RecordReader {
  readonly linkTypes = new Set<number>();
  stopped = false;
  private readonly name: string;
  private readonly sink: PacketSink;
  private readonly diagnostics: DiagnosticSink;
  private readonly moment: Moment;
  private littleEndian = false;
  private interfaces: PcapngInterface[] = [];
  /** Interfaces of this section that packets named and nobody described: each is reported once. */
  private unknownInterfaces = new Set<number>();
  private sectionRead = false;
  private clockSet = false;
  /** Capture offset of the damaged block behind which a whole one is searched; -1 where none is. */
  private lostAt = -1;
  private lostWhy = '';
  private ended = false;

  constructor(options: ReaderOptions) {
    this.name = options.name;
    this.sink = options.sink;
    this.diagnostics = options.diagnostics;
    this.moment = options.moment;
  }

  read(block: Block): void {
    while (!this.stopped) {
      if (this.lostAt >= 0 && !this.findLandmark(block)) return;
      const length = this.frame(block, block.start);
      if (length === incomplete) {
        if (!this.ended || block.length === 0) return;
        if (this.looksCut(block)) return this.reportCut(block.base + block.start, block.length, block.needed);
        this.lose(block, pastEnd);
      } else if (length === damaged) {
        this.lose(block, 'its two lengths disagree');
      } else {
        this.take(block, block.start, length);
        if (this.lostAt < 0) block.start += length;
      }
    }
  }

  end(block: Block): void {
    if (!this.sectionRead) {
      const found = `${grouped(block.length)} of ${grouped(Math.max(headerLength, block.needed))} bytes`;
      throw new CaptureError(`${this.name}: the pcapng section header is cut short: ${found}`, block.length);
    }
    this.ended = true;
    this.read(block);
  }

  // --- framing -------------------------------------------------------------------------------------------------------

  /** Length of the block at `at` with its padding, `incomplete`, or `damaged`. */
  private frame(block: Block, at: number): number {
    const view = block.view;
    const available = block.end - at;
    block.needed = 12;
    if (available < 12) return incomplete;
    let littleEndian = this.littleEndian;
    let smallest = 12;
    if (view.getUint32(at) === BlockType.sectionHeader) {
      if (view.getUint32(at + 8) === byteOrderMagic) littleEndian = false;
      else if (view.getUint32(at + 8, true) === byteOrderMagic) littleEndian = true;
      else return damaged;
      smallest = headerLength;
    }
    const told = view.getUint32(at + 4, littleEndian);
    if (told < smallest || told > maxBlockLength) return damaged;
    // Some writers leave the padding out of the length.
    const length = (told + 3) & ~3;
    if (length > available) {
      block.needed = length;
      return incomplete;
    }
    return view.getUint32(at + length - 4, littleEndian) === told ? length : damaged;
  }

  private take(block: Block, at: number, length: number): void {
    const type = block.view.getUint32(at, this.littleEndian);
    if (type === BlockType.enhancedPacket) return this.enhancedPacket(block, at, length);
    if (length < smallestBlock(type)) return this.skip(block, at, 'is too short for its type');
    switch (type) {
      case BlockType.sectionHeader:
        return this.section(block, at);
      case BlockType.interfaceDescription:
        return this.describeInterface(block, at, length);
      case BlockType.simplePacket:
        return this.simplePacket(block, at, length);
      case BlockType.packet:
        return this.obsoletePacket(block, at, length);
      case BlockType.decryptionSecrets:
        return this.secrets(block, at, length);
      default:
        if (takesPacketNumber(type)) this.moment.packet++;
    }
  }

  // --- blocks --------------------------------------------------------------------------------------------------------

  private section(block: Block, at: number): void {
    const view = block.view;
    const littleEndian = view.getUint32(at + 8, true) === byteOrderMagic;
    const major = view.getUint16(at + 12, littleEndian);
    if (major !== 1) {
      const why = `pcapng version ${major}.${view.getUint16(at + 14, littleEndian)}; expected 1.0`;
      if (!this.sectionRead) throw new CaptureError(`${this.name}: ${why} (byte 12)`, 12);
      return this.lose(block, why);
    }
    this.littleEndian = littleEndian;
    this.sectionRead = true;
    this.interfaces = [];
    this.unknownInterfaces = new Set();
  }

  private describeInterface(block: Block, at: number, length: number): void {
    if (this.interfaces.length >= maxInterfaces) return this.skip(block, at, 'describes one interface too many');
    const description = new PcapngInterface(block.view, at, length, this.littleEndian);
    this.interfaces.push(description);
    this.linkTypes.add(description.linkType);
  }

  private enhancedPacket(block: Block, at: number, length: number): void {
    const view = block.view;
    const littleEndian = this.littleEndian;
    if (length < 32) return this.skip(block, at, 'is too short for its type');
    const captured = view.getUint32(at + 20, littleEndian);
    if (captured > length - 32) return this.skip(block, at, 'is shorter than its packet');
    const number = view.getUint32(at + 8, littleEndian);
    if (number >= this.interfaces.length) return this.unknownInterface(block, at, number);
    const from = this.interfaces[number]!;
    this.setTime(from, view, at + 12);
    const padded = (captured + 3) & ~3;
    let fcsLength = from.fcsLength;
    if (length - 32 - padded >= 8)
      fcsLength = this.flaggedFcsLength(view, at + 28 + padded, at + length - 4, fcsLength);
    this.deliver(block, at + 28, captured, view.getUint32(at + 24, littleEndian), from.linkType, fcsLength);
  }

  /** The obsolete block: the interface is 16 bits, the number of drops beside it. */
  private obsoletePacket(block: Block, at: number, length: number): void {
    const view = block.view;
    const captured = view.getUint32(at + 20, this.littleEndian);
    if (captured > length - 32) return this.skip(block, at, 'is shorter than its packet');
    const number = view.getUint16(at + 8, this.littleEndian);
    if (number >= this.interfaces.length) return this.unknownInterface(block, at, number);
    const from = this.interfaces[number]!;
    this.setTime(from, view, at + 12);
    this.deliver(block, at + 28, captured, view.getUint32(at + 24, this.littleEndian), from.linkType, from.fcsLength);
  }

  /** A packet of the first interface, without a time: it keeps that of the one before, or where it is the first, of the next one. */
  private simplePacket(block: Block, at: number, length: number): void {
    if (this.interfaces.length === 0) return this.unknownInterface(block, at, 0);
    const from = this.interfaces[0]!;
    if (!this.clockSet) this.setClockAhead(block, at + length);
    const wire = block.view.getUint32(at + 8, this.littleEndian);
    const kept = from.snaplen === 0 ? wire : Math.min(wire, from.snaplen);
    this.deliver(block, at + 12, Math.min(kept, length - 16), wire, from.linkType, from.fcsLength);
  }

  private secrets(block: Block, at: number, length: number): void {
    const size = block.view.getUint32(at + 12, this.littleEndian);
    if (size > length - 20) return this.skip(block, at, 'is shorter than its secrets');
    this.sink.secrets(block.view.getUint32(at + 8, this.littleEndian), block.data, at + 16, at + 16 + size);
  }

  private setTime(from: PcapngInterface, view: DataView, at: number): void {
    if (!this.clockSet) {
      this.moment.epoch = this.absolute(from, view, at);
      this.clockSet = true;
    }
    from.setTime(this.moment, view, at, this.littleEndian);
  }

  /** Lets the capture begin with the next packet of this block that has a time; in 1970, where there is none. */
  private setClockAhead(block: Block, at: number): void {
    this.clockSet = true;
    for (let length = this.frame(block, at); length > 0; length = this.frame(block, at)) {
      const type = block.view.getUint32(at, this.littleEndian);
      if (type === BlockType.sectionHeader) return;
      if (type === BlockType.enhancedPacket && length >= 32) {
        const from = this.interfaces[block.view.getUint32(at + 8, this.littleEndian)];
        if (from !== undefined) this.moment.epoch = this.absolute(from, block.view, at + 12);
        return;
      }
      at += length;
    }
  }

  private absolute(from: PcapngInterface, view: DataView, at: number): bigint {
    return from.absolute(view.getUint32(at, this.littleEndian), view.getUint32(at + 4, this.littleEndian));
  }

  /** epb_flags tells the check sequence of this packet in bits 5-8 (4.3.1), where it tells one. */
  private flaggedFcsLength(view: DataView, at: number, end: number, otherwise: number): number {
    while (end - at >= 8) {
      const code = view.getUint16(at, this.littleEndian);
      const size = view.getUint16(at + 2, this.littleEndian);
      if (code === OptionCode.end) break;
      if (code === OptionCode.packetFlags && size === 4) {
        return (view.getUint32(at + 4, this.littleEndian) >>> 5) & 0xf || otherwise;
      }
      at += 4 + ((size + 3) & ~3);
    }
    return otherwise;
  }

  private deliver(
    block: Block,
    start: number,
    captured: number,
    told: number,
    linkType: number,
    fcsLength: number,
  ): void {
    const wire = told < captured ? captured : told;
    this.moment.position = block.base + start;
    this.moment.packet++;
    if (fcsLength === 0 || wire < fcsLength) this.sink.packet(block.data, start, start + captured, linkType, wire);
    else {
      const kept = Math.min(captured, wire - fcsLength);
      this.sink.packet(block.data, start, start + kept, linkType, wire - fcsLength);
    }
  }

  private unknownInterface(block: Block, at: number, number: number): void {
    this.moment.packet++;
    if (this.unknownInterfaces.has(number) || this.unknownInterfaces.size >= maxInterfaces) return;
    this.unknownInterfaces.add(number);
    const detail = `packet ${this.moment.packet} names interface ${number}; ${this.interfaces.length} are described`;
    this.diagnostics.report('capture.unknown-interface', -1, -1, block.base + at, detail);
  }

  // --- damage --------------------------------------------------------------------------------------------------------

  /** A block whose frame is sound and whose content is not: reading goes on behind it. */
  private skip(block: Block, at: number, why: string): void {
    this.diagnostics.report('capture.corrupt-record', -1, -1, block.base + at, `a block ${why}`);
  }

  private lose(block: Block, why: string): void {
    if (!this.sectionRead) throw this.damagedHeader(block, why);
    this.lostAt = block.base + block.start;
    this.lostWhy = why;
    block.start++;
  }

  private damagedHeader({ data, view, start }: Block, why: string): CaptureError {
    const ordered = view.getUint32(start + 8) === byteOrderMagic || view.getUint32(start + 8, true) === byteOrderMagic;
    const found = Array.from(data.subarray(start + 8, start + 12), (byte) => byte.toString(16).padStart(2, '0'));
    const [at, what] = ordered
      ? [0, why]
      : [8, `byte-order magic ${found.join(' ')}; expected 1a 2b 3c 4d, either way round`];
    return new CaptureError(`${this.name}: damaged pcapng section header (byte ${at}): ${what}`, at);
  }

  /** Moves `block.start` to the next whole block of a known type. False where more bytes are needed, or none are left. */
  private findLandmark(block: Block): boolean {
    for (; block.length >= 12; block.start++) {
      const answer = this.landmark(block);
      if (answer === damaged) continue;
      if (answer === incomplete) return false;
      this.reportCorrupt(block);
      return true;
    }
    block.needed = 12;
    if (this.ended) this.stop(block);
    return false;
  }

  private landmark(block: Block): number {
    const view = block.view;
    const at = block.start;
    const type = view.getUint32(at, this.littleEndian);
    const smallest = smallestBlock(type);
    if (smallest === 0) return damaged;
    const length = this.frame(block, at);
    if (length === incomplete) return this.ended || block.needed > maxLandmarkLength ? damaged : incomplete;
    return length < smallest ? damaged : length;
  }

  private reportCorrupt(block: Block): void {
    const detail = `${this.lostWhy}; reading went on at byte ${grouped(block.base + block.start)}`;
    this.diagnostics.report('capture.corrupt-record', -1, -1, this.lostAt, detail);
    this.lostAt = -1;
  }

  private stop(block: Block): void {
    if (this.lostWhy === pastEnd) return this.reportCut(this.lostAt, block.base + block.end - this.lostAt, 0);
    this.stopped = true;
    if (this.moment.packet === 0) {
      throw new CaptureError(`${this.name}: damaged block (byte ${this.lostAt}): ${this.lostWhy}`, this.lostAt);
    }
    this.diagnostics.report('capture.stopped', -1, -1, this.lostAt, this.lostWhy);
  }

  /** Whether the incomplete last block is sound as far as it goes: the file was cut, not damaged. */
  private looksCut(block: Block): boolean {
    const at = block.start;
    const view = block.view;
    if (block.length < 28) return true;
    const type = view.getUint32(at, this.littleEndian);
    if (type !== BlockType.enhancedPacket) return smallestBlock(type) > 0 && block.needed <= maxOptionsLength;
    const room = block.needed - 32 - view.getUint32(at + 20, this.littleEndian);
    return room >= 0 && room <= maxOptionsLength;
  }

  private reportCut(offset: number, found: number, expected: number): void {
    this.stopped = true;
    const detail = `a block has ${grouped(found)} of ${grouped(expected)} bytes`;
    this.diagnostics.report('capture.cut', -1, -1, offset, expected === 0 ? `a block is cut: ${pastEnd}` : detail);
  }
}
