/**
 * What passed, as a pcapng file. A disk that is full ends the writing, not the traffic. With a bound the file is a ring of
 * two: when it has half of what is allowed it becomes `NAME.1.EXT`, in place of the one before, and a new one begins.
 */
import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { parse, join } from 'node:path';
import { PcapngWriter } from '../pcapng-writer.ts';

export interface SessionFileOptions {
  readonly epoch: bigint;
  readonly application: string;
  /** Bytes of both files together; 0 for one file without a bound. */
  readonly ring?: number;
  /** Called once, when nothing more can be written. */
  readonly failed: (error: unknown) => void;
}

/** LINKTYPE_RAW: a packet begins with its IP header. */
const rawIp = 101;

export class SessionFile {
  private readonly path: string;
  private readonly options: SessionFileOptions;
  private fd: number;
  private writer: PcapngWriter;

  /** @throws where the file cannot be created */
  constructor(path: string, options: SessionFileOptions) {
    this.path = path;
    this.options = options;
    this.fd = openSync(path, 'w');
    this.writer = this.begin();
  }

  get isOpen(): boolean {
    return this.fd >= 0;
  }

  packet(time: number, data: Uint8Array, start: number, end: number): void {
    if (this.fd < 0) return;
    try {
      this.writer.packet(0, time, data, start, end);
      const { ring = 0 } = this.options;
      if (ring > 0 && this.writer.size > ring / 2) this.rotate();
    } catch (error) {
      this.fail(error);
    }
  }

  /** A TLS key log's lines, which stand before the packets they open. */
  secrets(lines: Uint8Array): void {
    if (this.fd < 0) return;
    try {
      this.writer.secrets(lines);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Writes what waits, so that others may read it. */
  flush(): void {
    if (this.fd < 0) return;
    try {
      this.writer.flush();
    } catch (error) {
      this.fail(error);
    }
  }

  close(): void {
    this.flush();
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = -1;
  }

  private begin(): PcapngWriter {
    const write = (data: Uint8Array, start: number, end: number): void => {
      while (start < end) start += writeSync(this.fd, data, start, end - start);
    };
    const writer = new PcapngWriter(write, { epoch: this.options.epoch, application: this.options.application });
    writer.addInterface({ linkType: rawIp, name: 'tap' });
    return writer;
  }

  private rotate(): void {
    this.writer.flush();
    closeSync(this.fd);
    this.fd = -1;
    const { dir, name, ext } = parse(this.path);
    renameSync(this.path, join(dir, `${name}.1${ext}`));
    this.fd = openSync(this.path, 'w');
    this.writer = this.begin();
  }

  private fail(error: unknown): void {
    const { fd } = this;
    this.fd = -1;
    if (fd >= 0) closeSync(fd);
    this.options.failed(error);
  }
}
