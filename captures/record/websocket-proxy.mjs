// A WebSocket behind nginx: once as nginx proxies by default, which drops what an upgrade needs, and once told to pass it on.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

const behind = `The WebSocket server stands behind nginx; both legs are recorded: browser to port 80, nginx to port 3000.`;

export const captures = [
  {
    scenario: 'websocket-proxy',
    file: 'proxy-drops-upgrade.pcap',
    about: `${behind}
nginx forwards the handshake as an ordinary request, without Upgrade and with Connection: close, so the server answers 426 and
the client gives up; it tries three times.`,
    made: 'nginx 1.22, ws 8 as server and client on loopback, tcpdump',
    expect: { connections: 6, requests: { GET: 6 }, responses: { 426: 6 } },
  },
  {
    scenario: 'websocket-proxy',
    file: 'proxy-passes-upgrade.pcap',
    about: `The same with proxy_http_version 1.1 and the fields Upgrade and Connection passed on. The server pings, the client asks
three questions and closes with 1000.`,
    made: 'nginx 1.22, ws 8 as server and client on loopback, tcpdump',
    expect: {
      connections: 2,
      requests: { GET: 2 },
      responses: { 101: 2 },
      frames: { text: 12, ping: 2, pong: 2, close: 4 },
    },
  },
];

const CONFIG = (mended) => `
  server {
    listen 192.0.2.10:80;
    server_name live.example;
    location / {
      proxy_pass http://192.0.2.20:3000;
      proxy_set_header Host $host;
      ${mended ? 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";' : ''}
    }
  }
`;

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.20/32', '198.51.100.21/32'], mtu: 1500 });
  const http = createServer((request, response) => {
    const fields = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' };
    response.writeHead(426, { ...fields, 'Content-Type': 'text/plain' }).end('a WebSocket is spoken here\n');
  });
  new WebSocketServer({ server: http }).on('connection', answer);
  await listening(http, 3000, '192.0.2.20');
  await leg(lab, false, 'proxy-drops-upgrade.pcap', async () => {
    for (let attempt = 0; attempt < 3; attempt++) await refused();
  });
  await leg(lab, true, 'proxy-passes-upgrade.pcap', converse);
  http.close();
}

async function leg(lab, mended, file, visit) {
  const nginx = await lab.nginx(CONFIG(mended));
  const capture = await lab.capture({ filter: 'tcp port 80 or tcp port 3000' });
  await visit();
  lab.keep(await capture.stop(), file);
  await nginx.stop();
}

function answer(socket) {
  socket.ping('still there?');
  socket.on('message', (data) => socket.send(JSON.stringify({ answer: JSON.parse(data).question.length })));
}

function dial() {
  return new WebSocket('ws://192.0.2.10/live', {
    localAddress: '198.51.100.21',
    perMessageDeflate: false,
    headers: { Host: 'live.example', Origin: 'http://live.example' },
  });
}

async function refused() {
  const socket = dial();
  await new Promise((resolve) => socket.once('error', resolve));
  await sleep(50);
}

async function converse() {
  const socket = await opened(dial());
  for (let n = 1; n <= 3; n++) {
    socket.send(JSON.stringify({ question: 'how long is this?'.repeat(n) }));
    await inbox(socket, n);
  }
  socket.close(1000, 'done');
  await closed(socket);
}
