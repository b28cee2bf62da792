/** Requests and responses, one a row, with a waterfall on the time axis that the rows shown have in common. */
import { latin1 } from '../../core/bytes.ts';
import { printable } from '../../core/printable.ts';
import { ExchangeFlag } from '../../timeline/exchange-table.ts';
import type { SortKey } from '../../timeline/sort.ts';
import type { Conversation } from '../../timeline/timeline.ts';
import { captured, span, spaces, type Span, type Style } from '../styled.ts';
import type { Column } from '../table.ts';
import { methodStyle, severityMark, shortBytes, shortSpan, shortType, statusStyle, timeText } from '../words.ts';
import type { World } from '../world.ts';

const number = (of: (row: number) => number): SortKey => ({ kind: 'number', of });
const text = (world: World, of: (row: number) => number): SortKey => ({
  kind: 'text',
  arena: world.timeline.texts,
  of,
});

/** The WebSocket conversation that an exchange opened. */
function talkOf({ timeline }: World, row: number): Conversation | undefined {
  const talk = timeline.conversations.get(timeline.exchanges.conversation.at(row));
  return talk?.kind === 'websocket' ? talk : undefined;
}

/** The connection that a conversation is held on is open. */
function isTalking({ timeline, reading }: World, row: number): boolean {
  return timeline.connections.isOpen(timeline.exchanges.connection.at(row)) && !reading.done;
}

/** When the row was over, or how far it has come. */
function endOf(world: World, row: number): number {
  return talkOf(world, row)?.lastTime ?? world.timeline.exchanges.lastTime(row);
}

function durationOf(world: World, row: number): number {
  const { exchanges: x } = world.timeline;
  return talkOf(world, row) === undefined ? x.duration(row) : endOf(world, row) - x.time.at(row);
}

export const exchangeColumns: readonly Column<World>[] = [
  {
    name: 'marks', title: '', width: 3, rank: 0,
    cell: (world, row) => marksOf(world, row),
  },
  {
    name: 'time', title: 'time', width: 8, rank: 5, align: 'right',
    key: ({ timeline: { exchanges: x } }) => number((row) => x.time.at(row)),
    cell: ({ timeline }, row) => span(timeText(timeline.exchanges.time.at(row)), 'dim'),
  },
  {
    name: 'packet', title: 'packet', width: 7, rank: 12, align: 'right',
    key: ({ timeline: { exchanges: x } }) => number((row) => x.firstPacket(row)),
    cell: ({ timeline }, row) => span(String(timeline.exchanges.firstPacket(row)), 'faint'),
  },
  {
    name: 'connection', title: 'conn', width: 5, rank: 8, align: 'right',
    key: ({ timeline: { exchanges: x } }) => number((row) => x.connection.at(row)),
    cell: ({ timeline }, row) => span(String(timeline.exchanges.connection.at(row)), 'faint'),
  },
  {
    name: 'client', title: 'client', width: 21, rank: 11,
    cell: ({ timeline }, row) => span(timeline.connections.endpoint(timeline.exchanges.connection.at(row), 0), 'dim'),
  },
  {
    name: 'method', title: 'method', width: 7, rank: 1,
    key: (world) => text(world, (row) => world.timeline.exchanges.method.at(row)),
    cell({ timeline }, row) {
      if (timeline.exchanges.has(row, ExchangeFlag.orphan)) return span('WS', 'accent');
      const method = timeline.texts.latin1(timeline.exchanges.method.at(row));
      return captured(method, methodStyle(method));
    },
  },
  {
    name: 'host', title: 'host', width: 14, more: 14, rank: 7,
    key: (world) => text(world, (row) => world.timeline.exchanges.host.at(row)),
    cell({ timeline: { exchanges: x, connections, texts } }, row) {
      const orphan = x.has(row, ExchangeFlag.orphan);
      return captured(orphan ? connections.endpoint(x.connection.at(row), 1) : texts.latin1(x.host.at(row)), 'dim');
    },
  },
  {
    name: 'path', title: 'path', width: 16, flexible: true, rank: 0,
    key: (world) => text(world, (row) => world.timeline.exchanges.target.at(row)),
    cell({ timeline }, row) {
      const { exchanges: x, texts } = timeline;
      if (x.has(row, ExchangeFlag.request)) return pathOf(texts.latin1(x.target.at(row)));
      if (!x.has(row, ExchangeFlag.orphan)) return span('request not captured', 'dim');
      return span('opening not captured', 'dim');
    },
  },
  {
    name: 'status', title: 'code', width: 5, rank: 0, align: 'right',
    key: ({ timeline: { exchanges: x } }) => number((row) => (x.has(row, ExchangeFlag.response) ? x.status.at(row) : NaN)),
    cell: statusOf,
  },
  {
    name: 'type', title: 'type', width: 8, more: 6, rank: 6,
    key: (world) => text(world, (row) => world.timeline.exchanges.responseType.at(row)),
    cell: typeOf,
  },
  {
    name: 'size', title: 'size', width: 5, rank: 4, align: 'right',
    key: (world) => number((row) => sizeOf(world, row)),
    cell: (world, row) => span(shortBytes(sizeOf(world, row)), 'text'),
  },
  {
    name: 'duration', title: 'duration', width: 9, rank: 2, align: 'right',
    key: (world) => number((row) => durationOf(world, row)),
    cell: durationCell,
  },
  {
    name: 'waterfall', title: '', width: 10, more: 32, rank: 3,
    before(world, rows) {
      axis.start = Infinity;
      axis.end = -Infinity;
      for (const row of rows) {
        axis.start = Math.min(axis.start, world.timeline.exchanges.time.at(row));
        axis.end = Math.max(axis.end, endOf(world, row));
      }
    },
    head: (_world, rows, width) => axisTitle(rows.length, width),
    cell: (world, row, width) => barOf(world, row, width),
  },
]; // prettier-ignore

/** The times at both ends of the waterfall: set for the rows shown before they are drawn. */
const axis = { start: 0, end: 0 };

function axisTitle(rows: number, width: number): string {
  if (rows === 0 || axis.end <= axis.start) return '';
  const right = shortSpan(axis.end - axis.start);
  return right.length + 2 > width ? right : '0' + right.padStart(width - 1);
}

/** A thin line while the server thinks, a thick one while bytes come. */
function barOf(world: World, row: number, width: number): Span[] {
  const { exchanges: x } = world.timeline;
  const length = axis.end - axis.start;
  const cell = (time: number): number =>
    length <= 0 ? 0 : Math.min(width - 1, Math.max(0, Math.floor(((time - axis.start) / length) * width)));
  const start = cell(x.time.at(row));
  const end = cell(endOf(world, row));
  const answered = x.has(row, ExchangeFlag.response);
  const first = answered ? Math.min(end, cell(x.responseTime.at(row))) : talkOf(world, row) !== undefined ? start : end;
  const talk = talkOf(world, row) !== undefined;
  const open = talk ? isTalking(world, row) : !x.has(row, ExchangeFlag.done);
  const style: Style = answered ? statusStyle(x.status.at(row)) : talk ? 'accent' : 'faint';
  const thick = talk ? '═' : answered ? '━' : '╌';
  return [
    span(spaces(start)),
    span('─'.repeat(Math.max(0, first - start)), 'faint'),
    span(thick.repeat(end - first + 1), style),
    span(open ? '›' : '', style),
  ];
}

function marksOf(world: World, row: number): Span[] {
  const { exchanges: x, connections } = world.timeline;
  const connection = x.connection.at(row);
  const { retransmissions } = connections.table;
  const at = connections.at(connection) * 2;
  const again = retransmissions[at]! + retransmissions[at + 1]! > 0;
  const tcp = x.has(row, ExchangeFlag.gap) ? span('░', 'bad') : again ? span('↻', 'faint') : span(' ');
  const marked = world.marks.has(`exchanges:${row}`) ? span('◆', 'key') : span(' ');
  return [marked, severityMark(x.severity.at(row)), tcp];
}

function pathOf(target: string): Span[] {
  const shown = printable(decoded(target));
  const query = shown.indexOf('?');
  if (query < 0) return [span(shown)];
  return [span(shown.slice(0, query)), span(shown.slice(query), 'dim')];
}

/** UTF-8 in paths as the characters it spells, whether it was percent-encoded or sent as it is. */
export function decoded(target: string): string {
  const plain = /[\x80-\xff]/.test(target) ? utf8(target) : target;
  if (!/%[89a-f]/i.test(plain)) return plain;
  try {
    // Only what is above ASCII: "%2F" stays what it was.
    return plain.replace(/(?:%[89a-f][0-9a-f])+/gi, (bytes) => decodeURIComponent(bytes));
  } catch {
    return plain;
  }
}

function utf8(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const decodedText = bytes.toString('utf8');
  return decodedText.includes('\ufffd') ? latin1(bytes, 0, bytes.length) : decodedText;
}

function statusOf({ timeline }: World, row: number): Span {
  const { exchanges: x } = timeline;
  if (x.has(row, ExchangeFlag.response)) return span(String(x.status.at(row)), statusStyle(x.status.at(row)));
  if (x.has(row, ExchangeFlag.orphan)) return span('–', 'dim');
  return x.has(row, ExchangeFlag.done) ? span('–', 'warn') : span('…', 'dim');
}

function typeOf(world: World, row: number, width: number): Span {
  const { exchanges: x, texts } = world.timeline;
  const talk = talkOf(world, row);
  if (talk !== undefined) return span(width < 12 ? `ws ${talk.frames}` : `ws ${talk.frames} frames`, 'accent');
  return captured(shortType(texts.latin1(x.responseType.at(row))), 'dim');
}

function sizeOf(world: World, row: number): number {
  const talk = talkOf(world, row);
  return talk === undefined ? world.timeline.exchanges.size(row) : talk.bytes[0] + talk.bytes[1];
}

function durationCell(world: World, row: number): Span {
  const { exchanges: x, now } = world.timeline;
  if (talkOf(world, row) !== undefined)
    return span(shortSpan(durationOf(world, row)) + (isTalking(world, row) ? '›' : ''), 'dim');
  const duration = x.duration(row);
  if (duration === duration) return span(shortSpan(duration), duration >= 1e9 ? 'warn' : 'text');
  return x.has(row, ExchangeFlag.done) ? span('–', 'dim') : span(`${shortSpan(now - x.time.at(row))}›`, 'accent');
}
