// A WebSocket server with a feed of small quotes and two large charts; ends each connection itself.
// Arguments: address, port.

import { WebSocketServer } from 'ws';
import { noise } from '../support/material.mjs';

const [host, port] = process.argv.slice(2);
const server = new WebSocketServer({ host, port: Number(port), perMessageDeflate: false });
server.on('listening', () => console.log('listening'));
server.on('connection', (socket) => {
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    if (sent === 10 || sent === 25) socket.send(noise(12_000, sent));
    else socket.send(JSON.stringify({ quote: sent, sku: 'LAMP-7', price: 19.9 + sent / 100 }));
    if (sent < 40) return;
    clearInterval(timer);
    socket.close(1000, 'market closed');
  }, 12);
});
