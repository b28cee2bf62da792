/** What the traffic is made of: resources, origins, clients, costs, polling, heartbeats, replies, caching. */
import { printable } from '../../core/printable.ts';
import { cut, left, right } from '../../insight/cells.ts';
import { savingText } from '../../insight/doctor/connection-use.ts';
import type { Doctor } from '../../insight/doctor/doctor.ts';
import { pollText } from '../../insight/doctor/polling.ts';
import type { Examination } from '../../insight/examination.ts';
import { operations, type Resource } from '../../insight/resources.ts';
import type { Cost } from '../../insight/transfer-cost.ts';
import { bytesText, countText, counted, shareText, spanText } from '../../insight/units.ts';
import { heading, indent, widest, wrapped, type Page } from '../summary/layout.ts';

const shownResources = 15;
const shownNames = 8;

/** Fewer POST requests tell nothing of a resource. */
const fewestPosts = 5;

const operationNames = ['create', 'read', 'update', 'delete', 'other'];

export function resourceLines(page: Page, { resources }: Examination): string[] {
  const all = resources.entries();
  if (all.length === 0) return [];
  const shown = all.slice(0, shownResources);
  const names = widest(shown.map(({ path }) => printable(path)), 8, page.width - 49); // prettier-ignore
  const head = `${indent}${left('', names)}${operationNames.map((name) => right(name, 7)).join('')}   failed   median`;
  const lines = shown.map((resource) => resourceLine(resource, names));
  const more = all.length - shown.length;
  const rest = more > 0 ? [page.paint('dim', `${indent}and ${counted(more, 'other resource')}`)] : [];
  return [heading(page, 'Resources'), page.paint('dim', head), ...lines, ...rest, ...readingPosts(page, all)];
}

/** POST where all answers are reads: nothing was created, and nothing can be cached. */
function readingPosts(page: Page, all: readonly Resource[]): string[] {
  return all
    .filter(({ operations: { create }, reads }) => create >= fewestPosts && reads === create)
    .slice(0, shownNames)
    .flatMap(({ path, reads }) =>
      hanging(page, `${printable(path)}: ${countText(reads)} POST, all answered like reads: a GET could be cached`),
    );
}

function resourceLine(resource: Resource, names: number): string {
  const counts = operations.map((operation) => {
    const count = resource.operations[operation];
    return right(count === 0 ? '·' : countText(count), 7);
  });
  const failed = resource.statuses[4]! + resource.statuses[5]! + resource.statuses[0]!;
  const latency = resource.latency.count === 0 ? '-' : spanText(resource.latency.percentile(0.5));
  return `${indent}${left(printable(resource.path), names)}${counts.join('')} ${right(failed === 0 ? '·' : countText(failed), 8)} ${right(latency, 8)}`;
}

export function originLines(page: Page, { origins }: Examination): string[] {
  const total = origins.top().reduce((sum, { count }) => sum + count, 0);
  return namedLines(page, 'Static or dynamic', origins.top(shownNames), total);
}

export function clientLines(page: Page, { clients }: Examination): string[] {
  const total = clients.top().reduce((sum, { count }) => sum + count, 0);
  return namedLines(page, 'Clients', clients.top(shownNames), total);
}

function namedLines(
  page: Page,
  title: string,
  names: readonly { name: string; count: number }[],
  total: number,
): string[] {
  if (names.length === 0) return [];
  const width = page.width - indent.length - 18;
  const others = total - names.reduce((sum, { count }) => sum + count, 0);
  return [
    heading(page, title),
    ...(others > 0 ? [...names, { name: 'others', count: others }] : names).map(
      ({ name, count }) =>
        `${indent}${left(cut(printable(name), width), width)}${right(countText(count), 9)}  ${page.paint('dim', right(shareText(count, total), 5))}`,
    ),
  ];
}

export function costLines(page: Page, { cost }: Examination): string[] {
  const columns: [string, Cost, string][] = [];
  if (cost.http.units > 0) columns.push(['HTTP', cost.http, 'exchange']);
  if (cost.webSocket.units > 0) columns.push(['WebSocket', cost.webSocket, 'message']);
  if (columns.length === 0) return [];
  const row = (name: string, value: (cost: Cost, unit: string) => string): string =>
    indent + left(name, 26) + columns.map(([, one, unit]) => right(value(one, unit), 22)).join('');
  const { paint } = page;
  const lines = [
    heading(page, columns.length === 2 ? 'HTTP against WebSocket' : `${columns[0]![0]} in bytes`),
    paint('dim', indent + left('', 26) + columns.map(([name]) => right(name, 22)).join('')),
    row('connections, packets', (one) => `${countText(one.connections)}, ${countText(one.packets)}`),
    row('exchanges or messages', (one) => countText(one.units)),
    row('payload', (one) => bytesText(one.payload)),
    row('before compression', (one) => bytesText(one.plain)),
    row('heads or frame headers', (one) => bytesText(one.framing)),
    row('TLS, chunks, repeats', (one) => bytesText(one.between)),
    row('TCP and IP headers', (one) => bytesText(one.packetHeaders)),
    row('overhead of each', (one, unit) =>
      `${bytesText(Math.round(one.overhead / one.units))} an ${unit}`.replace('an m', 'a m'),
    ),
    row('round trips of each', (one) => (one.roundTrips / one.units).toFixed(2)),
    row('payload of all', (one) => shareText(one.payload, one.payload + one.overhead)),
  ];
  const formula =
    'overhead = heads + (TCP bytes - payload - heads) + packets x 40 (IPv6: 60); the heads of handshakes count for WebSocket. ' +
    'Round trips: one an exchange and a TCP handshake, one or two a TLS handshake, half of one a message.';
  return [...lines, ...wrapped(formula, page.width - 2).map((line) => paint('dim', indent + line))];
}

export function pollingLines(page: Page, doctor: Doctor): string[] {
  const series = doctor.polling.entries();
  if (series.length === 0) return [];
  const formula =
    'beside the content: heads + 3 packets x 40 an exchange; over one WebSocket: (2-byte header + 40) x answers with news.';
  return [
    heading(page, 'Polling'),
    ...series.slice(0, shownNames).flatMap((one) => hanging(page, printable(pollText(one)))),
    ...wrapped(formula, page.width - 2).map((line) => page.paint('dim', indent + line)),
  ];
}

export function heartbeatLines(page: Page, { conversations }: Doctor): string[] {
  const { heartbeats, ends } = conversations;
  if (ends === 0) return [];
  const { roundTrips, pings, missed, longestSilence, longestSilenceConnection } = heartbeats;
  const median = spanText(roundTrips.percentile(0.5));
  const answered =
    roundTrips.count === 0
      ? 'none was answered'
      : `round trip ${median} (median), ${spanText(roundTrips.percentile(0.95))} (95%)`;
  const lines = [pings === 0 ? 'no pings' : `${counted(pings, 'ping')}, ${answered}, ${countText(missed)} missed`];
  if (longestSilence > 0) {
    const limit = longestSilence >= 60e9 ? 'longer than' : 'within';
    lines.push(
      `longest silence ${spanText(longestSilence)} (connection ${longestSilenceConnection}), ${limit} the 60 s of common proxies`,
    );
  }
  return [heading(page, 'Heartbeats'), ...lines.map((line) => indent + line)];
}

export function replyLines(page: Page, { replies }: Examination): string[] {
  const labels = replies.labels.top();
  if (labels.length === 0) return [];
  const total = labels.reduce((sum, { count }) => sum + count, 0);
  const lines = namedLines(page, 'Messages', labels.slice(0, shownNames), total);
  if (replies.requests === 0) return lines;
  const { latency } = replies;
  const times =
    latency.count === 0
      ? ''
      : `, after ${spanText(latency.percentile(0.5))} (median), ${spanText(latency.percentile(0.95))} (95%)`;
  const text = `${counted(replies.requests, 'request')} with an id, ${countText(latency.count)} answered${times}`;
  return [...lines, ...hanging(page, text)];
}

export function connectionLines(page: Page, { connectionUse }: Doctor): string[] {
  const pairs = connectionUse.entries().slice(0, shownNames);
  if (pairs.length === 0) return [];
  return [
    heading(page, 'Use of connections'),
    ...pairs.flatMap((pair) => {
      const mean = (pair.exchanges / pair.connections).toFixed(1).replace(/\.0$/, '');
      const [byClient, byServer] = pair.closedBy;
      const facts = [
        `${pair.client} to ${pair.server}: ${counted(pair.connections, 'connection')}`,
        `${mean} ${mean === '1' ? 'exchange' : 'exchanges'} each`,
        ...(pair.atOnce > 1 ? [`${countText(pair.atOnce)} at once`] : []),
        ...(byClient > 0 ? [`${countText(byClient)} closed by the client`] : []),
        ...(byServer > 0 ? [`${countText(byServer)} ${byClient > 0 ? '' : 'closed '}by the server`] : []),
        ...(pair.pipelined > 0
          ? [
              `${counted(pair.pipelined, 'pipelined request')} held up by answers before theirs, up to ${spanText(pair.heldUp)}`,
            ]
          : []),
      ];
      const saved = pair.connections > pair.atOnce ? `; ${savingText(pair)}` : '';
      return hanging(page, facts.join(', ') + saved);
    }),
  ];
}

export function cachingLines(page: Page, { validators }: Doctor): string[] {
  const { revalidated, traced, savedBytes, refetched, refetchedBytes, examples } = validators;
  if (revalidated === 0 && refetched === 0) return [];
  const facts = [
    `${counted(revalidated, 'response')} not modified, ${countText(traced)} of them confirm a response of this capture: ${bytesText(savedBytes)} saved`,
    ...(refetched === 0 ? [] : [`${counted(refetched, 'response')} fetched again whole: ${bytesText(refetchedBytes)}`]),
  ];
  const shown = examples.slice(0, 5).map(({ packet, request, validator, from, bytes }) => {
    const origin = from === 0 ? 'of before the capture' : `of packet ${countText(from)} (${bytesText(bytes)})`;
    return `packet ${countText(packet)}: ${request}: ${validator} ${origin}`;
  });
  return [
    heading(page, 'Caching'),
    ...facts.flatMap((fact) => hanging(page, fact)),
    ...shown.map((line) => page.paint('dim', indent + cut(printable(line), page.width - 2))),
  ];
}

/** Wrapped, with later lines further in. */
function hanging(page: Page, text: string): string[] {
  return wrapped(text, page.width - 4).map((line, i) => (i === 0 ? indent : indent + indent) + line);
}
