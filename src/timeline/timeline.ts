/**
 * What happened, kept for looking at: a record sink that copies the records lent to it into columns. Lists read it while
 * it grows; `changes` tells whether it has, `takeTouched` which rows have changed after they were first seen. A live
 * session's timeline is bounded: what is over leaves, oldest first.
 *
 * Not here: heads, bodies and whole payloads (`DetailSource`s read those again), and totals (insight).
 */
import type { ConnectionTable } from '../core/connection-table.ts';
import { Arena } from './arena.ts';
import { chunkRows, RowList } from './columns.ts';
import { ConnectionRows } from './connection-rows.ts';
import { DiagnosticTable, rankOf } from './diagnostic-table.ts';
import { ExchangeFlag, ExchangeTable } from './exchange-table.ts';
import { FrameFlag, FrameTable, MessageTable } from './frame-table.ts';
import { KeptRows } from './kept-rows.ts';
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
/** Exchanges that diagnostics may be told of before they are. */
const mostEarly = 65_536;

/** Rows of each kind that are kept; those that are over leave beyond that, those that are not stay. */
export interface Bounds {
  readonly exchanges: number;
  /** Frames, and messages, each. */
  readonly frames: number;
  readonly connections: number;
  readonly diagnostics: number;
  /** Conversations, and upgrades, each. */
  readonly conversations: number;
}

/** What a session that lasts may keep: some 400 MB at the most. */
export const liveBounds: Bounds = {
  exchanges: 1_000_000,
  frames: 1_000_000,
  connections: 250_000,
  diagnostics: 100_000,
  conversations: 50_000,
};
/** How far beyond its bound a table grows before rows leave, so that many leave at a time. */
const slack = 1 / 16;

/** The frames of one connection (or HTTP/2 stream), or the events of one response. */
export class Conversation {
  readonly kind: 'websocket' | 'events';
  readonly index: number;
  readonly connection: number;
  readonly stream: number;
  /** Id of the exchange that opened it, 0 where that was not seen; and the row it has among the exchanges, -1 for none. */
  exchange = 0;
  row = -1;
  /** As agreed in the handshake, in lower case. */
  subprotocol: string | undefined;
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
  /** Its row among the exchanges. */
  readonly exchange: number;
  readonly connection: number;
  readonly time: number;
  readonly outcome: UpgradeRecord['outcome'];
  readonly protocol: string;
  readonly verdict: string;
  readonly subprotocol: string | undefined;
  readonly extensions: string | undefined;
}

const noConversation = new Conversation(-1, -1, -1, 'websocket');
const noUpgrade: UpgradeRow = {
  exchange: -1,
  connection: -1,
  time: 0,
  outcome: 'unanswered',
  protocol: '',
  verdict: '',
  subprotocol: undefined,
  extensions: undefined,
};

export class Timeline implements RecordSink {
  readonly texts: Arena;
  readonly exchanges: ExchangeTable;
  readonly connections: ConnectionRows;
  readonly frames: FrameTable;
  readonly messages: MessageTable;
  readonly diagnostics: DiagnosticTable;
  readonly conversations: KeptRows<Conversation> = new KeptRows(noConversation);
  readonly upgrades: KeptRows<UpgradeRow> = new KeptRows(noUpgrade);
  /** Undefined: everything is kept. */
  readonly bounds: Bounds | undefined;
  /** Rows at which some are to leave. */
  private full: Bounds = liveBounds;
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
  private readonly switched = new Map<string, { readonly row: number; readonly subprotocol: string | undefined }>();
  /** Severities of diagnostics whose exchange has not been met yet, by its id. */
  private readonly early = new Map<number, number>();

  constructor(bounds?: Bounds) {
    this.bounds = bounds;
    this.texts = new Arena(undefined, bounds !== undefined);
    this.exchanges = new ExchangeTable(this.texts);
    this.connections = new ConnectionRows(this.texts);
    this.frames = new FrameTable(this.texts);
    this.messages = new MessageTable(this.texts);
    this.diagnostics = new DiagnosticTable(this.texts);
    if (bounds !== undefined) this.full = this.whenFull(bounds);
  }

  /** Rows that have left, for lists to ask whether theirs have. */
  get gone(): number {
    return this.exchanges.gone + this.frames.gone + this.messages.gone + this.diagnostics.gone + this.connections.gone;
  }

  /** Lets go of everything that is over. */
  clear(): void {
    this.forget({ exchanges: 0, frames: 0, connections: 0, diagnostics: 0, conversations: 0 });
  }

  capture(facts: CaptureFacts): void {
    this.facts = facts;
    this.changes++;
  }

  opened(table: ConnectionTable, slot: number, packet: number): void {
    const id = this.connections.meet(table, slot, packet);
    if (this.bounds !== undefined && id % chunkRows === 0) this.keepBounds();
    this.changes++;
  }

  connection(record: ConnectionRecord): void {
    this.connections.closed(record);
    this.see(record.closedAt);
  }

  progress(record: ExchangeRecord): void {
    // Most often more content has come, and nothing else is new.
    if (this.exchanges.grow(record)) this.see(record.response.endTime);
    else this.put(record, false);
  }

  exchange(record: ExchangeRecord): void {
    this.put(record, true);
  }

  upgrade(record: UpgradeRecord): void {
    const row = this.exchanges.rowOf(record.exchange);
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
    if (row >= 0) {
      this.exchanges.flags.set(row, this.exchanges.flags.at(row) | ExchangeFlag.upgrade);
      const stream = this.exchanges.stream.at(row);
      if (record.outcome === 'accepted' || record.outcome === 'invalid')
        this.switched.set(`${record.connection}/${stream}`, { row, subprotocol: record.subprotocol?.toLowerCase() });
    }
    this.see(record.time);
  }

  frame(record: FrameRecord): void {
    const talk = this.conversation(record);
    const row = this.frames.add(record, talk.index, talk.lastFrame);
    if (this.bounds !== undefined && row % chunkRows === 0) this.keepBounds();
    if (talk.frames === 0) talk.firstTime = record.time;
    talk.frames++;
    talk.bytes[record.side] += record.payloadLength;
    talk.lastTime = record.time;
    talk.lastFrame = row;
    if (talk.row >= 0) this.touch(talk.row);
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
    const added = this.diagnostics.add(record);
    if (this.bounds !== undefined && added % chunkRows === 0) this.keepBounds();
    const rank = rankOf(record.severity);
    const { connection, exchange } = record;
    if (connection >= 0 && this.connections.severity.at(connection) < rank)
      this.connections.severity.set(connection, rank);
    if (exchange > 0) this.worsen(exchange, rank);
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

  /** A conversation that a connection was used for. */
  talkOn(connection: number): Conversation | undefined {
    const own = this.ofConnection.get(connection);
    if (own !== undefined) return own;
    for (const talk of this.conversations.values()) if (talk.connection === connection) return talk;
    return undefined;
  }

  /** Rows of a conversation's frames (or messages), oldest first. */
  rowsOf(talk: Conversation, what: 'frames' | 'messages'): Int32Array {
    const { previous } = this[what];
    const rows = new Int32Array(what === 'frames' ? talk.frames : talk.messages);
    let row = what === 'frames' ? talk.lastFrame : talk.lastMessage;
    for (let i = rows.length - 1; i >= 0 && row >= 0; i--, row = previous.at(row)) rows[i] = row;
    return rows;
  }

  private put(record: ExchangeRecord, done: boolean): void {
    const { exchanges, connections } = this;
    const connection = connections.meet(record.table, record.slot);
    const before = exchanges.count;
    const row = exchanges.fill(record, done);
    if (exchanges.count === before) this.touch(row);
    else {
      connections.exchanges.set(connection, connections.exchanges.at(connection) + 1);
      connections.lastExchange.set(connection, row);
      if (this.early.size > 0) this.takeEarly(record.id, row);
      this.keepBounds();
    }
    this.see(record.response.present ? record.response.endTime : record.request.endTime);
  }

  private worsen(exchange: number, rank: number): void {
    const row = this.exchanges.rowOf(exchange);
    if (row < 0) {
      if (this.early.size < mostEarly) this.early.set(exchange, Math.max(rank, this.early.get(exchange) ?? 0));
    } else if (this.exchanges.severity.at(row) < rank) {
      this.exchanges.severity.set(row, rank);
      this.touch(row);
    }
  }

  private takeEarly(exchange: number, row: number): void {
    const rank = this.early.get(exchange);
    if (rank === undefined) return;
    this.exchanges.severity.set(row, rank);
    this.early.delete(exchange);
  }

  // --- bounds --------------------------------------------------------------------------------------------------------

  private keepBounds(): void {
    const { bounds, full } = this;
    if (bounds === undefined) return;
    const some =
      this.exchanges.kept > full.exchanges ||
      Math.max(this.frames.kept, this.messages.kept) > full.frames ||
      this.connections.kept > full.connections ||
      this.diagnostics.kept > full.diagnostics ||
      Math.max(this.conversations.kept, this.upgrades.kept) > full.conversations;
    if (!some) return;
    this.forget(bounds);
    this.full = this.whenFull(bounds);
  }

  /** The next time that rows are to leave: what could not leave this time does not count again. */
  private whenFull(bounds: Bounds): Bounds {
    const full = (bound: number, kept: number): number =>
      Math.max(bound, kept) + Math.max(chunkRows, Math.ceil(bound * slack));
    return {
      exchanges: full(bounds.exchanges, this.exchanges.kept),
      frames: full(bounds.frames, Math.max(this.frames.kept, this.messages.kept)),
      connections: full(bounds.connections, this.connections.kept),
      diagnostics: full(bounds.diagnostics, this.diagnostics.kept),
      conversations: full(bounds.conversations, Math.max(this.conversations.kept, this.upgrades.kept)),
    };
  }

  private forget(bounds: Bounds): void {
    const { exchanges, frames, messages, connections, diagnostics, conversations, upgrades } = this;
    const talks = (connection: number): boolean => connections.isOpen(connection);
    exchanges.trim(bounds.exchanges, (row) =>
      exchanges.has(row, ExchangeFlag.orphan | ExchangeFlag.upgrade)
        ? !talks(exchanges.connection.at(row))
        : exchanges.has(row, ExchangeFlag.done),
    );
    frames.trim(bounds.frames, () => true);
    messages.trim(bounds.frames, () => true);
    diagnostics.trim(bounds.diagnostics, () => true);
    upgrades.trim(bounds.conversations, () => true);
    conversations.trim(
      bounds.conversations,
      ({ connection }) => !talks(connection),
      (talk) => this.forgetTalk(talk),
    );
    // Whose exchanges are there, stays.
    connections.trim(
      bounds.connections,
      (id) => !connections.isOpen(id) && !exchanges.holds(connections.lastExchange.at(id)),
    );
    const needed = new Set<number>();
    for (const table of [exchanges, frames, messages, diagnostics])
      table.eachTexts((from, to) => {
        for (let serial = from; serial <= to; serial++) needed.add(serial);
      });
    this.texts.release((serial) => needed.has(serial));
    this.changes++;
  }

  private forgetTalk(talk: Conversation): void {
    const { connection, stream } = talk;
    if (this.last === talk) this.last = undefined;
    if (talk.kind === 'events') this.eventsOf.delete(talk.exchange);
    else if (stream < 0) this.ofConnection.delete(connection);
    else this.conversationOf.delete(`${connection}/${stream}`);
    this.switched.delete(`${connection}/${stream}`);
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
      talk = new Conversation(this.conversations.count, connection, stream, 'websocket');
      this.conversations.push(talk);
      if (stream < 0) this.ofConnection.set(connection, talk);
      else this.conversationOf.set(key, talk);
      const opened = this.switched.get(key);
      if (opened !== undefined) {
        const { row, subprotocol } = opened;
        talk.subprotocol = subprotocol;
        talk.exchange = this.exchanges.id.at(row);
        talk.row = row;
        this.exchanges.conversation.set(row, talk.index);
        this.switched.delete(key);
      } else {
        const packet = record.firstPacket;
        talk.row = this.exchanges.addOrphan(connection, stream, talk.index, record.time, packet);
      }
      this.keepBounds();
    }
    this.last = talk;
    return talk;
  }

  /** Server-sent events belong to their exchange. */
  private events(record: MessageRecord): Conversation {
    let talk = this.eventsOf.get(record.exchange);
    if (talk === undefined) {
      talk = new Conversation(this.conversations.count, record.connection, record.stream, 'events');
      talk.exchange = record.exchange;
      talk.row = this.exchanges.rowOf(record.exchange);
      talk.firstTime = record.time;
      this.conversations.push(talk);
      this.eventsOf.set(record.exchange, talk);
      this.exchanges.conversation.set(talk.row, talk.index);
    }
    return talk;
  }

  /** The frame that a message of one frame consists of was added just before it: they share their preview. */
  private previewOf(talk: Conversation, record: MessageRecord): number {
    const row = talk.lastFrame;
    if (row < 0 || (this.frames.flags.at(row) & FrameFlag.server) !== record.side) return -1;
    return this.frames.firstPacket.at(row) === record.firstPacket ? this.frames.preview.at(row) : -1;
  }

  /** Tells the frames of a message, found by walking back, which message they belong to. */
  private claimFrames(talk: Conversation, record: MessageRecord, message: number): void {
    const { frames } = this;
    const control = record.kind === 'close' || record.kind === 'ping' || record.kind === 'pong';
    let left = record.frames;
    let row = talk.lastFrame;
    for (let steps = 0; row >= 0 && left > 0 && steps < longestMessage; steps++, row = frames.previous.at(row)) {
      if ((frames.flags.at(row) & FrameFlag.server) !== record.side) continue;
      if (((frames.first.at(row) & 8) !== 0) !== control) continue;
      if (frames.message.at(row) >= 0) return;
      frames.message.set(row, message);
      left--;
    }
  }
}
