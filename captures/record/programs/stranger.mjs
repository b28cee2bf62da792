// Tries to open a WebSocket from another site's page. Argument: the URL.

import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2], { origin: 'http://evil.example', headers: { Host: 'shop.example' } });
socket.on('error', () => process.exit(0));
socket.on('open', () => process.exit(1));
