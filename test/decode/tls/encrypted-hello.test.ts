/** ECH: HPKE against the vectors of RFC 9180, and hellos sealed here. */
import { createCipheriv, type CipherGCMTypes } from 'node:crypto';
import { expect, test } from 'vitest';
import { client, server } from '../../../src/core/side.ts';
import { hpkeKeys, hpkeOpen } from '../../../src/decode/tls/hpke.ts';
import { random, TlsScript } from '../../support/tls-script.ts';
import type { Piece } from '../../support/tls-peers.ts';
import { Decoding } from './decoding.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

test('RFC 9180 A.1.1: the first message of the base mode', () => {
  const secret = hex('fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc');
  const info = hex('4f6465206f6e2061204772656369616e2055726e');
  const keys = hpkeKeys({ kem: 0x20, kdf: 1, aead: 1 }, secret, info)!;
  expect(keys.key.toString('hex')).toBe('4531685d41d65f03dc48f6b8302c05b0');
  expect(keys.nonce.toString('hex')).toBe('56d890e5accaaf011cff4b7d');
  const sealed = hex('f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a');
  const text = hpkeOpen(keys, Buffer.from('Count-0'), sealed);
  expect(text?.toString()).toBe('Beauty is truth, truth beauty');
  expect(hpkeOpen(keys, Buffer.from('Count-1'), sealed)).toBeNull();
  expect(hpkeOpen(keys, Buffer.from('Count-0'), sealed.subarray(0, 7))).toBeNull();
  expect(hpkeKeys({ kem: 0x20, kdf: 9, aead: 1 }, secret, info)).toBeNull();
  expect(hpkeKeys({ kem: 0x20, kdf: 1, aead: 0xffff }, secret, info)).toBeNull();
});

const innerRandom = Buffer.alloc(32, 0x1d);
const shared = Buffer.alloc(32, 0x5c);
/** version, length, config_id, kem_id, and what is of no matter. */
const config = hex('fe0d 0010 07 0020 000400000000 000400010001 00'.replaceAll(' ', ''));
const u16 = (value: number): Buffer => Buffer.from([value >>> 8, value & 0xff]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), u16(body.length), body]);

function innerHello(outer: Buffer, name: string): Buffer {
  const host = Buffer.concat([u16(name.length + 3), Buffer.from([0]), u16(name.length), Buffer.from(name)]);
  const extensions = Buffer.concat([extension(0, host), extension(0xfd00, Buffer.from([2, 0, 16]))]);
  const ciphers = outer.subarray(35 + outer[34]!, extensionsAt(outer));
  const head = Buffer.concat([outer.subarray(0, 2), innerRandom, Buffer.from([0]), ciphers]);
  return Buffer.concat([head, u16(extensions.length), extensions, Buffer.alloc(40)]);
}

function extensionsAt(hello: Buffer): number {
  const ciphers = 35 + hello[34]!;
  const compression = ciphers + 2 + hello.readUInt16BE(ciphers);
  return compression + 1 + hello[compression]!;
}

/** An outer ClientHello that holds another, as a record. */
function sealedRecord(piece: Buffer, name: string, suite: [kdf: number, aead: number]): Buffer {
  const body = piece.subarray(9);
  const at = extensionsAt(body);
  const text = innerHello(body, name);
  const fields = Buffer.concat([Buffer.from([0]), u16(suite[0]), u16(suite[1]), Buffer.from([7]), u16(32), Buffer.alloc(32, 3)]);
  const all = Buffer.concat([body.subarray(at + 2), extension(0xfe0d, Buffer.concat([fields, u16(text.length + 16), Buffer.alloc(text.length + 16)]))]);
  const covered = Buffer.concat([body.subarray(0, at), u16(all.length), all]);
  const info = Buffer.concat([Buffer.from('tls ech\0'), config]);
  const { algorithm, key, nonce } = hpkeKeys({ kem: 0x20, kdf: suite[0], aead: suite[1] }, shared, info)!;
  const cipher = createCipheriv(algorithm as CipherGCMTypes, key, nonce, { authTagLength: 16 }).setAAD(covered);
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  sealed.copy(covered, covered.length - sealed.length);
  return Buffer.concat([piece.subarray(0, 3), u16(covered.length + 4), Buffer.from([1, 0]), u16(covered.length), covered]);
} // prettier-ignore

const script = (): TlsScript =>
  new TlsScript({ sni: 'outer.example', alpn: ['h2'] }).handshake().data(client, 'GET /').data(server, 'answer');
const pieces = (suite: [number, number] = [1, 1]): Piece[] =>
  script().pieces.map((piece, n) =>
    n === 0 ? { ...piece, data: sealedRecord(piece.data, 'inner.example', suite) } : piece,
  );
const ofInner = script().keyLog.replaceAll(random.toString('hex'), innerRandom.toString('hex'));
const echLines = [['ECH_SECRET', shared], ['ECH_CONFIG', config]]
  .map(([label, value]) => `${String(label)} ${random.toString('hex')} ${(value as Buffer).toString('hex')}\n`)
  .join(''); // prettier-ignore

test.each<[number, number]>([[1, 1], [1, 2], [1, 3], [2, 2], [3, 1]])('the name and the session inside, suite %i %i', (...suite) => {
  const decoding = new Decoding(echLines + ofInner).play(pieces(suite)).finish();
  expect(decoding.keyLogProblems).toEqual([]);
  expect(decoding.decoder.facts).toMatchObject({ decrypted: true, encryptedHello: true, sni: 'outer.example', innerSni: 'inner.example' });
  expect([decoding.text(client).toString(), decoding.text(server).toString()]).toEqual(['GET /', 'answer']);
}); // prettier-ignore

test('secrets that come after the packets', () => {
  const decoding = new Decoding().play(pieces());
  decoding.addKeys(echLines);
  decoding.addKeys(ofInner);
  expect(decoding.text(server).toString()).toBe('answer');
  expect(decoding.decoder.facts.innerSni).toBe('inner.example');
});

test('the session, without what opens the hello: it is found in the key log', () => {
  const decoding = new Decoding(ofInner).play(pieces()).finish();
  expect(decoding.decoder.facts).toMatchObject({ decrypted: true, sni: 'outer.example' });
  expect(decoding.decoder.facts.innerSni).toBeUndefined();
  expect(decoding.text(server).toString()).toBe('answer');
});

test('the server refused it: the secrets stand under the outer random', () => {
  const decoding = new Decoding(echLines + script().keyLog).play(pieces()).finish();
  expect(decoding.decoder.facts).toMatchObject({ decrypted: true, innerSni: 'inner.example' });
});

test('what opens the hello, without the session', () => {
  const decoding = new Decoding(echLines).play(pieces()).finish();
  expect(decoding.decoder.facts).toMatchObject({
    decrypted: false,
    innerSni: 'inner.example',
    reason: 'no secret for the random of the encrypted hello',
  });
});

test('what does not fit opens nothing, and breaks nothing', () => {
  for (const wrong of [echLines.replaceAll('5c5c', '5d5d'), echLines.replaceAll('fe0d0010', 'fe0d00'), echLines.split('\n')[0]! + '\n']) {
    const decoding = new Decoding(wrong).play(pieces()).finish();
    expect(decoding.decoder.facts).toMatchObject({ decrypted: false, reason: 'no secret for this client random' });
    expect(decoding.decoder.facts.innerSni).toBeUndefined();
  }
}); // prettier-ignore
