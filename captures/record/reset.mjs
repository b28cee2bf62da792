// Connections that end in a RST.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { RawClient, listening, sleep } from './support/lab.mjs';
import { closed, opened } from './support/websocket.mjs';
import { prose } from './support/material.mjs';

export const captures = [
  {
    scenario: 'reset',
    file: 'reset.pcap',
    about: `TCP resets: by the server in the middle of a body of known length, in the middle of a chunked one, before any answer, and after
a complete exchange; by the client in the middle of a download and of an upload; on a WebSocket in the middle of a
message; and a connection that a closed port refuses.`,
    made: 'Node.js http and ws 8, raw client sockets on loopback, tcpdump',
    expect: {
      connections: 8,
      requests: { GET: 6, POST: 1 },
      responses: { 101: 1, 200: 4 },
      frames: { text: 1 },
    },
    tshark: { requests: { GET: 6 }, responses: { 101: 1, 200: 1 } },
    tsharkNote: 'answers and requests whose bodies were cut off are not shown',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  const server = createServer(answer);
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.send('first part, ', { fin: false });
    setTimeout(() => socket._socket.resetAndDestroy(), 40);
  });
  await listening(server, 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp portrange 8080-8081' });
  await breakAll();
  lab.keep(await capture.stop(), 'reset.pcap');
  server.closeAllConnections();
}

const client = (port = 8080) => RawClient.open(port, '192.0.2.10', { localAddress: '192.0.2.77' });
const get = (path) => `GET ${path} HTTP/1.1\r\nHost: brittle.example\r\n\r\n`;

async function breakAll() {
  for (const path of ['/length', '/chunked', '/silent', '/complete']) {
    const connection = await client();
    await connection.send(get(path), 100);
    connection.socket.destroy();
  }
  const download = await client();
  await download.send(get('/download'), 30);
  download.reset();
  const upload = await client();
  await upload.send(
    `POST /upload HTTP/1.1\r\nHost: brittle.example\r\nContent-Length: 9000\r\n\r\n${prose(3000, 2)}`,
    30,
  );
  upload.reset();
  const socket = await opened(
    new WebSocket('ws://192.0.2.10:8080/live', { perMessageDeflate: false, localAddress: '192.0.2.77' }),
  );
  socket.on('error', () => {});
  await closed(socket);
  await client(8081).catch(() => {});
}

async function answer(request, response) {
  const { socket } = response;
  if (request.url === '/upload') return;
  if (request.url === '/silent') return sleep(30).then(() => socket.resetAndDestroy());
  if (request.url === '/complete') response.end('complete\n');
  else if (request.url === '/chunked') response.write(prose(900, 4));
  else {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 8000 });
    response.write(prose(3000, 5));
  }
  if (request.url === '/download') return;
  await sleep(40);
  socket.resetAndDestroy();
}
