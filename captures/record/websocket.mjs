// The `ws` package as client and server, without compression.

import { WebSocket, WebSocketServer } from 'ws';
import { sleep } from './support/lab.mjs';
import { noise, prose } from './support/material.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

const CLOSES = [
  ['client', 1000, ''],
  ['client', 1000, 'Goodbye'],
  ['client', 1001, 'navigating away'],
  ['server', 1003, 'binary only'],
  ['server', 1008, 'policy: one order a second'],
  ['server', 1009, 'message too big'],
  ['server', 1011, 'unexpected condition'],
  ['server', 1012, 'service restart'],
  ['client', 3000, 'registered with IANA'],
  ['server', 4001, 'Zugriff läuft ab ⏳'],
  ['client', undefined, ''],
];

export const captures = [
  {
    scenario: 'websocket',
    file: 'websocket.pcap',
    about: `A conversation of the ws package with itself, uncompressed: subprotocol prices.v2 chosen from two offered, JSON, empty,
accented and emoji text, binary of 0, 5, 200 and 70,000 bytes (all three length forms), 125/126/127-byte payloads, a text in
four fragments with a ping in between, a binary one from the server in three, pings with and without payload both ways,
three messages in one segment; then eleven short conversations that close with 1000 (without and with a reason), 1001,
1003, 1008, 1009, 1011, 1012, 3000, 4001 and no code at all, one that ends without a Close frame, and one that is reset.`,
    made: 'ws 8 as client and server on loopback, tcpdump',
    expect: {
      connections: 14,
      requests: { GET: 14 },
      responses: { 101: 14 },
      frames: { text: 35, binary: 9, continuation: 5, ping: 3, pong: 3, close: 24 },
    },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.5/32'], mtu: 1500 });
  const server = new WebSocketServer({
    host: '192.0.2.10',
    port: 8080,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('prices.v2') ? 'prices.v2' : false),
  });
  server.on('connection', serve);
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await converse();
  for (const close of CLOSES) await shortConversation(...close);
  await endWithoutClose('/vanish');
  await endWithoutClose('/reset');
  lab.keep(await capture.stop(), 'websocket.pcap');
  server.close();
}

function connect(path, protocols = []) {
  const options = { perMessageDeflate: false, localAddress: '203.0.113.5', origin: 'http://shop.example' };
  return opened(
    new WebSocket(`ws://192.0.2.10:8080${path}`, protocols, { ...options, headers: { Host: 'live.example' } }),
  );
}

/** What the server does follows from the path the client asked for. */
function serve(socket, request) {
  const url = new URL(request.url, 'http://live.example');
  socket.on('error', () => {});
  if (url.pathname === '/echo') return void socket.on('message', (data, binary) => socket.send(data, { binary }));
  if (url.pathname === '/prices') return prices(socket);
  socket.send(JSON.stringify({ hello: url.pathname.slice(1) }));
  if (url.pathname === '/vanish') setTimeout(() => socket._socket.end(), 40);
  if (url.pathname === '/reset') setTimeout(() => socket._socket.resetAndDestroy(), 40);
  if (url.pathname !== '/close-server') return;
  const code = Number(url.searchParams.get('code'));
  setTimeout(() => socket.close(code, url.searchParams.get('reason')), 20);
}

/** Server's part of the long conversation: it answers by what it is told. */
function prices(socket) {
  const parts = noise(900, 8);
  socket.on('message', (data, isBinary) => {
    const text = isBinary ? '' : data.toString();
    if (text === 'fragments') {
      socket.send(parts.subarray(0, 300), { fin: false });
      socket.send(parts.subarray(300, 600), { fin: false });
      socket.send(parts.subarray(600), { fin: true });
    } else if (text === 'ping me') socket.ping('are you there?');
    else if (text.startsWith('{')) socket.send(JSON.stringify({ ok: true, ...JSON.parse(text), price: 19.9 }));
    else socket.send(data, { binary: isBinary });
  });
}

async function converse() {
  const socket = await connect('/prices', ['prices.v1', 'prices.v2']);
  const roundTrip = async (data, options) => {
    const before = socket.inbox.length;
    socket.send(data, options);
    await inbox(socket, before + 1);
    await sleep(15);
  };
  await roundTrip('{"subscribe":"LAMP-7"}');
  await roundTrip('');
  await roundTrip('Grüße, 你好, 🙂');
  for (const length of [125, 126, 127]) await roundTrip(prose(length, length));
  await roundTrip(Buffer.alloc(0));
  await roundTrip(Buffer.from([0, 1, 2, 254, 255]));
  await roundTrip(noise(200, 3));
  await roundTrip(noise(70_000, 4));
  for (const part of ['{"order":', '{"sku":"DESK-2",']) socket.send(part, { fin: false });
  await sleep(15);
  socket.ping();
  await sleep(15);
  socket.send('"count":3}', { fin: false });
  await roundTrip('}', { fin: true });
  await roundTrip('fragments');
  socket.send('ping me');
  await sleep(30);
  socket.ping('client calling');
  await sleep(30);
  await manyAtOnce(socket);
  socket.close(1000, 'done');
  await closed(socket);
}

/** Three frames that leave in one segment. */
async function manyAtOnce(socket) {
  const before = socket.inbox.length;
  socket._socket.cork();
  for (let n = 1; n <= 3; n++) socket.send(`quote ${n}`);
  socket._socket.uncork();
  await inbox(socket, before + 3);
  await sleep(20);
}

async function shortConversation(side, code, reason) {
  const query = side === 'server' ? `close-server?code=${code}&reason=${encodeURIComponent(reason)}` : 'close-client';
  const socket = await connect(`/${query}`);
  await inbox(socket, 1);
  if (side === 'client') socket.close(code, reason);
  await closed(socket);
}

async function endWithoutClose(path) {
  const socket = await connect(path);
  socket.on('error', () => {});
  await closed(socket);
}
