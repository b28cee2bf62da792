import { describe, expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { http1 } from '../../../src/decode/http1/http1-decoder.ts';
import type { Likeness } from '../../../src/decode/protocol.ts';

function likeness(side: Side, text: string): Likeness {
  const data = Buffer.from(`..${text}..`, 'latin1');
  return http1.looksLike(side, data, 2, data.length - 2);
}

const long = '/' + 'a'.repeat(200);

describe('what a client says', () => {
  const requests = [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    '\r\n\r\nGET / HTTP/1.0\r\n\r\n',
    'GET /\r\n',
    'GET /a?b=c\n',
    'POST http://example.org/ HTTP/1.1\r\n',
    'OPTIONS * HTTP/1.1\r\n',
    'CONNECT example.org:443 HTTP/1.1\r\n',
    'M-SEARCH * HTTP/1.1\r\n',
    'brew /pot HTTP/1.1\r\n',
    'X-9_y.z /pot HTTP/1.0\r\n',
    'GET foo HTTP/1.1\r\n',
    'OPTIONS HTTP/1.1\r\n',
    'GET /a b HTTP/1.1\r\n',
    'GET  /a   HTTP/1.1\r\n',
    `GET ${long}`,
    `PROPFIND ${long} HTTP/1.1\r\n`,
    `GET http://example.org${long}`,
    `CONNECT ${'a'.repeat(80)}.example:443 HTTP/1.1\r\n`,
    'GET /caf\xe9 HTTP/1.1\r\n',
  ];
  test.each(requests)('%j is HTTP', (text) => {
    expect(likeness(client, text)).toBe('yes');
  });

  const others = [
    'EHLO mail.example.org\r\n',
    'MAIL FROM:<a@example.org>\r\n',
    'USER anonymous\r\n',
    'RETR /pub/file.txt\r\n',
    'SSH-2.0-OpenSSH_9.2\r\n',
    'OPTIONS rtsp://example.org/ RTSP/1.0\r\n',
    'DESCRIBE rtsp://example.org/fizzle/foo RTSP/1.0\r\n',
    'OPTIONS * RTSP/1.0\r\n',
    'INVITE sip:bob@example.org SIP/2.0\r\n',
    'REGISTER sips:ss2.example.org SIP/2.0\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'a001 LOGIN joe secret\r\n',
    'NICK joe\r\nUSER joe 0 * :Joe\r\n',
    'get key\r\n',
    'GET key\r\n',
    'set key 0 0 5\r\nhello\r\n',
    '*1\r\n$4\r\nPING\r\n',
    'CONNECT {"verbose":false}\r\nPING\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    '\x00\x00\x00\x0c',
    'hello world, this is just some text that goes on and on until the end',
    'JRMI\x00\x02K',
    'A'.repeat(64),
    '\r\n'.repeat(40),
    ' GET / HTTP/1.1\r\n',
    `OPTIONS rtsp://example.org${long}`,
    `SETUP rtsp://example.org${long}`,
  ];
  test.each(others)('%j is not', (text) => {
    expect(likeness(client, text)).toBe('no');
  });

  test.each(requests)('%j is told within 64 bytes, and never taken for something else before', (text) => {
    for (let length = 0; length <= text.length; length++) {
      const said = likeness(client, text.slice(0, length));
      expect(said, `${length} bytes`).not.toBe('no');
      if (length >= 64) expect(said).not.toBe('more');
    }
  });

  test.each(others)('%j is never taken for HTTP', (text) => {
    for (let length = 0; length <= text.length; length++) {
      const said = likeness(client, text.slice(0, length));
      expect(said, `${length} bytes`).not.toBe('yes');
      if (length >= 64) expect(said).toBe('no');
    }
  });
});

describe('what a server says', () => {
  test.each([
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 404\r\n',
    'HTTP/1.1  200 OK',
    'ICY 200 OK\r\n',
    '\r\nHTTP/1.1 100 Continue',
  ])('%j is HTTP', (text) => {
    expect(likeness(server, text)).toBe('yes');
    for (let length = 0; length <= text.length; length++)
      expect(likeness(server, text.slice(0, length))).not.toBe('no');
  });

  test.each([
    '220 mail.example.org ESMTP\r\n',
    'SSH-2.0-OpenSSH_9.2\r\n',
    'RTSP/1.0 200 OK\r\n',
    'SIP/2.0 200 OK\r\n',
    'HTTP/2 is here',
    'HTTP/1.1x',
    'HTTP/1.1 OK',
    'HTTPS',
    'ICYcle 200',
    'GET / HTTP/1.1\r\n',
    '+OK ready\r\n',
    '\x16\x03\x03',
  ])('%j is not', (text) => {
    expect(likeness(server, text)).toBe('no');
  });
});
