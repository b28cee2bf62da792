/**
 * What passed, as a pcapng file, written behind the traffic's back: a slow disk leaves packets out, a full one ends the
 * writing; neither makes a connection wait. With a bound the file is a ring of two: when it has half of what is allowed it
 * becomes `NAME.1.EXT`, in place of the one before, and a new one begins.
 */
import { close, fstatSync, open, openSync, write } from 'node:fs';
import { rename } from 'node:fs/promises';
import { parse, join } from 'node:path';
import { PcapngWriter, writerBufferLength } from '../pcapng-writer.ts';

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
const waitingBound = 64 * 1024 * 1024;
/** Buffers kept for what comes next. */
const spareBound = 128;

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
  private readonly spare: Uint8Array<ArrayBuffer>[] = [];

  /** @throws where the file cannot be created */
  constructor(path: string, options: SessionFileOptions) {
    this.path = path;
    this.options = options;
    this.file = OpenFile.now(path, this.recycle, this.fail);
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
    // A file that is not there yet grows: the disk is behind.
    if (ring > 0 && this.writer.size > ring / 2 && this.file.isRegular) this.rotate();
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
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private begin(file: OpenFile): PcapngWriter {
    const { epoch, application } = this.options;
    const writer = new PcapngWriter(
      (data, start, end) => file.write(data.slice(start, end), end - start),
      { epoch, application },
      (full, length) => {
        file.write(full, length);
        return this.spare.pop() ?? new Uint8Array(writerBufferLength);
      },
    );
    writer.addInterface({ linkType: rawIp, name: 'tap' });
    return writer;
  }

  /** What has been written is written into again. */
  private readonly recycle = (buffer: Uint8Array<ArrayBuffer>): void => {
    if (buffer.length === writerBufferLength && this.spare.length < spareBound) this.spare.push(buffer);
  };

  private readonly fail = (error: unknown): void => {
    if (this.file === undefined) return;
    this.file = undefined;
    this.options.failed(error);
  };

  private rotate(): void {
    this.writer.flush();
    const before = this.file;
    if (before === undefined) return;
    const { dir, name, ext } = parse(this.path);
    // The name is free for the next file once this one has another: nothing waits for that here.
    const renamed = before.close().then(async () => rename(this.path, join(dir, `${name}.1${ext}`)));
    this.file = OpenFile.after(renamed, this.path, this.recycle, this.fail);
    this.writer = this.begin(this.file);
    if (this.known.length > 0) this.writer.secrets(Buffer.concat(this.known));
  }
}

type Recycle = (buffer: Uint8Array<ArrayBuffer>) => void;

/** A file written in pieces, one after another, while the program goes on. */
class OpenFile {
  /** Bytes that wait. */
  waiting = 0;
  /** Whether it has a name that may be given to another. */
  isRegular = false;
  private fd = -1;
  private readonly recycle: Recycle;
  private readonly failed: (error: unknown) => void;
  private readonly pieces: { readonly data: Uint8Array<ArrayBuffer>; readonly length: number }[] = [];
  /** A piece is being written, or the file opened. */
  private busy = false;
  private broken = false;
  private idle: (() => void) | undefined;

  private constructor(recycle: Recycle, failed: (error: unknown) => void) {
    this.recycle = recycle;
    this.failed = failed;
  }

  /** @throws where the file cannot be created */
  static now(path: string, recycle: Recycle, failed: (error: unknown) => void): OpenFile {
    const file = new OpenFile(recycle, failed);
    file.fd = openSync(path, 'w');
    file.isRegular = fstatSync(file.fd).isFile();
    return file;
  }

  /** What is written before the file is there waits. */
  static after(step: Promise<void>, path: string, recycle: Recycle, failed: (error: unknown) => void): OpenFile {
    const file = new OpenFile(recycle, failed);
    file.busy = true;
    const opened = (error: unknown, fd: number): void => {
      file.fd = fd;
      file.isRegular = error === null;
      if (error !== null) file.fail(error);
      file.next();
    };
    step.then(
      () => open(path, 'w', opened),
      (error: unknown) => opened(error, -1),
    );
    return file;
  }

  /** @param data given away for good */
  write(data: Uint8Array<ArrayBuffer>, length: number): void {
    if (this.broken) return this.recycle(data);
    this.pieces.push({ data, length });
    this.waiting += length;
    if (!this.busy) this.next();
  }

  /** Resolves when all is written and the file closed. */
  async close(): Promise<void> {
    if (this.busy) {
      await new Promise<void>((resolve) => {
        this.idle = resolve;
      });
    }
    if (this.fd >= 0) await new Promise<void>((resolve) => close(this.fd, () => resolve()));
  }

  private next(): void {
    const piece = this.pieces.shift();
    this.busy = piece !== undefined;
    if (piece === undefined) this.idle?.();
    else this.put(piece.data, 0, piece.length);
  }

  private put(data: Uint8Array<ArrayBuffer>, from: number, end: number): void {
    write(this.fd, data, from, end - from, null, (error, count) => {
      if (error !== null) {
        this.fail(error);
        return this.next();
      }
      this.waiting -= count;
      if (from + count < end) return this.put(data, from + count, end);
      this.recycle(data);
      this.next();
    });
  }

  private fail(error: unknown): void {
    this.broken = true;
    this.pieces.length = 0;
    this.waiting = 0;
    this.failed(error);
  }
}
