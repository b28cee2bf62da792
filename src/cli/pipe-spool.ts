/**
 * A capture that comes through a pipe, written to a temporary file while it is read, up to a bound: so that packets,
 * exports and filters over heads work as on a file. The file goes when the program does.
 */
import { closeSync, mkdtempSync, openSync, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';

const defaultBound = 1024 ** 3;

export class PipeSpool extends Transform {
  readonly path: string;
  /** Not everything that came is in the file. */
  full = false;
  private readonly folder: string;
  private readonly fd: number;
  private readonly bound: number;
  private written = 0;
  private open = true;
  private readonly goes = (): void => this.remove();

  constructor(bound = defaultBound) {
    super({ highWaterMark: 256 * 1024 });
    this.bound = bound;
    this.folder = mkdtempSync(join(tmpdir(), 'wirescope-pipe-'));
    this.path = join(this.folder, 'capture');
    this.fd = openSync(this.path, 'w', 0o600);
    process.on('exit', this.goes);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.full ||= this.written + chunk.length > this.bound;
    if (this.full || !this.open) return done(null, chunk);
    this.put(chunk, 0, done);
  }

  remove(): void {
    if (!this.open) return;
    this.open = false;
    process.off('exit', this.goes);
    closeSync(this.fd);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private put(chunk: Buffer, from: number, done: TransformCallback): void {
    write(this.fd, chunk, from, chunk.length - from, null, (error, count) => {
      // A disk that is full ends the spooling, not the reading.
      if (error !== null) this.full = true;
      else if (from + count < chunk.length && this.open) return this.put(chunk, from + count, done);
      else this.written += chunk.length;
      done(null, chunk);
    });
  }
}
