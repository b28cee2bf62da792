/** The pipe, put together: source -> stack -> recorder -> sinks. */
import { randomInt } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Budget } from '../core/budget.ts';
import { ConnectionTable } from '../core/connection-table.ts';
import { Moment } from '../core/moment.ts';
import { Secrets } from '../core/secrets.ts';
import type { DiagnosticSink, PacketSink } from '../core/sinks.ts';
import { contentReaders } from '../decode/content-readers.ts';
import { createContentDecoder } from '../decode/http/content-coding.ts';
import { Stack } from '../decode/stack.ts';
import { KeyLogFile } from '../source/key-log-file.ts';
import { Doctor } from '../insight/doctor/doctor.ts';
import { prepareLenses } from '../insight/lenses/lenses.ts';
import { openSource, type Source } from '../source/source.ts';
import { fanOut } from '../timeline/fan-out.ts';
import { counted } from '../insight/units.ts';
import { Recorder } from '../timeline/recorder.ts';
import type { RecordSink } from '../timeline/records.ts';
import type { Totals } from '../timeline/totals.ts';

export interface AnalyzeOptions {
  /** Which reader of capture files; `pcap-parser` reads classic pcap only. */
  reader?: 'wirescope' | 'pcap-parser';
  /** Keep reading as the file grows, until `signal` aborts. */
  follow?: boolean;
  /** Bytes of each body and payload that records keep; default 65,536; 0 keeps none. */
  maxBody?: number;
  /** TLS key logs. What SSLKEYLOGFILE in the environment names is read with them, where it is there. */
  keys?: readonly string[];
  /** Who judges what the records mean and adds diagnostics to them; a doctor of its own by default, `false` for none. */
  doctor?: Doctor | false;
  /** Ends the reading: the records of what was read until then come, and the summary. */
  signal?: AbortSignal;
  /** Stands for standard input where the path is `-`. */
  stdin?: Readable;
  /** Called between blocks of input with bytes read so far and, for files, bytes in all. */
  progress?: (bytesRead: number, size: number | undefined) => void;
  /** Only these packets are decoded, both ends included: the part of a capture that somebody looks at. */
  packets?: { readonly from: number; readonly to: number };
  /** Called between blocks; reading waits for what it returns. */
  betweenBlocks?: () => void | Promise<void>;
  /** Called when key logs were read while no packets came: what they opened has been told. */
  afterKeys?: () => void;
}

export const defaultMaxBody = 64 * 1024;

/**
 * Reads a capture and gives its records to the sinks, in the order of completion; `capture` first and `summary` last.
 *
 * @param path a file, or `-` for standard input
 * @throws CaptureError where the input is no capture or cannot be read
 */
export async function analyzeTo(
  path: string,
  sinks: readonly RecordSink[],
  options: AnalyzeOptions = {},
): Promise<void> {
  const moment = new Moment();
  const shared = { connections: new ConnectionTable(), moment, budget: new Budget() };
  const doctor = options.doctor === false ? undefined : (options.doctor ?? new Doctor());
  const sink = fanOut(doctor === undefined ? sinks : [doctor, ...sinks]);
  const recorder = new Recorder(shared, sink, {
    maxBody: options.maxBody ?? defaultMaxBody,
    contentDecoder: createContentDecoder,
    contentReaders,
    holdEarly: true,
  });
  const secrets = new Secrets();
  doctor?.reportTo((finding) => {
    recorder.totals.diagnostic(finding.code);
    sink.diagnostic(finding);
  });
  if (doctor !== undefined && options.maxBody !== 0) await prepareLenses();
  const stack = new Stack(shared, recorder, randomInt(2 ** 31), secrets);
  const announcement = new Announcement(recorder, moment);
  const source = await openSource(path, {
    moment,
    diagnostics: recorder,
    ...(options.reader === undefined ? {} : { reader: options.reader }),
    ...(options.follow === undefined ? {} : { follow: options.follow }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  });
  announcement.source = source;
  const live = options.follow === true || source.facts.kind !== 'file';
  let failure: unknown;
  const look = (): void => {
    try {
      keyLogs.read();
      options.afterKeys?.();
    } catch (error) {
      failure ??= error;
      void source.close();
    }
  };
  const keyLogs = new KeyLogs(options.keys ?? [], live, secrets, recorder, look);
  // A file that is complete and cannot hold secrets, with key logs that are complete: nothing more is to come.
  secrets.awaited = live || source.facts.format === 'pcapng';
  try {
    keyLogs.read();
    const counted = new Counted(stack, recorder.totals, announcement, moment);
    const { packets } = options;
    const decoded = packets === undefined ? counted : new PacketRange(counted, packets.from, packets.to, moment);
    await source.run(decoded, () => {
      moment.block++;
      if (live) keyLogs.read();
      options.progress?.(source.bytesRead, source.facts.size);
      if (options.packets !== undefined && moment.packet > options.packets.to) void source.close();
      return options.betweenBlocks?.();
    });
    if (failure !== undefined) throw failure;
    keyLogs.end();
  } finally {
    keyLogs.close();
    await source.close();
  }
  announcement.make();
  stack.finish();
  reportEnvironmentKeys(secrets, recorder);
  doctor?.finish();
  sink.summary(recorder.totals.summary());
}

/** How often the key logs of a live capture are asked whether they have grown, while no packets come. */
const keyLogIntervalMs = 250;

/** What a key log opened that nobody asked for is said. */
function reportEnvironmentKeys({ openedFromEnvironment: count }: Secrets, diagnostics: DiagnosticSink): void {
  if (count === 0) return;
  const detail = `SSLKEYLOGFILE opened ${counted(count, 'connection')}`;
  diagnostics.report('tls.environment-keys', -1, -1, -1, detail);
}

/** The key logs of a run; those of a live capture are read on as they grow. */
class KeyLogs {
  private readonly files: KeyLogFile[];
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(
    paths: readonly string[],
    live: boolean,
    secrets: Secrets,
    diagnostics: DiagnosticSink,
    look: () => void,
  ) {
    this.files = [...new Set(paths)].map((path) => new KeyLogFile(path, secrets, diagnostics, { optional: live }));
    const common = process.env.SSLKEYLOGFILE;
    if (common !== undefined && common !== '' && !paths.includes(common)) {
      this.files.push(new KeyLogFile(common, secrets, diagnostics, { optional: true, fromEnvironment: true }));
    }
    if (live && this.files.length > 0) this.timer = setInterval(look, keyLogIntervalMs).unref();
  }

  read(): void {
    for (const file of this.files) file.read();
  }

  /** The last look, at what is complete now. */
  end(): void {
    for (const file of this.files) file.end();
  }

  close(): void {
    clearInterval(this.timer);
  }
}

/** Says what the capture is, once: its first packet tells, or its end. */
class Announcement {
  source: Source | undefined;
  private readonly recorder: Recorder;
  private readonly moment: Moment;
  private made = false;

  constructor(recorder: Recorder, moment: Moment) {
    this.recorder = recorder;
    this.moment = moment;
  }

  make(): void {
    if (this.made || this.source === undefined) return;
    this.made = true;
    const { facts } = this.source;
    const { kind, name, format } = facts;
    this.recorder.capture({ kind, name, format, linkTypes: facts.linkTypes(), epoch: this.moment.epoch });
  }
}

/** Lets through the packets of a range. */
class PacketRange implements PacketSink {
  private readonly sink: PacketSink;
  private readonly from: number;
  private readonly to: number;
  private readonly moment: Moment;

  constructor(sink: PacketSink, from: number, to: number, moment: Moment) {
    this.sink = sink;
    this.from = from;
    this.to = to;
    this.moment = moment;
  }

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    const { packet } = this.moment;
    if (packet >= this.from && packet <= this.to) this.sink.packet(data, start, end, linkType, wireLength);
  }

  secrets(kind: number, data: Uint8Array, start: number, end: number): void {
    this.sink.secrets(kind, data, start, end);
  }
}

/** Counts packets on their way into the stack. */
class Counted implements PacketSink {
  private readonly stack: PacketSink;
  private readonly totals: Totals;
  private readonly announcement: Announcement;
  private readonly moment: Moment;

  constructor(stack: PacketSink, totals: Totals, announcement: Announcement, moment: Moment) {
    this.stack = stack;
    this.totals = totals;
    this.announcement = announcement;
    this.moment = moment;
  }

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    const { totals } = this;
    if (totals.packets === 0) this.announcement.make();
    totals.packets++;
    totals.bytes += wireLength;
    if (this.moment.time > totals.duration) totals.duration = this.moment.time;
    this.stack.packet(data, start, end, linkType, wireLength);
  }

  secrets(kind: number, data: Uint8Array, start: number, end: number): void {
    this.stack.secrets(kind, data, start, end);
  }
}
