/** Everything `wirescope diagnose` tells, gathered from records as they come, in memory that does not grow with the capture. */
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
import { clientText } from './client-program.ts';
import { Variation } from './variation.ts';
import { contentOrigin } from './content-origin.ts';
import { Counter } from './counter.ts';
import { FieldIndex } from './doctor/field-index.ts';
import { FindingGroups } from './finding-groups.ts';
import { Replies } from './replies.ts';
import { Resources } from './resources.ts';
import { TransferCost } from './transfer-cost.ts';
import { Upgrades } from './upgrades.ts';

export class Examination implements RecordSink {
  facts: CaptureFacts | undefined;
  end: SummaryRecord | undefined;
  readonly findings: FindingGroups;
  readonly upgrades: Upgrades = new Upgrades(1000);
  readonly resources: Resources = new Resources();
  readonly origins: Counter = new Counter(200);
  readonly clients: Counter = new Counter(500);
  readonly cost: TransferCost = new TransferCost();
  readonly replies: Replies = new Replies();
  private readonly fields = new FieldIndex();
  private readonly variation = new Variation();

  /** @param examples findings of each code that are kept with their places */
  constructor(examples: number) {
    this.findings = new FindingGroups(examples);
  }

  capture(facts: CaptureFacts): void {
    this.facts = facts;
  }
  connection(record: ConnectionRecord): void {
    this.cost.connection(record);
    this.replies.connection(record);
  }
  exchange(record: ExchangeRecord): void {
    this.upgrades.exchange(record);
    this.cost.exchange(record);
    if (!record.request.present || record.response.status === 101) return;
    this.resources.exchange(record);
    this.fields.use(record.request.head);
    this.clients.add(clientText(this.fields));
    const { kind, reason } = contentOrigin(record, this.variation.varies(record));
    this.origins.add(`${kind}: ${reason}`, record.response.bodyBytes);
  }
  upgrade(record: UpgradeRecord): void {
    this.upgrades.upgrade(record);
  }
  frame(record: FrameRecord): void {
    this.cost.frame(record);
  }
  message(record: MessageRecord): void {
    this.cost.message(record);
    this.replies.message(record);
  }
  diagnostic(record: DiagnosticRecord): void {
    this.findings.diagnostic(record);
  }
  summary(record: SummaryRecord): void {
    this.end = record;
  }
}
