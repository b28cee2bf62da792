// HTTP/2 between Node.js and itself: what servers and clients do with streams, gRPC, and WebSocket over a stream.

import { connect, constants, createServer } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { prose } from './support/material.mjs';

const decodeAs = ['tcp.port==8080,http2'];

export const captures = [
  {
    scenario: 'http2-node',
    file: 'http2-streams.pcap',
    about: `One cleartext HTTP/2 connection of a Node.js client: early hints, gzip, trailers, a push, HEAD, an upload of 40 KB, a download of
100 KB into a window of 20 KB that is opened late, server-sent events, one stream cancelled by the client, one refused and one
broken off by the server, a ping, a SETTINGS change, and a GOAWAY at the end.`,
    made: 'Node.js http2 as server and client on loopback, tcpdump',
    decodeAs,
    expect: {
      connections: 1,
      requests: { GET: 10, HEAD: 1, POST: 1 },
      responses: { 103: 1, 200: 11 },
    },
  },
  {
    scenario: 'http2-node',
    file: 'http2-midstream.pcap',
    about: `The same requests as in http2-streams.pcap twice over on one connection, recorded from the second time on: header fields that
refer to the first time cannot be told.`,
    made: 'Node.js http2 as server and client on loopback, tcpdump',
    expect: { connections: 1, requests: { GET: 10, HEAD: 1, POST: 1 }, responses: { 103: 1, 200: 11 } },
    tshark: { requests: {}, responses: {} },
    tsharkNote: 'without the preface it shows no HTTP/2',
  },
  {
    scenario: 'http2-node',
    file: 'grpc.pcap',
    about: `Five gRPC calls on one connection: unary, unary with compressed messages, server streaming, both ways streaming, and one that
fails with NOT_FOUND in its head alone.`,
    made: 'a small gRPC server and client on Node.js http2 on loopback, tcpdump',
    decodeAs,
    expect: { connections: 1, requests: { POST: 5 }, responses: { 200: 5 } },
  },
  {
    scenario: 'http2-node',
    file: 'http2-websocket.pcap',
    about: `WebSocket over HTTP/2 (extended CONNECT): two conversations and an ordinary request side by side on one connection, a refused one
(403), and on another connection one to a server that has not offered it.`,
    made: 'Node.js http2 and ws 8 as server and client on loopback, tcpdump',
    decodeAs,
    expect: { connections: 2, requests: { CONNECT: 4, GET: 1 }, responses: { 200: 3, 403: 1 } },
    tshark: { frames: {} },
    tsharkNote: 'tshark 4.0 does not look for WebSocket inside HTTP/2 streams',
  },
];

const host = '192.0.2.10';

export async function record(lab) {
  await lab.loopback({ addresses: [`${host}/32`, '192.0.2.77/32'], mtu: 1500, from: '192.0.2.77', to: host });
  await recordStreams(lab);
  await recordGrpc(lab);
  await recordWebSocket(lab);
}

async function session(options) {
  const client = connect(`http://${host}:8080`, options);
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

/** Sends a request and gives the response's whole content. */
async function ask(client, headers, body, { slowly = 0 } = {}) {
  const stream = client.request({ ':authority': 'streams.example', ...headers }, { endStream: body === undefined });
  const chunks = [];
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  if (slowly > 0) {
    await once(stream, 'response');
    await sleep(slowly);
  }
  stream.on('data', (chunk) => chunks.push(chunk));
  await new Promise((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks);
}

// --- streams

async function recordStreams(lab) {
  const server = await listening(createServer(), 8080, host);
  server.on('stream', answer);
  const settings = { initialWindowSize: 20_000, enablePush: true };
  let capture = await lab.capture({ filter: 'tcp port 8080' });
  const client = await session({ settings });
  client.on('stream', (stream) => stream.resume());
  await round(client);
  client.close();
  await once(client, 'close');
  lab.keep(await capture.stop(), 'http2-streams.pcap');

  const late = await session({ settings });
  late.on('stream', (stream) => stream.resume());
  await round(late);
  capture = await lab.capture({ filter: 'tcp port 8080' });
  await round(late);
  late.close();
  await once(late, 'close');
  lab.keep(await capture.stop(), 'http2-midstream.pcap');
  server.close();
}

async function round(client) {
  await Promise.all([
    ask(client, { ':path': '/hints' }),
    ask(client, { ':path': '/gzip' }),
    ask(client, { ':path': '/trailers' }),
  ]);
  await ask(client, { ':path': '/page' });
  await ask(client, { ':path': '/page', ':method': 'HEAD' });
  await ask(
    client,
    { ':path': '/upload', ':method': 'POST', 'content-length': '40000' },
    Buffer.from(prose(40_000, 5).slice(0, 40_000)),
  );
  await Promise.all([
    ask(client, { ':path': '/large' }, undefined, { slowly: 120 }),
    ask(client, { ':path': '/events' }),
  ]);
  await cancelled(client);
  await ask(client, { ':path': '/refused' });
  await ask(client, { ':path': '/broken' });
  await new Promise((resolve) => client.ping(Buffer.from('captures'), resolve));
  client.settings({ initialWindowSize: 30_000, enablePush: true });
  await sleep(30);
}

async function cancelled(client) {
  const stream = client.request({ ':path': '/endless', ':authority': 'streams.example' });
  stream.on('error', () => {});
  await once(stream, 'data');
  stream.close(constants.NGHTTP2_CANCEL);
  await once(stream, 'close');
}

function answer(stream, headers) {
  const text = { ':status': 200, 'content-type': 'text/plain' };
  stream.on('error', () => {});
  switch (headers[':path']) {
    case '/hints':
      stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
      stream.respond({ ...text, 'set-cookie': ['a=1', 'b=2'] });
      stream.end('after the hints');
      return;
    case '/gzip':
      stream.respond({ ...text, 'content-encoding': 'gzip' });
      stream.end(gzipSync(prose(2000, 6)));
      return;
    case '/trailers':
      stream.respond(text, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ checksum: 'c0ffee', 'server-timing': 'all;dur=3' }));
      stream.end('with trailers');
      return;
    case '/page':
      if (headers[':method'] === 'HEAD') stream.respond({ ...text, 'content-length': '4711' }, { endStream: true });
      else pushed(stream, text);
      return;
    case '/upload':
      stream.resume().once('end', () => {
        stream.respond(text);
        stream.end('taken');
      });
      return;
    case '/large':
      stream.respond({ ...text, 'content-length': '100000' });
      stream.end(prose(100_000, 7).slice(0, 100_000));
      return;
    case '/events':
      void events(stream);
      return;
    case '/endless':
      stream.respond(text);
      stream.write(prose(500, 8));
      return;
    case '/refused':
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    default:
      stream.respond(text);
      stream.write('half of it');
      setTimeout(() => stream.destroy(new Error('broken')), 20);
  }
}

function pushed(stream, text) {
  stream.pushStream({ ':path': '/style.css' }, (error, push) => {
    if (error) throw error;
    push.respond({ ':status': 200, 'content-type': 'text/css' });
    push.end('p { color: black }');
    stream.respond(text);
    stream.end(prose(300, 9));
  });
}

async function events(stream) {
  stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
  stream.write('retry: 1500\n\n');
  for (let n = 1; n <= 3; n++) {
    stream.write(`id: ${n}\nevent: tick\ndata: {"n":${n},\ndata:  "half": ${n / 2}}\n\n`);
    await sleep(25);
  }
  stream.end(': that was all\n\ndata: bye\n\n');
}

// --- gRPC

/** Protocol Buffers by hand: field number and wire type, then the value. */
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
const number = (field, value) => Buffer.from([field << 3, ...varint(value)]);
const text = (field, value) =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(Buffer.byteLength(value))]), Buffer.from(value)]);
const nested = (field, value) => Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(value.length)]), value]);

function message(payload, compressed = false) {
  const data = compressed ? gzipSync(payload) : payload;
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(data.length, 1);
  return Buffer.concat([prefix, data]);
}

const item = (sku, stock) =>
  Buffer.concat([text(1, sku), number(2, stock), nested(3, Buffer.concat([text(1, 'EUR'), number(2, 4990)]))]);

async function recordGrpc(lab) {
  const server = await listening(createServer(), 8080, host);
  server.on('stream', answerCall);
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  const client = await session();
  const call = (path, body, more = {}) =>
    ask(
      client,
      {
        ':method': 'POST',
        ':path': path,
        ':authority': 'stock.example',
        'content-type': 'application/grpc+proto',
        te: 'trailers',
        'grpc-timeout': '5S',
        ...more,
      },
      body,
    );
  await call('/shop.v1.Stock/Get', message(text(1, 'LAMP-7')));
  await call('/shop.v1.Stock/Get', message(text(1, 'CHAIR-3'), true), {
    'grpc-encoding': 'gzip',
    'grpc-accept-encoding': 'gzip',
  });
  await call('/shop.v1.Stock/Watch', message(Buffer.alloc(0)));
  await call('/shop.v1.Stock/Adjust', Buffer.concat([1, 2, 3].map((n) => message(item(`RUG-${n}`, n)))));
  await call('/shop.v1.Stock/Get', message(text(1, 'GHOST-1')));
  client.close();
  await once(client, 'close');
  lab.keep(await capture.stop(), 'grpc.pcap');
  server.close();
}

function answerCall(stream, headers) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.once('end', () => void reply(stream, headers, Buffer.concat(chunks)));
}

async function reply(stream, headers, asked) {
  const head = { ':status': 200, 'content-type': 'application/grpc+proto' };
  if (asked.includes('GHOST')) {
    stream.respond({ ...head, 'grpc-status': '5', 'grpc-message': 'no%20such%20item' }, { endStream: true });
    return;
  }
  const compressed = headers['grpc-encoding'] === 'gzip';
  stream.respond({ ...head, ...(compressed && { 'grpc-encoding': 'gzip' }) }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }));
  if (headers[':path'].endsWith('/Get')) stream.end(message(item(compressed ? 'CHAIR-3' : 'LAMP-7', 12), compressed));
  else {
    for (const n of [1, 2, 3, 4]) {
      stream.write(message(item(`TICK-${n}`, n * 100)));
      await sleep(15);
    }
    stream.end();
  }
}

// --- WebSocket

async function recordWebSocket(lab) {
  const server = await listening(createServer({ settings: { enableConnectProtocol: true } }), 8080, host);
  server.on('stream', acceptWebSocket);
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  const client = await session();
  await once(client, 'remoteSettings');
  await Promise.all([
    converse(client, '/chat', ['first', 'second', prose(3000, 11)]),
    converse(client, '/echo', [Buffer.from([1, 2, 3]), 'text after binary']),
    ask(client, { ':path': '/plain', ':authority': 'live.example' }),
  ]);
  await ask(client, connectHeaders('/forbidden'));
  client.close();
  await once(client, 'close');
  server.close();
  await once(server, 'close');

  const plain = await listening(createServer(), 8080, host);
  plain.on('stream', (stream) => stream.respond({ ':status': 501 }, { endStream: true }));
  const deaf = await session();
  await once(deaf, 'remoteSettings');
  deaf.remoteSettings.enableConnectProtocol = true;
  await ask(deaf, connectHeaders('/chat')).catch(() => {});
  deaf.close();
  lab.keep(await capture.stop(), 'http2-websocket.pcap');
  plain.close();
}

function connectHeaders(path) {
  return {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': path,
    ':authority': 'live.example',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'chat.v2',
    origin: 'http://live.example',
  };
}

function acceptWebSocket(stream, headers) {
  stream.on('error', () => {});
  if (headers[':method'] !== 'CONNECT') {
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end('beside the sockets');
  } else if (headers[':path'] === '/forbidden') stream.respond({ ':status': 403 }, { endStream: true });
  else {
    stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat.v2' });
    const socket = overStream(stream, true);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  }
}

/** A WebSocket of ws whose handshake is done, over an HTTP/2 stream. */
function overStream(stream, isServer) {
  const socket = new WebSocket(null, undefined, { autoPong: true });
  socket._isServer = isServer;
  stream.setNoDelay = () => {};
  socket.setSocket(stream, Buffer.alloc(0), { maxPayload: 0, skipUTF8Validation: false, allowSynchronousEvents: true });
  return socket;
}

async function converse(client, path, messages) {
  const stream = client.request(connectHeaders(path), { endStream: false });
  stream.on('error', () => {});
  await once(stream, 'response');
  const socket = overStream(stream, false);
  for (const text of messages) {
    socket.send(text);
    await once(socket, 'message');
  }
  socket.ping('still there?');
  await once(socket, 'pong');
  socket.close(1000, 'said all');
  await once(socket, 'close');
}
