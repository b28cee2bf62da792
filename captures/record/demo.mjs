// A small shop with live prices, seen at its door: five visitors in three seconds.

import { fileURLToPath } from 'node:url';
import { startBrowser } from './support/browser.mjs';
import { tshark } from './support/check.mjs';
import { inTurn, sleep } from './support/lab.mjs';
import { png } from './support/material.mjs';

const SHOP = { four: '192.0.2.10', six: '2001:db8:a::10' };
const STORY =
  'A small shop with live prices, recorded at its door: a browser, a phone, an office, a warehouse scanner and a stranger';

export const captures = [
  {
    scenario: 'demo',
    file: 'demo.pcapng',
    about: `The one to start with: a small shop with live prices, recorded at its door. A browser (198.51.100.21) is led to the shop page, loads
its assets over parallel connections, fetches products as chunked gzip, is told to sign in, fills a cart, waits 1.2 s for
recommendations, follows stock levels as server-sent events and prices over a WebSocket with permessage-deflate, and
comes back to a warm cache (304). Its link drops packets, so there are retransmissions. A phone (203.0.113.40) meets a
moved page, a missing one, part of a picture and a rate limit (429). The office (2001:db8:b::7) works on products with every REST verb, and its
report fails (500). A warehouse scanner (2001:db8:c::33) sends text, binary, pings and fragments over a WebSocket and closes it. A stranger
(203.0.113.99) is refused one for its Origin (403).`,
    made: 'nginx in front of Node.js and ws 8, headless Chromium, curl and ws in six network namespaces, dumpcap',
    expect: {
      requests: { GET: 36, HEAD: 1, POST: 4, PUT: 1, PATCH: 2, DELETE: 4, OPTIONS: 1 },
      responses: {
        101: 2,
        200: 19,
        201: 3,
        204: 4,
        206: 1,
        301: 1,
        302: 1,
        304: 9,
        401: 1,
        403: 2,
        404: 2,
        405: 1,
        429: 2,
        500: 1,
      },
      frames: { text: 20, binary: 7, continuation: 3, ping: 2, pong: 2, close: 4 },
    },
    verify: (path) =>
      (tshark(path, 'tcp.analysis.retransmission')?.length ?? 1) > 0 ? [] : ['nothing was retransmitted'],
  },
];

const CONFIG = (root) => `
  server_tokens off;
  limit_req_zone $binary_remote_addr zone=search:1m rate=1r/s;
  limit_req_status 429;
  server {
    listen ${SHOP.four}:80;
    listen [${SHOP.six}]:80;
    server_name shop.example;
    root ${root};
    gzip on;
    gzip_types text/css text/javascript application/json image/svg+xml;
    gzip_min_length 300;
    gzip_proxied any;
    add_header Cache-Control no-cache;
    location = / { return 302 /shop/; }
    location = /sale { return 301 /shop/sale.html; }
    location /api/ { proxy_pass http://127.0.0.1:3000; proxy_http_version 1.1; proxy_set_header Host $host; }
    location /api/search {
      limit_req zone=search;
      error_page 429 @patience;
      proxy_pass http://127.0.0.1:3000;
      proxy_http_version 1.1;
    }
    location @patience { add_header Retry-After 1 always; default_type text/plain; return 429 "One search a second, please.\\n"; }
    location ~ ^/(live|warehouse)$ {
      proxy_pass http://127.0.0.1:3000;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
`;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The small shop</title>
<link rel="icon" href="/img/logo.svg">
<link rel="stylesheet" href="/css/shop.css">
<header><img src="/img/logo.svg" alt="" width="32"> <h1>The small shop</h1></header>
<img class="hero" src="/img/hero.png" alt="A lamp on a desk">
<main id="products"><img src="/img/lamp.png" alt=""><img src="/img/chair.png" alt=""></main>
<aside><h2>Live prices</h2><table id="prices"></table><h2>Stock</h2><ul id="stock"></ul></aside>
<p>Free delivery from 50 EUR. Thirty days to change your mind. Open round the clock, except when the cat sleeps.</p>
<script src="/js/shop.js"></script>
`;

const SCRIPT = `// The small shop: what the page does once it is there.
const json = async (path, method = 'GET', body) => {
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  return response.status === 204 ? null : response.json();
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const watchStock = () => new Promise((resolve) => {
  const source = new EventSource('/api/stock');
  source.addEventListener('stock', ({ data }) => console.log('stock', JSON.parse(data)));
  source.addEventListener('end', () => (source.close(), resolve()));
});

const watchPrices = () => new Promise((resolve) => {
  const live = new WebSocket('ws://shop.example/live', 'prices.v1');
  live.binaryType = 'arraybuffer';
  live.onopen = () => live.send(JSON.stringify({ type: 'subscribe', skus: ['LAMP-7', 'CHAIR-3', 'MUG-1', 'RUG-9'] }));
  live.onmessage = ({ data }) => {
    if (typeof data !== 'string') return live.send(new Uint8Array([1, data.byteLength / 4]));
    const price = JSON.parse(data);
    if (price.tick === 4) live.send(JSON.stringify({ type: 'alert', sku: 'LAMP-7', below: 45 }));
    if (price.tick === 9) live.close(1000, 'leaving the shop');
  };
  live.onclose = resolve;
});

async function shop() {
  await json('/api/products');
  await json('/api/cart');
  await json('/api/session', 'POST', { user: 'ada', remember: true });
  const live = watchPrices();
  const stock = watchStock();
  const ideas = json('/api/recommendations');
  await json('/api/cart');
  await pause(400);
  await json('/api/cart', 'POST', { sku: 'LAMP-7', count: 1 });
  await pause(600);
  await json('/api/cart/1', 'PATCH', { count: 2 });
  await pause(500);
  await json('/api/cart/1', 'DELETE');
  await Promise.all([live, stock, ideas]);
  sessionStorage.setItem('seen', 'yes');
  location.reload();
}

async function goodbye() {
  await json('/api/products');
  await fetch('/api/visits', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"pages":2}' });
}

addEventListener('load', () => (sessionStorage.getItem('seen') ? goodbye() : shop()));
`;

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#c8102e"/>
<path d="M9 13h14l-2 11H11z M12 13a4 4 0 0 1 8 0" fill="none" stroke="#fff" stroke-width="2"/></svg>
`;

export async function record(lab) {
  site(lab);
  const shop = await lab.host('shop', { addresses: [`${SHOP.four}/24`, `${SHOP.six}/64`] });
  const visitors = {
    laptop: await lab.host('laptop', { addresses: ['198.51.100.21/24'], rate: '20mbit', queue: 9_000 }),
    phone: await lab.host('phone', { addresses: ['203.0.113.40/24'] }),
    office: await lab.host('office', { addresses: ['2001:db8:b::7/64'] }),
    warehouse: await lab.host('warehouse', { addresses: ['2001:db8:c::33/64'] }),
    stranger: await lab.host('stranger', { addresses: ['203.0.113.99/24'] }),
  };
  await lab.nginx(CONFIG(`${lab.temp}/site`), { host: shop });
  const backend = shop.start(process.execPath, [program('shop-server'), '127.0.0.1', '3000']);
  await backend.printed(/open for business/);
  const capture = await shop.capture({ filter: 'tcp port 80', pcapng: true, comment: STORY });
  await opening(lab, backend, visitors);
  lab.keep(await capture.stop(), 'demo.pcapng');
}

function site(lab) {
  lab.file('site/shop/index.html', PAGE);
  lab.file('site/shop/sale.html', '<!doctype html>\n<title>Sale</title>\n<p>Everything must stay.</p>\n');
  lab.file('site/css/shop.css', ['body', 'header', 'main', 'aside', 'table', '.hero'].map(rule).join(''));
  lab.file('site/js/shop.js', SCRIPT);
  lab.file('site/img/logo.svg', LOGO);
  lab.file('site/img/hero.png', png(96, 60, { grain: 90, hue: [150, 90, 60] }));
  lab.file('site/img/lamp.png', png(32, 24, { grain: 30, seed: 2 }));
  lab.file('site/img/chair.png', png(32, 24, { grain: 30, seed: 3, hue: [90, 120, 40] }));
}

function rule(selector, at) {
  return `${selector} {\n  margin: ${at}rem auto;\n  font: 1rem/1.5 system-ui, sans-serif;\n  color: #2${at}2;\n}\n`;
}

/** The browser's visit takes about three seconds; the others come while it lasts. */
async function opening(lab, backend, { laptop, phone, office, warehouse, stranger }) {
  const browser = startBrowser(lab, 'http://shop.example/', SHOP.four, { host: laptop });
  const over = backend.printed(/visit over/, 30_000);
  await backend.printed(/visitor/, 20_000);
  await Promise.all([
    over,
    sleep(400).then(() => onThePhone(lab, phone)),
    sleep(1300).then(() => inTheOffice(lab, office)),
    sleep(150).then(() => warehouse.run(process.execPath, [program('scanner'), 'ws://[2001:db8:a::10]/warehouse'])),
    sleep(2100).then(() => stranger.run(process.execPath, [program('stranger'), `ws://${SHOP.four}/live`])),
  ]);
  await sleep(150);
  await browser.stop();
}

async function onThePhone(lab, host) {
  const agent = 'ShopApp/3.2 (Android 15; en)';
  const site = ['--resolve', `shop.example:80:${SHOP.four}`, '--user-agent', agent, '-o', 'body'];
  const url = (path) => `http://shop.example${path}`;
  await lab.curl([...site, '--location', '--compressed', url('/sale')], { host });
  await sleep(120);
  const requests = [
    ['--range', '0-1023', url('/img/hero.png')],
    [url('/shop/winter.html')],
    ['--head', url('/api/products')],
  ];
  await lab.curl(inTurn(site, requests), { host });
  await sleep(200);
  await lab.curl(inTurn(site, [[url('/api/search?q=desk')], [url('/api/search?q=oak')], [url('/api/search?q=wool')]]), {
    host,
  });
}

async function inTheOffice(lab, host) {
  const site = ['--resolve', `shop.example:80:[${SHOP.six}]`, '--user-agent', 'shop-admin/1.4', '-o', 'body'];
  const admin = [...site, '--header', 'Authorization: Bearer demo-admin', '--header', 'Content-Type: application/json'];
  const url = (path) => `http://shop.example/api${path}`;
  const product = JSON.stringify({ sku: 'VASE-2', name: 'Stoneware vase', price: 34, currency: 'EUR', stock: 20 });
  const body = (method, text) => ['--request', method, '--data', text];
  await lab.curl([...site, '--request', 'DELETE', url('/products/1')], { host });
  const requests = [
    ['--request', 'OPTIONS', url('/products')],
    [...body('POST', product), url('/products')],
    [url('/products/5')],
    [...body('PUT', product.replace('34', '36')), url('/products/5')],
    [...body('PATCH', '{"stock":19}'), url('/products/5')],
    ['--request', 'DELETE', url('/products/5')],
    [url('/products/5')],
    ['--request', 'DELETE', url('/products')],
  ];
  await lab.curl(inTurn(admin, requests), { host });
  await sleep(250);
  await lab.curl([...admin, url('/reports/daily')], { host });
}

function program(name) {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
}
