/**
 * What passed, as a pcapng file, written behind the traffic's back. Where more passes than the disk takes, connections are
 * read as fast as it does; one that stands still for longer than `patienceMs` leaves packets out, a full one ends the
 * writing, and the traffic goes on. With a bound the file is a ring of two: when it has half of what is allowed it
 * becomes `NAME.1.EXT`, in place of the one before, and a new one begins.
 */
import { open, rename, rm } from 'node:fs/promises';
import { parse, join } from 'node:path';
import { PcapngWriter } from '../pcapng-writer.ts';
import { OpenFile } from './open-file.ts';
import type { PacketTarget } from './packet-log.ts';
import { PacketMemory, pieceLength } from './packet-memory.ts';
import type { Pace } from './tapped-connections.ts';

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
/** Pieces of memory for what waits to be written: 32 MiB. */
const pieces = 128;
/** With fewer pieces left no more should be read; with so many it goes on. The rest is for what has been read already. */
const fewPieces = pieces / 4;
const enoughPieces = pieces / 2;
const patienceMs = 250;

export class SessionFile implements PacketTarget, Pace {
  readonly memory: PacketMemory = new PacketMemory(pieces);
  /** Packets left out. */
  dropped = 0;
  private readonly path: string;
  private readonly options: SessionFileOptions;
  private file: OpenFile | undefined;
  /** The ring's other file, until all of it is written. */
  private before: Promise<void> = Promise.resolve();
  private readonly writer: PcapngWriter;
  /** The writer writes into other memory, because all pieces wait: only secrets may. */
  private foreign = false;
  /** Latest secrets: the next file of the ring has packets of sessions that began in this one. */
  private readonly known: Buffer[] = [];
  private knownBytes = 0;
  /** Who waits for the disk. */
  private held: (() => void)[] = [];
  private patience: NodeJS.Timeout | undefined;
  /** Nobody waits for the disk until it has caught up. */
  private givenUp = false;

  /** @throws where the file cannot be created */
  constructor(path: string, options: SessionFileOptions) {
    this.path = path;
    this.options = options;
    this.file = OpenFile.now(path, this.recycle, this.fail);
    const { epoch, application } = options;
    this.writer = new PcapngWriter(
      (data, start, end) => this.file?.write(data.slice(start, end), end - start),
      { epoch, application },
      { first: this.memory.take()!, swap: (full, length) => this.swap(full, length) },
    );
    this.describe();
  }

  place(time: number, length: number, comment: string | undefined): number {
    if (this.file === undefined) return -1;
    if (this.memory.left === 0 && (this.foreign || !this.writer.hasRoom(length))) {
      if (this.dropped++ === 0) this.options.late();
      return -1;
    }
    const { ring = 0 } = this.options;
    // A file that is not there yet grows: the disk is behind.
    if (ring > 0 && this.writer.size + length > ring / 2 && this.file.isRegular) this.rotate(this.file);
    if (this.foreign) this.writer.flush();
    return this.writer.place(0, time, length, comment);
  }

  /** Whether no more should be read for a moment, so that nothing is left out. */
  get isBehind(): boolean {
    return this.memory.left < fewPieces && !this.givenUp && this.file !== undefined;
  }

  /** @param then called once, when the disk has caught up or stands still */
  caughtUp(then: () => void): void {
    this.held.push(then);
    if (this.held.length === 1) this.watch();
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
    if (this.file === undefined) return;
    if (this.memory.left > 0) this.writer.flush();
    this.file.flush();
  }

  /** Resolves when the file is whole. */
  async close(): Promise<void> {
    if (this.file !== undefined) this.writer.flush();
    const { file } = this;
    this.file = undefined;
    this.release();
    await file?.close();
    await this.before;
  }

  private swap(full: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
    if (this.file === undefined) this.recycle(full);
    else this.file.write(full, length);
    const piece = this.memory.take();
    this.foreign = piece === undefined;
    return piece ?? new Uint8Array(pieceLength);
  }

  /** What has been written is written into again. */
  private readonly recycle = (piece: Uint8Array<ArrayBuffer>): void => {
    if (piece.buffer !== this.memory.bytes.buffer) return;
    this.memory.give(piece);
    if (this.memory.left < enoughPieces) {
      if (this.held.length > 0) this.watch();
      return;
    }
    this.givenUp = false;
    if (this.held.length > 0) this.release();
  };

  /** From now on the disk has so long to do something. */
  private watch(): void {
    clearTimeout(this.patience);
    this.patience = setTimeout(() => {
      this.givenUp = true;
      this.release();
    }, patienceMs);
  }

  private readonly fail = (error: unknown): void => {
    if (this.file === undefined) return;
    this.file = undefined;
    this.release();
    this.options.failed(error);
  };

  private release(): void {
    const { held } = this;
    this.held = [];
    clearTimeout(this.patience);
    for (const then of held) then();
  }

  private rotate(full: OpenFile): void {
    this.writer.flush();
    const { dir, name, ext } = parse(this.path);
    const freed = pass(this.path, join(dir, `${name}.1${ext}`));
    this.before = full.close();
    this.file = OpenFile.after(freed, this.path, this.recycle, this.fail);
    this.writer.restart();
    this.describe();
    if (this.known.length > 0) this.writer.secrets(Buffer.concat(this.known));
  }

  private describe(): void {
    this.writer.addInterface({ linkType: rawIp, name: 'tap' });
  }
}

/**
 * Frees a file's name for the next, whether or not all of it is written. Who has had its new name loses that first: what
 * takes another's place is put on the disk at once by ext4. And it is held meanwhile, since what is done for a file that
 * nobody holds takes long.
 */
async function pass(path: string, name: string): Promise<void> {
  const oldest = await open(name).catch(() => undefined);
  await rm(name, { force: true });
  await rename(path, name);
  void oldest?.close();
}
