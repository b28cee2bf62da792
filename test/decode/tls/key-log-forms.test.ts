/** Every kind of line that a key log may have: each by itself opens the session it is of. */
import { describe, expect, test } from 'vitest';
import { client, server } from '../../../src/core/side.ts';
import { converse, type Conversation, type Piece } from '../../support/tls-peers.ts';
import { Decoding } from './decoding.ts';

const certificate = { kind: 'rsa' } as const;
const rsa = { version: 'TLSv1.2', cipher: 'AES128-GCM-SHA256', certificate } as const;

function opens({ pieces, said }: Conversation, keyLog: string): void {
  const decoding = new Decoding(keyLog).play(pieces).finish();
  expect(decoding.keyLogProblems).toEqual([]);
  expect(decoding.decoder.facts).toMatchObject({ decrypted: true });
  for (const side of [client, server]) expect(decoding.text(side).equals(said[side])).toBe(true);
}

/** Bodies of one side's handshake messages of a type, as far as they are in clear. */
function messages(pieces: readonly Piece[], side: number, type: number): Buffer[] {
  const data = Buffer.concat(pieces.filter((piece) => piece.side === side).map((piece) => piece.data));
  const found: Buffer[] = [];
  for (let at = 0; at + 5 <= data.length && data[at] === 22; at += 5 + data.readUInt16BE(at + 3)) {
    for (let inside = at + 5; inside < at + 5 + data.readUInt16BE(at + 3);) {
      const length = data.readUIntBE(inside + 1, 3);
      if (data[inside] === type) found.push(data.subarray(inside + 4, inside + 4 + length));
      inside += 4 + length;
    }
  }
  return found;
}

const [clientHello, serverHello, keyExchange] = [1, 2, 16];

function clientRandom({ pieces }: Conversation): string {
  return messages(pieces, client, clientHello)[0]!.toString('hex', 2, 34);
}

/** OpenSSL writes two lines where keys are exchanged by RSA. */
function line({ keyLog }: Conversation, label: string): string {
  return new RegExp(`^${label} [0-9a-f]+ [0-9a-f]+\\n`, 'm').exec(keyLog)![0];
}

describe.each([
  ['with an extended master secret', rsa],
  ['without', { ...rsa, withoutExtendedMaster: true }],
  ['TLS 1.1', { ...rsa, version: 'TLSv1.1', cipher: 'AES128-SHA' } as const],
  ['TLS 1.1, without', { ...rsa, version: 'TLSv1.1', cipher: 'AES128-SHA', withoutExtendedMaster: true } as const],
])('key exchange by RSA, %s', (_name, options) => {
  const talk = converse(options);

  test('RSA: the encrypted premaster secret, the secret', async () => {
    const encrypted = messages((await talk).pieces, client, keyExchange)[0]!;
    const own = line(await talk, 'RSA');
    expect(own.split(' ')[1]).toBe(encrypted.toString('hex', 2, 10));
    opens(await talk, own);
  });

  test('PMS_CLIENT_RANDOM: the client random, the premaster secret', async () => {
    const premaster = line(await talk, 'RSA')
      .trim()
      .split(' ')[2];
    opens(await talk, `PMS_CLIENT_RANDOM ${clientRandom(await talk)} ${premaster}\n`);
  });

  test('CLIENT_RANDOM: the client random, the master secret', async () => {
    opens(await talk, line(await talk, 'CLIENT_RANDOM'));
  });

  test('an RSA line that comes late', async () => {
    const { pieces, said } = await talk;
    const decoding = new Decoding().play(pieces);
    decoding.addKeys(line(await talk, 'RSA'));
    expect(decoding.text(server).equals(said[server])).toBe(true);
  });
});

test('RSA Session-ID: the session and its master secret', async () => {
  const talk = await converse({ version: 'TLSv1.2', withoutTickets: true });
  const hello = messages(talk.pieces, server, serverHello)[0]!;
  const id = hello.toString('hex', 35, 35 + hello[34]!);
  expect(id.length).toBe(64);
  const master = /(\S{96})\s*$/.exec(talk.keyLog)![1]!;
  opens(talk, `RSA Session-ID:${id.toUpperCase()} Master-Key:${master.toUpperCase()}\n`);
});

test('a byte order mark before the first line', async () => {
  const talk = await converse({ version: 'TLSv1.2' });
  opens(talk, '\uFEFF' + talk.keyLog);
});

test('labels of other purposes, comments, either kind of line end', async () => {
  const talk = await converse({ version: 'TLSv1.3' });
  const others = `EXPORTER_SECRET ${'0'.repeat(64)} ${'1'.repeat(64)}\nQUIC_SERVER_TRAFFIC_SECRET_0 ab cd\n\n# a comment\n`;
  opens(talk, others + talk.keyLog.replaceAll('\n', '\r\n'));
});
