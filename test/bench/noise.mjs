/** What else is on a link: TLS connections (RFC 8446) that cannot be decrypted, and DNS queries (RFC 1035). */
import { Conversation } from './conversation.mjs';

const RecordType = { changeCipherSpec: 20, handshake: 22, applicationData: 23 };

function u16(value) {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** Bytes after their own 16-bit length. */
function counted(bytes) {
  return Buffer.concat([u16(bytes.length), bytes]);
}

function extension(type, body) {
  return Buffer.concat([u16(type), counted(body)]);
}

function record(type, body) {
  return Buffer.concat([Buffer.from([type, 0x03, 0x03]), counted(body)]);
}

function handshake(type, body) {
  return record(RecordType.handshake, Buffer.concat([Buffer.from([type, 0]), counted(body)]));
}

const version13 = Buffer.from([0x03, 0x04]);
const x25519 = u16(29);

function clientHello(random) {
  const name = Buffer.from(`tls${random.between(1, 500)}.example.com`);
  const serverName = counted(Buffer.concat([Buffer.from([0]), counted(name)]));
  const extensions = Buffer.concat([
    extension(0, serverName),
    extension(10, counted(x25519)),
    extension(43, Buffer.concat([Buffer.from([2]), version13])),
    extension(51, counted(Buffer.concat([x25519, counted(random.bytes(32))]))),
  ]);
  const suites = Buffer.from([0x13, 0x01, 0x13, 0x02, 0x13, 0x03]);
  const fixed = [Buffer.from([0x03, 0x03]), random.bytes(32), Buffer.from([32]), random.bytes(32), counted(suites)];
  return handshake(1, Buffer.concat([...fixed, Buffer.from([1, 0]), counted(extensions)]));
}

function serverHello(random) {
  const extensions = Buffer.concat([
    extension(43, version13),
    extension(51, Buffer.concat([x25519, counted(random.bytes(32))])),
  ]);
  const fixed = [Buffer.from([0x03, 0x03]), random.bytes(32), Buffer.from([32]), random.bytes(32)];
  return handshake(2, Buffer.concat([...fixed, Buffer.from([0x13, 0x01, 0]), counted(extensions)]));
}

/** A TLS 1.3 connection; `ciphertext` is random bytes to cut records from. */
export function* tls(world, { ciphertext, records }) {
  const { random } = world;
  const conversation = new Conversation(world, world.route(443));
  conversation.open();
  yield;
  yield* conversation.send(0, clientHello(random));
  yield;
  const changeCipherSpec = record(RecordType.changeCipherSpec, Buffer.from([1]));
  yield* conversation.send(1, Buffer.concat([serverHello(random), changeCipherSpec]));
  yield;
  for (let n = 0; n < records; n++) {
    const length = random.between(60, 6000);
    const start = random.between(0, ciphertext.length - length);
    yield* conversation.send(n & 1, record(RecordType.applicationData, ciphertext.subarray(start, start + length)));
    yield;
  }
  conversation.close();
}

/** One query for an A record; nobody answers. */
export function dnsQuery(world) {
  const { random } = world;
  const name = Buffer.from('\x03www\x07example\x03com\x00', 'latin1');
  const header = Buffer.concat([u16(random.between(0, 65_535)), Buffer.from([1, 0, 0, 1, 0, 0, 0, 0, 0, 0])]);
  const route = {
    clientHost: 0x0a000001,
    clientPort: random.between(1024, 65_535),
    serverHost: 0xc0a80101,
    serverPort: 53,
  };
  const query = Buffer.concat([header, name, Buffer.from([0, 1, 0, 1])]);
  world.packets.datagram({ ...route, v6: false, vlan: 0, clockBase: 0 }, 0, query);
}
