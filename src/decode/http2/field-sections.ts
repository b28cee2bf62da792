/**
 * What field sections say: requests, responses, trailers, promises (RFC 9113 8), each to its stream's exchange.
 */
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { HttpHead } from '../../core/http.ts';
import { client, otherSide, server, type Side } from '../../core/side.ts';
import { MessageEnd } from '../../core/sinks.ts';
import type { Connection } from './connection.ts';
import { HeadFields } from './head-fields.ts';
import type { BlockFault, HeaderBlock } from './header-block.ts';
import { HpackFault } from './hpack/hpack-decoder.ts';
import type { Lane } from './lane.ts';
import type { Stream } from './stream.ts';

/** Heads are read one at a time, to the end. */
const heads = new HeadFields();

export class FieldSections<X> {
  private readonly connection: Connection<X>;

  constructor(connection: Connection<X>) {
    this.connection = connection;
  }

  /** The lane's field block has ended, whole or not. */
  finish(lane: Lane<X>): void {
    const { block } = lane;
    const sizeUpdates = lane.hpack.sizeUpdates;
    block.finish();
    if (
      !lane.partial &&
      block.fault === undefined &&
      lane.hpack.table.limit > this.connection.lanes[otherSide(lane.side)].settings.headerTableSize
    )
      this.connection.reportOnce(
        'hpack.table-size',
        lane.side,
        block.offset,
        `${lane.hpack.table.limit} bytes, after ${sizeUpdates} size updates`,
      );
    const stream =
      lane.side === client
        ? this.clientBlock(block)
        : block.promised >= 0
          ? this.promise(block)
          : this.serverBlock(block);
    this.reportBlock(lane, stream);
    if (stream !== null && block.endsStream) this.connection.endStream(stream, lane.side);
  }

  /** What was wrong with the last block, beside what it said. */
  private reportBlock(lane: Lane<X>, stream: Stream<X> | null): void {
    const { block, side } = lane;
    const { section, fault, offset } = block;
    const say = (code: DiagnosticCode, detail?: string): void => {
      if (stream === null || stream.settled) this.connection.report(code, side, offset, detail);
      else this.connection.reportStream(stream, code, side, offset, detail);
    };
    if (fault !== undefined) {
      say(
        blockCodes[fault],
        fault === 'gap'
          ? undefined
          : `stream ${block.stream}: ${section.head.fieldCount} fields were decoded before it`,
      );
      lane.partial = true;
    }
    if (section.omitted > 0) say('hpack.too-many-fields', `${section.omitted} fields are not shown`);
    if (block.unresolved > 0)
      this.connection.reportOnce(
        'hpack.unknown-index',
        side,
        offset,
        `stream ${block.stream}: ${block.unresolved} fields refer to what was not captured`,
      );
  }

  private clientBlock(block: HeaderBlock): Stream<X> | null {
    const { stream: id, offset } = block;
    if (block.promised >= 0) {
      this.connection.report('http2.client-push', client, offset);
      return null;
    }
    const stream = this.connection.streams.get(id);
    if (stream !== undefined) return this.laterBlock(stream, client, block);
    if (!this.connection.isIdle(id)) return null;
    if (id % 2 === 0) this.connection.report('http2.bad-stream-id', client, offset, `a request on stream ${id}`);
    return this.request(this.connection.open(id), block);
  }

  private request(stream: Stream<X>, block: HeaderBlock): Stream<X> {
    const whole = block.fault === undefined && block.unresolved === 0;
    heads.read(block.section, 'request', whole);
    stream.go('request');
    stream.method = heads.method;
    stream.protocol = heads.protocol;
    this.takeHead(stream, client, block);
    this.connection.sink.requestHead(stream.exchange, block.section.head);
    this.reportHead(stream, client, block);
    if (
      heads.protocol !== undefined &&
      !this.connection.lanes[server].settings.enableConnectProtocol &&
      !this.connection.isPartial
    )
      this.connection.reportStream(stream, 'http2.connect-not-enabled', client, block.offset);
    return stream;
  }

  private serverBlock(block: HeaderBlock): Stream<X> | null {
    const { stream: id, offset } = block;
    let stream = this.connection.streams.get(id);
    if (stream !== undefined) {
      if (stream.headed[server] || stream.tunnel !== null) return this.laterBlock(stream, server, block);
      if (stream.ended[server]) return this.afterEnd(stream, server, offset);
    } else if (!this.connection.isIdle(id) && !this.connection.isPartial) return null;
    const whole = block.fault === undefined && block.unresolved === 0;
    heads.read(block.section, 'response', whole);
    const { head } = block.section;
    if (stream !== undefined && stream.pending !== null) {
      if (head.status === 0) {
        this.connection.settlePending(stream);
        return this.laterBlock(stream, server, block);
      }
      this.connection.sink.interimHead(stream.exchange, stream.pending);
      stream.pending = null;
    }
    if (stream === undefined) {
      // Trailers of a message that was not captured.
      if (this.connection.isPartial && whole && head.status === 0) return null;
      if (!this.connection.isPartial)
        this.connection.report('http2.idle-stream', server, offset, `HEADERS on stream ${id}`);
      stream = this.connection.open(id);
      stream.ended[client] = stream.damaged[client] = true;
    }
    stream.go('response');
    if (head.status === 0 && block.unresolved > 0 && !block.endsStream) {
      stream.pending = this.copied(head);
      return stream;
    }
    if (head.status >= 100 && head.status < 200) {
      this.connection.sink.interimHead(stream.exchange, head);
      this.reportHead(stream, server, block);
      if (head.status === 101)
        this.connection.reportStream(stream, 'http2.malformed-head', server, offset, '101 does not exist in HTTP/2');
      return stream;
    }
    this.takeHead(stream, server, block);
    this.connection.sink.responseHead(stream.exchange, head);
    this.reportHead(stream, server, block);
    const isTunnel = stream.protocol !== undefined || stream.method === 'connect';
    if (isTunnel && head.status >= 200 && head.status < 300) this.switchStream(stream, block);
    return stream;
  }

  private copied(head: HttpHead): HttpHead {
    const copy = new HttpHead(head.fieldCount);
    copy.copyFrom(head);
    copy.packet = this.connection.moment.packet;
    copy.time = this.connection.moment.time;
    return copy;
  }

  private takeHead(stream: Stream<X>, side: Side, block: HeaderBlock): void {
    stream.headed[side] = true;
    stream.announced[side] = heads.contentLength;
    // What was missing before its head was not the message's.
    stream.damaged[side] = block.fault !== undefined;
    const { status } = block.section.head;
    const bodiless = stream.method === 'head' || stream.method === 'unknown';
    if (side === server && (bodiless || status === 204 || status === 304)) stream.announced[side] = -1;
  }

  /** A field section behind the head: trailers (RFC 9113 8.1). */
  private laterBlock(stream: Stream<X>, side: Side, block: HeaderBlock): Stream<X> | null {
    if (stream.tunnel !== null) return stream;
    if (stream.ended[side]) return this.afterEnd(stream, side, block.offset);
    heads.read(block.section, 'trailers', true);
    this.connection.sink.trailers(stream.exchange, side, block.section.head);
    this.reportHead(stream, side, block);
    if (!block.endsStream) this.connection.reportStream(stream, 'http2.open-trailers', side, block.offset);
    return stream;
  }

  private promise(block: HeaderBlock): Stream<X> | null {
    const { promised, offset } = block;
    if (promised % 2 !== 0 || promised === 0 || !this.connection.isIdle(promised)) {
      this.connection.report('http2.bad-stream-id', server, offset, `a promise of stream ${promised}`);
      return null;
    }
    const stream = this.connection.open(promised);
    heads.read(block.section, 'request', block.fault === undefined && block.unresolved === 0);
    stream.go('promise');
    stream.method = heads.method;
    this.takeHead(stream, client, block);
    this.connection.sink.requestHead(stream.exchange, block.section.head);
    this.reportHead(stream, server, block);
    this.connection.reportStream(stream, 'http2.pushed', server, offset, `with stream ${block.stream}`);
    stream.announced[client] = -1;
    this.connection.endSide(stream, client, MessageEnd.complete);
    return null;
  }

  private reportHead(stream: Stream<X>, side: Side, block: HeaderBlock): void {
    if (heads.hasUpperCase) this.connection.reportStream(stream, 'http2.upper-case-name', side, block.offset);
    for (const fault of heads.faults)
      this.connection.reportStream(stream, 'http2.malformed-head', side, block.offset, fault);
  }

  private afterEnd(stream: Stream<X>, side: Side, offset: number): null {
    if (stream.state !== 'closed' && !stream.damaged[side] && !stream.settled)
      this.connection.reportStream(stream, 'http2.after-end', side, offset, 'HEADERS');
    return null;
  }

  /** CONNECT was granted: the stream's DATA is another protocol's from here on (RFC 9113 8.5, RFC 8441 5). */
  private switchStream(stream: Stream<X>, block: HeaderBlock): void {
    const next = this.connection.host.switchStream(
      this.connection.slot,
      stream.id,
      stream.protocol ?? '',
      block.section.head,
    );
    if (next === null) return;
    stream.tunnel = next;
    for (const side of [client, server])
      if (!stream.ended[side]) this.connection.endSide(stream, side, MessageEnd.complete);
  }
}

const blockCodes: Readonly<Record<BlockFault, DiagnosticCode>> = {
  gap: 'hpack.lost',
  cut: 'hpack.cut-block',
  'too-long': 'hpack.field-too-long',
  [HpackFault.badHuffman]: 'hpack.bad-huffman',
  [HpackFault.badIndex]: 'hpack.bad-index',
  [HpackFault.integerOverflow]: 'hpack.integer-overflow',
  [HpackFault.misplacedSizeUpdate]: 'hpack.misplaced-size-update',
};
