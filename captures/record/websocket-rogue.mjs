// Handshakes and conversations that break RFC 6455, 7692 and 7230's rules for upgrades, by raw sockets on both ends: one
// violation a connection. What single frames can do wrong is in websocket-hostile.

import { createServer } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { RawClient, listening, sleep } from './support/lab.mjs';
import { KEY, Opcode, acceptFor, closePayload, frame, upgradeRequest, upgradeResponse } from './support/websocket.mjs';

const close = frame(Opcode.close, closePayload(1000));
const closeMasked = maskedFrame(Opcode.close, closePayload(1000), 7);
const deflate = ['Sec-WebSocket-Extensions: permessage-deflate'];

/** Requests with one line changed, or added, or taken away. */
function request(name, change = (lines) => lines) {
  return change(upgradeRequest(`/${name}`).trimEnd().split('\r\n')).join('\r\n') + '\r\n\r\n';
}
const without = (field) => (lines) => lines.filter((line) => !line.startsWith(`${field}:`));
const plus =
  (...more) =>
  (lines) => [...lines, ...more];
const swapped = (from, to) => (lines) => lines.map((line) => line.replace(from, to));

/** Path, request, response, then bytes of the client and of the server; both close in order where that is not the point. */
const CASES = [
  { name: 'post', request: request('post', swapped('GET', 'POST')) },
  { name: 'http-1.0', request: request('http-1.0', swapped('HTTP/1.1', 'HTTP/1.0')) },
  { name: 'no-host', request: request('no-host', without('Host')) },
  { name: 'no-upgrade', request: request('no-upgrade', without('Upgrade')) },
  { name: 'no-connection', request: request('no-connection', without('Connection')) },
  { name: 'connection-keep-alive', request: request('connection-keep-alive', swapped('Connection: Upgrade', 'Connection: keep-alive')) },
  { name: 'no-key', request: request('no-key', without('Sec-WebSocket-Key')) },
  { name: 'short-key', request: request('short-key', swapped(KEY, 'c2hvcnQ=')), response: { accept: acceptFor('c2hvcnQ=') } },
  { name: 'two-keys', request: request('two-keys', plus(`Sec-WebSocket-Key: ${KEY}`)) },
  { name: 'version-8', request: request('version-8', swapped(': 13', ': 8')) },
  { name: 'two-versions', request: request('two-versions', plus('Sec-WebSocket-Version: 13')) },
  { name: 'unasked-101', request: 'GET /unasked-101 HTTP/1.1\r\nHost: rogue.example\r\n\r\n' },
  { name: '101-with-body', response: { fields: ['Content-Length: 5'] } },
  { name: 'two-accepts', response: { fields: [`Sec-WebSocket-Accept: ${acceptFor(KEY)}`] } },
  { name: 'two-subprotocols', request: request('two-subprotocols', plus('Sec-WebSocket-Protocol: a, b')), response: { fields: ['Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b'] } },
  { name: 'window-not-offered', request: request('window-not-offered', plus(...deflate)), response: { fields: [`${deflate[0]}; client_max_window_bits=10`] } },
  { name: 'takeover-not-granted', request: request('takeover-not-granted', plus(`${deflate[0]}; server_no_context_takeover`)), response: { fields: deflate } },
  { name: 'parameter-unknown', request: request('parameter-unknown', plus(...deflate)), response: { fields: [`${deflate[0]}; speed=9`] } },
  { name: 'takeover-declined', request: request('takeover-declined', plus(...deflate)), response: { fields: [`${deflate[0]}; client_no_context_takeover`] }, client: twiceWithContext() },
  { name: 'same-keys', client: Buffer.concat([1, 2, 3].map((n) => maskedFrame(Opcode.text, `${n}`, 0x01020304))) },
  { name: 'zero-keys', client: Buffer.concat([1, 2, 3].map((n) => maskedFrame(Opcode.text, `${n}`, 0))) },
  { name: 'ping-unanswered', client: maskedFrame(Opcode.ping, 'there?', 9), patience: 1300 },
  { name: 'code-not-echoed', server: frame(Opcode.close, closePayload(1001)) },
  { name: 'close-unanswered', server: Buffer.alloc(0) },
  { name: 'no-close', client: maskedFrame(Opcode.text, 'gone', 11), end: Buffer.alloc(0), server: Buffer.alloc(0) },
  { name: 'client-closes-first' },
  // And nothing wrong.
  { name: 'lawful', lawful: true },
]; // prettier-ignore

export const captures = [
  {
    scenario: 'websocket-rogue',
    file: 'websocket-rogue.pcap',
    about: `${CASES.length} WebSocket handshakes and conversations that break the rules, one each, and one that does not (lawful); the
request's path names the rule: ${CASES.map(({ name }) => name).join(', ')}.`,
    made: 'raw sockets on both ends on loopback, tcpdump',
    expect: {
      connections: CASES.length,
      requests: { GET: CASES.length - 1, POST: 1 },
      responses: { 101: CASES.length },
      frames: { text: 9, ping: 1, close: 51 },
    },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.66/32'], mtu: 1500 });
  const server = await listening(createServer({ allowHalfOpen: true }, serve), 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  for (const one of CASES) await play(one);
  lab.keep(await capture.stop(), 'websocket-rogue.pcap');
  server.close();
}

async function play({ name, request: head = request(name), client: bytes, end = closeMasked, patience = 15 }) {
  const client = await RawClient.open(8080, '192.0.2.10', { localAddress: '203.0.113.66' });
  await client.send(head, 0);
  await client.until('\r\n\r\n');
  if (bytes) await client.send(bytes, patience);
  if (end.length > 0) await client.send(end, 30);
  await client.end();
}

/** Says 101, answers the close frame, and closes first, but where the client is to. */
function serve(socket) {
  socket.on('error', () => {});
  socket.once('data', async (head) => {
    const name = /^\S+ \/(\S+) /.exec(head.toString('latin1'))[1];
    const { response = {}, server = close } = CASES.find((one) => one.name === name);
    socket.write(upgradeResponse(response));
    socket.on('data', async (data) => {
      if ((data.at(0) & 0x0f) !== Opcode.close && !data.subarray(-8, -7).equals(Buffer.of(0x88))) return;
      if (server.length > 0) socket.write(server);
      await sleep(5);
      if (name !== 'client-closes-first') socket.end();
    });
    socket.once('end', () => socket.end());
  });
}

/** A frame masked with this very key. */
function maskedFrame(opcode, payload, key, { rsv = 0 } = {}) {
  const bytes = frame(opcode, payload, { rsv });
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(key);
  const data = bytes.subarray(2).map((byte, at) => byte ^ mask[at % 4]);
  return Buffer.concat([Buffer.of(bytes[0], bytes[1] | 0x80), mask, data]);
}

/** A message, and the same again as a reference to the first: both by one compressor that was never emptied. */
function twiceWithContext() {
  const text = 'the quick brown fox jumps over the lazy dog';
  const first = deflateRawSync(text, { finishFlush: 2 }).subarray(0, -4);
  const second = deflateRawSync(text, { finishFlush: 2, dictionary: Buffer.from(text) }).subarray(0, -4);
  return Buffer.concat([
    maskedFrame(Opcode.text, first, 21, { rsv: 4 }),
    maskedFrame(Opcode.text, second, 22, { rsv: 4 }),
  ]);
}
