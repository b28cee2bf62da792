// Binary messages inside WebSockets: MessagePack, CBOR, WAMP in MessagePack, MQTT 5 without a subprotocol, protobuf.

import { encode as encodeMessagePack } from '@msgpack/msgpack';
import { encode as encodeCbor } from 'cborg';
import mqttPacket from 'mqtt-packet';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

export const packages = { 'socket.io': '4.8.4', 'socket.io-client': '4.8.4', 'socket.io-msgpack-parser': '3.0.2' };

export const captures = [
  {
    scenario: 'binary-subprotocols',
    file: 'binary-subprotocols.pcap',
    about: `Six conversations in binary messages: MessagePack agreed as a subprotocol, CBOR that nothing but its bytes tell, WAMP in
MessagePack (wamp.2.msgpack: a call and its result), MQTT 5 without a subprotocol (connect, subscribe, publish with properties, two
packets in one message), protobuf, and socket.io with its MessagePack parser.`,
    made: 'socket.io 4, Node.js http and ws 8 with the packages mqtt-packet, @msgpack/msgpack and cborg on loopback, tcpdump',
    expect: {
      connections: 6,
      requests: { GET: 6 },
      responses: { 101: 6 },
      frames: { text: 1, binary: 20, close: 12 },
    },
  },
];

const price = { type: 'price', sku: 'LAMP-7', amount: 49.5, tags: ['new', 'sale'] };
const mqtt = (packet) => mqttPacket.generate(packet, { protocolVersion: 5 });

/** What the client says, and what the server answers to each. */
const TALKS = [
  {
    path: '/prices',
    subprotocol: 'msgpack',
    messages: [{ type: 'subscribe', sku: 'LAMP-7' }, [1, 2, 3]].map((value) => encodeMessagePack(value)),
    answers: [[encodeMessagePack(price)], []],
  },
  {
    path: '/sensors',
    messages: [encodeCbor({ cmd: 'read', sensor: 'roof' })],
    answers: [[encodeCbor({ event: 'reading', celsius: 21.5, raw: Uint8Array.of(1, 2, 255) })]],
  },
  {
    path: '/wamp',
    subprotocol: 'wamp.2.msgpack',
    messages: [encodeMessagePack([48, 7, {}, 'shop.add', [1]])],
    answers: [[encodeMessagePack([50, 7, {}, [2]])]],
  },
  {
    path: '/things',
    messages: [
      mqtt({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, clientId: 'lamp-7', keepalive: 30, properties: { sessionExpiryInterval: 60 } }),
      mqtt({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'shop/#', qos: 1 }] }),
      Buffer.concat([
        mqtt({ cmd: 'publish', topic: 'shop/lamp', payload: '{"on":true}', qos: 1, messageId: 2, properties: { contentType: 'application/json' } }),
        mqtt({ cmd: 'pingreq' }),
      ]),
    ],
    answers: [
      [mqtt({ cmd: 'connack', reasonCode: 0, sessionPresent: false })],
      [mqtt({ cmd: 'suback', messageId: 1, granted: [1] })],
      [mqtt({ cmd: 'puback', messageId: 2, reasonCode: 0 })],
    ],
  },
  {
    path: '/lamps',
    subprotocol: 'protobuf',
    messages: [Buffer.from('08960112066c616d702d37', 'hex')],
    answers: [[Buffer.from('0801', 'hex')]],
  },
]; // prettier-ignore

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '198.51.100.21/32'], mtu: 1500 });
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket, request) => {
    const answers = TALKS.find(({ path }) => path === request.url).answers.slice();
    socket.on('message', () => answers.shift().forEach((answer) => socket.send(answer)));
  });
  await listening(server, 80, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80' });
  for (const { path, subprotocol, messages, answers } of TALKS) {
    const socket = await opened(
      new WebSocket(`ws://192.0.2.10${path}`, subprotocol === undefined ? [] : [subprotocol], {
        localAddress: '198.51.100.21',
        perMessageDeflate: false,
        headers: { Host: 'things.example' },
      }),
    );
    let expected = 0;
    for (const [i, message] of messages.entries()) {
      socket.send(message);
      await inbox(socket, (expected += answers[i].length));
    }
    socket.close(1000);
    await closed(socket);
  }
  server.close();
  await socketIo(lab);
  lab.keep(await capture.stop(), 'binary-subprotocols.pcap');
}

async function socketIo(lab) {
  const [{ Server }, { io }, { default: parser }] = await Promise.all(
    ['socket.io', 'socket.io-client', 'socket.io-msgpack-parser'].map((name) => lab.load(name)),
  );
  const server = createServer();
  const sockets = new Server(server, { parser, serveClient: false });
  sockets.on('connection', (socket) => socket.on('add', (item, done) => done({ stored: true, ...item })));
  await listening(server, 80, '192.0.2.10');
  const client = io('http://192.0.2.10', {
    parser,
    transports: ['websocket'],
    localAddress: '198.51.100.21',
    extraHeaders: { Host: 'things.example' },
  });
  await client.emitWithAck('add', { sku: 'LAMP-7', picture: Buffer.from('89504e47', 'hex') });
  client.disconnect();
  await sleep(200);
  await new Promise((resolve) => sockets.close(resolve));
}
