/**
 * tshark as the oracle: on every capture of `captures/` it shows the same requests, responses, WebSocket frames and
 * connections. Where it does not, the difference is listed and argued in `oracle-differences.ts`.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { analyze } from '../src/index.ts';
import type { RecordJson } from '../src/timeline/trace-format.ts';
import { arguedDifferences } from './oracle-differences.ts';
import { inOrder, rowDifferences, traceRows } from './support/oracle-rows.ts';
import { tsharkIsThere, tsharkPackets, tsharkRows, type TsharkPacket } from './support/tshark-rows.ts';

const captures = fileURLToPath(new URL('../captures/', import.meta.url));
const names = readdirSync(captures).filter((name) => /\.pcap(ng)?(\.(gz|zst))?$/.test(name));

describe.skipIf(!tsharkIsThere)('tshark (skipped where it is not installed)', () => {
  test.each(names)('%s', { timeout: 60_000 }, async (name) => {
    const records: RecordJson[] = [];
    for await (const record of analyze(captures + name)) records.push(record);
    const packets = tsharkPackets(captures + name);

    expect(misplaced(records, packets)).toEqual([]);
    expect(connectionsOf(records)).toEqual(streamsOf(packets));
    const expected = tsharkRows(packets);
    const found = traceRows(records);
    const argued = (arguedDifferences[name] ?? []).flatMap(({ lines }) => lines).toSorted();
    expect(rowDifferences(expected, found)).toEqual(argued);
    if (argued.length === 0) expect(inOrder(found)).toEqual(inOrder(expected));
  });
});

/** Packets of each connection, by the side that sent them. */
function connectionsOf(records: readonly RecordJson[]): string[] {
  return records
    .filter((record) => record.type === 'connection')
    .flatMap((r) => [`${r.id} ${r.client} ${r.packets.client}`, `${r.id} ${r.server} ${r.packets.server}`])
    .filter((row) => !row.endsWith(' 0'))
    .toSorted();
}

function streamsOf(packets: readonly TsharkPacket[]): string[] {
  const counts = new Map<string, number>();
  for (const { stream, source } of packets) {
    if (stream >= 0) counts.set(`${stream} ${source}`, (counts.get(`${stream} ${source}`) ?? 0) + 1);
  }
  return [...counts].map(([end, count]) => `${end} ${count}`).toSorted();
}

interface Placed {
  readonly time: number;
  readonly endTime?: number;
  readonly firstPacket: number;
  readonly lastPacket: number;
}

/** What does not begin and end in a packet of its connection, at that packet's time. */
function misplaced(records: readonly RecordJson[], packets: readonly TsharkPacket[]): string[] {
  const problems: string[] = [];
  const check = (what: string, connection: number, r: Placed): void => {
    const first = packets[r.firstPacket - 1];
    const last = packets[r.lastPacket - 1];
    if (first?.stream !== connection || last?.stream !== connection) problems.push(`${what}: not packets of its own`);
    else if (Math.abs(Number(first.time) - r.time) > 1e-6) problems.push(`${what}: ${r.time}, packet ${first.time}`);
    else if (r.endTime !== undefined && Math.abs(Number(last.time) - r.endTime) > 1e-6) {
      problems.push(`${what}: ends ${r.endTime}, packet ${last.time}`);
    }
  };
  for (const record of records) {
    if (record.type === 'exchange') {
      if (record.request !== null) check(`request ${record.id}`, record.connection, record.request);
      if (record.response !== null) check(`response ${record.id}`, record.connection, record.response);
    } else if (record.type === 'frame' || record.type === 'message') {
      check(`${record.type} ${record.id}`, record.connection, record);
    }
  }
  return problems;
}
