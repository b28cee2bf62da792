// Messages whose length two readers may disagree on, by raw sockets; the server answers each request it was told to expect.

import { createServer } from 'node:net';
import { RawClient, listening } from './support/lab.mjs';

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n';
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: victim.example\r\n\r\n';

/** A POST with these framing fields and this body. */
const post = (name, fields, body) =>
  `POST /${name} HTTP/1.1\r\nHost: victim.example\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
const chunked = (text) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

/** [path, the client's bytes, the server's answer]. */
const CASES = [
  clTe(),
  teCl(),
  [
    'te-te-identity',
    post('te-te-identity', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunked('a=1')),
  ],
  ['te-xchunked', post('te-xchunked', ['Content-Length: 3', 'Transfer-Encoding: xchunked'], 'a=1')],
  ['te-chunked-not-last', post('te-chunked-not-last', ['Transfer-Encoding: chunked, gzip'], chunked('a=1'))],
  ['te-chunked-twice', post('te-chunked-twice', ['Transfer-Encoding: chunked, chunked'], chunked('a=1'))],
  ['te-obs-fold', post('te-obs-fold', ['Content-Length: 3', 'Transfer-Encoding:\r\n chunked'], chunked('a=1'))],
  [
    'te-space-before-colon',
    post('te-space-before-colon', ['Content-Length: 13', 'Transfer-Encoding : chunked'], chunked('a=1')),
  ],
  ['te-tab', post('te-tab', ['Transfer-Encoding:\tchunked'], chunked('a=1'))],
  [
    'te-vertical-tab',
    post('te-vertical-tab', ['Content-Length: 13', 'Transfer-Encoding: \x0bchunked'], chunked('a=1')),
  ],
  ['te-in-http-1.0', post('te-in-http-1.0', ['Transfer-Encoding: chunked'], chunked('a=1')).replace('/1.1', '/1.0')],
  ['cl-duplicate-equal', post('cl-duplicate-equal', ['Content-Length: 3', 'Content-Length: 3'], 'a=1')],
  ['cl-duplicate-differs', post('cl-duplicate-differs', ['Content-Length: 3', 'Content-Length: 48'], `a=1${SMUGGLED}`)],
  ['cl-list-equal', post('cl-list-equal', ['Content-Length: 3, 3'], 'a=1')],
  ['cl-plus', post('cl-plus', ['Content-Length: +3'], 'a=1')],
  ['cl-negative', post('cl-negative', ['Content-Length: -3'], '')],
  ['cl-hex', post('cl-hex', ['Content-Length: 0x3'], 'a=1')],
  ['cl-overflow', post('cl-overflow', ['Content-Length: 18446744073709551619'], 'a=1')],
  ['cl-empty', post('cl-empty', ['Content-Length:'], '')],
  ['chunk-extension', post('chunk-extension', ['Transfer-Encoding: chunked'], '3;name="va;lue"\r\na=1\r\n0\r\n\r\n')],
  ['chunk-size-hex-prefix', post('chunk-size-hex-prefix', ['Transfer-Encoding: chunked'], '0x3\r\na=1\r\n0\r\n\r\n')],
  [
    'chunk-size-overflow',
    post('chunk-size-overflow', ['Transfer-Encoding: chunked'], '10000000000000003\r\na=1\r\n0\r\n\r\n'),
  ],
  ['chunk-bare-lf', post('chunk-bare-lf', ['Transfer-Encoding: chunked'], '3\na=1\n0\n\n')],
  ['chunk-too-long', post('chunk-too-long', ['Transfer-Encoding: chunked'], '3\r\na=1234\r\n0\r\n\r\n')],
  [
    'trailer-field',
    post('trailer-field', ['Transfer-Encoding: chunked'], '3\r\na=1\r\n0\r\nContent-Length: 99\r\n\r\n'),
  ],
  [
    'get-with-body',
    `GET /get-with-body HTTP/1.1\r\nHost: victim.example\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  ],
  ['bare-lf', 'GET /bare-lf HTTP/1.1\nHost: victim.example\n\n'],
  ['bare-cr', 'GET /bare-cr HTTP/1.1\r\nHost: victim.example\r\nX-A: 1\rX-B: 2\r\n\r\n'],
  ['two-hosts', 'GET /two-hosts HTTP/1.1\r\nHost: victim.example\r\nHost: evil.example\r\n\r\n'],
  ['no-host', 'GET /no-host HTTP/1.1\r\nUser-Agent: rogue\r\n\r\n'],
  ['nul-in-field', 'GET /nul-in-field HTTP/1.1\r\nHost: victim.example\r\nX-Nul: a\0b\r\n\r\n'],
  ['no-colon', 'GET /no-colon HTTP/1.1\r\nHost: victim.example\r\nthis is no field\r\n\r\n'],
  ['space-in-name', 'GET /space-in-name HTTP/1.1\r\nHost: victim.example\r\nX Y: 1\r\n\r\n'],
  ['field-before-first', 'GET /field-before-first HTTP/1.1\r\n Host: victim.example\r\nHost: victim.example\r\n\r\n'],
  ['leading-lines', '\r\n\r\nGET /leading-lines HTTP/1.1\r\nHost: victim.example\r\n\r\n'],
  ['spaces-in-target', 'GET /spaces-in-target two three HTTP/1.1\r\nHost: victim.example\r\n\r\n'],
  ['tabs-in-line', 'GET\t/tabs-in-line\tHTTP/1.1\r\nHost: victim.example\r\n\r\n'],
  ['version-2.7', 'GET /version-2.7 HTTP/2.7\r\nHost: victim.example\r\n\r\n'],
  ['response-both', get('response-both'), answer(['Content-Length: 3', 'Transfer-Encoding: chunked'], chunked('ok\n'))],
  ['response-cl-differs', get('response-cl-differs'), answer(['Content-Length: 3', 'Content-Length: 60'], 'ok\n')],
  ['response-204-with-body', get('response-204-with-body'), answer(['Content-Length: 3'], 'ok\n', '204 No Content')],
  ['response-304-with-length', get('response-304-with-length'), answer(['Content-Length: 3'], '', '304 Not Modified')],
  ['response-bad-status', get('response-bad-status'), answer(['Content-Length: 3'], 'ok\n', '2000 OK')],
  ['response-no-reason', get('response-no-reason'), answer(['Content-Length: 3'], 'ok\n', '200')],
  ['response-splitting', get('response-splitting?to=%0d%0a'), splitting()],
  ['response-before-request', '', OK],
  ['response-too-many', get('response-too-many'), OK + OK],
];

export const captures = [
  {
    scenario: 'smuggling',
    file: 'smuggling.pcap',
    about: `${CASES.length} connections of malformed or ambiguous HTTP/1.1, one case each; the request's path names the case: ${CASES.map(([name]) => name).join(', ')}.
In the first two a second request (GET /admin) hides in the body of the first or behind it; both are answered. Counts are those of
RFC 9112's reading, in which Transfer-Encoding wins; a strict reader refuses some of the heads.`,
    made: 'raw sockets on both ends on loopback, tcpdump',
    expect: {
      connections: CASES.length,
      requests: { GET: 22, POST: 25 },
      responses: { 200: 47, 204: 1, 302: 1, 304: 1, 2000: 1 },
    },
    tshark: { requests: { GET: 20, POST: 24 }, responses: { 200: 47, 204: 1, 302: 1, 304: 1 } },
    tsharkNote: 'chunk-too-long, leading-lines, tabs-in-line and the status 2000 are not shown',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.66/32'], mtu: 1500 });
  let current = CASES[0];
  const server = createServer((socket) => serve(socket, current));
  await listening(server, 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  for (current of CASES) {
    const client = await RawClient.open(8080, '192.0.2.10', { localAddress: '203.0.113.66' });
    await client.send(current[1], 25);
    await client.end();
  }
  lab.keep(await capture.stop(), 'smuggling.pcap');
  server.close();
}

function serve(socket, [name, , answerBytes = OK]) {
  socket.on('error', () => {});
  if (name === 'response-before-request') socket.write(answerBytes);
  socket.once('data', () => socket.write(answerBytes));
  socket.once('end', () => socket.end());
}

/** Content-Length covers the smuggled request, chunked ends before it. */
function clTe() {
  const body = `0\r\n\r\n${SMUGGLED}`;
  return ['cl-te', post('cl-te', [`Content-Length: ${body.length}`, 'Transfer-Encoding: chunked'], body), OK + OK];
}

/** Chunked covers the smuggled request, Content-Length ends before it. */
function teCl() {
  const body = chunked(SMUGGLED);
  const line = body.indexOf('\r\n') + 2;
  return ['te-cl', post('te-cl', [`Content-Length: ${line}`, 'Transfer-Encoding: chunked'], body), OK + OK];
}

function get(path) {
  return `GET /${path} HTTP/1.1\r\nHost: victim.example\r\n\r\n`;
}

function answer(fields, body, status = '200 OK') {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
}

/** What a server gives that copies a line break from the query into a field. */
function splitting() {
  return answer(['Location: /', 'Content-Length: 0'], '', '302 Found') + OK;
}
