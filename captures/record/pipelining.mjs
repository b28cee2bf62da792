// Requests sent ahead of their answers, by hand through one socket.

import { createServer } from 'node:http';
import { RawClient, listening, sleep } from './support/lab.mjs';

export const captures = [
  {
    scenario: 'pipelining',
    file: 'pipelining.pcap',
    about: `Pipelined HTTP/1.1 by hand. First connection: twenty requests in one write, the third of them slow. Second: GET, HEAD, POST with
a body and DELETE in one write, cut in the middle of the POST's body. Third: one request typed byte by byte. Fourth: two
hundred requests in one write.`,
    made: 'raw sockets against Node.js http on loopback, tcpdump',
    expect: {
      connections: 4,
      requests: { GET: 222, HEAD: 1, POST: 1, DELETE: 1 },
      responses: { 200: 223, 201: 1, 204: 1 },
    },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32'], mtu: 1500 });
  const server = createServer(answer);
  server.maxRequestsPerSocket = 0;
  await listening(server, 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await send();
  lab.keep(await capture.stop(), 'pipelining.pcap');
  server.closeAllConnections();
}

async function answer(request, response) {
  const bytes = Buffer.concat(await request.toArray()).length;
  if (request.url === '/item/3') await sleep(120);
  const status = { POST: 201, DELETE: 204 }[request.method] ?? 200;
  response.sendDate = false;
  const body = status === 204 ? '' : JSON.stringify({ path: request.url, bytes });
  response
    .writeHead(status, status === 204 ? {} : { 'Content-Type': 'application/json', 'Content-Length': body.length })
    .end(body);
}

async function send() {
  const get = (path, method = 'GET') => `${method} ${path} HTTP/1.1\r\nHost: pipe.example\r\n\r\n`;
  const burst = (count, path) => Array.from({ length: count }, (_, n) => get(`${path}/${n + 1}`)).join('');

  const first = await RawClient.open(8080, '192.0.2.10');
  await first.send(burst(20, '/item'));
  await first.until('"/item/20"');
  await first.end();

  const second = await RawClient.open(8080, '192.0.2.10');
  const post = 'POST /orders HTTP/1.1\r\nHost: pipe.example\r\nContent-Length: 27\r\n\r\n';
  await second.send(get('/orders') + get('/orders', 'HEAD') + post + '{"customer":', 60);
  await second.send('"Ada Lovelace"}' + get('/orders/7', 'DELETE'));
  await second.until(' 204 ');
  await second.end();

  const third = await RawClient.open(8080, '192.0.2.10');
  for (const byte of get('/slow-typist')) await third.send(byte, 2);
  await third.until('"/slow-typist"');
  await third.end();

  const fourth = await RawClient.open(8080, '192.0.2.10');
  await fourth.send(burst(200, '/many'));
  await fourth.until('"/many/200"', 5_000);
  await fourth.end();
}
