/**
 * WebSocket conversations judged: the closing handshake (RFC 6455 7), pings and their pongs, silences against the idle
 * limits of proxies, masking keys. What a conversation lacks is told when its connection ends, and not where bytes of it
 * are missing from the capture.
 */
import { u16 } from '../../core/bytes.ts';
import { client, server, type Side } from '../../core/side.ts';
import { Opcode, describeCloseCode } from '../../core/websocket.ts';
import type { ConnectionRecord, ExchangeRecord, FrameRecord, UpgradeRecord } from '../../timeline/records.ts';
import { counted, spanText } from '../units.ts';
import { Conversation, FrameRows, Heartbeats, type Speaker } from './conversation.ts';
import type { Findings, Place } from './findings.ts';

/** Where common proxies and load balancers cut an idle connection. */
const idleLimit = 60e9;
/** A connection that ends after a silence this close to the limit was likely cut by it. */
const idleCut = 55e9;
/** A ping may wait this long for its pong before the connection's end tells that none came. */
const pingPatience = 1e9;
/** Streams of one connection that are followed at a time (HTTP/2). */
const mostStreams = 64;
/** Frames in a row with one masking key that are no accident: the chance of three is 2^-64. */
const suspiciousKeys = 3;

export class Conversations {
  readonly heartbeats: Heartbeats = new Heartbeats();
  /** Conversations that have ended. */
  ends = 0;
  private readonly findings: Findings;
  private readonly rows = new FrameRows();
  /** By connection slot; and the rows of these, -1 where there is none. */
  private readonly open: (Conversation | undefined)[] = [];
  private openRows = new Int32Array(64).fill(-1);

  constructor(findings: Findings) {
    this.findings = findings;
  }

  /** A response that agreed to a WebSocket. */
  agreed({ slot, stream, response }: ExchangeRecord): void {
    this.rows.setLastPacket(this.at(slot, stream, response.time).row, response.lastPacket);
  }

  /** How the upgrade just agreed to was judged: after one that is invalid the client must fail the connection. */
  upgrade({ slot, stream }: ExchangeRecord, { outcome, protocol }: UpgradeRecord): void {
    if (protocol !== 'websocket') this.forget(slot);
    else if (outcome === 'invalid') this.at(slot, stream, 0).agreed = false;
  }

  frame(record: FrameRecord): void {
    const { slot, stream } = record;
    let row = slot < this.openRows.length ? this.openRows[slot]! : -1;
    if (row < 0 || !this.rows.isOf(row, stream)) row = this.at(slot, stream, record.time).row;
    this.rows.frame(row, record);
    if (record.masked && record.payloadLength > 0) this.checkKey(record, row);
    if (record.opcode >= Opcode.close) this.control(this.at(slot, stream, record.time), record);
  }

  connection(record: ConnectionRecord): void {
    let conversation = this.take(record.slot);
    if (conversation === undefined) return;
    const whole = record.missingBytes(client) + record.missingBytes(server) === 0;
    for (; conversation !== undefined; conversation = conversation.next) {
      this.ended(conversation, record, whole);
      this.rows.giveBack(conversation.row);
    }
  }

  private forget(slot: number): void {
    for (let one = this.take(slot); one !== undefined; one = one.next) this.rows.giveBack(one.row);
  }

  /** The conversations of a connection, which are then no longer followed; their rows are the caller's to give back. */
  private take(slot: number): Conversation | undefined {
    const conversation = this.open[slot];
    if (conversation === undefined) return undefined;
    this.open[slot] = undefined;
    this.openRows[slot] = -1;
    return conversation;
  }

  private at(slot: number, stream: number, time: number): Conversation {
    let conversation = this.open[slot];
    let streams = 0;
    while (conversation !== undefined && conversation.stream !== stream) {
      conversation = conversation.next;
      streams++;
    }
    if (conversation !== undefined) return conversation;
    while (this.open.length <= slot) this.open.push(undefined);
    if (slot >= this.openRows.length) this.grow(slot);
    conversation = new Conversation(stream, this.rows.take(stream, time));
    if (streams < mostStreams) conversation.next = this.open[slot];
    else this.forget(slot);
    this.open[slot] = conversation;
    this.openRows[slot] = conversation.row;
    return conversation;
  }

  private grow(slot: number): void {
    const larger = new Int32Array(Math.max(slot + 1, this.openRows.length * 2)).fill(-1);
    larger.set(this.openRows);
    this.openRows = larger;
  }

  private checkKey(record: FrameRecord, row: number): void {
    if (record.side !== client || this.rows.sameKey(row, record.maskingKey) !== suspiciousKeys) return;
    const zero = record.maskingKey === 0;
    const key = `0x${record.maskingKey.toString(16).padStart(8, '0')}`;
    const code = zero ? 'websocket.zero-masking-key' : 'websocket.repeated-masking-key';
    this.findings.at(placeOf(record), code, `${suspiciousKeys} frames in a row with the key ${key}`);
  }

  private control(conversation: Conversation, record: FrameRecord): void {
    const speaker = conversation.speakers[record.side];
    if (record.opcode === Opcode.ping) conversation.ping(record.side, record);
    else if (record.opcode === Opcode.pong) this.pong(conversation, record);
    else if (record.opcode === Opcode.close && speaker.closedAt < 0) this.close(conversation, speaker, record);
    if (record.opcode === Opcode.ping) this.heartbeats.pings++;
  }

  private pong(conversation: Conversation, record: FrameRecord): void {
    const roundTrip = conversation.pong(record.side, record);
    if (roundTrip >= 0) this.heartbeats.roundTrips.add(roundTrip);
    else this.findings.at(placeOf(record), 'websocket.unsolicited-pong', 'no ping asked for this pong');
  }

  private close(conversation: Conversation, speaker: Speaker, record: FrameRecord): void {
    speaker.closedAt = record.time;
    speaker.closeCode = record.body.length >= 2 ? u16(record.body.data, 0) : -1;
    speaker.closePacket = record.firstPacket;
    speaker.closeOffset = record.offset;
    const other = conversation.speakers[record.side === client ? server : client];
    const answers = other.closedAt >= 0;
    if (!answers && errorCodes.has(speaker.closeCode)) {
      const detail = `the ${sideName(record.side)} closed with ${describeCloseCode(speaker.closeCode)}`;
      this.findings.at(placeOf(record), 'websocket.closed-with-error', detail);
    }
    if (!answers || other.closeCode < 0 || speaker.closeCode < 0 || speaker.closeCode === other.closeCode) return;
    const detail = `${describeCloseCode(other.closeCode)} was answered with ${describeCloseCode(speaker.closeCode)}`;
    this.findings.at(placeOf(record), 'websocket.close-code-not-echoed', detail);
  }

  private ended(conversation: Conversation, record: ConnectionRecord, whole: boolean): void {
    this.ends++;
    const { row } = conversation;
    const longestSilence = this.rows.longestSilence(row);
    if (longestSilence > this.heartbeats.longestSilence) {
      this.heartbeats.longestSilence = longestSilence;
      this.heartbeats.longestSilenceConnection = record.connection;
    }
    const finished = record.closing !== 'open';
    if (!conversation.agreed || !whole) return;
    if (finished) this.checkClosing(conversation, record);
    for (const side of [client, server] as const) this.checkPings(conversation, record, side);
    if (longestSilence >= idleLimit) {
      const place = at(record, -1, this.rows.silenceEnd(row), this.rows.silencePacket(row));
      const detail = `${spanText(longestSilence)} without a frame`;
      this.findings.at(place, 'websocket.idle-risk', detail);
    }
  }

  private checkClosing(conversation: Conversation, record: ConnectionRecord): void {
    const [first, second] = conversation.speakers;
    if (first.closedAt >= 0 && second.closedAt >= 0) {
      this.checkOrder(conversation, record);
      return;
    }
    const { endedFirst } = record;
    const ender = endedFirst === -1 ? '' : ` of the ${sideName(endedFirst)}`;
    const how = record.closing === 'reset' ? 'a reset' : `FIN${ender}`;
    if (first.closedAt < 0 && second.closedAt < 0) {
      const { row } = conversation;
      const silence = record.closedAt - this.rows.lastTime(row);
      const code = silence >= idleCut ? 'websocket.idle-cut' : 'websocket.ended-without-close';
      const frames = counted(this.rows.frames(row), 'frame');
      const detail = `ended by ${how} ${spanText(Math.max(0, silence))} after the last of ${frames}`;
      this.findings.at(at(record, -1, record.closedAt, this.rows.lastPacket(row)), code, detail);
      return;
    }
    const closer: Side = first.closedAt >= 0 ? client : server;
    const { closeCode, closePacket, closeOffset, closedAt } = conversation.speakers[closer];
    const said = closeCode < 0 ? 'without a code' : describeCloseCode(closeCode);
    const detail = `the ${sideName(closer)} closed (${said}); ${how} came instead of the other close frame`;
    this.findings.at(at(record, closer, closedAt, closePacket, closeOffset), 'websocket.close-unanswered', detail);
  }

  /** After the closing handshake the server is to close the TCP connection first. */
  private checkOrder(conversation: Conversation, record: ConnectionRecord): void {
    if (record.endedFirst !== client || conversation.stream >= 0) return;
    // Inside TLS, close_notify ends what each side has to say before any FIN does.
    if (record.protocols.includes('tls')) return;
    const { closedAt, closePacket, closeOffset } = conversation.speakers[client];
    const detail = 'after its close frame came its FIN, before the server sent one';
    this.findings.at(at(record, client, closedAt, closePacket, closeOffset), 'websocket.client-closed-first', detail);
  }

  private checkPings(conversation: Conversation, record: ConnectionRecord, side: Side): void {
    const other = conversation.speakers[side === client ? server : client];
    // Who has been closed on, or has closed, need not answer; the first unanswered ping stands for the others.
    const missed = conversation.speakers[side].pings.filter(
      ({ time }) =>
        record.closedAt - time >= pingPatience && (other.closedAt < 0 || other.closedAt - time >= pingPatience),
    );
    const [first] = missed;
    if (first === undefined) return;
    this.heartbeats.missed += missed.length;
    const detail = `${counted(missed.length, 'ping')} of the ${sideName(side)} without a pong, for ${spanText(record.closedAt - first.time)}`;
    this.findings.at(at(record, side, first.time, first.packet, first.offset), 'websocket.ping-unanswered', detail);
  }
}

/** Codes by which an end says that something went wrong. */
const errorCodes: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1010, 1011, 1013, 1014]);

function placeOf(record: FrameRecord): Place {
  return at(record, record.side, record.time, record.firstPacket, record.offset);
}

function at({ connection }: { connection: number }, side: Side | -1, time: number, packet: number, offset = -1): Place {
  return { connection, exchange: -1, side, time, packet, offset };
}

function sideName(side: Side): string {
  return side === client ? 'client' : 'server';
}
