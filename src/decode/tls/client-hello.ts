/** ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2): what a client says of itself, in clear. */
import { Cursor } from './cursor.ts';
import { Extension } from './numbers.ts';

/** Of an outer ClientHello's extension: the suite, and where in the message the payload stands. */
export interface SealedHello {
  readonly kdf: number;
  readonly aead: number;
  readonly from: number;
  readonly to: number;
}

export interface ClientHello {
  readonly version: number;
  /** Hex, as are all the other byte strings here. */
  readonly random: string;
  readonly sessionId: string;
  /** In wire order, GREASE values with them; so are the other lists. */
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  sni: string | undefined;
  alpn: readonly string[];
  versions: readonly number[];
  groups: readonly number[];
  pointFormats: readonly number[];
  signatureAlgorithms: readonly number[];
  ticket: string;
  earlyData: boolean;
  /** It holds another hello, encrypted (RFC 9849), or something that looks like one. */
  encryptedHello: boolean;
  sealed: SealedHello | undefined;
  /** Of an inner hello: the extensions that are as in the outer one. */
  outerExtensions: readonly number[];
}

/** One that says nothing. */
export function emptyHello(): ClientHello {
  return {
    version: 0,
    random: '',
    sessionId: '',
    ciphers: [],
    extensions: [],
    sni: undefined,
    alpn: [],
    versions: [],
    groups: [],
    pointFormats: [],
    signatureAlgorithms: [],
    ticket: '',
    earlyData: false,
    encryptedHello: false,
    sealed: undefined,
    outerExtensions: [],
  };
}

/** @returns null where the message contradicts itself before its extensions; broken extensions are left out */
export function parseClientHello(data: Uint8Array, start: number, end: number): ClientHello | null {
  const cursor = new Cursor(data, start, end);
  const version = cursor.u16();
  const random = cursor.hex(32);
  const sessionId = cursor.hex(cursor.u8());
  const ciphers = cursor.part(cursor.u16()).numbers();
  cursor.skip(cursor.u8()); // compression methods
  if (!cursor.ok) return null;
  const extensions: number[] = [];
  const hello: ClientHello = { ...emptyHello(), version, random, sessionId, ciphers, extensions };
  if (cursor.isAtEnd) return hello;
  const list = cursor.part(cursor.u16());
  while (!list.isAtEnd) {
    const type = list.u16();
    const body = list.part(list.u16());
    if (!list.ok) break;
    extensions.push(type);
    takeExtension(hello, type, body, start);
  }
  return hello;
}

function takeExtension(hello: ClientHello, type: number, body: Cursor, start: number): void {
  switch (type) {
    case Extension.serverName:
      hello.sni = serverName(body);
      break;
    case Extension.alpn:
      hello.alpn = protocolNames(body);
      break;
    case Extension.supportedVersions:
      hello.versions = body.part(body.u8()).numbers();
      break;
    case Extension.supportedGroups:
      hello.groups = body.part(body.u16()).numbers();
      break;
    case Extension.ecPointFormats:
      hello.pointFormats = body.part(body.u8()).bytes();
      break;
    case Extension.signatureAlgorithms:
      hello.signatureAlgorithms = body.part(body.u16()).numbers();
      break;
    case Extension.sessionTicket:
      hello.ticket = body.hex(body.end - body.at);
      break;
    case Extension.earlyData:
      hello.earlyData = true;
      break;
    case Extension.encryptedClientHello:
      hello.encryptedHello = true;
      hello.sealed = sealedHello(body, start);
      break;
    case Extension.outerExtensions:
      hello.outerExtensions = body.part(body.u8()).numbers();
      break;
    default:
  }
}

/** RFC 6066 3. */
function serverName(body: Cursor): string | undefined {
  const list = body.part(body.u16());
  while (!list.isAtEnd) {
    const type = list.u8();
    const name = list.text(list.u16());
    if (list.ok && type === 0) return name;
  }
  return undefined;
}

/** RFC 7301 3.1. */
export function protocolNames(body: Cursor): string[] {
  const list = body.part(body.u16());
  const names: string[] = [];
  while (!list.isAtEnd) {
    const name = list.text(list.u8());
    if (list.ok) names.push(name);
  }
  return names;
}

/** The extension's body, of an outer hello (RFC 9849 5). @param start of the message that it stands in */
function sealedHello(body: Cursor, start: number): SealedHello | undefined {
  const isOuter = body.u8() === 0;
  const kdf = body.u16();
  const aead = body.u16();
  body.skip(1); // config_id
  body.skip(body.u16()); // enc
  const length = body.u16();
  const from = body.skip(length) - start;
  return isOuter && body.ok ? { kdf, aead, from, to: from + length } : undefined;
}
