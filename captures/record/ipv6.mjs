// nginx and ws over IPv6: ::1 and global addresses, with nanosecond times.

import { WebSocket, WebSocketServer } from 'ws';
import { closed, inbox, opened } from './support/websocket.mjs';
import { inTurn } from './support/lab.mjs';
import { prose } from './support/material.mjs';

export const captures = [
  {
    scenario: 'ipv6',
    file: 'ipv6.nanoseconds.pcap',
    about: `IPv6 alone: curl at [::1] and at 2001:db8::10 (four requests on one connection, HEAD, a gzip page, a 404, a range), and a WebSocket
over IPv6 with JSON both ways, closed with 1000. Times are in nanoseconds.`,
    made: 'nginx, curl and ws 8 on loopback, tcpdump --time-stamp-precision=nano',
    expect: {
      connections: 3,
      requests: { GET: 5, HEAD: 1 },
      responses: { 101: 1, 200: 3, 206: 1, 404: 1 },
      frames: { text: 4, close: 2 },
    },
  },
];

const CONFIG = (root) => `
  server { listen [::1]:80; listen [2001:db8::10]:80; server_name six.example; root ${root}; gzip on; gzip_min_length 100; }
`;

export async function record(lab) {
  await lab.loopback({ addresses: ['2001:db8::10/128', '2001:db8:1::77/128'], mtu: 1500 });
  lab.file('site/index.html', `<title>Six</title>\n<pre>\n${prose(4000, 66)}</pre>\n`);
  await lab.nginx(CONFIG(`${lab.temp}/site`));
  const server = new WebSocketServer({ host: '2001:db8::10', port: 8080, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  const capture = await lab.capture({ filter: 'ip6 and (tcp port 80 or tcp port 8080)', nanoseconds: true });
  await visit(lab);
  await converse();
  lab.keep(await capture.stop(), 'ipv6.nanoseconds.pcap');
  server.close();
}

async function visit(lab) {
  await lab.curl(['http://[::1]/']);
  const site = ['--interface', '2001:db8:1::77', '--resolve', 'six.example:80:[2001:db8::10]'];
  const url = 'http://six.example/';
  await lab.curl(inTurn(site, [['--head', url], ['--compressed', url], [`${url}missing`], ['--range', '0-', url]]));
}

async function converse() {
  const options = { perMessageDeflate: false, localAddress: '2001:db8:1::77' };
  const socket = await opened(new WebSocket('ws://[2001:db8::10]:8080/live', options));
  socket.send('{"subscribe":"six"}');
  socket.send('{"subscribe":"more"}');
  await inbox(socket, 2);
  socket.close(1000);
  await closed(socket);
}
