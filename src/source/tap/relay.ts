/**
 * Two sockets joined: every byte of one goes to the other as it came, and only then to the recording. A slow reader stops
 * the writer, an end is passed on as an end (half-closed connections stay open), an abort as an abort.
 */
import type { Socket } from 'node:net';
import type { KnownContent } from '../../core/known-content.ts';
import type { SessionContent } from '../../core/secrets.ts';
import { client, server, type Side } from '../../core/side.ts';
import type { Recording } from './recording.ts';

export function relay(from: Socket, to: Socket, recording: Recording): void {
  forward(from, to, client, recording);
  forward(to, from, server, recording);
}

/** One direction: what `source` sends goes to `target`. */
function forward(source: Socket, target: Socket, side: Side, recording: Recording): void {
  source.on('data', (chunk: Buffer) => {
    target.write(chunk);
    if (!hasRoom(target)) source.pause();
    recording.bytes(side, chunk);
    if (recording.isBehind) waitFor(recording, source, target);
  });
  passOnEnds(source, target, side, recording);
}

/** Reads no more until the recording has caught up. */
export function waitFor(recording: Recording, source: Socket, target: Socket): void {
  source.pause();
  recording.caughtUp(() => {
    if (hasRoom(target)) source.resume();
  });
}

/** All of a direction but its data. */
function passOnEnds(source: Socket, target: Socket, side: Side, recording: Recording): void {
  let ended = false;
  target.on('drain', () => source.resume());
  source.on('end', () => {
    ended = true;
    target.end();
    recording.fin(side);
  });
  source.on('error', () => {
    recording.reset(side);
    // What the source had sent before its end is still delivered.
    if (ended && target.writableLength > 0) target.once('finish', () => abort(target));
    else abort(target);
  });
  source.on('close', () => {
    if (ended) return;
    recording.reset(side);
    abort(target);
  });
}

/** Whether more may be written: what was written has gone to the system, but for a bounded rest. Otherwise `drain` comes. */
export function hasRoom(socket: Socket): boolean {
  return socket.writableLength < socket.writableHighWaterMark;
}

/** Ends a connection with RST where the system allows. */
export function abort(socket: Socket): void {
  if (socket.destroyed) return;
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

/**
 * Joins two sockets that carry the inside of a session: what passes is made known before it is sent.
 *
 * @param under the socket that `to` speaks through
 */
export function relayInside(from: Socket, to: Socket, under: Socket, content: SessionContent): void {
  join(from, to, content[client], () => {
    abort(under);
    to.destroy();
  });
  // What it has been told last is still on its way.
  join(to, from, content[server], () => {
    if (!from.writableEnded) from.destroy();
  });
}

/** @param cut aborts the target */
function join(source: Socket, target: Socket, content: KnownContent, cut: () => void): void {
  source.on('data', (chunk: Buffer) => {
    content.push(chunk);
    target.write(chunk);
    if (!hasRoom(target)) source.pause();
  });
  target.on('drain', () => source.resume());
  source.on('end', () => target.end());
  source.on('error', cut);
  source.on('close', () => {
    // Whoever is gone has no use for what still comes; what it had sent before its end is delivered.
    if (source.readableEnded && target.writableLength > 0) target.once('finish', cut);
    else if (!source.readableEnded || !target.readableEnded) cut();
  });
}
