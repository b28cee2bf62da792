// Content codings, charsets, trailers and interim responses, sent by Node's http and fetched by curl and Node.

import { Agent, createServer, get } from 'node:http';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { listening } from './support/lab.mjs';
import { prose } from './support/material.mjs';

const TEXT = prose(4000, 9);

export const captures = [
  {
    scenario: 'codings',
    file: 'codings.pcap',
    about: `The same text with every content coding: gzip, x-gzip, deflate with and without its zlib wrapper, br, zstd, gzip inside br,
identity, a gzip of two members, a gzip cut short and one whose name is a lie; then UTF-8, ISO-8859-1 and UTF-16 text, chunked
trailers, 103 Early Hints, and an empty chunked body. One connection, sixteen requests.`,
    made: 'Node.js http as server and client on loopback, tcpdump',
    expect: { connections: 1, requests: { GET: 16 }, responses: { 103: 1, 200: 16 } },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  const zstd = lab.file('text.zst', '');
  await lab.run('zstd', ['-q', '-f', lab.file('text.txt', TEXT), '-o', zstd]);
  const bodies = resources(readFileSync(zstd));
  const server = await listening(
    createServer((request, response) => serve(bodies, request, response)),
    8080,
    '192.0.2.10',
  );
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await fetchAll(bodies);
  lab.keep(await capture.stop(), 'codings.pcap');
  server.closeAllConnections();
}

/** Path -> [headers, body]. */
function resources(zstd) {
  const text = 'text/plain; charset=utf-8';
  const coded = (coding, body) => [{ 'Content-Type': text, 'Content-Encoding': coding }, body];
  const plain = (type, body) => [{ 'Content-Type': type }, body];
  return {
    '/gzip': coded('gzip', gzipSync(TEXT)),
    '/x-gzip': coded('x-gzip', gzipSync(TEXT)),
    '/deflate': coded('deflate', deflateSync(TEXT)),
    '/raw-deflate': coded('deflate', deflateRawSync(TEXT)),
    '/br': coded('br', brotliCompressSync(TEXT)),
    '/zstd': coded('zstd', zstd),
    '/gzip-in-br': coded('gzip, br', brotliCompressSync(gzipSync(TEXT))),
    '/identity': coded('identity', Buffer.from(TEXT)),
    '/two-members': coded('gzip', Buffer.concat([gzipSync(TEXT.slice(0, 1500)), gzipSync(TEXT.slice(1500))])),
    '/cut-short': coded('gzip', gzipSync(TEXT).subarray(0, 500)),
    '/not-gzip': coded('gzip', Buffer.from('this was never compressed\n')),
    '/utf-8': plain('text/plain; charset=utf-8', Buffer.from('Grüße, 你好, 🙂\n')),
    '/latin-1': plain('text/plain; charset=iso-8859-1', Buffer.from('Grüße, señor\n', 'latin1')),
    '/utf-16': plain('text/plain; charset=utf-16le', Buffer.from('Grüße, 你好\n', 'utf16le')),
    '/trailers': plain('text/plain', Buffer.from('one\ntwo\nthree\n')),
    '/empty': plain('text/plain', Buffer.alloc(0)),
  };
}

function serve(bodies, request, response) {
  const [headers, body] = bodies[request.url];
  if (request.url === '/gzip') response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
  if (request.url === '/trailers') return withTrailers(response, body);
  const chunked = request.url === '/empty' ? {} : { 'Content-Length': body.length };
  response.writeHead(200, { ...headers, ...chunked });
  response.end(body);
}

function withTrailers(response, body) {
  response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'Content-MD5, X-Rows' });
  for (const line of body.toString().split(/(?<=\n)/)) if (line) response.write(line);
  response.addTrailers({ 'Content-MD5': 'not-computed', 'X-Rows': '3' });
  response.end();
}

async function fetchAll(bodies) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of Object.keys(bodies)) await fetchOne(path, agent);
  agent.destroy();
}

function fetchOne(path, agent) {
  const headers = { 'Accept-Encoding': 'gzip, deflate, br, zstd', TE: 'trailers', Host: 'text.example' };
  return new Promise((resolve, reject) => {
    get({ host: '192.0.2.10', localAddress: '192.0.2.77', port: 8080, path, agent, headers }, (response) => {
      response.resume().once('end', () => setImmediate(resolve));
    }).once('error', reject);
  });
}
