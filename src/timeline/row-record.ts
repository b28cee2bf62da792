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
    const flags = x.flags[row]!;
    record.id = row + 1;
    record.slot = x.connection[row]!;
    record.stream = x.stream[row]!;
    record.secure = (flags & ExchangeFlag.secure) !== 0;
    record.state = exchangeStates[x.state[row]!]!;
    request.present = (flags & ExchangeFlag.request) !== 0;
    response.present = (flags & ExchangeFlag.response) !== 0;
    if (request.present) {
      request.time = x.time[row]!;
      request.endTime = x.requestEnd[row]!;
      request.firstPacket = x.requestPacket[row]!;
      request.lastPacket = x.requestLastPacket[row]!;
      request.bodyBytes = x.requestBytes[row]!;
      request.ended = (flags & ExchangeFlag.requestEnded) !== 0;
      request.complete = (flags & ExchangeFlag.requestComplete) !== 0;
      this.requestHead(row, request.head);
    }
    if (response.present) {
      response.time = x.responseTime[row]!;
      response.endTime = x.responseEnd[row]!;
      response.firstPacket = x.responsePacket[row]!;
      response.lastPacket = x.responseLastPacket[row]!;
      response.bodyBytes = x.responseBytes[row]!;
      response.decodedBytes = x.responseDecoded[row]!;
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
    const bits = table.protocols[id]!;
    record.slot = id;
    record.closedAt = table.lastAt[id]!;
    record.closing = closings[connections.closing[id]!]!;
    record.opening = (table.flags[id]! & 2) !== 0 ? 'midstream' : 'handshake';
    record.protocols = protocolNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
    return record;
  }

  /** Of the payload only the preview is there. */
  frame(row: number): FrameRecord {
    const { frames, conversations, texts } = this.timeline;
    const record = this.frameRecord;
    const talk = conversations[frames.conversation[row]!]!;
    const flags = frames.flags[row]!;
    record.slot = talk.connection;
    record.stream = talk.stream;
    record.id = frames.id[row]!;
    record.side = (flags & FrameFlag.server) as Side;
    record.time = frames.time[row]!;
    record.firstPacket = frames.firstPacket[row]!;
    record.lastPacket = frames.lastPacket[row]!;
    record.bits = frames.first[row]! & 0xf0;
    record.opcode = frames.first[row]! & 0x0f;
    record.masked = (flags & FrameFlag.masked) !== 0;
    record.maskingKey = frames.maskingKey[row]! >>> 0;
    record.payloadLength = frames.length[row]!;
    record.headerLength = frames.headerLength[row]!;
    record.complete = (flags & FrameFlag.complete) !== 0;
    record.body.clear();
    // A frame's text is that of its message where there is one: compressed payload is nothing to search in.
    const message = frames.message[row]!;
    texts.at(message >= 0 ? this.timeline.messages.preview[message]! : frames.preview[row]!);
    record.body.append(texts.data, texts.start, texts.end, scratchSize);
    return record;
  }

  message(row: number): MessageRecord {
    const { messages, conversations, texts } = this.timeline;
    const record = this.messageRecord;
    const talk = conversations[messages.conversation[row]!]!;
    const flags = messages.flags[row]!;
    record.slot = talk.connection;
    record.stream = talk.stream;
    record.id = messages.id[row]!;
    record.side = (flags & FrameFlag.server) as Side;
    record.kind = messageKinds[messages.kind[row]!]!;
    record.time = messages.time[row]!;
    record.endTime = messages.endTime[row]!;
    record.firstPacket = messages.firstPacket[row]!;
    record.lastPacket = messages.lastPacket[row]!;
    record.length = messages.length[row]!;
    record.wireLength = messages.wireLength[row]!;
    record.compressed = (flags & FrameFlag.compressed) !== 0;
    record.frames = messages.frames[row]!;
    record.complete = (flags & FrameFlag.complete) !== 0;
    record.code = messages.code[row]!;
    record.body.clear();
    texts.at(messages.preview[row]!);
    record.body.append(texts.data, texts.start, texts.end, scratchSize);
    return record;
  }

  diagnostic(row: number): DiagnosticRecord {
    const { diagnostics: d, texts } = this.timeline;
    const code = d.codeOf(row);
    const entry: { reference?: string } = diagnostics[code];
    const side = d.side[row]!;
    return {
      severity: severityRanks[d.severity[row]!] as DiagnosticRecord['severity'],
      code,
      message: texts.utf8(d.message[row]!),
      reference: entry.reference,
      connection: d.connection[row]!,
      exchange: d.exchange[row]!,
      side: side === 255 ? -1 : (side as Side),
      time: d.time[row]!,
      packet: d.packet[row]!,
      offset: d.offset[row]!,
    };
  }

  upgrade(row: number): UpgradeRecord {
    const { exchange, connection, time, outcome, protocol, verdict, subprotocol, extensions } =
      this.timeline.upgrades[row]!;
    return {
      connection,
      exchange: exchange + 1,
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
    head.version = x.requestVersion[row]!;
    head.size = x.requestHead[row]!;
    head.methodEnd = this.append(head, 0, x.method[row]!);
    head.targetStart = head.methodEnd;
    head.targetEnd = this.append(head, head.targetStart, x.target[row]!);
    let end = this.field(head, head.targetEnd, KnownField.host, hostName, x.host[row]!);
    end = this.field(head, end, KnownField.contentType, typeName, x.requestType[row]!);
    head.end = end;
  }

  private responseHead(row: number, head: HttpHead): void {
    const { exchanges: x } = this.timeline;
    head.fieldCount = 0;
    head.status = x.status[row]!;
    head.version = x.responseVersion[row]!;
    head.size = x.responseHead[row]!;
    head.reasonEnd = this.append(head, 0, x.reason[row]!);
    head.end = this.field(head, head.reasonEnd, KnownField.contentType, typeName, x.responseType[row]!);
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
