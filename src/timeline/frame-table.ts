/**
 * WebSocket frames and messages as columns. Rows are in the order of completion; those of one conversation are chained
 * backwards, so that a conversation of a million others costs nothing.
 */
import type { Arena } from './arena.ts';
import { capacityFor, grownTo } from './columns.ts';
import type { FrameRecord, MessageRecord } from './records.ts';
import type { MessageJson } from './trace-format.ts';

export const FrameFlag = { server: 1, masked: 2, complete: 4, compressed: 8, utf8: 16 } as const;

/** Payload bytes kept for one-line previews. */
const previewBytes = 120;

export class FrameTable {
  readonly arena: Arena;
  count = 0;
  conversation = new Int32Array(1024);
  id = new Int32Array(1024);
  time = new Float64Array(1024);
  firstPacket = new Int32Array(1024);
  lastPacket = new Int32Array(1024);
  /** The frame's first byte: FIN, RSV, opcode. */
  first = new Uint8Array(1024);
  flags = new Uint8Array(1024);
  maskingKey = new Int32Array(1024);
  length = new Float64Array(1024);
  headerLength = new Uint8Array(1024);
  preview = new Int32Array(1024);
  /** Row of the message it belongs to, -1 while that is not known. */
  message = new Int32Array(1024);
  /** The conversation's frame before, -1 for none. */
  previous = new Int32Array(1024);
  private capacity = 1024;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  add(record: FrameRecord, conversation: number, previous: number): number {
    const row = this.count++;
    if (row >= this.capacity) this.grow(row);
    this.conversation[row] = conversation;
    this.id[row] = record.id;
    this.time[row] = record.time;
    this.firstPacket[row] = record.firstPacket;
    this.lastPacket[row] = record.lastPacket;
    this.first[row] = record.bits | record.opcode;
    this.flags[row] = record.side | (record.masked ? FrameFlag.masked : 0) | (record.complete ? FrameFlag.complete : 0);
    this.maskingKey[row] = record.maskingKey | 0;
    this.length[row] = record.payloadLength;
    this.headerLength[row] = record.headerLength;
    const { data, length } = record.body;
    this.preview[row] = this.arena.store(data, 0, Math.min(length, previewBytes));
    this.message[row] = -1;
    this.previous[row] = previous;
    return row;
  }

  private grow(row: number): void {
    const n = (this.capacity = capacityFor(this.capacity, row));
    this.conversation = grownTo(this.conversation, n);
    this.id = grownTo(this.id, n);
    this.time = grownTo(this.time, n);
    this.firstPacket = grownTo(this.firstPacket, n);
    this.lastPacket = grownTo(this.lastPacket, n);
    this.first = grownTo(this.first, n);
    this.flags = grownTo(this.flags, n);
    this.maskingKey = grownTo(this.maskingKey, n);
    this.length = grownTo(this.length, n);
    this.headerLength = grownTo(this.headerLength, n);
    this.preview = grownTo(this.preview, n);
    this.message = grownTo(this.message, n);
    this.previous = grownTo(this.previous, n);
  }
}

export const messageKinds: readonly MessageJson['kind'][] = ['text', 'binary', 'close', 'ping', 'pong', 'event'];

export class MessageTable {
  readonly arena: Arena;
  count = 0;
  conversation = new Int32Array(256);
  id = new Int32Array(256);
  /** Number within the conversation, from 1. */
  ordinal = new Int32Array(256);
  time = new Float64Array(256);
  endTime = new Float64Array(256);
  firstPacket = new Int32Array(256);
  lastPacket = new Int32Array(256);
  kind = new Uint8Array(256);
  flags = new Uint8Array(256);
  length = new Float64Array(256);
  wireLength = new Float64Array(256);
  frames = new Int32Array(256);
  /** Close code, -1 for none. */
  code = new Int32Array(256);
  preview = new Int32Array(256);
  previous = new Int32Array(256);
  private capacity = 256;

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** @param preview text of a frame that says the same, -1 where there is none */
  add(record: MessageRecord, conversation: number, ordinal: number, previous: number, preview: number): number {
    const row = this.count++;
    if (row >= this.capacity) this.grow(row);
    this.conversation[row] = conversation;
    this.id[row] = record.id;
    this.ordinal[row] = ordinal;
    this.time[row] = record.time;
    this.endTime[row] = record.endTime;
    this.firstPacket[row] = record.firstPacket;
    this.lastPacket[row] = record.lastPacket;
    this.kind[row] = messageKinds.indexOf(record.kind);
    const utf8 = record.kind === 'text' ? FrameFlag.utf8 : 0;
    const compressed = record.compressed ? FrameFlag.compressed : 0;
    this.flags[row] = record.side | (record.complete ? FrameFlag.complete : 0) | compressed | utf8;
    this.length[row] = record.length;
    this.wireLength[row] = record.wireLength;
    this.frames[row] = record.frames;
    this.code[row] = record.code;
    const { data, length } = record.body;
    this.preview[row] = preview >= 0 ? preview : this.arena.store(data, 0, Math.min(length, previewBytes));
    this.previous[row] = previous;
    return row;
  }

  private grow(row: number): void {
    const n = (this.capacity = capacityFor(this.capacity, row));
    this.conversation = grownTo(this.conversation, n);
    this.id = grownTo(this.id, n);
    this.ordinal = grownTo(this.ordinal, n);
    this.time = grownTo(this.time, n);
    this.endTime = grownTo(this.endTime, n);
    this.firstPacket = grownTo(this.firstPacket, n);
    this.lastPacket = grownTo(this.lastPacket, n);
    this.kind = grownTo(this.kind, n);
    this.flags = grownTo(this.flags, n);
    this.length = grownTo(this.length, n);
    this.wireLength = grownTo(this.wireLength, n);
    this.frames = grownTo(this.frames, n);
    this.code = grownTo(this.code, n);
    this.preview = grownTo(this.preview, n);
    this.previous = grownTo(this.previous, n);
  }
}
