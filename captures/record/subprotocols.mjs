// What is spoken inside WebSockets: socket.io, graphql-transport-ws, STOMP, MQTT, JSON-RPC, each by a small server of its own.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

export const captures = [
  {
    scenario: 'subprotocols',
    file: 'subprotocols.pcap',
    about: `Five conversations by subprotocol: socket.io (engine.io 4: open, connect, an event with an acknowledgement, a broadcast, a
heartbeat), graphql-transport-ws (init, a query, a subscription of three, an error), v12.stomp (connect, subscribe, send with
receipt, a message), mqtt (3.1.1: connect, subscribe, publish at quality 1, ping, disconnect) and JSON-RPC 2.0 (calls answered
out of order, an error, a notification).`,
    made: 'Node.js http and ws 8 as server and clients on loopback, tcpdump',
    expect: {
      connections: 5,
      requests: { GET: 5 },
      responses: { 101: 5 },
      frames: { text: 34, binary: 9, close: 10 },
    },
  },
];

const protocols = ['graphql-transport-ws', 'v12.stomp', 'mqtt'];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '198.51.100.21/32'], mtu: 1500 });
  const server = createServer();
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((name) => offered.has(name)) ?? false,
  });
  sockets.on('connection', (socket, request) => servers[request.url.split('?')[0]](socket));
  await listening(server, 80, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80' });
  await socketIo(await dial('/socket.io/?EIO=4&transport=websocket'));
  await graphql(await dial('/graphql', 'graphql-transport-ws'));
  await stomp(await dial('/stomp', 'v12.stomp'));
  await mqtt(await dial('/mqtt', 'mqtt'));
  await jsonRpc(await dial('/rpc'));
  lab.keep(await capture.stop(), 'subprotocols.pcap');
  server.close();
}

async function dial(path, protocol) {
  const socket = new WebSocket(`ws://192.0.2.10${path}`, protocol, {
    localAddress: '198.51.100.21',
    perMessageDeflate: false,
    headers: { Host: 'talk.example' },
  });
  const waiting = [];
  socket.on('message', (data, binary) => waiting.push(binary ? data : Buffer.from(data).toString()));
  await opened(socket);
  socket.inbox.unshift(...waiting.filter((message) => !socket.inbox.includes(message)));
  return socket;
}

async function finish(socket) {
  socket.close(1000);
  await closed(socket);
}

const servers = {
  '/socket.io/': (socket) => {
    socket.send('0{"sid":"Q2hhaXI","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '40') socket.send('40{"sid":"TGFtcA"}');
      if (text.startsWith('420')) {
        socket.send('430[{"stored":true}]');
        socket.send('42["added",{"sku":"LAMP-7"}]');
        socket.send('2');
      }
    });
  },
  '/graphql': (socket) => {
    const say = (message) => socket.send(JSON.stringify(message));
    socket.on('message', async (data) => {
      const { id, type, payload } = JSON.parse(data);
      if (type === 'connection_init') return say({ type: 'connection_ack' });
      if (type === 'complete') return undefined;
      if (payload.query.startsWith('{')) return say({ id, type: 'error', payload: [{ message: 'no such field' }] });
      if (payload.query.startsWith('subscription')) {
        for (let tick = 1; tick <= 3; tick++) {
          await sleep(60);
          say({ id, type: 'next', payload: { data: { price: { sku: 'LAMP-7', amount: 49 + tick } } } });
        }
      } else say({ id, type: 'next', payload: { data: { cart: { items: 2 } } } });
      return say({ id, type: 'complete' });
    });
  },
  '/stomp': (socket) => {
    socket.on('message', (data) => {
      const [command] = String(data).split('\n');
      if (command === 'CONNECT') socket.send('CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0');
      if (command === 'SEND') {
        socket.send('RECEIPT\nreceipt-id:send-1\n\n\0');
        socket.send('MESSAGE\ndestination:/queue/orders\nmessage-id:7\nsubscription:0\n\n{"sku":"LAMP-7"}\0');
      }
    });
  },
  '/mqtt': (socket) => {
    socket.on('message', (data) => {
      const type = data[0] >> 4;
      if (type === 1) socket.send(Buffer.from([0x20, 2, 0, 0]));
      if (type === 8) socket.send(Buffer.from([0x90, 3, data[2], data[3], 1]));
      if (type === 3) socket.send(Buffer.from([0x40, 2, 0, 2]));
      if (type === 12) socket.send(Buffer.from([0xd0, 0]));
    });
  },
  '/rpc': (socket) => {
    socket.on('message', async (data) => {
      const { id, method, params } = JSON.parse(data);
      if (method === 'slow') await sleep(80);
      if (id === undefined) return;
      const failed = { error: { code: -32601, message: 'there is no such method' } };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...(method === 'nothing' ? failed : { result: params }) }));
    });
  },
};

async function socketIo(socket) {
  await inbox(socket, 1);
  socket.send('40');
  await inbox(socket, 2);
  socket.send('420["add",{"sku":"LAMP-7","count":1}]');
  await inbox(socket, 5);
  socket.send('3');
  await finish(socket);
}

async function graphql(socket) {
  const say = (message) => socket.send(JSON.stringify(message));
  say({ type: 'connection_init' });
  await inbox(socket, 1);
  say({ id: '1', type: 'subscribe', payload: { operationName: 'Cart', query: 'query Cart { cart { items } }' } });
  await inbox(socket, 3);
  say({ id: '2', type: 'subscribe', payload: { query: 'subscription Prices { price { sku amount } }' } });
  await inbox(socket, 7);
  say({ id: '3', type: 'subscribe', payload: { query: '{ nothing }' } });
  await inbox(socket, 8);
  await finish(socket);
}

async function stomp(socket) {
  socket.send('CONNECT\naccept-version:1.2\nhost:talk.example\n\n\0');
  await inbox(socket, 1);
  socket.send('SUBSCRIBE\nid:0\ndestination:/queue/orders\n\n\0');
  socket.send('SEND\ndestination:/queue/orders\nreceipt:send-1\ncontent-type:application/json\n\n{"sku":"LAMP-7"}\0');
  await inbox(socket, 3);
  socket.send('DISCONNECT\n\n\0');
  await finish(socket);
}

async function mqtt(socket) {
  const text = (value) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const packet = (first, ...parts) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([first, body.length]), body]);
  };
  socket.send(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 30]), text('lamp-7')));
  await inbox(socket, 1);
  socket.send(packet(0x82, Buffer.from([0, 1]), text('shop/#'), Buffer.from([1])));
  await inbox(socket, 2);
  socket.send(packet(0x32, text('shop/lamp'), Buffer.from([0, 2]), Buffer.from('on')));
  await inbox(socket, 3);
  socket.send(Buffer.from([0xc0, 0]));
  await inbox(socket, 4);
  socket.send(Buffer.from([0xe0, 0]));
  await finish(socket);
}

async function jsonRpc(socket) {
  const call = (id, method, params) => socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  call(1, 'slow', [1, 2]);
  call(2, 'add', { sku: 'LAMP-7' });
  call(3, 'nothing');
  call(undefined, 'log', ['seen']);
  await inbox(socket, 3);
  await finish(socket);
}
