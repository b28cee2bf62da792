/**
 * TCP conversations in a line a segment, and what a reassembler makes of them, as text.
 *
 *   > 100 SYN            client to server, sequence number, flags
 *   < 500 SYN ACK=101    acknowledgement number
 *   > 101 "GET"          payload
 *   > 104 "x".2          payload of which two more bytes were cut by the snap length
 *   @ +50ms              time passes
 *   c2> 7 "x"            another client port
 *
 * Events: `> "GET"`, `> gap 5`, `> fin`, `! tcp.gap`, and with connections numbered `1> "x"` from the second on.
 */
import { Budget } from '../../src/core/budget.ts';
import { ConnectionTable } from '../../src/core/connection-table.ts';
import { Moment } from '../../src/core/moment.ts';
import type { Side } from '../../src/core/side.ts';
import type { ConnectionSink, DiagnosticSink } from '../../src/core/sinks.ts';
import { TcpReassembler, defaultTcpLimits, type TcpLimits } from '../../src/decode/tcp/reassembler.ts';

const flagBits: Record<string, number> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 };

export interface TcpRun {
  events: string[];
  connections: ConnectionTable;
  budget: Budget;
  /** Facts of each closed connection, as they were when it closed. */
  closed: ClosedConnection[];
}

export interface ClosedConnection {
  id: number;
  client: string;
  server: string;
  flags: number;
  packets: [number, number];
  bytes: [number, number];
  retransmissions: [number, number];
  outOfOrder: [number, number];
  missingBytes: [number, number];
  conflictingOverlaps: number;
  handshakeRtt: number;
}

export function runTcp(script: string, limits: Partial<TcpLimits> = {}, finish = true): TcpRun {
  const connections = new ConnectionTable(4);
  const moment = new Moment();
  const budget = new Budget();
  const events: string[] = [];
  const closed: ClosedConnection[] = [];
  const name = (slot: number, side: Side): string => (connections.ids[slot] || '') + (side === 0 ? '>' : '<');
  const both = (column: Int32Array | Float64Array, slot: number): [number, number] => [
    column[slot * 2 + connections.direction(slot, 0)]!,
    column[slot * 2 + connections.direction(slot, 1)]!,
  ];
  const streams: ConnectionSink = {
    opened() {},
    bytes(slot, side, data, start, end) {
      events.push(`${name(slot, side)} ${JSON.stringify(Buffer.from(data.subarray(start, end)).toString('latin1'))}`);
    },
    gap: (slot, side, length) => void events.push(`${name(slot, side)} gap ${length}`),
    end: (slot, side, how) => void events.push(`${name(slot, side)} ${['fin', 'reset', 'captureEnd'][how]}`),
    closed(slot) {
      closed.push({
        id: connections.ids[slot]!,
        client: connections.endpoint(slot, 0),
        server: connections.endpoint(slot, 1),
        flags: connections.flags[slot]!,
        packets: both(connections.packets, slot),
        bytes: both(connections.bytes, slot),
        retransmissions: both(connections.retransmissions, slot),
        outOfOrder: both(connections.outOfOrder, slot),
        missingBytes: both(connections.missingBytes, slot),
        conflictingOverlaps: connections.conflictingOverlaps[slot]!,
        handshakeRtt: connections.handshakeRtt[slot]!,
      });
    },
    speaker(data, start, end) {
      const text = Buffer.from(data.subarray(start, end)).toString('latin1');
      return text.startsWith('GET') ? 0 : text.startsWith('HTTP') ? 1 : -1;
    },
  };
  const diagnostics: DiagnosticSink = { report: (code) => void events.push(`! ${code}`) };
  const tcp = new TcpReassembler(connections, streams, diagnostics, moment, budget, 1, {
    ...defaultTcpLimits,
    ...limits,
  });

  for (const line of script.split('\n').map((text) => text.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const pause = /^@ \+(\d+)(ms|s)$/.exec(line);
    if (pause !== null) {
      moment.time += Number(pause[1]) * (pause[2] === 's' ? 1e9 : 1e6);
      continue;
    }
    const { packet, captured, missing } = segmentOf(line);
    moment.packet++;
    moment.time += 1000;
    tcp.tick();
    tcp.segment(packet, 0, 4, 20, captured, missing);
  }
  if (finish) tcp.finishAll();
  return { events, connections, budget, closed };
}

function segmentOf(line: string): { packet: Uint8Array; captured: number; missing: number } {
  const match =
    /^(?:c(\d+))?([<>]) (\d+)((?: [A-Z]+(?:=\d+)?)*)(?: ("(?:[^"\\]|\\.)*")(?:\*(\d+))?(?:\.(\d+))?)?$/.exec(line);
  if (match === null) throw new Error(`not a segment: ${line}`);
  const [, client = '1', way, seq, words, text, repeat, cut] = match;
  const payload = Buffer.from(
    (text === undefined ? '' : (JSON.parse(text) as string)).repeat(Number(repeat ?? 1)),
    'latin1',
  );
  const packet = Buffer.alloc(40 + payload.length);
  const ends = [
    { address: [10, 0, 0, 1], port: 40000 + Number(client) },
    { address: [10, 0, 0, 2], port: 80 },
  ];
  const [source, destination] = way === '>' ? [ends[0]!, ends[1]!] : [ends[1]!, ends[0]!];
  packet.set(source.address, 12);
  packet.set(destination.address, 16);
  packet.writeUInt16BE(source.port, 20);
  packet.writeUInt16BE(destination.port, 22);
  packet.writeUInt32BE(Number(seq), 24);
  packet[32] = 0x50;
  for (const word of words!.trim().split(' ')) {
    const [flag, number] = word.split('=');
    if (flag !== '') packet[33]! |= flagBits[flag!]!;
    if (number !== undefined) packet.writeUInt32BE(Number(number), 28);
  }
  packet.set(payload, 40);
  return { packet, captured: packet.length, missing: Number(cut ?? 0) };
}
