// Conditional requests: validators sent back, heeded and not; ranges that depend on them; changes that must not be lost.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { listening } from './support/lab.mjs';

const SITE = ['--silent', '--interface', '198.51.100.21', '--resolve', 'www.example:80:192.0.2.10'];

export const captures = [
  {
    scenario: 'conditional',
    file: 'conditional.pcap',
    about: `curl asks for a page, asks again with If-None-Match and with If-Modified-Since (304 both), and once more with neither: the same
bytes again. The page changes: the old validator gets the new page. Part of it with If-Range, which still holds (206) and no longer
does (200); a range beyond its end (416). A PUT with If-Match (204), and the same again with what is now an old one (412); one without
any (428).`,
    made: 'Node.js http and curl on loopback, tcpdump',
    expect: {
      connections: 11,
      requests: { GET: 8, PUT: 3 },
      responses: { 200: 4, 204: 1, 206: 1, 304: 2, 412: 1, 416: 1, 428: 1 },
    },
  },
];

const page = { text: `${'A page that does not change often. '.repeat(40)}\n`, since: 'Sun, 22 Nov 2026 12:00:00 GMT' };
const tagOf = () => `"${createHash('sha1').update(page.text).digest('hex').slice(0, 12)}"`;

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '198.51.100.21/32'], mtu: 1500 });
  const server = await listening(createServer(answer), 80, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80' });
  const ask = (...args) => lab.run('curl', [...SITE, '--output', '/dev/null', ...args, 'http://www.example/page']);
  const first = tagOf();
  await ask();
  await ask('--header', `If-None-Match: ${first}`);
  await ask('--header', `If-Modified-Since: ${page.since}`);
  await ask();
  await ask('--range', '0-99', '--header', `If-Range: ${first}`);
  page.text = `Now it has changed. ${page.text}`;
  page.since = 'Sun, 22 Nov 2026 13:00:00 GMT';
  await ask('--header', `If-None-Match: ${first}`);
  await ask('--range', '0-99', '--header', `If-Range: ${first}`);
  await ask('--range', '100000-');
  const second = tagOf();
  const put = (...args) => ask('--request', 'PUT', '--data', 'A page made anew.', ...args);
  await put('--header', `If-Match: ${second}`);
  await put('--header', `If-Match: ${second}`);
  await put();
  lab.keep(await capture.stop(), 'conditional.pcap');
  server.close();
}

function answer(request, response) {
  const { headers, method } = request;
  const tag = tagOf();
  if (method === 'PUT') return change(request, response);
  const known = headers['if-none-match'] === tag || headers['if-modified-since'] === page.since;
  const fields = { ETag: tag, 'Last-Modified': page.since, 'Cache-Control': 'max-age=0, must-revalidate' };
  if (known) return response.writeHead(304, fields).end();
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const whole = from === undefined || (headers['if-range'] ?? tag) !== tag;
  fields['Content-Type'] = 'text/plain';
  if (whole) return response.writeHead(200, fields).end(page.text);
  const size = page.text.length;
  if (Number(from) >= size) return response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
  const end = Math.min(size - 1, Number(to || size));
  fields['Content-Range'] = `bytes ${from}-${end}/${size}`;
  return response.writeHead(206, fields).end(page.text.slice(Number(from), end + 1));
}

async function change(request, response) {
  const text = Buffer.concat(await request.toArray()).toString();
  const asked = request.headers['if-match'];
  if (asked === undefined) return response.writeHead(428, { 'Content-Type': 'text/plain' }).end('Say If-Match.\n');
  if (asked !== tagOf()) return response.writeHead(412, { 'Content-Type': 'text/plain' }).end('It has changed.\n');
  page.text = text;
  return response.writeHead(204, { ETag: tagOf() }).end();
}
