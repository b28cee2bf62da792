/**
 * Compressed captures: gzip (several members) through node:zlib, Zstandard (several frames) through node:zlib where it has
 * it and fzstd elsewhere. What can be decompressed before a cut or damage is given; the fault is told afterwards.
 */
import zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import { Decompress } from 'fzstd';
import type { ByteInput, InputFault } from './byte-input.ts';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd';

/** Told from a file's first bytes. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  if (head.length < 4) return undefined;
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  const skippable = (head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return skippable ? 'zstd' : undefined;
}

/** Compressed bytes taken at a time: small, since each may stand for a thousand. */
const compressedChunk = 32 * 1024;
/** Damage costs what was unpacked in the same piece: at most this. */
const decompressedChunk = 64 * 1024;
/** A read gathers this much, so that blocks do not become small. */
const enough = 256 * 1024;

/** Turns compressed bytes into chunks handed to `output`. */
interface Decompressor {
  /** `data` is borrowed until the promise settles. Rejects where the bytes are damaged. */
  push(data: Uint8Array): Promise<void>;
  /** No more bytes come. Whether the compressed data was whole; rejects as `push`. */
  finish(): Promise<boolean>;
  close(): void;
}

type Output = (chunk: Uint8Array) => void;

export class DecompressedInput implements ByteInput {
  fault: InputFault | null = null;
  private readonly input: ByteInput;
  private readonly compression: Compression;
  private readonly decompressor: Decompressor;
  private readonly compressed = new Uint8Array(compressedChunk);
  private chunks: Uint8Array[] = [];
  private ended = false;

  constructor(input: ByteInput, compression: Compression) {
    this.input = input;
    this.compression = compression;
    const output = (chunk: Uint8Array): void => void this.chunks.push(chunk);
    this.decompressor = compression === 'gzip' ? new GzipDecompressor(output) : new ZstdDecompressor(output);
  }

  get bytesRead(): number {
    return this.input.bytesRead;
  }

  async read(target: Uint8Array, at: number, length: number): Promise<number> {
    const wanted = Math.min(length, enough);
    let count = 0;
    while (count < wanted) {
      if (this.chunks.length > 0) count += this.copy(target, at + count, length - count);
      else if (this.ended) break;
      else await this.pull();
    }
    return count;
  }

  private copy(target: Uint8Array, at: number, length: number): number {
    const chunk = this.chunks[0]!;
    if (chunk.length <= length) {
      this.chunks.shift();
      target.set(chunk, at);
      return chunk.length;
    }
    target.set(chunk.subarray(0, length), at);
    this.chunks[0] = chunk.subarray(length);
    return length;
  }

  private async pull(): Promise<void> {
    const count = await this.input.read(this.compressed, 0, compressedChunk);
    try {
      if (count > 0) return await this.decompressor.push(this.compressed.subarray(0, count));
      this.ended = true;
      if (await this.decompressor.finish()) return;
      const detail = `the ${this.compression} data ends in the middle, at byte ${this.bytesRead} of the file`;
      this.fault = { code: 'capture.cut', detail };
    } catch (error) {
      this.ended = true;
      const detail = `damaged ${this.compression} data before byte ${this.bytesRead} of the file: ${(error as Error).message}`;
      this.fault = { code: 'capture.stopped', detail };
    }
  }

  async close(): Promise<void> {
    this.ended = true;
    this.decompressor.close();
    await this.input.close();
  }
}

/**
 * Feeds a zlib stream and waits until each chunk is wholly decompressed. `end` is called only after that, so a stream that
 * is cut has already given all it can when the error comes.
 */
class StreamDecompressor {
  private readonly stream: Transform;
  private error: Error | null = null;
  private over = false;
  private wake: () => void = () => {};

  constructor(stream: Transform, output: Output) {
    this.stream = stream;
    stream.on('data', output);
    stream.on('end', () => {
      this.over = true;
      this.wake();
    });
    stream.on('error', (error) => {
      this.error = error;
      this.wake();
    });
    stream.on('close', () => this.wake());
  }

  async push(data: Uint8Array): Promise<void> {
    if (this.over || this.stream.destroyed) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.stream.write(data, () => resolve());
    });
    if (this.error !== null) throw this.error;
  }

  /** The error that closing the stream brought, or null. */
  async finish(): Promise<Error | null> {
    if (!this.over && !this.stream.destroyed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.stream.end();
      });
    }
    return this.error;
  }

  close(): void {
    this.stream.destroy();
  }
}

function gunzip(output: Output): StreamDecompressor {
  return new StreamDecompressor(zlib.createGunzip({ chunkSize: decompressedChunk }), output);
}

/** Compressed bytes that are kept, from the beginning: as long as that is all of them, damage costs nothing before it. */
const keptLimit = 4 * 1024 * 1024;
/** Bytes unpacked at a time in search of the damage, each time within the last step. */
const steps: readonly number[] = [2048, 128, 8, 1];

/**
 * zlib keeps back what it has unpacked of a piece in which damage turns up. Where all compressed bytes are at hand they are
 * unpacked once more, the last piece in ever smaller steps.
 */
class GzipDecompressor implements Decompressor {
  private readonly output: Output;
  private readonly stream: StreamDecompressor;
  private kept: Uint8Array[] | null = [];
  private keptBytes = 0;
  /** Bytes unpacked. */
  private given = 0;

  constructor(output: Output) {
    this.output = output;
    this.stream = gunzip((chunk) => this.give(chunk));
  }

  async push(data: Uint8Array): Promise<void> {
    this.keep(data);
    try {
      await this.stream.push(data);
    } catch (error) {
      await this.salvage();
      throw error;
    }
  }

  async finish(): Promise<boolean> {
    const error: NodeJS.ErrnoException | null = await this.stream.finish();
    if (error !== null && error.code !== 'Z_BUF_ERROR') throw error;
    return error === null;
  }

  private give(chunk: Uint8Array): void {
    this.given += chunk.length;
    this.output(chunk);
  }

  private keep(data: Uint8Array): void {
    this.keptBytes += data.length;
    if (this.keptBytes > keptLimit) this.kept = null;
    this.kept?.push(data.slice());
  }

  private async salvage(): Promise<void> {
    const pieces = this.kept ?? [];
    let piece = pieces.pop();
    for (const step of steps) {
      if (piece === undefined) return;
      const sound = await this.replay(pieces, piece, step);
      if (sound > 0) pieces.push(piece.subarray(0, sound));
      piece = piece.subarray(sound, sound + step);
    }
  }

  /** Unpacks the pieces, and then the last one step by step: how much of it was unpacked before the damage. */
  private async replay(pieces: readonly Uint8Array[], last: Uint8Array, step: number): Promise<number> {
    let before = this.given;
    const stream = gunzip((chunk) => {
      const known = Math.min(before, chunk.length);
      before -= known;
      if (known < chunk.length) this.give(chunk.subarray(known));
    });
    let sound = 0;
    try {
      for (const piece of pieces) await stream.push(piece);
      for (; sound < last.length; sound += step) await stream.push(last.subarray(sound, sound + step));
    } catch {
      // The same damage: all that comes before it has been given.
    }
    stream.close();
    return sound;
  }

  close(): void {
    this.stream.close();
  }
}

/** Decodes one Zstandard frame. */
interface FrameDecompressor {
  push(data: Uint8Array): Promise<void> | void;
  /** Gives the error that only the end brought to light. */
  finish(): Promise<Error | null> | null;
  close(): void;
}

const nothing: Uint8Array = new Uint8Array(0);

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

class ZstdDecompressor implements Decompressor {
  private readonly output: Output;
  private readonly frames = new ZstdFrames();
  /** The beginning of a magic number: whose decompressor it is for shows when it is whole. */
  private held = nothing;
  private frame: FrameDecompressor | null = null;

  constructor(output: Output) {
    this.output = output;
  }

  async push(data: Uint8Array): Promise<void> {
    let at = 0;
    while (at < data.length) {
      const frameEnd = this.frames.frameEnd(data, at, data.length);
      const end = frameEnd < 0 ? data.length : frameEnd;
      const part = this.held.length === 0 ? data.subarray(at, end) : joined(this.held, data.subarray(at, end));
      this.held = this.frames.inMagic ? part.slice() : nothing;
      if (!this.frames.inMagic && !this.frames.skippable) await this.decode(part, frameEnd >= 0);
      at = end;
    }
  }

  private async decode(data: Uint8Array, last: boolean): Promise<void> {
    this.frame ??= createFrameDecompressor(this.output);
    await this.frame.push(data);
    if (!last) return;
    const error = await this.frame.finish();
    this.frame.close();
    this.frame = null;
    if (error !== null) throw error;
  }

  finish(): Promise<boolean> {
    return Promise.resolve(this.frames.atBoundary);
  }

  close(): void {
    this.frame?.close();
  }
}

interface ZlibWithZstd {
  createZstdDecompress?(options: { chunkSize: number }): Transform;
}

function createFrameDecompressor(output: Output): FrameDecompressor {
  const native = (zlib as ZlibWithZstd).createZstdDecompress?.({ chunkSize: decompressedChunk });
  return native === undefined ? new FzstdFrame(output) : new StreamDecompressor(native, output);
}

/** fzstd keeps the chunks it is given until a block is whole: they are copied. */
class FzstdFrame implements FrameDecompressor {
  private readonly stream: Decompress;

  constructor(output: Output) {
    this.stream = new Decompress((chunk) => output(chunk));
  }

  push(data: Uint8Array): void {
    this.stream.push(data.slice());
  }

  /** Frames too short for its look-ahead wait for the final call. */
  finish(): null {
    this.stream.push(nothing, true);
    return null;
  }

  close(): void {}
}
