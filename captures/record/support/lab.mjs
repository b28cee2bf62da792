// A laboratory on one machine: programs, hosts and capture points inside network namespaces of its own.
//
// Everything runs below record.mjs's `unshare --net --pid --mount-proc`, so addresses, links, queues and processes
// vanish with the process that made them: there is nothing to restore. Ports are all free, and so are all addresses.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { withoutMachineFacts } from './pcapng.mjs';

export { sleep };

/** A program that runs until it is stopped. */
class Program {
  constructor(child, label) {
    this.child = child;
    this.label = label;
    this.output = '';
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.output += text));
  }

  /** Waits until what the program printed matches. */
  async printed(pattern, timeoutMs = 15_000) {
    for (let waited = 0; waited < timeoutMs; waited += 10) {
      if (pattern.test(this.output)) return;
      if (this.child.exitCode !== null) break;
      await sleep(10);
    }
    throw new Error(`${this.label}: expected ${pattern} in its output, found:\n${this.output}`);
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.exited;
  }
}

/** A host of its own on the lab's Ethernet: another network namespace behind a veth pair, MTU 1500. */
class Host {
  constructor(lab, name, pid) {
    this.lab = lab;
    this.name = name;
    this.pid = pid;
  }

  start(command, args, options = {}) {
    return this.lab.start(command, args, { ...options, host: this });
  }

  run(command, args, options = {}) {
    return this.lab.run(command, args, { ...options, host: this });
  }

  capture(options) {
    return this.lab.capture({ interface: 'eth0', ...options, host: this });
  }
}

export class Lab {
  #programs = [];
  #hosts = 0;
  #bridge = false;

  /** `temp` is an empty folder of the scenario's own, `output` where captures go. */
  constructor({ temp, output }) {
    this.temp = temp;
    this.output = output;
  }

  start(command, args, { host, env, cwd } = {}) {
    const line = host ? ['nsenter', '-t', String(host.pid), '-n', command, ...args] : [command, ...args];
    const child = spawn(line[0], line.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      cwd: cwd ?? this.temp,
    });
    child.once('error', (error) => console.error(`${command}: ${error.message}`));
    const program = new Program(child, command);
    this.#programs.push(program);
    return program;
  }

  /** Runs a program to its end and gives what it printed; `mayFail` accepts a non-zero exit. */
  async run(command, args, options = {}) {
    const program = this.start(command, args, options);
    const { code } = await program.exited;
    if (code !== 0 && !options.mayFail)
      throw new Error(`${command} ${args.join(' ')}: exit ${code}\n${program.output}`);
    return program.output;
  }

  async ip(...args) {
    await this.run('ip', args);
  }

  /** Gives the loopback interface more addresses and a network's MTU; who connects `to` that one comes `from` this one. */
  async loopback({ addresses = [], mtu, from, to } = {}) {
    for (const address of addresses) await this.ip('address', 'add', address, 'dev', 'lo', ...dadOff(address));
    if (from) await this.ip('route', 'replace', 'local', to, 'dev', 'lo', 'table', 'local', 'src', from);
    if (mtu) await this.ip('link', 'set', 'lo', 'mtu', String(mtu), 'gso_max_segs', '1');
  }

  /**
   * A host on the lab's Ethernet. `rate` and `queue` (bytes) make its downlink a slow one that drops what overflows.
   * With a `gateway` address it has a link of its own to the lab, which then routes; `mtu` is that of the lab's end.
   */
  async host(name, { addresses, rate, queue = 20_000, gateway, mtu = 1500 }) {
    if (!gateway && !this.#bridge) await this.#buildBridge();
    const number = ++this.#hosts;
    const holder = this.start('unshare', ['--net', 'sleep', 'infinity']);
    const host = new Host(this, name, holder.child.pid);
    await this.#ownNamespace(host.pid);
    const mac = `02:00:5e:00:53:${number.toString(16).padStart(2, '0')}`;
    await this.ip('link', 'add', `to-${name}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(host.pid));
    if (gateway) await this.ip('address', 'add', gateway, 'dev', `to-${name}`);
    else await this.ip('link', 'set', `to-${name}`, 'master', 'bridge0');
    await this.ip('link', 'set', `to-${name}`, 'mtu', String(mtu), 'up');
    await host.run('ip', ['link', 'set', 'lo', 'up']);
    await host.run('ip', ['link', 'set', 'eth0', 'address', mac, 'gso_max_segs', '1', 'up']);
    for (const address of addresses)
      await host.run('ip', ['address', 'add', address, 'dev', 'eth0', ...dadOff(address)]);
    const way = gateway ? ['via', gateway.split('/')[0]] : ['dev', 'eth0'];
    await host.run('ip', ['route', 'add', 'default', ...way], { mayFail: true });
    await host.run('ip', ['-6', 'route', 'add', 'default', 'dev', 'eth0'], { mayFail: true });
    if (rate) {
      const shape = ['rate', rate, 'burst', '1600', 'limit', String(queue)];
      await this.run('tc', ['qdisc', 'add', 'dev', `to-${name}`, 'root', 'tbf', ...shape]);
    }
    return host;
  }

  /** Starts tcpdump (or dumpcap for pcapng) and returns once it records. */
  async capture({
    filter,
    interface: name = 'lo',
    host,
    snaplen = 0,
    nanoseconds = false,
    pcapng = false,
    comment = '',
  }) {
    const raw = join(this.temp, `raw-${this.#programs.length}.${pcapng ? 'pcapng' : 'pcap'}`);
    const program = pcapng
      ? this.start('dumpcap', ['-q', '-i', name, '-f', filter, '-w', raw], { host })
      : this.start('tcpdump', [...tcpdumpFlags(name, snaplen, nanoseconds), '-w', raw, filter], { host });
    await program.printed(pcapng ? /File: / : /listening on/);
    if (pcapng) await sleep(200);
    return {
      /** Stops recording and gives the raw file's path. */
      stop: async () => {
        await sleep(pcapng ? 700 : 250);
        await program.stop('SIGINT');
        if (/[1-9]\d* packets dropped by (kernel|interface)/.test(program.output)) throw new Error(program.output);
        if (pcapng) writeFileSync(raw, withoutMachineFacts(readFileSync(raw), comment));
        return raw;
      },
    };
  }

  /** Loads one of the npm packages that the scenario names. */
  load(name) {
    const require = createRequire(join(this.temp, 'here.js'));
    return import(pathToFileURL(require.resolve(name)).href);
  }

  /** Moves a finished capture to the captures folder. */
  keep(raw, name) {
    copyFileSync(raw, join(this.output, name));
  }

  write(name, bytes) {
    writeFileSync(join(this.output, name), bytes);
  }

  /** Writes a file below the scenario's temporary folder. */
  file(name, content) {
    const path = join(this.temp, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  /** Starts nginx with the given inside of `http {}`; its paths are the scenario's own. */
  async nginx(http, { host } = {}) {
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const config = `daemon off; master_process off; worker_processes 1; pid ${this.temp}/nginx.pid;
error_log stderr notice;
events { worker_connections 128; }
http {
  access_log off;
  ${folders.map((name) => `${name}_temp_path ${this.temp}/nginx-${name};`).join('\n  ')}
  types { text/html html; text/css css; text/javascript js; image/png png; image/svg+xml svg; application/json json;
          text/plain txt; }
  ${http}
}
`;
    const path = this.file('nginx.conf', config);
    const program = this.start('nginx', ['-p', this.temp, '-c', path], { host });
    await program.printed(/start worker process|using the "epoll" event method/);
    await sleep(150);
    return program;
  }

  /** Runs curl quietly; each argument list is one invocation, so one or more connections of its own. */
  curl(args, options = {}) {
    return this.run('curl', ['-sS', '--max-time', '20', ...args], { mayFail: true, ...options });
  }

  async close() {
    for (const program of this.#programs.reverse()) await program.stop('SIGKILL');
  }

  async #buildBridge() {
    this.#bridge = true;
    await this.ip('link', 'add', 'bridge0', 'type', 'bridge');
    await this.ip('link', 'set', 'bridge0', 'up');
  }

  async #ownNamespace(pid) {
    const ours = readlinkSync('/proc/self/ns/net');
    while (readlinkSync(`/proc/${pid}/ns/net`) === ours) await sleep(5);
  }
}

/** A raw TCP connection driven by hand. */
export class RawClient {
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on('error', () => {});
  }

  static async open(port, host = '127.0.0.1', options = {}) {
    const socket = connect({ port, host, noDelay: true, allowHalfOpen: true, ...options });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }

  /** Writes, then leaves the bytes time to travel as a segment of their own. */
  async send(bytes, pauseMs = 20) {
    this.socket.write(bytes);
    await sleep(pauseMs);
  }

  /** Waits until the text or bytes received so far contain `needle`. */
  async until(needle, timeoutMs = 3_000) {
    for (let waited = 0; waited < timeoutMs; waited += 5) {
      if (this.received.includes(needle)) return;
      await sleep(5);
    }
    throw new Error(`expected ${JSON.stringify(String(needle))}, received ${JSON.stringify(String(this.received))}`);
  }

  async end() {
    this.socket.end();
    await Promise.race([this.ended, sleep(500)]);
    this.socket.destroy();
  }

  reset() {
    this.socket.resetAndDestroy();
  }
}

/** Starts a Node server (http, net) and resolves once it listens. */
export function listening(server, port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** curl's arguments for several requests of one client, which keeps its connection from one to the next. */
export function inTurn(common, requests) {
  return requests.flatMap((request, n) => [...(n > 0 ? ['--next', '-sS'] : []), ...common, ...request]);
}

function tcpdumpFlags(name, snaplen, nanoseconds) {
  const precision = nanoseconds ? ['--time-stamp-precision=nano'] : [];
  return ['-i', name, '-s', String(snaplen), '-U', '--immediate-mode', '-B', '65536', '-Z', 'root', ...precision];
}

function dadOff(address) {
  return address.includes(':') ? ['nodad'] : [];
}
