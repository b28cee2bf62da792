/** Totals of a made-up busy capture, with hostile names in it: what the summary's tests and pictures are drawn from. */
import { Totals } from '../../src/insight/totals.ts';
import { connection, diagnostic, exchange, facts, frame, message, summary, upgrade } from './built-records.ts';

const answers = [
  '200 OK',
  '200 OK',
  '200 OK',
  '304 Not Modified',
  '404 Not Found',
  '201 Created',
  '500 Internal Server Error',
];
const paths = ['/', '/assets/app.js', '/api/items?page=2', '/api/items/7', `/${'very/long/'.repeat(30)}path`];
const hosts = ['shop.example', 'api.example:8443', 'cdn.example', 'xn--r8jz45g.example', 'evil\x1b[2Jhost'];

export function demoTotals(): Totals {
  const totals = new Totals();
  totals.capture({ ...facts, linkTypes: ['Ethernet', 'Linux cooked v2'] });
  for (let i = 0; i < 10; i++) totals.connection(connection(i, i < 3 ? ['http/1.1', 'websocket'] : ['http/1.1']));
  for (let i = 0; i < 300; i++) {
    const method = ['GET', 'GET', 'GET', 'POST', 'DELETE'][i % 5]!;
    totals.exchange(
      exchange({
        id: i + 1,
        connection: i % 10,
        time: i * 1e7,
        wait: 4e5 * Math.exp(((i * 37) % 100) / 14),
        receive: 1e4 * (i % 17),
        request: `${method} ${paths[i % paths.length]!} HTTP/1.1\nHost: ${hosts[Math.floor(i / 7) % hosts.length]!}`,
        response: i % 50 === 49 ? '' : `HTTP/1.1 ${answers[(i * 3) % answers.length]!}\nContent-Type: text/html`,
        responseBytes: (i * 977) % 20_000,
      }),
    );
  }
  totals.exchange(exchange({ id: 400, request: 'GET /chat HTTP/1.1\nHost: shop.example\nUpgrade: websocket' }));
  totals.upgrade(upgrade({ exchange: 400 }));
  const verdict =
    'invalid: the accept value s3pPLMBiTxaQ9kYGzzhZRbK+xOo= was expected, the server sent AAAA: a cache or a broken server';
  totals.upgrade(upgrade({ exchange: 401, connection: 3, outcome: 'invalid', verdict }));
  totals.upgrade(upgrade({ exchange: 402, connection: 4, outcome: 'refused', verdict: 'refused: 403 Forbidden' }));
  for (let i = 0; i < 1200; i++) totals.frame(frame(i % 3 === 0 ? 0 : 1, i % 40 === 0 ? 9 : 1, 'x'.repeat(i % 99)));
  for (let i = 0; i < 1100; i++) totals.message(message(i % 3 === 0 ? 0 : 1, i % 40 === 0 ? 'ping' : 'text', 'hello'));
  totals.diagnostic(diagnostic('tcp.conflicting-overlap'));
  for (let i = 0; i < 12; i++) totals.diagnostic(diagnostic('tcp.gap', { packet: 100 + i }));
  totals.diagnostic(diagnostic('tcp.retired', { packet: 0 }));
  totals.summary(summary());
  return totals;
}
