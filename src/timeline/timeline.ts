/**
 * What happened, kept for looking at: a record sink that copies the records lent to it into columns. Lists read it while
 * it grows; `changes` tells whether it has, `takeTouched` which rows have changed after they were first seen.
 *
 * Not here: heads, bodies and whole payloads (`DetailSource`s read those again), and totals (insight).
 */
import type { ConnectionTable } from '../core/connection-table.ts';
import { Arena } from './arena.ts';
import { RowList } from './columns.ts';
import { ConnectionRows } from './connection-rows.ts';
import { DiagnosticTable, rankOf } from './diagnostic-table.ts';
import { ExchangeFlag, ExchangeTable } from './exchange-table.ts';
import { FrameFlag, FrameTable, MessageTable } from './frame-table.ts';
import type {
  CaptureFacts,
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  RecordSink,
  SummaryRecord,
  UpgradeRecord,
} from './records.ts';

/** Frames looked back for those of a message. */
const longestMessage = 4096;
/** Touched rows remembered; more than that, and all rows count as touched. */
const mostTouched = 1 << 20;

/** The frames of one connection (or HTTP/2 stream), or the events of one response. */
export class Conversation {
  readonly kind: 'websocket' | 'events';
  readonly index: number;
  readonly connection: number;
  readonly stream: number;
  /** The exchange that opened it, -1 where that was not seen. */
  exchange = -1;
  frames = 0;
  messages = 0;
  /** Payload bytes of frames, and messages, by side. */
  readonly bytes: [number, number] = [0, 0];
  readonly sent: [number, number] = [0, 0];
  firstTime = 0;
  lastTime = 0;
  lastFrame = -1;
  lastMessage = -1;
  /** Row of each side's close message, -1 while there is none. */
  readonly close: [number, number] = [-1, -1];
  compressed = false;

  constructor(index: number, connection: number, stream: number, kind: Conversation['kind']) {
    this.kind = kind;
    this.index = index;
    this.connection = connection;
    this.stream = stream;
  }
}

export interface UpgradeRow {
  readonly exchange: number;
  readonly connection: number;
  readonly time: number;
  readonly outcome: UpgradeRecord['outcome'];
  readonly protocol: string;
  readonly verdict: string;
  readonly subprotocol: string | undefined;
  readonly extensions: string | undefined;
}

export class Timeline implements RecordSink {
  readonly texts: Arena = new Arena();
  readonly exchanges: ExchangeTable = new ExchangeTable(this.texts);
  readonly connections: ConnectionRows = new ConnectionRows();
  readonly frames: FrameTable = new FrameTable(this.texts);
  readonly messages: MessageTable = new MessageTable(this.texts);
  readonly diagnostics: DiagnosticTable = new DiagnosticTable(this.texts);
  readonly conversations: Conversation[] = [];
  readonly upgrades: UpgradeRow[] = [];
  facts: CaptureFacts | undefined;
  /** The recorder's totals, once everything has been read. */
  end: SummaryRecord | undefined;
  /** Grows with every change. */
  changes = 0;
  /** The latest time anything was seen. */
  now = 0;

  private touched = new RowList(1024);
  /** Conversations by connection and stream; the one that spoke last is looked at first. */
  private readonly conversationOf = new Map<string, Conversation>();
  private readonly eventsOf = new Map<number, Conversation>();
  private readonly ofConnection = new Map<number, Conversation>();
  private last: Conversation | undefined;
  /** Upgrades by exchange row, for conversations that start. */
  private readonly switched = new Map<string, number>();

  capture(facts: CaptureFacts): void {
    this.facts = facts;
    this.changes++;
  }

  opened(table: ConnectionTable, slot: number, packet: number): void {
    this.connections.meet(table, slot, packet);
    this.changes++;
  }

  connection(record: ConnectionRecord): void {
    this.connections.closed(record);
    this.see(record.closedAt);
  }

  progress(record: ExchangeRecord): void {
    // Most often more content has come, and nothing else is new.
    if (this.exchanges.grow(record.id - 1, record)) this.see(record.response.endTime);
    else this.put(record, false);
  }

  exchange(record: ExchangeRecord): void {
    this.put(record, true);
  }

  upgrade(record: UpgradeRecord): void {
    const row = record.exchange - 1;
    this.upgrades.push({
      exchange: row,
      connection: record.connection,
      time: record.time,
      outcome: record.outcome,
      protocol: record.protocol.slice(0, 256),
      verdict: record.verdict.slice(0, 512),
      subprotocol: record.subprotocol?.slice(0, 256),
      extensions: record.extensions?.slice(0, 512),
    });
    if (row < this.exchanges.count) {
      this.exchanges.flags[row]! |= ExchangeFlag.upgrade;
      const stream = this.exchanges.stream[row]!;
      if (record.outcome === 'accepted' || record.outcome === 'invalid')
        this.switched.set(`${record.connection}/${stream}`, row);
    }
    this.see(record.time);
  }

  frame(record: FrameRecord): void {
    const talk = this.conversation(record);
    const row = this.frames.add(record, talk.index, talk.lastFrame);
    if (talk.frames === 0) talk.firstTime = record.time;
    talk.frames++;
    talk.bytes[record.side] += record.payloadLength;
    talk.lastTime = record.time;
    talk.lastFrame = row;
    if (talk.exchange >= 0) this.touch(talk.exchange);
    this.see(record.time);
  }

  message(record: MessageRecord): void {
    const talk = record.kind === 'event' ? this.events(record) : this.conversation(record);
    const preview = record.frames === 1 && !record.compressed ? this.previewOf(talk, record) : -1;
    const row = this.messages.add(record, talk.index, ++talk.messages, talk.lastMessage, preview);
    talk.lastMessage = row;
    talk.lastTime = Math.max(talk.lastTime, record.endTime);
    talk.sent[record.side]++;
    if (record.compressed) talk.compressed = true;
    if (record.kind === 'close') talk.close[record.side] = row;
    if (talk.kind === 'websocket') this.claimFrames(talk, record, row);
    else talk.bytes[record.side] += record.length;
    this.see(record.endTime);
  }

  diagnostic(record: DiagnosticRecord): void {
    this.diagnostics.add(record);
    const rank = rankOf(record.severity);
    const { connection, exchange } = record;
    if (connection >= 0 && connection < this.connections.count && this.connections.severity[connection]! < rank)
      this.connections.severity[connection] = rank;
    const row = exchange - 1;
    if (row >= 0) {
      if (row >= this.exchanges.count) this.early.set(row, Math.max(rank, this.early.get(row) ?? 0));
      else if (this.exchanges.severity[row]! < rank) {
        this.exchanges.severity[row] = rank;
        this.touch(row);
      }
    }
    this.changes++;
  }

  summary(record: SummaryRecord): void {
    this.end = record;
    this.changes++;
  }

  /** Rows of exchanges that changed since this was asked last; undefined where there are too many to name. */
  takeTouched(): RowList | undefined {
    const touched = this.touched;
    if (touched.length === 0) return touched;
    this.touched = new RowList(1024);
    return touched.length >= mostTouched ? undefined : touched;
  }

  /** Rows of a conversation's frames (or messages), oldest first. */
  rowsOf(talk: Conversation, what: 'frames' | 'messages'): Int32Array {
    const { previous } = this[what];
    const rows = new Int32Array(what === 'frames' ? talk.frames : talk.messages);
    let row = what === 'frames' ? talk.lastFrame : talk.lastMessage;
    for (let i = rows.length - 1; i >= 0 && row >= 0; i--, row = previous[row]!) rows[i] = row;
    return rows;
  }

  /** Severities of diagnostics whose exchange has not been met yet. */
  private readonly early = new Map<number, number>();

  private put(record: ExchangeRecord, done: boolean): void {
    const row = record.id - 1;
    const { exchanges, connections } = this;
    const connection = connections.meet(record.table, record.slot);
    if (exchanges.fill(row, record, done)) this.touch(row);
    else {
      connections.exchanges[connection]!++;
      connections.lastExchange[connection] = row;
      if (this.early.size > 0) this.takeEarly(row);
    }
    this.see(record.response.present ? record.response.endTime : record.request.endTime);
  }

  private takeEarly(row: number): void {
    const rank = this.early.get(row);
    if (rank === undefined) return;
    this.exchanges.severity[row] = rank;
    this.early.delete(row);
  }

  private touch(row: number): void {
    const { touched } = this;
    if (touched.length > 0 && touched.rows[touched.length - 1] === row) return;
    if (touched.length < mostTouched) touched.push(row);
  }

  private see(time: number): void {
    if (time > this.now) this.now = time;
    this.changes++;
  }

  private conversation(record: FrameRecord | MessageRecord): Conversation {
    const { connection, stream } = record;
    if (this.last !== undefined && this.last.connection === connection && this.last.stream === stream) return this.last;
    let talk = stream < 0 ? this.ofConnection.get(connection) : this.conversationOf.get(`${connection}/${stream}`);
    if (talk === undefined) {
      const key = `${connection}/${stream}`;
      this.connections.meet(record.table, record.slot);
      talk = new Conversation(this.conversations.length, connection, stream, 'websocket');
      this.conversations.push(talk);
      if (stream < 0) this.ofConnection.set(connection, talk);
      else this.conversationOf.set(key, talk);
      const exchange = this.switched.get(key);
      if (exchange !== undefined) {
        talk.exchange = exchange;
        this.exchanges.conversation[exchange] = talk.index;
        this.switched.delete(key);
      }
    }
    this.last = talk;
    return talk;
  }

  /** Server-sent events belong to their exchange. */
  private events(record: MessageRecord): Conversation {
    const row = record.exchange - 1;
    let talk = this.eventsOf.get(row);
    if (talk === undefined) {
      talk = new Conversation(this.conversations.length, record.connection, record.stream, 'events');
      talk.exchange = row;
      talk.firstTime = record.time;
      this.conversations.push(talk);
      this.eventsOf.set(row, talk);
      if (row >= 0 && row < this.exchanges.count) this.exchanges.conversation[row] = talk.index;
    }
    return talk;
  }

  /** The frame that a message of one frame consists of was added just before it: they share their preview. */
  private previewOf(talk: Conversation, record: MessageRecord): number {
    const row = talk.lastFrame;
    if (row < 0 || (this.frames.flags[row]! & FrameFlag.server) !== record.side) return -1;
    return this.frames.firstPacket[row] === record.firstPacket ? this.frames.preview[row]! : -1;
  }

  /** Tells the frames of a message, found by walking back, which message they belong to. */
  private claimFrames(talk: Conversation, record: MessageRecord, message: number): void {
    const { frames } = this;
    const control = record.kind === 'close' || record.kind === 'ping' || record.kind === 'pong';
    let left = record.frames;
    let row = talk.lastFrame;
    for (let steps = 0; row >= 0 && left > 0 && steps < longestMessage; steps++, row = frames.previous[row]!) {
      if ((frames.flags[row]! & FrameFlag.server) !== record.side) continue;
      if (((frames.first[row]! & 8) !== 0) !== control) continue;
      if (frames.message[row]! >= 0) return;
      frames.message[row] = message;
      left--;
    }
  }
}
