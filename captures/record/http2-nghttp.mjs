// HTTP/2 between nghttp2's programs and curl: prior knowledge, and the upgrade from HTTP/1.1.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from './support/lab.mjs';
import { prose } from './support/material.mjs';

const decodeAs = ['tcp.port==8080,http2', 'tcp.port==8081,http2'];

export const captures = [
  {
    scenario: 'http2-nghttp',
    file: 'http2-nghttp.pcap',
    about: `nghttp fetches a page with its assets over one cleartext HTTP/2 connection, one of them pushed; again with padding, CONTINUATION
frames, an upload with trailers and a dynamic table of 128 bytes each way; curl asks for something that is not there; h2load asks
forty times over two connections, ten streams at a time.`,
    made: "nghttp2 1.52's nghttp, h2load and nghttpd, curl on loopback, tcpdump",
    decodeAs,
    expect: { connections: 5, requests: { GET: 45, POST: 1 }, responses: { 200: 45, 404: 1 } },
    tshark: { requests: { GET: 45 }, responses: { 200: 44, 404: 1 } },
    tsharkNote:
      'the POST, whose 18 KB of fields fill a HEADERS and a CONTINUATION frame, and its response are not decoded',
  },
  {
    scenario: 'http2-nghttp',
    file: 'http2-upgrade.pcap',
    about: `HTTP/1.1 requests that ask for h2c and are answered in HTTP/2: a GET by nghttp with three more streams behind it, and a GET by
curl; both through a proxy whose own connection to the server is there, too. Last, an HTTP/1.1 request to that server, which speaks
HTTP/2 only and hangs up.`,
    made: "nghttp2 1.52's nghttp, nghttpx and nghttpd, curl on loopback, tcpdump",
    expect: { connections: 4, requests: { GET: 3 }, responses: { 101: 2 } },
    tshark: null,
  },
];

export async function record(lab) {
  await lab.loopback({
    addresses: ['192.0.2.10/32', '192.0.2.77/32'],
    mtu: 1500,
    from: '192.0.2.77',
    to: '192.0.2.10',
  });
  const site = writeSite(lab.temp);
  const common = ['-d', site, '--no-tls', '-a', '192.0.2.10'];
  lab.start('nghttpd', [...common, '--push=/index.html=/style.css', '--trailer=checksum: 7c2a', '8080']);
  lab.start('nghttpd', [...common, '-c', '128', '-b', '120', '8081']);
  const proxy = ['--no-via', '--workers=1', '--backend=192.0.2.10,8080;;proto=h2', '--frontend=192.0.2.10,8082;no-tls'];
  lab.start('nghttpx', ['--conf=/dev/null', ...proxy]);
  await sleep(300);
  await recordPriorKnowledge(lab);
  await recordUpgrades(lab);
}

async function recordPriorKnowledge(lab) {
  const capture = await lab.capture({ filter: 'tcp portrange 8080-8081' });
  const page = ['-n', '-a', 'http://192.0.2.10:8080/index.html'];
  await lab.run('nghttp', page);
  const upload = lab.file('upload.txt', prose(20_000, 3));
  const odd = ['-n', '-b', '80', '--continuation', '-c', '128', '--encoder-header-table-size=128'];
  await lab.run('nghttp', [
    ...odd,
    '-d',
    upload,
    '--trailer=sum: 1',
    '--no-content-length',
    'http://192.0.2.10:8081/notes.txt',
  ]);
  await lab.curl(['--http2-prior-knowledge', '-o', '/dev/null', 'http://192.0.2.10:8080/nothing']);
  await lab.run('h2load', ['-n', '40', '-c', '2', '-m', '10', 'http://192.0.2.10:8080/notes.txt']);
  lab.keep(await capture.stop(), 'http2-nghttp.pcap');
}

async function recordUpgrades(lab) {
  const capture = await lab.capture({ filter: 'tcp port 8080 or tcp port 8082' });
  await lab.run('nghttp', ['-n', '-u', '-a', 'http://192.0.2.10:8082/index.html']);
  await lab.curl(['--http2', '-o', '/dev/null', 'http://192.0.2.10:8082/notes.txt']);
  await lab.curl(['--http1.1', '-o', '/dev/null', 'http://192.0.2.10:8080/notes.txt']);
  lab.keep(await capture.stop(), 'http2-upgrade.pcap');
}

function writeSite(folder) {
  const site = join(folder, 'site');
  mkdirSync(site);
  const links = '<link rel="stylesheet" href="/style.css"><script src="/app.js"></script><img src="/logo.png">';
  writeFileSync(join(site, 'index.html'), `<!doctype html><title>Notes</title>${links}<p>${prose(600, 1)}</p>`);
  writeFileSync(join(site, 'style.css'), 'p { max-width: 40em }\n'.repeat(20));
  writeFileSync(join(site, 'app.js'), `export const text = ${JSON.stringify(prose(3000, 2))};\n`);
  writeFileSync(
    join(site, 'logo.png'),
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
      'base64',
    ),
  );
  writeFileSync(join(site, 'notes.txt'), prose(900, 4));
  return site;
}
