/** A browser through the tap: a page over HTTPS, what it fetches, and its WebSocket over TLS; loopback only. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { Authority } from '../../src/source/tap/authority.ts';
import type { RecordJson } from '../../src/timeline/trace-format.ts';
import { command, workFolder } from './wirescope.ts';

const folder = workFolder();
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

function browser(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome'].find((name) => {
    try {
      execFileSync('which', [name], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const page = `<!doctype html><title>page</title><body>waiting</body><script>
  const socket = new WebSocket('wss://' + location.host + '/socket');
  socket.onopen = () => socket.send('from the page');
  socket.onmessage = async ({ data }) => {
    const text = await (await fetch('/data', { method: 'POST', body: 'posted' })).text();
    document.body.textContent = data + ' | ' + text;
    await fetch('/shown', { method: 'POST', body: document.body.textContent });
  };
</script>`;

/** @param shown what the page says it shows */
async function shop(authority: Authority, shown: (text: string) => void): Promise<number> {
  const context = await authority.contextFor('localhost');
  const server = createServer(
    { SNICallback: (_name: string, done: (error: null, found: SecureContext) => void) => done(null, context) },
    (request, response) => {
      response.setHeader('Content-Type', 'text/html');
      if (request.url === '/') response.end(page);
      else
        void request.toArray().then((parts: Buffer[]) => {
          const text = Buffer.concat(parts).toString();
          response.end(`served ${text}`);
          if (request.url === '/shown') shown(text);
        });
    },
  );
  new WebSocketServer({ server }).on('connection', (socket) =>
    socket.on('message', (data: Buffer) => socket.send(`heard ${data.toString()}`)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => (server.closeAllConnections(), void server.close()));
  return (server.address() as AddressInfo).port;
}

/** What keeps a browser from asking hosts of its own: those go past the tap, and their names lead nowhere. */
function quiet(profile: string): string[] {
  return [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-sync',
    '--metrics-recording-only',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    '--proxy-bypass-list=<-loopback>;*.com;*.net;*.org',
  ];
}

const program = browser();

describe.skipIf(program === undefined)('headless Chromium', () => {
  test('sees the page it would see without, and the records show all of it', { timeout: 60_000 }, async () => {
    const environment = { ...process.env, WIRESCOPE_CA_DIR: join(folder, 'ca') };
    const authority = await Authority.open(environment.WIRESCOPE_CA_DIR);
    let show: (text: string) => void = () => undefined;
    const shown = new Promise<string>((resolve) => (show = resolve));
    const port = await shop(authority, show);
    const args = ['tap', '--proxy', '--listen', '0', '--tls', 'intercept', '--insecure', '--format', 'jsonl'];
    const tap = spawn(process.execPath, [command, ...args, '-o', 'browser.jsonl', '--save', 'browser.pcapng'], {
      cwd: folder,
      env: environment,
    });
    children.push(tap);
    let errors = '';
    const place = await new Promise<string>((resolve) => {
      tap.stderr.on('data', (data) => {
        const [, found] = /listening on (127\.0\.0\.1:\d+)/.exec((errors += String(data))) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const profile = mkdtempSync(join(tmpdir(), 'wirescope-browser-'));
    const browsing = spawn(
      program!,
      [
        ...quiet(profile),
        `--proxy-server=${place}`,
        `--ignore-certificate-errors-spki-list=${authority.keyHash}`,
        `https://localhost:${port}/`,
      ],
      { stdio: 'ignore', detached: true },
    );
    children.push(browsing);
    expect(await shown).toBe('heard from the page | served posted');
    const left = new Promise((resolve) => browsing.once('close', resolve));
    process.kill(-browsing.pid!, 'SIGTERM');
    await left;
    const ended = new Promise((resolve) => tap.once('close', resolve));
    tap.kill('SIGINT');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    const records = readFileSync(join(folder, 'browser.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordJson);
    const exchanges = records.flatMap((record) => (record.type === 'exchange' ? [record] : []));
    const inside = exchanges.filter(({ secure }) => secure);
    const outside = exchanges.filter(({ secure }) => !secure);
    expect(inside.map(({ request }) => `${request?.method} ${request?.url}`)).toEqual(
      expect.arrayContaining(
        ['GET /', 'GET /socket', 'POST /data', 'POST /shown'].map((line) =>
          line.replace(' ', ` https://localhost:${port}`),
        ),
      ),
    );
    expect(outside.map(({ request }) => request?.target)).toEqual(outside.map(() => `localhost:${port}`));
    const messages = records.flatMap((record) => (record.type === 'message' ? [record] : []));
    expect(messages.find(({ from }) => from === 'client')).toMatchObject({ text: 'from the page' });
    expect(messages.find(({ from }) => from === 'server')).toMatchObject({ text: 'heard from the page' });
    expect(errors.match(/wirescope: (?!listening)/)).toBeNull();
  });
});
