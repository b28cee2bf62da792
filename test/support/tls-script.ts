/** TLS written by hand: records and hellos of a conversation whose secrets are chosen, for what node:tls never says. */
import { createCipheriv, type CipherGCMTypes } from 'node:crypto';
import { client, server, type Side } from '../../src/core/side.ts';
import { cipherSuite, type CipherSuite } from '../../src/decode/tls/cipher-suite.ts';
import { nextTrafficSecret, trafficKeys } from '../../src/decode/tls/key-derivation.ts';
import type { Piece } from './tls-peers.ts';

export const Type = { change: 20, alert: 21, handshake: 22, data: 23 } as const;

export const random = Buffer.alloc(32, 0xc1);
const serverRandom = Buffer.alloc(32, 0x5e);

type Stage = 'early' | 'handshake' | 'application';

export interface ScriptOptions {
  readonly suite?: number;
  readonly earlyData?: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  /** The certificate message of the server, if any: its body. */
  readonly certificate?: Buffer;
}

export class TlsScript {
  readonly pieces: Piece[] = [];
  readonly said: [Buffer[], Buffer[]] = [[], []];
  /** Sides and packets of the data: `c7`, `s8`. */
  readonly order: string[] = [];
  private readonly suite: CipherSuite;
  private readonly suiteId: number;
  private readonly options: ScriptOptions;
  private readonly state: [Keys, Keys];

  constructor(options: ScriptOptions = {}) {
    this.options = options;
    this.suiteId = options.suite ?? 0x1301;
    this.suite = cipherSuite(this.suiteId)!;
    this.state = [new Keys(this.suite), new Keys(this.suite)];
  }

  /** Lines of a key log, by label; leave some out to lose them. */
  get keyLines(): Record<string, string> {
    const line = (label: string, secret: Buffer): string =>
      `${label} ${random.toString('hex')} ${secret.toString('hex')}\n`;
    return {
      early: line('CLIENT_EARLY_TRAFFIC_SECRET', this.secret(client, 'early')),
      clientHandshake: line('CLIENT_HANDSHAKE_TRAFFIC_SECRET', this.secret(client, 'handshake')),
      serverHandshake: line('SERVER_HANDSHAKE_TRAFFIC_SECRET', this.secret(server, 'handshake')),
      client: line('CLIENT_TRAFFIC_SECRET_0', this.secret(client, 'application')),
      server: line('SERVER_TRAFFIC_SECRET_0', this.secret(server, 'application')),
    };
  }

  get keyLog(): string {
    return Object.values(this.keyLines).join('');
  }

  text(side: Side): Buffer {
    return Buffer.concat(this.said[side]);
  }

  // --- in clear --------------------------------------------------------------------------------------------------------

  clientHello(): this {
    return this.clear(client, Type.handshake, clientHello(this.suiteId, this.options));
  }

  serverHello(version = 0x0304): this {
    return this.clear(server, Type.handshake, serverHello(serverRandom, this.suiteId, version));
  }

  helloRetryRequest(): this {
    const retry = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
    return this.clear(server, Type.handshake, serverHello(retry, this.suiteId, 0x0304));
  }

  change(side: Side): this {
    return this.clear(side, Type.change, Buffer.from([1]));
  }

  clear(side: Side, type: number, content: Buffer): this {
    this.pieces.push({ side, data: record(type, content) });
    return this;
  }

  // --- protected -------------------------------------------------------------------------------------------------------

  keys(side: Side, stage: Stage): this {
    this.state[side].use(this.secret(side, stage));
    return this;
  }

  seal(side: Side, type: number, content: Buffer, padding = 0): this {
    this.pieces.push({ side, data: this.state[side].seal(type, content, padding) });
    return this;
  }

  data(side: Side, content: Buffer | string, padding = 0): this {
    const bytes = Buffer.from(content);
    this.said[side].push(bytes);
    this.order.push(`${side === client ? 'c' : 's'}${this.pieces.length + 1}`);
    return this.seal(side, Type.data, bytes, padding);
  }

  message(side: Side, type: number, body: Buffer | string = ''): this {
    return this.seal(side, Type.handshake, message(type, Buffer.from(body)));
  }

  alert(side: Side, level: number, description: number): this {
    return this.seal(side, Type.alert, Buffer.from([level, description]));
  }

  keyUpdate(side: Side): this {
    this.message(side, 24, Buffer.from([0]));
    this.state[side].next();
    return this;
  }

  /** Everything up to the application's first byte. */
  handshake(): this {
    this.clientHello().serverHello().change(server);
    this.keys(server, 'handshake').message(server, 8, Buffer.from([0, 0]));
    if (this.options.certificate !== undefined) this.message(server, 11, this.options.certificate);
    this.message(server, 20, Buffer.alloc(32)).keys(server, 'application');
    return this.change(client)
      .keys(client, 'handshake')
      .message(client, 20, Buffer.alloc(32))
      .keys(client, 'application');
  }

  close(side: Side): this {
    return this.alert(side, 1, 0);
  }

  private secret(side: Side, stage: Stage): Buffer {
    const fill = { early: 0x10, handshake: 0x20, application: 0x30 }[stage] + side;
    return Buffer.alloc(this.suite.hash === 'sha384' ? 48 : 32, fill);
  }
}

class Keys {
  private secret: Buffer = Buffer.alloc(0);
  private sequence = 0n;
  private readonly suite: CipherSuite;

  constructor(suite: CipherSuite) {
    this.suite = suite;
  }

  use(secret: Buffer): void {
    this.secret = secret;
    this.sequence = 0n;
  }

  next(): void {
    this.use(nextTrafficSecret(this.suite, this.secret));
  }

  seal(type: number, content: Buffer, padding: number): Buffer {
    const { key, iv } = trafficKeys(this.suite, this.secret);
    const nonce = Buffer.from(iv);
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.sequence++, 4);
    const inner = Buffer.concat([content, Buffer.from([type]), Buffer.alloc(padding)]);
    const { tagLength } = this.suite;
    const header = Buffer.from([Type.data, 3, 3, 0, 0]);
    header.writeUInt16BE(inner.length + tagLength, 3);
    const cipher = createCipheriv(this.suite.algorithm as CipherGCMTypes, key, nonce, { authTagLength: tagLength });
    cipher.setAAD(header, { plaintextLength: inner.length });
    const sealed = [cipher.update(inner), cipher.final()];
    return Buffer.concat([header, ...sealed, cipher.getAuthTag()]);
  }
}

export function record(type: number, content: Buffer): Buffer {
  const header = Buffer.from([type, 3, 3, content.length >> 8, content.length & 0xff]);
  return Buffer.concat([header, content]);
}

export function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff]), body]);
}

const two = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const vector = (content: Buffer): Buffer => Buffer.concat([two(content.length), content]);
const short = (content: Buffer): Buffer => Buffer.concat([Buffer.from([content.length]), content]);
const extension = (type: number, content: Buffer): Buffer => Buffer.concat([two(type), vector(content)]);

export function clientHello(suite: number, options: ScriptOptions): Buffer {
  const extensions = [extension(43, short(two(0x0304)))];
  const { sni, alpn, earlyData } = options;
  if (sni !== undefined)
    extensions.push(extension(0, vector(Buffer.concat([Buffer.from([0]), vector(Buffer.from(sni))]))));
  if (alpn !== undefined) {
    extensions.push(extension(16, vector(Buffer.concat(alpn.map((name) => short(Buffer.from(name)))))));
  }
  if (earlyData === true) extensions.push(extension(42, Buffer.alloc(0)));
  const suites = Buffer.concat([two(0x1a1a), two(suite)]);
  const parts = [two(0x0303), random, short(Buffer.alloc(0)), vector(suites), Buffer.from([1, 0])];
  return message(1, Buffer.concat([...parts, vector(Buffer.concat(extensions))]));
}

function serverHello(helloRandom: Buffer, suite: number, version: number): Buffer {
  const parts = [two(Math.min(version, 0x0303)), helloRandom, short(Buffer.alloc(0)), two(suite), Buffer.from([0])];
  const extensions = version > 0x0303 ? vector(extension(43, two(version))) : Buffer.alloc(0);
  return message(2, Buffer.concat([...parts, extensions]));
}
