/** Captures of one direction only, and of both without a hello: what can be opened is, for the rest the reason is exact. */
import { describe, expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { mostSessions } from '../../../src/decode/tls/session-search.ts';
import { converse } from '../../support/tls-peers.ts';
import { TlsScript } from '../../support/tls-script.ts';
import { Decoding } from './decoding.ts';

const suites13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const suites12 = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
];

/** Sessions of somebody else. */
const others = (count: number): string =>
  Array.from({ length: count }, (_, n) => {
    const random = n.toString(16).padStart(64, '0');
    return ['CLIENT', 'SERVER'].map((side) => `${side}_TRAFFIC_SECRET_0 ${random} ${'5a'.repeat(32)}\n`).join('');
  }).join('');

function only(side: Side, pieces: readonly { side: Side; data: Buffer }[], keyLog: string): Decoding {
  const decoding = new Decoding(keyLog).play(pieces.filter((piece) => piece.side === side));
  decoding.decoder.end(side, EndOfStream.fin);
  decoding.decoder.end(side === client ? server : client, EndOfStream.captureEnd);
  decoding.decoder.close();
  return decoding;
}

describe.each([['TLSv1.3', suites13], ['TLSv1.2', suites12]] as const)('%s', (version, ciphers) => {
  test.each(ciphers)('only the server, %s', async (cipher) => {
    const { pieces, keyLog, said } = await converse({ version, cipher });
    const decoding = only(server, pieces, others(20) + keyLog + others(3));
    expect(decoding.text(server).equals(said[server])).toBe(true);
    expect(decoding.decoder.facts).toMatchObject({ decrypted: true });
    expect(decoding.decoder.facts.reason).toBeUndefined();
  });
}); // prettier-ignore

test.each(suites13)('only the client, %s', async (cipher) => {
  const { pieces, keyLog, said } = await converse({ version: 'TLSv1.3', cipher });
  const decoding = only(client, pieces, keyLog);
  expect(decoding.text(client).equals(said[client])).toBe(true);
  expect(decoding.decoder.facts).toMatchObject({ decrypted: true, version: 'TLS 1.3', cipher });
});

test('only the client, whose handshake secret is not there', async () => {
  const { pieces, keyLog, said } = await converse({ version: 'TLSv1.3' });
  const decoding = only(client, pieces, keyLog.replaceAll(/^CLIENT_HANDSHAKE.*\n/gm, ''));
  expect(decoding.text(client).equals(said[client])).toBe(true);
});

test.each([client, server])('both sides, but for the first record of side %i', async (side) => {
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    if (side === server && version === 'TLSv1.2') continue;
    const { pieces, keyLog, said } = await converse({ version });
    const first = pieces.findIndex((piece) => piece.side === side);
    const { data } = pieces[first]!;
    const length = 5 + data.readUInt16BE(3);
    const decoding = new Decoding(keyLog);
    for (const [n, piece] of pieces.entries()) {
      if (n !== first) decoding.give(piece.side, piece.data);
      else {
        decoding.decoder.gap(side, length);
        if (length < data.length) decoding.give(side, data.subarray(length));
      }
    }
    decoding.finish();
    expect([client, server].map((each) => decoding.text(each).equals(said[each]))).toEqual([true, true]);
    expect(decoding.decoder.facts.decrypted).toBe(true);
  }
});

describe('the reason', () => {
  const script = (): TlsScript => new TlsScript().handshake().data(client, 'GET /').data(server, 'answer');
  const closed = (side: Side, keyLog: string, pieces = script().pieces): string | undefined =>
    only(side, pieces, keyLog).decoder.facts.reason;

  test('only the server', () => {
    expect(closed(server, '')).toBe('the ClientHello was not captured, which names the secrets');
    expect(closed(server, others(3))).toBe(
      'the ClientHello was not captured, and no session in the key log opens what the server sent',
    );
    const many = others(mostSessions) + script().keyLog;
    expect(closed(server, many)).toBe(
      `the ClientHello was not captured, and the key log has too many sessions to try: ${mostSessions + 1}`,
    );
  });

  test('what a run may try is bounded', () => {
    const decoding = new Decoding(others(10));
    decoding.secrets.guesses = 15;
    decoding.play(script().pieces.filter(({ side }) => side === server));
    decoding.decoder.end(client, EndOfStream.captureEnd);
    expect(decoding.secrets.guesses).toBe(0);
    expect(decoding.finish().decoder.facts.decrypted).toBe(false);
    const next = only(server, script().pieces, '');
    expect(next.decoder.facts.reason).toBe('the ClientHello was not captured, which names the secrets');
    const late = new Decoding(others(3));
    late.secrets.guesses = 0;
    late.play(script().pieces.filter(({ side }) => side === server)).finish();
    expect(late.decoder.facts.reason).toBe(
      'the ClientHello was not captured, and too many sessions of the key log have been tried',
    );
  });

  test('only the client', async () => {
    expect(closed(client, '')).toBe('the ServerHello was not captured, and there is no secret for this client random');
    expect(closed(client, script().keyLog.replace(/ \S+$/gm, ' ' + 'cd'.repeat(32)))).toBe(
      'the ServerHello was not captured, and no secret of this client random opens what the client sent',
    );
    const { pieces, keyLog } = await converse({ version: 'TLSv1.2' });
    expect(closed(client, keyLog, pieces)).toBe('the ServerHello was not captured, without which TLS 1.2 has no keys');
  });
});
