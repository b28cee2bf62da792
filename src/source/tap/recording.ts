/** One tapped connection as its sockets see it: what passes is told here after it was sent on. */
import { client, server, type Side } from '../../core/side.ts';
import { authority } from './endpoint.ts';
import type { TappedConnections, TcpAddress } from './tapped-connections.ts';

export class Recording {
  /** The client, in words: its address, or its program where that is known. */
  client: string;
  private readonly tapped: TappedConnections;
  private readonly slot: number;
  private readonly id: number;

  constructor(tapped: TappedConnections, from: TcpAddress, to: TcpAddress, listening: TcpAddress, since: number) {
    this.client = authority(from.ip, from.port);
    this.tapped = tapped;
    this.slot = tapped.open(from, to, listening, since);
    this.id = tapped.idOf(this.slot);
  }

  bytes(side: Side, data: Uint8Array): void {
    if (this.open) this.tapped.bytes(this.slot, side, data, 0, data.length);
  }

  /** Whether no more should be read for a moment: the recording does not keep up. */
  get isBehind(): boolean {
    return this.tapped.pace !== undefined && this.tapped.pace.isBehind;
  }

  /** @param then called once, when more may be read */
  caughtUp(then: () => void): void {
    this.tapped.pace?.caughtUp(then);
  }

  /** @param owner the program that one side is */
  belongs(side: Side, owner: string): void {
    if (side === client) this.client = owner;
    if (this.open) this.tapped.remark(this.slot, `${side === client ? 'client' : 'server'}: ${owner}`);
  }

  fin(side: Side): void {
    if (this.open) this.tapped.fin(this.slot, side);
  }

  reset(side: Side): void {
    if (this.open) this.tapped.reset(this.slot, side);
  }

  /** Whether nothing is under way. @param told of an open connection, by its slot */
  isAtRest(told: (slot: number) => boolean): boolean {
    return !this.open || told(this.slot);
  }

  /** Both sockets are gone: what has not ended is cut. */
  closed(): void {
    this.reset(server);
  }

  private get open(): boolean {
    return this.tapped.isOpen(this.slot, this.id);
  }
}
