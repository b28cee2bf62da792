/** Each code of the doctor's with what triggers it, and what comes near and does not. */
import { describe, expect, test } from 'vitest';
import { findings } from '../../../src/core/findings.ts';
import { Doctor } from '../../../src/insight/doctor/doctor.ts';
import { webSocketMessageOverhead } from '../../../src/insight/doctor/polling.ts';
import { diagnostic } from '../../support/records.ts';
import { codesOf, findingsOf, judged, type Notation } from './talk.ts';

type FindingCode = keyof typeof findings;

interface Case {
  /** The finding's sentence. */
  readonly says: string;
  readonly talk: readonly Notation[];
  readonly near: readonly (readonly Notation[])[];
}

const handshake =
  'Upgrade: websocket | Connection: Upgrade | Sec-WebSocket-Version: 13 | Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const agreed = '101 | Upgrade: websocket | Connection: Upgrade | Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const ok = '200 || hello';

/** An answer with a status against the same with another. */
function answered(answer: string, says: string, near: string): Case {
  return { says, talk: [['GET /a', answer]], near: [[['GET /a', near]]] };
}

function repeated(count: number, of: (i: number) => Notation): Notation[] {
  return Array.from({ length: count }, (_, i) => of(i));
}

const cases: Readonly<Record<FindingCode, Case>> = {
  'http.created-without-location': {
    says: 'POST /a: 201 without Location',
    talk: [['POST /a', '201']],
    near: [[['POST /a', '201 | Location: /a/1']], [['PUT /a/1', '201']]],
  },
  'http.partial-without-range': {
    says: 'GET /a: 206 without Range',
    talk: [['GET /a', '206 | Content-Range: bytes 0-9/100']],
    near: [[['GET /a | Range: bytes=0-9', '206 | Content-Range: bytes 0-9/100']]],
  },
  'http.partial-mismatch': {
    says: 'GET /a: bytes 5-9/100 for bytes=0-9',
    talk: [['GET /a | Range: bytes=0-9', '206 | Content-Range: bytes 5-9/100']],
    near: [
      [['GET /a | Range: bytes=90-200', '206 | Content-Range: bytes 90-99/100']],
      [['GET /a | Range: bytes=-10', '206 | Content-Range: bytes 90-99/100']],
    ],
  },
  'http.partial-without-content-range': {
    says: 'GET /a: no Content-Range',
    talk: [['GET /a | Range: bytes=0-9', '206']],
    near: [[['GET /a | Range: bytes=0-1,5-6', '206 | Content-Type: multipart/byteranges; boundary=x']]],
  },
  'http.unexpected-content': {
    says: 'behind a 204: "oops"',
    talk: [{ request: 'GET /a', response: '204', stray: '"oops"' }],
    near: [[{ request: 'GET /a', response: '200', stray: '"oops"' }]],
  },
  'http.not-modified-unasked': {
    says: 'GET /a: 304 to no condition',
    talk: [['GET /a', '304']],
    near: [
      [['GET /a | If-None-Match: "1"', '304']],
      [['GET /a | If-Modified-Since: Sun, 22 Nov 2026 12:00:00 GMT', '304']],
    ],
  },
  'http.bad-request': answered('400', 'GET /a: 400', '402'),
  'http.unauthorized-without-challenge': {
    says: 'GET /a: no WWW-Authenticate',
    talk: [['GET /a', '401']],
    near: [[['GET /a', '401 | WWW-Authenticate: Bearer']]],
  },
  'http.credentials-missing': {
    says: 'GET /a: no Authorization; the server wants Bearer',
    talk: [['GET /a', '401 | WWW-Authenticate: Bearer realm="x"']],
    near: [[{ request: 'GET /a | Authorization: Bearer x', response: '401 | WWW-Authenticate: Bearer', secure: true }]],
  },
  'http.credentials-refused': {
    says: 'GET /a: Bearer was refused',
    talk: [{ request: 'GET /a | Authorization: Bearer x', response: '401 | WWW-Authenticate: Bearer', secure: true }],
    near: [[{ request: 'GET /a | Authorization: Bearer x', response: ok, secure: true }]],
  },
  'http.proxy-unauthorized-without-challenge': answered(
    '407',
    'GET /a: no Proxy-Authenticate',
    '407 | Proxy-Authenticate: Basic',
  ),
  'http.forbidden': answered('403', 'GET /a: 403', '402'),
  'http.not-found': answered('404', 'GET /a: 404', ok),
  'http.method-not-allowed-without-allow': answered('405', 'GET /a: no Allow', '405 | Allow: POST'),
  'http.method-not-allowed': answered('405 | Allow: POST, PUT', 'GET /a: POST, PUT would do', '200 | Allow: POST'),
  'http.request-timeout': answered('408', 'GET /a: 408', ok),
  'http.conflict': answered('409', 'GET /a: 409', ok),
  'http.gone': answered('410', 'GET /a: 410', ok),
  'http.length-required': answered('411', 'GET /a: 411', ok),
  'http.precondition-failed': answered('412', 'GET /a: 412', ok),
  'http.content-too-large': {
    says: 'POST /a: 413 to 3 bytes of content',
    talk: [['POST /a || big', '413']],
    near: [[['POST /a || big', ok]]],
  },
  'http.target-too-long': answered('414', 'GET /a: 414 to 2 bytes', ok),
  'http.unsupported-media-type': {
    says: 'POST /a: 415 to text/csv',
    talk: [['POST /a | Content-Type: text/csv || a,b', '415']],
    near: [[['POST /a | Content-Type: text/csv || a,b', ok]]],
  },
  'http.range-not-satisfiable': {
    says: 'GET /a: 416 to bytes=900-; there is bytes */100',
    talk: [['GET /a | Range: bytes=900-', '416 | Content-Range: bytes */100']],
    near: [[['GET /a | Range: bytes=90-', '206 | Content-Range: bytes 90-99/100']]],
  },
  'http.misdirected': answered('421', 'GET /a: 421 for example.com', ok),
  'http.upgrade-required-without-upgrade': answered('426', 'GET /a: 426 without Upgrade', '426 | Upgrade: websocket'),
  'http.precondition-required': answered('428', 'GET /a: 428', ok),
  'http.rate-limited': {
    says: 'GET /a: 429; Retry-After: 5; 0 requests left',
    talk: [['GET /a', '429 | Retry-After: 5 | X-RateLimit-Remaining: 0']],
    near: [[['GET /a', '200 | X-RateLimit-Remaining: 0']]],
  },
  'http.rate-limit-without-retry-after': answered('429', 'GET /a: 429 without Retry-After', '429 | Retry-After: 1'),
  'http.retry-too-soon': {
    says: 'GET /a: again after 1.00 s, asked to wait 5.00 s',
    talk: [
      ['@0 GET /a', '@0.5 503 | Retry-After: 5'],
      ['@1.5 GET /a', ok],
    ],
    near: [
      [['@0 GET /a', '@0.5 503 | Retry-After: 5'], ['@5.5 GET /a', ok]], // prettier-ignore
      [['@0 GET /a', '@0.5 503 | Retry-After: 5'], ['@1 GET /b', ok]], // prettier-ignore
      [['@0 GET /a', '@0.5 200 | Retry-After: 5'], ['@1 GET /a', ok]], // prettier-ignore
      [
        ['@0 GET /a', '@0.5 503 | Date: Sun, 22 Nov 2026 12:00:00 GMT | Retry-After: Sun, 22 Nov 2026 12:00:02 GMT'],
        ['@3 GET /a', ok],
      ],
    ],
  },
  'http.fields-too-large': answered('431', 'GET /a: 431 to a head of 38 bytes', ok),
  'http.server-error': answered('500 | Server: nginx', 'GET /a: 500 by nginx', '499'),
  'http.bad-gateway': answered('502', 'GET /a: 502', ok),
  'http.gateway-timeout': answered('504', 'GET /a: 504', ok),
  'http.unavailable': answered('503 | Retry-After: 9', 'GET /a: 503; Retry-After: 9', ok),
  'http.server-error-burst': {
    says: '198.51.100.7:80: 5 responses in a row failed (500, 503), in 80.0 ms',
    talk: [...repeated(5, (i): Notation => [`@${i * 0.02} GET /${i}`, i < 3 ? '500' : '503']), ['GET /', ok]],
    near: [
      [...repeated(4, (i): Notation => [`GET /${i}`, '500']), ['GET /', ok], ['GET /9', '500']],
      repeated(8, (i): Notation => ({ request: `GET /${i}`, response: '500', server: `198.51.100.${i}:80` })),
    ],
  },
  'http.redirect-without-location': answered('302', 'GET /a: 302 without Location', '302 | Location: /b'),
  'http.redirect-loop': {
    says: 'http://example.com/a → http://example.com/b → http://example.com/a',
    talk: [['GET /a', '302 | Location: /b'], ['GET /b', '302 | Location: /a'], ['GET /a', '302 | Location: /b']], // prettier-ignore
    near: [
      // A bounce that sets a cookie and comes back.
      [['GET /a', '302 | Location: /login'], ['GET /login', '302 | Location: /a'], ['GET /a', ok]], // prettier-ignore
      [['GET /a', '302 | Location: https://example.com/a'], { request: 'GET /a', response: ok, secure: true }],
    ],
  },
  'http.redirect-chain': {
    says: 'http://example.com/a → http://example.com/b → http://example.com/c → http://example.com/d',
    talk: [['GET /a', '301 | Location: /b'], ['GET /b', '301 | Location: /c'], ['GET /c', '301 | Location: /d'], ['GET /d', ok]], // prettier-ignore
    near: [
      [['GET /a', '301 | Location: /b'], ['GET /b', '301 | Location: /c'], ['GET /c', ok]], // prettier-ignore
      [['GET /a', '301 | Location: /b'], ['GET /b', '301 | Location: /c'], ['GET /c', '301 | Location: /d'], ['@99 GET /d', ok]], // prettier-ignore
    ],
  },
  'http.redirect-changed-method': {
    says: 'POST http://example.com/a: 302, then GET http://example.com/b',
    talk: [['POST /a', '302 | Location: /b'], ['GET /b', ok]], // prettier-ignore
    near: [
      [['POST /a', '303 | Location: /b'], ['GET /b', ok]], // prettier-ignore
      [['POST /a', '307 | Location: /b'], ['POST /b', ok]], // prettier-ignore
    ],
  },
  'http.redirect-method-not-kept': {
    says: 'POST http://example.com/a: 308, then GET http://example.com/b',
    talk: [['POST /a', '308 | Location: /b'], ['GET /b', ok]], // prettier-ignore
    near: [[['POST /a', '302 | Location: /b'], ['GET /b', ok]], [['POST /a', '308 | Location: /b'], ['POST /b', ok]]], // prettier-ignore
  },
  'http.redirect-to-clear': {
    says: 'https://example.com/a to http://example.com/b',
    talk: [{ request: 'GET /a', response: '302 | Location: http://example.com/b', secure: true }],
    near: [[{ request: 'GET /a', response: '302 | Location: /b', secure: true }]],
  },
  'http.cacheable-refetched': {
    says: 'GET /a: 5 bytes with the ETag of packet 2',
    talk: [['GET /a', '200 | ETag: "1" || hello'], ['GET /a', '200 | ETag: "1" || hello']], // prettier-ignore
    near: [
      [['GET /a', '200 | ETag: "1" || hello'], ['GET /a', '200 | ETag: "2" || hello']], // prettier-ignore
      [['GET /a | User-Agent: curl', '200 | ETag: "1" || hello'], ['GET /a | User-Agent: wget', '200 | ETag: "1" || hello']], // prettier-ignore
      [['GET /a', '200 | ETag: "1" || hello'], ['GET /a | Cache-Control: no-cache', '200 | ETag: "1" || hello']], // prettier-ignore
      [['GET /a', '200 | ETag: "1" | Cache-Control: no-store || hello'], ['GET /a', '200 | ETag: "1" | Cache-Control: no-store || hello']], // prettier-ignore
      [['GET /a', '200 | ETag: "1" || hello'], { request: 'GET /a', response: '200 | ETag: "1" || hello', client: '192.0.2.2:1' }], // prettier-ignore
    ],
  },
  'http.host-mismatch': {
    says: 'GET http://a.example/: Host is b.example',
    talk: [['GET http://a.example/ | Host: b.example', ok]],
    near: [[['GET http://a.example:80/ | Host: A.example', ok]], [['OPTIONS * | Host: b.example', ok]]],
  },
  'http.connection-per-request': {
    says: '192.0.2.1 to 198.51.100.7:80: 10 of 10 connections carried one request; keeping one open saves 9 handshakes x 1.00 ms = 9.00 ms',
    talk: repeated(10, (i): Notation => [`GET /${i}`, ok]),
    near: [
      repeated(9, (i): Notation => [`GET /${i}`, ok]),
      // What became a WebSocket carries no other request.
      repeated(12, (): Notation => [`GET /ws | ${handshake}`, agreed]),
    ],
  },
  'http.head-of-line': {
    says: '2 answers waited for those before, up to 2.00 s',
    talk: [{ pipeline: [['@0 GET /slow', '@2 200 || x'], ['@0 GET /b', '@2 200 || x'], ['@0 GET /c', '@2 200 || x']] }], // prettier-ignore
    near: [
      // One after another; and held up no longer than a moment.
      [{ pipeline: [['@0 GET /slow', '@2 200 || x'], ['@2 GET /b', '@4 200 || x']] }], // prettier-ignore
      [{ pipeline: [['@0 GET /a', '@0.01 200 || x'], ['@0 GET /b', '@0.02 200 || x']] }], // prettier-ignore
    ],
  },
  'rest.get-with-content': {
    says: 'GET /a: 2 bytes of content',
    talk: [['GET /a || {}', ok]],
    near: [[['POST /a || {}', ok]], [['DELETE /a || {}', ok]]],
  },
  'rest.get-creates': answered('201', 'GET /a: 201 Created', ok),
  'rest.post-only-reads': {
    says: 'POST /items/search?x=1: 5 times, answered each time as a read is',
    talk: repeated(6, () => ['POST /items/search?x=1 || {}', ok]),
    near: [
      repeated(6, () => ['POST /items || {}', ok]),
      repeated(6, (i) => ['POST /items/search || {}', i === 3 ? '201 | Location: /searches/1' : ok]),
      repeated(4, () => ['POST /items/search || {}', ok]),
    ],
  },
  'rest.put-created-silently': {
    says: 'PUT /a: 204, where a GET had been answered with 404',
    talk: [['GET /a', '404'], ['PUT /a || x', '204']], // prettier-ignore
    near: [
      [['GET /a', '404'], ['PUT /a || x', '201']], // prettier-ignore
      [['GET /a', ok], ['PUT /a || x', '204']], // prettier-ignore
      [['GET /a', '404'], ['PUT /a || x', '201'], ['PUT /a || y', '204']], // prettier-ignore
    ],
  },
  'security.credentials-in-clear': {
    says: 'GET /a: Basic credentials over plain HTTP',
    talk: [['GET /a | Authorization: Basic YTpi', ok]],
    near: [
      [{ request: 'GET /a | Authorization: Basic YTpi', response: ok, secure: true }],
      [{ request: 'GET /a | Authorization: Basic YTpi', response: ok, server: '127.0.0.1:80' }],
      [['GET /a | Authorization: Digest username="a"', ok]],
    ],
  },
  'security.cookie-in-clear': {
    says: 'GET /a: sets the cookie session',
    talk: [['GET /a', '200 | Set-Cookie: session=1; HttpOnly']],
    near: [[{ request: 'GET /a', response: '200 | Set-Cookie: session=1; Secure', secure: true }]],
  },
  'security.cookie-without-secure': {
    says: 'GET /a: the cookie session lacks Secure',
    talk: [{ request: 'GET /a', response: '200 | Set-Cookie: session=1; HttpOnly', secure: true }],
    near: [[{ request: 'GET /a', response: '200 | Set-Cookie: session=1; HttpOnly; Secure', secure: true }]],
  },
  'security.token-in-url': {
    says: 'GET /a: the parameter access_token',
    talk: [{ request: 'GET /a?x=1&access_token=0123456789', response: ok, secure: true }],
    near: [[['GET /a?token=', ok]], [['GET /token=0123456789', ok]], [['GET /a?pagetoken=0123456789', ok]]],
  },
  'security.line-end-in-target': {
    says: 'GET /go?to=%0d%0aX-A:%201',
    talk: [['GET /go?to=%0d%0aX-A:%201', '302 | Location: /']],
    near: [[['GET /go?to=%0e%20a', '302 | Location: /']], [['POST /go || %0d%0aX-A:1', ok]]],
  },
  'security.response-split': {
    says: "GET /go/%0D%0AX-A:1: the field X-A of the response is the request's own",
    talk: [['GET /go/%0D%0AX-A:1', '302 | Location: / | X-A: 1']],
    near: [[['GET /go/%0D%0AX-A:1', '302 | Location: / | X-A: 2']]],
  },
  'polling.detected': {
    says: 'GET http://example.com/news: 8 times, every 2.00 s (jitter 0%), 83% without news; 1.43 kB beside the content, 42 B over one WebSocket',
    talk: repeated(8, (i): Notation => [`@${i * 2} GET /news`, '200 || []']),
    near: [
      repeated(7, (i): Notation => [`@${i * 2} GET /news`, '200 || []']),
      // A load generator, and somebody who reads.
      repeated(50, (i): Notation => [`@${i * 0.02} GET /news`, '200 || []']),
      [0, 1, 9, 10, 12, 60, 61, 63, 200, 201].map((at): Notation => [`@${at} GET /news`, '200 || []']),
    ],
  },
  'upgrade.hop-by-hop-lost': {
    says: 'GET /ws: Sec-WebSocket-Key, but no Upgrade, and Connection: close; came by 1.1 proxy',
    talk: [['GET /ws | Connection: close | Via: 1.1 proxy | Sec-WebSocket-Version: 13 | Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '400']], // prettier-ignore
    near: [[[`GET /ws | ${handshake.replace('Connection: Upgrade', 'Connection: keep-alive, Upgrade')}`, agreed]]],
  },
  'upgrade.ignored': {
    says: 'GET /ws: 200 X; "hello"',
    talk: [[`GET /ws | ${handshake}`, ok]],
    near: [
      [[`GET /ws | ${handshake}`, agreed]],
      // h2c is an offer that servers pass over.
      [['GET / | Upgrade: h2c | Connection: Upgrade, HTTP2-Settings | HTTP2-Settings: AAMAAABk', ok]],
    ],
  },
  'upgrade.bad-request': refused('400', 'GET /ws: 400 X'),
  'upgrade.unauthorized': refused('401 | WWW-Authenticate: Bearer', 'GET /ws: 401 X; the server wants Bearer'),
  'upgrade.forbidden': {
    says: 'GET /ws: 403 X; the Origin was http://evil.example',
    talk: [[`GET /ws | Origin: http://evil.example | ${handshake}`, '403']],
    near: [[[`GET /ws | Origin: http://evil.example | ${handshake}`, agreed]]],
  },
  'upgrade.not-found': refused('404', 'GET /ws: 404 X'),
  'upgrade.method': refused('405 | Allow: GET', 'GET /ws: 405 X'),
  'upgrade.lost-on-the-way': refused('426 | Upgrade: websocket | Sec-WebSocket-Version: 8, 13', 'GET /ws: 426 X'),
  'upgrade.version': refused(
    '426 | Upgrade: websocket | Sec-WebSocket-Version: 8',
    'GET /ws: 426 X; asked for version 13, wanted is 8',
  ),
  'upgrade.rate-limited': refused('429 | Retry-After: 3', 'GET /ws: 429 X; Retry-After: 3'),
  'upgrade.server-error': refused('502', 'GET /ws: 502 X'),
  'upgrade.redirected': refused('301 | Location: wss://b.example/', 'GET /ws: 301 X; to wss://b.example/'),
  'upgrade.refused': refused('418', 'GET /ws: 418 X'),
  'upgrade.unasked': {
    says: 'GET /ws: 101',
    talk: [['GET /ws', agreed]],
    near: [[[`GET /ws | ${handshake}`, agreed]]],
  },
  'upgrade.cross-origin': {
    says: 'GET /ws: a page of http://evil.example at example.com, with cookies',
    talk: [[`GET /ws | Origin: http://evil.example | Cookie: a=b | ${handshake}`, agreed]],
    near: [
      [[`GET /ws | Origin: http://Example.com | ${handshake}`, agreed]],
      [[`GET /ws | Origin: http://evil.example | ${handshake}`, '403']],
      [[`GET /ws | Origin: null | ${handshake}`, agreed]],
    ],
  },
  'upgrade.unanswered': {
    says: 'GET /ws: the connection ended without an answer, after 1.20 s',
    talk: [{ request: `GET /ws | ${handshake}`, wait: 1.2 }],
    near: [[[`GET /ws | ${handshake}`, agreed]], [{ request: `GET /ws | ${handshake}`, state: 'open' }]],
  },
  'upgrade.no-answer-in-time': {
    says: 'GET /ws: no answer in time, after 12.0 s',
    talk: [{ request: `GET /ws | ${handshake}`, state: 'open', wait: 12 }],
    near: [
      [{ request: `GET /ws | ${handshake}`, state: 'open', wait: 9 }],
      [[`@1 GET /ws | ${handshake}`, `@15 ${agreed}`]],
    ],
  },
  'upgrade.answer-not-captured': {
    says: 'GET /ws: the capture ends before an answer, after 500 ms',
    talk: [{ request: `GET /ws | ${handshake}`, state: 'open', wait: 0.5 }],
    near: [
      [{ request: `GET /ws | ${handshake}`, state: 'no-response', wait: 0.5 }],
      [{ request: 'GET /ws', state: 'open' }],
    ],
  },
  'upgrade.connect-refused': {
    says: 'CONNECT /ws: 501 X',
    talk: [['CONNECT /ws | :protocol: websocket', '501']],
    near: [
      [['CONNECT /ws | :protocol: websocket', '200']],
      [['CONNECT /ws | :protocol: websocket', '404']],
      [['CONNECT /ws | :protocol: websocket', '503']],
    ],
  },
  'upgrade.subprotocol-ignored': {
    says: 'GET /ws: offered chat, superchat; none was chosen',
    talk: [[`GET /ws | ${handshake} | Sec-WebSocket-Protocol: chat, superchat`, agreed]],
    near: [[[`GET /ws | ${handshake} | Sec-WebSocket-Protocol: chat`, `${agreed} | Sec-WebSocket-Protocol: chat`]]],
  },
  'upgrade.compression-declined': {
    says: 'GET /ws: permessage-deflate was offered and not agreed to',
    talk: [[`GET /ws | ${handshake} | Sec-WebSocket-Extensions: permessage-deflate`, agreed]],
    near: [
      [[`GET /ws | ${handshake} | Sec-WebSocket-Extensions: permessage-deflate`, `${agreed} | Sec-WebSocket-Extensions: permessage-deflate`]], // prettier-ignore
      [[`GET /ws | ${handshake}`, agreed]],
    ],
  },
  'websocket.close-unanswered': {
    says: 'the client closed (1000 normal closure); FIN came instead of the other close frame',
    talk: [{ frames: ['→ text', '→ close 1000'] }],
    near: [
      [{ frames: ['→ text', '→ close 1000', '← close 1000'] }],
      [{ frames: ['→ text', '→ close 1000'], closing: 'open' }],
      [{ frames: ['→ text', '→ close 1000'], missing: 10 }],
    ],
  },
  'websocket.close-code-not-echoed': {
    says: '1000 normal closure was answered with 1001 going away',
    talk: [{ frames: ['→ close 1000', '← close 1001'] }],
    near: [[{ frames: ['→ close 1000', '← close 1000'] }], [{ frames: ['→ close 1000', '← close'] }]],
  },
  'websocket.ended-without-close': {
    says: 'ended by a reset 10.0 ms after the last of 2 frames',
    talk: [{ frames: ['→ text', '← text'], closing: 'reset' }],
    near: [[{ frames: ['→ text', '← text'], closing: 'open' }], [{ frames: ['→ text'], closing: 'fin', missing: 1 }]],
  },
  'websocket.client-closed-first': {
    says: 'after its close frame came its FIN, before the server sent one',
    talk: [{ frames: ['→ close 1000', '← close 1000'], closedBy: 'client' }],
    near: [
      [{ frames: ['→ close 1000', '← close 1000'], closedBy: 'server' }],
      // Without a closing handshake there is worse to say.
      [{ frames: ['→ text x'], closedBy: 'client' }],
    ],
  },
  'websocket.closed-with-error': {
    says: 'the server closed with 1011 internal error',
    talk: [{ frames: ['← close 1011', '→ close 1011'] }],
    near: [[{ frames: ['← close 1001', '→ close 1001'] }]],
  },
  'websocket.ping-unanswered': {
    says: '2 pings of the server without a pong, for 40.0 s',
    talk: [
      { frames: ['@0 ← ping a', '@20 ← ping b', '@40 → text', '@40 → close 1000', '@40 ← close 1000'], closedAt: 40 },
    ],
    near: [
      // The latest pong answers for those before; a ping just before the end has no time left.
      [{ frames: ['@0 ← ping a', '@20 ← ping b', '@20.1 → pong b', '@40 ← close 1000', '@40 → close 1000'] }],
      [{ frames: ['@0 ← ping a', '@0.5 → close 1000', '@0.6 ← close 1000'] }],
    ],
  },
  'websocket.unsolicited-pong': {
    says: 'no ping asked for this pong',
    talk: [{ frames: ['← pong x', '→ close', '← close'] }],
    near: [[{ frames: ['→ ping x', '← pong x', '→ close', '← close'] }]],
  },
  'websocket.idle-risk': {
    says: '1 min 01 s without a frame',
    talk: [{ frames: ['@0 → text', '@61 ← text', '→ close', '← close'] }],
    near: [[{ frames: ['@0 → text', '@59 ← text', '→ close', '← close'] }]],
  },
  'websocket.idle-cut': {
    says: 'ended by FIN 1 min 00 s after the last of 1 frame',
    talk: [{ frames: ['@0 → text'], closedAt: 60 }],
    near: [[{ frames: ['@0 → text'], closedAt: 20 }]],
  },
  'websocket.zero-masking-key': {
    says: '3 frames in a row with the key 0x00000000',
    talk: [{ frames: ['→ text a 0', '→ text b 0', '→ text c 0', '→ close', '← close'] }],
    near: [[{ frames: ['→ text a 0', '→ text b 0', '→ text c 7', '→ close', '← close'] }]],
  },
  'websocket.repeated-masking-key': {
    says: '3 frames in a row with the key 0x00000007',
    talk: [{ frames: ['→ text a 7', '→ text b 7', '→ text c 7', '→ close', '← close'] }],
    near: [[{ frames: ['→ text a 7', '→ text b 7', '→ text c 8', '→ text d 7', '→ close', '← close'] }]],
  },
};

function refused(answer: string, says: string): Case {
  return { says, talk: [[`GET /ws | ${handshake}`, answer]], near: [[[`GET /ws | ${handshake}`, agreed]]] };
}

const entries = (Object.keys(findings) as FindingCode[]).map((code) => [code, cases[code]] as const);

describe.each(entries)('%s', (code, { says, talk, near }) => {
  test('is found', () => {
    expect(judged(talk)).toContain(`${code}: ${says}`);
    expect(codesOf(talk).filter((found) => found === code)).toHaveLength(1);
  });
  test.each(near.map((talked, i) => [i + 1, talked] as const))('is not, near miss %d', (_, talked) => {
    expect(codesOf(talked)).not.toContain(code);
  });
});

test('a 401 says whether the retry carried credentials', () => {
  const refused = '401 | WWW-Authenticate: Basic';
  const talk: Notation[] = [['GET /a', refused], ['GET /a', refused], ['GET /a | Authorization: Basic x', refused], ['GET /b', refused]]; // prettier-ignore
  expect(judged(talk).filter((line) => line.startsWith('http.credentials'))).toEqual([
    'http.credentials-missing: GET /a: no Authorization; the server wants Basic',
    'http.credentials-missing: GET /a: no Authorization, 2 times in a row; the server wants Basic',
    'http.credentials-refused: GET /a: Basic was refused',
    'http.credentials-missing: GET /b: no Authorization; the server wants Basic',
  ]);
});

test.each([
  ['RateLimit-Remaining: 0 | RateLimit-Limit: 100', '; 0 of 100 requests left'],
  ['RateLimit: "default";r=0;t=30', '; RateLimit: "default";r=0;t=30'],
])('limits in %s', (fields, says) => {
  expect(judged([['GET /a', `429 | Retry-After: 1 | ${fields}`]])).toEqual([
    `http.rate-limited: GET /a: 429; Retry-After: 1${says}`,
  ]);
});

test.each<[string, (i: number) => string, number]>([
  ['all are', (i) => `200 || ${i}`, 10],
  ['none is but the first', () => '200 || x', 1],
  ['every fifth is', (i) => `200 || ${Math.floor(i / 5)}`, 2],
  ['those between 304 are', (i) => (i % 5 === 0 ? `200 | ETag: "${i}" || ${i}` : '304'), 2],
])('updates of a poll are estimated from those compared: %s', (_, answer, updates) => {
  const doctor = new Doctor();
  findingsOf(repeated(10, (i): Notation => [`@${i * 2} GET /news | If-None-Match: "x"`, answer(i)]), doctor); // prettier-ignore
  expect(doctor.polling.entries().map((one) => one.webSocketOverhead / webSocketMessageOverhead)).toEqual([updates]);
});

test('what a head lacks is not held against it where fields are not known', () => {
  const doctor = new Doctor();
  doctor.diagnostic(diagnostic('hpack.unknown-index', { connection: 0 }));
  expect(findingsOf([['GET /a', '304'], ['GET /b', '304']], doctor).map(({ connection }) => connection)).toEqual([1]); // prettier-ignore
});

describe('a 404 says what else did answer', () => {
  const lost = (...talk: readonly Notation[]): string[] =>
    judged(talk).filter((line) => line.startsWith('http.not-found'));

  test.each<[string, Notation[], string]>([
    ['beside it', [['GET /items/1?x=1', ok], ['GET /items/2', ok], ['GET /items/3', ok], ['GET /items/x', '404']], '; beside it /items/1 and /items/2 did answer'], // prettier-ignore
    [
      'further up',
      [
        ['GET /api/items', ok],
        ['GET /api/itmes/7/parts', '404'],
      ],
      '; further up /api/items did answer',
    ],
    [
      'no host but its own',
      [
        ['GET /a/1 | Host: other', ok],
        ['GET /a/2', '404'],
      ],
      '',
    ],
    [
      'nothing that failed',
      [
        ['GET /a/1', '500'],
        ['GET /a/2', '404'],
      ],
      '',
    ],
  ])('%s', (_, talk, says) => {
    const path = (talk.at(-1) as [string, string])[0];
    expect(lost(...talk)).toEqual([`http.not-found: ${path}: 404${says}`]);
  });
});

test('a 405 without Allow says which methods did answer', () => {
  const talk: Notation[] = [['GET /a', ok], ['POST /a || x', '201 | Location: /a/1'], ['PUT /b', ok], ['DELETE /a', '405']]; // prettier-ignore
  expect(judged(talk)).toContain('http.method-not-allowed-without-allow: DELETE /a: no Allow; GET, POST did answer');
});

test('every finding says what to do', () => {
  for (const { remedy, reference } of Object.values(findings)) {
    expect(remedy).toMatch(/^[A-Z].*[.;:]/s);
    expect(reference).toMatch(/^RFC \d+ [\d.]+$/);
  }
});
