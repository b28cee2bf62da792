/**
 * WebSocket frames and messages as columns. Rows are in the order of completion; those of one conversation are chained
 * backwards, so that a conversation of a million others costs nothing.
 */
import { Float64Column, Int32Column, Uint8Column } from './columns.ts';
import type { FrameRecord, MessageRecord } from './records.ts';
import { Table } from './table.ts';
import type { MessageJson } from './trace-format.ts';

export const FrameFlag = { server: 1, masked: 2, complete: 4, compressed: 8, utf8: 16 } as const;

/** Payload bytes kept for one-line previews. */
const previewBytes = 240;

export class FrameTable extends Table {
  readonly conversation = this.column(new Int32Column(-1));
  readonly id = this.column(new Int32Column());
  readonly time = this.column(new Float64Column());
  readonly firstPacket = this.column(new Int32Column());
  readonly lastPacket = this.column(new Int32Column());
  /** The frame's first byte: FIN, RSV, opcode. */
  readonly first = this.column(new Uint8Column());
  readonly flags = this.column(new Uint8Column());
  readonly maskingKey = this.column(new Int32Column());
  readonly length = this.column(new Float64Column());
  readonly headerLength = this.column(new Uint8Column());
  readonly preview = this.column(new Int32Column());
  /** Row of the message it belongs to, -1 while that is not known. */
  readonly message = this.column(new Int32Column(-1));
  /** The conversation's frame before, -1 for none. */
  readonly previous = this.column(new Int32Column(-1));

  override holds(row: number): boolean {
    return this.id.at(row) !== 0;
  }

  add(record: FrameRecord, conversation: number, previous: number): number {
    const row = this.count;
    this.reach(row);
    this.conversation.set(row, conversation);
    this.id.set(row, record.id);
    this.time.set(row, record.time);
    this.firstPacket.set(row, record.firstPacket);
    this.lastPacket.set(row, record.lastPacket);
    this.first.set(row, record.bits | record.opcode);
    this.flags.set(
      row,
      record.side | (record.masked ? FrameFlag.masked : 0) | (record.complete ? FrameFlag.complete : 0),
    );
    this.maskingKey.set(row, record.maskingKey | 0);
    this.length.set(row, record.payloadLength);
    this.headerLength.set(row, record.headerLength);
    const { data, length } = record.body;
    this.preview.set(row, this.arena.store(data, 0, Math.min(length, previewBytes)));
    this.message.set(row, -1);
    this.previous.set(row, previous);
    this.tookTexts(row);
    return row;
  }
}

export const messageKinds: readonly MessageJson['kind'][] = ['text', 'binary', 'close', 'ping', 'pong', 'event'];

export class MessageTable extends Table {
  readonly conversation = this.column(new Int32Column(-1));
  readonly id = this.column(new Int32Column());
  /** Number within the conversation, from 1. */
  readonly ordinal = this.column(new Int32Column());
  readonly time = this.column(new Float64Column());
  readonly endTime = this.column(new Float64Column());
  readonly firstPacket = this.column(new Int32Column());
  readonly lastPacket = this.column(new Int32Column());
  readonly kind = this.column(new Uint8Column());
  readonly flags = this.column(new Uint8Column());
  readonly length = this.column(new Float64Column());
  readonly wireLength = this.column(new Float64Column());
  readonly frames = this.column(new Int32Column());
  /** Close code, -1 for none. */
  readonly code = this.column(new Int32Column(-1));
  readonly preview = this.column(new Int32Column());
  readonly previous = this.column(new Int32Column(-1));

  override holds(row: number): boolean {
    return this.id.at(row) !== 0;
  }

  /** @param preview text of a frame that says the same, -1 where there is none */
  add(record: MessageRecord, conversation: number, ordinal: number, previous: number, preview: number): number {
    const row = this.count;
    this.reach(row);
    this.conversation.set(row, conversation);
    this.id.set(row, record.id);
    this.ordinal.set(row, ordinal);
    this.time.set(row, record.time);
    this.endTime.set(row, record.endTime);
    this.firstPacket.set(row, record.firstPacket);
    this.lastPacket.set(row, record.lastPacket);
    this.kind.set(row, messageKinds.indexOf(record.kind));
    const utf8 = record.kind === 'text' ? FrameFlag.utf8 : 0;
    const compressed = record.compressed ? FrameFlag.compressed : 0;
    this.flags.set(row, record.side | (record.complete ? FrameFlag.complete : 0) | compressed | utf8);
    this.length.set(row, record.length);
    this.wireLength.set(row, record.wireLength);
    this.frames.set(row, record.frames);
    this.code.set(row, record.code);
    const { data, length } = record.body;
    this.preview.set(row, preview >= 0 ? preview : this.arena.store(data, 0, Math.min(length, previewBytes)));
    this.previous.set(row, previous);
    this.tookTexts(row);
    return row;
  }
}
