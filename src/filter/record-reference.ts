/** Which record it was: enough to find it again after it has been given back. */
import { diagnostics } from '../core/diagnostics.ts';
import { printable } from '../core/printable.ts';
import type {
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  UpgradeRecord,
} from '../timeline/records.ts';
import type { AnyRecord, RecordByKind, RecordKind } from './field.ts';

export interface RecordReference {
  readonly kind: RecordKind;
  /** The record's number within its kind, -1 where it has none (an upgrade has its exchange's). */
  readonly id: number;
  /** -1 where it belongs to none. */
  readonly connection: number;
  /** Nanoseconds since the first packet. */
  readonly time: number;
  /** First packet, 0 where it is not known. */
  readonly packet: number;
  /** The record in a few words, safe to print. */
  readonly label: string;
}

export function referenceTo<K extends RecordKind>(kind: K, record: RecordByKind[K]): RecordReference {
  const { label, ...facts } = describers[kind](record);
  return { kind, ...facts, label: printable(label.length > 120 ? `${label.slice(0, 117)}...` : label) };
}

type Facts = Omit<RecordReference, 'kind'>;

const describers: { readonly [K in RecordKind]: (record: RecordByKind[K]) => Facts } = {
  connection: (x: ConnectionRecord) => ({
    id: x.id, connection: x.id, time: x.openedAt, packet: 0, label: `${x.client} to ${x.server}`,
  }), // prettier-ignore
  exchange: (x: ExchangeRecord) => ({
    id: x.id,
    connection: x.connection,
    time: (x.request.present ? x.request : x.response).time,
    packet: (x.request.present ? x.request : x.response).firstPacket,
    label: exchangeLabel(x),
  }),
  upgrade: (x: UpgradeRecord) => ({
    id: x.exchange, connection: x.connection, time: x.time, packet: 0, label: `upgrade to ${x.protocol}: ${x.outcome}`,
  }), // prettier-ignore
  frame: (x: FrameRecord) => ({
    id: x.id,
    connection: x.connection,
    time: x.time,
    packet: x.firstPacket,
    label: `${x.name} frame of ${x.payloadLength} bytes from the ${x.from}`,
  }),
  message: (x: MessageRecord) => ({
    id: x.id,
    connection: x.connection,
    time: x.time,
    packet: x.firstPacket,
    label: `${x.kind} message of ${x.length} bytes from the ${x.from}`,
  }),
  diagnostic: (x: DiagnosticRecord) => ({
    id: -1,
    connection: x.connection,
    time: x.time,
    packet: x.packet,
    label: `${x.code}: ${x.message || diagnostics[x.code].title}`,
  }),
};

function exchangeLabel(x: ExchangeRecord): string {
  const request = x.request.present ? `${x.request.method} ${x.url}` : 'no request';
  return x.response.present ? `${request}, status ${x.response.status}` : `${request}, no response`;
}

/** A record's kind is known where it is lent: this only puts the two together for `referenceTo`. */
export function reference(kind: RecordKind, record: AnyRecord): RecordReference {
  return referenceTo(kind, record as never);
}
