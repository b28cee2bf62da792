/**
 * The tap beside a bare relay of Node sockets, and mitmproxy where it is installed: requests a second and latency by wrk,
 * bytes a second, echoed WebSocket messages a second, TLS intercepted beside a relay that ends and begins TLS, and memory
 * of open connections. Figures are medians of rounds taken in turn. The processor time of the proxy itself stands beside
 * each: it hardly depends on what else the machine does, and its ratio to the relay's is the tap's cost.
 *
 *   npm run build && node test/bench/tap.mjs [--seconds 3] [--rounds 3] [--only http,bytes,ws,tls,memory]
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writev } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const command = fileURLToPath(new URL('../../bin/wirescope.js', import.meta.url));
const self = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    port: { type: 'string' },
    to: { type: 'string' },
    folder: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'http,bytes,ws,tls,memory' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const only = values.only.split(',');
const host = '127.0.0.1';
const megabyte = 1_000_000;
/** Bytes of the saved files. */
const ringLength = 200 * megabyte;
/** Bytes that a recorder lets wait. */
const patience = 24 * megabyte;
const messageLength = 64;
const small = Buffer.alloc(140, 'Hello, world! ');
const big = Buffer.alloc(megabyte, 'all work and no play ');

const roles = {
  server: () => serve(createServer(answer)),
  secure: () => serve(createSecureServer(credentials(), answer)),
  relay,
  recorder,
  tls: tlsRelay,
};
if (values.role === undefined) await main();
else roles[values.role](Number(values.port), Number(values.to));

function credentials() {
  const read = (name) => readFileSync(join(values.folder, name));
  return { key: read('server.key'), cert: read('server.pem') };
}

function answer(request, response) {
  response.end(request.url === '/big' ? big : small);
}

function serve(server) {
  server.keepAliveTimeout = 0;
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary })),
  );
  server.listen({ port: Number(values.port), host, backlog: 4096 });
}

/** What a proxy in Node costs at the least: bytes from one socket to the other. @param seen called with each chunk and where it is from */
function relay(port, to, seen) {
  const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true };
  createTcpServer(options, (near) => {
    const far = connect({ port: to, host, allowHalfOpen: true, noDelay: true }, () => near.resume());
    joined(near, far, seen);
  }).listen({ port, host, backlog: 4096 });
}

/**
 * What a proxy that records costs at the least: the chunks as they are, without header, time or checksum, in a file. With
 * so many bytes waiting as the tap allows it reads no more.
 */
function recorder(port, to) {
  const path = join(values.folder, 'chunks');
  let fd = openSync(path, 'w');
  let size = 0;
  let pending = [];
  let waiting = 0;
  let busy = false;
  const held = [];
  const put = () => {
    const chunks = pending;
    [pending, waiting, busy] = [[], 0, true];
    writev(fd, chunks, (error, count) => {
      if (error !== null) throw error;
      size += count;
      if (size > ringLength / 2) {
        closeSync(fd);
        // Freed first: a file cut to nothing would be put on the disk at once.
        rmSync(path);
        [fd, size] = [openSync(path, 'w'), 0];
      }
      busy = false;
      if (waiting >= megabyte) put();
      for (const source of held.splice(0)) source.resume();
    });
  };
  relay(port, to, (chunk, source) => {
    pending.push(chunk);
    waiting += chunk.length;
    if (waiting >= megabyte && !busy) put();
    if (waiting < patience) return;
    source.pause();
    held.push(source);
  });
}

/** The same with TLS ended on one side and begun on the other. */
function tlsRelay(port, to) {
  createTlsServer({ ...credentials(), allowHalfOpen: true, noDelay: true }, (near) => {
    near.pause();
    const far = connectTls({ port: to, host, allowHalfOpen: true, rejectUnauthorized: false }, () => near.resume());
    far.setNoDelay(true);
    joined(near, far);
  }).listen({ port, host, backlog: 4096 });
}

function joined(near, far, seen = () => undefined) {
  const pipe = (source, target) => {
    source.on('data', (chunk) => {
      if (!target.write(chunk)) source.pause();
      seen(chunk, source);
    });
    target.on('drain', () => source.resume());
    source.on('end', () => target.end());
    source.on('error', () => target.destroy());
  };
  pipe(near, far);
  pipe(far, near);
}

async function main() {
  const base = 20_000 + (process.pid % 10_000);
  const folder = mkdtempSync(join(tmpdir(), 'wirescope-bench-'));
  const children = [];
  const complaints = [];
  const node = (...args) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, WIRESCOPE_CA_DIR: join(folder, 'ca') },
    });
    child.stderr.on('data', (data) =>
      complaints.push(...`${data}`.split('\n').filter((line) => /left out/.test(line))),
    );
    children.push(child);
    return child;
  };
  const role = (name, port, to) =>
    node(self, '--role', name, '--port', String(port), '--to', String(to), '--folder', folder);
  const tap = (port, to, ...more) =>
    node(command, 'tap', '--to', `${host}:${to}`, '--listen', `${port}`, '-o', '/dev/null', '--max-body', '0', ...more);
  const mitmdump = (port, target) => {
    const child = spawn('mitmdump', ['--mode', `reverse:${target}`, '-p', String(port), '-q', '--ssl-insecure'], {
      stdio: 'ignore',
    });
    children.push(child);
    return child;
  };
  const save = ['--save', join(folder, 'session.pcapng'), '--ring', `${ringLength}`];
  try {
    role('server', base, 0);
    const plain = [
      { name: 'bare relay', port: base + 1, child: role('relay', base + 1, base) },
      { name: 'tap', port: base + 2, child: tap(base + 2, base) },
      { name: 'relay, file', port: base + 10, child: role('recorder', base + 10, base) },
      { name: 'tap --save', port: base + 3, child: tap(base + 3, base, ...save) },
    ];
    if (has('mitmdump'))
      plain.push({ name: 'mitmdump', port: base + 4, child: mitmdump(base + 4, `http://${host}:${base}`) });
    const secure = [];
    if (only.includes('tls') && has('openssl')) {
      certify(folder);
      role('secure', base + 5, 0);
      const intercept = ['--tls', 'intercept', '--insecure'];
      secure.push(
        { name: 'TLS relay', port: base + 6, child: role('tls', base + 6, base + 5) },
        { name: 'tap', port: base + 7, child: tap(base + 7, base + 5, ...intercept) },
      );
      if (has('mitmdump'))
        secure.push({ name: 'mitmdump', port: base + 8, child: mitmdump(base + 8, `https://${host}:${base + 5}`) });
    }
    for (const { port } of [{ port: base }, ...plain, ...secure]) await reachable(port);
    if (only.includes('http') && has('wrk')) {
      await load('HTTP, 32 keep-alive connections', plain, (port) => wrk(`http://${host}:${port}/`, 32));
      await load('HTTP, 1 keep-alive connection', plain, (port) => wrk(`http://${host}:${port}/`, 1));
    }
    if (only.includes('bytes') && has('wrk'))
      await load('downloads of 1 MB, 4 connections', plain, (port) => wrk(`http://${host}:${port}/big`, 4));
    if (only.includes('ws')) await load('WebSocket echo, 64 bytes', plain, echoes, 'messages');
    if (secure.length > 0 && has('wrk')) {
      await load('HTTPS, 32 keep-alive connections', secure, (port) => wrk(`https://${host}:${port}/`, 32));
      await load('HTTPS downloads of 1 MB', secure, (port) => wrk(`https://${host}:${port}/big`, 4));
    }
    if (only.includes('ws')) await nothingLost(folder, base, tap);
    if (only.includes('memory')) await idle(plain);
    for (const line of complaints) console.log(`\n${line}`);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param measure resolves to `{ count, rate, p50, p99 }`; latencies are left out where they are not known */
async function load(title, subjects, measure, unit = 'requests') {
  const results = subjects.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { port, child }] of subjects.entries()) {
      const before = processorTime(child.pid);
      const result = await measure(port);
      const cost = ((processorTime(child.pid) - before) * 1e6) / result.count;
      // The first round warms up.
      if (round > 0) results[i].push({ ...result, cost });
    }
  }
  console.log(`\n${title}`);
  const of = (i, key) => median(results[i].map((one) => one[key]));
  subjects.forEach(({ name }, i) => {
    const cells = [`${Math.round(of(i, 'rate'))} ${unit}/s`, share(of(i, 'rate'), of(0, 'rate'))];
    cells.push(`${of(i, 'cost').toFixed(1)} us each`, share(of(0, 'cost'), of(i, 'cost')));
    if (results[i][0].p50 !== undefined)
      cells.push(`p50 ${of(i, 'p50').toFixed(3)} ms`, `p99 ${of(i, 'p99').toFixed(3)} ms`);
    row(name, ...cells);
  });
}

function wrk(url, connections) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}`, '--latency', url];
  const text = execFileSync('wrk', args, { encoding: 'utf8' });
  const span = (name) => {
    const [, number, unit] = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s)`).exec(text);
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  const count = Number(/(\d+) requests in/.exec(text)[1]);
  return { count, rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), p50: span(50), p99: span(99) };
}

/** Messages of 64 bytes, eight on their way at a time on each of eight connections; every echo is counted. */
async function echoes(port) {
  const started = performance.now();
  const counts = await Promise.all(Array.from({ length: 8 }, () => echo(port)));
  const count = counts.reduce((sum, one) => sum + one, 0);
  return { count, rate: (count / (performance.now() - started)) * 1000 };
}

/** A client of the least cost, so that it does not bound the figure: frames are made once, echoes counted by length. */
function echo(port) {
  const frame = Buffer.concat([Buffer.of(0x82, 0x80 | messageLength, 0, 0, 0, 0), Buffer.alloc(messageLength, 'm')]);
  const frames = [...Array(9).keys()].map((count) => Buffer.concat(Array(count).fill(frame)));
  const inFlight = 8;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    let received = -1;
    let said = 0;
    let over = false;
    const say = (count) => {
      said += count;
      socket.write(frames[count]);
    };
    socket.on('error', reject);
    socket.write(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    setTimeout(() => (over = true), seconds * 1000);
    socket.on('data', (chunk) => {
      if (received < 0) {
        received = chunk.length - chunk.indexOf('\r\n\r\n') - 4;
        return say(inFlight);
      }
      received += chunk.length;
      const waiting = said - Math.floor(received / (messageLength + 2));
      if (!over && waiting < inFlight) say(inFlight - waiting);
      else if (over && waiting === 0) {
        socket.destroy();
        resolve(said);
      }
    });
  });
}

/** Everything that passed is in the records: the counts of clients and summary agree. */
async function nothingLost(folder, base, tap) {
  const port = base + 9;
  const records = join(folder, 'counted.jsonl');
  const child = tap(port, base, '-o', records, '--filter', 'frame.number == 0');
  await reachable(port);
  const { count, rate } = await echoes(port);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGINT');
  await ended;
  const summary = JSON.parse(readFileSync(records, 'utf8').trim().split('\n').at(-1));
  console.log(`\nWebSocket messages recorded of those that passed, at ${Math.round(rate)} a second`);
  row('tap', `${summary.messages} of ${count * 2}`);
}

/** Resident memory with many connections open, each of which has been used once. */
async function idle(subjects) {
  const count = 5000;
  console.log(`\nMemory with ${count} open connections`);
  for (const { name, port, child } of subjects) {
    const before = resident(child.pid);
    const sockets = [];
    for (let i = 0; i < count; i++) {
      sockets.push(
        await new Promise((resolve, reject) => {
          const socket = connect(port, host, () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
          socket.once('data', () => resolve(socket)).once('error', reject);
        }),
      );
    }
    row(name, `${resident(child.pid)} MiB`, `before: ${before} MiB`);
    for (const socket of sockets) socket.destroy();
  }
}

function certify(folder) {
  const files = ['-keyout', join(folder, 'server.key'), '-out', join(folder, 'server.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, '-days', '2', '-subj', '/CN=localhost'], {
    stdio: 'ignore',
  });
}

/** Seconds of processor time, all threads. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function resident(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(kilobytes) / 1024);
}

async function reachable(port) {
  for (let i = 0; i < 400; i++) {
    const there = await new Promise((resolve) => {
      const socket = connect(port, host, () => resolve(true));
      socket.once('error', () => resolve(false));
      setTimeout(() => socket.destroy(), 200);
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on ${port}`);
}

function has(program) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

function share(value, whole) {
  return `${Math.round((value / whole) * 100)} %`;
}

function row(name, ...cells) {
  console.log('  ' + name.padEnd(12) + cells.map((cell) => cell.padStart(cell.endsWith('%') ? 7 : 19)).join(''));
}
