/** HTTP/1.1 conversations: browsing with small answers, pipelined or one by one, and downloads. */
import { Conversation } from './conversation.mjs';
import { word } from './text.mjs';

const agents = [
  'curl/8.5.0',
  'okhttp/4.12.0',
  'python-requests/2.31.0',
  'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101',
];
const paths = ['/api/items/', '/api/users/', '/assets/chunk-', '/images/', '/search?q=', '/orders/', '/health/'];
/** [method, percent], [status, reason, percent]. */
const methods = [
  ['GET', 80],
  ['POST', 10],
  ['PUT', 5],
  ['DELETE', 5],
];
const statuses = [
  [200, 'OK', 90],
  [304, 'Not Modified', 4],
  [404, 'Not Found', 3],
  [302, 'Found', 2],
  [500, 'Internal Server Error', 1],
];

function weighted(random, list) {
  let draw = random.unit() * 100;
  return list.find((entry) => (draw -= entry.at(-1)) < 0) ?? list[0];
}

function request(conversation, host) {
  const { random } = conversation.world;
  const [method] = weighted(random, methods);
  const hasBody = method === 'POST' || method === 'PUT';
  const body = hasBody ? `{"id":${random.u32()},"name":"${word(random)}"}` : '';
  const content = hasBody ? `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` : '';
  conversation.tally.request(method, body.length);
  return Buffer.from(
    `${method} ${random.pick(paths)}${random.u32().toString(36)} HTTP/1.1\r\nHost: ${host}\r\n` +
      `User-Agent: ${random.pick(agents)}\r\nAccept: */*\r\n${content}\r\n${body}`,
    'latin1',
  );
}

function response(conversation, pool) {
  const { random } = conversation.world;
  const [status, reason] = weighted(random, statuses);
  const body = status === 304 ? Buffer.alloc(0) : pool.piece(random.between(40, 240));
  const length = status === 304 ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const location = status === 302 ? `Location: /moved/${random.u32().toString(36)}\r\n` : '';
  const tag = status === 304 ? `ETag: "${random.u32().toString(16)}"\r\n` : '';
  conversation.tally.response(status, body.length);
  const head = `HTTP/1.1 ${status} ${reason}\r\nServer: nginx/1.24.0\r\nDate: ${conversation.world.httpDate()}\r\n${length}${location}${tag}Connection: keep-alive\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** A request and its answer, both whole. */
export function* exchange(conversation, host, pool) {
  yield* conversation.send(0, request(conversation, host));
  yield;
  yield* conversation.send(1, response(conversation, pool));
  conversation.acknowledge(0);
}

/** `exchanges` requests over one connection; `pipelined`: how many are sent before the first answer comes. */
export function* browsing(world, { pool, exchanges, port = 80, pipelined = 1 }) {
  const conversation = new Conversation(world, world.route(port));
  const host = `www${world.random.between(1, 500)}.example.com`;
  conversation.open();
  yield;
  for (let done = 0; done < exchanges; done += pipelined) {
    const together = Math.min(pipelined, exchanges - done);
    for (let n = 0; n < together; n++) yield* conversation.send(0, request(conversation, host));
    yield;
    for (let n = 0; n < together; n++) yield* conversation.send(1, response(conversation, pool));
    conversation.acknowledge(0);
    yield;
  }
  conversation.close();
}

/** Chunked framing (RFC 9112 section 7.1) in chunks of 4 to 32 KiB. */
function chunked(random, body) {
  const parts = [];
  for (let start = 0; start < body.length;) {
    const length = Math.min(body.length - start, random.between(4096, 32_768));
    parts.push(Buffer.from(`${length.toString(16)}\r\n`), body.subarray(start, start + length), Buffer.from('\r\n'));
    start += length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/**
 * Files over one connection, each `{ length, gzip, chunked }`; `length` is the size before compression.
 * @param {{ pool: import('./text.mjs').TextPool, files: { length: number, gzip: boolean, chunked: boolean }[] }} plan
 */
export function* downloads(world, { pool, files }) {
  const conversation = new Conversation(world, world.route(80));
  conversation.open();
  yield;
  for (const file of files) {
    yield* conversation.send(0, downloadRequest(conversation));
    yield;
    yield* conversation.send(1, downloadResponse(conversation, pool, file));
    yield;
  }
  conversation.close();
}

function downloadRequest({ world, tally }) {
  const { random } = world;
  tally.request('GET', 0);
  return Buffer.from(
    `GET /files/${random.u32().toString(36)}.jsonl HTTP/1.1\r\nHost: files.example.com\r\n` +
      `User-Agent: ${random.pick(agents)}\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n`,
    'latin1',
  );
}

function downloadResponse({ world, tally }, pool, file) {
  const content = file.gzip ? pool.gzipped(file.length) : pool.head(file.length);
  tally.response(200, content.length, file.length);
  const coding = file.gzip ? 'Content-Encoding: gzip\r\n' : '';
  const framing = file.chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${content.length}`;
  const head = `HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: ${world.httpDate()}\r\nContent-Type: text/plain; charset=utf-8\r\n${coding}${framing}\r\nConnection: keep-alive\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), file.chunked ? chunked(world.random, content) : content]);
}
