/**
 * A row of the timeline as the record it was made from, for filters and exporters that read records: lent, filled anew for
 * each row. Of an exchange's heads only what the columns keep is there: start lines, Host and the content types.
 */
import { KnownField, offsetsPerField, type HttpHead } from '../core/http.ts';
import { copyBytes } from '../core/bytes.ts';
import { protocolNames } from '../core/connection-table.ts';
import { diagnostics } from '../core/diagnostics.ts';
import type { Side } from '../core/side.ts';
import { closings } from './connection-rows.ts';
import { ExchangeFlag, exchangeStates, severityRanks } from './exchange-table.ts';
import { FrameFlag, messageKinds } from './frame-table.ts';
import {
  ConnectionRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  type DiagnosticRecord,
  type UpgradeRecord,
} from './records.ts';
import type { Timeline } from './timeline.ts';

const scratchSize = 16 * 1024;
const hostName = Buffer.from('Host');
const typeName = Buffer.from('Content-Type');

export class RowRecords {
  private readonly timeline: Timeline;
  private readonly exchangeRecord: ExchangeRecord;
  private readonly connectionRecord: ConnectionRecord;
  private readonly frameRecord: FrameRecord;
  private readonly messageRecord: MessageRecord;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    const { table } = timeline.connections;
    this.exchangeRecord = new ExchangeRecord(table);
    this.exchangeRecord.request.head.data = new Uint8Array(scratchSize);
    this.exchangeRecord.response.head.data = new Uint8Array(scratchSize);
    this.connectionRecord = new ConnectionRecord(table);
    this.frameRecord = new FrameRecord(table);
    this.messageRecord = new MessageRecord(table);
  }

  exchange(row: number): ExchangeRecord {
    const { exchanges: x } = this.timeline;
    const record = this.exchangeRecord;
    const { request, response } = record;
    const flags = x.flags.at(row);
    record.id = x.id.at(row);
    record.slot = this.timeline.connections.at(x.connection.at(row));
    record.stream = x.stream.at(row);
    record.secure = (flags & ExchangeFlag.secure) !== 0;
    record.state = exchangeStates[x.state.at(row)]!;
    request.present = (flags & ExchangeFlag.request) !== 0;
    response.present = (flags & ExchangeFlag.response) !== 0;
    if (request.present) {
      request.time = x.time.at(row);
      request.endTime = x.requestEnd.at(row);
      request.firstPacket = x.requestPacket.at(row);
      request.lastPacket = x.requestLastPacket.at(row);
      request.bodyBytes = x.requestBytes.at(row);
      request.ended = (flags & ExchangeFlag.requestEnded) !== 0;
      request.complete = (flags & ExchangeFlag.requestComplete) !== 0;
      this.requestHead(row, request.head);
    }
    if (response.present) {
      response.time = x.responseTime.at(row);
      response.endTime = x.responseEnd.at(row);
      response.firstPacket = x.responsePacket.at(row);
      response.lastPacket = x.responseLastPacket.at(row);
      response.bodyBytes = x.responseBytes.at(row);
      response.decodedBytes = x.responseDecoded.at(row);
      response.ended = (flags & ExchangeFlag.responseEnded) !== 0;
      response.complete = (flags & ExchangeFlag.responseComplete) !== 0;
      this.responseHead(row, response.head);
    }
    return record;
  }

  connection(id: number): ConnectionRecord {
    const { connections } = this.timeline;
    const record = this.connectionRecord;
    const { table } = connections;
    const slot = connections.at(id);
    const bits = table.protocols[slot]!;
    record.slot = slot;
    record.closedAt = table.lastAt[slot]!;
    record.closing = closings[connections.closing.at(id)]!;
    record.opening = (table.flags[slot]! & 2) !== 0 ? 'midstream' : 'handshake';
    record.protocols = protocolNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
    return record;
  }

  /** Of the payload only the preview is there. */
  frame(row: number): FrameRecord {
    const { frames, conversations, texts } = this.timeline;
    const record = this.frameRecord;
    const talk = conversations.at(frames.conversation.at(row));
    const flags = frames.flags.at(row);
    record.slot = this.timeline.connections.at(talk.connection);
    record.stream = talk.stream;
    record.id = frames.id.at(row);
    record.side = (flags & FrameFlag.server) as Side;
    record.time = frames.time.at(row);
    record.firstPacket = frames.firstPacket.at(row);
    record.lastPacket = frames.lastPacket.at(row);
    record.bits = frames.first.at(row) & 0xf0;
    record.opcode = frames.first.at(row) & 0x0f;
    record.masked = (flags & FrameFlag.masked) !== 0;
    record.maskingKey = frames.maskingKey.at(row) >>> 0;
    record.payloadLength = frames.length.at(row);
    record.headerLength = frames.headerLength.at(row);
    record.complete = (flags & FrameFlag.complete) !== 0;
    record.body.clear();
    // A frame's text is that of its message where there is one: compressed payload is nothing to search in.
    const message = frames.message.at(row);
    texts.at(message >= 0 ? this.timeline.messages.preview.at(message) : frames.preview.at(row));
    record.body.append(texts.data, texts.start, texts.end, scratchSize);
    return record;
  }

  message(row: number): MessageRecord {
    const { messages, conversations, texts } = this.timeline;
    const record = this.messageRecord;
    const talk = conversations.at(messages.conversation.at(row));
    const flags = messages.flags.at(row);
    record.slot = this.timeline.connections.at(talk.connection);
    record.stream = talk.stream;
    record.id = messages.id.at(row);
    record.side = (flags & FrameFlag.server) as Side;
    record.kind = messageKinds[messages.kind.at(row)]!;
    record.time = messages.time.at(row);
    record.endTime = messages.endTime.at(row);
    record.firstPacket = messages.firstPacket.at(row);
    record.lastPacket = messages.lastPacket.at(row);
    record.length = messages.length.at(row);
    record.wireLength = messages.wireLength.at(row);
    record.compressed = (flags & FrameFlag.compressed) !== 0;
    record.frames = messages.frames.at(row);
    record.complete = (flags & FrameFlag.complete) !== 0;
    record.code = messages.code.at(row);
    record.body.clear();
    texts.at(messages.preview.at(row));
    record.body.append(texts.data, texts.start, texts.end, scratchSize);
    record.body.truncated = record.length > record.body.length;
    return record;
  }

  diagnostic(row: number): DiagnosticRecord {
    const { diagnostics: d, texts } = this.timeline;
    const code = d.codeOf(row);
    const entry: { reference?: string } = diagnostics[code];
    const side = d.side.at(row);
    return {
      severity: severityRanks[d.severity.at(row)] as DiagnosticRecord['severity'],
      code,
      message: texts.utf8(d.message.at(row)),
      reference: entry.reference,
      connection: d.connection.at(row),
      exchange: d.exchange.at(row),
      side: side === 255 ? -1 : (side as Side),
      time: d.time.at(row),
      packet: d.packet.at(row),
      offset: d.offset.at(row),
    };
  }

  upgrade(row: number): UpgradeRecord {
    const { exchange, connection, time, outcome, protocol, verdict, subprotocol, extensions } =
      this.timeline.upgrades.at(row);
    return {
      connection,
      exchange: this.timeline.exchanges.id.at(exchange),
      time,
      outcome,
      protocol,
      verdict,
      offeredSubprotocols: [],
      checks: [],
      ...(subprotocol === undefined ? {} : { subprotocol }),
      ...(extensions === undefined ? {} : { extensions }),
    };
  }

  private requestHead(row: number, head: HttpHead): void {
    const { exchanges: x } = this.timeline;
    head.fieldCount = 0;
    head.status = 0;
    head.version = x.requestVersion.at(row);
    head.size = x.requestHead.at(row);
    head.methodEnd = this.append(head, 0, x.method.at(row));
    head.targetStart = head.methodEnd;
    head.targetEnd = this.append(head, head.targetStart, x.target.at(row));
    let end = this.field(head, head.targetEnd, KnownField.host, hostName, x.host.at(row));
    end = this.field(head, end, KnownField.contentType, typeName, x.requestType.at(row));
    head.end = end;
  }

  private responseHead(row: number, head: HttpHead): void {
    const { exchanges: x } = this.timeline;
    head.fieldCount = 0;
    head.status = x.status.at(row);
    head.version = x.responseVersion.at(row);
    head.size = x.responseHead.at(row);
    head.reasonEnd = this.append(head, 0, x.reason.at(row));
    head.end = this.field(head, head.reasonEnd, KnownField.contentType, typeName, x.responseType.at(row));
  }

  private field(head: HttpHead, at: number, known: KnownField, name: Uint8Array, text: number): number {
    if (text === 0) return at;
    copyBytes(name, 0, name.length, head.data, at);
    const valueAt = at + name.length;
    const end = this.append(head, valueAt, text);
    const offset = head.fieldCount * offsetsPerField;
    head.offsets[offset] = at;
    head.offsets[offset + 1] = valueAt;
    head.offsets[offset + 2] = valueAt;
    head.offsets[offset + 3] = end;
    head.known[head.fieldCount++] = known;
    return end;
  }

  private append(head: HttpHead, at: number, text: number): number {
    if (text === 0) return at;
    const { texts } = this.timeline;
    texts.at(text);
    copyBytes(texts.data, texts.start, texts.end, head.data, at);
    return at + texts.end - texts.start;
  }
}
