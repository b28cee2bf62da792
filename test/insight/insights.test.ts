/** Resources from paths, clients from fields, static or dynamic with a reason, requests and replies. */
import { describe, expect, test } from 'vitest';
import { clientProgram, clientText } from '../../src/insight/client-program.ts';
import { FieldIndex } from '../../src/insight/doctor/field-index.ts';
import { Variation } from '../../src/insight/variation.ts';
import { contentOrigin } from '../../src/insight/content-origin.ts';
import { MessageLenses } from '../../src/insight/lenses/message-lenses.ts';
import { Replies } from '../../src/insight/replies.ts';
import { Resources, templateOf } from '../../src/insight/resources.ts';
import { connection, exchange, message, openConnection } from '../support/records.ts';

test.each([
  ['/items/17', '/items/{id}'],
  ['/items/17/parts/3', '/items/{id}/parts/{id}'],
  ['/a/0b7e4c2e-93b7-4c60-9b0e-1f6d1ad3d0f4', '/a/{uuid}'],
  ['/blob/9f86d081884c7d659a2feaa0c55ad015', '/blob/{hash}'],
  ['/days/2026-11-22', '/days/{date}'],
  ['/months/2026-11', '/months/{date}'],
  ['/at/2026-11-22T10:00:00.5Z', '/at/{date}'],
  ['/at/2026-11-22T10%3A00%3A00%2B01%3A00', '/at/{date}'],
  ['/parts/2026-99', '/parts/2026-99'],
  ['/v1/items', '/v1/items'],
  ['/deadbeefdeadbeefdead', '/deadbeefdeadbeefdead'],
  ['*', '*'],
])('%s is %s', (path, template) => expect(templateOf(path)).toBe(template));

test('resources count what was done to them', () => {
  const resources = new Resources();
  for (const request of ['GET /items/1?x=2', 'PUT /items/2', 'DELETE http://a/items/3', 'BREW /items/4']) {
    resources.exchange(exchange({ request: `${request} HTTP/1.1\r\n\r\n`, response: 'HTTP/1.1 200 OK\r\n\r\n' }));
  }
  const [items] = resources.entries();
  expect(items).toMatchObject({ path: '/items/{id}', count: 4 });
  expect(items!.operations).toEqual({ create: 0, read: 1, update: 1, delete: 1, other: 1 });
});

test('the answer to an extended CONNECT is waited for from its head on', () => {
  const times = [0, 9e9, 3e6, 9e9] as const;
  const ask = (request: string) => exchange({ times, request: `${request}\r\n\r\n`, response: 'HTTP/2.0 200\r\n\r\n' });
  expect(ask('CONNECT /chat HTTP/2.0\r\n:protocol: websocket').wait).toBe(3e6);
  // Answered while it was still sent.
  expect(ask('OPTIONS /chat HTTP/2.0').wait).toBe(0);
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36',
    'Chrome 126 on Windows 10 or later',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile/15E148 Safari/604.1',
    'Safari 17 on iOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1',
    'Chrome 124 on iOS',
  ],
  ['Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25.0 Chrome/121.0 Mobile', 'Samsung Internet 25 on Android'],
  ['Mozilla/5.0 (compatible; Examplebot/2.1; +http://a.example/bot)', 'Examplebot 2.1'],
  ['Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)', 'Internet Explorer 8 on Windows'],
  ['curl/7.88.1', 'curl 7.88.1'],
  ['shop-admin/1.4', 'shop-admin 1.4'],
  ['', 'does not say'],
  [undefined, 'does not say'],
])('%s is %s', (field, program) => expect(clientProgram(field)).toBe(program));

test.each([
  ['GET /a.css', '', 'static: the path ends in .css'],
  ['GET /a', 'ETag: "1"\r\nLast-Modified: x\r\n', 'static: has Last-Modified and ETag'],
  ['GET /a.php', '', 'dynamic: the path ends in .php'],
  ['GET /a', 'Set-Cookie: a=1\r\n', 'dynamic: sets a cookie'],
  ['GET /a', 'X-Powered-By: Express\r\n', 'dynamic: made by Express'],
  ['GET /a', 'Cache-Control: private\r\n', 'dynamic: must not be shared or stored'],
  ['POST /a', '', 'dynamic: a POST is worked on'],
  ['GET /a', '', 'unknown: nothing tells'],
])('%s with %j is %s', (request, fields, expected) => {
  const record = exchange({ request: `${request} HTTP/1.1\r\n\r\n`, response: `HTTP/1.1 200 OK\r\n${fields}\r\n` });
  const { kind, reason } = contentOrigin(record);
  expect(`${kind}: ${reason}`).toBe(expected);
});

test.each([
  ['User-Agent: curl/8.5.0', 'curl 8.5.0'],
  ['Accept-Encoding: gzip, deflate;q=0.5, br, *;q=0', 'does not say, gzip br deflate'],
  ['User-Agent: a/1\r\nAccept-Language: en;q=0.7, de-AT,de;q=0.9,fr;q=0', 'a 1, de en'],
])('a client with %j is %s', (fields, text) => {
  const index = new FieldIndex();
  index.use(exchange({ request: `GET / HTTP/1.1\r\n${fields}\r\n\r\n` }).request.head);
  expect(clientText(index)).toBe(text);
});

describe('equal requests', () => {
  const ask = (target: string, body: string, time = 0, request = 'GET') =>
    exchange({
      request: `${request} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`,
      response: `HTTP/1.1 200 OK\r\n\r\n${body}`,
      times: [time, time, time, time],
    });

  test.each([
    ['with different answers vary', [ask('/a', 'one'), ask('/a', 'two')], true],
    ['with one answer do not', [ask('/a', 'one'), ask('/a', 'one')], false],
    ['are of one target', [ask('/a', 'one'), ask('/b', 'two')], false],
    ['are GET', [ask('/a', 'one'), ask('/a', 'two', 0, 'PUT')], false],
    ['long after may find another state', [ask('/a', 'one'), ask('/a', 'two', 60e9)], false],
    ['vary from then on', [ask('/a', 'one'), ask('/a', 'two'), ask('/a', 'two')], true],
  ])('%s', (_, records, expected) => {
    const variation = new Variation();
    expect(records.map((record) => variation.varies(record)).at(-1)).toBe(expected);
    expect(contentOrigin(records[0]!, expected).kind).toBe(expected ? 'dynamic' : 'unknown');
  });
});

describe('requests and replies', () => {
  test('are matched by id, of the other side', () => {
    const replies = new Replies();
    const on = openConnection();
    const lenses = new MessageLenses();
    const say = (from: 'client' | 'server', time: number, data: object): void => {
      const record = message({ on, from, time, endTime: time, data: JSON.stringify({ jsonrpc: '2.0', ...data }) });
      lenses.message(record);
      replies.message(record);
    };
    say('client', 0, { id: 1, method: 'add' });
    say('client', 1e6, { id: 2, method: 'add' });
    say('server', 2e6, { id: 1, method: 'ask' });
    say('server', 5e6, { id: 2, result: 0 });
    replies.connection(connection({ on }));
    expect({ requests: replies.requests, answered: replies.latency.count, unanswered: replies.unanswered }).toEqual({
      requests: 3,
      answered: 1,
      unanswered: 2,
    });
    expect(replies.latency.percentile(0.5)).toBe(4e6);
  });
});
