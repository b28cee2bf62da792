/**
 * The analyzer's decoders, put together: packet -> link and IP -> TCP -> connection -> HTTP, WebSocket. Packets go in,
 * events come out of the recorder given in. Nothing here reads files or knows the time of day.
 */
import type { Budget } from '../core/budget.ts';
import type { ConnectionTable } from '../core/connection-table.ts';
import type { Moment } from '../core/moment.ts';
import { KeyLogReader } from '../core/key-log.ts';
import { Secrets } from '../core/secrets.ts';
import type { PacketSink, StreamRecorder } from '../core/sinks.ts';
import { LinkLayer } from './link/link-layer.ts';
import { Streams } from './streams.ts';
import { TcpReassembler } from './tcp/reassembler.ts';
import { HeldTotal } from './tls/held-records.ts';
import { ScratchPool } from './tls/scratch-pool.ts';

/** The parts of the analyzer that all decoders of one run share. */
export interface Shared {
  readonly connections: ConnectionTable;
  readonly moment: Moment;
  readonly budget: Budget;
}

/** The secrets type of pcapng that stands for a TLS key log. */
const nssKeyLog = 0x544c534b;
/** Encrypted bytes that wait for secrets, of all connections and of one. */
const heldLimit = 32 * 1024 * 1024;
const heldPerConnection = 4 * 1024 * 1024;

export class Stack<X> implements PacketSink {
  readonly streams: Streams<X>;
  private readonly tcp: TcpReassembler;
  private readonly link: LinkLayer;
  private readonly recorder: StreamRecorder<X>;
  private readonly tlsSecrets: Secrets;
  private secretsBlocks = 0;

  /**
   * @param seed of the flow table's hash
   * @param secrets of TLS sessions; those that the capture brings along are added
   */
  constructor(shared: Shared, recorder: StreamRecorder<X>, seed: number, secrets: Secrets = new Secrets()) {
    const { connections, moment, budget } = shared;
    this.recorder = recorder;
    this.tlsSecrets = secrets;
    this.streams = new Streams(connections, recorder, moment, {
      connections,
      moment,
      diagnostics: recorder,
      secrets,
      pool: new ScratchPool(budget),
      held: new HeldTotal(budget, heldLimit, heldPerConnection),
    });
    this.tcp = new TcpReassembler(connections, this.streams, recorder, moment, budget, seed);
    this.link = new LinkLayer(this.tcp, recorder, moment);
  }

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    this.tcp.tick();
    this.link.packet(data, start, end, linkType, wireLength);
  }

  secrets(kind: number, data: Uint8Array, start: number, end: number): void {
    if (kind !== nssKeyLog) return;
    const reader = new KeyLogReader(this.tlsSecrets, `secrets block ${++this.secretsBlocks}`, (detail) => {
      this.recorder.report('tls.key-log-line', -1, -1, -1, detail);
    });
    reader.push(data, start, end);
    reader.end();
  }

  /** The capture is over. */
  finish(): void {
    this.link.finish();
    this.tcp.finishAll();
  }
}
