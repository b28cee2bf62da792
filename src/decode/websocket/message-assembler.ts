/**
 * One side's messages put together from its frames (RFC 6455 5.4): fragments with control frames in between, text
 * checked as UTF-8, close frames read, permessage-deflate undone. Nothing is kept: message data goes on as it comes.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { Side } from '../../core/side.ts';
import { EndOfStream, MessageEnd, type WebSocketSink } from '../../core/sinks.ts';
import { FrameBit, Opcode, describeCloseCode, isControl, isSendableCloseCode } from '../../core/websocket.ts';
import { CloseBody } from './close-body.ts';
import { type InflatedSink, Inflater, type InflaterSettings } from './inflater.ts';
import { Utf8Validator } from './utf8.ts';

/** Neither 0x0 nor an opcode that opens a message: no message. */
const none = 0;

export class MessageAssembler implements InflatedSink {
  private readonly sink: WebSocketSink;
  private readonly side: Side;
  /** Null where RSV1 does not mean a compressed message. */
  private readonly deflate: InflaterSettings | null;
  private inflater: Inflater | null = null;

  /** Opcode of the data message that is open, or `none`. */
  private open: number = none;
  /** Opcode of the message the frame under way belongs to, or `none`. */
  private current: number = none;
  /** The frame under way is its message's last. */
  private last = false;
  private compressed = false;
  /** Bytes of the open data message are missing or cannot be inflated. */
  private damaged = false;
  /** The open data message is text that has been UTF-8 so far. */
  private checksText = false;
  /** Bytes of the open data message so far, as the application saw them. */
  private size = 0;
  private readonly text = new Utf8Validator();
  private closeBody: CloseBody | null = null;

  /** A message may be open whose start was not seen. */
  private unknownOpen: boolean;
  /** Something this side said was not seen. */
  private partial: boolean;

  /** Stream offset of the frame under way, and of index 0 of the array that `payload` is given next. */
  frameOffset = 0;
  payloadBase = 0;

  constructor(sink: WebSocketSink, side: Side, deflate: InflaterSettings | null, midstream: boolean) {
    this.sink = sink;
    this.side = side;
    this.deflate = deflate;
    this.unknownOpen = midstream;
    this.partial = midstream;
  }

  /** A data frame is about to start a message: one that is still open ends here. Returns whether one was. */
  interrupt(): boolean {
    if (this.open === none) return false;
    this.finishData(MessageEnd.truncated);
    return true;
  }

  /** @param first the frame's first byte */
  frameStart(first: number): void {
    const opcode = first & 0x0f;
    this.last = first >= FrameBit.fin;
    if (opcode === Opcode.continuation) this.continueMessage();
    else if (opcode <= Opcode.binary) this.startData(opcode, first);
    else if (opcode >= Opcode.close && opcode <= Opcode.pong) this.startControl(opcode);
    else this.current = none;
  }

  /** @param ascii true where all bytes are known to be ASCII */
  payload(data: Uint8Array, start: number, end: number, ascii: boolean): void {
    if (this.current === none) return;
    if (isControl(this.current)) {
      if (this.current === Opcode.close) this.checkClose(data, start, end);
      this.sink.messageData(this.side, data, start, end);
    } else if (this.compressed) this.inflater!.push(data, start, end);
    else this.data(data, start, end, ascii);
  }

  /** Bytes of the frame under way are missing. */
  gap(): void {
    if (this.current === none) return;
    if (this.current === this.open) this.damage('bytes of a compressed message are missing');
    else if (this.current === Opcode.close) this.closeBody!.spoil();
  }

  /** @param complete every byte of the frame was seen */
  frameEnd(complete: boolean): void {
    const opcode = this.current;
    this.current = none;
    if (opcode === none) return;
    if (!isControl(opcode)) {
      if (this.last) this.finishData(MessageEnd.complete);
      return;
    }
    if (opcode === Opcode.close) this.finishClose(complete);
    this.sink.messageEnd(this.side, opcode, complete ? MessageEnd.complete : MessageEnd.truncated);
  }

  /** Where the next frame begins is not known, nor what was said up to there. */
  lostSync(): void {
    this.partial = true;
    this.unknownOpen = true;
    if (this.open !== none) this.finishData(MessageEnd.truncated);
    this.inflater?.lose('bytes are missing from the stream');
  }

  end(how: EndOfStream): void {
    const end = endings[how]!;
    const opcode = this.current;
    this.current = none;
    if (isControl(opcode)) this.sink.messageEnd(this.side, opcode, end);
    this.inflater?.release();
    this.compressed = false;
    if (this.open !== none) this.finishData(end);
  }

  inflated(data: Uint8Array, start: number, end: number): void {
    this.data(data, start, end, false);
  }

  inflateFailed(code: DiagnosticCode, detail: string): void {
    this.damaged = true;
    this.sink.report(code, this.side, this.frameOffset, detail);
  }

  windowExceeded(detail: string): void {
    this.sink.report('websocket.window-exceeded', this.side, this.frameOffset, detail);
  }

  contextLost(detail: string): void {
    this.sink.report('websocket.deflate-context-lost', this.side, this.frameOffset, detail);
  }

  private startData(opcode: number, first: number): void {
    const reserved = first & 0x70;
    this.open = opcode;
    this.current = opcode;
    this.compressed = reserved === FrameBit.rsv1 && this.deflate !== null;
    this.damaged = false;
    // What other reserved bits say about the payload is not known: it may not be text as it stands.
    this.checksText = opcode === Opcode.text && (reserved === 0 || this.compressed);
    this.size = 0;
    this.unknownOpen = false;
    if (this.checksText) this.text.reset();
    this.sink.messageStart(this.side, opcode, this.compressed);
    if (this.compressed) this.startInflating();
  }

  private startInflating(): void {
    this.inflater ??= new Inflater(this.deflate!, this, this.partial);
    this.inflater.begin();
  }

  private continueMessage(): void {
    this.current = this.open;
    if (this.open !== none) return;
    if (!this.unknownOpen) this.report('websocket.continuation-without-start', this.frameOffset);
    if (this.last) this.unknownOpen = false;
  }

  private startControl(opcode: number): void {
    this.current = opcode;
    if (opcode === Opcode.close) this.closeBody = new CloseBody();
    this.sink.messageStart(this.side, opcode, false);
  }

  private data(data: Uint8Array, start: number, end: number, ascii: boolean): void {
    if (this.checksText && (!ascii || this.text.insideCharacter)) this.checkText(data, start, end);
    this.size += end - start;
    this.sink.messageData(this.side, data, start, end);
  }

  private checkText(data: Uint8Array, start: number, end: number): void {
    const bad = this.text.push(data, start, end);
    if (bad < 0) return;
    this.checksText = false;
    const offset = this.compressed ? this.frameOffset : this.payloadBase + bad;
    this.report(
      'websocket.invalid-utf8',
      offset,
      `byte ${this.size + bad - start} of the message is ${hex(data[bad]!)}`,
    );
  }

  /** The open data message has nothing more to come. */
  private finishData(how: MessageEnd): void {
    const opcode = this.open;
    if (this.compressed) this.finishInflating(how);
    const end = how === MessageEnd.complete && this.damaged ? MessageEnd.truncated : how;
    if (end === MessageEnd.complete && this.checksText && this.text.insideCharacter) {
      this.report(
        'websocket.invalid-utf8',
        this.frameOffset,
        `the message ends inside a character, at byte ${this.size}`,
      );
    }
    this.open = none;
    this.current = none;
    this.compressed = false;
    this.sink.messageEnd(this.side, opcode, end);
  }

  private finishInflating(how: MessageEnd): void {
    if (how !== MessageEnd.complete) this.inflater!.lose('a compressed message was not seen to its end');
    if (!this.inflater!.finish()) this.damaged = true;
  }

  private damage(reason: string): void {
    this.damaged = true;
    this.checksText = false;
    if (this.compressed) this.inflater!.lose(reason);
  }

  private checkClose(data: Uint8Array, start: number, end: number): void {
    const bad = this.closeBody!.push(data, start, end);
    if (bad >= 0)
      this.report('websocket.invalid-utf8', this.payloadBase + bad, `the close reason has ${hex(data[bad]!)}`);
  }

  private finishClose(complete: boolean): void {
    const body = this.closeBody!;
    this.closeBody = null;
    if (body.size >= 2 && !isSendableCloseCode(body.code)) {
      this.report('websocket.invalid-close-code', this.frameOffset, describeCloseCode(body.code));
    }
    if (!complete) return;
    if (body.size === 1) this.report('websocket.short-close-body', this.frameOffset);
    if (body.endsInsideCharacter) {
      this.report('websocket.invalid-utf8', this.frameOffset, 'the close reason ends inside a character');
    }
  }

  private report(code: DiagnosticCode, offset: number, detail?: string): void {
    if (detail === undefined) this.sink.report(code, this.side, offset);
    else this.sink.report(code, this.side, offset, detail);
  }
}

const endings: readonly MessageEnd[] = [MessageEnd.truncated, MessageEnd.reset, MessageEnd.open];

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
