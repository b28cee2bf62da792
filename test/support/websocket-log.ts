/** A WebSocketSink that writes down what it is told, and holds the decoder to the order of calls on the way. */
import { createHash } from 'node:crypto';

import type { DiagnosticCode } from '../../src/core/diagnostics.ts';
import { type Side, sideName } from '../../src/core/side.ts';
import { EndOfStream, MessageEnd, type WebSocketSink } from '../../src/core/sinks.ts';
import { isControl, opcodeName } from '../../src/core/websocket.ts';

export interface LoggedFrame {
  side: Side;
  opcode: number;
  bits: number;
  masked: boolean;
  maskingKey: number;
  length: number;
  headerLength: number;
  payload: Buffer;
  complete: boolean;
}

export interface LoggedMessage {
  side: Side;
  opcode: number;
  compressed: boolean;
  data: Buffer;
  end: MessageEnd;
}

export interface LoggedReport {
  code: DiagnosticCode;
  side: Side;
  offset: number;
  detail: string | undefined;
}

interface Open {
  frame: (Omit<LoggedFrame, 'payload' | 'complete'> & { pieces: Buffer[] }) | null;
  /** Data message and control message. */
  messages: [OpenMessage | null, OpenMessage | null];
  ended: boolean;
}

interface OpenMessage {
  opcode: number;
  compressed: boolean;
  pieces: Buffer[];
}

export class WebSocketLog implements WebSocketSink {
  readonly lines: string[] = [];
  readonly frames: LoggedFrame[] = [];
  readonly messages: LoggedMessage[] = [];
  readonly reports: LoggedReport[] = [];
  private readonly open: [Open, Open] = [freshSide(), freshSide()];

  frameStart(
    side: Side,
    opcode: number,
    bits: number,
    masked: boolean,
    maskingKey: number,
    length: number,
    headerLength: number,
  ): void {
    this.expect(!this.open[side].ended && this.open[side].frame === null, side, 'frameStart');
    this.open[side].frame = { side, opcode, bits, masked, maskingKey, length, headerLength, pieces: [] };
  }

  framePayload(side: Side, data: Uint8Array, start: number, end: number): void {
    const { frame } = this.open[side];
    this.expect(frame !== null && start < end, side, 'framePayload');
    frame!.pieces.push(Buffer.from(data.subarray(start, end)));
  }

  frameEnd(side: Side, complete: boolean): void {
    const { frame } = this.open[side];
    this.expect(frame !== null, side, 'frameEnd');
    const { pieces, ...head } = frame!;
    const logged = { ...head, payload: Buffer.concat(pieces), complete };
    this.expect(!complete || logged.payload.length === logged.length, side, 'frameEnd of a frame that is not complete');
    this.open[side].frame = null;
    this.frames.push(logged);
    this.lines.push(frameLine(logged));
  }

  messageStart(side: Side, opcode: number, compressed: boolean): void {
    const { frame, messages } = this.open[side];
    const kind = isControl(opcode) ? 1 : 0;
    this.expect(frame !== null && frame.opcode === opcode && messages[kind] === null, side, 'messageStart');
    messages[kind] = { opcode, compressed, pieces: [] };
  }

  messageData(side: Side, data: Uint8Array, start: number, end: number): void {
    const { frame, messages } = this.open[side];
    // What an inflater still has comes when its frame has ended.
    const message = messages[frame !== null && isControl(frame.opcode) ? 1 : 0];
    this.expect(message !== null && start < end, side, 'messageData');
    message!.pieces.push(Buffer.from(data.subarray(start, end)));
  }

  messageEnd(side: Side, opcode: number, end: MessageEnd): void {
    const { frame, messages } = this.open[side];
    const kind = isControl(opcode) ? 1 : 0;
    const message = messages[kind];
    this.expect(frame === null && message !== null && message.opcode === opcode, side, 'messageEnd');
    messages[kind] = null;
    const { pieces, ...head } = message!;
    const logged = { side, ...head, data: Buffer.concat(pieces), end };
    this.messages.push(logged);
    this.lines.push(messageLine(logged));
  }

  report(code: DiagnosticCode, side: Side, offset: number, detail?: string): void {
    this.reports.push({ code, side, offset, detail });
    this.lines.push(`${sideName(side)} ! ${code} @${offset}${detail === undefined ? '' : ` ${detail}`}`);
  }

  end(side: Side, how: EndOfStream): void {
    const { frame, messages, ended } = this.open[side];
    this.expect(!ended && frame === null && messages[0] === null && messages[1] === null, side, 'end');
    this.open[side].ended = true;
    this.lines.push(`${sideName(side)} end ${nameOf(EndOfStream, how)}`);
  }

  private expect(holds: boolean, side: Side, what: string): void {
    if (!holds) throw new Error(`${sideName(side)}: ${what} out of order, after\n${this.lines.slice(-5).join('\n')}`);
  }
}

function freshSide(): Open {
  return { frame: null, messages: [null, null], ended: false };
}

function frameLine(frame: LoggedFrame): string {
  const rsv = (frame.bits >> 4) & 7;
  const words = [
    sideName(frame.side),
    'frame',
    opcodeName(frame.opcode),
    ...((frame.bits & 0x80) !== 0 ? ['fin'] : []),
    ...(rsv === 0 ? [] : [`rsv=${rsv}`]),
    ...(frame.masked ? [`key=${frame.maskingKey.toString(16).padStart(8, '0')}`] : []),
    `header=${frame.headerLength}`,
    `length=${frame.length}`,
    ...(frame.complete ? [] : ['incomplete']),
    payloadText(frame.payload),
  ];
  return words.filter((word) => word !== '').join(' ');
}

function messageLine(message: LoggedMessage): string {
  const words = [
    sideName(message.side),
    'message',
    opcodeName(message.opcode),
    ...(message.compressed ? ['compressed'] : []),
    ...(message.end === MessageEnd.complete ? [] : [nameOf(MessageEnd, message.end)]),
    payloadText(message.data),
  ];
  return words.filter((word) => word !== '').join(' ');
}

function payloadText(data: Buffer): string {
  if (data.length === 0) return '';
  if (data.length > 80)
    return `${data.length} bytes, sha1 ${createHash('sha1').update(data).digest('hex').slice(0, 8)}`;
  const text = data.toString('utf8');
  const printable = Buffer.from(text).equals(data) && !/[\p{Cc}\ufffd]/u.test(text);
  return printable ? JSON.stringify(text) : data.toString('hex');
}

function nameOf<V>(values: Readonly<Record<string, V>>, value: V): string {
  return Object.keys(values).find((name) => values[name] === value) ?? String(value);
}
