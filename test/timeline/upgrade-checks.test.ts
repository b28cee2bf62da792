import { describe, expect, test } from 'vitest';

import type { HttpHead } from '../../src/core/http.ts';
import { type UpgradeJudgement, isUpgradeAttempt, upgradeChecks } from '../../src/timeline/upgrade-checks.ts';
import { headOf, http2HeadOf } from '../support/head-of.ts';

const request = `GET /chat HTTP/1.1
Host: server.example.com
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Sec-WebSocket-Protocol: chat, superchat
Sec-WebSocket-Version: 13`;
const response = `HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`;

const judge = (asked: string | null, answered: string | null): UpgradeJudgement =>
  upgradeChecks(asked === null ? null : headOf(asked), answered === null ? null : headOf(answered));
const failed = ({ checks }: UpgradeJudgement): string[] => checks.filter(({ ok }) => !ok).map(({ name }) => name);
const codes = ({ problems }: UpgradeJudgement): string[] => problems.map(({ code }) => code);
const without = (text: string, field: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith(`${field}:`))
    .join('\n');

describe('a handshake that keeps to the rules', () => {
  test('in full', () => {
    expect(judge(request, `${response}\nSec-WebSocket-Protocol: chat`)).toEqual({
      outcome: 'accepted',
      protocol: 'websocket',
      key: 'dGhlIHNhbXBsZSBub25jZQ==',
      accept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      expectedAccept: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      version: '13',
      offeredSubprotocols: ['chat', 'superchat'],
      subprotocol: 'chat',
      checks: [
        { name: 'method', ok: true, detail: 'GET', reference: 'RFC 6455 4.1' },
        { name: 'http-version', ok: true, detail: 'HTTP/1.1', reference: 'RFC 6455 4.1' },
        { name: 'host', ok: true, detail: 'server.example.com', reference: 'RFC 6455 4.1' },
        { name: 'upgrade', ok: true, detail: 'websocket', reference: 'RFC 6455 4.1' },
        { name: 'connection', ok: true, detail: 'Upgrade', reference: 'RFC 6455 4.1' },
        { name: 'key', ok: true, detail: '16 bytes in base64', reference: 'RFC 6455 4.1' },
        { name: 'version', ok: true, detail: '13', reference: 'RFC 6455 4.1' },
        { name: 'status', ok: true, detail: '101 Switching Protocols', reference: 'RFC 6455 4.1' },
        { name: 'response-upgrade', ok: true, detail: 'websocket', reference: 'RFC 6455 4.1' },
        { name: 'response-connection', ok: true, detail: 'Upgrade', reference: 'RFC 6455 4.1' },
        { name: 'accept', ok: true, detail: 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', reference: 'RFC 6455 4.2.2' },
        { name: 'subprotocol', ok: true, detail: 'chat; offered: chat, superchat', reference: 'RFC 6455 4.1' },
        { name: 'extensions', ok: true, detail: 'none agreed', reference: 'RFC 6455 4.1' },
      ],
      verdict: 'accepted: chat',
      problems: [],
    });
  });

  test.each([
    ['nothing negotiated', '', '', 'accepted: websocket'],
    [
      'an extension',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12',
      'accepted: websocket over permessage-deflate',
    ],
    [
      'a subprotocol and an extension',
      'Sec-WebSocket-Extensions: x-a, permessage-deflate',
      'Sec-WebSocket-Extensions: permessage-deflate\nSec-WebSocket-Protocol: superchat',
      'accepted: superchat over permessage-deflate',
    ],
    ['tokens in other cases and lists', 'Connection: keep-alive', 'Connection: close', 'accepted: websocket'],
  ])('%s', (_name, asked, answered, verdict) => {
    const judgement = judge(`${request}${asked && `\n${asked}`}`, `${response}${answered && `\n${answered}`}`);
    expect(judgement.verdict).toBe(verdict);
    expect(failed(judgement)).toEqual([]);
    expect(judgement.problems).toEqual([]);
  });

  test('case of tokens does not count', () => {
    const judgement = judge(
      request
        .replace('Upgrade: websocket', 'Upgrade: WebSocket')
        .replace('Connection: Upgrade', 'Connection: keep-alive, UPGRADE'),
      response
        .replace('Upgrade: websocket', 'Upgrade: WEBSOCKET')
        .replace('Connection: Upgrade', 'Connection: upgrade'),
    );
    expect(judgement.outcome).toBe('accepted');
    expect(failed(judgement)).toEqual([]);
  });
});

describe('requests that break a rule', () => {
  test.each<[name: string, request: string, check: string[], codes: string[]]>([
    ['method', request.replace('GET', 'POST'), ['method'], ['websocket.bad-request']],
    ['HTTP/1.0', request.replace('HTTP/1.1', 'HTTP/1.0'), ['http-version'], ['websocket.bad-request']],
    ['no Host', without(request, 'Host'), ['host'], ['websocket.bad-request']],
    ['two Hosts', `${request}\nHost: other`, ['host'], ['websocket.bad-request']],
    ['no Connection', without(request, 'Connection'), ['connection'], ['websocket.bad-request']],
    ['no Upgrade', without(request, 'Upgrade'), ['upgrade'], ['websocket.bad-request']],
    ['a short key', request.replace('dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZQ=='), ['key'], ['websocket.bad-key']],
    ['two keys', `${request}\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==`, ['key'], ['websocket.bad-key']],
    ['no key', without(request, 'Sec-WebSocket-Key'), ['key'], ['websocket.bad-key']],
    ['version 8', request.replace('Version: 13', 'Version: 8'), ['version'], ['websocket.bad-version']],
    [
      'Upgrade twice',
      request.replace('Upgrade: websocket', 'Upgrade: websocket\r\nUpgrade: WebSocket'),
      ['repeated-token'],
      ['websocket.repeated-token'],
    ],
    [
      'another Connection line',
      request.replace('Connection: Upgrade', 'Connection: keep-alive\r\nConnection: Upgrade'),
      [],
      [],
    ],
    ['no version', without(request, 'Sec-WebSocket-Version'), ['version'], ['websocket.bad-version']],
  ])('%s', (_name, asked, checks, expected) => {
    const judgement = judge(asked, null);
    expect(judgement.outcome).toBe('unanswered');
    expect(judgement.verdict).toBe('unanswered: no response was seen');
    expect(failed(judgement)).toEqual(checks);
    expect(codes(judgement)).toEqual(expected);
    expect(judgement.problems.every(({ side }) => side === 0)).toBe(true);
    expect(isUpgradeAttempt(headOf(asked))).toBe(true);
  });

  test('are no verdict where the server agrees all the same', () => {
    const judgement = judge(request.replace('Version: 13', 'Version: 8'), response);
    expect(judgement.outcome).toBe('accepted');
    expect(codes(judgement)).toEqual(['websocket.bad-version']);
  });
});

describe('responses that a client must not accept', () => {
  const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
  test.each<[name: string, response: string, check: string, code: string, verdict: string]>([
    [
      'a wrong accept value',
      response.replace('s3p', 'S3P'),
      'accept',
      'websocket.accept-mismatch',
      'invalid: Sec-WebSocket-Accept is not what the key demands',
    ],
    [
      'no accept value',
      without(response, 'Sec-WebSocket-Accept'),
      'accept',
      'websocket.accept-mismatch',
      'invalid: Sec-WebSocket-Accept is absent',
    ],
    [
      'two accept values',
      `${response}\n${accept}`,
      'accept',
      'websocket.accept-mismatch',
      'invalid: Sec-WebSocket-Accept is not what the key demands',
    ],
    [
      'another protocol',
      response.replace('Upgrade: websocket', 'Upgrade: h2c'),
      'response-upgrade',
      'upgrade.protocol-not-offered',
      'invalid: the server switched to h2c, which was not asked for',
    ],
    [
      'no Upgrade',
      without(response, 'Upgrade'),
      'response-upgrade',
      'upgrade.bad-response',
      'invalid: the response has no Upgrade field',
    ],
    [
      'no Connection',
      without(response, 'Connection'),
      'response-connection',
      'upgrade.bad-response',
      'invalid: Connection in the response does not name Upgrade',
    ],
    [
      'a subprotocol of its own',
      `${response}\nSec-WebSocket-Protocol: soap`,
      'subprotocol',
      'websocket.subprotocol-not-offered',
      'invalid: subprotocol soap was not offered',
    ],
    [
      'two subprotocols',
      `${response}\nSec-WebSocket-Protocol: chat\nSec-WebSocket-Protocol: superchat`,
      'subprotocol',
      'websocket.subprotocol-not-offered',
      'invalid: subprotocol chat, superchat was not offered',
    ],
    [
      'an extension of its own',
      `${response}\nSec-WebSocket-Extensions: permessage-deflate`,
      'extensions',
      'websocket.extension-not-offered',
      'invalid: extension permessage-deflate was not offered',
    ],
  ])('%s', (_name, answered, check, code, verdict) => {
    const judgement = judge(request, answered);
    expect(judgement.outcome).toBe('invalid');
    expect(judgement.verdict).toBe(verdict);
    expect(failed(judgement)).toEqual([check]);
    expect(judgement.problems.map((problem) => [problem.code, problem.side])).toEqual([[code, 1]]);
  });

  test('deflate parameters that a response may not carry', () => {
    const judgement = judge(
      `${request}\nSec-WebSocket-Extensions: permessage-deflate`,
      `${response}\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits`,
    );
    expect(judgement.verdict).toBe('invalid: permessage-deflate parameters: client_max_window_bits has no value');
    expect(codes(judgement)).toEqual(['websocket.deflate-parameters']);
  });
});

test.each([
  ['HTTP/1.1 403 Forbidden', 'refused: 403 Forbidden'],
  ['HTTP/1.1 426 Upgrade Required\nSec-WebSocket-Version: 13', 'refused: 426 Upgrade Required'],
  ['HTTP/1.1 200 OK', 'refused: 200 OK'],
  ['HTTP/1.1 404 ', 'refused: 404'],
])('%s', (answered, verdict) => {
  const judgement = judge(request, answered);
  expect(judgement).toMatchObject({ outcome: 'refused', verdict, problems: [] });
  expect(failed(judgement)).toEqual(['status']);
  expect(judgement).not.toHaveProperty('accept');
});

test('a response whose request was not seen', () => {
  const judgement = judge(null, response);
  expect(judgement).toMatchObject({ outcome: 'accepted', protocol: 'websocket', verdict: 'accepted: websocket' });
  expect(judgement).not.toHaveProperty('expectedAccept');
  expect(judgement.checks.map(({ name }) => name)).toEqual(['status', 'response-upgrade', 'response-connection']);
});

describe('other protocols', () => {
  const h2c = 'GET / HTTP/1.1\nHost: a\nUpgrade: h2c\nConnection: Upgrade, HTTP2-Settings\nHTTP2-Settings: AAMAAABk';
  const switched = 'HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: Upgrade';

  test('accepted', () => {
    const judgement = judge(h2c, switched);
    expect(judgement).toMatchObject({ outcome: 'accepted', protocol: 'h2c', verdict: 'accepted: h2c', problems: [] });
    expect(judgement.checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['http2-settings', true],
      ['status', true],
      ['response-upgrade', true],
      ['response-connection', true],
    ]);
    expect(judgement).not.toHaveProperty('expectedAccept');
  });

  test('passed over', () => {
    expect(judge(h2c, 'HTTP/1.1 200 OK')).toMatchObject({ outcome: 'refused', verdict: 'refused: 200 OK' });
  });

  test('without its settings', () => {
    expect(failed(judge(without(h2c, 'HTTP2-Settings'), switched))).toEqual(['http2-settings']);
  });

  test('another one than was asked for', () => {
    const judgement = judge('GET / HTTP/1.1\nHost: a\nUpgrade: TLS/1.2\nConnection: upgrade', switched);
    expect(judgement.outcome).toBe('invalid');
    expect(codes(judgement)).toEqual(['upgrade.protocol-not-offered']);
  });
});

describe('over HTTP/2', () => {
  const asked = `:method: CONNECT
:protocol: websocket
:scheme: https
:path: /chat
:authority: server.example.com
sec-websocket-protocol: chat
sec-websocket-extensions: permessage-deflate
sec-websocket-version: 13`;
  const judge2 = (answered: string | null): UpgradeJudgement =>
    upgradeChecks(http2HeadOf(asked), answered === null ? null : http2HeadOf(answered));

  test('accepted', () => {
    const judgement = judge2(
      ':status: 200\nsec-websocket-protocol: chat\nsec-websocket-extensions: permessage-deflate',
    );
    expect(judgement).toMatchObject({
      outcome: 'accepted',
      protocol: 'websocket',
      subprotocol: 'chat',
      extensions: 'permessage-deflate',
      verdict: 'accepted: chat over permessage-deflate',
      problems: [],
    });
    expect(failed(judgement)).toEqual([]);
  });

  test('fields of the other handshake, and those that are needed', () => {
    const judgement = upgradeChecks(
      http2HeadOf(
        asked.replace(':scheme: https\n', '') + '\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\nupgrade: websocket',
      ),
      http2HeadOf(':status: 200'),
    );
    expect(judgement.outcome).toBe('accepted');
    expect(failed(judgement)).toEqual(['pseudo-fields', 'http1-fields']);
  });

  test('refused, unanswered, and beyond what was offered', () => {
    expect(judge2(':status: 501').verdict).toBe('refused: 501');
    expect(judge2(null).outcome).toBe('unanswered');
    expect(judge2(':status: 200\nsec-websocket-protocol: other').outcome).toBe('invalid');
  });

  test('an extended CONNECT is an attempt, other requests are none', () => {
    expect(isUpgradeAttempt(http2HeadOf(asked))).toBe(true);
    expect(isUpgradeAttempt(http2HeadOf(':method: CONNECT\n:authority: a:443'))).toBe(false);
    expect(isUpgradeAttempt(http2HeadOf(':method: GET\n:scheme: https\n:path: /\nupgrade: websocket'))).toBe(false);
  });
});

test.each<[head: string, attempt: boolean]>([
  ['GET / HTTP/1.1\nHost: a', false],
  ['GET / HTTP/1.1\nHost: a\nConnection: Upgrade', false],
  ['GET / HTTP/1.1\nHost: a\nUpgrade: h2c', false],
  ['GET / HTTP/1.1\nHost: a\nUpgrade: h2c\nConnection: keep-alive, upgrade', true],
  ['GET / HTTP/1.1\nHost: a\nUpgrade: foo, WebSocket', true],
  ['GET / HTTP/1.1\nHost: a\nUpgrade-Insecure-Requests: 1\nConnection: Upgrade', false],
])('%j is an attempt: %s', (head, attempt) => {
  const asked: HttpHead = headOf(head);
  expect(isUpgradeAttempt(asked)).toBe(attempt);
});
