/**
 * One direction of an HTTP/1 connection: where its reader stands. All transitions of the message level are in one table;
 * what happens at them is in `http1-decoder.ts`.
 *
 *        idle -- head-begins --> head                  (part of a head)
 *        idle, head -- head --> content                (a head, and content after it)
 *        idle, head, content -- message-end --> idle   (interim: a head that ends no message)
 *        idle, head, content -- hold --> held -- release --> idle
 *        any -- lose --> deaf -- resync --> idle
 *        any -- switch --> switched
 *        any -- close --> closed
 */
import { ByteQueue } from '../../core/byte-queue.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import type { Side } from '../../core/side.ts';
import { MessageEnd, type HttpSink } from '../../core/sinks.ts';
import type { BodyReader } from './body-reader.ts';
import { HeldDeliveries } from './held-deliveries.ts';
import type { Exchange } from './pairing.ts';

export const LaneState = {
  /** Between messages: the next byte begins a head (or an empty line before it). */
  idle: 0,
  /** Part of a head is in the queue. */
  head: 1,
  /** The content of `exchange` is read by `reader`. */
  content: 2,
  /**
   * Bytes wait in the queue for the other side. The client's after a request to upgrade or to connect, until the response
   * tells whose they are; the server's where it answers before its request was seen (packets captured in another order).
   */
  held: 3,
  /** No message boundary is known. Bytes are skipped until a delivery begins like a message. */
  deaf: 4,
  /** Another protocol's bytes. */
  switched: 5,
  /** The stream has ended. */
  closed: 6,
} as const;
export type LaneState = (typeof LaneState)[keyof typeof LaneState];

type StateName = keyof typeof LaneState;
type EventName =
  'head-begins' | 'head' | 'interim' | 'message-end' | 'hold' | 'release' | 'lose' | 'resync' | 'switch' | 'close';

/** An event that a state does not list leaves it as it is. */
export const transitions: Readonly<Record<StateName, Readonly<Partial<Record<EventName, StateName>>>>> = {
  idle: { 'head-begins': 'head', head: 'content', hold: 'held', lose: 'deaf', switch: 'switched', close: 'closed' },
  head: {
    head: 'content',
    'message-end': 'idle',
    interim: 'idle',
    hold: 'held',
    lose: 'deaf',
    switch: 'switched',
    close: 'closed',
  },
  content: { 'message-end': 'idle', hold: 'held', lose: 'deaf', switch: 'switched', close: 'closed' },
  held: { release: 'idle', lose: 'deaf', switch: 'switched', close: 'closed' },
  deaf: { resync: 'idle', switch: 'switched', close: 'closed' },
  switched: { close: 'closed' },
  closed: {},
};

/** What each state becomes at an event. */
export type LaneEvent = readonly LaneState[];

function event(name: EventName): LaneEvent {
  return Object.entries(LaneState).map(([state, same]) => {
    const next = transitions[state as StateName][name];
    return next === undefined ? same : LaneState[next];
  });
}

export const LaneEvent = {
  headBegins: event('head-begins'),
  head: event('head'),
  interim: event('interim'),
  messageEnd: event('message-end'),
  hold: event('hold'),
  release: event('release'),
  lose: event('lose'),
  resync: event('resync'),
  switch: event('switch'),
  close: event('close'),
} as const;

/** How far the content of the message at hand is. `lost`: where it ends cannot be told any more. */
export type BodyProgress = 'reading' | 'whole' | 'lost';

const nothingNoted: readonly DiagnosticCode[] = [];

export class Lane<X> {
  readonly side: Side;
  readonly sink: HttpSink<X>;
  connection = -1;
  state: LaneState = LaneState.idle;
  /** A head or held bytes; a trailer section while `state` is `content`. */
  readonly queue: ByteQueue = new ByteQueue();
  /** Packet and time of the queue's first byte. */
  queuedPacket = 0;
  queuedTime = 0.5;
  /** Whose message is being read. The server's stays from an interim response to the final one. */
  exchange: Exchange<X> | null = null;

  /** Content: its reader, and what that keeps. */
  reader: BodyReader | null = null;
  progress: BodyProgress = 'reading';
  /** Bytes to come, of the content or of the chunk. */
  remaining = 0;
  /** Chunked: a `ChunkPhase`, and the length of the line that is being read. */
  phase = 0;
  lineLength = 0;
  /** Bytes of the content have come. */
  begun = false;
  /** Content is to come, unless the request, which was not seen, was HEAD. */
  unasked = false;
  /** Bytes of this message's content are missing. */
  missing = false;
  private noted: readonly DiagnosticCode[] = nothingNoted;

  /** Stream offset of the next byte to be delivered. */
  offset = 0;
  /** Stream offset of position 0 of the bytes being read: add a position to have its offset. */
  origin = 0;
  /** Position where the delivery being read begins; -1 while held bytes are read. */
  deliveredAt = 0;
  /** Stream offset of the head being read. */
  headOffset = 0;
  /** Numbers of the segment that it began in, as in `Moment`. */
  sequence = 0;
  acknowledgement = 0;
  /** As in `Moment`. */
  answersUnseen = false;
  /** How the message ends whose head is taken although its end is missing; else complete. */
  cutHow: MessageEnd = MessageEnd.complete;
  /** How much of a head was there when it was last tried as a whole HTTP/0.9 request. */
  triedLength = 0;
  /** Octets of empty lines before the head. */
  emptyLines = 0;
  /** Missing from the capture behind the bytes in the queue, while held. */
  heldGap = 0;
  /** What is held may be a tunnel's, after CONNECT. */
  heldForTunnel = false;
  /** The deliveries that the held bytes came in. */
  readonly heldDeliveries: HeldDeliveries = new HeldDeliveries();
  /** An `EndOfStream`, -1 while open. */
  ended = -1;
  /** This side has said `Connection: close`. */
  closing = false;

  /** Octets accounted for beside heads and content: framing (empty lines, chunk lines), and passed over while deaf. */
  framing = 0;
  skipped = 0;
  /** Passed over since the side went deaf, from this stream offset on. */
  skippedRun = 0;
  skippedAt = 0;
  /** Picked up in the middle, and no message seen since. */
  midstream = false;

  constructor(side: Side, sink: HttpSink<X>) {
    this.side = side;
    this.sink = sink;
  }

  bind(connection: number, midstream: boolean, offset: number): void {
    this.connection = connection;
    this.state = midstream ? LaneState.deaf : LaneState.idle;
    this.queue.clear();
    this.exchange = null;
    this.reader = null;
    this.progress = 'reading';
    this.remaining = this.phase = this.lineLength = 0;
    this.begun = this.missing = this.unasked = false;
    this.noted = nothingNoted;
    this.cutHow = MessageEnd.complete;
    this.offset = offset;
    this.origin = this.headOffset = this.deliveredAt = 0;
    this.triedLength = this.emptyLines = this.heldGap = 0;
    this.heldForTunnel = false;
    this.ended = -1;
    this.closing = false;
    this.framing = this.skipped = this.skippedRun = this.skippedAt = 0;
    this.midstream = midstream;
  }

  /** A lane at rest goes on, on another connection. */
  rebind(connection: number, offset: number): void {
    this.connection = connection;
    this.offset = offset;
    this.framing = this.skipped = 0;
  }

  go(event: LaneEvent): void {
    this.state = event[this.state]!;
  }

  beginContent(reader: BodyReader, length: number): void {
    this.reader = reader;
    this.remaining = length;
    this.phase = this.lineLength = 0;
    this.progress = 'reading';
    this.begun = this.missing = false;
    this.noted = nothingNoted;
  }

  content(data: Uint8Array, start: number, end: number): void {
    this.sink.content(this.exchange!.handle, this.side, data, start, end);
  }

  contentGap(length: number): void {
    this.missing = true;
    this.sink.contentGap(this.exchange!.handle, this.side, length);
  }

  /** Reports something about the content, each code once a message. */
  note(code: DiagnosticCode, at: number, detail?: string): void {
    if (this.noted.includes(code)) return;
    this.noted = [...this.noted, code];
    this.sink.reportExchange(this.exchange!.handle, code, this.connection, this.side, this.origin + at, detail);
  }

  skip(length: number, offset: number): void {
    if (this.skippedRun === 0) this.skippedAt = offset;
    this.skipped += length;
    this.skippedRun += length;
  }
}
