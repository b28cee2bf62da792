// A recording that ends before its exchanges do.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { RawClient, listening, sleep } from './support/lab.mjs';
import { inbox, opened } from './support/websocket.mjs';
import { noise } from './support/material.mjs';

export const captures = [
  {
    scenario: 'open-end',
    file: 'open-end.pcapng',
    about: `What is still open when the recording stops: server-sent events (six so far, one with id, name and retry, one of two data
lines, a comment between), a long poll without an answer, a download of which 12,000 of 90,000 bytes have come, a chunked
answer in the middle of a chunk, an upload half sent, a request head half sent, and a WebSocket in the middle of a
fragmented message. One exchange on each of the first two connections is complete.`,
    made: 'Node.js http and ws 8, raw client sockets on loopback, dumpcap',
    expect: {
      connections: 7,
      requests: { GET: 7, POST: 1 },
      responses: { 101: 1, 200: 5 },
      frames: { text: 4, continuation: 1 },
    },
    tshark: { requests: { GET: 7 }, responses: { 101: 1, 200: 2 } },
    tsharkNote: 'answers and requests whose bodies are not over are not shown',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  const server = createServer(answer);
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.send('{"hello":"open"}');
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
  await listening(server, 8080, '192.0.2.10');
  const capture = await lab.capture({
    filter: 'tcp port 8080',
    pcapng: true,
    comment: 'stopped while everything is under way',
  });
  await openAll();
  lab.keep(await capture.stop(), 'open-end.pcapng');
  server.closeAllConnections();
}

const client = () => RawClient.open(8080, '192.0.2.10', { localAddress: '192.0.2.77' });
const head = (line, fields = '') => `${line} HTTP/1.1\r\nHost: open.example\r\n${fields}\r\n`;

async function openAll() {
  const events = await client();
  await events.send(head('GET /ready'), 30);
  await events.send(head('GET /events', 'Accept: text/event-stream\r\n'), 10);
  const poll = await client();
  await poll.send(head('GET /ready'), 30);
  await poll.send(head('GET /poll?since=41'), 10);
  await (await client()).send(head('GET /download'), 30);
  await (await client()).send(head('GET /chunked'), 30);
  const upload = head('POST /upload', 'Content-Type: text/plain\r\nContent-Length: 5000\r\n');
  await (await client()).send(upload + 'x'.repeat(2500), 30);
  await (await client()).send('GET /half HTTP/1.1\r\nHost: open.exa', 30);
  const socket = await opened(
    new WebSocket('ws://192.0.2.10:8080/live', { perMessageDeflate: false, localAddress: '192.0.2.77' }),
  );
  socket.send('whole');
  await inbox(socket, 2);
  socket.send('first part, ', { fin: false });
  socket.send('second part, ', { fin: false });
  await sleep(400);
}

async function answer(request, response) {
  if (request.url === '/ready') return response.end('ready\n');
  if (request.url === '/events') return events(response);
  if (request.url === '/download') {
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': 90_000 });
    return response.write(noise(12_000, 3));
  }
  if (request.url === '/chunked') chunked(response.socket);
}

async function events(response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write('id: 1\nevent: price\nretry: 3000\ndata: {"sku":"LAMP-7","price":19.9}\n\n');
  response.write('data: first line\ndata: second line\n\n');
  response.write(': still here\n\n');
  for (let n = 3; n <= 6; n++) {
    await sleep(40);
    response.write(`id: ${n}\ndata: {"tick":${n}}\n\n`);
  }
}

function chunked(socket) {
  socket.write(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nwhole\n\r\n40\r\nonly the beginn',
  );
}
