/** Connecting to a server on behalf of a client. */
import { connect, type Socket } from 'node:net';
import type { Endpoint } from './endpoint.ts';

/** How long a server may take to accept, and to agree on TLS. */
export const patienceMs = 30_000;

/** Node's defaults but two: half-closed connections stay open, and nothing waits to be sent together. */
export function dial(target: Endpoint): Socket {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  const late = (): void => void socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, patienceMs);
  const settle = (): void => clearTimeout(timer);
  return socket.once('connect', settle).once('close', settle);
}

/** Why a connection could not be made, in plain words. */
export function dialProblem(name: string, error: NodeJS.ErrnoException): string {
  return `${name} cannot be reached: ${problems[error.code ?? ''] ?? error.message}`;
}

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be looked up at the moment',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'the network is unreachable',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  ECONNRESET: 'connection reset',
};
