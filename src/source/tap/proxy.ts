/**
 * Proxy mode: HTTP requests in absolute-form and CONNECT (RFC 9112 3.2), SOCKS5, and the preface of a program started by
 * `run`, on one port, told apart by the first byte.
 */
import type { Socket } from 'node:net';
import { client, server } from '../../core/side.ts';
import { dial } from './dial.ts';
import type { Endpoint } from './endpoint.ts';
import { HttpProxy } from './http-proxy.ts';
import { abort } from './relay.ts';
import { addressOf } from './reverse.ts';
import { greetingAnswer, readGreeting, readRequest, reply, replyTo, Reply, socksVersion } from './socks.ts';
import type { Accepted, Mode } from './tap.ts';

/** First byte of the preface that stands for a server's name: length and name, and two bytes of port. */
export const prefaceMark = 0x01;

export function proxy(): Mode {
  return (socket, accepted) => {
    const leave = (): void => void socket.end();
    socket.once('error', ignore);
    socket.once('data', (chunk: Buffer) => {
      socket.pause();
      socket.off('error', ignore);
      socket.off('end', leave);
      if (chunk[0] === socksVersion) new SocksClient(socket, accepted).take(chunk);
      else if (chunk[0] === prefaceMark) new PrefaceClient(socket, accepted).take(chunk);
      else new HttpProxy(socket, accepted).begin(chunk);
    });
    socket.once('end', leave);
    socket.resume();
  };
}

const ignore = (): void => undefined;

/** Collects what a client says before its tunnel is open; what comes after belongs to the tunnel. */
abstract class TunnelClient {
  protected readonly socket: Socket;
  protected readonly accepted: Accepted;
  private said: Buffer = Buffer.alloc(0);
  private readonly onData = (chunk: Buffer): void => this.take(chunk);

  constructor(socket: Socket, accepted: Accepted) {
    this.socket = socket;
    this.accepted = accepted;
    socket.on('data', this.onData);
    socket.on('error', ignore);
  }

  take(chunk: Buffer): void {
    this.said = Buffer.concat([this.said, chunk]);
    const used = this.understand(this.said);
    if (used < 0) this.socket.resume();
  }

  /** @returns -1 while more is needed; otherwise the tunnel is being opened, or the client was sent away */
  protected abstract understand(said: Buffer): number;
  protected abstract opened(): void;
  protected abstract failed(error: NodeJS.ErrnoException): void;

  protected consume(length: number): void {
    this.said = this.said.subarray(length);
  }

  protected open(target: Endpoint): void {
    const { socket, accepted } = this;
    socket.pause();
    socket.off('data', this.onData);
    const upstream = dial(target);
    accepted.own(upstream);
    const unreachable = (error: NodeJS.ErrnoException): void => {
      const recording = accepted.record();
      recording.fin(server);
      recording.fin(client);
      this.failed(error);
    };
    upstream.once('error', unreachable);
    upstream.once('connect', () => {
      upstream.off('error', unreachable);
      if (accepted.tap.isLoop(upstream)) {
        upstream.destroy();
        return unreachable(new Error('a loop'));
      }
      this.opened();
      socket.off('error', ignore);
      const host = 'host' in target ? target.host : 'localhost';
      const recording = accepted.record(addressOf(upstream));
      if (this.said.length > 0) recording.bytes(client, this.said);
      accepted.join(socket, upstream, recording, this.said, host);
    });
  }
}

class SocksClient extends TunnelClient {
  private greeted = false;

  protected understand(said: Buffer): number {
    if (!this.greeted) {
      const greeting = readGreeting(said);
      if (greeting === undefined) return -1;
      this.socket.write(greetingAnswer(greeting));
      if (!greeting.acceptable) return this.leave();
      this.greeted = true;
      this.consume(greeting.length);
      return this.understand(said.subarray(greeting.length));
    }
    const request = readRequest(said);
    if (request === undefined) return -1;
    if (request.target === undefined) {
      this.socket.write(reply(request.problem));
      return this.leave();
    }
    this.consume(request.length);
    this.open(request.target);
    return request.length;
  }

  protected opened(): void {
    this.socket.write(reply(Reply.succeeded));
  }

  protected failed(error: NodeJS.ErrnoException): void {
    this.socket.write(reply(replyTo(error)));
    this.leave();
  }

  private leave(): number {
    this.socket.end(() => this.socket.destroy());
    return 0;
  }
}

class PrefaceClient extends TunnelClient {
  protected understand(said: Buffer): number {
    if (said.length < 2 || said.length < said[1]! + 4) return -1;
    const end = 2 + said[1]!;
    const target = { host: said.toString('latin1', 2, end), port: said.readUInt16BE(end) };
    this.consume(end + 2);
    this.open(target);
    return end + 2;
  }

  protected opened(): void {}

  protected failed(): void {
    abort(this.socket);
  }
}
