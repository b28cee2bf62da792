/** What is known of one direction of an HTTP/2 connection. */
import type { Side } from '../../core/side.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { HeaderBlock } from './header-block.ts';
import { HpackDecoder } from './hpack/hpack-decoder.ts';
import { Pings } from './ping.ts';
import { Settings } from './settings.ts';
import type { Stream } from './stream.ts';

export class Lane<X> {
  readonly side: Side;
  readonly reader: FrameReader;
  readonly hpack: HpackDecoder = new HpackDecoder();
  readonly block: HeaderBlock = new HeaderBlock(this.hpack);
  /** What this side accepts. */
  readonly settings: Settings = new Settings();
  readonly pings: Pings = new Pings();
  /** Frames by type, unknown types together at the last place. */
  readonly frames: Int32Array = new Int32Array(17 + 1);
  /** The stream whose DATA is being read. */
  stream: Stream<X> | null = null;
  /** A frame has been read since the beginning. */
  begun = false;
  /** Bytes of this side are missing: what it has said is not wholly known. */
  partial: boolean;
  /** An `EndOfStream`, -1 while open. */
  ended = -1;

  constructor(side: Side, sink: FrameSink, start: 'preface' | 'frame' | 'anything', offset: number) {
    this.side = side;
    this.reader = new FrameReader(side, sink, start, offset);
    this.partial = start === 'anything';
    if (this.partial) this.hpack.lose();
  }

  countFrame(type: number): void {
    this.frames[Math.min(type, 17)]!++;
  }
}
