/** Everything a summary tells, gathered from records as they come, in memory that does not grow with the capture. */
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
} from '../timeline/records.ts';
import { ConnectionTotals } from './connection-totals.ts';
import { DiagnosticCounts } from './diagnostic-counts.ts';
import { ExchangeTotals } from './exchange-totals.ts';
import { Latency } from './latency.ts';
import { Slowest } from './slowest.ts';
import { StatusHistogram } from './status-histogram.ts';
import { Upgrades } from './upgrades.ts';
import { MessageTotals, OpcodeCounts } from './websocket-totals.ts';

export class Totals implements RecordSink {
  facts: CaptureFacts | undefined;
  /** The recorder's own count; undefined until the capture has ended. */
  end: SummaryRecord | undefined;
  readonly connections: ConnectionTotals = new ConnectionTotals();
  readonly exchanges: ExchangeTotals = new ExchangeTotals();
  readonly statuses: StatusHistogram = new StatusHistogram();
  readonly latency: Latency = new Latency();
  readonly slowest: Slowest = new Slowest(5);
  readonly upgrades: Upgrades = new Upgrades(1000);
  readonly frames: OpcodeCounts = new OpcodeCounts();
  readonly messages: MessageTotals = new MessageTotals();
  readonly diagnostics: DiagnosticCounts = new DiagnosticCounts();

  capture(facts: CaptureFacts): void {
    this.facts = facts;
  }
  connection(record: ConnectionRecord): void {
    this.connections.connection(record);
  }
  exchange(record: ExchangeRecord): void {
    this.exchanges.exchange(record);
    this.statuses.exchange(record);
    this.latency.exchange(record);
    this.slowest.exchange(record);
    this.upgrades.exchange(record);
  }
  upgrade(record: UpgradeRecord): void {
    this.upgrades.upgrade(record);
  }
  frame(record: FrameRecord): void {
    this.frames.frame(record);
  }
  message(record: MessageRecord): void {
    this.messages.message(record);
  }
  diagnostic(record: DiagnosticRecord): void {
    this.diagnostics.diagnostic(record);
  }
  summary(record: SummaryRecord): void {
    this.end = record;
  }
}
