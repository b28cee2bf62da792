/**
 * The columns of a list, each a function a kind of record. A cell holds no spaces (they are written `\x20`) and is never
 * empty (`-`), so that fields can be told apart by number; only the last column, `url`, is free text.
 */
import { printable } from '../core/printable.ts';
import { epochSeconds } from '../core/time.ts';
import { cut } from '../insight/cells.ts';
import type { Body } from '../timeline/body.ts';
import type { ExchangeRecord, MessageRecord, UpgradeRecord } from '../timeline/records.ts';

export type TimeFormat = 'relative' | 'absolute' | 'iso';

/** What cells are made with besides the record. */
export interface ListContext {
  epoch: bigint;
  readonly time: TimeFormat;
  /** Of the exchange an upgrade belongs to. */
  client: string;
  server: string;
}

export interface ListColumn {
  readonly description: string;
  /** Cells the column takes at least. */
  readonly width: number;
  readonly align: 'left' | 'right';
  exchange(record: ExchangeRecord, context: ListContext): string;
  upgrade(record: UpgradeRecord, context: ListContext): string;
  message(record: MessageRecord, context: ListContext): string;
}

const nothing = '-';
const none = (): string => nothing;

/** Longest text of a cell, in terminal cells. */
const longestWord = 64;
const longestUrl = 2048;
const longestPreview = 120;

export const listColumns: Readonly<Record<string, ListColumn>> = {
  time: {
    description: 'when it began: seconds since the first packet, or as --time says',
    width: 11,
    align: 'right',
    exchange: (r, context) => timeText((r.request.present ? r.request : r.response).time, context),
    upgrade: (r, context) => timeText(r.time, context),
    message: (r, context) => timeText(r.time, context),
  },
  stream: {
    description: "the connection's number: Wireshark's tcp.stream",
    width: 4,
    align: 'right',
    exchange: (r) => String(r.connection),
    upgrade: (r) => String(r.connection),
    message: (r) => String(r.connection),
  },
  id: {
    description: 'the number of the exchange or message',
    width: 5,
    align: 'right',
    exchange: (r) => String(r.id),
    upgrade: (r) => String(r.exchange),
    message: (r) => String(r.id),
  },
  client: {
    description: 'address and port of the end that opened the connection',
    width: 21,
    align: 'left',
    exchange: (r) => r.client,
    upgrade: (_, context) => context.client,
    message: (r) => r.client,
  },
  way: {
    description: '⇄ for an exchange, → for a message to the server, ← for one to the client',
    width: 1,
    align: 'left',
    exchange: () => '⇄',
    upgrade: () => '⇄',
    message: (r) => (r.side === 0 ? '→' : '←'),
  },
  server: {
    description: 'address and port of the other end',
    width: 21,
    align: 'left',
    exchange: (r) => r.server,
    upgrade: (_, context) => context.server,
    message: (r) => r.server,
  },
  kind: {
    description: "the method; `upgrade`; or the message's kind: text binary close ping pong event",
    width: 7,
    align: 'left',
    exchange: (r) => (r.request.present ? word(r.request.method) : nothing),
    upgrade: () => 'upgrade',
    message: (r) => r.kind,
  },
  status: {
    description: 'status code; close code of a close message',
    width: 4,
    align: 'right',
    exchange: (r) => (r.response.present ? String(r.response.status).padStart(3, '0') : nothing),
    upgrade: none,
    message: (r) => (r.code >= 0 ? String(r.code) : nothing),
  },
  size: {
    description: "bytes of the response's content as sent; of a message as the application saw it",
    width: 8,
    align: 'right',
    exchange: (r) => (r.response.present ? String(r.response.bodyBytes) : nothing),
    upgrade: none,
    message: (r) => String(r.length),
  },
  duration: {
    description: 'seconds from first to last byte of the exchange, or of a message of several frames',
    width: 9,
    align: 'right',
    exchange: (r) => spanText(r.total),
    upgrade: none,
    message: (r) => (r.frames > 1 ? spanText(r.endTime - r.time) : nothing),
  },
  wait: {
    description: "seconds from the request's end to the response's first byte",
    width: 9,
    align: 'right',
    exchange: (r) => spanText(r.wait),
    upgrade: none,
    message: none,
  },
  type: {
    description:
      "the response's media type; an upgrade's protocol; a message's subprotocol, told by agreement or content",
    width: 17,
    align: 'left',
    exchange: (r) => (r.response.present ? word(r.response.mediaType ?? '') : nothing),
    upgrade: (r) => word(r.protocol),
    message: (r) => word(r.lens?.name ?? ''),
  },
  label: {
    description: 'what a message is to its subprotocol: its event, topic or operation',
    width: 16,
    align: 'left',
    exchange: none,
    upgrade: none,
    message: (r) => word(r.lens?.label ?? ''),
  },
  reply: {
    description: 'the id by which a subprotocol ties a reply to its request',
    width: 8,
    align: 'left',
    exchange: none,
    upgrade: none,
    message: (r) => word(r.lens?.id ?? ''),
  },
  host: {
    description: 'the Host field',
    width: 20,
    align: 'left',
    exchange: (r) => (r.request.present ? word(r.host ?? '') : nothing),
    upgrade: none,
    message: none,
  },
  state: {
    description: 'complete, open, no-request, no-response, truncated, reset; outcome of an upgrade',
    width: 11,
    align: 'left',
    exchange: (r) => r.state,
    upgrade: (r) => r.outcome,
    message: (r) => (r.complete ? 'complete' : 'truncated'),
  },
  packet: {
    description: 'number of the first packet',
    width: 6,
    align: 'right',
    exchange: (r) => String((r.request.present ? r.request : r.response).firstPacket),
    upgrade: none,
    message: (r) => String(r.firstPacket),
  },
  url: {
    description: "the URL; an upgrade's verdict; a message's label and beginning. Always last",
    width: 0,
    align: 'left',
    exchange: (r) => (r.request.present ? cut(printable(r.url), longestUrl) : nothing),
    upgrade: (r) => cut(printable(r.verdict), longestUrl),
    message: preview,
  },
};

function timeText(time: number, context: ListContext): string {
  switch (context.time) {
    case 'relative':
      return (time / 1e9).toFixed(6);
    case 'absolute': {
      const [seconds, fraction = ''] = epochSeconds(context.epoch, time).split('.');
      return `${seconds!}.${fraction.padEnd(9, '0')}`;
    }
    case 'iso': {
      const total = context.epoch + BigInt(Math.round(time));
      const fraction = ((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
      const date = new Date(Number((total - fraction) / 1_000_000n));
      if (Number.isNaN(date.getTime())) return nothing;
      return `${date.toISOString().slice(0, -5)}.${String(fraction).padStart(9, '0').slice(0, 6)}Z`;
    }
  }
}

function spanText(nanoseconds: number | undefined): string {
  return nanoseconds === undefined ? nothing : (nanoseconds / 1e9).toFixed(6);
}

/** Captured text as one word. */
function word(text: string): string {
  return text === '' ? nothing : cut(printable(text).replaceAll(' ', '\\x20'), longestWord);
}

function preview(record: MessageRecord): string {
  const { body, kind } = record;
  if (kind === 'close') return cut(printable(record.reason ?? ''), longestPreview) || nothing;
  if (body.length === 0) return nothing;
  const { lens } = record;
  const decoded = lens?.body === undefined ? undefined : JSON.stringify(lens.body);
  const text =
    decoded !== undefined && kind === 'binary'
      ? cut(printable(decoded), longestPreview)
      : kind === 'binary' || body.utf8Length() < 0
        ? hexPreview(body)
        : textPreview(body, record.length);
  // What plain JSON is called by stands in the text itself.
  return lens === undefined || lens.name === 'JSON' ? text : `${cut(printable(lens.label), longestWord)} · ${text}`;
}

function textPreview(body: Body, whole: number): string {
  // Four bytes a character at most; a character cut in two at the end would show as U+FFFD.
  const end = Math.min(body.length, longestPreview * 4);
  const text = Buffer.from(body.data.buffer, body.data.byteOffset, end)
    .toString('utf8')
    .replace(/\ufffd$/, '');
  const shown = cut(printable(text), longestPreview);
  return end < whole && !shown.endsWith('…') ? shown + '…' : shown;
}

const hexBytes = 24;

function hexPreview(body: Body): string {
  const end = Math.min(body.length, hexBytes);
  const hex = Buffer.from(body.data.buffer, body.data.byteOffset, end)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
  return body.length > hexBytes ? hex + ' …' : hex;
}
