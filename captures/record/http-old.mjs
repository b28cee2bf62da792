// HTTP/1.0 until close, HTTP/1.0 with keep-alive, and HTTP/0.9 typed by hand.

import { createServer as createTcpServer } from 'node:net';
import { RawClient, listening } from './support/lab.mjs';
import { prose } from './support/material.mjs';

export const captures = [
  {
    scenario: 'http-old',
    file: 'http-old.pcap',
    about: `HTTP/1.0 answered until the connection closes, HTTP/1.0 with keep-alive and two requests, an HTTP/1.0 answer to an
HTTP/1.1 request whose body ends with the connection, and two HTTP/0.9 requests: answered by a page without any head.`,
    made: 'nginx, a plain TCP server, curl and raw sockets on loopback, tcpdump',
    expect: { connections: 6, requests: { GET: 7 }, responses: { 200: 5 } },
    tshark: { requests: { GET: 5 } },
    tsharkNote: 'the HTTP/0.9 requests and pages are not shown as HTTP',
  },
];

const CLIENT = '192.0.2.96';
const CONFIG = (root) => `
  server { listen 192.0.2.10:80; server_name old.example; root ${root}; gzip on; gzip_http_version 1.0; gzip_min_length 100; }
`;

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.96/32'], mtu: 1500 });
  lab.file('site/index.html', `<title>Old page</title>\n<pre>\n${prose(5000, 2)}</pre>\n`);
  lab.file('site/note.txt', 'A note.\n');
  await lab.nginx(CONFIG(`${lab.temp}/site`));
  const relic = await listening(createTcpServer(untilClose), 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80 or tcp port 8080' });
  await visit(lab);
  lab.keep(await capture.stop(), 'http-old.pcap');
  relic.close();
}

/** A server of the old school: no length, the end of the connection ends the page. */
function untilClose(socket) {
  socket.once('data', () => {
    socket.write('HTTP/1.0 200 OK\r\nServer: relic/0.1\r\nContent-Type: text/plain\r\n\r\n');
    for (let part = 1; part <= 4; part++) setTimeout(() => socket.write(prose(700, part)), part * 30);
    setTimeout(() => socket.end(), 150);
  });
  socket.on('error', () => {});
}

async function visit(lab) {
  const site = [
    '--interface',
    CLIENT,
    '--resolve',
    'old.example:80:192.0.2.10',
    '--resolve',
    'old.example:8080:192.0.2.10',
  ];
  await lab.curl([...site, '--http1.0', '--compressed', 'http://old.example/']);
  await lab.curl([...site, 'http://old.example:8080/relic.txt']);
  await lab.curl([...site, '--http1.0', 'http://old.example:8080/relic.txt']);
  const keepAlive = await RawClient.open(80, '192.0.2.10', { localAddress: CLIENT });
  await keepAlive.send('GET /note.txt HTTP/1.0\r\nHost: old.example\r\nConnection: keep-alive\r\n\r\n', 60);
  await keepAlive.send('GET /note.txt HTTP/1.0\r\nHost: old.example\r\n\r\n', 60);
  await keepAlive.end();
  for (const path of ['/note.txt', '/']) {
    const ancient = await RawClient.open(80, '192.0.2.10', { localAddress: CLIENT });
    await ancient.send(`GET ${path}\r\n`, 60);
    await ancient.end();
  }
}
