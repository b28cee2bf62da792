/** WebSocket frames by opcode and messages by kind, each way. */
import { opcodeName } from '../core/websocket.ts';
import type { Side } from '../core/side.ts';
import type { FrameRecord, MessageRecord } from '../timeline/records.ts';
import type { MessageJson } from '../timeline/trace-format.ts';

export interface Traffic {
  /** By side. */
  readonly count: [number, number];
  readonly bytes: [number, number];
}

/** Frames and payload bytes by opcode. */
export class OpcodeCounts {
  count = 0;
  private readonly byOpcode: Traffic[] = Array.from({ length: 16 }, nothing);

  frame(record: FrameRecord): void {
    this.count++;
    add(this.byOpcode[record.opcode]!, record.side, record.payloadLength);
  }

  /** The opcodes that occurred, in their order. */
  entries(): { opcode: number; name: string; traffic: Traffic }[] {
    return this.byOpcode
      .map((traffic, opcode) => ({ opcode, name: opcodeName(opcode), traffic }))
      .filter(({ traffic }) => traffic.count[0] + traffic.count[1] > 0);
  }
}

/** Messages and their bytes, as the application saw them, by kind; and what compression saved. */
export class MessageTotals {
  count = 0;
  compressed = 0;
  incomplete = 0;
  /** Bytes of compressed messages as the application saw them, and as they were sent. */
  inflatedBytes = 0;
  deflatedBytes = 0;
  private readonly byKind = new Map<MessageJson['kind'], Traffic>();

  message(record: MessageRecord): void {
    this.count++;
    if (!record.complete) this.incomplete++;
    if (record.compressed) {
      this.compressed++;
      this.inflatedBytes += record.length;
      this.deflatedBytes += record.wireLength;
    }
    let traffic = this.byKind.get(record.kind);
    if (traffic === undefined) this.byKind.set(record.kind, (traffic = nothing()));
    add(traffic, record.side, record.length);
  }

  /** The kinds that occurred: data first, then control. */
  entries(): { kind: MessageJson['kind']; traffic: Traffic }[] {
    return kinds.flatMap((kind) => {
      const traffic = this.byKind.get(kind);
      return traffic === undefined ? [] : [{ kind, traffic }];
    });
  }
}

const kinds: readonly MessageJson['kind'][] = ['text', 'binary', 'event', 'ping', 'pong', 'close'];

function nothing(): Traffic {
  return { count: [0, 0], bytes: [0, 0] };
}

function add(traffic: Traffic, side: Side, bytes: number): void {
  traffic.count[side]++;
  traffic.bytes[side] += bytes;
}
