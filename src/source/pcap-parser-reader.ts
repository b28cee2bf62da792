/**
 * Classic pcap by way of the npm package pcap-parser: the second reader, chosen with `--reader pcap-parser`.
 *
 * The package knows microseconds only, ends without a word on a cut file, and gathers gigabytes for a forged captured
 * length. A guard stands before it: it refuses the header, walks the record lengths, and hands on whole records alone.
 */
import { EventEmitter } from 'node:events';
import { parse, type Packet } from 'pcap-parser';
import { CaptureError, UsageError } from '../core/errors.ts';
import { maxRecordLength, type Block } from './file-blocks.ts';
import { parsePcapHeader, pcap } from './pcap.ts';
import { grouped, type CaptureFormat, type ReaderOptions, type RecordReader } from './record-reader.ts';

const headerLength = 24;
const recordHeaderLength = 16;

export const pcapParserFormat: CaptureFormat = {
  ...pcap,
  reader: (options) => new PcapParserReader(options),
};

/** The stream that the package believes it reads from. */
class Feed extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

class PcapParserReader implements RecordReader {
  readonly linkTypes = new Set<number>();
  stopped = false;
  private readonly options: ReaderOptions;
  private readonly feed = new Feed();
  private headerRead = false;
  private littleEndian = true;
  private linkType = 0;
  private fcsLength = 0;
  /** Capture offset of the record that the package reads next. */
  private offset = headerLength;
  private clockSet = false;
  private firstSeconds = 0;
  private firstMicroseconds = 0;

  constructor(options: ReaderOptions) {
    this.options = options;
    const parser = parse(this.feed);
    parser.on('packet', (packet) => this.packet(packet));
    parser.on('error', (error) => {
      throw new CaptureError(`${options.name}: pcap-parser: ${error.message}`, this.offset);
    });
  }

  read(block: Block): void {
    if (!this.headerRead && !this.readHeader(block)) return;
    const start = block.start;
    const forged = this.walk(block);
    if (block.start > start) this.push(block, start, block.start);
    if (forged >= 0) this.stop(block.base + block.start, forged);
  }

  end(block: Block): void {
    const { name, diagnostics, moment } = this.options;
    if (!this.headerRead) {
      const found = `${block.length} of ${headerLength} bytes`;
      throw new CaptureError(`${name}: the pcap header is cut short: ${found}`, block.length);
    }
    if (block.length === 0 || this.stopped) return;
    const detail = `packet ${moment.packet + 1} has ${grouped(block.length)} of ${grouped(block.needed)} bytes`;
    diagnostics.report('capture.cut', -1, -1, block.base + block.start, detail);
  }

  private readHeader(block: Block): boolean {
    block.needed = headerLength;
    if (block.length < headerLength) return false;
    const { name } = this.options;
    const header = parsePcapHeader(block.view, block.start, name);
    if (header.nanoseconds) throw new UsageError(`${name}: the reader pcap-parser knows no nanoseconds`);
    if (header.lengths !== 'captured-first')
      throw new UsageError(`${name}: the reader pcap-parser knows pcap 2.4 only`);
    this.littleEndian = header.littleEndian;
    this.linkType = header.linkType;
    this.fcsLength = header.fcsLength;
    this.linkTypes.add(header.linkType);
    this.push(block, block.start, block.start + headerLength);
    block.start += headerLength;
    this.headerRead = true;
    return true;
  }

  /** Moves `block.start` past the last whole record. A captured length beyond what is accepted, or -1. */
  private walk(block: Block): number {
    block.needed = recordHeaderLength;
    while (block.length >= recordHeaderLength) {
      const captured = block.view.getUint32(block.start + 8, this.littleEndian);
      if (captured > maxRecordLength) return captured;
      block.needed = recordHeaderLength + captured;
      if (block.needed > block.length) break;
      block.start += block.needed;
      block.needed = recordHeaderLength;
    }
    return -1;
  }

  /** The package works through whole records at once and keeps none: the block may be lent to it. */
  private push(block: Block, start: number, end: number): void {
    this.feed.emit('data', Buffer.from(block.data.buffer, block.data.byteOffset + start, end - start));
  }

  private packet({ header, data }: Packet): void {
    const { moment, sink } = this.options;
    if (!this.clockSet) this.setClock(header.timestampSeconds, header.timestampMicroseconds);
    const seconds = header.timestampSeconds - this.firstSeconds;
    moment.time = seconds * 1e9 + (header.timestampMicroseconds - this.firstMicroseconds) * 1000;
    moment.position = this.offset + recordHeaderLength;
    moment.packet++;
    this.offset += recordHeaderLength + data.length;
    const wire = Math.max(header.originalLength, data.length);
    const trailer = wire < this.fcsLength ? 0 : this.fcsLength;
    sink.packet(data, 0, Math.min(data.length, wire - trailer), this.linkType, wire - trailer);
  }

  private setClock(seconds: number, microseconds: number): void {
    this.clockSet = true;
    this.firstSeconds = seconds;
    this.firstMicroseconds = microseconds;
    this.options.moment.epoch = BigInt(seconds) * 1_000_000_000n + BigInt(microseconds) * 1000n;
  }

  private stop(offset: number, captured: number): void {
    const { name, diagnostics, moment } = this.options;
    const found = `captured length ${grouped(captured)} is more than ${grouped(maxRecordLength)}`;
    if (moment.packet === 0) throw new CaptureError(`${name}: packet 1 (byte ${offset}): ${found}`, offset);
    this.stopped = true;
    diagnostics.report('capture.stopped', -1, -1, offset, `packet ${moment.packet + 1}: ${found}`);
  }
}
