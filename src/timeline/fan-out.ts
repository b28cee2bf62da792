/** One record sink that gives every record to several. */
import type { ConnectionTable } from '../core/connection-table.ts';
import type {
  CaptureFacts,
  ConnectionRecord,
  DiagnosticRecord,
  ExchangeRecord,
  FrameRecord,
  MessageRecord,
  RecordSink,
  SummaryRecord,
  UpgradeRecord,
} from './records.ts';

export function fanOut(sinks: readonly RecordSink[]): RecordSink {
  return sinks.length === 1 ? sinks[0]! : new FanOut(sinks);
}

/** Plain loops: this is walked for every record. */
class FanOut implements RecordSink {
  progress?: (record: ExchangeRecord) => void;
  opened?: (table: ConnectionTable, slot: number, packet: number) => void;
  private readonly sinks: readonly RecordSink[];

  constructor(sinks: readonly RecordSink[]) {
    this.sinks = sinks;
    const watching = sinks.filter((sink) => sink.progress !== undefined);
    if (watching.length > 0) this.progress = (record) => watching.forEach((sink) => sink.progress!(record));
    const meeting = sinks.filter((sink) => sink.opened !== undefined);
    if (meeting.length > 0)
      this.opened = (table, slot, packet) => meeting.forEach((sink) => sink.opened!(table, slot, packet));
  }

  capture(facts: CaptureFacts): void {
    for (const sink of this.sinks) sink.capture(facts);
  }
  connection(record: ConnectionRecord): void {
    for (const sink of this.sinks) sink.connection(record);
  }
  exchange(record: ExchangeRecord): void {
    for (const sink of this.sinks) sink.exchange(record);
  }
  upgrade(record: UpgradeRecord): void {
    for (const sink of this.sinks) sink.upgrade(record);
  }
  frame(record: FrameRecord): void {
    for (const sink of this.sinks) sink.frame(record);
  }
  message(record: MessageRecord): void {
    for (const sink of this.sinks) sink.message(record);
  }
  diagnostic(record: DiagnosticRecord): void {
    for (const sink of this.sinks) sink.diagnostic(record);
  }
  summary(record: SummaryRecord): void {
    for (const sink of this.sinks) sink.summary(record);
  }
}
