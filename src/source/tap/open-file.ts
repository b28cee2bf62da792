/** A file written in pieces, one after another, while the program goes on: what has gathered meanwhile goes in one call. */
import { close, fstatSync, open, openSync, writev } from 'node:fs';

export type Recycle = (piece: Uint8Array<ArrayBuffer>) => void;

interface Piece {
  readonly data: Uint8Array<ArrayBuffer>;
  /** What is still to be written of it. */
  from: number;
  readonly end: number;
}

/** Pieces in a call: they come back when it is done. Few bytes at odd places of a file cost the system twice as much. */
const fewest = 4;
const most = 16;

export class OpenFile {
  /** Whether it has a name that may be given to another. */
  isRegular = false;
  private fd = -1;
  private readonly recycle: Recycle;
  private readonly failed: (error: unknown) => void;
  private readonly pieces: Piece[] = [];
  /** Pieces are being written, or the file opened. */
  private busy = false;
  /** All that waits is to be written, however little it is. */
  private urgent = false;
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

  /** @param data given away until it is recycled */
  write(data: Uint8Array<ArrayBuffer>, length: number): void {
    if (this.broken) return this.recycle(data);
    this.pieces.push({ data, from: 0, end: length });
    if (!this.busy && this.pieces.length >= fewest) this.next();
  }

  /** Does not wait for more. */
  flush(): void {
    this.urgent = true;
    if (!this.busy) this.next();
  }

  /** Resolves when all is written and the file closed. */
  async close(): Promise<void> {
    this.flush();
    if (this.busy) {
      await new Promise<void>((resolve) => {
        this.idle = resolve;
      });
    }
    if (this.fd >= 0) await new Promise<void>((resolve) => close(this.fd, () => resolve()));
  }

  private next(): void {
    this.busy = this.pieces.length >= (this.urgent ? 1 : fewest);
    if (!this.busy) {
      this.urgent = false;
      return this.idle?.();
    }
    const views = this.pieces.slice(0, most).map(({ data, from, end }) => data.subarray(from, end));
    writev(this.fd, views, (error, count) => {
      if (error === null) this.written(count);
      else this.fail(error);
      this.next();
    });
  }

  private written(count: number): void {
    let rest = count;
    for (let piece = this.pieces[0]; piece !== undefined && rest > 0; piece = this.pieces[0]) {
      const step = Math.min(rest, piece.end - piece.from);
      rest -= step;
      piece.from += step;
      if (piece.from < piece.end) return;
      this.pieces.shift();
      this.recycle(piece.data);
    }
  }

  private fail(error: unknown): void {
    this.broken = true;
    this.pieces.length = 0;
    this.failed(error);
  }
}
