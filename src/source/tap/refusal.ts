/** What the tap itself answers, where nobody else can: a short plain response, after which the connection ends. */
import type { Socket } from 'node:net';
import { client, server } from '../../core/side.ts';
import { abort } from './relay.ts';
import type { Recording } from './recording.ts';

const reasons = {
  400: 'Bad Request',
  403: 'Forbidden',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  508: 'Loop Detected',
} as const;
export type RefusalStatus = keyof typeof reasons;

/** How long a client may take to read the refusal, and one that has said nothing to say what it speaks. */
const patienceMs = 2000;
const headLimit = 64 * 1024;

/** @param withContent false in answer to HEAD */
export function refusal(status: RefusalStatus, reason: string, withContent = true): Buffer {
  const content = Buffer.from(`wirescope: ${reason}\n`, 'utf8');
  const head =
    `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${content.length}\r\nConnection: close\r\n\r\n`;
  return withContent ? Buffer.concat([Buffer.from(head, 'latin1'), content]) : Buffer.from(head, 'latin1');
}

/** Answers and ends; what the client still sends is read and dropped, so that the answer reaches it. */
export function refuse(socket: Socket, recording: Recording, response: Uint8Array): void {
  socket.end(response);
  recording.bytes(server, response);
  recording.fin(server);
  drop(socket, recording);
}

/**
 * For a connection whose server cannot be reached, before anything was read of it: a client that speaks HTTP gets the
 * refusal, any other a closed connection.
 */
export function refuseUnread(socket: Socket, recording: Recording, status: RefusalStatus, reason: string): void {
  let head = Buffer.alloc(0);
  const settle = (): void => {
    clearTimeout(timer);
    socket.off('data', take);
    socket.off('end', settle);
    if (/^[A-Z]{1,24} \S+ HTTP\/1\./.test(head.toString('latin1', 0, headLimit)))
      return refuse(socket, recording, refusal(status, reason, !head.subarray(0, 5).equals(Buffer.from('HEAD '))));
    recording.fin(server);
    socket.end();
    drop(socket, recording);
  };
  const take = (chunk: Buffer): void => {
    recording.bytes(client, chunk);
    head = Buffer.concat([head, chunk]);
    const mayBeHttp = /^[A-Z]{1,24}(?: |$)/.test(head.toString('latin1', 0, 26));
    if (!mayBeHttp || head.length > headLimit || head.includes('\r\n\r\n') || head.includes('\n\n')) settle();
  };
  const timer = setTimeout(settle, patienceMs);
  socket.on('data', take);
  socket.once('end', settle);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => recording.reset(client));
  socket.resume();
}

/** Reads on without using it, until the client ends or has had time to read the answer. */
function drop(socket: Socket, recording: Recording): void {
  socket.on('data', () => undefined);
  socket.on('error', () => recording.reset(client));
  if (socket.readableEnded) recording.fin(client);
  socket.once('end', () => recording.fin(client));
  const timer = setTimeout(() => abort(socket), patienceMs);
  socket.once('close', () => {
    clearTimeout(timer);
    recording.closed();
  });
  socket.resume();
}
