/** What `y` puts on the clipboard. Nothing is escaped for a terminal here: it goes through base64. */
import type { ExchangeDetail } from '../timeline/details.ts';
import type { CopyWhat } from './keys.ts';
import type { ListName, State } from './state.ts';
import type { World } from './world.ts';

/** Longer texts are more than terminals take. */
const longest = 100_000;

/** @param list the rows that are meant; undefined where there is no such thing */
export async function copyText(
  what: CopyWhat,
  list: ListName,
  state: State,
  world: World,
): Promise<string | undefined> {
  const { row } = state.scroll[list];
  if (row < 0) return undefined;
  if (list === 'frames') return frameText(what, row, world);
  const exchange = exchangeOf(list, row, world);
  if (exchange < 0) return undefined;
  if (what === 'json') return world.json(exchange);
  const detail = await world.exchangeNow(exchange);
  if (detail === undefined) return undefined;
  switch (what) {
    case 'path':
      return detail.target;
    case 'url':
      return detail.url;
    case 'body':
      return bodyText(detail);
    case 'curl':
      return curlCommand(detail);
    case 'row':
      return `${detail.method} ${detail.url} ${detail.status || '-'}`;
  }
}

function exchangeOf(list: ListName, row: number, { timeline }: World): number {
  switch (list) {
    case 'exchanges':
      return row;
    case 'talks':
      return timeline.exchanges.rowOf(timeline.conversations.at(row).exchange);
    case 'upgrades':
      return timeline.upgrades.at(row).exchange;
    case 'connections':
      return timeline.connections.lastExchange.at(row);
    case 'diagnostics':
      return timeline.exchanges.rowOf(timeline.diagnostics.exchange.at(row));
    default:
      return -1;
  }
}

/** Of a frame, the message it is part of. */
async function frameText(what: CopyWhat, row: number, world: World): Promise<string | undefined> {
  const message = world.rowsAre === 'messages' ? row : world.timeline.frames.message.at(row);
  if (message < 0 || (what !== 'body' && what !== 'row' && what !== 'json')) return undefined;
  const detail = await world.messageNow(message);
  return detail === undefined ? undefined : Buffer.from(detail.body).toString('utf8').slice(0, longest);
}

function bodyText({ response, request }: ExchangeDetail): string | undefined {
  const message = response !== undefined && response.body.length > 0 ? response : request;
  return message === undefined ? undefined : Buffer.from(message.body).toString('utf8').slice(0, longest);
}

/** Fields that curl makes itself, or that hold for one connection only. */
const leftOut = new Set(['host', 'content-length', 'connection', 'accept-encoding', 'transfer-encoding', 'keep-alive']);

/** A command that sends the request again, for a POSIX shell. */
export function curlCommand({ method, url, request }: ExchangeDetail): string | undefined {
  if (request === undefined) return undefined;
  const words = ['curl'];
  const body = request.body.length > 0;
  if (method === 'HEAD') words.push('--head');
  else if (method !== (body ? 'POST' : 'GET')) words.push('-X', quoted(method));
  words.push(quoted(url));
  for (const [name, value] of request.headers) {
    if (name.startsWith(':') || leftOut.has(name.toLowerCase())) continue;
    words.push('-H', quoted(`${name}: ${value}`));
  }
  if (request.headers.some(([name]) => name.toLowerCase() === 'accept-encoding')) words.push('--compressed');
  if (body) words.push('--data-binary', quoted(Buffer.from(request.body).toString('utf8')));
  return words.join(' ').slice(0, longest);
}

/** One shell word, whatever is in it. */
function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // oxlint-disable-next-line no-control-regex
  if (!/[\x00-\x1f\x7f]/.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    // oxlint-disable-next-line no-control-regex
    .replace(/[\x00-\x1f\x7f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `$'${escaped}'`;
}
