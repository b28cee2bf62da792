// Headless Chromium on a page with assets, fetch, a WebSocket and server-sent events.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { startBrowser } from './support/browser.mjs';
import { png, prose } from './support/material.mjs';

const DONE = '/api/done';

export const captures = [
  {
    scenario: 'browser',
    file: 'browser.pcapng.gz',
    about: `Chromium loads a page with a style sheet, two scripts, three pictures and a missing one over parallel connections, fetches JSON
(GET, a POST, a preflighted cross-origin PUT), reads five server-sent events, and talks over a WebSocket that negotiates
permessage-deflate: text and binary both ways, closed by the page with 1000. Then it loads the page again and gets 304s.`,
    made: 'headless Chromium against Node.js http and ws 8 on loopback, dumpcap; compressed with gzip',
    expect: {
      requests: { GET: 20, POST: 2, PUT: 1, OPTIONS: 1 },
      responses: { 101: 1, 200: 11, 201: 1, 204: 2, 304: 7, 404: 2 },
      frames: { text: 6, binary: 3, close: 2 },
    },
    tshark: { responses: { 101: 1, 200: 10, 201: 1, 204: 2, 304: 7, 404: 2 } },
    tsharkNote: 'the answer to GET /events, which the page leaves before it ends, is not shown',
  },
];

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Observatory</title>
<link rel="icon" href="/icon.png">
<link rel="stylesheet" href="/style.css">
<h1>Observatory</h1>
<img src="/sky-1.png" alt=""><img src="/sky-2.png" alt=""><img src="/missing.png" alt="">
<ul id="events"></ul>
<script src="/tools.js"></script>
<script src="/app.js"></script>
`;

const APP = `
async function first() {
  await json('/api/stars');
  await json('/api/stars', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"Vega"}' });
  await json('http://api.observatory.example/api/stars/1', { method: 'PUT', headers: { 'X-Client': 'page' }, body: 'name=Deneb' });
  await events();
  await socket();
  sessionStorage.setItem('again', '1');
  location.reload();
}
async function second() {
  await json('/api/stars');
  await fetch('${DONE}', { method: 'POST' });
}
addEventListener('load', () => (sessionStorage.getItem('again') ? second() : first()));
`;

const TOOLS = `
const json = (path, options) => fetch(path, options).then((response) => response.json());
const events = () => new Promise((resolve) => {
  const source = new EventSource('/events');
  source.addEventListener('last', () => (source.close(), resolve()));
});
const socket = () => new Promise((resolve) => {
  const live = new WebSocket('ws://www.observatory.example/live', 'sky.v1');
  live.binaryType = 'arraybuffer';
  let received = 0;
  live.onopen = () => {
    live.send(JSON.stringify({ subscribe: ['Vega', 'Deneb'] }));
    live.send(new Uint8Array([1, 2, 3, 4, 5]));
    live.send('Grüße 🌟');
  };
  live.onmessage = () => { if (++received === 6) live.close(1000, 'seen enough'); };
  live.onclose = resolve;
});
`;

export async function record(lab) {
  await lab.loopback({
    addresses: ['192.0.2.10/32', '203.0.113.5/32'],
    from: '203.0.113.5',
    to: '192.0.2.10',
    mtu: 1500,
  });
  const server = createServer();
  const finished = new Promise((resolve) => server.on('request', (request) => request.url === DONE && resolve()));
  server.on('request', serve(files()));
  liveSky(server);
  await listening(server, 80, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80', pcapng: true, comment: 'Chromium visits a page twice' });
  const browser = startBrowser(lab, 'http://www.observatory.example/', '192.0.2.10');
  await Promise.race([
    finished,
    sleep(20_000).then(() => Promise.reject(new Error(`the page did not finish\n${browser.output}`))),
  ]);
  await sleep(300);
  await browser.stop();
  const raw = await capture.stop();

  lab.write('browser.pcapng.gz', gzipSync(readFileSync(raw), { level: 9 }));
  server.closeAllConnections();
}

/** Path -> [media type, body]. */
function files() {
  return {
    '/': ['text/html; charset=utf-8', PAGE],
    '/style.css': ['text/css', 'body { background: #012; color: #def; font: 16px sans-serif; }\n'.repeat(12)],
    '/tools.js': ['text/javascript', TOOLS],
    '/app.js': ['text/javascript', APP],
    '/icon.png': ['image/png', png(16, 16)],
    '/sky-1.png': ['image/png', png(64, 48, { grain: 30, seed: 1 })],
    '/sky-2.png': ['image/png', png(64, 48, { grain: 30, seed: 2, hue: [90, 40, 120] })],
    '/api/stars': ['application/json', JSON.stringify([{ id: 1, name: 'Altair', note: prose(500, 4) }])],
    '/api/stars/1': ['application/json', '{"id":1,"name":"Deneb"}'],
  };
}

function serve(files) {
  return async (request, response) => {
    await request.toArray();
    if (request.url === '/events') return sendEvents(response);
    if (request.method === 'OPTIONS') return preflight(response);
    if (request.url === DONE) return response.writeHead(204).end();
    const file = files[request.url];
    if (!file) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not here\n');
    answerFile(request, response, ...file);
  };
}

function answerFile(request, response, type, body) {
  const tag = `"${Buffer.byteLength(body)}-1"`;
  const headers = { ETag: tag, 'Cache-Control': 'no-cache', 'Access-Control-Allow-Origin': '*' };
  if (request.headers['if-none-match'] === tag) return response.writeHead(304, headers).end();
  const status = request.method === 'POST' ? 201 : 200;
  const compressed = body.length > 400 && !type.startsWith('image/') ? gzipSync(body) : null;
  if (compressed) headers['Content-Encoding'] = 'gzip';
  const content = compressed ?? Buffer.from(body);
  response.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': content.length }).end(content);
}

function preflight(response) {
  const allow = { 'Access-Control-Allow-Methods': 'PUT', 'Access-Control-Allow-Headers': 'x-client' };
  response.writeHead(204, { 'Access-Control-Allow-Origin': '*', ...allow }).end();
}

async function sendEvents(response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write('retry: 5000\n\n');
  for (let id = 1; id <= 4; id++) {
    response.write(`id: ${id}\ndata: {"seeing":${id / 2},\ndata:  "clouds":false}\n\n`);
    await sleep(60);
  }
  response.write('event: last\ndata: dawn\n\n');
}

/** Echoes what it gets and adds three messages of its own. */
function liveSky(server) {
  const sockets = new WebSocketServer({
    server,
    path: '/live',
    perMessageDeflate: { threshold: 0 },
    handleProtocols: () => 'sky.v1',
  });
  sockets.on('connection', (socket) => {
    socket.send('{"hello":"sky"}');
    socket.send(Buffer.from([9, 8, 7]));
    setTimeout(() => socket.send(JSON.stringify({ star: 'Vega', altitude: 61.2 })), 50);
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  });
}
