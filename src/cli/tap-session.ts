/** A live session put together: sockets -> decoders -> recorder -> sinks, none of which can hurt the traffic. */
import { randomInt } from 'node:crypto';
import { Budget } from '../core/budget.ts';
import { ConnectionTable } from '../core/connection-table.ts';
import { KeyLogReader } from '../core/key-log.ts';
import { Moment } from '../core/moment.ts';
import { Secrets } from '../core/secrets.ts';
import { contentReaders } from '../decode/content-readers.ts';
import { createContentDecoder } from '../decode/http/content-coding.ts';
import { Stack } from '../decode/stack.ts';
import { Doctor } from '../insight/doctor/doctor.ts';
import { KeyLogFile } from '../source/key-log-file.ts';
import { TapClock } from '../source/tap/clock.ts';
import { PacketFeed } from '../source/tap/packet-feed.ts';
import { PacketLog } from '../source/tap/packet-log.ts';
import { SessionFile } from '../source/tap/session-file.ts';
import { SocketOwners } from '../source/tap/socket-owners.ts';
import { TappedConnections } from '../source/tap/tapped-connections.ts';
import { youngSweep } from '../source/tap/young-sweep.ts';
import { fanOut } from '../timeline/fan-out.ts';
import type { RecordSink } from '../timeline/records.ts';
import { guarded } from './guarded-sink.ts';
import { LiveRecorder } from './live-recorder.ts';
import { systemProblem } from './system-problem.ts';
import { version } from './version.ts';

export interface TapSessionOptions {
  /** What the session is called in its capture record. */
  readonly name: string;
  readonly sinks: readonly RecordSink[];
  readonly maxBody: number;
  /** A pcapng file of what passes. */
  readonly save?: string | undefined;
  /** Bound of the saved files, in bytes. */
  readonly ring?: number | undefined;
  /** Others may watch. */
  readonly watched?: boolean | undefined;
  /** The programs at both ends are looked up; where a file is saved they are anyway. */
  readonly named?: boolean | undefined;
  /** TLS key logs, read on as they grow. */
  readonly keys?: readonly string[] | undefined;
  /** A line for the user. */
  readonly say: (line: string) => void;
}

const flushMs = 200;
const keyLogMs = 250;

export class TapSession {
  readonly clock: TapClock = new TapClock();
  readonly tapped: TappedConnections;
  readonly recorder: LiveRecorder;
  readonly file: SessionFile | undefined;
  /** For those who watch, where that was asked for. */
  readonly feed: PacketFeed | undefined;
  /** Whose sockets they are. */
  readonly owners: SocketOwners | undefined;
  private readonly sink: RecordSink;
  private readonly flushing: NodeJS.Timeout | undefined;
  private readonly doctor = new Doctor();
  readonly secrets: Secrets = new Secrets();
  private readonly keyLogs: KeyLogFile[];
  private readonly keyReader: KeyLogReader;
  private readonly keyReading: NodeJS.Timeout | undefined;
  private finished = false;

  /** @throws where the file to save in cannot be created */
  constructor({ name, sinks, maxBody, save, ring, watched = false, named = false, keys = [], say }: TapSessionOptions) {
    const shared = { connections: new ConnectionTable(), moment: new Moment(), budget: new Budget() };
    this.sink = fanOut([this.doctor, ...sinks].map((sink) => guarded(sink, say)));
    this.recorder = new LiveRecorder(shared, this.sink, {
      maxBody,
      contentDecoder: createContentDecoder,
      contentReaders,
    });
    this.doctor.reportTo((finding) => {
      this.recorder.totals.diagnostic(finding.code);
      this.sink.diagnostic(finding);
    });
    this.keyReader = new KeyLogReader(this.secrets, 'tap', () => undefined);
    this.keyLogs = keys.map((path) => new KeyLogFile(path, this.secrets, this.recorder, { optional: true }));
    if (keys.length > 0) this.keyReading = setInterval(() => this.readKeys(), keyLogMs).unref();
    const once = new Once(say);
    this.tapped = new TappedConnections({
      ...shared,
      clock: this.clock,
      sink: new Stack(shared, this.recorder, randomInt(2 ** 31), this.secrets).streams,
      counts: this.recorder.totals,
      sweep: youngSweep(),
      closing: () => this.readKeys(),
      failed: (error) => once.say('decoding', `a decoder failed, the traffic goes on: ${systemProblem(error)}`),
    });
    if (save !== undefined) {
      this.file = new SessionFile(save, {
        epoch: this.clock.epoch,
        application: `wirescope ${version}`,
        ...(ring === undefined ? {} : { ring }),
        failed: (error) => {
          say(`${save}: ${systemProblem(error)}: nothing more is saved, the traffic goes on`);
        },
        late: () => say(`${save}: the disk is slower than the traffic: packets are left out`),
      });
      this.flushing = setInterval(() => this.file?.flush(), flushMs).unref();
    }
    this.tapped.pace = this.file;
    this.owners = named || save !== undefined ? new SocketOwners() : undefined;
    if (watched) this.feed = new PacketFeed(this.clock.epoch, `wirescope ${version}`);
    const targets = [this.file, this.feed].filter((target) => target !== undefined);
    if (targets.length > 0) this.tapped.log = new PacketLog(shared.connections, targets);
    this.sink.capture({ kind: 'tap', name, format: 'live', linkTypes: ['RAW'], epoch: this.clock.epoch });
  }

  /** Lines of a TLS key log, for the decoders and for whoever opens the saved file. */
  addKeys(lines: Uint8Array): void {
    this.file?.secrets(lines);
    this.feed?.secrets(lines);
    this.keyReader.push(lines, 0, lines.length);
  }

  private readKeys(): void {
    try {
      for (const file of this.keyLogs) file.read();
    } catch {
      // A key log that cannot be read opens nothing; the connections say that they stay encrypted.
    }
  }

  /** Ends what is open and writes files whole. */
  async finish(): Promise<void> {
    if (this.finished) return;
    this.finished = true;
    clearInterval(this.flushing);
    clearInterval(this.keyReading);
    this.readKeys();
    this.tapped.finish();
    this.doctor.finish();
    this.sink.summary(this.recorder.totals.summary());
    this.owners?.close();
    await this.file?.close();
  }
}

/** Lets a kind of line be said once. */
class Once {
  private readonly line: (line: string) => void;
  private readonly said = new Set<string>();

  constructor(say: (line: string) => void) {
    this.line = say;
  }

  say(kind: string, line: string): void {
    if (this.said.has(kind)) return;
    this.said.add(kind);
    this.line(line);
  }
}
