// The same news three ways: asked for by a timer, waited for in long polls, and sent over a WebSocket.

import { Agent, createServer, get } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { listening, sleep } from './support/lab.mjs';
import { closed, opened } from './support/websocket.mjs';

const every = 250;
const times = 16;

export const captures = [
  {
    scenario: 'polling',
    file: 'polling.pcap',
    about: `Three clients want the same score, which changes about once a second. One asks for it sixteen times, every ${every} ms, on a
kept-alive connection; most answers are what it knows already. One asks with long polls, each held for more than a second. One
has it sent over a WebSocket.`,
    made: 'Node.js http and ws 8 as server and clients on loopback, tcpdump',
    expect: {
      connections: 3,
      requests: { GET: 25 },
      responses: { 101: 1, 200: 24 },
      frames: { text: 3, close: 2 },
    },
  },
];

export async function record(lab) {
  await lab.loopback({
    addresses: ['192.0.2.10/32', '198.51.100.21/32', '198.51.100.22/32', '198.51.100.23/32'],
    mtu: 1500,
  });
  const score = { home: 0, away: 0 };
  const server = createServer(async (request, response) => {
    if (request.url === '/score/wait') await sleep(1100);
    const body = JSON.stringify(score);
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
  });
  const sockets = new WebSocketServer({ server, path: '/score/live' });
  await listening(server, 80, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 80' });
  const live = await opened(new WebSocket('ws://192.0.2.10/score/live', {
    localAddress: '198.51.100.23',
    perMessageDeflate: false,
    headers: { Host: 'score.example' },
  })); // prettier-ignore
  const polling = Promise.all([byTimer(), byWaiting()]);
  for (let goal = 1; goal <= 3; goal++) {
    await sleep(1150);
    score.home++;
    for (const socket of sockets.clients) socket.send(JSON.stringify(score));
  }
  await polling;
  live.close(1000);
  await closed(live);
  lab.keep(await capture.stop(), 'polling.pcap');
  server.close();
}

async function byTimer() {
  const agent = new Agent({ keepAlive: true });
  for (let n = 0; n < times; n++) {
    const next = sleep(every);
    await ask('/score', '198.51.100.21', agent);
    await next;
  }
  agent.destroy();
}

async function byWaiting() {
  const agent = new Agent({ keepAlive: true });
  for (let n = 0; n < 8; n++) await ask('/score/wait', '198.51.100.22', agent);
  agent.destroy();
}

function ask(path, localAddress, agent) {
  return new Promise((resolve, reject) => {
    get({ host: '192.0.2.10', path, localAddress, agent, headers: { Host: 'score.example' } }, (response) => {
      response.resume().once('end', resolve);
    }).once('error', reject);
  });
}
