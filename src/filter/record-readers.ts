/** How values other than HTTP's are read out of records: addresses, numbers of packets, WebSocket payloads. */
import { ConnectionFlag, type ConnectionTable } from '../core/connection-table.ts';
import type { Severity } from '../core/diagnostics.ts';
import { client, otherSide, server, type Side } from '../core/side.ts';
import { Opcode } from '../core/websocket.ts';
import type { ConnectionRecord, ExchangeRecord, FrameRecord, MessageRecord } from '../timeline/records.ts';
import type { AddressReader, Endpoint, NumberReader } from './field.ts';
import type { Span } from './span.ts';

/** A record that lies on a connection which is still in the table. */
interface OnConnection {
  readonly table: ConnectionTable;
  readonly slot: number;
}
interface FromSide extends OnConnection {
  readonly side: Side;
}

const absent = NaN;

/** Ids and the like, where -1 means none. */
export function known(value: number): number {
  return value < 0 ? absent : value;
}

export function when(condition: boolean, value = 1): number {
  return condition ? value : absent;
}

// --- addresses and ports ---------------------------------------------------------------------------------------------

function read(x: OnConnection, side: Side, out: Endpoint, version: 4 | 6 | 0): boolean {
  out.version = x.table.ipVersion(x.slot);
  if (version !== 0 && out.version !== version) return false;
  out.words = x.table.words;
  out.at = x.table.wordsAt(x.slot, side);
  out.port = x.table.port(x.slot, side);
  return true;
}

/** One end's address; `version` 0: either. */
export function endAddress(side: Side, version: 4 | 6 | 0 = 0): AddressReader<OnConnection> {
  return (x, _index, out) => read(x, side, out, version);
}

/** Both ends' addresses, the client's first. */
export function bothAddresses(version: 4 | 6 | 0): AddressReader<OnConnection> {
  return (x, index, out) => index < 2 && read(x, index as Side, out, version);
}

export function senderAddress(version: 4 | 6): AddressReader<FromSide> {
  return (x, _index, out) => read(x, x.side, out, version);
}

export function receiverAddress(version: 4 | 6): AddressReader<FromSide> {
  return (x, _index, out) => read(x, otherSide(x.side), out, version);
}

export function bothPorts(x: OnConnection, index: number): number {
  return index < 2 ? x.table.port(x.slot, index as Side) : absent;
}
export function clientPort(x: OnConnection): number {
  return x.table.port(x.slot, client);
}
export function serverPort(x: OnConnection): number {
  return x.table.port(x.slot, server);
}
export function senderPort(x: FromSide): number {
  return x.table.port(x.slot, x.side);
}
export function receiverPort(x: FromSide): number {
  return x.table.port(x.slot, otherSide(x.side));
}

export function isSecure(x: OnConnection): boolean {
  return x.table.has(x.slot, ConnectionFlag.secure);
}
export function isIpv6(x: OnConnection): boolean {
  return x.table.ipVersion(x.slot) === 6;
}

// --- connections -----------------------------------------------------------------------------------------------------

type Counter = 'packets' | 'bytes' | 'retransmissions' | 'outOfOrder' | 'missingBytes';

export function bothSides(counter: Counter): NumberReader<ConnectionRecord> {
  return (x) => x[counter](client) + x[counter](server);
}

/** Present, as 1, where either side has some. */
export function anySide(counter: Counter): NumberReader<ConnectionRecord> {
  return (x) => when(x[counter](client) + x[counter](server) > 0);
}

// --- packets ---------------------------------------------------------------------------------------------------------

/** First and last packet of the request, then of the response. */
export function exchangePackets(x: ExchangeRecord, index: number): number {
  const part = x.request.present ? index : index + 2;
  const message = part < 2 ? x.request : x.response;
  if (part > 3 || !message.present) return absent;
  return (part & 1) === 0 ? message.firstPacket : message.lastPacket;
}

export function firstAndLastPacket(x: FrameRecord | MessageRecord, index: number): number {
  return index === 0 ? x.firstPacket : index === 1 ? x.lastPacket : absent;
}

export function exchangeTime(x: ExchangeRecord): number {
  return x.request.present ? x.request.time : x.response.time;
}

// --- WebSocket -------------------------------------------------------------------------------------------------------

export function payload(x: FrameRecord | MessageRecord, index: number, span: Span): boolean {
  return index === 0 && x.body.length > 0 && span.set(x.body.data, 0, x.body.length);
}

/** The payload, empty or not. */
export function anyPayload(x: FrameRecord | MessageRecord, index: number, span: Span): boolean {
  return index === 0 && span.set(x.body.data, 0, x.body.length);
}

export function maskingKey(x: FrameRecord, _index: number, span: Span): boolean {
  return x.masked && word(span, x.maskingKey);
}

const keyBytes = new Uint8Array(4);

function word(span: Span, value: number): true {
  for (let i = 0; i < 4; i++) keyBytes[i] = value >>> (24 - i * 8);
  span.empty();
  return span.append(keyBytes, 0, 4);
}

export function closeCode(x: FrameRecord): number {
  const { data, length } = x.body;
  return x.opcode === Opcode.close && length >= 2 ? (data[0]! << 8) | data[1]! : absent;
}

export function closeReason(x: FrameRecord, _index: number, span: Span): boolean {
  return x.opcode === Opcode.close && x.body.length > 2 && span.set(x.body.data, 2, x.body.length);
}

const opcodes: Readonly<Record<MessageRecord['kind'], number>> = {
  text: Opcode.text,
  binary: Opcode.binary,
  close: Opcode.close,
  ping: Opcode.ping,
  pong: Opcode.pong,
  event: absent,
};

/** The opcode of a message's first frame; server-sent events have none. */
export function messageOpcode(x: MessageRecord): number {
  return opcodes[x.kind];
}

/** Length of the length field behind the first two bytes: 0, 2 or 8. */
export function extendedLength(x: FrameRecord): number {
  return x.headerLength - 2 - (x.masked ? 4 : 0);
}

// --- diagnostics -----------------------------------------------------------------------------------------------------

/** In this order, so that `severity >= warning` means what it says. */
export const severities = { note: 1, warning: 2, error: 3 } as const satisfies Record<Severity, number>;
