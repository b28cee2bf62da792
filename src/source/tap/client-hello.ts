/** What a TLS client asks for before anything is encrypted (RFC 8446 4.1.2): the server's name and the protocols it speaks. */

export interface ClientHello {
  /** In hex: what a key log knows the session by. */
  readonly random: string;
  /** The server's name (RFC 6066 3); undefined where the client named none. */
  readonly name: string | undefined;
  /** Application protocols offered (RFC 7301). */
  readonly protocols: readonly string[];
}

const handshakeRecord = 0x16;
const Extension = { serverName: 0, applicationProtocols: 16 } as const;

/** Whether these first bytes begin a TLS handshake record. */
export function looksLikeTls(data: Buffer): boolean {
  return data[0] === handshakeRecord && (data.length < 2 || data[1] === 3);
}

/** Undefined while the first record is not complete; a hello that cannot be read asks for nothing. */
export function readClientHello(data: Buffer): ClientHello | undefined {
  if (data.length < 5 || data.length < 5 + data.readUInt16BE(3)) return undefined;
  try {
    return parse(data.subarray(5, 5 + data.readUInt16BE(3)));
  } catch {
    return { random: '', name: undefined, protocols: [] };
  }
}

/** @throws RangeError where a length leads out of the record */
function parse(hello: Buffer): ClientHello {
  const random = hello.toString('hex', 4 + 2, 4 + 2 + 32);
  let at = 4 + 2 + 32;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  let name: string | undefined;
  const protocols: string[] = [];
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    const content = hello.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    if (type === Extension.serverName && content.length > 5)
      name = content.toString('latin1', 5, 5 + content.readUInt16BE(3));
    else if (type === Extension.applicationProtocols)
      for (let i = 2; i < content.length; i += 1 + content[i]!)
        protocols.push(content.toString('latin1', i + 1, i + 1 + content[i]!));
  }
  return { random, name, protocols };
}
