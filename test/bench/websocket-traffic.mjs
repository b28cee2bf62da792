/** WebSocket conversations (RFC 6455): handshake, chat with echoes and pings, now and then a large fragmented message. */
import { createHash } from 'node:crypto';
import { Conversation } from './conversation.mjs';

const Opcode = { continuation: 0x0, text: 0x1, close: 0x8, ping: 0x9, pong: 0xa };
const handshakeSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const normalClosure = Buffer.from([0x03, 0xe8]);

/**
 * A conversation of about `messages` messages from the client; the server echoes every second one.
 * @param {{ pool: import('./text.mjs').TextPool, messages: number, large: number }} plan `large`: share of messages
 *   of 64 to 256 KiB, sent in fragments by either side
 */
export function* chat(world, { pool, messages, large }) {
  const conversation = new Conversation(world, world.route(80));
  conversation.open();
  yield;
  yield* handshake(conversation);
  yield;
  for (let n = 0; n < messages; n++) {
    const draw = world.random.unit();
    if (draw < large) yield* fragmentedMessage(conversation, pool);
    else if (draw < large + 0.01) yield* pingAndPong(conversation, pool);
    else yield* smallMessages(conversation, pool);
    yield;
  }
  yield* conversation.send(0, frame(conversation, 0, Opcode.close, normalClosure));
  yield* conversation.send(1, frame(conversation, 1, Opcode.close, normalClosure));
  conversation.close();
}

function* handshake(conversation) {
  const { world, tally } = conversation;
  const key = world.random.bytes(16).toString('base64');
  const accept = createHash('sha1')
    .update(key + handshakeSuffix)
    .digest('base64');
  tally.request('GET', 0);
  tally.response(101, 0);
  tally.upgrades++;
  const request = `GET /socket/${world.random.u32().toString(36)} HTTP/1.1\r\nHost: live.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nOrigin: http://live.example.com\r\n\r\n`;
  const response = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  yield* conversation.send(0, Buffer.from(request, 'latin1'));
  yield;
  yield* conversation.send(1, Buffer.from(response, 'latin1'));
  conversation.acknowledge(0);
}

/** One frame as it goes on the wire; the client's are masked. */
function frame(conversation, side, opcode, payload, fin = true) {
  const { length } = payload;
  const extension = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const masked = side === 0;
  const payloadAt = 2 + extension + (masked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(payloadAt + length);
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (extension === 0 ? length : extension === 2 ? 126 : 127);
  if (extension === 2) bytes.writeUInt16BE(length, 2);
  if (extension === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  payload.copy(bytes, payloadAt);
  if (masked) mask(bytes, payloadAt, conversation.world.random.u32());
  conversation.tally.frame(length, fin);
  return bytes;
}

/** Masks from `start` on, and puts the key before it (RFC 6455 section 5.3). */
function mask(bytes, start, key) {
  bytes.writeUInt32BE(key, start - 4);
  for (let at = start; at < bytes.length; at++) bytes[at] ^= bytes[start - 4 + ((at - start) & 3)];
}

/** One frame from the client, or a burst of frames in one packet; then an echo or a bare acknowledgment. */
function* smallMessages(conversation, pool) {
  const { random } = conversation.world;
  const together = random.chance(0.2) ? random.between(2, 5) : 1;
  const text = (side) => frame(conversation, side, Opcode.text, pool.piece(random.between(20, 200)));
  yield* conversation.send(0, Buffer.concat(Array.from({ length: together }, () => text(0))));
  yield;
  if (random.chance(0.5)) {
    yield* conversation.send(1, text(1));
    conversation.acknowledge(0);
  } else {
    conversation.acknowledge(1);
  }
}

function* pingAndPong(conversation, pool) {
  const payload = pool.piece(conversation.world.random.between(4, 10));
  yield* conversation.send(1, frame(conversation, 1, Opcode.ping, payload));
  yield* conversation.send(0, frame(conversation, 0, Opcode.pong, payload));
}

function* fragmentedMessage(conversation, pool) {
  const { random } = conversation.world;
  const side = random.u32() & 1;
  const message = pool.piece(random.between(65_537, 262_144));
  for (let start = 0; start < message.length;) {
    const end = Math.min(start + random.between(8192, 70_000), message.length);
    const opcode = start === 0 ? Opcode.text : Opcode.continuation;
    yield* conversation.send(
      side,
      frame(conversation, side, opcode, message.subarray(start, end), end === message.length),
    );
    start = end;
    yield;
  }
}
