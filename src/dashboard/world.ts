/**
 * The data behind the screen: the timeline, the rows each list shows of it, and the details that are looked at. It changes
 * under the state's feet while a capture is read; all work on many rows is done in slices, by `work`.
 */
import { FrameFlag } from '../timeline/frame-table.ts';
import type { DetailSource, ExchangeDetail, PacketDetail, PayloadDetail, Place } from '../timeline/details.ts';
import { ExchangeFlag } from '../timeline/exchange-table.ts';
import { Query, type Order, type Rows } from '../timeline/query.ts';
import type { ExchangeRecord } from '../timeline/records.ts';
import { RowRecords } from '../timeline/row-record.ts';
import type { Conversation, Timeline } from '../timeline/timeline.ts';
import { RowList } from '../timeline/columns.ts';
import type { Side } from '../core/side.ts';
import { RowLenses } from './lenses.ts';
import { PayloadFilter } from './payload-filter.ts';
import { asksDeep, tryFilter, FilterError, type Filter } from './filtering.ts';
import type { State } from './state.ts';
import { Statistics } from './statistics.ts';
import { columnsOf } from './panels/panels.ts';

/** Lists that are tables of rows. */
export const tableNames = ['exchanges', 'talks', 'frames', 'upgrades', 'connections', 'diagnostics'] as const;
export type TableName = (typeof tableNames)[number];

export interface Reading {
  readonly name: string;
  readonly live: boolean;
  /** Bytes read so far, and in all where that is known. */
  bytes: number;
  size: number | undefined;
  done: boolean;
  /** Bytes a second, of late. */
  rate: number;
  failure: string | undefined;
  /** Reads the capture again for a filter that asks for heads or bodies. */
  again: number | undefined;
}

export type Detail =
  ExchangeDetail | PayloadDetail | { readonly kind: 'packets'; readonly packets: readonly PacketDetail[] };

/** Details kept beside the one that is looked at. */
const keptDetails = 64;
/** The cursor has to rest for this long before details are read from the file, when it has just moved. */
const restMs = 80;
/** What is still open is read again after this long. */
const openAgainMs = 1000;

export interface WorldOptions {
  readonly timeline: Timeline;
  readonly details: DetailSource;
  readonly reading: Reading;
  /** Something arrived that was waited for. */
  changed(): void;
  /** Reads the whole capture again, for filters; undefined where that cannot be done. */
  readonly again:
    ((sink: { exchange(record: ExchangeRecord): void }, signal: AbortSignal) => Promise<void>) | undefined;
}

export class World {
  readonly timeline: Timeline;
  readonly reading: Reading;
  readonly records: RowRecords;
  readonly lenses: RowLenses;
  statistics: Statistics;
  readonly queries: Readonly<Record<TableName, Query>>;
  /** Of each list: the filter that applies. */
  readonly filters: Partial<Record<TableName, Filter>> = {};
  /** The conversation whose frames are shown, -1 for none. */
  talk = -1;
  /** Cursor times, for columns that show differences. */
  readonly marks = new Set<string>();
  private readonly options: WorldOptions;
  private talkRows = new RowList();
  private talkEnd = -1;
  private talkWhat: State['talkRows'] = 'frames';
  private control = true;
  private readonly cache = new Map<string, Detail | null>();
  private pending: { key: string; stop: AbortController } | undefined;
  private deep: { readonly filter: Filter; readonly ids: Set<number>; readonly stop: AbortController } | undefined;
  /** Rows of frames and messages that had left when `talkRows` was made. */
  private talkGone = 0;

  constructor(options: WorldOptions) {
    const { timeline } = options;
    this.options = options;
    this.timeline = timeline;
    this.reading = options.reading;
    this.records = new RowRecords(timeline);
    this.lenses = new RowLenses(timeline, this.records);
    this.statistics = new Statistics(timeline);
    this.queries = {
      exchanges: new Query(timeline.exchanges),
      talks: new Query(timeline.conversations),
      frames: new Query(new TalkRows(() => this.talkRows.length)),
      upgrades: new Query(timeline.upgrades),
      connections: new Query(timeline.connections),
      diagnostics: new Query(timeline.diagnostics),
    };
  }

  // --- rows ----------------------------------------------------------------------------------------------------------

  rowAt(list: TableName, index: number): number {
    const row = this.queries[list].rowAt(index);
    return list === 'frames' && row >= 0 ? this.talkRows.rows[row]! : row;
  }

  indexOf(list: TableName, row: number): number {
    if (list !== 'frames') return this.queries[list].indexOf(row);
    const at = this.talkRows.lowerBound(row);
    if (at >= this.talkRows.length || this.talkRows.rows[at] !== row) return -1;
    return this.queries.frames.indexOf(at);
  }

  /** Whether the rows of the conversation shown are frames or messages; server-sent events are messages only. */
  get rowsAre(): State['talkRows'] {
    return this.talkWhat;
  }

  conversation(): Conversation | undefined {
    return this.timeline.conversations.get(this.talk);
  }

  /** Shows the frames (or messages) of a conversation, and keeps up with them. */
  follow(state: State): void {
    const talk = state.scroll.talks.row;
    const { control } = state;
    const what = this.timeline.conversations.at(talk).kind === 'events' ? 'messages' : state.talkRows;
    if (talk !== this.talk || what !== this.talkWhat) {
      this.talk = talk;
      this.talkWhat = what;
      this.talkRows = new RowList();
      this.talkEnd = -1;
      this.resetFrames(control);
    } else if (control !== this.control) this.resetFrames(control);
    this.catchUp();
  }

  /** Work for `ms` milliseconds at most; true where some is left. */
  work(ms: number, clock: () => number): boolean {
    const until = clock() + ms;
    const touched = this.timeline.takeTouched();
    this.queries.exchanges.touch(touched);
    let more = false;
    for (const name of tableNames) more = this.queries[name].work(until, clock) || more;
    return this.statistics.work(until, clock) || more;
  }

  /** Grows with everything that may show. */
  get changes(): number {
    let sum = this.timeline.changes;
    for (const name of tableNames) sum += this.queries[name].changes;
    return sum;
  }

  // --- filters and orders --------------------------------------------------------------------------------------------

  /** Applies an expression; one that is not valid leaves the last. Returns what is wrong with it. */
  filter(list: TableName, expression: string): FilterError | undefined {
    if (expression.trim() === '') {
      delete this.filters[list];
      if (list === 'exchanges') this.stopDeep();
      this.queries[list].filter(list === 'frames' ? this.frameMatch(undefined) : undefined);
      return undefined;
    }
    const filter = tryFilter(expression);
    if (filter instanceof FilterError) return filter;
    if (this.timeline.facts !== undefined) filter.capture(this.timeline.facts);
    this.filters[list] = filter;
    if (list === 'exchanges') this.stopDeep();
    this.queries[list].filter(this.match(list, filter));
    return undefined;
  }

  /** Lets go of what is over: shows only what goes on, and what comes from now on. */
  clear(): void {
    this.timeline.clear();
    this.statistics = new Statistics(this.timeline, true);
  }

  /** Hears of every finished exchange while it is lent: for filters that ask for more than the columns hold. */
  heard(record: ExchangeRecord): void {
    const { deep } = this;
    if (deep !== undefined && deep.filter.exchange(record)) deep.ids.add(record.id);
  }

  sort(list: TableName, state: State): void {
    const sorting = state.sorting[list];
    const column = columnsOf(list).find(({ name }) => name === sorting?.column);
    const own = column?.key?.(this);
    // Rows of the frames' query are positions in the conversation.
    const at = (of: (row: number) => number) => (index: number) => of(this.talkRows.rows[index]!);
    const key = own !== undefined && list === 'frames' ? { ...own, of: at(own.of) } : own;
    const order: Order | undefined =
      key === undefined || sorting === undefined ? undefined : { key, descending: sorting.descending };
    this.queries[list].sort(order);
  }

  private match(list: TableName, filter: Filter): (row: number) => boolean {
    const { records } = this;
    switch (list) {
      case 'exchanges':
        return asksDeep(filter.expression) ? this.deepMatch(filter) : (row) => filter.exchange(records.exchange(row));
      case 'talks':
        return (row) => this.talkMatches(filter, row);
      case 'frames':
        return this.frameMatch(filter)!;
      case 'upgrades':
        return (row) => filter.upgrade(records.upgrade(row));
      case 'connections':
        return (row) => filter.connection(records.connection(row));
      case 'diagnostics':
        return (row) => filter.diagnostic(records.diagnostic(row));
    }
  }

  /** A conversation matches where its connection does, or the exchange that opened it. */
  private talkMatches(filter: Filter, row: number): boolean {
    const { connection, exchange } = this.timeline.conversations.at(row);
    if (filter.connection(this.records.connection(connection))) return true;
    const opened = this.timeline.exchanges.rowOf(exchange);
    return opened >= 0 && filter.exchange(this.records.exchange(opened));
  }

  private frameMatch(filter: Filter | undefined): ((row: number) => boolean) | undefined {
    this.payloadReading?.abort();
    if (filter === undefined && this.control) return undefined;
    const { records, timeline } = this;
    const deep = filter === undefined ? undefined : this.readPayloads(filter);
    return (index) => {
      const row = this.talkRows.rows[index]!;
      const known = deep?.matches(row);
      if (this.talkWhat === 'messages') {
        const kind = timeline.messages.kind.at(row);
        return (this.control || (kind !== 3 && kind !== 4)) && (known ?? filter?.message(records.message(row)) ?? true);
      }
      const opcode = timeline.frames.first.at(row) & 0x0f;
      return (this.control || (opcode !== 9 && opcode !== 10)) && (known ?? filter?.frame(records.frame(row)) ?? true);
    };
  }

  /** Reads the conversation again, where the filter asks for payloads; what they say applies when it is known. */
  private readPayloads(filter: Filter): PayloadFilter | undefined {
    const talk = this.conversation();
    if (!filter.readsBody || talk?.kind !== 'websocket' || talk.messages === 0) return undefined;
    const stop = (this.payloadReading = new AbortController());
    // A filter serves one analysis at a time: this one has its own.
    const own = tryFilter(filter.expression) as Filter;
    if (this.timeline.facts !== undefined) own.capture(this.timeline.facts);
    const payloads = new PayloadFilter(this.timeline, this.records, own, talk, this.talkWhat);
    const { messages: m } = this.timeline;
    const connection = this.connectionPlace(talk.connection);
    const place: Place = {
      ...connection,
      stream: talk.stream,
      firstPacket: Math.max(1, connection.connectionPacket),
      lastPacket: m.lastPacket.at(talk.lastMessage),
      nth: 0,
    };
    const ended = (): void => {
      if (stop.signal.aborted) return;
      this.queries.frames.touch(undefined);
      this.options.changed();
    };
    this.options.details.conversation(place, (record) => payloads.message(record), stop.signal).then(ended, ended);
    return payloads;
  }

  private payloadReading: AbortController | undefined;

  /** Reads the capture again, and shows what matches as it is found. */
  private deepMatch(filter: Filter): (row: number) => boolean {
    const ids = new Set<number>();
    const stop = new AbortController();
    this.deep = { filter, ids, stop };
    const { again } = this.options;
    const { exchanges } = this.timeline;
    if (again !== undefined && this.timeline.exchanges.count > 0) {
      // A filter serves one analysis at a time: this one has its own.
      const own = tryFilter(filter.expression) as Filter;
      if (this.timeline.facts !== undefined) own.capture(this.timeline.facts);
      this.reading.again = 0;
      let found = new RowList();
      const sink = {
        exchange: (record: ExchangeRecord): void => {
          this.reading.again = record.id;
          if (!own.exchange(record)) return;
          ids.add(record.id);
          // What has not been read the first time is found when it is.
          const row = exchanges.rowOf(record.id);
          if (row >= 0) found.push(row);
          if (found.length < 256) return;
          this.queries.exchanges.touch(found);
          found = new RowList();
        },
      };
      const ended = (): void => {
        if (stop.signal.aborted) return;
        this.reading.again = undefined;
        this.queries.exchanges.touch(found);
        this.options.changed();
      };
      again(sink, stop.signal).then(ended, ended);
    }
    return (row) => ids.has(exchanges.id.at(row));
  }

  private stopDeep(): void {
    this.deep?.stop.abort();
    this.deep = undefined;
    this.reading.again = undefined;
  }

  private resetFrames(control: boolean): void {
    this.control = control;
    this.queries.frames.filter(this.frameMatch(this.filters.frames));
  }

  /** Appends the rows that came since, and takes out those that have left. */
  private catchUp(): void {
    const talk = this.conversation();
    if (talk === undefined) return;
    const table = this.timeline[this.talkWhat];
    if (table.gone !== this.talkGone) {
      this.talkGone = table.gone;
      const before = this.talkRows.length;
      this.talkRows.keep((row) => table.holds(row));
      // Positions in the conversation have moved.
      if (this.talkRows.length !== before) this.resetFrames(this.control);
    }
    const last = this.talkWhat === 'frames' ? talk.lastFrame : talk.lastMessage;
    if (last === this.talkEnd) return;
    const fresh: number[] = [];
    for (let row = last; row > this.talkEnd && table.holds(row); row = table.previous.at(row)) fresh.push(row);
    for (let i = fresh.length - 1; i >= 0; i--) this.talkRows.push(fresh[i]!);
    this.talkEnd = last;
  }

  // --- details -------------------------------------------------------------------------------------------------------

  /** The details of an exchange: undefined while they are being read, null where they are not to be had. */
  exchangeDetail(row: number): ExchangeDetail | null | undefined {
    const detail = this.detail(`x${row}`, this.isOpen(row), async (signal) =>
      this.options.details.exchange(this.exchangePlace(row), this.timeline.exchanges.id.at(row), signal),
    );
    return detail as ExchangeDetail | null | undefined;
  }

  messageDetail(row: number): PayloadDetail | null | undefined {
    const side = (this.timeline.messages.flags.at(row) & FrameFlag.server) as Side;
    const detail = this.detail(`m${row}`, false, async (signal) =>
      this.options.details.message(this.messagePlace(row), side, row, signal),
    );
    return detail as PayloadDetail | null | undefined;
  }

  packets(place: Place): readonly PacketDetail[] | null | undefined {
    const key = `p${place.client}/${place.server}/${place.firstPacket}-${place.lastPacket}`;
    const detail = this.detail(key, false, async (signal) => ({
      kind: 'packets' as const,
      packets: await this.options.details.packets(place, signal),
    }));
    return detail === null || detail === undefined ? detail : detail.kind === 'packets' ? detail.packets : null;
  }

  async json(row: number): Promise<string | undefined> {
    const id = this.timeline.exchanges.id.at(row);
    return this.options.details.json(this.exchangePlace(row), id, new AbortController().signal);
  }

  async exchangeNow(row: number): Promise<ExchangeDetail | undefined> {
    const known = this.cache.get(`x${row}`);
    if (known?.kind === 'exchange') return known;
    const id = this.timeline.exchanges.id.at(row);
    return this.options.details.exchange(this.exchangePlace(row), id, new AbortController().signal);
  }

  async messageNow(row: number): Promise<PayloadDetail | undefined> {
    const known = this.cache.get(`m${row}`);
    if (known?.kind === 'payload') return known;
    const side = (this.timeline.messages.flags.at(row) & FrameFlag.server) as Side;
    return this.options.details.message(this.messagePlace(row), side, row, new AbortController().signal);
  }

  /** The details that were looked at last have been there for a while: the next ones are read at once. */
  private hurries(): boolean {
    const now = performance.now();
    const rested = now - this.askedAt > restMs;
    this.askedAt = now;
    return rested;
  }

  private askedAt = -Infinity;

  private isOpen(row: number): boolean {
    return !this.timeline.exchanges.has(row, ExchangeFlag.done);
  }

  private detail(
    key: string,
    open: boolean,
    load: (signal: AbortSignal) => Promise<Detail | undefined>,
  ): Detail | null | undefined {
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const passing = this.passing?.key === key ? this.passing : undefined;
    if (this.pending?.key === key) return passing?.detail;
    if (open && passing !== undefined && performance.now() - passing.at < openAgainMs) return passing.detail;
    this.pending?.stop.abort();
    const stop = new AbortController();
    this.pending = { key, stop };
    const settled = (detail: Detail | undefined): void => {
      if (this.pending?.key === key) this.pending = undefined;
      if (stop.signal.aborted) return;
      // Of an exchange that is still open there will be more.
      if (!open) this.keep(key, detail ?? null);
      else this.passing = { key, detail: detail ?? null, at: performance.now() };
      this.options.changed();
    };
    // Who holds a key down does not want every row on the way read from the file.
    const waited = new Promise((resolve) => void setTimeout(resolve, this.hurries() ? 0 : restMs));
    waited.then(() => (stop.signal.aborted ? undefined : load(stop.signal))).then(settled, () => settled(undefined));
    return passing?.detail;
  }

  /** The details of an open exchange, as they were. */
  private passing: { key: string; detail: Detail | null; at: number } | undefined;

  private keep(key: string, detail: Detail | null): void {
    this.cache.set(key, detail);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= keptDetails) break;
      this.cache.delete(oldest);
    }
  }

  exchangePlace(row: number): Place {
    const { exchanges: x } = this.timeline;
    const first = x.firstPacket(row);
    const connection = x.connection.at(row);
    const stream = x.stream.at(row);
    let nth = 0;
    for (let before = row - 1; before >= 0 && nth < 4096; before--) {
      // Rows are in the order of first packets.
      if (x.firstPacket(before) !== first) break;
      if (x.connection.at(before) === connection && x.stream.at(before) === stream) nth++;
    }
    return { ...this.connectionPlace(connection), stream, firstPacket: first, lastPacket: x.lastPacket(row), nth };
  } // prettier-ignore

  messagePlace(row: number): Place {
    const { messages: m, conversations } = this.timeline;
    const talk = conversations.at(m.conversation.at(row));
    const side = m.flags.at(row) & FrameFlag.server;
    let nth = 0;
    for (let before = m.previous.at(row); before >= 0; before = m.previous.at(before)) {
      if ((m.flags.at(before) & FrameFlag.server) !== side) continue;
      if (m.firstPacket.at(before) < m.firstPacket.at(row)) break;
      if (m.firstPacket.at(before) === m.firstPacket.at(row)) nth++;
    }
    const packets = { firstPacket: m.firstPacket.at(row), lastPacket: m.lastPacket.at(row) };
    return { ...this.connectionPlace(talk.connection), stream: talk.stream, ...packets, nth };
  }

  framePlace(row: number): Place {
    const { frames: f, conversations } = this.timeline;
    const talk = conversations.at(f.conversation.at(row));
    const packets = { firstPacket: f.firstPacket.at(row), lastPacket: f.lastPacket.at(row) };
    return { ...this.connectionPlace(talk.connection), stream: talk.stream, ...packets, nth: 0 };
  }

  private connectionPlace(id: number): Pick<Place, 'connectionPacket' | 'client' | 'server'> {
    const { connections } = this.timeline;
    return {
      connectionPacket: connections.firstPacket.at(id) ?? 0,
      client: connections.endpoint(id, 0),
      server: connections.endpoint(id, 1),
    };
  }
}

/** The rows of a conversation, by their positions in it: none leaves by itself. */
class TalkRows implements Rows {
  readonly gone = 0;
  private readonly length: () => number;

  constructor(length: () => number) {
    this.length = length;
  }

  get count(): number {
    return this.length();
  }

  holds(): boolean {
    return true;
  }
}
