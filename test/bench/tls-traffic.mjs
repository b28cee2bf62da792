/** TLS 1.3 conversations as captures with their key logs: HTTP/1.1 or HTTP/2 inside, everything from a seed. */
import { createCipheriv, createHmac } from 'node:crypto';
import fs from 'node:fs';
import { Flag, PacketWriter } from './packets.mjs';
import { PcapFile } from './pcap-file.mjs';
import { Random } from './random.mjs';

const suites = {
  aes128: { id: 0x1301, algorithm: 'aes-128-gcm', keyLength: 16 },
  chacha20: { id: 0x1303, algorithm: 'chacha20-poly1305', keyLength: 32 },
};
const longestRecord = 16_384;
const Type = { handshake: 22, data: 23 };

/**
 * By name: bytes of one response, how many requests a connection carries, how many connections; the longest segment.
 */
export const tlsWorkloads = {
  'tls-large': { suite: 'aes128', responseBytes: 20_000_000, requests: 2, connections: 8, segment: 1448 },
  'tls-offload': { suite: 'aes128', responseBytes: 20_000_000, requests: 2, connections: 8, segment: 60_000 },
  'tls-chacha': { suite: 'chacha20', responseBytes: 20_000_000, requests: 2, connections: 8, segment: 1448 },
  'tls-small': { suite: 'aes128', responseBytes: 300, requests: 500, connections: 400, segment: 1448 },
  'tls-h2': { suite: 'aes128', responseBytes: 300, requests: 500, connections: 400, segment: 1448, http2: true },
  'tls-mixed': { suite: 'aes128', responseBytes: 20_000, requests: 40, connections: 200, segment: 1448, http2: true },
};

/** Writes PATH and PATH.keys. @returns what is in it */
export function generateTls(name, path, scale = 1) {
  const workload = tlsWorkloads[name];
  const random = new Random(1);
  const file = new PcapFile(path, random, 5000);
  const packets = new PacketWriter(file);
  const keyLog = [];
  const connections = Math.max(1, Math.round(workload.connections * scale));
  for (let n = 0; n < connections; n++) new Connection(packets, workload, n, random, keyLog).run();
  file.close();
  fs.writeFileSync(`${path}.keys`, keyLog.join(''));
  return { exchanges: connections * workload.requests, packets: file.packets, bytes: file.bytes };
}

class Connection {
  constructor(packets, workload, number, random, keyLog) {
    this.packets = packets;
    this.workload = workload;
    this.suite = suites[workload.suite];
    this.route = {
      clientHost: 0x0a000000 + number,
      clientPort: 1024 + (number % 60_000),
      serverHost: 0xc0000201,
      serverPort: 443,
      v6: false,
      vlan: 0,
      clockBase: 0,
    };
    this.next = [random.u32(), random.u32()];
    this.random = bytes(random, 32);
    this.sealers = [0, 1].map(() => null);
    this.secrets = Object.fromEntries(
      ['CLIENT_HANDSHAKE', 'SERVER_HANDSHAKE', 'CLIENT', 'SERVER'].map((label) => [label, bytes(random, 32)]),
    );
    for (const [label, secret] of Object.entries(this.secrets)) {
      const suffix = label.endsWith('HANDSHAKE') ? 'TRAFFIC_SECRET' : 'TRAFFIC_SECRET_0';
      keyLog.push(`${label}_${suffix} ${this.random.toString('hex')} ${secret.toString('hex')}\n`);
    }
    this.content = bytes(random, Math.min(workload.responseBytes, 1 << 20));
  }

  run() {
    this.segment(0, Flag.syn);
    this.segment(1, Flag.syn | Flag.ack);
    this.segment(0, Flag.ack);
    this.send(0, clear(hello(1, this.random, this.suite.id)));
    this.send(1, clear(hello(2, bytes(new Random(7), 32), this.suite.id)));
    this.finish(1, 'SERVER');
    this.finish(0, 'CLIENT');
    if (this.workload.http2) {
      const settings = frame(FrameType.settings, 0, 0, Buffer.alloc(0));
      const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      this.send(0, this.sealers[0].seal(Type.data, Buffer.concat([preface, settings])));
      this.send(1, this.sealers[1].seal(Type.data, settings));
    }
    for (let n = 0; n < this.workload.requests; n++) {
      if (this.workload.http2) this.stream(n);
      else this.exchange(n);
    }
    this.segment(0, Flag.fin | Flag.ack);
    this.segment(1, Flag.fin | Flag.ack);
    this.segment(0, Flag.ack);
  }

  finish(side, label) {
    this.sealers[side] = new Sealer(this.suite, this.secrets[`${label}_HANDSHAKE`]);
    this.send(
      side,
      this.sealers[side].seal(Type.handshake, Buffer.concat([Buffer.from([20, 0, 0, 32]), Buffer.alloc(32)])),
    );
    this.sealers[side] = new Sealer(this.suite, this.secrets[label]);
  }

  exchange(number) {
    const { responseBytes } = this.workload;
    const request = `GET /item/${number} HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n`;
    this.send(0, this.sealers[0].seal(Type.data, Buffer.from(request)));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${responseBytes}\r\n\r\n`;
    let first = Buffer.from(head);
    for (let at = 0; at < responseBytes;) {
      const room = longestRecord - first.length;
      const from = at % this.content.length;
      const part = this.content.subarray(from, Math.min(from + room, from + responseBytes - at));
      this.send(1, this.sealers[1].seal(Type.data, Buffer.concat([first, part])));
      at += part.length;
      first = Buffer.alloc(0);
    }
    this.segment(0, Flag.ack);
  }

  /** A request and its response on a stream of their own, a frame to a record as servers write them. */
  stream(number) {
    const { responseBytes } = this.workload;
    const id = number * 2 + 1;
    // :method GET, :scheme https and :status 200 out of the static table; the others as literals without indexing.
    const request = Buffer.concat([
      Buffer.from([0x82, 0x87]),
      literal(4, `/item/${number}`),
      literal(1, 'www.example'),
      literal(19, '*/*'),
      literal(58, 'bench'),
    ]);
    this.send(0, this.sealers[0].seal(Type.data, frame(FrameType.headers, 5, id, request)));
    const fields = [Buffer.from([0x88]), literal(31, 'application/octet-stream'), literal(28, `${responseBytes}`)];
    let before = frame(FrameType.headers, 4, id, Buffer.concat(fields));
    const longest = longestRecord - before.length - 9;
    for (let at = 0; at < responseBytes; at += longest) {
      const part = this.content.subarray(at, Math.min(at + longest, responseBytes));
      const data = frame(FrameType.data, at + longest >= responseBytes ? 1 : 0, id, part);
      this.send(1, this.sealers[1].seal(Type.data, Buffer.concat([before, data])));
      before = Buffer.alloc(0);
    }
    const windows = [0, id].map((stream) => frame(FrameType.windowUpdate, 0, stream, u32(responseBytes)));
    this.send(0, this.sealers[0].seal(Type.data, Buffer.concat(windows)));
  }

  send(side, data) {
    for (let at = 0; at < data.length; at += this.workload.segment) {
      this.segment(side, Flag.ack | Flag.psh, data, at, Math.min(data.length, at + this.workload.segment));
    }
  }

  segment(side, flags, data, start = 0, end = 0) {
    const acknowledgment = flags === Flag.syn ? 0 : this.next[1 - side];
    this.packets.segment(this.route, side, flags, this.next[side], acknowledgment, data, start, end);
    const taken = end - start + (flags & (Flag.syn | Flag.fin) ? 1 : 0);
    this.next[side] = (this.next[side] + taken) >>> 0;
  }
}

const FrameType = { data: 0, headers: 1, settings: 4, windowUpdate: 8 };

function frame(type, flags, stream, payload) {
  const { length } = payload;
  return Buffer.concat([Buffer.from([length >> 16, length >> 8, length, type, flags]), u32(stream), payload]);
}

/** A field whose name is in the static table (RFC 7541 6.2.2), its value without Huffman. */
function literal(index, value) {
  const name = index < 15 ? [index] : [15, index - 15];
  return Buffer.concat([Buffer.from([...name, value.length]), Buffer.from(value)]);
}

function u32(value) {
  return Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
}

class Sealer {
  constructor(suite, secret) {
    this.suite = suite;
    this.key = expandLabel(secret, 'key', suite.keyLength);
    this.iv = expandLabel(secret, 'iv', 12);
    this.sequence = 0;
  }

  seal(type, content) {
    const nonce = Buffer.from(this.iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.sequence++) >>> 0, 8);
    const length = content.length + 17;
    const header = Buffer.from([Type.data, 3, 3, length >> 8, length & 0xff]);
    const cipher = createCipheriv(this.suite.algorithm, this.key, nonce, { authTagLength: 16 }).setAAD(header);
    return Buffer.concat([
      header,
      cipher.update(content),
      cipher.update(Buffer.from([type])),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }
}

function expandLabel(secret, label, length) {
  const full = `tls13 ${label}`;
  const info = Buffer.concat([Buffer.from([0, length, full.length]), Buffer.from(full), Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

function bytes(random, length) {
  const data = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) data.writeUInt32LE(random.u32(), i);
  return data;
}

function clear(message) {
  return Buffer.concat([Buffer.from([Type.handshake, 3, 3, message.length >> 8, message.length & 0xff]), message]);
}

/** A ClientHello (1) or ServerHello (2) with nothing but the version in it. */
function hello(type, random, suite) {
  const chosen = Buffer.from([suite >> 8, suite & 0xff]);
  const offer = Buffer.concat([Buffer.from([0, 2]), chosen, Buffer.from([1, 0])]);
  const answer = Buffer.concat([chosen, Buffer.from([0])]);
  const version = Buffer.from(type === 1 ? [0, 7, 0, 43, 0, 3, 2, 3, 4] : [0, 6, 0, 43, 0, 2, 3, 4]);
  const body = Buffer.concat([Buffer.from([3, 3]), random, Buffer.from([0]), type === 1 ? offer : answer, version]);
  return Buffer.concat([Buffer.from([type, 0, body.length >> 8, body.length & 0xff]), body]);
}
