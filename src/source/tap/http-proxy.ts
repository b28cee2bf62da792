/**
 * A client of the HTTP proxy: each request goes to the server its target names, over one server connection at a time; a
 * CONNECT, and an upgrade that was accepted, make a tunnel. Responses come back as the server sends them.
 */
import type { Socket } from 'node:net';
import { client, server } from '../../core/side.ts';
import { dial, dialProblem } from './dial.ts';
import { authority } from './endpoint.ts';
import { refusal, refuse, type RefusalStatus } from './refusal.ts';
import type { Recording } from './recording.ts';
import { abort, hasRoom, waitFor } from './relay.ts';
import { fieldOf, forOrigin, Piece, RequestReader, requestLine, type RequestLine } from './request-reader.ts';
import type { Accepted } from './tap.ts';
import { UpgradeAnswer } from './upgrade-answer.ts';

const headLimit = 256 * 1024;
/** How long a server that is no longer asked may take to finish what it answers. */
const farewellMs = 5000;
const established = Buffer.from('HTTP/1.1 200 Connection Established\r\n\r\n');
const nothing = Buffer.alloc(0);

interface Target {
  readonly host: string;
  readonly port: number;
}

export class HttpProxy {
  private readonly socket: Socket;
  private readonly accepted: Accepted;
  private readonly recording: Recording;
  private readonly reader = new RequestReader(headLimit);
  private upstream: Socket | undefined;
  private name = '';
  /** No more requests are looked for: all that comes goes to the server. */
  private tunnel = false;
  /** The answer to a request for an upgrade, until it is known what follows that request. */
  private answer: UpgradeAnswer | undefined;
  /** A server is being connected to, or its answer awaited; `rest` was read meanwhile. */
  private waiting = false;
  private rest: Buffer = nothing;
  private ended = false;
  private readonly onData = (chunk: Buffer): void => {
    this.feed(chunk);
    this.recording.bytes(client, chunk);
  };

  private readonly onDrain = (): void => void this.upstream?.resume();
  private readonly onEnd = (): void => this.clientEnded();
  private readonly onLost = (): void => this.aborted();

  constructor(socket: Socket, accepted: Accepted) {
    this.socket = socket;
    this.accepted = accepted;
    this.recording = accepted.record();
    socket.on('data', this.onData);
    socket.on('drain', this.onDrain);
    socket.on('end', this.onEnd);
    socket.on('error', this.onLost);
    socket.on('close', this.onLost);
  }

  begin(chunk: Buffer): void {
    this.socket.resume();
    this.onData(chunk);
  }

  private feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.tunnel) return this.send(at === 0 ? chunk : chunk.subarray(at));
      if (this.answer !== undefined && this.reader.isIdle) return this.hold(chunk.subarray(at));
      const start = at;
      at = this.reader.read(chunk, at);
      if (this.reader.piece === Piece.content) this.send(chunk.subarray(start, at));
      else if (this.reader.piece === Piece.long)
        return this.refuse(431, `a request head has ${headLimit} bytes at most`);
      else if (this.reader.piece === Piece.bad) return this.refuse(400, 'this is no HTTP request');
      else if (this.reader.piece === Piece.head && !this.request(this.reader.head))
        return this.hold(chunk.subarray(at));
    }
  }

  private hold(rest: Buffer): void {
    this.waiting = true;
    this.rest = rest;
    this.socket.pause();
  }

  private send(data: Buffer): void {
    const { upstream } = this;
    if (upstream === undefined) return;
    upstream.write(data);
    if (!hasRoom(upstream)) this.socket.pause();
  }

  /** @returns false where what follows has to wait */
  private request(head: string): boolean {
    const line = requestLine(head);
    if (line === undefined) return this.sendAway(400, 'this is no HTTP request');
    if (line.method === 'CONNECT') {
      const target = targetOf(`connect://${line.target}`, 443);
      if (target === undefined) return this.sendAway(400, `CONNECT to "${line.target}": expected host:port`);
      this.connect(target, line, 'tunnel');
      return false;
    }
    if (/^https:/i.test(line.target)) return this.sendAway(400, 'https is asked for with CONNECT');
    const target = targetOf(line.target, 80);
    if (target === undefined)
      return this.sendAway(400, 'this is a proxy; it expects requests with an absolute URL, CONNECT, or SOCKS5');
    const path = line.target.replace(/^[a-z]+:\/\/[^/?#]*/i, '');
    const origin = forOrigin(
      head,
      line,
      path.startsWith('/') ? path : line.method === 'OPTIONS' && path === '' ? '*' : `/${path}`,
    );
    const go = (): void => {
      if (fieldOf(head, 'upgrade') !== undefined) this.answer = new UpgradeAnswer();
      this.send(Buffer.from(origin, 'latin1'));
    };
    if (this.upstream !== undefined && this.name === authority(target.host, target.port)) {
      go();
      return true;
    }
    this.connect(target, line, go);
    return false;
  }

  private sendAway(status: RefusalStatus, reason: string): false {
    this.refuse(status, reason);
    return false;
  }

  /** From here on the connection is no longer this proxy's. */
  private startTunnel(upstream: Socket, host: string): void {
    const { socket, recording, rest } = this;
    socket.off('data', this.onData).off('drain', this.onDrain).off('end', this.onEnd);
    socket.off('error', this.onLost).off('close', this.onLost);
    socket.write(established);
    recording.bytes(server, established);
    this.accepted.join(socket, upstream, recording, rest, host);
    if (this.ended) upstream.end();
  }

  /** Leaves the server of before, once it has answered all it was asked, for another. */
  private connect(target: Target, line: RequestLine, then: 'tunnel' | (() => void)): void {
    this.waiting = true;
    const before = this.upstream;
    if (before === undefined || before.readableEnded || before.destroyed) return this.dial(target, line, then);
    const timer = setTimeout(() => before.destroy(), farewellMs);
    before.once('close', () => {
      clearTimeout(timer);
      this.dial(target, line, then);
    });
    this.upstream = undefined;
    before.end();
  }

  private dial(target: Target, line: RequestLine, then: 'tunnel' | (() => void)): void {
    if (this.socket.destroyed) return;
    const upstream = dial(target);
    this.accepted.own(upstream);
    this.name = authority(target.host, target.port);
    const unreachable = (error: NodeJS.ErrnoException): void =>
      this.refuse(502, dialProblem(this.name, error), line.method !== 'HEAD');
    upstream.once('error', unreachable);
    upstream.once('connect', () => {
      upstream.off('error', unreachable);
      if (this.accepted.tap.isLoop(upstream)) {
        upstream.destroy();
        return this.refuse(508, `${this.name} is this proxy itself`);
      }
      if (then === 'tunnel') return this.startTunnel(upstream, target.host);
      this.join(upstream);
      then();
      this.goOn();
    });
  }

  private goOn(): void {
    const { rest } = this;
    this.waiting = false;
    this.rest = nothing;
    this.feed(rest);
    if (this.waiting) return;
    this.socket.resume();
    if (this.ended) this.upstream?.end();
  }

  private join(upstream: Socket): void {
    this.upstream = upstream;
    this.accepted.nameServer(upstream, this.recording);
    upstream.on('data', (chunk: Buffer) => {
      this.socket.write(chunk);
      if (!hasRoom(this.socket)) upstream.pause();
      this.recording.bytes(server, chunk);
      if (this.recording.isBehind) waitFor(this.recording, upstream, this.socket);
      if (this.answer !== undefined) this.answered(this.answer.read(chunk));
    });
    upstream.on('drain', () => {
      if (!this.waiting) this.socket.resume();
    });
    upstream.on('end', () => {
      if (this.upstream !== upstream) return;
      this.socket.end();
      this.recording.fin(server);
    });
    const lost = (): void => {
      if (this.upstream !== upstream || upstream.readableEnded) return;
      this.recording.reset(server);
      abort(this.socket);
    };
    upstream.on('error', lost);
    upstream.on('close', lost);
  }

  /** @param switched whether the protocol is another one from here on; undefined while that is not known */
  private answered(switched: boolean | undefined): void {
    if (switched === undefined) return;
    this.answer = undefined;
    this.tunnel = switched;
    if (this.waiting) this.goOn();
  }

  private clientEnded(): void {
    this.ended = true;
    this.recording.fin(client);
    if (this.waiting) return;
    if (this.upstream === undefined) this.socket.end();
    else this.upstream.end();
  }

  private aborted(): void {
    if (this.upstream !== undefined && !this.upstream.destroyed && !(this.ended && this.socket.writableFinished))
      abort(this.upstream);
    this.recording.reset(client);
  }

  private refuse(status: RefusalStatus, reason: string, withContent = true): void {
    this.socket.off('data', this.onData);
    if (this.upstream !== undefined) {
      const { upstream } = this;
      this.upstream = undefined;
      upstream.destroy();
    }
    // The request is recorded before its answer; it may still be on its way there.
    queueMicrotask(() => refuse(this.socket, this.recording, refusal(status, reason, withContent)));
  }
}

/** Undefined where the text is no absolute URL with a host. */
function targetOf(text: string, defaultPort: number): Target | undefined {
  const [, host, port] =
    /^(?:http|ws|connect):\/\/(?:[^/?#@]*@)?(\[[0-9a-fA-F:.]+\]|[^/?#:@\s]+)(?::(\d{0,5}))?(?=[/?#]|$)/i.exec(text) ??
    [];
  if (host === undefined) return undefined;
  const number = port === undefined || port === '' ? defaultPort : Number(port);
  return number > 0xffff ? undefined : { host: host.replace(/^\[|\]$/g, ''), port: number };
}
