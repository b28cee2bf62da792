/** JA3 and JA4 of published examples, and of the public captures as tshark sees them. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../../src/index.ts';
import { emptyHello, type ClientHello } from '../../../src/decode/tls/client-hello.ts';
import { ja3, ja3Text, ja4 } from '../../../src/decode/tls/fingerprint.ts';
import { corpus } from '../../support/corpus.ts';

const empty: ClientHello = { ...emptyHello(), version: 0x0303 };
const hex = (list: string): number[] => list.split(',').map((value) => parseInt(value, 16));

test('JA3', () => {
  const hello = {
    ...empty,
    version: 769,
    ciphers: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
    extensions: [0, 10, 11],
    groups: [23, 24, 25],
    pointFormats: [0],
  };
  expect(ja3Text(hello)).toBe('769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0');
  expect(ja3(hello)).toBe('ada70206e40642a3e4461f35503241d5');
});

test('JA3 leaves GREASE out', () => {
  expect(ja3Text({ ...empty, ciphers: [0x1a1a, 47], extensions: [0xfafa, 10], groups: [0x0a0a, 23] })).toBe(
    '771,47,10,23,',
  );
});

describe('JA4', () => {
  const browser: ClientHello = {
    ...empty,
    ciphers: hex('2a2a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'),
    extensions: hex('7a7a,0000,0017,ff01,000a,000b,0023,0010,0005,000d,0012,0033,002d,002b,001b,0015,4469,aaaa'),
    versions: [0x8a8a, 0x0304, 0x0303],
    alpn: ['h2', 'http/1.1'],
    signatureAlgorithms: hex('0403,0804,0401,0503,0805,0501,0806,0601'),
  };

  test('of a browser', () => expect(ja4(browser)).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1'));

  test.each([
    ['neither name nor protocols', { extensions: [10], alpn: [] }, /^t13i150100_/],
    ['protocols of odd characters', { alpn: ['\xab\x01'] }, /^t13d1516a1_/],
    ['only a version', { versions: [], version: 0x0302 }, /^t11d/],
    ['no ciphers', { ciphers: [] }, /^t13d0016h2_000000000000_/],
    ['no extensions', { extensions: [], signatureAlgorithms: [] }, /_000000000000$/],
    ['a hundred ciphers', { ciphers: Array.from({ length: 100 }, (_, i) => i) }, /^t13d9916h2/],
  ] as const)('with %s', (_name, part, expected) => expect(ja4({ ...browser, ...part })).toMatch(expected));
});

const tsharkIsThere = (() => {
  try {
    return /\btls\.handshake\.ja3\b/.test(
      execFileSync('tshark', ['-G', 'fields'], { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] }).toString(),
    );
  } catch {
    return false;
  }
})();
const encrypted = corpus().filter(({ capture }) => /https1|wss|h2_tls|all_ciphers|tls12-decryption/.test(capture));

describe.skipIf(!tsharkIsThere || encrypted.length === 0)('JA3 as tshark sees it', () => {
  test.each(encrypted.map((entry) => [entry.capture, entry] as const))('%s', async (_name, { path }) => {
    const fields = ['-e', 'tcp.stream', '-e', 'tls.handshake.ja3'];
    const args = ['-n', '-r', path, '-Y', 'tls.handshake.type == 1', '-T', 'fields', ...fields];
    const expected = new Map<number, string>();
    for (const line of execFileSync('tshark', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
      .split('\n')) {
      const [stream, hash] = line.split('\t');
      if (!expected.has(Number(stream))) expected.set(Number(stream), hash!);
    }
    const seen = new Map<number, string>();
    for await (const record of analyze(path)) {
      if (record.type === 'connection' && record.tls?.ja3 !== undefined) seen.set(record.id, record.tls.ja3);
    }
    expect(seen).toEqual(expected);
  });
});
