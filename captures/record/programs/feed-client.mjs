// Listens to a feed until the server closes it; acknowledges each large chart. Argument: the URL.

import { WebSocket } from 'ws';

const socket = new WebSocket(process.argv[2], { perMessageDeflate: false });
socket.on('open', () => socket.send('{"subscribe":"LAMP-7"}'));
socket.on('message', (data, isBinary) => isBinary && socket.send(JSON.stringify({ received: data.length })));
socket.on('close', () => process.exit(0));
