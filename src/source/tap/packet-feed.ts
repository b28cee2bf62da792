/**
 * What passes, as a pcapng stream for several who watch: late ones get the history that is kept, slow ones are skipped
 * ahead and told so, and nobody is waited for.
 */
import { PcapngWriter } from '../pcapng-writer.ts';
import type { PacketTarget } from './packet-log.ts';
import { PacketMemory } from './packet-memory.ts';

/** Who watches. */
export interface Watcher {
  /** Bytes that were sent and have not left yet. */
  readonly behind: number;
  /** Whole pcapng blocks. */
  send(blocks: Uint8Array): void;
  /** So many bytes of packets were left out: this one is too slow. */
  skipped(bytes: number): void;
  /** So many bytes of packets passed before the history that is kept. */
  forgotten(bytes: number): void;
}

const rawIp = 101;
const historyBound = 32 * 1024 * 1024;
const batchLength = 64 * 1024;
/** A watcher this far behind is skipped ahead. */
const patience = 8 * 1024 * 1024;

export class PacketFeed implements PacketTarget {
  readonly memory: PacketMemory = new PacketMemory(1);
  private readonly writer: PcapngWriter;
  private pieces: Buffer[] = [];
  private readonly header: Buffer;
  /** Secrets open packets that come later: they are kept whatever else is forgotten. */
  private readonly secretBlocks: Buffer[] = [];
  private readonly history: Buffer[] = [];
  private held = 0;
  /** Bytes of the history that are kept no more. */
  private lost = 0;
  /** How much the writer had written when the latest batch was taken. */
  private published = 0;
  private readonly watchers = new Map<Watcher, number>();

  constructor(epoch: bigint, application: string) {
    const swap = (full: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> => {
      this.gather(full, 0, length);
      return full;
    };
    this.writer = new PcapngWriter(
      (data, start, end) => this.gather(data, start, end),
      { epoch, application },
      { first: this.memory.take()!, swap },
    );
    this.writer.addInterface({ linkType: rawIp, name: 'tap' });
    this.header = this.taken();
  }

  place(time: number, length: number, comment: string | undefined): number {
    if (this.writer.size - this.published >= batchLength) this.publish();
    return this.writer.place(0, time, length, comment);
  }

  secrets(lines: Uint8Array): void {
    this.publish();
    this.writer.secrets(lines);
    const block = this.taken();
    this.secretBlocks.push(block);
    for (const watcher of this.watchers.keys()) watcher.send(block);
  }

  /** Sends what has gathered. */
  publish(): void {
    const batch = this.taken();
    if (batch.length === 0) return;
    this.history.push(batch);
    this.held += batch.length;
    while (this.held > historyBound) {
      const { length } = this.history.shift()!;
      this.held -= length;
      this.lost += length;
    }
    for (const [watcher, skipped] of this.watchers) this.offer(watcher, skipped, batch);
  }

  /** From now on, after the history that is kept. */
  watch(watcher: Watcher): void {
    this.publish();
    watcher.send(Buffer.concat([this.header, ...this.secretBlocks]));
    if (this.lost > 0) watcher.forgotten(this.lost);
    for (const batch of this.history) watcher.send(batch);
    this.watchers.set(watcher, 0);
  }

  leave(watcher: Watcher): void {
    this.watchers.delete(watcher);
  }

  private offer(watcher: Watcher, skipped: number, batch: Buffer): void {
    if (watcher.behind > patience + (skipped > 0 ? 0 : historyBound)) {
      this.watchers.set(watcher, skipped + batch.length);
      return;
    }
    if (skipped > 0) {
      watcher.skipped(skipped);
      this.watchers.set(watcher, 0);
    }
    watcher.send(batch);
  }

  private gather(data: Uint8Array, start: number, end: number): void {
    this.pieces.push(Buffer.from(data.subarray(start, end)));
  }

  private taken(): Buffer {
    this.writer.flush();
    const all = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces);
    this.pieces = [];
    this.published = this.writer.size;
    return all;
  }
}
