/** Every version and cipher suite that node:tls can talk, opened with its key log, over several segmentations. */
import { describe, expect, test } from 'vitest';
import { converse, type ConversationOptions } from '../../support/tls-peers.ts';
import { Decoding, cutEvery, whole } from './decoding.ts';

const rsa = { certificate: { kind: 'rsa' } } as const;
const cases: [string, ConversationOptions][] = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'].map(
    (cipher): [string, ConversationOptions] => [`TLS 1.3 ${cipher}`, { version: 'TLSv1.3', cipher }],
  ),
  ...['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'].map((cipher): [string, ConversationOptions] => [
    `TLS 1.3 ${cipher}`,
    { version: 'TLSv1.3', cipher },
  ]),
  ['TLS 1.3 with HelloRetryRequest', { version: 'TLSv1.3', curves: { client: 'X25519:P-256', server: 'P-256' } }],
  ['TLS 1.3 with a client certificate', { version: 'TLSv1.3', requestCert: true }],
  ...[
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-CCM',
    'ECDHE-ECDSA-AES256-CCM8',
    'ECDHE-ECDSA-AES128-SHA',
    'ECDHE-ECDSA-AES256-SHA',
    'ECDHE-ECDSA-AES128-SHA256',
    'ECDHE-ECDSA-AES256-SHA384',
    'ECDHE-ECDSA-CAMELLIA128-SHA256',
    'ECDHE-ECDSA-ARIA128-GCM-SHA256',
    'ECDHE-ECDSA-NULL-SHA',
  ].map((cipher): [string, ConversationOptions] => [`TLS 1.2 ${cipher}`, { version: 'TLSv1.2', cipher }]),
  ...['AES128-GCM-SHA256', 'AES256-SHA', 'AES128-SHA256', 'AES128-CCM', 'CAMELLIA256-SHA', 'NULL-SHA256'].map(
    (cipher): [string, ConversationOptions] => [`TLS 1.2 ${cipher}`, { version: 'TLSv1.2', cipher, ...rsa }],
  ),
  ['TLS 1.2 DHE', { version: 'TLSv1.2', cipher: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto', ...rsa }],
  ['TLS 1.2 PSK', { version: 'TLSv1.2', cipher: 'PSK-AES128-CBC-SHA256', psk: true }],
  ['TLS 1.2 with a client certificate', { version: 'TLSv1.2', requestCert: true }],
  ['TLS 1.1', { version: 'TLSv1.1', cipher: 'ECDHE-ECDSA-AES128-SHA' }],
  ['TLS 1.0', { version: 'TLSv1', cipher: 'ECDHE-ECDSA-AES256-SHA' }],
];

describe.each(cases)('%s', (_name, options) => {
  const talk = converse(options);
  // A suite this OpenSSL lacks rejects: the tests below say so.
  talk.catch(() => {});

  test.each([
    ['as sent', whole],
    ['in segments of 1448', cutEvery(1448)],
    ['in segments of 7', cutEvery(7)],
    ['byte by byte', cutEvery(1)],
  ])('%s', async (_cut, cut) => {
    const { pieces, keyLog, said, cipher } = await talk;
    const decoding = new Decoding(keyLog).play(pieces, cut).finish();
    for (const side of [0, 1] as const) {
      expect(decoding.missing(side)).toBe(0);
      expect(decoding.text(side).equals(said[side])).toBe(true);
    }
    const { facts } = decoding.decoder;
    expect(facts).toMatchObject({ cipher, sni: 'test.example', decrypted: true });
    expect(facts.reason).toBeUndefined();
    expect(decoding.codes.filter((code) => code !== 'tls.deprecated-version')).toEqual([]);
    expect(decoding.ends).toEqual(['0 0', '1 0']);
    expect(decoding.budget.used).toBe(0);
  });
});
