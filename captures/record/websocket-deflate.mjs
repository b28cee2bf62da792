// permessage-deflate (RFC 7692) between `ws` and itself, in each way it can be agreed on.

import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { sleep } from './support/lab.mjs';
import { noise, prose } from './support/material.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

export const captures = [
  {
    scenario: 'websocket-deflate',
    file: 'websocket-deflate.pcapng',
    about: `Seven WebSocket conversations of six echoed messages each (JSON, a repeat of it, 2,000 bytes of text and of
binary, a text in three fragments): context takeover both ways; none either way; a 512-byte client window and a 1 KiB server
window; messages below a threshold left uncompressed between compressed ones; compression offered and declined;
server_no_context_takeover alone; and a last one whose payloads are empty or do not compress.`,
    made: 'ws 8 as client and server on loopback, dumpcap',
    expect: {
      connections: 7,
      requests: { GET: 7 },
      responses: { 101: 7 },
      frames: { text: 68, binary: 16, continuation: 14, close: 14 },
    },
  },
];

/** Path -> [what the server accepts, what the client offers]. */
const WAYS = {
  '/takeover': [{ threshold: 0 }, { threshold: 0 }],
  '/no-takeover': [
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  ],
  '/small-windows': [
    { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    { threshold: 0, serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
  ],
  '/threshold': [{ threshold: 100 }, { threshold: 100 }],
  '/declined': [false, { threshold: 0 }],
  '/server-forgets': [{ threshold: 0, serverNoContextTakeover: true }, { threshold: 0 }],
  '/nothing-gained': [{ threshold: 0 }, { threshold: 0 }],
};

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.5/32'], mtu: 1500 });

  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const echo = new WebSocketServer({ noServer: true, perMessageDeflate: WAYS[request.url][0] });
    echo.handleUpgrade(request, socket, head, serve);
  });
  server.listen(8080, '192.0.2.10');
  const comment = 'permessage-deflate agreed on in seven ways, one connection each';
  const capture = await lab.capture({ filter: 'tcp port 8080', pcapng: true, comment });
  for (const path of Object.keys(WAYS)) await converse(path);
  lab.keep(await capture.stop(), 'websocket-deflate.pcapng');
  server.close();
}

function serve(socket) {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
}

async function converse(path) {
  const options = { perMessageDeflate: WAYS[path][1], localAddress: '203.0.113.5', headers: { Host: 'live.example' } };
  const socket = await opened(new WebSocket(`ws://192.0.2.10:8080${path}`, options));
  for (const [n, message] of messages(path).entries()) {
    socket.send(message);
    await inbox(socket, n + 1);
    await sleep(10);
  }
  await fragments(socket);
  socket.close(1000, `end of ${path}`);
  await closed(socket);
}

function messages(path) {
  if (path === '/nothing-gained') return ['', Buffer.alloc(0), noise(300, 7), 'a', '🙂'];
  const quote = (n) =>
    JSON.stringify({ type: 'quote', sku: 'LAMP-7', price: 19.9 + n, currency: 'EUR', stock: 12 - n });
  return [quote(0), quote(1), quote(1), prose(2000, 12), Buffer.from(prose(2000, 13))];
}

/** One text of three frames: only the first says that it is compressed. */
async function fragments(socket) {
  const before = socket.inbox.length;
  const text = prose(600, 21);
  socket.send(text.slice(0, 200), { fin: false });
  socket.send(text.slice(200, 400), { fin: false });
  socket.send(text.slice(400), { fin: true });
  await inbox(socket, before + 1);
}
