// Peers that break RFC 6455, by raw sockets on both ends: one violation a connection.

import { createServer } from 'node:net';
import { RawClient, listening, sleep } from './support/lab.mjs';
import { Opcode, closePayload, frame, upgradeRequest, upgradeResponse } from './support/websocket.mjs';

const masked = { mask: true };
const done = frame(Opcode.close, closePayload(1000));
const doneMasked = frame(Opcode.close, closePayload(1000), masked);
const oneFifty = 'x'.repeat(150);

/** [path, what the client sends, what the server sends, extra fields of the 101] in this order. */
const VIOLATIONS = [
  ['unmasked-client-frame', frame(Opcode.text, 'no mask'), done],
  ['masked-server-frame', doneMasked, frame(Opcode.text, 'masked', masked)],
  ['rsv1-without-extension', frame(Opcode.text, 'rsv1', { rsv: 4, mask: true }), done],
  ['rsv2', frame(Opcode.text, 'rsv2', { rsv: 2, mask: true }), done],
  ['rsv3-from-server', doneMasked, frame(Opcode.binary, 'rsv3', { rsv: 1 })],
  ['unknown-opcode-3', frame(3, 'data?', masked), done],
  ['unknown-opcode-11', doneMasked, frame(11, 'control?')],
  ['fragmented-ping', frame(Opcode.ping, 'half', { fin: false, mask: true }), done],
  ['oversized-ping', frame(Opcode.ping, oneFifty, masked), done],
  ['oversized-close', doneMasked, frame(Opcode.close, closePayload(1000, oneFifty))],
  ['length-16-not-minimal', frame(Opcode.text, 'short', { lengthForm: 16, mask: true }), done],
  ['length-64-not-minimal', doneMasked, frame(Opcode.text, oneFifty, { lengthForm: 64 })],
  [
    'length-64-top-bit',
    frame(Opcode.binary, 'huge', { lengthForm: 64, declared: 0x8000000000000004n, mask: true }),
    done,
  ],
  ['bad-utf8', frame(Opcode.text, Buffer.from([0x68, 0xc3, 0x28]), masked), done],
  ['utf8-surrogate', frame(Opcode.text, Buffer.from([0xed, 0xa0, 0x80]), masked), done],
  ['utf8-cut-at-end', doneMasked, frame(Opcode.text, Buffer.from([0xe4, 0xbd]))],
  ['utf8-good-across-fragments', goodAcrossFragments(), done],
  ['utf8-bad-in-second-fragment', badInSecondFragment(), done],
  ['continuation-without-start', frame(Opcode.continuation, 'of what?', masked), done],
  ['new-message-inside-fragments', newInsideFragments(), done],
  ['close-length-1', frame(Opcode.close, Buffer.from([3]), masked), done],
  ['close-code-999', frame(Opcode.close, closePayload(999), masked), done],
  ['close-code-1004', frame(Opcode.close, closePayload(1004), masked), done],
  ['close-code-1005', doneMasked, frame(Opcode.close, closePayload(1005))],
  ['close-code-1006', frame(Opcode.close, closePayload(1006), masked), done],
  ['close-code-1015', doneMasked, frame(Opcode.close, closePayload(1015))],
  ['close-code-2999', frame(Opcode.close, closePayload(2999), masked), done],
  ['close-code-5000', frame(Opcode.close, closePayload(5000), masked), done],
  ['close-reason-bad-utf8', frame(Opcode.close, Buffer.from([0x03, 0xe8, 0xff, 0xfe]), masked), done],
  ['data-after-close', Buffer.concat([doneMasked, frame(Opcode.text, 'still here', masked)]), done],
  ['two-closes', doneMasked, Buffer.concat([done, done])],
  ['pong-without-ping', frame(Opcode.pong, 'unasked', masked), done],
  ['deflate-garbage', frame(Opcode.text, 'garbage!', { rsv: 4, mask: true }), done],
  ['rsv1-on-continuation', rsv1OnContinuation(), done],
  ['rsv1-on-ping', frame(Opcode.ping, 'zip', { rsv: 4, mask: true }), done],
  ['frame-cut-by-fin', frame(Opcode.text, 'only this', { declared: 500, mask: true }), done],
  ['header-cut-by-fin', frame(Opcode.text, oneFifty, masked).subarray(0, 3), done],
  ['wrong-accept', frame(Opcode.text, 'anyway', masked), done],
];
const EXTRA = {
  'deflate-garbage': { fields: ['Sec-WebSocket-Extensions: permessage-deflate'] },
  'rsv1-on-continuation': { fields: ['Sec-WebSocket-Extensions: permessage-deflate'] },
  'rsv1-on-ping': { fields: ['Sec-WebSocket-Extensions: permessage-deflate'] },
  'wrong-accept': { accept: 'c29tZXRoaW5nIGVsc2UgZW50aXJlbHk=' },
};

export const captures = [
  {
    scenario: 'websocket-hostile',
    file: 'websocket-hostile.pcap',
    about: `${VIOLATIONS.length} WebSocket connections that break the rules, one each; the request's path names the rule: ${VIOLATIONS.map(([name]) => name).join(', ')}.
Two of them are lawful (utf8-good-across-fragments, pong-without-ping).`,
    made: 'raw sockets on both ends on loopback, tcpdump',
    expect: {
      connections: VIOLATIONS.length,
      requests: { GET: VIOLATIONS.length },
      responses: { 101: VIOLATIONS.length },
      frames: { text: 19, binary: 2, continuation: 5, close: 51, ping: 3, pong: 1, 'opcode 3': 1, 'opcode 11': 1 },
    },
    tshark: {
      frames: { text: 17, binary: 2, continuation: 5, close: 51, ping: 3, pong: 1, 'opcode 3': 1, 'opcode 11': 1 },
    },
    tsharkNote: 'the two frames cut off by the end of their connection (one of them inside its header) are not shown',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '203.0.113.66/32'], mtu: 1500 });
  const server = await listening(createServer(serve), 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  for (const [name, bytes] of VIOLATIONS) await violate(name, bytes);
  lab.keep(await capture.stop(), 'websocket-hostile.pcap');
  server.close();
}

async function violate(name, bytes) {
  const client = await RawClient.open(8080, '192.0.2.10', { localAddress: '203.0.113.66' });
  const fields = EXTRA[name]?.fields ?? [];
  await client.send(upgradeRequest(`/${name}`, { fields }), 0);
  await client.until('\r\n\r\n');
  await client.send(bytes, 15);
  await client.end();
}

/** Says 101, waits for the client's bytes, answers with its own and closes after the client. */
function serve(socket) {
  socket.on('error', () => {});
  socket.once('data', (head) => {
    const name = /^GET \/(\S+) /.exec(head.toString('latin1'))[1];
    const answer = VIOLATIONS.find(([path]) => path === name)[2];
    socket.write(upgradeResponse(EXTRA[name]));
    socket.once('data', async () => {
      await sleep(3);
      socket.write(answer);
    });
    socket.once('end', () => socket.end());
  });
}

function goodAcrossFragments() {
  const snowman = Buffer.from('☃');
  return Buffer.concat([
    frame(Opcode.text, snowman.subarray(0, 1), { fin: false, mask: true }),
    frame(Opcode.continuation, snowman.subarray(1), masked),
  ]);
}

function badInSecondFragment() {
  return Buffer.concat([
    frame(Opcode.text, 'good ', { fin: false, mask: true }),
    frame(Opcode.continuation, Buffer.from([0xff, 0xff]), masked),
  ]);
}

function newInsideFragments() {
  return Buffer.concat([
    frame(Opcode.text, 'first ', { fin: false, mask: true }),
    frame(Opcode.text, 'second', masked),
    frame(Opcode.continuation, 'first again', masked),
  ]);
}

/** "ab" deflated in two fragments, RSV1 wrongly on both. */
function rsv1OnContinuation() {
  const deflated = Buffer.from([0x4a, 0x4c, 0x02, 0x00]);
  return Buffer.concat([
    frame(Opcode.text, deflated.subarray(0, 2), { fin: false, rsv: 4, mask: true }),
    frame(Opcode.continuation, deflated.subarray(2), { rsv: 4, mask: true }),
  ]);
}
