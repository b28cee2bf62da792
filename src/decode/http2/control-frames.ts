/**
 * The frames that carry no message: RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE (RFC 9113 6), ALTSVC (RFC 7838),
 * ORIGIN (RFC 8336).
 */
import { latin1, u16, u32 } from '../../core/bytes.ts';
import { client, otherSide, server, sideName } from '../../core/side.ts';
import { MessageEnd, type Http2Facts } from '../../core/sinks.ts';
import { excerpt } from '../http/octets.ts';
import { connectionFacts } from './connection-facts.ts';
import type { Connection } from './connection.ts';
import { ErrorCode, FrameFlag, FrameType, errorName } from './frame-type.ts';
import type { Lane } from './lane.ts';
import type { Stream } from './stream.ts';

/** A wait for window that is worth a note, in nanoseconds. */
const longStall = 20e6;
/** Requests taken back before they were answered, from which on it looks like an attack. */
const manyResets = 100;
/** GOAWAY debug data and names that are shown. */
const longestShown = 200;
const mostListed = 32;

export class ControlFrames<X> {
  private readonly connection: Connection<X>;
  private readonly goaways: string[] = [];
  private readonly origins: string[] = [];
  private readonly alternatives: string[] = [];

  constructor(connection: Connection<X>) {
    this.connection = connection;
  }

  /** A payload that is whole, of the frame that the lane's reader stands at. */
  take(lane: Lane<X>, data: Uint8Array, start: number, end: number): void {
    switch (lane.reader.type) {
      case FrameType.rstStream:
        this.reset(lane, u32(data, start));
        return;
      case FrameType.settings:
        this.settings(lane, data, start, end);
        return;
      case FrameType.ping:
        this.ping(lane, data, start);
        return;
      case FrameType.goaway:
        this.goaway(lane, data, start, end);
        return;
      case FrameType.windowUpdate:
        this.windowUpdate(lane, u32(data, start) & 0x7fff_ffff);
        return;
      case FrameType.altsvc:
        this.alternative(data, start, end);
        return;
      default:
        this.origin(data, start, end);
    }
  }

  /** Settings that came with the upgrade from HTTP/1.1: they count as acknowledged by the 101 response (RFC 7540 3.2.1). */
  upgradeSettings(value: string): void {
    const { connection } = this;
    const payload = Buffer.from(value, 'base64url');
    const { settings } = connection.lanes[client];
    if (settings.announce(payload, 0, payload.length - (payload.length % 6)) !== undefined)
      connection.report('http2.bad-setting', client, 0, 'in HTTP2-Settings');
    this.acknowledge(connection.lanes[client], connection.lanes[server]);
  }

  facts(): Http2Facts {
    const { goaways, origins, alternatives } = this;
    const { lanes, flow, counts } = this.connection;
    return connectionFacts(lanes, flow.stalled, {
      ...counts,
      goaways,
      origins,
      alternatives,
      course: this.connection.course?.facts,
    });
  }

  private reset(lane: Lane<X>, code: number): void {
    const { side, reader } = lane;
    const stream = this.connection.streams.get(reader.stream);
    if (stream === undefined) {
      if (this.connection.isIdle(reader.stream) && !this.connection.isPartial)
        this.connection.report('http2.idle-stream', side, reader.frameOffset, `RST_STREAM on stream ${reader.stream}`);
      return;
    }
    stream.go('reset');
    this.connection.counts.resets++;
    if (side === client && !stream.headed[server]) this.countQuickReset(reader.frameOffset);
    const quiet = code === ErrorCode.noError || code === ErrorCode.cancel;
    if (!stream.settled) {
      const detail = `${errorName(code)} from the ${sideName(side)}`;
      this.connection.reportStream(stream, quiet ? 'http2.cancelled' : 'http2.reset', side, reader.frameOffset, detail);
    }
    this.connection.abandon(stream, quiet && stream.ended[server] ? answeredEnd(stream) : MessageEnd.reset);
    this.connection.remove(stream);
  }

  private countQuickReset(offset: number): void {
    const { counts } = this.connection;
    if (++counts.quickResets >= manyResets && counts.quickResets * 2 >= counts.streams)
      this.connection.reportOnce(
        'http2.rapid-reset',
        client,
        offset,
        `${counts.quickResets} of ${counts.streams} requests`,
      );
  }

  private settings(lane: Lane<X>, data: Uint8Array, start: number, end: number): void {
    const { side, reader } = lane;
    const other = this.connection.lanes[otherSide(side)];
    if ((reader.flags & FrameFlag.ack) === 0) {
      const fault = lane.settings.announce(data, start, end);
      if (fault !== undefined) this.connection.report('http2.bad-setting', side, reader.frameOffset, fault);
      if (lane.settings.early > 0) {
        lane.settings.early--;
        this.acknowledge(lane, other);
      }
      return;
    }
    if (reader.length > 0)
      this.connection.report('http2.frame-size', side, reader.frameOffset, 'SETTINGS acknowledgement with a payload');
    if (this.acknowledge(other, lane)) return;
    if (other.settings.early++ > 0 && !this.connection.isPartial)
      this.connection.reportOnce('http2.stray-ack', side, reader.frameOffset, 'SETTINGS');
  }

  /** @returns whether there was something to acknowledge */
  private acknowledge(announcer: Lane<X>, acknowledger: Lane<X>): boolean {
    const change = announcer.settings.acknowledged();
    if (change === undefined) return false;
    if (change.initialWindowSize >= 0)
      this.connection.flow.adjust(this.connection.streams.values(), acknowledger.side, change.initialWindowSize);
    return true;
  }

  private ping(lane: Lane<X>, data: Uint8Array, start: number): void {
    const { side, reader } = lane;
    if ((reader.flags & FrameFlag.ack) === 0) lane.pings.send(data, start, this.connection.moment.time);
    else if (
      !this.connection.lanes[otherSide(side)].pings.answer(data, start, this.connection.moment.time) &&
      !this.connection.isPartial
    )
      this.connection.reportOnce('http2.stray-ack', side, reader.frameOffset, 'PING');
  }

  private goaway(lane: Lane<X>, data: Uint8Array, start: number, end: number): void {
    const { side, reader } = lane;
    const last = u32(data, start) & 0x7fff_ffff;
    const code = u32(data, start + 4);
    const shown = Math.min(end, start + 8 + longestShown);
    const debug = end > start + 8 ? `: ${excerpt(data, start + 8, shown)}` : '';
    const detail = `${errorName(code)} from the ${sideName(side)}, last stream ${last}${debug}`;
    // Said twice in a graceful shutdown.
    if (this.goaways.at(-1) === detail) return;
    this.connection.report(
      code === ErrorCode.noError ? 'http2.goaway' : 'http2.connection-error',
      side,
      reader.frameOffset,
      detail,
    );
    if (this.goaways.length < mostListed) this.goaways.push(detail);
    // Streams of the other side's that are above `last` were not acted upon (RFC 9113 6.8).
    const own = side === server ? 1 : 0;
    for (const stream of this.connection.streams.values())
      if (stream.id > last && stream.id % 2 === own && !stream.settled)
        this.connection.reportStream(stream, 'http2.not-processed', side, reader.frameOffset);
  }

  private windowUpdate(lane: Lane<X>, increment: number): void {
    const { side, reader } = lane;
    const { stream: id, frameOffset } = reader;
    const stream = id === 0 ? null : this.connection.streams.get(id);
    if (stream === undefined) return;
    if (increment === 0) {
      this.connection.report('http2.bad-window-update', side, frameOffset, `an increment of 0 on stream ${id}`);
      return;
    }
    const sender = otherSide(side);
    const waited = this.connection.flow.credit(stream, sender, increment, this.connection.moment.time);
    if (stream === null) this.connection.noteWindow(sender);
    if (this.connection.flow.isOverfull(stream, sender) && !this.connection.isPartial)
      this.connection.reportOnce(
        'http2.bad-window-update',
        side,
        frameOffset,
        `the window of stream ${id} exceeds 2147483647`,
      );
    if (waited < longStall || this.connection.isPartial) return;
    const detail = `the ${sideName(sender)} waited ${(waited / 1e6).toFixed(1)} ms for window`;
    if (stream === null) this.connection.reportOnce('http2.flow-control-stall', side, frameOffset, detail);
    else if (!stream.settled)
      this.connection.reportStream(stream, 'http2.flow-control-stall', side, frameOffset, detail);
  }

  /** RFC 7838 4: Origin-Len (16), Origin, Alt-Svc-Field-Value. */
  private alternative(data: Uint8Array, start: number, end: number): void {
    const value = start + 2 + u16(data, start);
    if (value < end) listOnce(this.alternatives, latin1(data, value, Math.min(end, value + longestShown)));
  }

  /** RFC 8336 2.1: entries of Origin-Len (16) and ASCII-Origin. */
  private origin(data: Uint8Array, start: number, end: number): void {
    for (let at = start; at + 2 <= end && this.origins.length < mostListed;) {
      const next = at + 2 + u16(data, at);
      if (next > end) return;
      listOnce(this.origins, latin1(data, at + 2, Math.min(next, at + 2 + longestShown)));
      at = next;
    }
  }
}

function listOnce(list: string[], text: string): void {
  if (list.length < mostListed && !list.includes(text)) list.push(text);
}

/** How a request ends that is given up when its answer is whole (RFC 9113 8.1): no failure, but not all of it was sent. */
function answeredEnd(stream: Stream<unknown>): MessageEnd {
  return stream.method === 'connect' ? MessageEnd.complete : MessageEnd.truncated;
}
