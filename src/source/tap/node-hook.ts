/**
 * Loaded into a Node program that `run` starts, before its own code: its TCP connections go to the tap, with a preface that
 * says where to. Node heeds no proxy variables, and clients of many kinds meet in `net.Socket`.
 */
import { createRequire } from 'node:module';
import type net from 'node:net';
import type tls from 'node:tls';

// The modules that everything else in the program shares, not their namespace objects: those cannot be changed.
const require = createRequire(import.meta.url);
const netModule = require('node:net') as typeof net;
const tlsModule = require('node:tls') as typeof tls;
const port = Number(process.env.WIRESCOPE_TAP);
const prefaceMark = 0x01;

type Connect = (this: net.Socket, ...args: unknown[]) => net.Socket;
interface Wanted {
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly socket?: unknown;
}

if (port > 0) {
  hookSockets();
  hookTls();
}

function hookSockets(): void {
  const { prototype } = netModule.Socket;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with the socket
  const connect = prototype.connect as unknown as Connect;
  const hooked: Connect = function (...args) {
    const { wanted, listener } = understood(args);
    const name = Buffer.from(wanted?.host ?? 'localhost', 'latin1');
    const direct = this instanceof tlsModule.TLSSocket || wanted?.port === undefined || name.length > 255;
    if (direct || typeof wanted.path === 'string') return connect.apply(this, args);
    const options = {
      ...wanted,
      host: '127.0.0.1',
      port,
      lookup: undefined,
      localAddress: undefined,
      family: undefined,
    };
    const socket = connect.call(this, options, ...(listener === undefined ? [] : [listener]));
    const number = Number(wanted.port);
    socket.write(Buffer.concat([Buffer.of(prefaceMark, name.length), name, Buffer.of(number >> 8, number & 0xff)]));
    return socket;
  };
  (prototype as unknown as { connect: Connect }).connect = hooked;
}

/** TLS over a socket that is given in: the preface must stand before the handshake, in the clear. */
function hookTls(): void {
  const module = tlsModule as unknown as { connect: (...args: unknown[]) => tls.TLSSocket };
  const { connect } = module;
  module.connect = (...args) => {
    const { wanted, listener } = understood(args);
    if (
      wanted === undefined ||
      wanted.socket !== undefined ||
      typeof wanted.path === 'string' ||
      wanted.port === undefined
    )
      return connect(...args);
    const socket = netModule.connect({ host: wanted.host ?? 'localhost', port: Number(wanted.port) });
    const options = { ...wanted, socket };
    return listener === undefined ? connect(options) : connect(options, listener);
  };
}

/** Options and listener, of all the ways to call `connect`. */
function understood(args: readonly unknown[]): { wanted: Wanted | undefined; listener: unknown } {
  // Node's own callers hand on arguments that have been put in order already, as a list.
  const list = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const listener = list.find((value) => typeof value === 'function');
  const [first, second, third] = list;
  if (typeof first === 'object' && first !== null) return { wanted: first, listener };
  const isPort = typeof first === 'number' || (typeof first === 'string' && /^\d+$/.test(first));
  if (!isPort) return { wanted: undefined, listener };
  const more = typeof second === 'object' ? second : typeof third === 'object' ? third : undefined;
  const host = typeof second === 'string' ? { host: second } : {};
  return { wanted: { ...more, port: first, ...host }, listener };
}
