/** Hostile bytes: nothing throws, nothing loops, memory stays within its bound, and given back in the end. */
import { describe, expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { converse, type Piece } from '../../support/tls-peers.ts';
import { random, record, TlsScript, Type } from '../../support/tls-script.ts';
import { Decoding } from './decoding.ts';

/** mulberry32 */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * sides);
  };
}

function mutated(pieces: readonly Piece[], roll: (sides: number) => number): Piece[] {
  return pieces.flatMap(({ side, data }) => {
    const copy = Buffer.from(data);
    switch (roll(12)) {
      case 0:
        copy[roll(copy.length)] = roll(256);
        return [{ side, data: copy }];
      case 1:
        return [];
      case 2:
        return [
          { side, data: copy },
          { side, data: copy },
        ];
      case 3:
        return [{ side, data: copy.subarray(0, roll(copy.length) + 1) }];
      case 4:
        return [{ side: (1 - side) as Side, data: copy }];
      case 5:
        return [{ side, data: Buffer.concat([copy, Buffer.from([22, 3, 3, roll(80), roll(256)])]) }];
      case 6:
        for (let i = 0; i < 4; i++) copy[roll(Math.min(60, copy.length))] = roll(256);
        return [{ side, data: copy }];
      default:
        return [{ side, data: copy }];
    }
  });
}

function play(decoding: Decoding, pieces: readonly Piece[], roll: (sides: number) => number): void {
  for (const { side, data } of pieces) {
    if (roll(30) === 0) decoding.decoder.gap(side, roll(5000) + 1);
    for (let at = 0; at < data.length;) {
      const next = Math.min(data.length, at + (roll(3) === 0 ? 1 + roll(40) : 1448));
      decoding.give(side, data.subarray(at, next));
      at = next;
    }
    expect(decoding.budget.used).toBeLessThan(200_000 + 2 * 20_000);
  }
  decoding.finish(([EndOfStream.fin, EndOfStream.reset, EndOfStream.captureEnd] as const)[roll(3)]);
  expect(decoding.budget.used).toBe(0);
}

describe.each([
  ['TLS 1.3', { version: 'TLSv1.3' }],
  ['TLS 1.2 GCM', { version: 'TLSv1.2' }],
  ['TLS 1.2 CBC', { version: 'TLSv1.2', cipher: 'ECDHE-ECDSA-AES128-SHA' }],
  ['TLS 1.0', { version: 'TLSv1', cipher: 'ECDHE-ECDSA-AES128-SHA' }],
  ['TLS 1.2, renegotiated', { version: 'TLSv1.2', renegotiate: true }],
] as const)('%s, mutated', (_name, options) => {
  test.each(['keys first', 'keys late', 'no keys'])('%s', async (keys) => {
    const { pieces, keyLog } = await converse(options);
    for (let seed = 1; seed <= 80; seed++) {
      const roll = dice(seed);
      const decoding = new Decoding(keys === 'keys first' ? keyLog : '', { heldPerConnection: 100_000 });
      const changed = mutated(pieces, roll);
      if (keys === 'keys late') {
        const half = roll(changed.length);
        for (const { side, data } of changed.splice(0, half)) decoding.give(side, data);
        decoding.addKeys(keyLog);
      }
      play(decoding, changed, roll);
    }
  });
});

describe('hand-made malice', () => {
  test('a record header at every byte: each is tried once', () => {
    const decoding = new Decoding(new TlsScript().keyLog).play(new TlsScript().handshake().data(server, 'x').pieces);
    decoding.decoder.gap(server, 100);
    const headers = Buffer.alloc(200_000, Buffer.from([23, 3, 3, 0, 23]));
    const started = performance.now();
    for (let at = 0; at < headers.length; at += 1000) decoding.give(server, headers.subarray(at, at + 1000));
    decoding.finish();
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('a handshake message that announces 16 MB', () => {
    const script = new TlsScript().clientHello();
    script.clear(server, Type.handshake, Buffer.from([11, 0xff, 0xff, 0xff]));
    for (let i = 0; i < 100; i++) script.clear(server, Type.handshake, Buffer.alloc(16_000));
    const decoding = new Decoding().play(script.pieces);
    expect(decoding.codes).toEqual(['tls.bad-handshake']);
    decoding.finish();
  });

  test('handshake messages byte by byte, a record each', () => {
    const script = new TlsScript().clientHello();
    const long = Buffer.concat([Buffer.from([11, 1, 0, 0]), Buffer.alloc(65_536)]);
    const started = performance.now();
    const decoding = new Decoding().play(script.pieces);
    for (const byte of long) decoding.give(server, record(Type.handshake, Buffer.from([byte])));
    decoding.finish();
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('hellos as long as they get: what is kept of them counts', () => {
    const filler = Buffer.alloc(60_000, Buffer.from([0x99, 0x99, 0, 0]));
    const extensions = Buffer.concat([Buffer.from([filler.length >> 8, filler.length & 0xff]), filler]);
    const body = Buffer.concat([Buffer.from([3, 3]), random, Buffer.from([0, 0, 2, 0x13, 1, 1, 0]), extensions]);
    const hello = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 0xff]), body]);
    const decoding = new Decoding();
    for (let at = 0; at < hello.length; at += 10_000) {
      decoding.give(client, record(Type.handshake, hello.subarray(at, at + 10_000)));
    }
    expect(decoding.budget.used).toBeGreaterThan(8 * 60_000);
    decoding.finish();
    expect(decoding.budget.used).toBe(0);
  });

  test('records that no key opens: given up after some', () => {
    const script = new TlsScript().handshake();
    const decoding = new Decoding(script.keyLog).play(script.pieces);
    const wrong = record(Type.data, Buffer.alloc(16_000));
    const started = performance.now();
    for (let i = 0; i < 3000; i++) decoding.give(client, wrong);
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(decoding.finish().codes).toEqual(['tls.mac-failed']);
  });

  test('hellos again and again', () => {
    const decoding = new Decoding(new TlsScript().keyLog);
    for (let i = 0; i < 2000; i++) decoding.play(new TlsScript().clientHello().serverHello().pieces);
    decoding.finish();
    expect(decoding.secrets.find(random.toString('hex'))).toBeDefined();
  });

  test.each([0, 1, 4, 5, 40, 41, 42, 43, 60])('hellos cut to %i bytes', (length) => {
    const [hello] = new TlsScript({ sni: 'a.example', alpn: ['h2'] }).clientHello().pieces;
    const body = hello!.data.subarray(9, 9 + length);
    const message = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
    const answer = Buffer.concat([Buffer.from([2, 0, 0, body.length]), body]);
    const decoding = new Decoding();
    decoding.give(client, record(Type.handshake, message));
    decoding.give(server, record(Type.handshake, answer));
    decoding.finish();
    expect(decoding.decoder.facts.decrypted).toBe(false);
  });
});
