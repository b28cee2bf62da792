/** TLS key logs (SSLKEYLOGFILE) as files: read to their end, and again whenever they have grown. */
import fs from 'node:fs';
import { CaptureError } from '../core/errors.ts';
import { KeyLogReader } from '../core/key-log.ts';
import type { Secrets } from '../core/secrets.ts';
import type { DiagnosticSink } from '../core/sinks.ts';

const blockLength = 256 * 1024;
/** Lines reported of one file; a file that is something else altogether has more. */
const reportLimit = 20;

export interface KeyLogOptions {
  /** The file may come later: it is no fault that it is not there. */
  readonly optional?: boolean;
  /** Nobody named it but the environment. */
  readonly fromEnvironment?: boolean;
}

export class KeyLogFile {
  private readonly path: string;
  private readonly secrets: Secrets;
  private readonly diagnostics: DiagnosticSink;
  private readonly optional: boolean;
  private readonly fromEnvironment: boolean;
  private reader: KeyLogReader;
  private position = 0;
  private inode = -1;
  private problems = 0;
  /** A pipe gives what it has once. */
  private exhausted = false;

  constructor(path: string, secrets: Secrets, diagnostics: DiagnosticSink, options: KeyLogOptions = {}) {
    this.path = path;
    this.secrets = secrets;
    this.diagnostics = diagnostics;
    this.optional = options.optional ?? false;
    this.fromEnvironment = options.fromEnvironment ?? false;
    this.reader = this.newReader();
  }

  /**
   * Reads what has been written since the last time. A line that is not finished waits for its end; a file that became
   * shorter, or another one, is read from its beginning.
   *
   * @throws CaptureError where the file cannot be read, unless it is optional
   */
  read(): void {
    if (this.exhausted) return;
    let fd: number;
    try {
      fd = fs.openSync(this.path, 'r');
    } catch (error) {
      return this.refuse(error);
    }
    try {
      this.readFrom(fd);
    } catch (error) {
      this.refuse(error);
    } finally {
      fs.closeSync(fd);
    }
  }

  /** Reads what is left, and takes an unfinished last line as it is. */
  end(): void {
    this.read();
    this.reader.end();
  }

  private readFrom(fd: number): void {
    const facts = fs.fstatSync(fd);
    const { size, ino } = facts;
    this.exhausted = !facts.isFile() && !facts.isDirectory();
    if (size < this.position || (ino !== this.inode && this.inode !== -1)) {
      this.position = 0;
      this.reader = this.newReader();
    }
    this.inode = ino;
    const block = Buffer.allocUnsafe(blockLength);
    for (;;) {
      const count = fs.readSync(fd, block, 0, blockLength, this.exhausted ? null : this.position);
      if (count === 0) return;
      this.position += count;
      this.reader.push(block, 0, count);
    }
  }

  private refuse(error: unknown): void {
    if (this.optional) return;
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder' : message;
    throw new CaptureError(`${this.path}: ${why}; expected a TLS key log`, 0);
  }

  private newReader(): KeyLogReader {
    const problem = (detail: string): void => {
      if (++this.problems <= reportLimit) this.diagnostics.report('tls.key-log-line', -1, -1, -1, detail);
    };
    return new KeyLogReader(this.secrets, this.path, problem, this.fromEnvironment);
  }
}
