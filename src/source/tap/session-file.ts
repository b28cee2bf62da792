/**
 * What passed, as a pcapng file, written behind the traffic's back: a slow disk leaves packets out, a full one ends the
 * writing; neither makes a connection wait. With a bound the file is a ring of two: when it has half of what is allowed it
 * becomes `NAME.1.EXT`, in place of the one before, and a new one begins.
 */
import { closeSync, openSync, renameSync, write } from 'node:fs';
import { parse, join } from 'node:path';
import { PcapngWriter } from '../pcapng-writer.ts';

export interface SessionFileOptions {
  readonly epoch: bigint;
  readonly application: string;
  /** Bytes of both files together; 0 for one file without a bound. */
  readonly ring?: number;
  /** Called once, when nothing more can be written. */
  readonly failed: (error: unknown) => void;
  /** Called once, when packets are left out because the disk is too slow. */
  readonly late: () => void;
}

/** LINKTYPE_RAW: a packet begins with its IP header. */
const rawIp = 101;
/** Bytes of secrets that are kept. */
const knownBound = 1024 * 1024;
/** Bytes that wait to be written. */
const waitingBound = 128 * 1024 * 1024;

export class SessionFile {
  /** Packets left out. */
  dropped = 0;
  private readonly path: string;
  private readonly options: SessionFileOptions;
  private file: OpenFile | undefined;
  private writer: PcapngWriter;
  /** Latest secrets: the next file of the ring has packets of sessions that began in this one. */
  private readonly known: Buffer[] = [];
  private knownBytes = 0;
  /** Files that are still being written. */
  private readonly closing: Promise<void>[] = [];

  /** @throws where the file cannot be created */
  constructor(path: string, options: SessionFileOptions) {
    this.path = path;
    this.options = options;
    this.file = this.open();
    this.writer = this.begin(this.file);
  }

  packet(time: number, data: Uint8Array, start: number, end: number, comment?: string): void {
    if (this.file === undefined) return;
    if (this.file.waiting > waitingBound) {
      if (this.dropped++ === 0) this.options.late();
      return;
    }
    this.writer.packet(0, time, data, start, end, end - start, comment);
    const { ring = 0 } = this.options;
    if (ring > 0 && this.writer.size > ring / 2) this.rotate();
  }

  /** A TLS key log's lines, which stand before the packets they open. */
  secrets(lines: Uint8Array): void {
    if (this.file === undefined) return;
    this.writer.secrets(lines);
    const { ring = 0 } = this.options;
    if (ring === 0) return;
    this.known.push(Buffer.from(lines));
    this.knownBytes += lines.length;
    while (this.knownBytes > knownBound) this.knownBytes -= this.known.shift()!.length;
  }

  /** Lets what waits be written, so that others may read it. */
  flush(): void {
    if (this.file !== undefined) this.writer.flush();
  }

  /** Resolves when the file is whole. */
  async close(): Promise<void> {
    this.flush();
    if (this.file !== undefined) this.closing.push(this.file.close());
    this.file = undefined;
    await Promise.all(this.closing);
  }

  private open(): OpenFile {
    return new OpenFile(this.path, (error) => {
      this.file = undefined;
      this.options.failed(error);
    });
  }

  private begin(file: OpenFile): PcapngWriter {
    const { epoch, application } = this.options;
    const writer = new PcapngWriter((data, start, end) => file.write(data, start, end), { epoch, application });
    writer.addInterface({ linkType: rawIp, name: 'tap' });
    return writer;
  }

  private rotate(): void {
    this.writer.flush();
    if (this.file === undefined) return;
    this.closing.push(this.file.close());
    try {
      const { dir, name, ext } = parse(this.path);
      renameSync(this.path, join(dir, `${name}.1${ext}`));
      this.file = this.open();
      this.writer = this.begin(this.file);
      if (this.known.length > 0) this.writer.secrets(Buffer.concat(this.known));
    } catch (error) {
      this.file = undefined;
      this.options.failed(error);
    }
  }
}

/** A file written in pieces, one after another, while the program goes on. */
class OpenFile {
  /** Bytes that wait. */
  waiting = 0;
  private readonly fd: number;
  private readonly failed: (error: unknown) => void;
  private readonly pieces: Buffer[] = [];
  private writing = false;
  private broken = false;
  private idle: (() => void) | undefined;

  constructor(path: string, failed: (error: unknown) => void) {
    this.fd = openSync(path, 'w');
    this.failed = failed;
  }

  write(data: Uint8Array, start: number, end: number): void {
    if (this.broken) return;
    this.pieces.push(Buffer.from(data.subarray(start, end)));
    this.waiting += end - start;
    if (!this.writing) this.next();
  }

  async close(): Promise<void> {
    if (this.writing) {
      await new Promise<void>((resolve) => {
        this.idle = resolve;
      });
    }
    closeSync(this.fd);
  }

  private next(): void {
    const piece = this.pieces.shift();
    this.writing = piece !== undefined;
    if (piece !== undefined) this.put(piece, 0);
    else this.idle?.();
  }

  private put(piece: Buffer, from: number): void {
    write(this.fd, piece, from, piece.length - from, null, (error, count) => {
      if (error !== null) {
        this.broken = true;
        this.pieces.length = 0;
        this.failed(error);
        return this.next();
      }
      this.waiting -= count;
      if (from + count < piece.length) this.put(piece, from + count);
      else this.next();
    });
  }
}
