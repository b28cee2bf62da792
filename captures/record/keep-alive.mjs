// Many small exchanges on few connections, compressed with zstd.

import { Agent, createServer, get } from 'node:http';
import { readFileSync } from 'node:fs';
import { listening } from './support/lab.mjs';

const ROUNDS = 250;

export const captures = [
  {
    scenario: 'keep-alive',
    file: 'keep-alive.pcap.zst',
    about: `A thousand small JSON exchanges on four keep-alive connections side by side: 200 for most, every hundredth 503, every other
twenty-fifth 404, every other tenth 304, to requests
that sent a validator.`,
    made: 'Node.js http as server and client on loopback, tcpdump; compressed with zstd',
    expect: { connections: 4, requests: { GET: 1000 }, responses: { 200: 880, 304: 80, 404: 30, 503: 10 } },
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  const server = await listening(createServer(answer), 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await Promise.all([0, 1, 2, 3].map(fetchMany));
  const raw = await capture.stop();
  await lab.run('zstd', ['-q', '-19', raw, '-o', `${raw}.zst`]);
  lab.write('keep-alive.pcap.zst', readFileSync(`${raw}.zst`));
  server.closeAllConnections();
}

function answer(request, response) {
  const item = Number(request.url.split('/')[2]);
  const status = item % 100 === 0 ? 503 : item % 25 === 0 ? 404 : item % 10 === 0 ? 304 : 200;
  response.writeHead(status, status === 304 ? { ETag: `"item-${item}"` } : { 'Content-Type': 'application/json' });
  response.end(status === 304 ? undefined : JSON.stringify({ item, price: (item * 7) % 100 }));
}

/** Each worker asks for items of its own, one after another. */
async function fetchMany(worker) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let n = 1; n <= ROUNDS; n++) await fetchOne(`/items/${worker * ROUNDS + n}`, agent);
  agent.destroy();
}

function fetchOne(path, agent) {
  const item = Number(path.split('/')[2]);
  const options = {
    host: '192.0.2.10',
    port: 8080,
    localAddress: '192.0.2.77',
    path,
    agent,
    headers: { Host: 'api.example', ...(item % 10 === 0 ? { 'If-None-Match': `"item-${item}"` } : {}) },
  };
  return new Promise((resolve, reject) => {
    get(options, (response) => response.resume().once('end', () => setImmediate(resolve))).once('error', reject);
  });
}
