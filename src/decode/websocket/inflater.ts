/**
 * Inflation of permessage-deflate messages (RFC 7692 7.2.2), as their bytes arrive: nothing compressed is kept.
 *
 * A side that takes its context over from message to message needs the last 32 KiB of what it said, so engines are
 * lent by a pool that all connections of an analysis share: the one not used for the longest time is taken away where
 * more are wanted than the pool may have, and its side goes on without what it said before.
 *
 * The window is always 32 KiB: it reads the output of every smaller max_window_bits, and that of a sender which breaks
 * its word. Where less was agreed, the first reference to anything beyond is told (RFC 7692 7.1.2); up to there the
 * engine is given its output in slices so small that it takes its careful path, which stops at such a reference with
 * nothing lost: 2.5 times the work, where a smaller window was agreed to and nowhere else.
 *
 * A side whose context was lost (a gap, a damaged message, a start in mid-stream) is tried with what is known since:
 * a reference to anything before that is an error to the engine, so what does inflate is right.
 */
import {
  Z_BUF_ERROR,
  Z_DATA_ERROR,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
} from 'pako';

/** Raw deflate, 32 KiB window. */
const rawWindowBits = -15;
const outputSize = 32_768;
const largestWindow = 32_768;

/** With less room for output than 258 bytes the engine decodes code by code, and can be resumed behind a far reference. */
const carefulOutput = 256;

/** What the engine's state is read and changed by: the furthest reference allowed, and where it stands. */
interface EngineState {
  dmax: number;
  mode: number;
  /** Of the reference that was read last. */
  readonly offset: number;
}

/** `mode` of an engine that has read a reference and is about to copy. */
const aboutToCopy = 16_204;

/** What a sender takes off the end of each message (RFC 7692 7.2.1). */
const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

/** The engine's word for a reference to what it does not know, or may not know. */
const tooFarBack = 'invalid distance too far back';

/** `ZStream.data_type` while the stream is between two blocks. */
const betweenBlocks = 128;

interface Engine {
  readonly stream: ZStream;
  owner: Inflater | null;
}

/** Engines for all connections of one analysis; about 48 KiB each. */
export class InflaterPool {
  /** Every engine's output; valid until the next call of any of them. */
  readonly output: Uint8Array<ArrayBuffer> = new Uint8Array(outputSize);
  private readonly limit: number;
  /** Engines in use, the one not used for the longest time first. */
  private readonly lent = new Set<Engine>();
  private readonly free: Engine[] = [];

  /** @param limit the most engines lent at a time */
  constructor(limit = 1024) {
    this.limit = limit;
  }

  /** An engine with an empty context. */
  take(owner: Inflater): Engine {
    const engine = this.free.pop() ?? this.evict() ?? createEngine(this.output);
    engine.owner = owner;
    this.lent.add(engine);
    return engine;
  }

  /** This engine was just used. */
  touch(engine: Engine): void {
    this.lent.delete(engine);
    this.lent.add(engine);
  }

  giveBack(engine: Engine): void {
    engine.owner = null;
    this.lent.delete(engine);
    zlibInflateReset(engine.stream);
    if (this.free.length < 16) this.free.push(engine);
  }

  private evict(): Engine | undefined {
    if (this.lent.size < this.limit) return undefined;
    for (const oldest of this.lent) {
      oldest.owner!.evicted();
      this.lent.delete(oldest);
      zlibInflateReset(oldest.stream);
      return oldest;
    }
    return undefined;
  }
}

function createEngine(output: Uint8Array<ArrayBuffer>): Engine {
  const stream = new ZStream();
  zlibInflateInit2(stream, rawWindowBits);
  stream.output = output;
  return { stream, owner: null };
}

export interface InflatedSink {
  /** Borrowed until the call returns. */
  inflated(data: Uint8Array, start: number, end: number): void;
  /** This message cannot be inflated any further. */
  inflateFailed(code: 'websocket.corrupt-deflate' | 'websocket.inflate-limit', detail: string): void;
  /** Said once: the sender refers further back than it agreed to. The message is inflated all the same. */
  windowExceeded(detail: string): void;
  /** Said once: from here on, messages that refer to earlier ones cannot be inflated. */
  contextLost(detail: string): void;
}

export interface InflaterSettings {
  readonly pool: InflaterPool;
  /** Messages may refer to what the side's earlier messages said. */
  readonly contextTakeover: boolean;
  /** Agreed size of the sender's window, 8-15. */
  readonly windowBits: number;
  /** The most bytes a message may inflate to. */
  readonly limit: number;
}

/** Inflates one side's messages, one after another. */
export class Inflater {
  private readonly pool: InflaterPool;
  private readonly contextTakeover: boolean;
  private readonly limit: number;
  private readonly sink: InflatedSink;
  private engine: Engine | null = null;
  /** How far the sender may refer back; the largest window once it has gone beyond. */
  private window: number;
  /** The open message can be inflated so far. */
  private healthy = false;
  /** Bytes of the open message, as sent and inflated. */
  private taken = 0;
  private given = 0;
  /** The engine's stream ended with its last byte (BFINAL set, RFC 7692 7.2.3.4). */
  private ended = false;
  /** Bytes this side said earlier are not known to the engine. */
  private partial: boolean;
  private lossSaid = false;

  /** @param partial this side has said things before that were not seen */
  constructor(settings: InflaterSettings, sink: InflatedSink, partial: boolean) {
    this.pool = settings.pool;
    this.contextTakeover = settings.contextTakeover;
    this.limit = settings.limit;
    this.window = 1 << settings.windowBits;
    this.sink = sink;
    this.partial = partial && settings.contextTakeover;
  }

  /** A compressed message starts. */
  begin(): void {
    this.healthy = true;
    this.taken = 0;
    this.given = 0;
    this.ended = false;
    if (this.engine === null) this.engine = this.pool.take(this);
    else this.pool.touch(this.engine);
  }

  push(data: Uint8Array, start: number, end: number): void {
    this.taken += end - start;
    if (!this.healthy) return;
    this.inflate(data, start, end);
    // An engine must not keep a borrowed block of input alive.
    if (this.engine !== null) this.engine.stream.input = tail;
  }

  /** The message is whole. Returns whether all of it was inflated. */
  finish(): boolean {
    // A message of no bytes at all is read as an empty one; its tail alone would not be whole blocks.
    if (this.healthy && this.taken > 0 && !this.ended) this.finishBlocks();
    if (!this.contextTakeover) this.release();
    return this.healthy;
  }

  /** Bytes of this side are missing, in the open message or between messages. */
  lose(detail: string): void {
    this.healthy = false;
    this.loseContext(detail);
  }

  /** The pool needed the engine elsewhere. */
  evicted(): void {
    this.engine = null;
    this.healthy = false;
    if (this.contextTakeover) this.loseContext('more compressed streams were open than are kept');
  }

  /** No more messages will come. */
  release(): void {
    if (this.engine !== null) this.pool.giveBack(this.engine);
    this.engine = null;
  }

  /**
   * Puts back the tail that the sender took off. All that the message says has come out before: if more comes, or the
   * stream is not between two blocks afterwards, then the tail was taken for a part of the message.
   */
  private finishBlocks(): void {
    const stream = this.engine!.stream;
    stream.input = tail;
    stream.next_in = 0;
    stream.avail_in = tail.length;
    stream.next_out = 0;
    stream.avail_out = outputSize;
    const status = zlibInflate(stream, Z_SYNC_FLUSH);
    if (status === Z_STREAM_END) zlibInflateResetKeep(stream);
    else if (status !== Z_OK || stream.next_out > 0 || (stream.data_type & betweenBlocks) === 0) {
      this.fail('the message ends inside a deflate block');
    }
  }

  private inflate(data: Uint8Array, start: number, end: number): void {
    const stream = this.engine!.stream;
    stream.input = data;
    stream.next_in = start;
    stream.avail_in = end - start;
    if (this.window < largestWindow && !this.inflateWatched(stream)) return;
    do {
      stream.next_out = 0;
      stream.avail_out = outputSize;
      const status = zlibInflate(stream, Z_SYNC_FLUSH);
      if (!this.give(outputSize - stream.avail_out)) return;
      this.ended = status === Z_STREAM_END;
      if (this.ended) zlibInflateResetKeep(stream);
      else if (status === Z_BUF_ERROR) return;
      else if (status !== Z_OK) return this.fail(stream.msg);
    } while (stream.avail_in > 0 || stream.avail_out === 0);
  }

  /**
   * As `inflate`, on the look-out for references beyond the agreed window.
   *
   * @returns whether the rest, if any, is left to `inflate`: one was found
   */
  private inflateWatched(stream: ZStream): boolean {
    const state = stream.state as EngineState;
    stream.next_out = 0;
    for (;;) {
      state.dmax = this.window;
      stream.avail_out = carefulOutput;
      const status = zlibInflate(stream, Z_SYNC_FLUSH);
      this.ended = status === Z_STREAM_END;
      const exceeded = status === Z_DATA_ERROR && state.offset > this.window && stream.msg === tooFarBack;
      const more = status === Z_OK && (stream.avail_in > 0 || stream.avail_out === 0);
      if (more && stream.next_out <= outputSize - carefulOutput) continue;
      if (!this.give(stream.next_out)) return false;
      stream.next_out = 0;
      if (exceeded) return this.exceed(stream, state);
      if (this.ended) zlibInflateResetKeep(stream);
      else if (status !== Z_OK && status !== Z_BUF_ERROR) this.fail(stream.msg);
      if (!more && !(this.ended && stream.avail_in > 0)) return false;
    }
  }

  /** The reference just read goes too far: says so, once, and lets the engine go on. */
  private exceed(stream: ZStream, state: EngineState): true {
    const { window } = this;
    this.window = largestWindow;
    // Where not even the largest window could hold it, that is the fault.
    if (this.contextTakeover || state.offset <= this.given) {
      const { offset } = state;
      this.sink.windowExceeded(`byte ${this.given} of the message is copied from ${offset} bytes back, not ${window}`);
    }
    stream.msg = '';
    state.dmax = largestWindow;
    state.mode = aboutToCopy;
    return true;
  }

  private give(length: number): boolean {
    const within = Math.min(length, this.limit - this.given);
    this.given += within;
    if (within > 0) this.sink.inflated(this.pool.output, 0, within);
    if (within === length) return true;
    this.healthy = false;
    this.sink.inflateFailed('websocket.inflate-limit', `more than ${this.limit} bytes`);
    this.loseContext('a message was not inflated to its end');
    return false;
  }

  private fail(reason: string): void {
    this.healthy = false;
    // With bytes unknown this is what a reference to them looks like; that they are lost was said.
    const unknown = this.partial && reason === tooFarBack;
    const declined = !this.contextTakeover && reason === tooFarBack;
    const why = declined ? 'it refers to bytes before it, though no context was to be taken over' : reason;
    if (!unknown)
      this.sink.inflateFailed('websocket.corrupt-deflate', `${why}, at byte ${this.given} of the inflated message`);
    this.loseContext(unknown ? 'the start of the stream was not seen' : 'a message could not be inflated');
  }

  private loseContext(detail: string): void {
    if (this.engine !== null) zlibInflateReset(this.engine.stream);
    if (!this.contextTakeover) return;
    this.partial = true;
    if (this.lossSaid) return;
    this.lossSaid = true;
    this.sink.contextLost(detail);
  }
}
