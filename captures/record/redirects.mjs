// Redirects followed to their end, in a circle, and with the method they change; and a rate limit, kept to and not.

import { createServer } from 'node:http';
import { listening, sleep } from './support/lab.mjs';

const SITE = ['--interface', '198.51.100.21', '--resolve', 'www.example:80:192.0.2.10'];

export const captures = [
  {
    scenario: 'redirects',
    file: 'redirects.pcap',
    about: `curl follows redirects: a chain of four to a page, two that lead to each other (given up after six), a POST that a 302 turns
into a GET, one that a 303 does, and two that 307 and 308 keep; a 302 that says not where to go.`,
    made: 'Node.js http and curl on loopback, tcpdump',
    expect: {
      connections: 7,
      requests: { GET: 15, POST: 6 },
      responses: { 200: 5, 301: 2, 302: 10, 303: 1, 307: 2, 308: 1 },
    },
  },
  {
    scenario: 'redirects',
    file: 'rate-limit.pcap',
    about: `A server allows three requests in two seconds and then answers 429 with Retry-After: 1 and what is left. The first client
comes back at once, twice; the second waits as long as it was told.`,
    made: 'Node.js http and curl on loopback, tcpdump',
    expect: { connections: 10, requests: { GET: 10 }, responses: { 200: 7, 429: 3 } },
  },
];

const MOVED = {
  '/old': [301, '/older'],
  '/older': [302, '/oldest'],
  '/oldest': [307, 'http://www.example/here'],
  '/here': [301, '/page'],
  '/egg': [302, '/hen'],
  '/hen': [302, '/egg'],
  '/form-302': [302, '/page'],
  '/form-303': [303, '/page'],
  '/form-307': [307, '/form'],
  '/form-308': [308, '/form'],
  '/nowhere': [302, undefined],
};

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '198.51.100.21/32', '198.51.100.22/32'], mtu: 1500 });
  const server = await listening(createServer(answer), 80, '192.0.2.10');
  const follow = (...args) => lab.curl([...SITE, '--location', '--max-redirs', '6', ...args]);
  const redirects = await lab.capture({ filter: 'tcp port 80' });
  await follow('http://www.example/old');
  await follow('http://www.example/egg');
  for (const status of [302, 303]) await follow('--data', 'a=1', `http://www.example/form-${status}`);
  for (const status of [307, 308]) await follow('--data', 'a=1', `http://www.example/form-${status}`);
  await follow('http://www.example/nowhere');
  lab.keep(await redirects.stop(), 'redirects.pcap');
  const limited = await lab.capture({ filter: 'tcp port 80' });
  const ask = (from) => lab.curl(['--interface', from, '--resolve', SITE[3], 'http://www.example/limited']);
  for (let n = 0; n < 5; n++) await ask('198.51.100.21');
  for (let n = 0; n < 4; n++) await ask('198.51.100.22');
  await sleep(1200);
  await ask('198.51.100.22');
  lab.keep(await limited.stop(), 'rate-limit.pcap');
  server.closeAllConnections();
}

const asked = new Map();

function answer(request, response) {
  if (request.url === '/limited') return limit(request, response);
  const moved = MOVED[request.url];
  if (moved === undefined) return void response.end('Here you are.\n');
  const [status, to] = moved;
  response.writeHead(status, { 'Content-Length': 0, ...(to === undefined ? {} : { Location: to }) }).end();
}

function limit(request, response) {
  const client = request.socket.remoteAddress;
  const count = (asked.get(client) ?? 0) + 1;
  asked.set(client, count);
  const left = Math.max(0, 3 - count);
  const limits = { 'X-RateLimit-Limit': 3, 'X-RateLimit-Remaining': left, 'Content-Type': 'text/plain' };
  if (count <= 3) return void response.writeHead(200, limits).end('One at a time.\n');
  setTimeout(() => asked.delete(client), 1000);
  response.writeHead(429, { ...limits, 'Retry-After': 1 }).end('Slow down.\n');
}
