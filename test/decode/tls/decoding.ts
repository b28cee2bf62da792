/** A TLS decoder with everything around it that a test needs, and its plaintext as a list. */
import { Budget } from '../../../src/core/budget.ts';
import { ConnectionTable } from '../../../src/core/connection-table.ts';
import type { DiagnosticCode } from '../../../src/core/diagnostics.ts';
import { KeyLogReader } from '../../../src/core/key-log.ts';
import { Moment } from '../../../src/core/moment.ts';
import { Secrets } from '../../../src/core/secrets.ts';
import type { Side } from '../../../src/core/side.ts';
import { EndOfStream, type DiagnosticSink, type StreamSink } from '../../../src/core/sinks.ts';
import { HeldTotal } from '../../../src/decode/tls/held-records.ts';
import { ScratchPool } from '../../../src/decode/tls/scratch-pool.ts';
import { TlsDecoder } from '../../../src/decode/tls/tls-decoder.ts';
import type { Piece } from '../../support/tls-peers.ts';

export interface Limits {
  readonly held?: number;
  readonly heldPerConnection?: number;
}

export class Decoding implements StreamSink, DiagnosticSink {
  readonly secrets = new Secrets();
  readonly moment = new Moment();
  readonly budget = new Budget();
  readonly decoder: TlsDecoder;
  /** By side: bytes, or the length of a gap. */
  readonly out: [(Buffer | number)[], (Buffer | number)[]] = [[], []];
  /** `c3 s7`: sides and packets of deliveries, in order. */
  readonly order: string[] = [];
  readonly ends: string[] = [];
  readonly reports: { code: DiagnosticCode; side: Side | -1; detail: string | undefined }[] = [];
  readonly keyLogProblems: string[] = [];
  private readonly keyLog: KeyLogReader;

  constructor(keyLog = '', limits: Limits = {}) {
    const connections = new ConnectionTable(4);
    this.moment.epoch = 1_790_000_000_000_000_000n;
    this.keyLog = new KeyLogReader(this.secrets, 'keys.log', (detail) => this.keyLogProblems.push(detail));
    if (keyLog !== '') this.addKeys(keyLog);
    const { secrets, moment, budget } = this;
    const held = new HeldTotal(budget, limits.held ?? 1 << 25, limits.heldPerConnection ?? 1 << 22);
    const shared = { connections, moment, secrets, diagnostics: this, pool: new ScratchPool(budget), held };
    this.decoder = new TlsDecoder(connections.open(0), shared, this);
  }

  addKeys(keyLog: string): void {
    const data = Buffer.from(keyLog);
    this.keyLog.push(data, 0, data.length);
  }

  /** Gives pieces, each a packet of its own, in the middle of rubbish that changes afterwards: bytes are borrowed. */
  play(pieces: readonly Piece[], cut: (data: Buffer) => Iterable<Buffer> = whole): this {
    for (const { side, data } of pieces) for (const part of cut(data)) this.give(side, part);
    return this;
  }

  give(side: Side, data: Buffer): void {
    const around = Buffer.alloc(data.length + 9, 0x17);
    data.copy(around, 4);
    const before = Buffer.from(around);
    this.moment.packet++;
    this.moment.time += 1000;
    this.decoder.bytes(side, around, 4, 4 + data.length);
    if (!around.equals(before)) throw new Error('borrowed bytes were changed');
    around.fill(0xee);
  }

  finish(how: EndOfStream = EndOfStream.fin): this {
    this.decoder.end(0, how);
    this.decoder.end(1, how);
    this.decoder.close();
    return this;
  }

  bytes(side: Side, data: Uint8Array, start: number, end: number): void {
    if (start >= end) throw new Error('an empty delivery');
    if (this.ends.some((line) => line.startsWith(String(side)))) throw new Error('bytes after the end');
    this.out[side].push(Buffer.from(data.subarray(start, end)));
    this.order.push(`${side === 0 ? 'c' : 's'}${this.moment.packet}`);
  }

  gap(side: Side, length: number): void {
    if (length <= 0) throw new Error(`a gap of ${length}`);
    this.out[side].push(length);
  }

  end(side: Side, how: EndOfStream): void {
    if (this.ends.some((line) => line.startsWith(String(side)))) throw new Error('a second end');
    this.ends.push(`${side} ${how}`);
  }

  report(code: DiagnosticCode, _connection: number, side: Side | -1, _offset: number, detail?: string): void {
    this.reports.push({ code, side, detail });
  }

  get codes(): string[] {
    return [...new Set(this.reports.map(({ code }) => code))].toSorted();
  }

  /** The plaintext; missing bytes stand as `?`. */
  text(side: Side): Buffer {
    return Buffer.concat(this.out[side].map((part) => (typeof part === 'number' ? Buffer.alloc(part, '?') : part)));
  }

  missing(side: Side): number {
    return this.out[side].reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : 0), 0);
  }
}

export function* whole(data: Buffer): Iterable<Buffer> {
  yield data;
}

export function cutEvery(length: number): (data: Buffer) => Iterable<Buffer> {
  return function* (data) {
    for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
  };
}
