/** What a capture file format is to the rest of this room. */
import type { Moment } from '../core/moment.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import type { Block } from './file-blocks.ts';

export interface RecordReader {
  /** LINKTYPE_ numbers the file has named so far. */
  readonly linkTypes: ReadonlySet<number>;
  /** Nothing after this can be read; a diagnostic has said so. */
  readonly stopped: boolean;
  /**
   * Delivers every whole record of the block and moves `block.start` past it; sets `block.needed` where one is not whole.
   * Throws CaptureError where the file turns out to be unreadable before its first packet.
   */
  read(block: Block): void;
  /** The file has ended; the block holds what is left. */
  end(block: Block): void;
}

export interface ReaderOptions {
  /** The file's name, for errors. */
  readonly name: string;
  readonly sink: PacketSink;
  readonly diagnostics: DiagnosticSink;
  readonly moment: Moment;
}

export interface CaptureFormat {
  readonly name: 'pcap' | 'pcapng';
  /** The first four bytes of a file, as a big-endian number. */
  readonly magics: readonly number[];
  /** Bytes that must be there before `read` can tell anything. */
  readonly headerLength: number;
  reader(options: ReaderOptions): RecordReader;
}

/** `3,410`: counts and positions as messages write them. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
