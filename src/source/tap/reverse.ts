/** Reverse mode: every connection is carried to one server, whatever it speaks. */
import type { Socket } from 'node:net';
import { dial, dialProblem } from './dial.ts';
import { endpointName, type Endpoint } from './endpoint.ts';
import { refuseUnread } from './refusal.ts';
import type { Accepted, Mode } from './tap.ts';

const nothing = Buffer.alloc(0);

export function reverse(target: Endpoint): Mode {
  return (socket, accepted) => carry(socket, accepted, target);
}

/** Connects to the server first: until then nothing is read from the client. */
function carry(socket: Socket, accepted: Accepted, target: Endpoint): void {
  const upstream = dial(target);
  accepted.own(upstream);
  const name = endpointName(target);
  const unreachable = (error: NodeJS.ErrnoException): void =>
    refuseUnread(socket, accepted.record(), 502, dialProblem(name, error));
  const early = (): void => undefined;
  socket.once('error', early);
  upstream.once('error', unreachable);
  upstream.once('connect', () => {
    upstream.off('error', unreachable);
    socket.off('error', early);
    if (socket.destroyed) return void upstream.destroy();
    if (accepted.tap.isLoop(upstream)) {
      upstream.destroy();
      return refuseUnread(socket, accepted.record(), 508, `${name} is this tap itself`);
    }
    const host = 'host' in target ? target.host : 'localhost';
    accepted.join(socket, upstream, accepted.record(addressOf(upstream)), nothing, host);
  });
}

/** Undefined for a socket of the file system. */
export function addressOf(socket: Socket): { ip: string; port: number } | undefined {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined || remotePort === undefined ? undefined : { ip: remoteAddress, port: remotePort };
}
