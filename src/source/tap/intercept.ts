/**
 * TLS ended on both sides: the client is answered with a certificate minted for the name it asks for, once the server has
 * been asked with the client's own protocols. What the recording gets is what passes between client and tap, encrypted as
 * it is; the keys go beside it.
 */
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, TLSSocket } from 'node:tls';
import type { Secrets } from '../../core/secrets.ts';
import { client, server } from '../../core/side.ts';
import type { Authority } from './authority.ts';
import type { ClientHello } from './client-hello.ts';
import { patienceMs } from './dial.ts';
import { refusal } from './refusal.ts';
import type { Recording } from './recording.ts';
import { abort, hasRoom, relayInside } from './relay.ts';
import type { TlsClients } from './tls-clients.ts';

export interface InterceptOptions {
  readonly authority: Authority;
  /** Servers' certificates are not verified. */
  readonly insecure: boolean;
  /** Names that are passed through: `example.com`, `*.example.com`. */
  readonly skip: readonly string[];
  /** Takes lines of a TLS key log. */
  readonly keys: (line: Buffer) => void;
  /** Where sessions are known while they last. */
  readonly secrets: Secrets;
  /** Hears what clients make of the certificates. */
  readonly clients: TlsClients;
}

/** A few records at a time are encrypted and sent together, where the client is slower than the server. */
const roomy: object = { highWaterMark: 256 * 1024 };

export function isSkipped(name: string, skip: readonly string[]): boolean {
  return skip.some((pattern) => name === pattern || (pattern.startsWith('*.') && name.endsWith(pattern.slice(1))));
}

/**
 * @param first what has been read of the client, recorded already
 * @param host the server's name as it was asked for, for clients that name none
 */
export function intercept(
  socket: Socket,
  upstream: Socket,
  recording: Recording,
  hello: ClientHello,
  first: Buffer,
  host: string,
  options: InterceptOptions,
): void {
  const name = hello.name ?? host;
  const secure = connect({
    socket: upstream,
    rejectUnauthorized: !options.insecure,
    ...(isIP(name) === 0 ? { servername: name } : { host: name }),
    ...(hello.protocols.length === 0 ? {} : { ALPNProtocols: [...hello.protocols] }),
  });
  const gone = (): void => {
    recording.reset(client);
    abort(upstream);
    secure.destroy();
  };
  socket.once('close', gone);
  const timer = setTimeout(() => secure.destroy(new Error('no answer in time to the TLS handshake')), patienceMs);
  secure.once('close', () => clearTimeout(timer));
  let answered = false;
  const answer = (problem: TlsProblem | undefined): void => {
    if (answered) return;
    answered = true;
    clearTimeout(timer);
    if (problem?.reason?.includes('alert') === true) options.clients.refused(name, problem.reason);
    const protocol = problem === undefined ? secure.alpnProtocol : 'http/1.1';
    void options.authority.contextFor(name).then(
      (context) => {
        if (socket.destroyed) return;
        socket.off('close', gone);
        const raw = new RecordedSocket(socket, recording, first);
        const content = options.secrets.knowContent(hello.random);
        socket.once('close', () => options.secrets.drop(hello.random));
        const near = new TLSSocket(raw, {
          isServer: true,
          secureContext: context,
          ...roomy,
          ...(typeof protocol === 'string' && hello.protocols.includes(protocol) ? { ALPNProtocols: [protocol] } : {}),
        });
        near.on('keylog', options.keys);
        watch(near, name, recording, options.clients);
        near.once('close', () => raw.destroy());
        if (problem !== undefined)
          return void near.end(refusal(502, `${name}: ${inWords(problem, secure.authorizationError)}`));
        answerLateRefusal(near, secure, name, options.clients);
        relayInside(near, secure, upstream, content);
      },
      () => abort(socket),
    );
  };
  secure.once('secureConnect', () => answer(undefined));
  secure.on('error', answer);
}

/** In TLS 1.3 a server refuses its client, for want of a certificate above all, when the client has begun to talk. */
function answerLateRefusal(near: TLSSocket, secure: TLSSocket, name: string, clients: TlsClients): void {
  const late = (problem: TlsProblem): void => {
    if (problem.reason?.includes('alert') !== true) return;
    clients.refused(name, problem.reason);
    if (near.alpnProtocol !== 'h2') near.end(refusal(502, `${name}: ${inWords(problem)}`));
  };
  secure.once('error', late);
  secure.once('data', () => secure.off('error', late));
}

interface TlsProblem extends Error {
  /** OpenSSL's own, without the places in its source. */
  readonly reason?: string;
}

function inWords({ message, reason }: TlsProblem, untrusted: unknown = null): string {
  if (untrusted !== null) return `the server's certificate is not trusted (${message}); --insecure accepts any`;
  return reason === undefined ? message : `TLS failed (${reason})`;
}

/** Tells what the client makes of the certificate. */
function watch(near: TLSSocket, name: string, recording: Recording, clients: TlsClients): void {
  let settled = false;
  near.once('data', () => {
    settled = true;
    clients.hears(name);
  });
  near.on('error', (error) => {
    if (!settled) clients.failed(name, recording, error);
    settled = true;
  });
  near.once('close', () => {
    if (!settled) clients.left(name, recording);
  });
}

/** The client's socket for TLS: all that passes is recorded. */
class RecordedSocket extends Duplex {
  private readonly socket: Socket;
  private readonly recording: Recording;
  /** Goes on when the client has taken what was sent. */
  private sent: ((error?: Error | null) => void) | undefined;

  constructor(socket: Socket, recording: Recording, first: Buffer) {
    super({ allowHalfOpen: true });
    this.socket = socket;
    this.recording = recording;
    this.push(first);
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
      recording.bytes(client, chunk);
    });
    socket.on('end', () => {
      this.push(null);
      recording.fin(client);
    });
    socket.on('error', () => {
      recording.reset(client);
      this.destroy();
    });
    socket.on('close', () => {
      recording.closed();
      this.destroy();
    });
    socket.on('drain', () => this.goOn());
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.send(chunk, done);
  }

  override _writev(pieces: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.send(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(done);
    this.recording.fin(server);
  }

  private send(data: Buffer, done: (error?: Error | null) => void): void {
    this.sent = done;
    this.socket.write(data);
    this.recording.bytes(server, data);
    if (this.recording.isBehind) this.recording.caughtUp(() => this.goOnWithRoom());
    else this.goOnWithRoom();
  }

  /** Where there is none, `drain` comes. */
  private goOnWithRoom(): void {
    if (hasRoom(this.socket)) this.goOn();
  }

  private goOn(): void {
    const { sent } = this;
    this.sent = undefined;
    sent?.();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // What was said last is still on its way; a client that has been told the end ends too.
    if (this.socket.writableEnded) this.socket.destroySoon();
    else {
      this.recording.reset(server);
      abort(this.socket);
    }
    done(error);
  }
}
