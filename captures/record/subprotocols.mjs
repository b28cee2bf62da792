// What is spoken inside WebSockets, by the packages that speak it: socket.io, graphql-ws, subscriptions-transport-ws,
// @stomp/stompjs, mqtt with the broker aedes, rpc-websockets, sockjs, @microsoft/signalr. STOMP and SignalR have servers of
// a few lines here; the rest is real at both ends.

import dns from 'node:dns';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer, createWebSocketStream } from 'ws';
import { listening, sleep } from './support/lab.mjs';

export const packages = {
  'socket.io': '4.8.4',
  'socket.io-client': '4.8.4',
  graphql: '16.15.0',
  'graphql-ws': '6.4.2',
  'subscriptions-transport-ws': '0.11.0',
  '@stomp/stompjs': '7.5.0',
  aedes: '1.2.0',
  mqtt: '5.16.0',
  'rpc-websockets': '10.0.1',
  sockjs: '0.3.24',
  'sockjs-client': '1.6.1',
  '@microsoft/signalr': '10.0.11',
};

export const captures = [
  {
    scenario: 'subprotocols',
    file: 'subprotocols.pcap',
    about: `Conversations by subprotocol. socket.io over a WebSocket alone (two namespaces, events both ways with acknowledgements, a binary
attachment, a refused namespace, heartbeats), and as it is by default: polling first, then an upgrade. graphql-transport-ws
(a query, a mutation, a subscription of three, an error, a subscription given up) and its forerunner graphql-ws. v12.stomp
(receipt, subscription, transaction, heartbeat). mqtt 3.1.1 (a will, three qualities of service, a retained message, ping; its
packets come in pieces, a message each, and the broker ends without a close frame). JSON-RPC 2.0
(calls, an error, a notification, an event). SockJS and SignalR (an invocation, a stream, an error).`,
    made: `${Object.entries(packages)
      .map(([name, version]) => `${name} ${version.split('.')[0]}`)
      .join(', ')} and ws 8 on loopback, tcpdump`,
    expect: {
      connections: 13,
      requests: { GET: 12, POST: 1 },
      responses: { 101: 9, 200: 4 },
      frames: { text: 106, binary: 101, close: 17, ping: 1, pong: 1 },
    },
  },
];

const HOST = 'talk.example';
const SERVER = '192.0.2.10';

let load;

export async function record(lab) {
  await lab.loopback({ addresses: [`${SERVER}/32`, '198.51.100.21/32'], mtu: 1500, from: '198.51.100.21', to: SERVER });
  load = (name) => lab.load(name);
  nameTheServer();
  const capture = await lab.capture({ filter: 'tcp port 80' });
  for (const talk of [socketIo, graphql, oldGraphql, stomp, mqtt, jsonRpc, sockjs, signalR]) await talk();
  lab.keep(await capture.stop(), 'subprotocols.pcap');
  process.exit(0);
}

function nameTheServer() {
  const { lookup } = dns;
  dns.lookup = (name, options, done) => {
    if (name !== HOST) return lookup(name, options, done);
    const [given, callback] = typeof options === 'function' ? [{}, options] : [options, done];
    if (given.all) process.nextTick(callback, null, [{ address: SERVER, family: 4 }]);
    else process.nextTick(callback, null, SERVER, 4);
  };
}

/** Serves with `setUp(server)` while `talk` lasts. */
async function serving(setUp, talk) {
  const server = createServer();
  const stop = await setUp(server);
  await listening(server, 80, SERVER);
  await talk();
  await stop?.();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));

async function socketIo() {
  const { Server } = await load('socket.io');
  const { io } = await load('socket.io-client');
  await serving(
    (server) => {
      const sockets = new Server(server, { pingInterval: 400, pingTimeout: 300, serveClient: false });
      sockets.on('connection', (socket) => {
        socket.on('add', (item, done) => {
          done({ stored: true });
          socket.emit('added', { ...item, by: 'you' });
        });
        socket.on('picture', (bytes, done) => done(bytes.length));
        socket.on('count', async (done) => done(await socket.timeout(2000).emitWithAck('how many?', 'LAMP-7')));
      });
      sockets.of('/prices').on('connection', (socket) => socket.emit('price', 'LAMP-7', 49.5));
      sockets.of('/staff').use((_socket, next) => next(new Error('not for you')));
      return () => new Promise((resolve) => sockets.close(resolve));
    },
    async () => {
      const socket = io(`http://${HOST}`, { transports: ['websocket'], forceNew: true, autoConnect: false });
      socket.on('how many?', (_sku, done) => done(3));
      const added = once(socket, 'added');
      socket.connect();
      await socket.emitWithAck('add', { sku: 'LAMP-7', count: 1 });
      await added;
      await socket.emitWithAck('picture', Buffer.from('89504e470d0a1a0a', 'hex'));
      await socket.emitWithAck('count');
      const prices = socket.io.socket('/prices');
      prices.connect();
      await once(prices, 'price');
      const staff = socket.io.socket('/staff');
      staff.connect();
      await once(staff, 'connect_error');
      await sleep(600);
      socket.io._close();
      await sleep(100);

      const usual = io(`http://${HOST}`, { forceNew: true, autoConnect: false });
      const upgraded = new Promise((resolve) => usual.io.once('open', () => usual.io.engine.once('upgrade', resolve)));
      usual.connect();
      await upgraded;
      await usual.emitWithAck('add', { sku: 'LAMP-8', count: 2 });
      await sleep(100);
      usual.io._close();
      await sleep(100);
    },
  );
}

const SCHEMA = `
  type Cart { items: Int }
  type Price { sku: String, amount: Int }
  type Query { cart: Cart }
  type Mutation { add(sku: String): Cart }
  type Subscription { price: Price, clock: Int }`;

async function* prices() {
  for (let tick = 1; tick <= 3; tick++) {
    await sleep(60);
    yield { price: { sku: 'LAMP-7', amount: 49 + tick } };
  }
}

async function* clock() {
  for (let tick = 0; tick < 100; tick++) {
    yield { clock: tick };
    await sleep(50);
  }
}

const ROOTS = {
  query: { cart: () => ({ items: 2 }) },
  mutation: { add: () => ({ items: 3 }) },
  subscription: { price: prices, clock },
};

async function graphql() {
  const { buildSchema } = await load('graphql');
  const { useServer } = await load('graphql-ws/use/ws');
  const { createClient } = await load('graphql-ws');
  await serving(
    (server) => {
      const sockets = new WebSocketServer({ server, path: '/graphql' });
      const { dispose } = useServer({ schema: buildSchema(SCHEMA), roots: ROOTS }, sockets);
      return dispose;
    },
    async () => {
      const client = createClient({
        url: `ws://${HOST}/graphql`,
        webSocketImpl: WebSocket,
        lazy: false,
        retryAttempts: 0,
      });
      const answers = async (payload, most = 9) => {
        for await (const _answer of client.iterate(payload)) if (--most === 0) break;
      };
      await answers({ operationName: 'Cart', query: 'query Cart { cart { items } }' });
      await answers({ query: 'mutation Add($sku: String) { add(sku: $sku) { items } }', variables: { sku: 'LAMP-7' } });
      await answers({ query: 'subscription Prices { price { sku amount } }' });
      await answers({ query: '{ nothing }' }).catch(() => {});
      await answers({ query: 'subscription Clock { clock }' }, 2);
      await sleep(100);
      await client.dispose();
      await sleep(100);
    },
  );
}

async function oldGraphql() {
  const { buildSchema, execute, subscribe } = await load('graphql');
  const { SubscriptionClient, SubscriptionServer } = (await load('subscriptions-transport-ws')).default;
  await serving(
    (server) => {
      const rootValue = { cart: () => ({ items: 2 }), price: prices };
      const made = SubscriptionServer.create(
        { schema: buildSchema(SCHEMA), execute, subscribe, rootValue, keepAlive: 300 },
        { server, path: '/subscriptions' },
      );
      return () => made.close();
    },
    async () => {
      const client = new SubscriptionClient(`ws://${HOST}/subscriptions`, { reconnect: false }, WebSocket);
      const all = (request) =>
        new Promise((resolve) => client.request(request).subscribe({ complete: resolve, error: resolve }));
      await all({ query: 'query Cart { cart { items } }', operationName: 'Cart' });
      await all({ query: 'subscription Prices { price { sku amount } }' });
      await all({ query: '{ nothing }' });
      await sleep(200);
      client.close();
      await sleep(100);
    },
  );
}

async function stomp() {
  const { Client } = await load('@stomp/stompjs');
  await serving(
    (server) => {
      const sockets = new WebSocketServer({ server, handleProtocols: () => 'v12.stomp' });
      sockets.on('connection', (socket) =>
        socket.on('message', (data) => answerStomp(socket, Buffer.from(/** @type {Buffer} */ (data)).toString())),
      );
      return () => sockets.close();
    },
    async () => {
      const client = new Client({
        webSocketFactory: () => new WebSocket(`ws://${HOST}/stomp`, ['v12.stomp', 'v11.stomp', 'v10.stomp']),
        connectHeaders: { host: HOST },
        reconnectDelay: 0,
        heartbeatIncoming: 0,
        heartbeatOutgoing: 400,
      });
      await new Promise((resolve) => ((client.onConnect = resolve), client.activate()));
      const message = new Promise((resolve) => client.subscribe('/queue/orders', resolve, { id: 'orders' }));
      client.publish({
        destination: '/queue/orders',
        headers: { receipt: 'send-1', 'content-type': 'application/json' },
        body: '{"sku":"LAMP-7","note":"größer"}',
      });
      await message;
      const transaction = client.begin('tx-1');
      client.publish({ destination: '/queue/orders', headers: { transaction: 'tx-1' }, body: 'two' });
      transaction.commit();
      await sleep(700);
      await client.deactivate();
      await sleep(100);
    },
  );
}

function answerStomp(socket, text) {
  const [command] = text.split('\n');
  const receipt = /^receipt:(.*)$/m.exec(text)?.[1];
  if (command === 'CONNECT') socket.send('CONNECTED\nversion:1.2\nheart-beat:0,400\n\n\0');
  if (receipt !== undefined) socket.send(`RECEIPT\nreceipt-id:${receipt}\n\n\0`);
  if (command === 'SEND' && receipt !== undefined) {
    socket.send('MESSAGE\ndestination:/queue/orders\nmessage-id:7\nsubscription:orders\n\n{"sku":"LAMP-7"}\0');
    socket.send('\n');
  }
}

async function mqtt() {
  const { Aedes } = await load('aedes');
  const { default: client } = await load('mqtt');
  await serving(
    async (server) => {
      const broker = await Aedes.createBroker();
      const sockets = new WebSocketServer({ server, handleProtocols: () => 'mqtt' });
      sockets.on('connection', (socket, request) => broker.handle(createWebSocketStream(socket), request));
      return () => new Promise((resolve) => broker.close(resolve));
    },
    async () => {
      const things = await client.connectAsync(`ws://${HOST}/mqtt`, {
        clientId: 'lamp-7',
        protocolVersion: 4,
        keepalive: 1,
        reconnectPeriod: 0,
        will: { topic: 'shop/lamp/gone', payload: 'off', qos: 1, retain: false },
      });
      await things.publishAsync('shop/lamp/state', 'on', { retain: true, qos: 1 });
      const heard = new Promise((resolve) => {
        let count = 0;
        things.on('message', () => ++count === 3 && resolve());
      });
      await things.subscribeAsync({ 'shop/#': { qos: 1 }, 'house/+/door': { qos: 2 } });
      await things.publishAsync('shop/lamp/watts', '7.5', { qos: 0 });
      await things.publishAsync('house/1/door', JSON.stringify({ open: true }), { qos: 2 });
      await heard;
      await things.unsubscribeAsync('shop/#');
      await sleep(1700);
      await things.endAsync();
      await sleep(100);
    },
  );
}

async function jsonRpc() {
  const { Client, Server } = await load('rpc-websockets');
  await serving(
    (server) => {
      const made = new Server({ server });
      made.register('add', ([a, b]) => a + b);
      made.register('slow', async ([ms]) => sleep(ms, ms));
      made.event('price');
      const ticking = setInterval(() => made.emit('price', { sku: 'LAMP-7', amount: 49.5 }), 150);
      return () => {
        clearInterval(ticking);
        return made.close();
      };
    },
    async () => {
      const client = new Client(`ws://${HOST}/`, { reconnect: false });
      await once(client, 'open');
      await Promise.all([client.call('slow', [80]), client.call('add', [1, 2])]);
      await client.call('nothing').catch(() => {});
      await client.notify('add', [3, 4]);
      const price = once(client, 'price');
      await client.subscribe('price');
      await price;
      await client.unsubscribe('price');
      client.close();
      await sleep(100);
    },
  );
}

async function sockjs() {
  const { default: SockServer } = await load('sockjs');
  const { default: SockClient } = await load('sockjs-client');
  await serving(
    (server) => {
      const made = SockServer.createServer({ log: () => {}, heartbeat_delay: 300 });
      made.on('connection', (socket) => socket.on('data', (text) => socket.write(`you said ${text}`)));
      made.installHandlers(server, { prefix: '/echo' });
    },
    async () => {
      const socket = new SockClient(`http://${HOST}/echo`, null, { transports: ['websocket'] });
      await new Promise((resolve) => (socket.onopen = resolve));
      const heard = new Promise((resolve) => {
        let count = 0;
        socket.onmessage = () => ++count === 2 && resolve();
      });
      socket.send('hello');
      socket.send('{"sku":"LAMP-7"}');
      await heard;
      await sleep(500);
      socket.close();
      await sleep(100);
    },
  );
}

async function signalR() {
  const { HubConnectionBuilder, HttpTransportType, LogLevel } = (await load('@microsoft/signalr')).default;
  await serving(
    (server) => {
      const sockets = new WebSocketServer({ server, path: '/hub' });
      sockets.on('connection', (socket) => {
        const say = (...messages) => socket.send(messages.map((message) => `${JSON.stringify(message)}\x1e`).join(''));
        socket.on('message', (data) => {
          for (const text of Buffer.from(/** @type {Buffer} */ (data))
            .toString()
            .split('\x1e')
            .slice(0, -1))
            answerSignalR(say, JSON.parse(text));
        });
      });
      return () => sockets.close();
    },
    async () => {
      const url = `http://${HOST}/hub`;
      const hub = new HubConnectionBuilder()
        .withUrl(url, { skipNegotiation: true, transport: HttpTransportType.WebSockets, WebSocket })
        .configureLogging(LogLevel.None)
        .withKeepAliveInterval(300)
        .build();
      const price = new Promise((resolve) => hub.on('price', resolve));
      await hub.start();
      await hub.invoke('Add', 'LAMP-7', 1);
      await hub.invoke('Nothing').catch(() => {});
      await new Promise((resolve) =>
        hub.stream('Count', 3).subscribe({ next: () => {}, complete: resolve, error: resolve }),
      );
      await hub.send('Seen', 'LAMP-7');
      await price;
      await sleep(500);
      await hub.stop();
      await sleep(100);
    },
  );
}

function answerSignalR(say, { protocol, type, target, invocationId }) {
  if (protocol !== undefined) return say({});
  if (target === 'Add') say({ type: 3, invocationId, result: { stored: true } });
  if (target === 'Nothing') say({ type: 3, invocationId, error: 'there is no such method' });
  if (target === 'Count')
    say({ type: 2, invocationId, item: 1 }, { type: 2, invocationId, item: 2 }, { type: 3, invocationId });
  if (target === 'Seen') say({ type: 1, target: 'price', arguments: ['LAMP-7', 49.5] });
  if (type === 6) say({ type: 6 });
  return undefined;
}
