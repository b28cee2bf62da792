// How fast HTTP/2's heads are decoded: HPACK by itself, and the whole decoder.
//
//   npm run build && node test/bench/http2-heads.mjs
//
// 2,000 requests with a browser's fields and their responses, asked by Node.js's client of its server; the bytes are taken
// down once and decoded again and again. Prints the fastest and the median of 41 rounds.

import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import { Duplex } from 'node:stream';
import { HeaderBlock } from '../../dist/decode/http2/header-block.js';
import { FieldSection } from '../../dist/decode/http2/hpack/field-section.js';
import { HpackDecoder } from '../../dist/decode/http2/hpack/hpack-decoder.js';
import { Http2Decoder } from '../../dist/decode/http2/http2-decoder.js';

const exchanges = 2000;
const atOnce = 50;

/** One end of a pair of streams; what is written to it is noted. */
class End extends Duplex {
  constructor(side, deliveries) {
    super();
    this.side = side;
    this.deliveries = deliveries;
  }
  _read() {}
  _write(chunk, _encoding, done) {
    this.deliveries.push({ side: this.side, data: Uint8Array.from(chunk) });
    this.other.push(chunk);
    setImmediate(() => done());
  }
}

async function conversation() {
  const deliveries = [];
  const [near, far] = [new End(0, deliveries), new End(1, deliveries)];
  near.other = far;
  far.other = near;
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.respond({
      ':status': 200,
      'content-type': 'application/json; charset=utf-8',
      etag: `W/"${headers[':path']}-2f"`,
      'cache-control': 'private, max-age=0',
      server: 'demo',
      vary: 'accept-encoding',
      'x-request-id': `req-${stream.id * 7919}`,
      'set-cookie': `sid=${stream.id * 104_729}`,
    });
    stream.end('{}');
  });
  server.emit('connection', far);
  const client = connect('http://shop.example', { createConnection: () => near });
  for (let i = 0; i < exchanges; i += atOnce)
    await Promise.all(Array.from({ length: atOnce }, (_, j) => ask(client, i + j)));
  client.destroy();
  return deliveries;
}

async function ask(client, n) {
  const stream = client.request({
    ':path': `/api/items/${n}?page=2&sort=price`,
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    accept: 'application/json',
    'accept-language': 'de-CH,de;q=0.9',
    'accept-encoding': 'gzip, deflate, br, zstd',
    referer: 'http://shop.example/list',
    cookie: 'sid=0123456789abcdef; theme=dark',
    'x-trace': `00-${(n * 2_654_435_761) >>> 0}`,
  });
  stream.resume();
  await once(stream, 'close');
}

/** A sink that counts fields. */
function counter() {
  const nothing = () => {};
  const count = (_exchange, head) => (sink.fields += head.fieldCount);
  const sink = {
    fields: 0,
    openExchange: () => ({}),
    requestHead: count,
    responseHead: count,
    interimHead: nothing,
    content: nothing,
    contentGap: nothing,
    trailers: nothing,
    messageEnd: nothing,
    exchangeEnd: nothing,
    reportExchange: nothing,
    report: nothing,
    http2Connection: nothing,
  };
  return sink;
}

function decodeAll(deliveries) {
  const sink = counter();
  const sinks = { sink, host: { switchStream: () => null }, moment: { time: 0.5, packet: 1 } };
  const decoder = new Http2Decoder(0, sinks);
  for (const { side, data } of deliveries) decoder.bytes(side, data, 0, data.length);
  decoder.end(0, 0);
  decoder.end(1, 0);
  return sink.fields;
}

/** The field blocks of each direction, as the decoder comes to them. */
function fieldBlocks(deliveries) {
  const byBlock = new Map();
  const push = Reflect.get(HeaderBlock.prototype, 'push');
  HeaderBlock.prototype.push = function (data, start, end) {
    if (!byBlock.has(this)) byBlock.set(this, []);
    byBlock.get(this).push(data.slice(start, end));
    return Reflect.apply(push, this, [data, start, end]);
  };
  decodeAll(deliveries);
  HeaderBlock.prototype.push = push;
  return [...byBlock.values()];
}

function decodeBlocks(directions) {
  const section = new FieldSection();
  let fields = 0;
  for (const blocks of directions) {
    const hpack = new HpackDecoder();
    for (const block of blocks) {
      section.begin();
      hpack.beginBlock();
      hpack.decode(block, 0, block.length, section);
      fields += section.head.fieldCount;
    }
  }
  return fields;
}

function measure(name, run) {
  for (let i = 0; i < 30; i++) run();
  const times = [];
  let fields = 0;
  for (let i = 0; i < 41; i++) {
    const before = performance.now();
    fields = run();
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  const speed = (ms) => (fields / ms / 1000).toFixed(1).padStart(6);
  console.log(
    `${name.padEnd(16)} ${fields} fields, million a second: fastest ${speed(times[0])}, median ${speed(times[20])}`,
  );
}

const deliveries = await conversation();
const blocks = fieldBlocks(deliveries);
measure('HPACK', () => decodeBlocks(blocks));
measure('whole decoder', () => decodeAll(deliveries));
process.exit(0);
