/** A trace in the words both wirescope and tshark have: rows to be compared as text, per connection and kind. */
import type { ExchangeJson, FrameJson, RecordJson } from '../../src/timeline/trace-format.ts';

/** One row a request, Host field, response and WebSocket frame. */
export function traceRows(records: readonly RecordJson[]): string[] {
  return records
    .toSorted((a, b) => orderOf(a) - orderOf(b))
    .flatMap((record) => {
      if (record.type === 'exchange') return exchangeRows(record);
      if (record.type === 'frame') return [frameRow(record)];
      return [];
    });
}

function orderOf(record: RecordJson): number {
  return 'id' in record ? record.id : 0;
}

function exchangeRows({ connection, protocol, request, response }: ExchangeJson): string[] {
  const rows: string[] = [];
  const kind = protocol === 'h2' ? 'h2 ' : '';
  if (request !== null) {
    rows.push(`${connection} ${kind}request ${request.method} ${request.target}`);
    const hosts = request.headers.filter(([name]) => name.toLowerCase() === 'host');
    if (kind === '') rows.push(...hosts.map(([, value]) => `${connection} host ${value}`));
  }
  for (const { status } of response?.interim ?? []) rows.push(`${connection} ${kind}response ${status}`);
  if (response !== null) rows.push(`${connection} ${kind}response ${response.status}`);
  return rows;
}

function frameRow(r: FrameJson): string {
  const source = r.from === 'client' ? r.client : r.server;
  const bits = `opcode ${r.opcode} fin ${Number(r.fin)} mask ${Number(r.masked)}`;
  return `${r.connection} frame from ${source}: ${bits} length ${r.payloadLength}`;
}

/** `- ` the reference has and we have not, `+ ` the other way round; by count of equal rows. */
export function rowDifferences(expected: readonly string[], found: readonly string[]): string[] {
  const surplus = new Map<string, number>();
  for (const row of found) surplus.set(row, (surplus.get(row) ?? 0) + 1);
  for (const row of expected) surplus.set(row, (surplus.get(row) ?? 0) - 1);
  return [...surplus]
    .flatMap(([row, count]) => Array.from({ length: Math.abs(count) }, () => (count < 0 ? '- ' : '+ ') + row))
    .toSorted();
}

/** The order of requests, responses and frames within each connection, where both have the same ones. */
export function inOrder(rows: readonly string[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const row of rows) {
    if (row.includes(' h2 ')) continue;
    const group = /^\d+ (?:frame from \S+|\w+)/.exec(row)![0];
    (groups[group] ??= []).push(row);
  }
  return groups;
}
