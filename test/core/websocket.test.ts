import { describe, expect, test } from 'vitest';

import {
  deflateParameters,
  describeCloseCode,
  expectedAccept,
  isControl,
  isHandshakeKey,
  isSendableCloseCode,
  opcodeName,
  parseCloseBody,
  parseExtensions,
} from '../../src/core/websocket.ts';

test('the accept value of the RFC example', () => {
  expect(expectedAccept('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  expect(expectedAccept(' dGhlIHNhbXBsZSBub25jZQ== ')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('opcodes have names, assigned or not', () => {
  const names = Array.from({ length: 16 }, (_, opcode) => opcodeName(opcode));
  expect(names.filter((name) => !name.startsWith('reserved'))).toEqual([
    'continuation',
    'text',
    'binary',
    'close',
    'ping',
    'pong',
  ]);
  expect(opcodeName(0xb)).toBe('reserved-b');
  expect([0, 2, 7, 8, 0xf].map(isControl)).toEqual([false, false, false, true, true]);
});

test.each<[ranges: string, codes: number[], sendable: boolean]>([
  ['below 1000', [0, 1, 999], false],
  ['assigned', [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014], true],
  ['kept for local use', [1004, 1005, 1006, 1015], false],
  ['unassigned', [1016, 1100, 2000, 2999], false],
  ['libraries and applications', [3000, 3999, 4000, 4999], true],
  ['out of range', [5000, 65_535], false],
])('close codes: %s', (_ranges, codes, sendable) => {
  for (const code of codes) expect([code, isSendableCloseCode(code)]).toEqual([code, sendable]);
});

test('close codes in words', () => {
  expect([1000, 1006, 2000, 3001, 4000, 5000].map(describeCloseCode)).toEqual([
    '1000 normal closure',
    '1006 abnormal closure',
    '2000 unassigned',
    '3001 library or framework',
    '4000 private',
    '5000 unassigned',
  ]);
});

test('close bodies', () => {
  expect(parseCloseBody(Buffer.from(''))).toEqual({ code: undefined, reason: '' });
  expect(parseCloseBody(Buffer.from('03', 'hex'))).toEqual({ code: undefined, reason: '' });
  expect(parseCloseBody(Buffer.from('03e8', 'hex'))).toEqual({ code: 1000, reason: '' });
  expect(parseCloseBody(Buffer.from('03e9c3a9', 'hex'))).toEqual({ code: 1001, reason: 'é' });
});

test.each<[key: string, good: boolean]>([
  ['dGhlIHNhbXBsZSBub25jZQ==', true],
  ['dGhlIHNhbXBsZSBub25jZQ=', false],
  ['dGhlIHNhbXBsZSBub25jZWU=', false],
  ['dGhlIHNhbXBsZSBub25j!Q==', false],
  ['', false],
])('handshake key %s', (key, good) => {
  expect(isHandshakeKey(key)).toBe(good);
});

test.each<[value: string | undefined, expected: ReturnType<typeof parseExtensions>]>([
  [undefined, []],
  ['', []],
  ['permessage-deflate', [{ name: 'permessage-deflate', params: [] }]],
  ['a, b;c', [{ name: 'a', params: [] }, { name: 'b', params: [['c', null]] }]],
  ['a; b=1 ;c = "2"', [{ name: 'a', params: [['b', '1'], ['c', '2']] }]],
  ['a; b="x, y; \\"z\\""', [{ name: 'a', params: [['b', 'x, y; "z"']] }]],
  ['a;;b', [{ name: 'a', params: [['b', null]] }]],
  ['a; b; b', [{ name: 'a', params: [['b', null], ['b', null]] }]],
])('extensions %j', (value, expected) => {
  expect(parseExtensions(value)).toEqual(expected);
}); // prettier-ignore

describe('permessage-deflate parameters', () => {
  const read = (value: string): ReturnType<typeof deflateParameters> => deflateParameters(parseExtensions(value)[0]!);

  test('none', () => {
    expect(read('permessage-deflate')).toEqual({
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
      problems: [],
    });
  });

  test('all', () => {
    const all =
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; ' +
      'server_max_window_bits=8; client_max_window_bits="12"';
    expect(read(all)).toEqual({
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 12,
      problems: [],
    });
  });

  test.each([
    ['server_max_window_bits', 'server_max_window_bits has no value'],
    ['client_max_window_bits=7', 'client_max_window_bits is "7", not a number from 8 to 15'],
    ['client_max_window_bits=08', 'client_max_window_bits is "08", not a number from 8 to 15'],
    ['server_max_window_bits=16', 'server_max_window_bits is "16", not a number from 8 to 15'],
    ['server_no_context_takeover=1', 'server_no_context_takeover takes no value, "1" is given'],
    ['level=9', 'level is not a parameter of permessage-deflate'],
    ['server_no_context_takeover; server_no_context_takeover', 'server_no_context_takeover stands twice'],
  ])('%s', (params, problem) => {
    expect(read(`permessage-deflate; ${params}`).problems).toEqual([problem]);
  });
});
