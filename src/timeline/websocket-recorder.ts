/** One WebSocket connection's frames and messages, recorded. Four messages may be open: data and control, each side. */
import type { ConnectionTable } from '../core/connection-table.ts';
import type { DiagnosticCode } from '../core/diagnostics.ts';
import type { Moment } from '../core/moment.ts';
import type { Side } from '../core/side.ts';
import { EndOfStream, MessageEnd, type WebSocketSink } from '../core/sinks.ts';
import { Opcode, isControl, maxControlPayload } from '../core/websocket.ts';
import { Body } from './body.ts';
import { reach } from './reach.ts';
import { FrameRecord, MessageRecord, type RecordSink } from './records.ts';
import type { Recorder } from './recorder.ts';
import type { MessageJson } from './trace-format.ts';

const utf8 = new TextDecoder();

export class WebSocketRecorder implements WebSocketSink {
  private readonly slot: number;
  private readonly stream: number;
  private readonly connections: ConnectionTable;
  private readonly moment: Moment;
  private readonly sink: RecordSink;
  private readonly recorder: Recorder;
  private readonly maxBody: number;
  private readonly frames: readonly [FrameRecord, FrameRecord];
  private readonly dataMessages: readonly [MessageRecord, MessageRecord];
  /** Made when the side sends its first control frame. */
  private readonly controlMessages: [MessageRecord | null, MessageRecord | null] = [null, null];

  constructor(
    slot: number,
    stream: number,
    connections: ConnectionTable,
    moment: Moment,
    sink: RecordSink,
    recorder: Recorder,
    maxBody: number,
  ) {
    this.slot = slot;
    this.moment = moment;
    this.sink = sink;
    this.recorder = recorder;
    this.maxBody = maxBody;
    this.connections = connections;
    this.stream = stream;
    this.frames = [this.own(new FrameRecord(connections), 0), this.own(new FrameRecord(connections), 1)];
    this.dataMessages = [this.newMessage(0), this.newMessage(1)];
  }

  headerStart(side: Side): void {
    const frame = this.frames[side];
    frame.time = this.moment.time;
    frame.firstPacket = frame.lastPacket = this.moment.packet;
  }

  frameStart(
    side: Side,
    opcode: number,
    bits: number,
    masked: boolean,
    maskingKey: number,
    length: number,
    headerLength: number,
    begun: boolean,
    offset: number,
  ): void {
    const frame = this.frames[side];
    frame.id = this.recorder.nextFrameId();
    if (!begun) this.headerStart(side);
    else if (this.moment.packet > frame.lastPacket) frame.lastPacket = this.moment.packet;
    frame.opcode = opcode;
    frame.bits = bits;
    frame.masked = masked;
    frame.maskingKey = maskingKey;
    frame.payloadLength = length;
    frame.headerLength = headerLength;
    frame.offset = offset;
    frame.complete = false;
    frame.body.clear();
    if (!isControl(opcode)) {
      const message = this.dataMessages[side];
      message.frames++;
      message.wireLength += length;
    }
  }

  framePayload(side: Side, data: Uint8Array, start: number, end: number): void {
    const frame = this.frames[side];
    if (this.moment.packet > frame.lastPacket) frame.lastPacket = this.moment.packet;
    const limit = isControl(frame.opcode) ? Math.max(maxControlPayload, this.maxBody) : this.maxBody;
    if (limit > 0) frame.body.append(data, start, end, limit);
  }

  frameEnd(side: Side, complete: boolean): void {
    const frame = this.frames[side];
    frame.complete = complete;
    if (complete && this.moment.packet > frame.lastPacket) frame.lastPacket = this.moment.packet;
    this.recorder.totals.frames++;
    this.sink.frame(frame);
  }

  messageStart(side: Side, opcode: number, compressed: boolean): void {
    const frame = this.frames[side];
    const message = this.messageOf(side, opcode);
    message.id = this.recorder.nextMessageId();
    message.kind = messageKind(opcode);
    message.time = message.endTime = frame.time;
    message.firstPacket = message.lastPacket = frame.firstPacket;
    message.length = 0;
    message.wireLength = frame.payloadLength;
    message.frames = 1;
    message.compressed = compressed;
    message.complete = false;
    message.code = -1;
    message.reason = undefined;
    // A message of one frame that is not compressed is its frame's payload: it is not stored twice.
    if (frame.fin && !compressed) message.body = frame.body;
    else if (message.body === frame.body) message.body = new Body();
    else message.body.clear();
  }

  messageData(side: Side, data: Uint8Array, start: number, end: number): void {
    const message = this.messageOf(side, this.frames[side].opcode);
    message.length += end - start;
    reach(message, this.moment);
    if (message.body !== this.frames[side].body && this.maxBody > 0)
      message.body.append(data, start, end, this.maxBody);
  }

  messageEnd(side: Side, opcode: number, how: MessageEnd): void {
    const message = this.messageOf(side, opcode);
    // What was cut ends with the last bytes that were seen, not where that turns out.
    if (how === MessageEnd.complete) reach(message, this.moment);
    message.complete = how === MessageEnd.complete;
    if (message.kind === 'close') readClose(message);
    this.recorder.totals.messages++;
    this.sink.message(message);
  }

  report(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.recorder.report(code, this.slot, side, offset, detail);
  }

  end(_side: Side, _how: EndOfStream): void {}

  /** The message that a frame of this opcode belongs to. */
  private messageOf(side: Side, opcode: number): MessageRecord {
    return isControl(opcode) ? (this.controlMessages[side] ??= this.newMessage(side)) : this.dataMessages[side];
  }

  private newMessage(side: Side): MessageRecord {
    return this.own(new MessageRecord(this.connections), side);
  }

  private own<R extends FrameRecord | MessageRecord>(record: R, side: Side): R {
    record.slot = this.slot;
    record.stream = this.stream;
    record.side = side;
    return record;
  }
}

function messageKind(opcode: number): MessageJson['kind'] {
  switch (opcode) {
    case Opcode.text:
      return 'text';
    case Opcode.close:
      return 'close';
    case Opcode.ping:
      return 'ping';
    case Opcode.pong:
      return 'pong';
    default:
      return 'binary';
  }
}

/** RFC 6455 5.5.1: two bytes of code, then the reason. */
function readClose(message: MessageRecord): void {
  const { data, length } = message.body;
  if (length < 2) return;
  message.code = (data[0]! << 8) | data[1]!;
  message.reason = utf8.decode(data.subarray(2, length));
}
