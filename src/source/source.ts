/**
 * A capture file, or standard input, as a source of packets: finds out what it is, and reads it to its end into a
 * PacketSink. To add a format: a file with a `CaptureFormat`, and a line in `formats`.
 */
import { CaptureError, UsageError } from '../core/errors.ts';
import { Moment } from '../core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import { PrefixedInput, StreamInput, type ByteInput } from './byte-input.ts';
import { compressionOf, DecompressedInput, type Compression } from './decompress.ts';
import { FileBlocks, type Block } from './file-blocks.ts';
import { describeForeign } from './foreign.ts';
import { linkTypeName } from '../core/link-type.ts';
import { openingError, openInput, standardInput, type OpenedInput } from './open-input.ts';
import { pcap } from './pcap.ts';
import { pcapng } from './pcapng.ts';
import type { CaptureFormat, RecordReader } from './record-reader.ts';
import type { Readable } from 'node:stream';

const formats: readonly CaptureFormat[] = [pcap, pcapng];

export interface SourceOptions {
  /** Shared with the decoders behind the sink; the source keeps it up to date. */
  readonly moment: Moment;
  /** Takes the `capture.*` diagnostics; their offsets are bytes of the uncompressed capture. */
  readonly diagnostics: DiagnosticSink;
  /** A file that is still being written: wait for more at its end, until `signal` aborts. */
  readonly follow?: boolean;
  /** Ends the reading, and the waiting for a followed file or a pipe; of those what has been written until then is still read. */
  readonly signal?: AbortSignal;
  /** `pcap-parser`: the npm package of that name reads the records; classic microsecond pcap only. */
  readonly reader?: 'wirescope' | 'pcap-parser';
  /** Stands for standard input where the path is `-`. */
  readonly stdin?: Readable;
}

export interface SourceFacts {
  readonly kind: 'file' | 'stdin';
  /** The path as given; `-` for standard input. */
  readonly name: string;
  readonly format: 'pcap' | 'pcapng';
  readonly compressed?: Compression;
  /** Bytes on disk when it was opened; absent for a pipe. */
  readonly size?: number;
  /** Names of the link types the file has told so far, in the order told: `ETHERNET`, `LINUX_SLL2` ... */
  linkTypes(): string[];
}

export interface Source {
  readonly facts: SourceFacts;
  /** Bytes read from disk or pipe so far, for showing progress against `facts.size`. */
  readonly bytesRead: number;
  /**
   * Reads to the end, once. Rejects with CaptureError where nothing can be read; closes the source either way.
   *
   * @param betweenBlocks called after each block; reading waits for what it returns, and ends with what it throws
   */
  run(sink: PacketSink, betweenBlocks?: () => void | Promise<void>): Promise<void>;
  /** Stops a run at the next block, and lets go of the file. */
  close(): Promise<void>;
}

/** Opens a capture; `-` is standard input. @throws CaptureError where it cannot be opened or is no capture */
export async function openSource(path: string, options: SourceOptions): Promise<Source> {
  const signal = options.signal ?? new AbortController().signal;
  const opened = await openBytes(path, options, signal);
  try {
    return await openCapture(path, opened, options, signal);
  } catch (error) {
    await opened.input.close();
    throw readingError(path, error);
  }
}

async function openBytes(path: string, options: SourceOptions, signal: AbortSignal): Promise<OpenedInput> {
  const follow = options.follow ?? false;
  if (path !== '-') return openInput(path, follow, signal);
  if (options.stdin !== undefined) return { input: new StreamInput(options.stdin, signal) };
  return standardInput(follow, signal);
}

async function openCapture(
  path: string,
  opened: OpenedInput,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<Source> {
  const rawHead = await readHead(opened.input);
  const compression = compressionOf(rawHead);
  let input: ByteInput = new PrefixedInput(rawHead, opened.input);
  let head = rawHead;
  if (compression !== undefined) {
    if (options.follow === true) throw new UsageError(`${path}: a ${compression} file cannot be followed`);
    input = new DecompressedInput(input, compression);
    head = await readHead(input);
    if (head.length < magicLength && input.fault !== null) throw new CaptureError(`${path}: ${input.fault.detail}`, 0);
    input = new PrefixedInput(head, input);
  }
  const format = await readerFor(formatOf(head, compression, path), compression, path, options);
  const blocks = new FileBlocks(input);
  const scout = await scoutAhead(format, blocks, path);
  return new CaptureSource(path, format, blocks, input, scout, options, signal, {
    ...(compression === undefined ? {} : { compressed: compression }),
    ...(opened.size === undefined ? {} : { size: opened.size }),
  });
}

/** How much of the beginning is looked at before reading starts in earnest. */
const headLength = 64 * 1024;
const magicLength = 4;

/** The first bytes: at least four, but where the input is shorter. */
async function readHead(input: ByteInput): Promise<Uint8Array> {
  const head = new Uint8Array(headLength);
  let length = 0;
  while (length < magicLength) {
    const count = await input.read(head, length, headLength - length);
    if (count === 0) break;
    length += count;
  }
  return head.subarray(0, length);
}

function formatOf(head: Uint8Array, compression: Compression | undefined, path: string): CaptureFormat {
  if (head.length === 0)
    throw new CaptureError(`${path}: ${compression === undefined ? 'is empty' : 'unpacks to nothing'}`, 0);
  if (head.length >= magicLength) {
    const magic = new DataView(head.buffer, head.byteOffset).getUint32(0);
    const format = formats.find(({ magics }) => magics.includes(magic));
    if (format !== undefined) return format;
  }
  const unpacked = compression === undefined ? '' : `what is inside the ${compression} data `;
  const found = head.length < magicLength ? `is only ${head.length} bytes long` : describeForeign(head);
  throw new CaptureError(`${path}: ${unpacked}${found}; expected pcap or pcapng, plain or as .gz or .zst`, 0);
}

async function readerFor(
  format: CaptureFormat,
  compression: Compression | undefined,
  path: string,
  options: SourceOptions,
): Promise<CaptureFormat> {
  if (options.reader !== 'pcap-parser') return format;
  const problem = compression !== undefined ? `${compression} data` : format !== pcap ? format.name : undefined;
  if (problem === undefined) return (await import('./pcap-parser-reader.ts')).pcapParserFormat;
  throw new UsageError(`${path}: the reader pcap-parser knows microsecond pcap only, this is ${problem}`);
}

/** Reads the first block for its header alone: errors come when the file is opened, and link types are known. */
async function scoutAhead(format: CaptureFormat, blocks: FileBlocks, path: string): Promise<RecordReader> {
  const scout = format.reader({
    name: path,
    sink: { packet() {}, secrets() {} },
    diagnostics: { report() {} },
    moment: new Moment(),
  });
  let block: Block | null = await blocks.next();
  while (block !== null && block.length < format.headerLength) {
    block.needed = format.headerLength;
    block = await blocks.next();
  }
  const { start } = blocks.current;
  scout.read(blocks.current);
  if (block === null) scout.end(blocks.current);
  blocks.current.start = start;
  return scout;
}

class CaptureSource implements Source {
  readonly facts: SourceFacts;
  bytesRead = 0;
  private readonly format: CaptureFormat;
  private readonly blocks: FileBlocks;
  private readonly input: ByteInput;
  private readonly options: SourceOptions;
  private readonly signal: AbortSignal;
  private reader: RecordReader;
  private started = false;
  private closed = false;

  constructor(
    path: string,
    format: CaptureFormat,
    blocks: FileBlocks,
    input: ByteInput,
    scout: RecordReader,
    options: SourceOptions,
    signal: AbortSignal,
    facts: Pick<SourceFacts, 'compressed' | 'size'>,
  ) {
    this.format = format;
    this.blocks = blocks;
    this.input = input;
    this.reader = scout;
    this.options = options;
    this.signal = signal;
    this.facts = {
      kind: path === '-' ? 'stdin' : 'file',
      name: path,
      format: format.name,
      ...facts,
      linkTypes: () => [...new Set(Array.from(this.reader.linkTypes, linkTypeName))],
    };
  }

  async run(sink: PacketSink, betweenBlocks?: () => void | Promise<void>): Promise<void> {
    if (this.started) throw new UsageError('a source can be read once only');
    this.started = true;
    const { moment, diagnostics } = this.options;
    const scout = this.reader;
    const reader = this.format.reader({ name: this.facts.name, sink, diagnostics, moment });
    try {
      await this.readAll(reader, scout, betweenBlocks);
    } catch (error) {
      throw readingError(this.facts.name, error);
    } finally {
      await this.close();
    }
  }

  private async readAll(
    reader: RecordReader,
    scout: RecordReader,
    betweenBlocks: (() => void | Promise<void>) | undefined,
  ): Promise<void> {
    let block: Block | null = this.blocks.current;
    while (block !== null && !this.closed) {
      reader.read(block);
      if (reader.linkTypes.size >= scout.linkTypes.size) this.reader = reader;
      this.bytesRead = this.input.bytesRead;
      if (reader.stopped) return;
      await betweenBlocks?.();
      block = await this.blocks.next();
    }
    if (!this.closed) this.finish(reader);
  }

  private finish(reader: RecordReader): void {
    const rest = this.blocks.current;
    const fault = this.input.fault;
    // A writer that was not waited for may be in the middle of a record, and so may the part of a file: that is no damage.
    if (this.signal.aborted) return;
    if (fault === null) reader.end(rest);
    else this.options.diagnostics.report(fault.code, -1, -1, rest.base + rest.end, fault.detail);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.input.close();
  }
}

function readingError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const system = typeof code === 'string' && (error as NodeJS.ErrnoException).syscall !== undefined;
  return system ? openingError(path, error as NodeJS.ErrnoException) : error;
}
