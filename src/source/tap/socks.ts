/** SOCKS5 as a server hears it (RFC 1928): connections without authentication, by name or address. */
import type { Endpoint } from './endpoint.ts';

export const socksVersion = 5;
const noAuthentication = 0;

export const Reply = {
  succeeded: 0,
  failure: 1,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  commandNotSupported: 7,
  addressNotSupported: 8,
} as const;

/** The server's choice among the methods of a greeting. */
export interface Greeting {
  readonly length: number;
  readonly acceptable: boolean;
}

/** Undefined while more is needed. */
export function readGreeting(data: Buffer): Greeting | undefined {
  if (data.length < 2 || data.length < 2 + data[1]!) return undefined;
  const length = 2 + data[1]!;
  return { length, acceptable: data.subarray(2, length).includes(noAuthentication) };
}

export function greetingAnswer({ acceptable }: Greeting): Buffer {
  return Buffer.from([socksVersion, acceptable ? noAuthentication : 0xff]);
}

export interface SocksRequest {
  readonly length: number;
  readonly target: Endpoint | undefined;
  /** What to answer where there is no target. */
  readonly problem: number;
}

const connectCommand = 1;
const AddressType = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** Undefined while more is needed. */
export function readRequest(data: Buffer): SocksRequest | undefined {
  if (data.length < 5) return undefined;
  const type = data[3];
  const size =
    type === AddressType.ipv4 ? 4 : type === AddressType.ipv6 ? 16 : type === AddressType.name ? data[4]! + 1 : 0;
  if (size === 0) return { length: data.length, target: undefined, problem: Reply.addressNotSupported };
  const length = 4 + size + 2;
  if (data.length < length) return undefined;
  if (data[1] !== connectCommand) return { length, target: undefined, problem: Reply.commandNotSupported };
  const port = data.readUInt16BE(length - 2);
  return { length, target: { host: hostText(data, type!, size), port }, problem: Reply.succeeded };
}

/** A reply; the bound address is of no use to a client of CONNECT and left zero. */
export function reply(code: number): Buffer {
  return Buffer.from([socksVersion, code, 0, AddressType.ipv4, 0, 0, 0, 0, 0, 0]);
}

export function replyTo(error: NodeJS.ErrnoException): number {
  if (error.code === 'ECONNREFUSED') return Reply.refused;
  if (error.code === 'ENETUNREACH') return Reply.networkUnreachable;
  return error.code === 'ENOTFOUND' || error.code === 'EHOSTUNREACH' ? Reply.hostUnreachable : Reply.failure;
}

function hostText(data: Buffer, type: number, size: number): string {
  if (type === AddressType.name) return data.toString('latin1', 5, 4 + size);
  if (type === AddressType.ipv4) return data.subarray(4, 8).join('.');
  const groups = [];
  for (let at = 4; at < 20; at += 2) groups.push(data.readUInt16BE(at).toString(16));
  return groups.join(':');
}
