// Upgrades that end in something other than an agreed WebSocket.

import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { RawClient, listening } from './support/lab.mjs';
import { upgradeRequest, upgradeResponse } from './support/websocket.mjs';

const REFUSALS = {
  '/login': ['401 Unauthorized', ['WWW-Authenticate: Bearer realm="live"'], '{"error":"sign in first"}'],
  '/origin': ['403 Forbidden', ['Content-Type: text/plain'], 'Origin http://evil.example is not allowed\n'],
  '/nowhere': ['404 Not Found', [], ''],
  '/moved': ['301 Moved Permanently', ['Location: ws://live.example/prices'], ''],
  '/crowded': ['503 Service Unavailable', ['Retry-After: 30'], 'Too many sockets\n'],
  '/version': ['426 Upgrade Required', ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'], ''],
};
/** Answers of a server that says 101 and should not have. */
const INVALID = {
  '/wrong-accept': { accept: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
  '/no-accept': { accept: null },
  '/no-upgrade-field': { upgrade: null },
  '/no-connection-field': { connection: null },
  '/other-protocol': { upgrade: 'h2c' },
  '/unoffered-subprotocol': { fields: ['Sec-WebSocket-Protocol: chat'] },
  '/unoffered-extension': { fields: ['Sec-WebSocket-Extensions: permessage-deflate'] },
};

export const captures = [
  {
    scenario: 'websocket-refused',
    file: 'websocket-refused.pcap',
    about: `Upgrade requests that fail. By a server that refuses: 401, 403 for the Origin, 404, 301, 503, 426 for the version. By the ws
package: 400 without a key, 400 for a key that is no 16 bytes, 400 for version 7, 405 for a POST. By a server that knows nothing of
upgrades: 200 with a page. Never answered: the connection closes after the request. Answered with 101 but invalid:
a wrong Accept, none, no Upgrade, no Connection, another protocol, a subprotocol and an extension that were not offered.
Last, a 401 and then, with credentials, a 101 on the same connection.`,
    made: 'ws 8, Node.js http and net servers, raw client sockets on loopback, tcpdump',
    expect: {
      connections: 20,
      requests: { GET: 20, POST: 1 },
      responses: { 101: 8, 200: 1, 301: 1, 400: 3, 401: 2, 403: 1, 404: 1, 405: 1, 426: 1, 503: 1 },
      frames: { text: 1, close: 2 },
    },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.66/32'], mtu: 1500 });
  const servers = [
    await listening(createTcpServer(scripted), 8080, '192.0.2.10'),
    new WebSocketServer({ host: '192.0.2.10', port: 8081 }),
    await listening(
      createServer((_, response) => response.end('<p>Just a page.</p>\n')),
      8082,
      '192.0.2.10',
    ),
  ];
  const capture = await lab.capture({ filter: 'tcp portrange 8080-8082' });
  for (const path of Object.keys(REFUSALS)) await ask(8080, upgradeRequest(path, upgradeOptions(path)));
  await askPackage();
  await ask(8082, upgradeRequest('/page', { host: 'live.example' }));
  await ask(8080, upgradeRequest('/silence', { host: 'live.example' }));
  for (const path of Object.keys(INVALID)) await ask(8080, upgradeRequest(path, { host: 'live.example' }));
  await secondTry();
  lab.keep(await capture.stop(), 'websocket-refused.pcap');
  for (const server of servers) server.close();
}

function upgradeOptions(path) {
  const fields = path === '/origin' ? ['Origin: http://evil.example'] : ['Origin: http://shop.example'];
  return { host: 'live.example', fields, version: path === '/version' ? '8' : '13' };
}

async function askPackage() {
  await ask(8081, upgradeRequest('/ws-no-key', { host: 'live.example', key: null }));
  await ask(8081, upgradeRequest('/ws-short-key', { host: 'live.example', key: 'c2hvcnQ=' }));
  await ask(8081, upgradeRequest('/ws-version-7', { host: 'live.example', version: '7' }));
  await ask(8081, upgradeRequest('/ws-post', { host: 'live.example' }).replace('GET', 'POST'));
}

async function ask(port, request) {
  const client = await RawClient.open(port, '192.0.2.10', { localAddress: '203.0.113.66' });
  await client.send(request, 50);
  await client.end();
}

async function secondTry() {
  const client = await RawClient.open(8080, '192.0.2.10', { localAddress: '203.0.113.66' });
  await client.send(upgradeRequest('/members', { host: 'live.example' }), 30);
  const fields = ['Authorization: Bearer c2VjcmV0'];
  await client.send(upgradeRequest('/members', { host: 'live.example', fields }), 30);
  await client.send(Buffer.from('8182000000004f4b', 'hex'));
  await client.send(Buffer.from('88820000000003e8', 'hex'));
  await client.end();
}

/** Answers by path; an answer of 101 is followed by silence, as its client should fail the connection. */
function scripted(socket) {
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    const text = bytes.toString('latin1');
    const path = /^GET (\S+) /.exec(text)?.[1];
    if (path in REFUSALS) return void socket.end(refusal(REFUSALS[path]));
    if (path in INVALID) return void socket.write(upgradeResponse(INVALID[path]));
    if (path === '/silence') return void socket.end();
    if (path !== '/members') return void socket.end(Buffer.from('880203e8', 'hex'));
    if (text.includes('Authorization')) socket.write(upgradeResponse());
    else socket.write(refusal(REFUSALS['/login']));
  });
}

function refusal([status, fields, body]) {
  return [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
