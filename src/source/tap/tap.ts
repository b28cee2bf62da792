/**
 * The live tap: listens, and hands each connection to the mode of its listener. It knows its own ports, so that it never
 * connects to itself, and ends in an orderly way: no new connections, then a time for the open ones to finish.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { client, server } from '../../core/side.ts';
import type { TapClock } from './clock.ts';
import { endpointName, type Endpoint } from './endpoint.ts';
import type { InterceptOptions } from './intercept.ts';
import { Recording } from './recording.ts';
import { abort } from './relay.ts';
import type { SocketOwners } from './socket-owners.ts';
import { tunnel } from './tunnel.ts';
import type { TappedConnections, TcpAddress } from './tapped-connections.ts';

/** What is done with a connection that has been accepted, and not been read from yet. */
export type Mode = (socket: Socket, accepted: Accepted) => void;

export interface TapOptions {
  readonly clock: TapClock;
  readonly tapped: TappedConnections;
  /** Connections open at once; more are closed at once. */
  readonly maxConnections: number;
  /** A connection on which nothing passes for so long is aborted; 0, the default, leaves it alone. */
  readonly idleTimeoutMs?: number;
  /** TLS is ended here; otherwise it is passed on as it is. */
  readonly tls?: InterceptOptions | undefined;
  /** Tells whose the sockets are. */
  readonly owners?: SocketOwners | undefined;
  /** Whether nothing is under way on a connection, by its slot: it is not waited for in the end. */
  readonly isAtRest?: (slot: number) => boolean;
  /** Something to tell the user, once for each text. */
  readonly say: (line: string) => void;
}

const backlog = 4096;
const loopbackAddress = '127.0.0.1';

/** An accepted connection: what its mode needs of the tap. */
export class Accepted {
  readonly tap: Tap;
  /** When it was accepted. */
  readonly since: number;
  readonly from: TcpAddress;
  readonly listening: TcpAddress;
  /** The client's and, one after the other, servers': those that are open. */
  private readonly sockets = new Set<Socket>();
  /** The client's program, once it is known. */
  private owner: string | undefined;
  private recording: Recording | undefined;

  constructor(tap: Tap, socket: Socket, since: number, from: TcpAddress, listening: TcpAddress) {
    this.tap = tap;
    this.own(socket);
    this.since = since;
    this.from = from;
    this.listening = listening;
    tap.options.owners?.find(from, listening, (owner) => {
      this.owner = owner;
      this.recording?.belongs(client, owner);
    });
  }

  /** Begins to record it. @param to the server, where it is known by address */
  record(to: TcpAddress = this.listening): Recording {
    const recording = new Recording(this.tap.options.tapped, this.from, to, this.listening, this.since);
    if (this.owner !== undefined) recording.belongs(client, this.owner);
    this.recording = recording;
    return recording;
  }

  /** Asks for the server's program, where it runs on this machine. */
  nameServer({ remoteAddress, remotePort, localAddress, localPort }: Socket, recording: Recording): void {
    if (remoteAddress === undefined || localAddress === undefined) return;
    const near = { ip: localAddress, port: localPort ?? 0 };
    const far = { ip: remoteAddress, port: remotePort ?? 0 };
    this.tap.options.owners?.find(far, near, (owner) => recording.belongs(server, owner));
  }

  /** Joins client and server. @param rest what has been read of the client, and recorded */
  join(socket: Socket, upstream: Socket, recording: Recording, rest: Buffer, host: string): void {
    this.nameServer(upstream, recording);
    tunnel(socket, upstream, recording, rest, host, this.tap.options.tls);
  }

  /** Joins a socket to the connection's life: it counts as open, and is watched for idleness. */
  own(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.tap.adopt(socket, this);
  }

  /** Whether it may end at any time: nobody waits for anything, and all that was said has left. */
  isAtRest(told: (slot: number) => boolean): boolean {
    let silent = true;
    for (const socket of this.sockets) {
      if (socket.connecting || socket.writableLength > 0) return false;
      if (socket.bytesRead > 0) silent = false;
    }
    return silent || (this.recording !== undefined && this.recording.isAtRest(told));
  }
}

export class Tap {
  readonly options: TapOptions;
  /** Ports on this machine that must not be connected to: the tap's own, and those of what controls it. */
  readonly ownPorts = new Set<number>();
  private readonly servers: Server[] = [];
  private readonly sockets = new Map<Socket, Accepted>();
  private unnamed = 0;
  /** Connections closed at once because too many were open. */
  refused = 0;

  constructor(options: TapOptions) {
    this.options = options;
  }

  /** @returns where it listens: the port is known where 0 was asked for */
  async listen(endpoint: Endpoint, mode: Mode): Promise<Endpoint> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.maxConnections = this.options.maxConnections;
    server.on('drop', () => this.refused++ || this.tooMany());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...endpoint, backlog }, () => resolve(void server.off('error', reject)));
    });
    server.on('error', (error) => this.options.say(`${endpointName(endpoint)}: ${error.message}`));
    this.servers.push(server);
    const address = server.address();
    const listening = typeof address === 'object' && address !== null ? ofAddress(address) : this.invented(0);
    if (listening.port > 0) this.ownPorts.add(listening.port);
    server.on('connection', (socket: Socket) => this.accept(socket, listening, mode));
    return 'path' in endpoint ? endpoint : { host: endpoint.host, port: listening.port };
  }

  adopt(socket: Socket, accepted: Accepted): void {
    this.sockets.set(socket, accepted);
    // Whoever has the socket hears what it needs to know; in between, a lost connection must not end the tap.
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
    const { idleTimeoutMs = 0 } = this.options;
    if (idleTimeoutMs > 0) socket.setTimeout(idleTimeoutMs, () => abort(socket));
  }

  /** Whether this connected socket leads back to this very process. */
  isLoop(socket: Socket): boolean {
    if (socket.remotePort === undefined || !this.ownPorts.has(socket.remotePort)) return false;
    return socket.localAddress === socket.remoteAddress;
  }

  /** Accepts no more, lets what is open end for so long, then cuts it. */
  async stop(graceMs: number, signal?: AbortSignal): Promise<void> {
    for (const server of this.servers) server.close();
    const until = performance.now() + graceMs;
    while (this.isBusy() && performance.now() < until && signal?.aborted !== true) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (this.refused > 1) this.options.say(`${this.refused} connections were closed at once`);
    this.options.tapped.finish();
    for (const socket of this.sockets.keys()) socket.destroy();
  }

  private isBusy(): boolean {
    const { isAtRest = () => false } = this.options;
    for (const accepted of this.sockets.values()) if (!accepted.isAtRest(isAtRest)) return true;
    return false;
  }

  private tooMany(): void {
    this.options.say(
      `${this.options.maxConnections} connections are open: more are closed at once (--max-connections)`,
    );
  }

  private accept(socket: Socket, listening: TcpAddress, mode: Mode): void {
    const { remoteAddress, remotePort } = socket;
    const from = remoteAddress === undefined ? this.invented(1) : { ip: remoteAddress, port: remotePort ?? 0 };
    const local = socket.localAddress === undefined ? listening : { ip: socket.localAddress, port: listening.port };
    mode(socket, new Accepted(this, socket, this.options.clock.now(), from, local));
  }

  /** For a socket of the file system, or a client that has gone already: an address that only tells it apart. */
  private invented(step: number): TcpAddress {
    this.unnamed = (this.unnamed + step) & 0xffff;
    return { ip: loopbackAddress, port: this.unnamed };
  }
}

function ofAddress({ address, port }: AddressInfo): TcpAddress {
  return { ip: address, port };
}
