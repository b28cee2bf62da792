/** JSON Lines: one record a line, written as the capture is read. */
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
import type { Output } from './output.ts';
import { TraceJson } from './trace-json.ts';

/** Bytes gathered before they are written. */
const flushAt = 64 * 1024;
const newline = 0x0a;

export class JsonlExporter implements RecordSink {
  private readonly output: Output;
  private readonly json: TraceJson;
  private first = true;

  constructor(output: Output, version: string, maxBody: number) {
    this.output = output;
    this.json = new TraceJson(version, maxBody);
  }

  capture(facts: CaptureFacts): void {
    this.json.capture(facts);
    this.endLine();
  }

  connection(record: ConnectionRecord): void {
    this.json.connection(record);
    this.endLine();
  }

  exchange(record: ExchangeRecord): void {
    this.json.exchange(record);
    this.endLine();
  }

  upgrade(record: UpgradeRecord): void {
    this.json.upgrade(record);
    this.endLine();
  }

  frame(record: FrameRecord): void {
    this.json.frame(record);
    this.endLine();
  }

  message(record: MessageRecord): void {
    this.json.message(record);
    this.endLine();
  }

  diagnostic(record: DiagnosticRecord): void {
    this.json.diagnostic(record);
    this.endLine();
  }

  summary(record: SummaryRecord): void {
    this.json.summary(record);
    this.endLine();
    this.flush();
  }

  /** Writes what is there: between blocks of input, so that a reader at the other end of a pipe is not kept waiting. */
  flush(): void {
    if (this.json.length === 0) return;
    this.output.write(this.json.data, 0, this.json.length);
    this.json.clear();
  }

  private endLine(): void {
    this.json.ensure(1);
    this.json.byte(newline);
    // The first records are wanted at once; later ones in large pieces.
    if (this.json.length >= flushAt || this.first) {
      this.flush();
      this.first = false;
    }
  }
}
