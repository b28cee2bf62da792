/** What has happened so far on one WebSocket: closes, pings that wait for their pong, silences, masking keys, counts. */
import type { Side } from '../../core/side.ts';
import type { FrameRecord } from '../../timeline/records.ts';
import { Distribution } from '../distribution.ts';
import { bytesHash } from './request-hash.ts';

/** Pings of a side that are remembered until they are answered. */
const mostPings = 16;

export interface Ping {
  readonly time: number;
  readonly packet: number;
  readonly offset: number;
  readonly hash: number;
}

/** One side's part. */
export class Speaker {
  /** Time of the close frame, -1 where none was sent; its code, -1 where it has none. */
  closedAt = -1;
  closeCode = -1;
  closePacket = 0;
  closeOffset = -1;
  /** Pings no pong has answered yet, oldest first. */
  readonly pings: Ping[] = [];
  pingCount = 0;
}

/** Columns of a row; the first eight, of which nearly every frame changes some, lie in one line of the cache. */
const Column = {
  /** HTTP/2 stream, -1 outside. */
  stream: 0,
  lastTime: 1,
  lastPacket: 2,
  frames: 3,
  longestSilence: 4,
  /** The masking key of the client's last frame, and how many in a row had it. */
  key: 5,
  sameKey: 6,
  silenceEnd: 8,
  silencePacket: 9,
} as const;
const columns = 16;

/** What every frame of a conversation changes: rows of numbers, since conversations take turns frame by frame. */
export class FrameRows {
  private figures = new Float64Array(columns * 64);
  private readonly free: number[] = [];
  private end = 0;

  /** A row with nothing in it, to be given back. */
  take(stream: number, time: number): number {
    const row = this.free.pop() ?? this.next();
    this.figures.fill(0, row, row + columns);
    this.figures[row + Column.stream] = stream;
    this.figures[row + Column.lastTime] = time;
    this.figures[row + Column.key] = -1;
    return row;
  }

  giveBack(row: number): void {
    this.free.push(row);
  }

  /** Counts a frame. */
  frame(row: number, record: FrameRecord): void {
    const { figures } = this;
    const { time } = record;
    const silence = time - figures[row + Column.lastTime]!;
    figures[row + Column.lastTime] = time;
    figures[row + Column.lastPacket] = record.lastPacket;
    figures[row + Column.frames]!++;
    if (silence <= figures[row + Column.longestSilence]!) return;
    figures[row + Column.longestSilence] = silence;
    figures[row + Column.silenceEnd] = time;
    figures[row + Column.silencePacket] = record.firstPacket;
  }

  /** How many frames in a row have had this masking key. */
  sameKey(row: number, key: number): number {
    const { figures } = this;
    const same = figures[row + Column.key] === key ? figures[row + Column.sameKey]! + 1 : 1;
    figures[row + Column.key] = key;
    figures[row + Column.sameKey] = same;
    return same;
  }

  isOf(row: number, stream: number): boolean {
    return this.figures[row + Column.stream] === stream;
  }
  lastTime(row: number): number {
    return this.figures[row + Column.lastTime]!;
  }
  lastPacket(row: number): number {
    return this.figures[row + Column.lastPacket]!;
  }
  setLastPacket(row: number, packet: number): void {
    this.figures[row + Column.lastPacket] = packet;
  }
  frames(row: number): number {
    return this.figures[row + Column.frames]!;
  }
  longestSilence(row: number): number {
    return this.figures[row + Column.longestSilence]!;
  }
  silenceEnd(row: number): number {
    return this.figures[row + Column.silenceEnd]!;
  }
  silencePacket(row: number): number {
    return this.figures[row + Column.silencePacket]!;
  }

  private next(): number {
    const row = this.end;
    this.end += columns;
    if (this.end > this.figures.length) {
      const larger = new Float64Array(this.figures.length * 2);
      larger.set(this.figures);
      this.figures = larger;
    }
    return row;
  }
}

/** What few frames change. */
export class Conversation {
  readonly stream: number;
  readonly row: number;
  /** The handshake was seen and is in order, or was not seen at all. */
  agreed = true;
  readonly speakers: readonly [Speaker, Speaker] = [new Speaker(), new Speaker()];
  /** Another conversation on the same connection (HTTP/2). */
  next: Conversation | undefined;

  constructor(stream: number, row: number) {
    this.stream = stream;
    this.row = row;
  }

  ping(side: Side, record: FrameRecord): void {
    const { pings } = this.speakers[side];
    this.speakers[side].pingCount++;
    if (pings.length >= mostPings) pings.shift();
    pings.push({ time: record.time, packet: record.firstPacket, offset: record.offset, hash: payloadHash(record) });
  }

  /**
   * A pong answers the ping whose payload it repeats, and with it all before (RFC 6455 5.5.3).
   * @returns the round trip in nanoseconds, or -1 where it answers none
   */
  pong(side: Side, record: FrameRecord): number {
    const { pings } = this.speakers[side === 0 ? 1 : 0];
    const hash = payloadHash(record);
    const at = pings.findIndex((ping) => ping.hash === hash);
    if (at < 0) return -1;
    const [answered] = pings.splice(0, at + 1).slice(-1);
    return record.time - answered!.time;
  }
}

function payloadHash({ body, payloadLength }: FrameRecord): number {
  return bytesHash(0x811c9dc5 ^ payloadLength, body.data, 0, body.length);
}

/** Figures over all conversations of a capture. */
export class Heartbeats {
  readonly roundTrips: Distribution = new Distribution();
  pings = 0;
  missed = 0;
  longestSilence = 0;
  longestSilenceConnection = -1;
}
