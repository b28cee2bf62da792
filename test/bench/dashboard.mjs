// Measures the dashboard on a real pseudo-terminal: how long from a key to the screen, while a capture is read and after,
// how long sorting and filtering take, what a live session costs, how much memory a row takes.
//
//   node test/bench/dashboard.mjs CAPTURE [--bin bin/wirescope.js] [--live CAPTURE] [--rate 20000] [--record 687] [--size 120x36]
//
// --record: bytes of the live capture per record
//
// The pseudo-terminal is that of `script` (bsdutils); what comes out of it goes into an xterm without a window.
import { spawn } from 'node:child_process';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import xterm from '@xterm/headless';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bin: { type: 'string', default: 'bin/wirescope.js' },
    live: { type: 'string' },
    rate: { type: 'string', default: '20000' },
    record: { type: 'string', default: '687' },
    size: { type: 'string', default: '120x36' },
  },
});
const [columns, rows] = values.size.split('x').map(Number);
/** Every frame ends with this. */
const frameEnd = '\x1b[?2026l';
const pause = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));

class Session {
  constructor(command, stdin = 'pipe') {
    this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.started = performance.now();
    this.frames = 0;
    this.bytes = 0;
    const line = `stty cols ${columns} rows ${rows}; echo pid:$$; ${command}`;
    this.child = spawn('script', ['-qfec', line, '/dev/null'], {
      stdio: [stdin, 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', COLORTERM: 'truecolor', SHELL: '/bin/sh' },
    });
    this.waiting = [];
    this.child.stdout.on('data', (data) => {
      const text = data.toString('latin1');
      this.bytes += data.length;
      this.pid ??= /pid:(\d+)/.exec(text)?.[1];
      this.frames += text.split(frameEnd).length - 1;
      this.terminal.write(data, () => this.waiting.forEach((check) => check()));
    });
    this.ended = new Promise((resolve) => void this.child.on('exit', resolve));
  }

  screen() {
    const buffer = this.terminal.buffer.active;
    return Array.from({ length: rows }, (_, y) => buffer.getLine(y)?.translateToString(true) ?? '').join('\n');
  }

  /** Milliseconds until the screen is as wanted. */
  async until(wanted, withinMs = 60_000) {
    const start = performance.now();
    for (;;) {
      if (wanted(this.screen())) return performance.now() - start;
      if (performance.now() - start > withinMs) throw new Error(`not shown within ${withinMs} ms:\n${this.screen()}`);
      await new Promise((resolve) => {
        const check = () => {
          this.waiting = this.waiting.filter((each) => each !== check);
          resolve();
        };
        this.waiting.push(check);
        setTimeout(check, 20);
      });
    }
  }

  /** Milliseconds from a key to the next frame after it. */
  async key(text) {
    const before = this.frames;
    const start = performance.now();
    this.child.stdin.write(text);
    while (this.frames === before) {
      await new Promise((resolve) => setImmediate(resolve));
      if (performance.now() - start > 2000) return NaN;
    }
    return performance.now() - start;
  }

  node() {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim().split(/\s+/);
    return children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').includes('node')) ?? this.pid;
  }

  memory() {
    const status = readFileSync(`/proc/${this.node()}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
  }

  /** Processor time used so far, in milliseconds. */
  processor() {
    const fields = readFileSync(`/proc/${this.node()}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async quit() {
    this.child.stdin?.write('Q');
    await Promise.race([this.ended, pause(3000)]);
    this.child.kill();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const span = (numbers) => `median ${median(numbers).toFixed(1)} ms, worst ${Math.max(...numbers).toFixed(1)} ms`;
const say = (what, value) => console.log(`${what.padEnd(46)} ${value}`);

async function keys(session, text, times, between = 40) {
  const found = [];
  for (let i = 0; i < times; i++) {
    found.push(await session.key(typeof text === 'function' ? text(i) : text));
    await pause(between);
  }
  return found.filter((ms) => !Number.isNaN(ms));
}

async function fileBench(path) {
  say('capture', `${path}, ${(statSync(path).size / 1e6).toFixed(0)} MB`);
  const session = new Session(`node ${values.bin} ${path}`);
  await session.until((screen) => /GET|POST/.test(screen));
  const first = performance.now() - session.started;
  say('first rows on the screen after', `${first.toFixed(0)} ms, ${session.processor()} ms of processor time`);
  const reading = [];
  while (/reading/.test(session.screen().split('\n').at(-1)) && reading.length < 400) {
    reading.push(await session.key(reading.length % 2 === 0 ? 'j' : 'k'));
    await pause(25);
  }
  if (reading.length > 0) say('a key while it is read', span(reading));
  await session.until((screen) => / packets,/.test(screen.split('\n').at(-1)), 120_000);
  say('whole capture read after', `${((performance.now() - session.started) / 1000).toFixed(2)} s`);
  await pause(1500);
  const count = Number(
    /Exchanges ([\d.]+[kM]?)/.exec(session.screen())?.[1].replace('M', 'e6').replace('k', 'e3') ?? 0,
  );
  say('rows', String(count));
  say('memory', `${(session.memory() / 1e6).toFixed(0)} MB`);
  const bytes = session.bytes;
  say('j', span(await keys(session, 'j', 40)));
  say('bytes sent for a row down', ((session.bytes - bytes) / 40).toFixed(0));
  say('page down', span(await keys(session, '\x1b[6~', 40)));
  say('G and gg', span(await keys(session, (i) => (i % 2 === 0 ? 'G' : 'gg'), 40)));
  say('another view', span(await keys(session, (i) => (i % 2 === 0 ? '5' : '1'), 10, 700)));
  for (const column of ['duration', 'path', 'status']) {
    session.child.stdin.write(`:sort -${column}\r`);
    const start = performance.now();
    await pause(5);
    await session.until((screen) => screen.includes(`by ${column}`));
    const answered = performance.now() - start;
    await session.until((screen) => new RegExp(`${column === 'status' ? 'code' : column}▼`).test(screen));
    const during = await keys(session, 'j', 10, 5);
    say(`sort by ${column}`, `first ${answered.toFixed(0)} ms, keys meanwhile ${span(during)}`);
    await pause(800);
  }
  session.child.stdin.write(':sort\r');
  await pause(1000);
  for (const filter of ['status == 404', 'path contains "9" and duration > 0.01']) {
    session.child.stdin.write('f');
    await pause(100);
    session.child.stdin.write('\x15' + filter);
    const start = performance.now();
    await session.until((screen) => screen.split('\n').at(-1).includes(filter) && /✓ …? ?[\d,]+ of/.test(screen));
    const first = performance.now() - start;
    await session.until((screen) => /✓ [\d,]+ of/.test(screen.split('\n').at(-1)));
    say(`filter ${filter}`, `first ${first.toFixed(0)} ms, whole ${(performance.now() - start).toFixed(0)} ms`);
    session.child.stdin.write('\x1b');
    await pause(1200);
  }
  await session.quit();
}

/** Feeds a capture to standard input at a pace, and watches what that costs. */
async function liveBench(path, recordsASecond, bytesARecord) {
  say('live', `${path} at ${recordsASecond} records a second`);
  const fifo = `/tmp/wirescope-live-${process.pid}`;
  const session = new Session(`mkfifo ${fifo}; node ${values.bin} - < ${fifo}; rm ${fifo}`);
  await pause(500);
  const { createWriteStream } = await import('node:fs');
  const pipe = createWriteStream(fifo);
  let sent = 0;
  const start = performance.now();
  const seconds = 12;
  for await (const block of createReadStream(path, { highWaterMark: 64 * 1024 })) {
    const due = start + (sent / (recordsASecond * bytesARecord)) * 1000;
    if (due > performance.now()) await pause(due - performance.now());
    if (performance.now() - start > seconds * 1000) break;
    if (!pipe.write(block)) await new Promise((resolve) => void pipe.once('drain', resolve));
    sent += block.length;
    if (session.measured === undefined && performance.now() - start > 2000) {
      session.measured = { at: performance.now(), frames: session.frames, processor: session.processor() };
    }
  }
  const { at, frames, processor } = session.measured;
  const elapsed = (performance.now() - at) / 1000;
  say('bytes fed a second', `${(sent / 1e6 / ((performance.now() - start) / 1000)).toFixed(1)} MB`);
  say('frames a second', ((session.frames - frames) / elapsed).toFixed(1));
  say('processor', `${(((session.processor() - processor) / elapsed / 1000) * 100).toFixed(0)} % of a core`);
  pipe.destroy();
  await session.quit();
}

if (positionals[0] !== undefined) await fileBench(positionals[0]);
if (values.live !== undefined) await liveBench(values.live, Number(values.rate), Number(values.record));
process.exit(0);
