/**
 * The tap beside a bare relay of Node sockets, and mitmproxy where it is installed: requests a second and latency by wrk,
 * echoed WebSocket messages a second, and memory of open connections. Figures are medians of rounds taken in turn.
 *
 *   npm run build && node test/bench/tap.mjs [--seconds 3] [--rounds 3]
 */
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';

const command = fileURLToPath(new URL('../../bin/wirescope.js', import.meta.url));
const self = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    role: { type: 'string' },
    port: { type: 'string' },
    to: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const host = '127.0.0.1';

if (values.role === 'server') serve(Number(values.port));
else if (values.role === 'relay') relay(Number(values.port), Number(values.to));
else await main();

function serve(port) {
  const body = 'Hello, world! '.repeat(10);
  const server = createServer((_request, response) => response.end(body));
  server.keepAliveTimeout = 0;
  new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) =>
    socket.on('message', (data, binary) => socket.send(data, { binary })),
  );
  server.listen({ port, host, backlog: 4096 });
}

/** What a proxy in Node costs at the least: bytes from one socket to the other. */
function relay(port, to) {
  const pipe = (source, target) => {
    source.on('data', (chunk) => void (target.write(chunk) || source.pause()));
    target.on('drain', () => source.resume());
    source.on('end', () => target.end());
    source.on('error', () => target.destroy());
  };
  const options = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true };
  createTcpServer(options, (near) => {
    const far = connect({ port: to, host, allowHalfOpen: true, noDelay: true }, () => near.resume());
    pipe(near, far);
    pipe(far, near);
  }).listen({ port, host, backlog: 4096 });
}

async function main() {
  const base = 20_000 + (process.pid % 10_000);
  const out = join(tmpdir(), `wirescope-bench-${process.pid}`);
  const tap = (port, ...more) => [
    command,
    'tap',
    '--to',
    `${host}:${base}`,
    '--listen',
    String(port),
    '-o',
    '/dev/null',
    ...more,
  ];
  const subjects = [
    {
      name: 'bare relay',
      port: base + 1,
      args: [self, '--role', 'relay', '--port', String(base + 1), '--to', String(base)],
    },
    { name: 'tap', port: base + 2, args: tap(base + 2, '--max-body', '0') },
    {
      name: 'tap --save',
      port: base + 3,
      args: tap(base + 3, '--max-body', '0', '--save', `${out}.pcapng`, '--ring', '200M'),
    },
  ];
  if (has('mitmdump')) {
    const args = ['--mode', `reverse:http://${host}:${base}`, '-p', String(base + 4), '-q'];
    subjects.push({ name: 'mitmdump', port: base + 4, program: 'mitmdump', args });
  }
  const children = [start(process.execPath, [self, '--role', 'server', '--port', String(base)])];
  for (const subject of subjects) {
    subject.child = start(subject.program ?? process.execPath, subject.args);
    children.push(subject.child);
  }
  try {
    for (const { port } of [{ port: base }, ...subjects]) await reachable(port);
    if (has('wrk')) await http(subjects);
    await webSockets(subjects);
    await idle(subjects);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function http(subjects) {
  for (const connections of [32, 1]) {
    const results = await inTurn(subjects, ({ port }) => wrk(port, connections));
    const relayed = median(results[0].map(({ rate }) => rate));
    console.log(`\nHTTP, ${connections} keep-alive connection${connections === 1 ? '' : 's'}`);
    subjects.forEach(({ name }, i) => {
      const rate = median(results[i].map((one) => one.rate));
      const [p50, p99] = ['p50', 'p99'].map((key) => median(results[i].map((one) => one[key])).toFixed(3));
      row(name, `${Math.round(rate)} requests/s`, share(rate, relayed), `p50 ${p50} ms`, `p99 ${p99} ms`);
    });
  }
}

function wrk(port, connections) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}`, '--latency', `http://${host}:${port}/`];
  const text = execFileSync('wrk', args, { encoding: 'utf8' });
  const span = (name) => {
    const [, number, unit] = new RegExp(`${name}%\\s+([\\d.]+)(us|ms|s)`).exec(text);
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
  };
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), p50: span(50), p99: span(99) };
}

/** Messages of 64 bytes, eight on their way at a time on each of eight connections; every echo is counted. */
async function webSockets(subjects) {
  const results = await inTurn(subjects, async ({ port }) => {
    const started = performance.now();
    const counts = await Promise.all(Array.from({ length: 8 }, () => echo(port)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return (total / (performance.now() - started)) * 1000;
  });
  console.log('\nWebSocket echo, 64 bytes (the load comes from this process and bounds the figure)');
  const relayed = median(results[0]);
  subjects.forEach(({ name }, i) =>
    row(name, `${Math.round(median(results[i]))} messages/s`, share(median(results[i]), relayed)),
  );
}

function echo(port) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}:${port}/`, { perMessageDeflate: false });
    const message = Buffer.alloc(64, 'm');
    let count = 0;
    let over = false;
    let waiting = 8;
    socket.on('error', reject);
    socket.on('open', () => {
      for (let i = 0; i < waiting; i++) socket.send(message);
      setTimeout(() => (over = true), seconds * 1000);
    });
    socket.on('message', () => {
      count++;
      if (!over) socket.send(message);
      else if (--waiting === 0) socket.terminate();
    });
    socket.on('close', () => resolve(count));
  });
}

/** Resident memory with many connections open, each of which has been used once. */
async function idle(subjects) {
  const count = 1000;
  console.log(`\nMemory with ${count} open connections`);
  for (const { name, port, child } of subjects) {
    const before = resident(child.pid);
    const sockets = await Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise((resolve, reject) => {
            const socket = connect(port, host, () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
            socket.once('data', () => resolve(socket)).once('error', reject);
          }),
      ),
    );
    row(name, `${resident(child.pid)} MiB`, `before: ${before} MiB`);
    for (const socket of sockets) socket.destroy();
  }
}

function resident(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(kilobytes) / 1024);
}

async function inTurn(subjects, measure) {
  const results = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) results[i].push(await measure(subject));
  }
  return results;
}

function start(program, args) {
  return spawn(program, args, { stdio: 'ignore' });
}

async function reachable(port) {
  for (let i = 0; i < 200; i++) {
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
  console.log('  ' + name.padEnd(12) + cells.map((cell) => cell.padStart(20)).join(''));
}
