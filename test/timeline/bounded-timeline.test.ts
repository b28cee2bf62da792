/** A session that lasts: what is over leaves, oldest first, and what is kept stays right. */
import { describe, expect, test } from 'vitest';
import { ConnectionTable } from '../../src/core/connection-table.ts';
import { Arena } from '../../src/timeline/arena.ts';
import { chunkRows } from '../../src/timeline/columns.ts';
import { Query } from '../../src/timeline/query.ts';
import { Timeline, type Bounds } from '../../src/timeline/timeline.ts';
import * as build from '../support/records.ts';
import { ms } from '../support/shop.ts';

const bounds: Bounds = { exchanges: 10_000, frames: 10_000, connections: 100, diagnostics: 5000, conversations: 50 };

/** Hears of exchanges on connections of ten exchanges each. */
class Session {
  readonly timeline: Timeline;
  private readonly table = new ConnectionTable();
  private on: build.OpenConnection | undefined;
  private id = 0;

  constructor(bound: Bounds | undefined = bounds) {
    this.timeline = new Timeline(bound);
  }

  /** @returns the last one's id */
  exchanges(count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.id % 10 === 0) this.nextConnection();
      const id = ++this.id;
      const request = `GET /item/${id}?${'x'.repeat(100)} HTTP/1.1\r\nHost: host-${id % 7}\r\n\r\n`;
      const on = this.on!;
      const times = [id * ms, id * ms, (id + 1) * ms, (id + 2) * ms] as const;
      this.timeline.exchange(build.exchange({ on, id, request, response: 'HTTP/1.1 200 OK\r\n\r\n', times }));
    }
    return this.id;
  }

  open(): number {
    const id = ++this.id;
    const request = 'GET /forever HTTP/1.1\r\nHost: patient\r\n\r\n';
    this.timeline.progress(build.exchange({ on: this.connect(), id, request, times: [id * ms, id * ms] }));
    return id;
  }

  frames(on: build.OpenConnection, count: number): void {
    for (let i = 1; i <= count; i++) {
      const at = { on, id: i, time: i * ms, packets: [i, i] as const };
      this.timeline.frame(build.frame({ ...at, opcode: 1, payload: `message ${i}` }));
      this.timeline.message(build.message({ ...at, data: `message ${i}` }));
    }
  }

  connect(): build.OpenConnection {
    const on = build.openConnection({}, this.table);
    this.timeline.opened(on.table, on.slot, 1);
    return on;
  }

  close(on: build.OpenConnection): void {
    this.timeline.connection(build.connection({ on, closing: 'fin' }));
    on.table.close(on.slot);
  }

  private nextConnection(): void {
    if (this.on !== undefined) this.close(this.on);
    this.on = this.connect();
  }
}

describe('a bounded timeline', () => {
  test('keeps so many exchanges, the latest, and what they say', () => {
    const session = new Session();
    const last = session.exchanges(40_000);
    const { exchanges: x, connections, texts } = session.timeline;
    expect(x.count).toBe(40_000);
    expect(x.kept).toBeLessThanOrEqual(10_000 + 2 * chunkRows);
    expect(x.kept).toBeGreaterThanOrEqual(10_000);
    for (const id of [last, last - 5000, last - 9999]) {
      const row = x.rowOf(id);
      expect(texts.latin1(x.target.at(row))).toMatch(new RegExp(`^/item/${id}\\?x+$`));
      expect(texts.latin1(x.host.at(row))).toBe(`host-${id % 7}`);
      expect(texts.latin1(x.method.at(row))).toBe('GET');
      expect(connections.endpoint(x.connection.at(row), 0)).toBe('192.0.2.1:40000');
    }
    expect([x.rowOf(1), x.rowOf(last - 30_000)]).toEqual([-1, -1]);
  });

  test('keeps what is not over', () => {
    const session = new Session();
    session.exchanges(100);
    const open = session.open();
    session.exchanges(40_000);
    const { exchanges: x, texts, connections } = session.timeline;
    const row = x.rowOf(open);
    expect(texts.latin1(x.target.at(row))).toBe('/forever');
    expect(texts.latin1(x.host.at(row))).toBe('patient');
    expect(connections.isOpen(x.connection.at(row))).toBe(true);
    expect(x.holds(row - 1)).toBe(false);
  });

  test('memory does not grow with what passes', () => {
    const session = new Session();
    session.exchanges(40_000);
    const { texts, connections } = session.timeline;
    const [bytes, slots] = [texts.bytes, connections.table.end];
    session.exchanges(60_000);
    expect(texts.bytes).toBeLessThan(bytes * 1.5 + 64 * 262_144);
    expect(connections.table.end).toBeLessThan(slots * 1.5);
    expect(connections.kept).toBeLessThan(3 * chunkRows);
  });

  test('frames of a long conversation leave at its beginning', () => {
    const session = new Session();
    const on = session.connect();
    session.frames(on, 40_000);
    const { timeline } = session;
    const talk = timeline.conversations.at(0);
    expect([talk.frames, timeline.frames.kept < 10_000 + 3 * chunkRows]).toEqual([40_000, true]);
    expect(timeline.texts.utf8(timeline.frames.preview.at(talk.lastFrame))).toBe('message 40000');
    expect(timeline.messages.ordinal.at(timeline.frames.message.at(talk.lastFrame))).toBe(40_000);
  });

  test('conversations of connections that have closed leave', () => {
    const session = new Session();
    for (let i = 0; i < 5000; i++) {
      const on = session.connect();
      session.frames(on, 2);
      session.close(on);
    }
    expect(session.timeline.conversations.kept).toBeLessThanOrEqual(50 + chunkRows);
    expect(session.timeline.conversations.at(0).frames).toBe(0);
  });

  test('clearing lets go of all that is over', () => {
    const session = new Session();
    session.exchanges(5000);
    const open = session.open();
    session.frames(session.connect(), 100);
    const { timeline } = session;
    timeline.clear();
    expect(timeline.exchanges.rowOf(open)).toBeGreaterThan(0);
    // Open: that exchange, and the conversation's row.
    expect([timeline.exchanges.kept, timeline.frames.kept, timeline.messages.kept]).toEqual([2, 0, 0]);
    expect(timeline.texts.bytes).toBeLessThan(3 * 262_144);
    const last = session.exchanges(10);
    expect(timeline.texts.latin1(timeline.exchanges.target.at(timeline.exchanges.rowOf(last)))).toContain(`/item/${last}?`);
  }); // prettier-ignore
});

describe('lists of rows that leave', () => {
  const clock = (): number => performance.now();
  const rows = (query: Query): number[] => {
    while (query.work(clock() + 1000, clock));
    return Array.from({ length: query.length }, (_, index) => query.rowAt(index));
  };

  test('show what is there, in order, filtered and sorted', () => {
    const session = new Session();
    const { exchanges: x } = session.timeline;
    const [all, even, longest] = [new Query(x), new Query(x), new Query(x)];
    even.filter((row) => x.id.at(row) % 2 === 0);
    longest.sort({ key: { kind: 'number', of: (row) => x.time.at(row) }, descending: true });
    for (let i = 0; i < 6; i++) {
      const last = session.exchanges(7000);
      expect(rows(all).length).toBe(x.kept);
      expect(rows(all).every((row) => x.holds(row))).toBe(true);
      expect(all.indexOf(x.rowOf(last))).toBe(x.kept - 1);
      expect(rows(even).every((row) => x.id.at(row) % 2 === 0)).toBe(true);
      expect(even.length).toBeGreaterThan(x.kept / 2 - 2);
      expect(rows(longest)[0]).toBeGreaterThanOrEqual(0);
      expect(longest.length).toBeLessThanOrEqual(x.kept);
    }
    expect(all.total).toBe(x.kept);
  });
});

test('a conversation whose opening was not captured is a row among the exchanges', () => {
  const session = new Session(undefined);
  session.exchanges(3);
  session.frames(session.connect(), 2);
  session.exchanges(3);
  const { exchanges: x, conversations } = session.timeline;
  expect([x.count, x.orphans, x.conversation.at(3), conversations.at(0).row]).toEqual([7, 1, 0, 3]);
  expect([1, 3, 4, 6].map((id) => x.rowOf(id))).toEqual([0, 2, 4, 6]);
});

test('an arena finds equal texts again after chunks were let go of', () => {
  const arena = new Arena(undefined, true);
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  const fill = (mark: string): void => {
    for (let i = 0; i < 3000; i++) arena.name(bytes(`${mark}${i}`.padEnd(200, '.')), 0, 200);
  };
  const first = arena.name(bytes('GET'), 0, 3);
  fill('a');
  const { serial } = arena;
  fill('b');
  arena.release((each) => each >= serial);
  expect(arena.recycled).toBeGreaterThan(0);
  fill('c');
  const again = arena.name(bytes('GET'), 0, 3);
  expect(arena.latin1(again)).toBe('GET');
  expect(arena.name(bytes('GET'), 0, 3)).toBe(again);
  expect(first).toBeGreaterThan(0);
});
