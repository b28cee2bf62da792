/** Where the decoder of one content coding puts what it decodes: counted, and cut at a bound. */
import type { DecodedContentSink } from '../../core/sinks.ts';

const MiB = 1024 * 1024;
/** The most that is decoded of one message. */
const mostDecoded = 256 * MiB;
/** Beyond this much, content that grew more than `mostGrowth` times is taken for a bomb. Text grows 3 to 20 times. */
const unsuspicious = 16 * MiB;
const mostGrowth = 200;

/** What a message's decoders share: how many coded bytes have come in. */
export interface CodedInput {
  bytes: number;
}

export class CodingOutput {
  /** The coding, for reports. */
  readonly coding: string;
  /** Nothing more is wanted: the bound is reached, or what comes cannot be decoded. */
  stopped = false;
  private readonly target: DecodedContentSink;
  private readonly input: CodedInput;
  private given = 0;

  constructor(coding: string, target: DecodedContentSink, input: CodedInput) {
    this.coding = coding;
    this.target = target;
    this.input = input;
  }

  /** Bytes that may still be given. */
  get room(): number {
    return Math.min(mostDecoded, Math.max(unsuspicious, this.input.bytes * mostGrowth)) - this.given;
  }

  give(data: Uint8Array, start: number, end: number): void {
    if (this.stopped || start === end) return;
    const { room } = this;
    const stop = end - start > room ? start + room : end;
    this.given += stop - start;
    if (stop > start) this.target.decoded(data, start, stop);
    if (stop < end) this.cut();
  }

  /** More would come out than is decoded. */
  cut(): void {
    if (this.stopped) return;
    this.stopped = true;
    const detail = `${this.coding}: cut after ${this.given} bytes out of ${this.input.bytes}`;
    this.target.problem('http.decode-limit', detail);
  }

  corrupt(what: string): void {
    if (this.stopped) return;
    this.stopped = true;
    this.target.problem('http.corrupt-coding', `${this.coding}: ${what}, after ${this.given} bytes decoded`);
  }

  /** The coded content stopped before its own end. */
  short(what: string): void {
    if (this.stopped) return;
    this.stopped = true;
    this.target.problem('http.cut-coding', `${this.coding}: ${what}, after ${this.given} bytes decoded`);
  }
}
