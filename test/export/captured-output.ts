/** An output that keeps what is written to it. */
import type { Output } from '../../src/export/output.ts';

export class CapturedOutput implements Output {
  /** Each write by itself. */
  readonly writes: string[] = [];
  private readonly chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }

  write(data: Uint8Array, start: number, end: number): void {
    const copy = Buffer.from(data.slice(start, end));
    this.chunks.push(copy);
    this.writes.push(copy.toString('utf8'));
  }

  end(): void {}
}
