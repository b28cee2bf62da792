/**
 * The analyzer's decoders, put together: packet -> link and IP -> TCP -> connection -> HTTP, WebSocket. Packets go in,
 * events come out of the recorder given in. Nothing here reads files or knows the time of day.
 */
import type { Budget } from '../core/budget.ts';
import type { ConnectionTable } from '../core/connection-table.ts';
import type { Moment } from '../core/moment.ts';
import type { PacketSink, StreamRecorder } from '../core/sinks.ts';
import { LinkLayer } from './link/link-layer.ts';
import { Streams } from './streams.ts';
import { TcpReassembler } from './tcp/reassembler.ts';

/** The parts of the analyzer that all decoders of one run share. */
export interface Shared {
  readonly connections: ConnectionTable;
  readonly moment: Moment;
  readonly budget: Budget;
}

export class Stack<X> implements PacketSink {
  readonly streams: Streams<X>;
  private readonly tcp: TcpReassembler;
  private readonly link: LinkLayer;

  /** @param seed of the flow table's hash */
  constructor(shared: Shared, recorder: StreamRecorder<X>, seed: number) {
    const { connections, moment, budget } = shared;
    this.streams = new Streams(connections, recorder, moment);
    this.tcp = new TcpReassembler(connections, this.streams, recorder, moment, budget, seed);
    this.link = new LinkLayer(this.tcp, recorder, moment);
  }

  packet(data: Uint8Array, start: number, end: number, linkType: number, wireLength: number): void {
    this.tcp.tick();
    this.link.packet(data, start, end, linkType, wireLength);
  }

  secrets(_kind: number, _data: Uint8Array, _start: number, _end: number): void {}

  /** The capture is over. */
  finish(): void {
    this.link.finish();
    this.tcp.finishAll();
  }
}
