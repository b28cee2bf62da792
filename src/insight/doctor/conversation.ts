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
  readonly hash: number;
}

/** One side's part. */
export class Speaker {
  /** Time of the close frame, -1 where none was sent; its code, -1 where it has none. */
  closedAt = -1;
  closeCode = -1;
  closePacket = 0;
  /** Pings no pong has answered yet, oldest first. */
  readonly pings: Ping[] = [];
  pingCount = 0;
  maskingKey = -1;
  /** Frames in a row with that key. */
  sameKey = 0;
  frames = 0;
  payloadBytes = 0;
  headerBytes = 0;
  maskBytes = 0;
}

export class Conversation {
  readonly stream: number;
  /** The handshake was seen and is in order, or was not seen at all. */
  agreed = true;
  readonly speakers: readonly [Speaker, Speaker] = [new Speaker(), new Speaker()];
  startedAt: number;
  lastTime: number;
  lastPacket = 0;
  longestSilence = 0;
  silenceEnd = 0;
  silencePacket = 0;
  /** Another conversation on the same connection (HTTP/2). */
  next: Conversation | undefined;

  constructor(stream: number, time: number) {
    this.stream = stream;
    this.startedAt = time;
    this.lastTime = time;
  }

  /** Counts a frame; returns who sent it. */
  frame(record: FrameRecord): Speaker {
    const speaker = this.speakers[record.side];
    const silence = record.time - this.lastTime;
    if (silence > this.longestSilence) {
      this.longestSilence = silence;
      this.silenceEnd = record.time;
      this.silencePacket = record.firstPacket;
    }
    this.lastTime = record.time;
    this.lastPacket = record.lastPacket;
    speaker.frames++;
    speaker.payloadBytes += record.payloadLength;
    speaker.headerBytes += record.headerLength;
    if (record.masked) speaker.maskBytes += 4;
    return speaker;
  }

  ping(side: Side, record: FrameRecord): void {
    const { pings } = this.speakers[side];
    this.speakers[side].pingCount++;
    if (pings.length >= mostPings) pings.shift();
    pings.push({ time: record.time, packet: record.firstPacket, hash: payloadHash(record) });
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
