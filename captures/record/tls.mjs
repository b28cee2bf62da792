// HTTPS and WSS with their secrets: inside the file, beside it, half of them, wrong ones; and with packets missing.

import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import { inTurn, listening, sleep } from './support/lab.mjs';
import { noise, prose } from './support/material.mjs';
import { keyLogOf, packetOf, selfSigned, withPackets, withSecrets } from './support/tls.mjs';
import { closed, inbox, opened } from './support/websocket.mjs';

const SUITES_12 = [
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-SHA256',
  'AES256-SHA',
  'AES128-CCM',
];
const SUITES_13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
/** Connections of tls-suites: one a suite, and two for a client that comes back. */
const SUITE_CONNECTIONS = SUITES_12.length + SUITES_13.length + 4;

const suites = {
  connections: SUITE_CONNECTIONS,
  requests: { GET: SUITE_CONNECTIONS },
  responses: { 200: SUITE_CONNECTIONS },
};
const https = { connections: 1, requests: { GET: 3, HEAD: 1, POST: 2 }, responses: { 200: 4, 201: 1, 404: 1 } };
const https1 = { connections: 1, requests: { GET: 1 }, responses: { 200: 1 } };
const closedToTshark = { requests: {}, responses: {}, frames: {} };

export const captures = [
  {
    scenario: 'tls',
    file: 'tls-suites.pcapng',
    about: `curl asks nginx for the same page over TLS 1.3 with three cipher suites and over TLS 1.2 with six (GCM, ChaCha20, CBC, CCM; with and
without forward secrecy); then twice in a row over each version, the second time resuming the session. The secrets are
beside it, in tls-suites.keys: give them with --keys.`,
    made: 'nginx 1.22 and curl on loopback, dumpcap',
    keys: 'tls-suites.keys',
    expect: suites,
  },
  {
    scenario: 'tls',
    file: 'tls-missing-keys.pcapng',
    about: `tls-suites.pcapng again with the secrets of every second connection inside: what is known of the others is what TLS says in clear.`,
    made: 'the same, secrets put into the file by the script',
    expect: suites,
    tshark: null,
  },
  {
    scenario: 'tls',
    file: 'https.pcapng',
    about: `One TLS 1.3 connection of curl to a Node.js server: GET with gzip, a chunked answer, HEAD, a form, an upload of 20 KB and a missing
page. The secrets are inside.`,
    made: 'Node.js https and curl on loopback, dumpcap; secrets put into the file by the script',
    expect: https,
  },
  {
    scenario: 'tls',
    file: 'https-wrong-keys.pcapng',
    about: 'https.pcapng with secrets that are not its own under its client random: nothing opens.',
    made: 'the same; secrets changed by the script',
    expect: https,
    tshark: closedToTshark,
    tsharkNote: 'it cannot be decrypted',
  },
  {
    scenario: 'tls',
    file: 'https-midstream.pcapng',
    about: 'https.pcapng from the first request on: the handshake is missing, so its secrets are of no use.',
    made: 'the same; packets left out by the script',
    expect: https,
    tshark: closedToTshark,
    tsharkNote: 'it cannot be decrypted',
  },
  {
    scenario: 'tls',
    file: 'https-gap.pcapng',
    about: `The first request of https.pcapng, secrets inside, but for the packet with the ServerHello: which suite it chose is found by trying those
that the client offered.`,
    made: 'the same; packets left out by the script',
    expect: https1,
    tshark: closedToTshark,
    tsharkNote: 'it cannot be decrypted',
  },
  {
    scenario: 'tls',
    file: 'https-unknown-cipher.pcapng',
    about:
      'The first request of https.pcapng, secrets inside; the ServerHello chooses a suite that there is not, 0x1306.',
    made: 'the same; two octets changed by the script',
    expect: https1,
    tshark: closedToTshark,
    tsharkNote: 'it cannot be decrypted',
  },
  {
    scenario: 'tls',
    file: 'https-broken-keys.pcapng',
    about: 'The first request of https.pcapng; every line of the secrets inside lacks its last digit.',
    made: 'the same; secrets changed by the script',
    expect: https1,
    tshark: closedToTshark,
    tsharkNote: 'it cannot be decrypted',
  },
  {
    scenario: 'tls',
    file: 'https-damaged.pcapng',
    about:
      'The first two requests of https.pcapng, secrets inside; an octet of the first answer is changed, so that its tag does not fit.',
    made: 'the same; an octet changed by the script',
    expect: { connections: 1, requests: { GET: 2 }, responses: { 200: 1 } },
    tshark: { requests: { GET: 2 }, responses: {}, frames: {} },
    tsharkNote: 'it gives up on the answers after the damaged record',
  },
  {
    scenario: 'tls',
    file: 'https-lossy.pcapng',
    about: `A download of 60 KB over TLS 1.3, four of its packets not recorded, and a small request after it. The secrets are inside.`,
    made: 'Node.js https and curl on loopback, dumpcap; packets left out by the script',
    expect: { connections: 1, requests: { GET: 2 }, responses: { 200: 2 } },
    tshark: null,
    tsharkNote: 'it gives up on the answers after the first missing packet',
  },
  {
    scenario: 'tls',
    file: 'wss.pcapng',
    about: `WebSocket over TLS 1.2 and over TLS 1.3, with permessage-deflate and without: text, binary, 40 KB in one message, fragments, pings,
and closes from either side. The secrets are inside.`,
    made: 'ws 8 as client and server on loopback, dumpcap; secrets put into the file by the script',
    expect: {
      connections: 2,
      requests: { GET: 2 },
      responses: { 101: 2 },
      frames: { text: 10, binary: 4, continuation: 4, ping: 2, pong: 2, close: 4 },
    },
  },
];

const SERVER_HELLO = Buffer.from([2, 0, 0, 0x76, 3, 3]);
const DATA_RECORD = Buffer.from([0x17, 3, 3]);

const HOST = '192.0.2.10';
const NAME = 'secure.example';
const RESOLVE = ['--resolve', `${NAME}:443:${HOST}`, '--insecure'];

export async function record(lab) {
  await lab.loopback({ addresses: [`${HOST}/32`, '192.0.2.77/32'], mtu: 1500, from: '192.0.2.77', to: HOST });
  const own = await selfSigned(lab, [NAME, 'www.secure.example']);
  await recordSuites(lab, own);
  await recordHttps(lab, own);
  await recordWebSocket(lab, own);
}

async function capturing(lab, port, comment, work) {
  const capture = await lab.capture({ filter: `tcp port ${port}`, pcapng: true, comment });
  await work();
  return readFileSync(await capture.stop());
}

// --- suites --------------------------------------------------------------------------------------------------------------

const CONFIG = ({ key, cert }, site) => `server {
    listen ${HOST}:443 ssl; server_name ${NAME}; root ${site};
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ALL; ssl_session_cache shared:sessions:1m;
  }`;

async function recordSuites(lab, own) {
  lab.file('site/index.html', `<!doctype html>\n<title>${NAME}</title>\n<p>${prose(600, 4)}</p>\n`);
  const nginx = await lab.nginx(CONFIG(own, `${lab.temp}/site`));
  const env = { SSLKEYLOGFILE: join(lab.temp, 'suites.keys') };
  const url = `https://${NAME}/`;
  const raw = await capturing(lab, 443, 'nginx and curl, suite by suite', async () => {
    for (const suite of SUITES_13) await lab.curl([...RESOLVE, '--tlsv1.3', '--tls13-ciphers', suite, url], { env });
    for (const suite of SUITES_12) await lab.curl([...RESOLVE, '--tls-max', '1.2', '--ciphers', suite, url], { env });
    for (const version of [['--tls-max', '1.2'], ['--tlsv1.3']]) {
      const once = [...RESOLVE, ...version, '--http1.1', '--header', 'Connection: close'];
      await lab.curl(inTurn(once, [[url], [url]]), { env });
    }
  });
  await nginx.stop();
  const keys = keyLogOf(env.SSLKEYLOGFILE);
  lab.write('tls-suites.pcapng', raw);
  lab.write('tls-suites.keys', keys);
  lab.write('tls-missing-keys.pcapng', withSecrets(raw, everySecond(keys)));
}

/** The lines of the first, third, fifth ... session. */
function everySecond(keys) {
  const lines = keys.trim().split('\n');
  const randoms = [...new Set(lines.map((text) => text.split(' ')[1]))];
  return lines.filter((text) => randoms.indexOf(text.split(' ')[1]) % 2 === 0).join('\n') + '\n';
}

// --- HTTPS ---------------------------------------------------------------------------------------------------------------

async function recordHttps(lab, { key, cert }) {
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert), minVersion: 'TLSv1.3' }, answer);
  await listening(server, 443, HOST);
  const env = { SSLKEYLOGFILE: join(lab.temp, 'https.keys') };
  const url = (path) => `https://${NAME}${path}`;
  const upload = lab.file('upload.bin', noise(20_000, 5));
  const raw = await capturing(lab, 443, 'Node.js https and curl', () =>
    lab.curl(
      inTurn(
        [...RESOLVE, '--http1.1'],
        [
          ['--compressed', '--output', 'page', url('/page')],
          ['--output', 'steps', url('/steps')],
          ['--head', url('/page')],
          ['--data', 'name=Ada&role=admin', url('/people')],
          ['--data-binary', `@${upload}`, '--header', 'Expect:', url('/upload')],
          [url('/missing')],
        ],
      ),
      { env },
    ),
  );
  const keys = keyLogOf(env.SSLKEYLOGFILE);
  lab.write('https.pcapng', withSecrets(raw, keys));
  lab.write('https-wrong-keys.pcapng', withSecrets(raw, keys.replaceAll(/ (\w{8})(\w+)$/gm, ' 00000000$2')));
  // SYN, SYN-ACK, ACK, hello and its answers: seven packets or so before the client's first data.
  lab.write(
    'https-midstream.pcapng',
    withPackets(withSecrets(raw, keys), (number) => number > 12),
  );
  writeBroken(lab, raw, keys);
  const lossyEnv = { SSLKEYLOGFILE: join(lab.temp, 'lossy.keys') };
  const lossy = await capturing(lab, 443, 'a download with packets missing', () =>
    lab.curl(inTurn([...RESOLVE, '--http1.1'], [['--output', 'large', url('/large')], [url('/small')]]), {
      env: lossyEnv,
    }),
  );
  const lost = new Set([18, 27, 28, 41]);
  lab.write(
    'https-lossy.pcapng',
    withPackets(withSecrets(lossy, keyLogOf(lossyEnv.SSLKEYLOGFILE)), (n) => !lost.has(n)),
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What makes TLS stay closed, a capture each: the first packets of https.pcapng, up to its first and second answer. */
export function writeBroken(lab, raw, keys) {
  const first = () => withPackets(raw, (number) => number <= 11);
  let hello = 1;
  while (packetOf(raw, hello).indexOf(SERVER_HELLO) < 0) hello++;
  lab.write(
    'https-gap.pcapng',
    withSecrets(
      withPackets(first(), (number) => number !== hello),
      keys,
    ),
  );
  const unknown = first();
  // Behind type and length: version, random, session id and its length.
  unknown.writeUInt16BE(0x1306, unknown.indexOf(SERVER_HELLO) + 4 + 2 + 32 + 1 + 32);
  lab.write('https-unknown-cipher.pcapng', withSecrets(unknown, keys));
  lab.write('https-broken-keys.pcapng', withSecrets(first(), keys.replaceAll(/.$/gm, '')));
  const damaged = withPackets(raw, (number) => number <= 19);
  const answer = packetOf(damaged, 11);
  answer[answer.indexOf(DATA_RECORD) + 40] ^= 1;
  lab.write('https-damaged.pcapng', withSecrets(damaged, keys));
}

async function answer(request, response) {
  await request.toArray();
  switch (request.url) {
    case '/page':
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Encoding': 'gzip' });
      return response.end(request.method === 'HEAD' ? undefined : gzipSync(`<p>${prose(4000, 6)}</p>`));
    case '/steps':
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      for (let step = 1; step <= 4; step++) {
        response.write(`step ${step} of 4\n`);
        await sleep(30);
      }
      return response.end();
    case '/people':
      return response.writeHead(201, { Location: '/people/1' }).end('{"id":1}');
    case '/upload':
    case '/small':
      return response.end('thank you\n');
    case '/large':
      return response.writeHead(200, { 'Content-Length': 60_000 }).end(prose(60_000, 9));
    default:
      return response.writeHead(404).end('Not here\n');
  }
}

// --- WSS -----------------------------------------------------------------------------------------------------------------

async function recordWebSocket(lab, { key, cert }) {
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => {
      if (Buffer.isBuffer(data) && data.equals(Buffer.from('close me'))) socket.close(4001, 'as you wish');
      else socket.send(data, { binary });
    });
  });
  await listening(server, 443, HOST);
  const lines = [];
  const raw = await capturing(lab, 443, 'ws over TLS', async () => {
    await converse({ maxVersion: 'TLSv1.2', perMessageDeflate: false }, lines);
    await converse({ minVersion: 'TLSv1.3', perMessageDeflate: true }, lines);
  });
  const keys = lines.filter((text) => !text.startsWith('EXPORTER')).join('');
  lab.write('wss.pcapng', withSecrets(raw, keys));
  sockets.close();
  await new Promise((resolve) => server.close(resolve));
}

async function converse(options, lines) {
  const host = { servername: NAME, rejectUnauthorized: false, localAddress: '192.0.2.77' };
  const socket = new WebSocket(`wss://${HOST}/live`, { ...host, ...options, headers: { Host: NAME } });
  socket._req.on('socket', (stream) => stream.on('keylog', (text) => lines.push(text.toString())));
  await opened(socket);
  const roundTrip = async (data, sendOptions) => {
    const before = socket.inbox.length;
    socket.send(data, sendOptions);
    await inbox(socket, before + 1);
    await sleep(15);
  };
  await roundTrip('{"subscribe":"LAMP-7"}');
  await roundTrip(noise(40_000, 8));
  for (const part of ['one ', 'two ']) socket.send(part, { fin: false });
  await roundTrip('three');
  socket.ping('there?');
  await sleep(20);
  socket.send('close me');
  await closed(socket);
}
