/**
 * One JSON document: the records of each kind in one array, so nothing can be written before the capture has ended. Records
 * wait as text, in memory up to a bound for each kind.
 */
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
import type { CaptureJson } from '../timeline/trace-format.ts';
import type { Output } from './output.ts';
import { Spool } from './spool.ts';
import { TraceJson } from './trace-json.ts';

const memoryPerKind = 8 * 1024 * 1024;
const between = Buffer.from(',\n');

/** The arrays of the document, in its order. */
const kinds = ['connections', 'exchanges', 'upgrades', 'frames', 'messages', 'diagnostics'] as const;
type Kind = (typeof kinds)[number];

export class JsonExporter implements RecordSink {
  private readonly output: Output;
  private readonly json: TraceJson;
  private readonly spools: Readonly<Record<Kind, Spool>>;
  private begin = '{';

  /** @param memory bytes of each kind of record kept in memory; what is more waits in temporary files */
  constructor(output: Output, version: string, maxBody: number, memory = memoryPerKind) {
    this.output = output;
    this.json = new TraceJson(version, maxBody);
    this.spools = {
      connections: new Spool(memory),
      exchanges: new Spool(memory),
      upgrades: new Spool(memory),
      frames: new Spool(memory),
      messages: new Spool(memory),
      diagnostics: new Spool(memory),
    };
  }

  capture(facts: CaptureFacts): void {
    this.json.capture(facts);
    const { schema, creator, source } = JSON.parse(this.taken()) as CaptureJson;
    this.begin = `${JSON.stringify({ schema, creator, source }).slice(0, -1)},\n`;
  }

  connection(record: ConnectionRecord): void {
    this.json.connection(record);
    this.put('connections');
  }

  exchange(record: ExchangeRecord): void {
    this.json.exchange(record);
    this.put('exchanges');
  }

  upgrade(record: UpgradeRecord): void {
    this.json.upgrade(record);
    this.put('upgrades');
  }

  frame(record: FrameRecord): void {
    this.json.frame(record);
    this.put('frames');
  }

  message(record: MessageRecord): void {
    this.json.message(record);
    this.put('messages');
  }

  diagnostic(record: DiagnosticRecord): void {
    this.json.diagnostic(record);
    this.put('diagnostics');
  }

  summary(record: SummaryRecord): void {
    this.json.summary(record);
    const summary = this.taken();
    this.text(this.begin);
    for (const kind of kinds) {
      const spool = this.spools[kind];
      this.text(`"${kind}":[${spool.length > 0 ? '\n' : ''}`);
      spool.copyTo(this.output);
      this.text(`${spool.length > 0 ? '\n' : ''}],\n`);
    }
    this.text(`"summary":${summary}}\n`);
    this.close();
  }

  /** Nothing can be written before the end. */
  flush(): void {}

  /** Lets go of temporary files, whether the document was written or not. */
  close(): void {
    for (const kind of kinds) this.spools[kind].close();
  }

  private put(kind: Kind): void {
    const spool = this.spools[kind];
    if (spool.length > 0) spool.append(between, 0, between.length);
    spool.append(this.json.data, 0, this.json.length);
    this.json.clear();
  }

  /** What stands in the buffer, taken out of it. */
  private taken(): string {
    const text = Buffer.from(this.json.data.buffer, this.json.data.byteOffset, this.json.length).toString('utf8');
    this.json.clear();
    return text;
  }

  private text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    this.output.write(bytes, 0, bytes.length);
  }
}
