// A warehouse scanner: text and binary both ways, pings, fragments, a clean close. Argument: the URL.

import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { noise } from '../support/material.mjs';
import { closed, inbox, opened } from '../support/websocket.mjs';

const options = { perMessageDeflate: false, headers: { Host: 'shop.example' } };
const socket = await opened(new WebSocket(process.argv[2], ['stock.v2', 'stock.v1'], options));
const scan = (sku) => Buffer.concat([Buffer.from([0x02]), Buffer.from(sku)]);

socket.send('{"type":"hello","device":"scanner-33","battery":87}');
await inbox(socket, 1);
for (const [at, sku] of ['LAMP-7', 'CHAIR-3', 'MUG-1'].entries()) {
  await sleep(110);
  socket.send(scan(sku));
  await inbox(socket, at + 2);
}
await sleep(120);
socket.ping('battery 87%');
await sleep(80);
const inventory = JSON.stringify({
  type: 'inventory',
  items: ['LAMP-7', 'CHAIR-3', 'MUG-1', 'RUG-9'].map((sku, shelf) => ({ sku, shelf })),
});
socket.send(inventory.slice(0, 60), { fin: false });
await sleep(40);
socket.send(inventory.slice(60, 120), { fin: false });
await sleep(40);
socket.send(inventory.slice(120), { fin: true });
await inbox(socket, 6);
const photo = noise(2400, 34);
socket.send(photo.subarray(0, 1200), { fin: false });
socket.send(photo.subarray(1200), { fin: true });
await inbox(socket, 7);
await sleep(60);
socket.close(1000, 'shift over');
await closed(socket);
process.exit(0);
