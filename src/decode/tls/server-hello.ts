/** ServerHello (RFC 8446 4.1.3, RFC 5246 7.4.1.3), HelloRetryRequest with it, and the extensions TLS 1.3 encrypts. */
import { protocolNames } from './client-hello.ts';
import { Cursor } from './cursor.ts';
import { Extension } from './numbers.ts';

export interface ServerHello {
  /** The version chosen, out of its extension where there is one. */
  version: number;
  readonly random: string;
  readonly sessionId: string;
  readonly cipher: number;
  readonly compressed: boolean;
  /** Not a ServerHello but a HelloRetryRequest, which is told by its random. */
  readonly isRetry: boolean;
  alpn: string | undefined;
  encryptThenMac: boolean;
  extendedMasterSecret: boolean;
  preSharedKey: boolean;
}

/** SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3). */
const retryRandom = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';

export function parseServerHello(data: Uint8Array, start: number, end: number): ServerHello | null {
  const cursor = new Cursor(data, start, end);
  const version = cursor.u16();
  const random = cursor.hex(32);
  const sessionId = cursor.hex(cursor.u8());
  const cipher = cursor.u16();
  const compressed = cursor.u8() !== 0;
  if (!cursor.ok) return null;
  const hello: ServerHello = {
    version,
    random,
    sessionId,
    cipher,
    compressed,
    isRetry: random === retryRandom,
    alpn: undefined,
    encryptThenMac: false,
    extendedMasterSecret: false,
    preSharedKey: false,
  };
  eachExtension(cursor, (type, body) => takeExtension(hello, type, body));
  return hello;
}

/** EncryptedExtensions (RFC 8446 4.3.1). @returns the protocol agreed on */
export function parseEncryptedExtensions(data: Uint8Array, start: number, end: number): string | undefined {
  let alpn: string | undefined;
  eachExtension(new Cursor(data, start, end), (type, body) => {
    if (type === Extension.alpn) alpn = protocolNames(body)[0];
  });
  return alpn;
}

function eachExtension(cursor: Cursor, take: (type: number, body: Cursor) => void): void {
  if (cursor.isAtEnd) return;
  const list = cursor.part(cursor.u16());
  while (!list.isAtEnd) {
    const type = list.u16();
    const body = list.part(list.u16());
    if (list.ok) take(type, body);
  }
}

function takeExtension(hello: ServerHello, type: number, body: Cursor): void {
  switch (type) {
    case Extension.supportedVersions:
      hello.version = body.u16();
      break;
    case Extension.alpn:
      hello.alpn = protocolNames(body)[0];
      break;
    case Extension.encryptThenMac:
      hello.encryptThenMac = true;
      break;
    case Extension.extendedMasterSecret:
      hello.extendedMasterSecret = true;
      break;
    case Extension.preSharedKey:
      hello.preSharedKey = true;
      break;
    default:
  }
}
