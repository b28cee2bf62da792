// Headless Chromium on an HTTPS site: HTTP/2 and a WebSocket, with the browser's own key log inside the file.

import { createSecureServer } from 'node:http2';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { startBrowser } from './support/browser.mjs';
import { png, prose } from './support/material.mjs';
import { keyLogOf, selfSigned, withSecrets } from './support/tls.mjs';

const NAME = 'www.vault.example';
const DONE = '/done';

export const captures = [
  {
    scenario: 'tls-browser',
    file: 'tls-browser.pcapng.gz',
    about: `Chromium loads a page over HTTPS: HTTP/2 for the page, a style sheet, a script, a picture, JSON by GET and POST; a WebSocket over
TLS on a connection of its own. The secrets, as the browser logged them, are inside.`,
    made: 'headless Chromium against Node.js http2 and ws 8 on loopback, dumpcap; secrets put in by the script, compressed with gzip',
    expect: {
      requests: { GET: 7, POST: 2 },
      responses: { 101: 1, 200: 6, 201: 1, 204: 1 },
      frames: { text: 2, binary: 2, close: 2 },
    },
  },
];

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Vault</title>
<link rel="icon" href="/icon.png">
<link rel="stylesheet" href="/style.css">
<h1>Vault</h1>
<img src="/door.png" alt="">
<script src="/app.js"></script>
`;

const APP = `
const json = (path, options) => fetch(path, options).then((response) => response.json());
const socket = () => new Promise((resolve) => {
  const live = new WebSocket('wss://${NAME}/live');
  live.binaryType = 'arraybuffer';
  let received = 0;
  live.onopen = () => (live.send('Grüße 🔒'), live.send(new Uint8Array([1, 2, 3])));
  live.onmessage = () => { if (++received === 2) live.close(1000, 'locked'); };
  live.onclose = resolve;
});
addEventListener('load', async () => {
  await json('/api/coins');
  await json('/api/coins', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"ducat"}' });
  await socket();
  await fetch('${DONE}', { method: 'POST' });
});
`;

const FILES = {
  '/': ['text/html; charset=utf-8', PAGE],
  '/style.css': ['text/css', 'body { background: #210; color: #fed; font: 16px sans-serif; }\n'.repeat(12)],
  '/app.js': ['text/javascript', APP],
  '/icon.png': ['image/png', png(16, 16)],
  '/door.png': ['image/png', png(64, 48, { grain: 30 })],
  '/api/coins': ['application/json', JSON.stringify([{ name: 'thaler', note: prose(500, 4) }])],
};

export async function record(lab) {
  const [address, from] = ['192.0.2.10', '203.0.113.5'];
  await lab.loopback({ addresses: [`${address}/32`, `${from}/32`], from, to: address, mtu: 1500 });
  const { key, cert } = await selfSigned(lab, [NAME]);
  const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true });
  const finished = new Promise((resolve) => server.on('request', (request) => request.url === DONE && resolve()));
  server.on('request', serve);
  echo(server);
  await listening(server, 443, address);
  const capture = await lab.capture({
    filter: `tcp port 443 and host ${address}`,
    pcapng: true,
    comment: 'Chromium over TLS',
  });
  const keys = join(lab.temp, 'browser.keys');
  const flags = ['--ignore-certificate-errors', `--ssl-key-log-file=${keys}`];
  const browser = startBrowser(lab, `https://${NAME}/`, address, { flags });
  await Promise.race([
    finished,
    sleep(20_000).then(() => Promise.reject(new Error(`the page did not finish\n${browser.output}`))),
  ]);
  await sleep(300);
  await browser.stop();
  const raw = readFileSync(await capture.stop());
  lab.write('tls-browser.pcapng.gz', gzipSync(withSecrets(raw, keyLogOf(keys)), { level: 9 }));
  server.close();
}

async function serve(request, response) {
  await request.toArray();
  if (request.url === DONE) return response.writeHead(204).end();
  const file = FILES[request.url];
  if (!file) return response.writeHead(404).end();
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': file[0] });
  response.end(file[1]);
}

function echo(server) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, take));
  function take(socket) {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  }
}
