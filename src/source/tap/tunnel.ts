/** A client and the server it asked for, joined: as they are, or, where TLS is to be read, with the tap in between. */
import type { Socket } from 'node:net';
import { client, server } from '../../core/side.ts';
import { looksLikeTls, readClientHello } from './client-hello.ts';
import { intercept, isSkipped, type InterceptOptions } from './intercept.ts';
import type { Recording } from './recording.ts';
import { abort, relay } from './relay.ts';

/**
 * @param rest what has been read of the client and recorded already
 * @param host the server's name as it was asked for
 */
export function tunnel(
  socket: Socket,
  upstream: Socket,
  recording: Recording,
  rest: Buffer,
  host: string,
  tls: InterceptOptions | undefined,
): void {
  if (tls !== undefined && !isSkipped(host, tls.skip)) return peek(socket, upstream, recording, rest, host, tls);
  relay(socket, upstream, recording);
  if (rest.length > 0) upstream.write(rest);
  socket.resume();
}

/** Waits for who speaks first, and for what. */
function peek(
  socket: Socket,
  upstream: Socket,
  recording: Recording,
  rest: Buffer,
  host: string,
  tls: InterceptOptions,
): void {
  let said = rest;
  const settle = (): void => {
    socket.pause();
    upstream.pause();
    for (const one of [socket, upstream])
      one
        .off('data', one === socket ? hear : answer)
        .off('end', plain)
        .off('error', lost);
  };
  const plain = (): void => {
    settle();
    relay(socket, upstream, recording);
    if (said.length > 0) upstream.write(said);
    if (socket.readableEnded) {
      upstream.end();
      recording.fin(client);
    }
    if (upstream.readableEnded) {
      socket.end();
      recording.fin(server);
    }
    socket.resume();
    upstream.resume();
  };
  const consider = (): void => {
    if (said.length === 0) return;
    if (!looksLikeTls(said)) return plain();
    const hello = readClientHello(said);
    if (hello === undefined) return;
    if (hello.name !== undefined && isSkipped(hello.name, tls.skip)) return plain();
    settle();
    intercept(socket, upstream, recording, hello, said, host, tls);
  };
  const hear = (chunk: Buffer): void => {
    said = said.length === 0 ? chunk : Buffer.concat([said, chunk]);
    recording.bytes(client, chunk);
    consider();
  };
  const answer = (chunk: Buffer): void => {
    plain();
    socket.write(chunk);
    recording.bytes(server, chunk);
  };
  const lost = (): void => {
    recording.reset(client);
    abort(socket);
    abort(upstream);
  };
  socket.on('data', hear);
  upstream.on('data', answer);
  for (const one of [socket, upstream]) one.on('end', plain).on('error', lost);
  socket.resume();
  consider();
}
