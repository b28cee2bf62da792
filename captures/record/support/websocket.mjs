// WebSocket bytes by hand: a handshake and frames that may break every rule. Promises around the `ws` package as well.

import { createHash } from 'node:crypto';
import { once } from 'node:events';

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MASK = Buffer.from([0x9a, 0xcb, 0x04, 0x42]);

export function acceptFor(key) {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}

export function upgradeRequest(path, { host = 'rogue.example', fields = [], key = KEY, version = '13' } = {}) {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    ...(key === null ? [] : [`Sec-WebSocket-Key: ${key}`]),
    ...(version === null ? [] : [`Sec-WebSocket-Version: ${version}`]),
    ...fields,
    '\r\n',
  ].join('\r\n');
}

export function upgradeResponse({
  accept = acceptFor(KEY),
  fields = [],
  upgrade = 'websocket',
  connection = 'Upgrade',
} = {}) {
  return [
    'HTTP/1.1 101 Switching Protocols',
    ...(upgrade === null ? [] : [`Upgrade: ${upgrade}`]),
    ...(connection === null ? [] : [`Connection: ${connection}`]),
    ...(accept === null ? [] : [`Sec-WebSocket-Accept: ${accept}`]),
    ...fields,
    '\r\n',
  ].join('\r\n');
}

/**
 * One frame. `lengthForm` is 7, 16 or 64 (the shortest by default), `declared` the length it claims to have;
 * `mask` true masks with a fixed key.
 */
export function frame(opcode, payload = '', { fin = true, rsv = 0, mask = false, lengthForm, declared } = {}) {
  const data = Buffer.from(payload);
  const length = declared ?? data.length;
  const form = lengthForm ?? (length < 126 ? 7 : length < 65_536 ? 16 : 64);
  const header = Buffer.alloc({ 7: 2, 16: 4, 64: 10 }[form]);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (mask ? 0x80 : 0) | { 7: Number(length), 16: 126, 64: 127 }[form];
  if (form === 16) header.writeUInt16BE(length, 2);
  if (form === 64) header.writeBigUInt64BE(BigInt(length), 2);
  if (!mask) return Buffer.concat([header, data]);
  return Buffer.concat([header, MASK, data.map((byte, at) => byte ^ MASK[at % 4])]);
}

export function closePayload(code, reason = '') {
  const bytes = Buffer.alloc(2 + Buffer.byteLength(reason));
  bytes.writeUInt16BE(code, 0);
  bytes.write(reason, 2);
  return bytes;
}

/** A `ws` socket once it is open; messages are kept in `socket.inbox`. */
export async function opened(socket) {
  socket.inbox = [];
  socket.on('message', (data, isBinary) => socket.inbox.push(isBinary ? data : data.toString()));
  await once(socket, 'open');
  return socket;
}

/** Waits until `count` messages have come. */
export async function inbox(socket, count) {
  while (socket.inbox.length < count) await once(socket, 'message');
}

export async function closed(socket) {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
}
