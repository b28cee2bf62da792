/** A WebSocket conversation, frame by frame or message by message, and the list of all conversations. */
import { closeCodes, opcodeName } from '../../core/websocket.ts';
import { printable } from '../../core/printable.ts';
import { FrameFlag, messageKinds } from '../../timeline/frame-table.ts';
import type { SortKey } from '../../timeline/sort.ts';
import type { Conversation } from '../../timeline/timeline.ts';
import { captured, span, type Span, type Style } from '../styled.ts';
import type { Column } from '../table.ts';
import { severityMark, shortBytes, shortSpan, timeText } from '../words.ts';
import type { World } from '../world.ts';
import { decoded } from './exchanges.ts';

const number = (of: (row: number) => number): SortKey => ({ kind: 'number', of });

// --- conversations ---------------------------------------------------------------------------------------------------

const talkOf = ({ timeline }: World, row: number): Conversation => timeline.conversations.at(row);

export const talkColumns: readonly Column<World>[] = [
  {
    name: 'marks', title: '', width: 2, rank: 0,
    cell: (world, row) => [
      world.marks.has(`talks:${row}`) ? span('◆', 'key') : span(' '),
      severityMark(world.timeline.connections.severity.at(talkOf(world, row).connection)),
    ],
  },
  {
    name: 'time', title: 'time', width: 8, rank: 5, align: 'right',
    key: ({ timeline }) => number((row) => timeline.conversations.at(row).firstTime),
    cell: (world, row) => span(timeText(talkOf(world, row).firstTime), 'dim'),
  },
  {
    name: 'connection', title: 'conn', width: 5, rank: 6, align: 'right',
    cell: (world, row) => span(String(talkOf(world, row).connection), 'faint'),
  },
  {
    name: 'path', title: 'conversation', width: 24, flexible: true, rank: 0,
    cell(world, row) {
      const { exchange: id, connection } = talkOf(world, row);
      const { exchanges: x, connections, texts } = world.timeline;
      const exchange = x.rowOf(id);
      if (exchange < 0) return [span(connections.endpoint(connection, 1)), span('  opening not seen', 'dim')];
      const host = texts.latin1(x.host.at(exchange));
      return [captured(host, 'dim'), captured(decoded(texts.latin1(x.target.at(exchange))))];
    },
  },
  {
    name: 'client', title: 'client', width: 21, rank: 8,
    cell: (world, row) => span(world.timeline.connections.endpoint(talkOf(world, row).connection, 0), 'dim'),
  },
  {
    name: 'frames', title: 'frames', width: 7, rank: 1, align: 'right',
    key: ({ timeline }) => number((row) => timeline.conversations.at(row).frames),
    cell(world, row) {
      const { kind, frames, messages } = talkOf(world, row);
      return kind === 'websocket' ? span(String(frames)) : span(`${messages} ev`, 'dim');
    },
  },
  {
    name: 'sent', title: '▲ sent', width: 7, rank: 3, align: 'right',
    cell: (world, row) => span(shortBytes(talkOf(world, row).bytes[0]), 'client'),
  },
  {
    name: 'received', title: '▼ recv', width: 7, rank: 3, align: 'right',
    cell: (world, row) => span(shortBytes(talkOf(world, row).bytes[1]), 'server'),
  },
  {
    name: 'duration', title: 'age', width: 8, rank: 4, align: 'right',
    key: ({ timeline }) => number((row) => timeline.conversations.at(row).lastTime - timeline.conversations.at(row).firstTime),
    cell(world, row) {
      const { firstTime, lastTime } = talkOf(world, row);
      return span(shortSpan(lastTime - firstTime));
    },
  },
  { name: 'state', title: 'state', width: 10, more: 18, rank: 2, cell: (world, row, width) => stateOf(world, talkOf(world, row), width) },
]; // prettier-ignore

/** The close handshake in a word, or spelled out where there is room. */
export function stateOf(world: World, talk: Conversation, width: number): Span {
  const { messages, connections } = world.timeline;
  if (talk.kind === 'events') return span(width < 18 ? 'events' : 'server-sent events', 'dim');
  const [client, server] = talk.close;
  const first = client >= 0 && (server < 0 || client < server) ? client : server;
  if (first < 0) {
    const open = connections.isOpen(talk.connection) && !world.reading.done;
    return open ? span('open', 'good') : span(width < 12 ? 'no close' : 'ended without close', 'warn');
  }
  const code = messages.code.at(first);
  const style: Style = code === 1000 || code === 1001 || code < 0 ? 'text' : 'warn';
  const short = `close ${code < 0 ? '' : String(code)}`.trimEnd();
  if (width < 22) return span(short, style);
  const who = first === client ? 'client' : 'server';
  return span(`${who} ${short}, ${client >= 0 && server >= 0 ? 'answered' : 'no answer'}`, style);
}

// --- frames ----------------------------------------------------------------------------------------------------------

const opcodeStyles: Readonly<Record<number, Style>> = {
  0: 'dim',
  1: 'text',
  2: 'method',
  8: 'warn',
  9: 'dim',
  10: 'dim',
};

const direction = (flags: number): Span =>
  (flags & FrameFlag.server) === 0 ? span('▲', 'client') : span('▼', 'server');

export const frameColumns: readonly Column<World>[] = [
  { name: 'mark', title: '', width: 1, rank: 0, cell: (world, row) => (world.marks.has(`frames:${row}`) ? span('◆', 'key') : span(' ')) },
  { name: 'message', title: '#', width: 4, rank: 0, align: 'right', cell: ordinalOf },
  { name: 'time', title: 'time', width: 8, rank: 5, align: 'right', cell: ({ timeline }, row) => span(timeText(timeline.frames.time.at(row)), 'dim') },
  { name: 'delta', title: 'delta', width: 9, rank: 4, align: 'right', cell: deltaOf },
  { name: 'way', title: '', width: 1, rank: 0, cell: ({ timeline }, row) => direction(timeline.frames.flags.at(row)) },
  { name: 'opcode', title: 'opcode', width: 6, rank: 0, cell: opcodeOf },
  { name: 'bits', title: 'fin rsv', width: 7, rank: 6, cell: bitsOf },
  { name: 'mask', title: 'mask', width: 8, rank: 8, cell: maskOf },
  { name: 'header', title: 'hdr', width: 3, rank: 7, align: 'right', cell: ({ timeline }, row) => span(String(timeline.frames.headerLength.at(row)), 'faint') },
  {
    name: 'length', title: 'bytes', width: 6, rank: 1, align: 'right',
    key: ({ timeline }) => number((index) => timeline.frames.length.at(index)),
    cell: ({ timeline }, row) => span(shortBytes(timeline.frames.length.at(row))),
  },
  { name: 'packet', title: 'packet', width: 7, rank: 9, align: 'right', cell: ({ timeline }, row) => span(String(timeline.frames.firstPacket.at(row)), 'faint') },
  { name: 'preview', title: 'payload', width: 28, flexible: true, rank: 0, cell: framePreview },
]; // prettier-ignore

export const messageColumns: readonly Column<World>[] = [
  { name: 'mark', title: '', width: 1, rank: 0, cell: () => span(' ') },
  { name: 'message', title: '#', width: 4, rank: 0, align: 'right', cell: ({ timeline }, row) => span(String(timeline.messages.ordinal.at(row)), 'dim') },
  { name: 'time', title: 'time', width: 8, rank: 4, align: 'right', cell: ({ timeline }, row) => span(timeText(timeline.messages.time.at(row)), 'dim') },
  { name: 'way', title: '', width: 1, rank: 0, cell: ({ timeline }, row) => direction(timeline.messages.flags.at(row)) },
  { name: 'kind', title: 'kind', width: 6, rank: 0, cell: ({ timeline }, row) => kindOf(timeline.messages.kind.at(row)) },
  { name: 'frames', title: 'frames', width: 6, rank: 5, align: 'right', cell: ({ timeline }, row) => span(String(timeline.messages.frames.at(row)), 'dim') },
  { name: 'length', title: 'bytes', width: 6, rank: 1, align: 'right', cell: ({ timeline }, row) => span(shortBytes(timeline.messages.length.at(row))) },
  { name: 'wire', title: 'wire', width: 6, rank: 3, align: 'right', cell: ({ timeline }, row) => span(shortBytes(timeline.messages.wireLength.at(row)), 'faint') },
  { name: 'preview', title: 'text', width: 20, flexible: true, rank: 0, cell: messagePreview },
]; // prettier-ignore

type Tables = World['timeline'];

function ordinalOf({ timeline }: World, row: number): Span {
  const message = timeline.frames.message.at(row);
  return message < 0 ? span('·', 'faint') : span(String(timeline.messages.ordinal.at(message)), 'dim');
}

/** Time since the frame before, of either side. */
function deltaOf({ timeline }: World, row: number): Span {
  const before = timeline.frames.previous.at(row);
  if (before < 0) return span('');
  return span(`+${shortSpan(Math.max(0, timeline.frames.time.at(row) - timeline.frames.time.at(before)))}`, 'faint');
}

function opcodeOf({ timeline }: World, row: number): Span {
  const opcode = timeline.frames.first.at(row) & 0x0f;
  const name = opcode === 0 ? 'cont' : opcodeName(opcode).replace('reserved-', 'res ');
  return span(name, opcodeStyles[opcode] ?? 'bad');
}

function bitsOf({ timeline }: World, row: number): Span[] {
  const first = timeline.frames.first.at(row);
  const reserved = [0x40, 0x20, 0x10].map((bit) => ((first & bit) !== 0 ? '1' : '0')).join('');
  return [span((first & 0x80) !== 0 ? 'FIN ' : '··· ', 'dim'), span(reserved, reserved === '000' ? 'faint' : 'accent')];
}

function maskOf({ timeline }: World, row: number): Span {
  if ((timeline.frames.flags.at(row) & FrameFlag.masked) === 0) return span('–', 'faint');
  return span((timeline.frames.maskingKey.at(row) >>> 0).toString(16).padStart(8, '0'), 'faint');
}

function kindOf(kind: number): Span {
  const name = messageKinds[kind]!;
  const style: Style = name === 'text' ? 'text' : name === 'binary' ? 'method' : name === 'close' ? 'warn' : 'dim';
  return span(name, style);
}

/** Of a message's first frame what the message says, of the others where they belong. */
export function framePreview(world: World, row: number, width: number): Span[] {
  const { timeline } = world;
  const { frames } = timeline;
  const message = frames.message.at(row);
  const opcode = frames.first.at(row) & 0x0f;
  if (message >= 0 && opcode !== 0) return messagePreview(world, message, width);
  if (message >= 0) return [span(`… of message ${timeline.messages.ordinal.at(message)}`, 'faint')];
  return previewOf(timeline, frames.preview.at(row), opcode === 1 || opcode === 0, width);
}

/** @param world whose lenses tell what a message is to its subprotocol */
export function messagePreview(world: World, row: number, width: number): Span[] {
  const { timeline } = world;
  const { messages } = timeline;
  const kind = messageKinds[messages.kind.at(row)]!;
  if (kind === 'close') return closePreview(timeline, row);
  const label = world.lenses.label(row);
  const told = label === undefined ? [] : [captured(label, 'accent'), span('  ')];
  const spans = [...told, ...previewOf(timeline, messages.preview.at(row), kind === 'text' || kind === 'event', width)];
  const count = messages.frames.at(row);
  return count > 1 ? [span(`${count} frames `, 'accent'), ...spans] : spans;
}

function closePreview({ messages, texts }: Tables, row: number): Span[] {
  const code = messages.code.at(row);
  if (code < 0) return [span('no code', 'dim')];
  const known = closeCodes.get(code);
  texts.at(messages.preview.at(row));
  const reason = Buffer.from(texts.data.buffer, texts.start + 2, Math.max(0, texts.end - texts.start - 2)).toString();
  return [span(`${code} `, 'warn'), span(known?.name ?? 'unknown code', 'dim'), captured(reason === '' ? '' : `  "${reason}"`)];
} // prettier-ignore

function previewOf({ texts }: Tables, text: number, isText: boolean, width: number): Span[] {
  if (text === 0) return [span('(empty)', 'faint')];
  if (isText) return [span(printable(texts.utf8(text)))];
  texts.at(text);
  const count = Math.min(texts.end - texts.start, Math.max(4, Math.floor((width - 2) / 4)));
  const bytes = Buffer.from(texts.data.buffer, texts.start, count);
  const hex = bytes.toString('hex').replace(/../g, '$& ');
  const ascii = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '·');
  return [span(hex, 'number'), span(ascii, 'faint')];
}
