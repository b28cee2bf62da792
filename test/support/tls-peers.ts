/** node:tls talking to itself over a pair of streams that keeps every byte, in the order sent, and the key log. */
import { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import { client, server, type Side } from '../../src/core/side.ts';
import { identity, type CertificateOptions } from './certificate.ts';

export interface Piece {
  side: Side;
  data: Buffer;
}

export interface Conversation {
  pieces: Piece[];
  keyLog: string;
  /** What the applications said, by side. */
  said: [Buffer, Buffer];
  version: string;
  cipher: string;
  session: Buffer | undefined;
}

export interface ConversationOptions {
  readonly version?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's name; of a TLS 1.3 suite the standard one. */
  readonly cipher?: string;
  readonly certificate?: CertificateOptions;
  readonly alpn?: string[];
  readonly clientAlpn?: string[];
  readonly psk?: boolean;
  readonly dhparam?: 'auto';
  readonly curves?: { client: string; server: string };
  /** A session to resume, and what makes tickets of one server readable to the other. */
  readonly session?: Buffer | undefined;
  readonly ticketKeys?: Buffer;
  readonly withoutTickets?: boolean;
  readonly withoutExtendedMaster?: boolean;
  readonly renegotiate?: boolean;
  readonly requestCert?: boolean;
  readonly turns?: readonly (readonly [Side, Buffer | string])[];
}

export const defaultTurns: readonly (readonly [Side, Buffer | string])[] = [
  [client, 'GET / HTTP/1.1\r\nHost: test.example\r\n\r\n'],
  [server, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
  [client, 'x'],
  [server, Buffer.alloc(40_000, 'abcdefghij')],
  [client, Buffer.alloc(20_000, '0123456789')],
  [server, 'bye'],
];

class End extends Duplex {
  other!: End;
  private readonly side: Side;
  private readonly pieces: Piece[];

  constructor(side: Side, pieces: Piece[]) {
    super();
    this.side = side;
    this.pieces = pieces;
  }
  override _read(): void {}
  override _write(data: Buffer, _encoding: string, done: () => void): void {
    this.pieces.push({ side: this.side, data: Buffer.from(data) });
    this.other.push(data);
    done();
  }
  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }
}

const psk = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

export async function converse(options: ConversationOptions = {}): Promise<Conversation> {
  const pieces: Piece[] = [];
  const clientEnd = new End(client, pieces);
  const serverEnd = new End(server, pieces);
  clientEnd.other = serverEnd;
  serverEnd.other = clientEnd;
  const log: string[] = [];
  const pair = peers(options, clientEnd, serverEnd);
  pair.client.on('keylog', (line) => log.push(line.toString()));
  let session: Buffer | undefined;
  pair.client.on('session', (data) => (session = data));
  await pair.ready;
  const version = pair.client.getProtocol()!;
  const cipher = pair.client.getCipher().standardName;
  if (options.renegotiate === true) {
    await new Promise<void>((resolve, reject) =>
      pair.client.renegotiate({ rejectUnauthorized: false }, (error) => (error === null ? resolve() : reject(error))),
    );
  }
  const said: [Buffer[], Buffer[]] = [[], []];
  for (const [side, text] of options.turns ?? defaultTurns) {
    const data = typeof text === 'string' ? Buffer.from(text) : text;
    said[side].push(data);
    const [from, to] = side === client ? [pair.client, pair.server] : [pair.server, pair.client];
    await sendAll(from, to, data);
  }
  await ended(pair.client, pair.server, [clientEnd, serverEnd]);
  const [first, second] = said.map((parts) => Buffer.concat(parts));
  return { pieces, keyLog: log.join(''), said: [first!, second!], version, cipher, session };
}

function peers(
  options: ConversationOptions,
  clientEnd: End,
  serverEnd: End,
): { client: tls.TLSSocket; server: tls.TLSSocket; ready: Promise<void> } {
  const own = options.psk === true ? {} : pem(options.certificate ?? {});
  const limits = {
    ...(options.version === undefined ? {} : { minVersion: options.version, maxVersion: options.version }),
    ...(options.cipher === undefined
      ? {}
      : { ciphers: options.cipher.startsWith('TLS_') ? options.cipher : `${options.cipher}:@SECLEVEL=0` }),
  };
  const listener = tls.createServer({
    ...own,
    ...limits,
    ...(options.alpn === undefined ? {} : { ALPNProtocols: options.alpn }),
    ...(options.dhparam === undefined ? {} : { dhparam: options.dhparam }),
    ...(options.curves === undefined ? {} : { ecdhCurve: options.curves.server }),
    ...(options.ticketKeys === undefined ? {} : { ticketKeys: options.ticketKeys }),
    secureOptions: (options.withoutTickets === true ? noTicket : 0) | withoutExtendedMaster(options),
    ...(options.requestCert === true ? { requestCert: true, rejectUnauthorized: false } : {}),
    ...(options.psk === true ? { pskCallback: () => psk, pskIdentityHint: 'hint' } : {}),
  });
  keepSessions(listener);
  const ready = new Promise<tls.TLSSocket>((resolve, reject) => {
    listener.once('secureConnection', resolve);
    listener.once('tlsClientError', reject);
  });
  listener.emit('connection', serverEnd);
  const socket = tls.connect({
    socket: clientEnd,
    servername: 'test.example',
    secureOptions: withoutExtendedMaster(options),
    rejectUnauthorized: false,
    ...limits,
    ...(options.requestCert === true ? own : {}),
    ...(options.clientAlpn === undefined ? {} : { ALPNProtocols: options.clientAlpn }),
    ...(options.curves === undefined ? {} : { ecdhCurve: options.curves.client }),
    ...(options.session === undefined ? {} : { session: options.session }),
    ...(options.psk === true
      ? { pskCallback: () => ({ psk, identity: 'me' }), checkServerIdentity: () => undefined }
      : {}),
  });
  socket.on('error', () => {});
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const pair = { client: socket, server: undefined as unknown as tls.TLSSocket, ready: connected };
  pair.ready = Promise.all([connected, ready]).then(([, accepted]) => {
    accepted.on('error', () => {});
    pair.server = accepted;
  });
  return pair;
}

const noTicket = 0x4000;
const noExtendedMasterSecret = 1;

function withoutExtendedMaster(options: ConversationOptions): number {
  return options.withoutExtendedMaster === true ? noExtendedMasterSecret : 0;
}

const sessions = new Map<string, Buffer>();

/** Sessions by id, for resumption without tickets. */
function keepSessions(listener: tls.Server): void {
  listener.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data);
    done();
  });
  listener.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
    done(null, sessions.get(id.toString('hex')) ?? null);
  });
}

function pem(options: CertificateOptions): { key: string; cert: string } {
  const { key, cert } = identity(options);
  return { key, cert };
}

function sendAll(from: tls.TLSSocket, to: tls.TLSSocket, data: Buffer): Promise<void> {
  return new Promise((resolve) => {
    let got = 0;
    const take = (chunk: Buffer): void => {
      got += chunk.length;
      if (got < data.length) return;
      to.off('data', take);
      to.pause();
      resolve();
    };
    to.on('data', take);
    to.resume();
    from.write(data);
  });
}

/** Each side's close_notify has been written when its end of the pair is finished. */
async function ended(one: tls.TLSSocket, other: tls.TLSSocket, ends: readonly End[]): Promise<void> {
  one.end();
  other.end();
  one.resume();
  other.resume();
  for (let waited = 0; waited < 2000 && ends.some(({ writableFinished }) => !writableFinished); waited += 2) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
