/** Reads captures the way the product does, and keeps what came out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { Moment } from '../../src/core/moment.ts';
import { epochSeconds } from '../../src/core/time.ts';
import type { DiagnosticSink, PacketSink } from '../../src/core/sinks.ts';
import { openSource, type SourceFacts, type SourceOptions } from '../../src/source/source.ts';

export interface ReadPacket {
  readonly number: number;
  /** Nanoseconds since the Unix epoch. */
  readonly time: bigint;
  /** The same in decimal seconds, as the product prints it. */
  readonly seconds: string;
  readonly position: number;
  readonly bytes: string;
  readonly linkType: number;
  readonly wireLength: number;
}

export interface Reading {
  readonly facts: SourceFacts;
  readonly linkTypes: string[];
  readonly bytesRead: number;
  readonly packets: ReadPacket[];
  readonly secrets: { kind: number; text: string }[];
  /** `code @offset detail` */
  readonly diagnostics: string[];
  /** The count of records, those included that carry no packet. */
  readonly lastNumber: number;
}

/** Collects packets; `latin1` text stands for their bytes. */
export class Collector implements PacketSink, DiagnosticSink {
  readonly moment = new Moment();
  readonly packets: ReadPacket[] = [];
  readonly secretsSeen: { kind: number; text: string }[] = [];
  readonly diagnostics: string[] = [];

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    this.packets.push({
      number: this.moment.packet,
      time: this.moment.epoch + BigInt(this.moment.time),
      seconds: epochSeconds(this.moment.epoch, this.moment.time),
      position: this.moment.position,
      bytes: Buffer.from(data.subarray(start, end)).toString('latin1'),
      linkType,
      wireLength,
    });
  }

  secrets(kind: number, data: Uint8Array, start: number, end: number): void {
    this.secretsSeen.push({ kind, text: Buffer.from(data.subarray(start, end)).toString('latin1') });
  }

  report(code: string, _connection: number, _side: number, offset: number, detail = ''): void {
    this.diagnostics.push(`${code} @${offset} ${detail}`);
  }
}

export type ReadOptions = Omit<SourceOptions, 'moment' | 'diagnostics'>;

export async function readCapture(path: string, options: ReadOptions = {}): Promise<Reading> {
  const collector = new Collector();
  const source = await openSource(path, { ...options, moment: collector.moment, diagnostics: collector });
  await source.run(collector);
  return {
    facts: source.facts,
    linkTypes: source.facts.linkTypes(),
    bytesRead: source.bytesRead,
    packets: collector.packets,
    secrets: collector.secretsSeen,
    diagnostics: collector.diagnostics,
    lastNumber: collector.moment.packet,
  };
}

/** A folder for the files of one test file, gone when its tests are done. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wirescope-source-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function scratchFile(folder: string, bytes: Uint8Array, name = 'capture'): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The error that a promise rejects with, as `Name: message @position`. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    const { name, message, position } = error as Error & { position?: number };
    return `${name}: ${message}${position === undefined ? '' : ` @${position}`}`;
  }
  return 'no error';
}
