// A recording that begins when connections are already busy.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { RawClient, listening, sleep } from './support/lab.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';
import { prose } from './support/material.mjs';

export const captures = [
  {
    scenario: 'midstream',
    file: 'midstream.pcap',
    about: `tcpdump starts late. A keep-alive connection whose first exchange is over: two more are seen. A download under way: the rest
of its body, then a whole exchange. A chunked answer under way: its last three chunks, then a whole exchange. A request
already asked: only its answer is seen. A WebSocket whose upgrade is over: its frames alone. Last, one connection from its SYN on.`,
    made: 'Node.js http and ws 8, raw client sockets on loopback, tcpdump',
    expect: {
      connections: 6,
      requests: { GET: 5 },
      responses: { 200: 6 },
      frames: { text: 4, ping: 1, pong: 1, close: 2 },
    },
    tshark: { frames: {} },
    tsharkNote: 'without the upgrade the frames stay TCP payload',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  const server = createServer(answer);
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await listening(server, 8080, '192.0.2.10');
  const clients = await beforeRecording();
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await whileRecording(clients);
  lab.keep(await capture.stop(), 'midstream.pcap');
  server.closeAllConnections();
}

const get = (path) => `GET ${path} HTTP/1.1\r\nHost: late.example\r\n\r\n`;
const client = () => RawClient.open(8080, '192.0.2.10', { localAddress: '192.0.2.77' });

async function beforeRecording() {
  const [keepAlive, download, chunks, asked] = [await client(), await client(), await client(), await client()];
  await keepAlive.send(get('/note/1'));
  await keepAlive.until('note 1');
  await download.send(get('/download'));
  await chunks.send(get('/chunks'));
  await asked.send(get('/slow'));
  const socket = await opened(
    new WebSocket('ws://192.0.2.10:8080/live', { perMessageDeflate: false, localAddress: '192.0.2.77' }),
  );
  await download.until('\r\n\r\n');
  return { keepAlive, download, chunks, asked, socket };
}

async function whileRecording({ keepAlive, download, chunks, asked, socket }) {
  await keepAlive.send(get('/note/2'), 40);
  await keepAlive.send(get('/note/3'), 40);
  await keepAlive.end();
  socket.send('{"n":1}');
  socket.send('{"n":2}');
  await inbox(socket, 2);
  socket.ping('still there?');
  await sleep(30);
  socket.close(1000, 'late enough');
  await closed(socket);
  await download.until('THE END');
  await download.send(get('/note/4'), 40);
  await download.end();
  await chunks.until('chunk 5');
  await sleep(60);
  await chunks.send(get('/note/5'), 40);
  await chunks.end();
  await asked.until('at last');
  await asked.end();
  const whole = await client();
  await whole.send(get('/note/6'), 40);
  await whole.end();
}

/** /download and /chunks give their first part at once and the rest when the recording has begun. */
async function answer(request, response) {
  if (request.url === '/download') return download(response);
  if (request.url === '/chunks') return chunks(response);
  if (request.url === '/slow') await sleep(2500);
  response.end(request.url === '/slow' ? 'at last\n' : `note ${request.url.split('/')[2]}\n`);
}

async function download(response) {
  const parts = [prose(3000, 1), prose(3000, 2), 'THE END\n'];
  response.writeHead(200, { 'Content-Length': parts.join('').length });
  response.write(parts[0]);
  await sleep(1800);
  response.write(parts[1]);
  await sleep(50);
  response.end(parts[2]);
}

async function chunks(response) {
  for (let n = 1; n <= 5; n++) {
    response.write(`chunk ${n}\n`);
    if (n === 2) await sleep(2000);
    else await sleep(30);
  }
  response.end();
}
