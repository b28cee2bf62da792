// The shop behind the demo's nginx: products and a cart over REST, stock levels as server-sent events, live prices and
// a warehouse channel over WebSocket. Arguments: address, port. Prints "visitor" when one signs in
// and "visit over" when a page says goodbye.

import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { noise } from '../support/material.mjs';

const CATALOG = [
  {
    id: 1,
    sku: 'LAMP-7',
    name: 'Desk lamp "Polaris"',
    price: 49.9,
    currency: 'EUR',
    stock: 12,
    tags: ['light', 'desk'],
  },
  { id: 2, sku: 'CHAIR-3', name: 'Reading chair', price: 189, currency: 'EUR', stock: 4, tags: ['seat', 'oak'] },
  { id: 3, sku: 'MUG-1', name: 'Enamel mug, 0.3 l', price: 8.5, currency: 'EUR', stock: 140, tags: ['kitchen'] },
  {
    id: 4,
    sku: 'RUG-9',
    name: 'Wool rug, 120 × 180 cm',
    price: 129,
    currency: 'EUR',
    stock: 2,
    tags: ['floor', 'wool'],
  },
];
const TOKEN = 'Bearer demo-admin';
const products = new Map(CATALOG.map((product) => [product.id, { ...product }]));
const cart = new Map();

const [host, port] = process.argv.slice(2);
const server = createServer(serve);
server.on('upgrade', upgrade);
server.listen(Number(port), host, () => console.log('open for business'));

async function serve(request, response) {
  const text = Buffer.concat(await request.toArray()).toString();
  const url = new URL(request.url, 'http://shop.example');
  if (url.pathname === '/api/stock') return stockEvents(response);
  if (url.pathname === '/api/recommendations') await sleep(1200);
  else await sleep(url.pathname.includes('report') ? 140 : 4 + url.pathname.length / 3);
  const [status, value, headers = {}] = answer(request, url, text);
  const body = value === undefined ? '' : JSON.stringify(value);
  if (value !== undefined) headers['Content-Type'] = 'application/json';
  if (status !== 204) headers['Content-Length'] = Buffer.byteLength(body);
  response.writeHead(status, headers).end(request.method === 'HEAD' ? '' : body);
  if (url.pathname === '/api/visits') console.log('visit over');
  if (url.pathname === '/api/session') console.log('visitor');
}

/** [status, JSON, fields]. */
function answer(request, url, text) {
  const [, , room, id] = url.pathname.split('/');
  const signedIn = /session=/.test(request.headers.cookie ?? '');
  switch (room) {
    case 'products':
      return id ? product(request, Number(id), text) : collection(request, text);
    case 'search':
      return [200, CATALOG.filter(({ tags }) => tags.includes(url.searchParams.get('q')))];
    case 'session':
      return [
        201,
        { user: 'ada', name: 'Ada L.' },
        { 'Set-Cookie': 'session=8f14e45f; Path=/; HttpOnly; SameSite=Lax' },
      ];
    case 'cart':
      return signedIn
        ? cartItems(request, id, text)
        : [401, { error: 'sign in first' }, { 'WWW-Authenticate': 'Session' }];
    case 'recommendations':
      return [200, { because: 'LAMP-7', products: [2, 4] }];
    case 'reports':
      return [500, { error: 'report failed', detail: 'division by zero in margin()', incident: 'a41c' }];
    case 'visits':
      return [204];
    default:
      return [404, { error: `no ${url.pathname}` }];
  }
}

function collection(request, text) {
  const allow = { Allow: 'GET, HEAD, POST, OPTIONS' };
  if (request.method === 'GET' || request.method === 'HEAD') return [200, [...products.values()]];
  if (request.method === 'OPTIONS') return [204, undefined, allow];
  if (request.headers.authorization !== TOKEN) return [403, { error: 'admins only' }];
  if (request.method !== 'POST') return [405, { error: `${request.method} is not allowed here` }, allow];
  const id = 5;
  products.set(id, { id, ...JSON.parse(text) });
  return [201, products.get(id), { Location: `/api/products/${id}` }];
}

function product(request, id, text) {
  const found = products.get(id);
  if (!found) return [404, { error: `no product ${id}` }];
  if (request.method === 'GET') return [200, found];
  if (request.headers.authorization !== TOKEN) return [403, { error: 'admins only' }];
  if (request.method === 'DELETE') return [204, void products.delete(id)];
  Object.assign(found, JSON.parse(text));
  return [200, found];
}

function cartItems(request, id, text) {
  if (request.method === 'GET') return [200, { items: [...cart.values()], total: 49.9 * cart.size }];
  if (request.method === 'POST') {
    cart.set('1', { id: 1, ...JSON.parse(text) });
    return [201, cart.get('1'), { Location: '/api/cart/1' }];
  }
  if (request.method === 'PATCH') return [200, Object.assign(cart.get(id), JSON.parse(text))];
  return [204, void cart.delete(id)];
}

async function stockEvents(response) {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 3000\n\n');
  for (const [at, { sku, stock }] of [...CATALOG, CATALOG[0]].entries()) {
    await sleep(350);
    response.write(`id: ${at + 1}\nevent: stock\ndata: ${JSON.stringify({ sku, stock: stock - at })}\n\n`);
  }
  response.end('event: end\ndata: closing time\n\n');
}

function upgrade(request, socket, head) {
  const origin = request.headers.origin;
  if (origin && origin !== 'http://shop.example') return refuse(socket, `Origin ${origin} is not allowed\n`);
  const live = request.url === '/live';
  const options = {
    perMessageDeflate: live ? { threshold: 0 } : false,
    handleProtocols: () => (live ? 'prices.v1' : 'stock.v2'),
  };
  new WebSocketServer({ noServer: true, ...options }).handleUpgrade(
    request,
    socket,
    head,
    live ? livePrices : warehouse,
  );
}

function refuse(socket, text) {
  socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
}

/** A snapshot, a sparkline in binary, then a tick every 300 ms. */
function livePrices(socket) {
  let tick = 0;
  const timer = setInterval(() => socket.send(quote(++tick)), 300);
  socket.once('message', () => {
    const prices = Object.fromEntries(CATALOG.map(({ sku, price }) => [sku, price]));
    socket.send(JSON.stringify({ type: 'snapshot', prices }));
    socket.send(Buffer.from(Float32Array.from({ length: 24 }, (_, hour) => 49.9 + Math.sin(hour / 4)).buffer));
  });
  socket.on('close', () => clearInterval(timer));
}

function quote(tick) {
  const { sku, price } = CATALOG[tick % CATALOG.length];
  return JSON.stringify({
    type: 'price',
    tick,
    sku,
    price: Math.round((price + tick / 10) * 100) / 100,
    currency: 'EUR',
  });
}

/** Answers each thing a scanner sends; a printed label goes back as binary, and a ping after it. */
function warehouse(socket) {
  let scans = 0;
  socket.on('message', (data, isBinary) => {
    if (!isBinary && data.includes('hello')) return socket.send('{"type":"welcome","shift":"early","server":"wh-2"}');
    if (!isBinary) return socket.send(JSON.stringify({ type: 'stored', items: JSON.parse(data).items.length }));
    if (data.length > 100) return socket.send(JSON.stringify({ type: 'photo', bytes: data.length }));
    socket.send(JSON.stringify({ type: 'ack', scan: ++scans, sku: data.toString('latin1', 1) }));
    if (scans < 3) return;
    socket.send(noise(180, 33));
    setTimeout(() => socket.ping('scanner?'), 60);
  });
}
