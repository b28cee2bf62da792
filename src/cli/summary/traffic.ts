/** The counts: connections, exchanges, upgrades, frames and messages, and how they came out. */
import type { ConnectionTotals } from '../../insight/connection-totals.ts';
import type { ExchangeTotals } from '../../insight/exchange-totals.ts';
import { left, right } from '../../insight/cells.ts';
import type { TlsLedger } from '../../insight/tls-ledger.ts';
import type { Totals } from '../../insight/totals.ts';
import { bytesText, countText, counted, spanText } from '../../insight/units.ts';
import type { MessageTotals } from '../../insight/websocket-totals.ts';
import { flow, heading, indent, widest, type Page } from './layout.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  /** Groups of facts; each begins on a line of its own. */
  readonly facts: readonly (readonly string[])[];
}

export function trafficLines(page: Page, totals: Totals): string[] {
  const rows: Row[] = [
    { name: 'Connections', count: totals.connections.count, facts: connectionFacts(totals.connections) },
    { name: 'Exchanges', count: totals.exchanges.count, facts: exchangeFacts(totals.exchanges) },
  ];
  const { tls } = totals.connections;
  if (tls.count > 0) rows.push({ name: 'TLS', count: tls.count, facts: tlsFacts(tls) });
  const { upgrades, frames, messages } = totals;
  if (upgrades.count > 0) {
    rows.push({ name: 'Upgrades', count: upgrades.count, facts: [countedNames(Object.entries(upgrades.outcomes))] });
  }
  if (frames.count > 0) rows.push({ name: 'Frames', count: frames.count, facts: [] });
  if (messages.count > 0) rows.push({ name: 'Messages', count: messages.count, facts: [messageFacts(messages)] });
  const counts = widest(rows.map(({ count }) => countText(count)), 1, 20); // prettier-ignore
  return [heading(page, 'Traffic'), ...rows.flatMap((row) => rowLines(page, row, counts))];
}

function rowLines(page: Page, row: Row, countWidth: number): string[] {
  const begin = indent + left(row.name, 11) + '  ';
  const margin = begin.length + countWidth + 3;
  const facts = row.facts.flatMap((group) => flow(page, group, page.width - margin));
  const head = begin + page.paint('bold', right(countText(row.count), countWidth));
  const [first, ...rest] = facts;
  return [first === undefined ? head : `${head}   ${first}`, ...rest.map((line) => ' '.repeat(margin) + line)];
}

function connectionFacts(totals: ConnectionTotals): string[][] {
  const { opening, closing, handshakeRtt } = totals;
  const ways = [
    ...countedNames([
      ['opened by handshake', opening.handshake],
      ['picked up mid-stream', opening.midstream],
    ]),
    ...countedNames([
      ['closed by FIN', closing.fin],
      ['reset', closing.reset],
      ['left open', closing.open],
    ]),
  ];
  const carried = [...totals.protocols].map(([name, count]) => `${countText(count)} ${name}`);
  if (totals.count > 0) carried.push(`${bytesText(totals.bytes[0])} up`, `${bytesText(totals.bytes[1])} down`);
  if (handshakeRtt.count > 0) carried.push(`handshake ${spanText(handshakeRtt.percentile(0.5))} (median)`);
  const repaired = countedNames([
    ['retransmitted', totals.retransmissions],
    ['out of order', totals.outOfOrder],
    ['overlapping with other bytes', totals.conflictingOverlaps],
  ]);
  if (totals.missingBytes > 0) repaired.push(`${counted(totals.missingBytes, 'byte')} missing`);
  return [ways, carried, repaired];
}

function tlsFacts(tls: TlsLedger): string[][] {
  const known = countedNames([
    ['decrypted', tls.decrypted],
    ['of them in part', tls.partly],
    ['not decrypted', tls.count - tls.decrypted],
  ]);
  const reasons = [...tls.reasons].sort(([, a], [, b]) => b - a);
  return [known, ...reasons.map(([reason, count]) => [`${countText(count)}: ${reason}`])];
}

function exchangeFacts(totals: ExchangeTotals): string[][] {
  const states = [...totals.states]
    .sort(([, a], [, b]) => b - a)
    .map(([state, count]) => `${countText(count)} ${state.replace('-', ' ')}`);
  const carried = [...totals.protocols].map(([name, count]) => `${countText(count)} ${name}`);
  if (totals.secure > 0) carried.push(`${countText(totals.secure)} over TLS`);
  const [up, down] = totals.contentBytes;
  if (totals.count > 0) carried.push(`content ${bytesText(up)} up`, `${bytesText(down)} down`);
  return [states, carried];
}

function messageFacts(totals: MessageTotals): string[] {
  const facts = countedNames([['incomplete', totals.incomplete]]);
  if (totals.compressed === 0) return facts;
  const { deflatedBytes, inflatedBytes } = totals;
  return [
    ...facts,
    `${countText(totals.compressed)} compressed`,
    `${bytesText(deflatedBytes)} for ${bytesText(inflatedBytes)}`,
  ];
}

function countedNames(counts: readonly (readonly [string, number])[]): string[] {
  return counts.filter(([, count]) => count > 0).map(([name, count]) => `${countText(count)} ${name}`);
}
