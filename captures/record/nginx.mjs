// nginx and curl: what a static site and a reverse proxy answer.

import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { prose, png } from './support/material.mjs';
import { inTurn, listening, sleep } from './support/lab.mjs';

export const captures = [
  {
    scenario: 'nginx',
    file: 'nginx.pcap',
    about: `curl asks nginx for static files (gzip on the fly and prepared, HEAD, one range, several ranges, a range that is not there,
conditional requests by date and by entity tag), redirects, protected, forbidden, missing and read-only resources, a rate
limit, a server error, and a Node.js upstream behind the proxy: chunked and slow, down, and too slow. One connection
carries four requests; the last of them, a PUT, asks with Expect: 100-continue and is refused before its body is sent.`,
    made: 'nginx 1.22, Node.js http and curl on loopback, tcpdump',
    expect: {
      connections: 28,
      requests: { GET: 28, HEAD: 1, PUT: 1, POST: 1, DELETE: 1 },
      responses: {
        200: 11,
        204: 1,
        206: 2,
        301: 1,
        302: 1,
        304: 3,
        401: 2,
        403: 1,
        404: 1,
        405: 3,
        416: 1,
        429: 2,
        500: 1,
        502: 1,
        504: 1,
      },
    },
    tshark: { requests: { GET: 28, HEAD: 1, POST: 1, DELETE: 1 } },
    tsharkNote: 'the PUT whose body was never sent is not shown as a request',
  },
];

const SITE = ['--interface', '192.0.2.77', '--resolve', 'www.example:80:192.0.2.10'];
const CONFIG = (root) => `
  limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
  limit_req_status 429;
  server {
    listen 192.0.2.10:80;
    server_name www.example;
    root ${root};
    etag on;
    gzip on;
    gzip_types text/css text/javascript application/json;
    gzip_min_length 256;
    gzip_static on;
    location = /old.html { return 301 /guide.html; }
    location = /today { return 302 /guide.html; }
    location /members/ { auth_basic "Members of www.example"; auth_basic_user_file ${root}/../passwords; }
    location /private/ { deny all; }
    location = /style.css { add_header Cache-Control "public, max-age=3600"; }
    location = /status { return 204; }
    location = /read-only.json {
      if ($request_method !~ ^(GET|HEAD)$) { add_header Allow "GET, HEAD" always; return 405; }
    }
    location = /limited.txt { limit_req zone=slow; add_header Retry-After 60 always; }
    location = /broken { return 500; }
    location /api/ { proxy_pass http://127.0.0.1:3000; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 300ms; }
    location /down/ { proxy_pass http://127.0.0.1:3999; }
  }
`;

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '192.0.2.77/32'], mtu: 1500 });
  site(lab);
  await lab.nginx(CONFIG(`${lab.temp}/site`));
  const upstream = await listening(createServer(answerApi), 3000);
  const capture = await lab.capture({ filter: 'tcp port 80' });
  await visit(lab);
  lab.keep(await capture.stop(), 'nginx.pcap');
  upstream.closeAllConnections();
}

function site(lab) {
  lab.file('site/index.html', '<!doctype html>\n<title>www.example</title>\n<h1>It works</h1>\n');
  const guide = `<!doctype html>\n<title>Guide</title>\n<pre>\n${prose(6000, 3)}</pre>\n`;
  lab.file('site/guide.html', guide);
  lab.file('site/prepared.html', guide);
  lab.file('site/prepared.html.gz', gzipSync(guide));
  lab.file('site/style.css', 'body { font: 16px sans-serif; }\n'.repeat(20));
  lab.file('site/photo.png', png(90, 60, { grain: 60 }));
  lab.file('site/members/news.txt', 'For members only.\n');
  lab.file('site/private/plan.txt', 'Nobody reads this.\n');
  lab.file('site/read-only.json', '{"editable":false}\n');
  lab.file('site/limited.txt', 'Once a minute.\n');
  lab.file('passwords', 'ada:{PLAIN}enchantress\n');
}

async function answerApi(request, response) {
  if (request.url === '/api/slow') return sleep(900).then(() => response.end('too late'));
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  for (let step = 1; step <= 5; step++) {
    response.write(JSON.stringify({ step, of: 5, note: prose(60, step).trim() }) + '\n');
    await sleep(40);
  }
  response.end();
}

async function visit(lab) {
  const url = (path) => `http://www.example${path}`;
  const get = (...args) => lab.curl([...SITE, ...args]);
  await get(url('/'));
  await get('--head', url('/photo.png'));
  await get('--compressed', '-o', 'guide.html', url('/guide.html'));
  await get('--compressed', '-o', 'prepared.html', url('/prepared.html'));
  await get('-o', 'part', '--range', '0-999', url('/photo.png'));
  await get('-o', 'parts', '--range', '0-99,500-599,-50', url('/photo.png'));
  await get('--range', '9999999-', url('/photo.png'));
  await get('--location', url('/old.html'), '-o', 'guide.html');
  await get(url('/today'));
  await get(url('/members/news.txt'));
  await get('--user', 'ada:difference', url('/members/news.txt'));
  await get('--user', 'ada:enchantress', url('/members/news.txt'));
  await get(url('/private/plan.txt'));
  await get(url('/missing.html?from=index&page=2'));
  await get('--request', 'DELETE', url('/read-only.json'));
  await get('--data', 'rating=5', url('/style.css'));
  for (let n = 0; n < 3; n++) await get(url('/limited.txt'));
  await get(url('/broken'));
  await get(url('/down/'));
  await get(url('/api/steps'));
  await get(url('/api/slow'));
  await get(url('/status'));
  await conditional(lab, get, url);
}

/** Fetches once, then asks again by date and, on one connection with others, by tag, by both and by another tag. */
async function conditional(lab, get, url) {
  const head = await get('--include', url('/style.css'));
  const modified = /last-modified: (.*)\r/i.exec(head)[1];
  const tag = /etag: (.*)\r/i.exec(head)[1];
  await get('--header', `If-Modified-Since: ${modified}`, url('/style.css'));
  const requests = [
    ['--header', `If-None-Match: ${tag}`, url('/style.css')],
    ['--header', `If-None-Match: ${tag}`, '--header', `If-Modified-Since: ${modified}`, url('/style.css')],
    ['--header', 'If-None-Match: "another"', url('/style.css')],
    ['--upload-file', `${lab.temp}/site/style.css`, url('/read-only.json')],
    [url('/')],
  ];
  await lab.curl(inTurn(SITE, requests));
}
