/**
 * Fields that are one header field each: Wireshark's `http.` and `http2.headers.` names. Their values are text as sent;
 * where a message has the field several times, or both messages have it, all of them count.
 */
import { number, text, type BytesField, type Field } from './field.ts';
import { header, headerNumber, type Which } from './http-readers.ts';

/** Name below `http.`, the header field, and which message carries it. */
const named: readonly (readonly [name: string, header: string, which: Which])[] = [
  ['accept', 'Accept', 'request'],
  ['accept_encoding', 'Accept-Encoding', 'request'],
  ['accept_language', 'Accept-Language', 'request'],
  ['authorization', 'Authorization', 'request'],
  ['cache_control', 'Cache-Control', 'both'],
  ['connection', 'Connection', 'both'],
  ['content_encoding', 'Content-Encoding', 'both'],
  ['content_length_header', 'Content-Length', 'both'],
  ['content_type', 'Content-Type', 'both'],
  ['cookie', 'Cookie', 'request'],
  ['date', 'Date', 'both'],
  ['http2_settings', 'HTTP2-Settings', 'request'],
  ['last_modified', 'Last-Modified', 'response'],
  ['location', 'Location', 'response'],
  ['proxy_authenticate', 'Proxy-Authenticate', 'response'],
  ['proxy_authorization', 'Proxy-Authorization', 'request'],
  ['referer', 'Referer', 'request'],
  ['server', 'Server', 'response'],
  ['set_cookie', 'Set-Cookie', 'response'],
  ['transfer_encoding', 'Transfer-Encoding', 'both'],
  ['upgrade', 'Upgrade', 'both'],
  ['user_agent', 'User-Agent', 'request'],
  ['www_authenticate', 'WWW-Authenticate', 'response'],
  ['x_forwarded_for', 'X-Forwarded-For', 'request'],
];

/** Names below `http2.headers.` whose header field is the name with `-` for `_`. */
const http2Names = [
  'accept', 'accept_charset', 'accept_encoding', 'accept_language', 'accept_ranges', 'access_control_allow_origin',
  'allow', 'authorization', 'cache_control', 'content_disposition', 'content_encoding', 'content_language',
  'content_location', 'content_range', 'content_type', 'cookie', 'date', 'etag', 'expect', 'expires', 'from',
  'if_match', 'if_modified_since', 'if_none_match', 'if_range', 'if_unmodified_since', 'last_modified', 'link',
  'location', 'proxy_authenticate', 'proxy_authorization', 'range', 'referer', 'refresh', 'retry_after', 'server',
  'set_cookie', 'strict_transport_security', 'user_agent', 'vary', 'via', 'www_authenticate',
]; // prettier-ignore

const http2Numbers = ['age', 'content_length', 'max_forwards'];
const pseudo = ['method', 'path', 'authority', 'scheme'];

const carriers: Readonly<Record<Which, string>> = {
  request: 'of the request',
  response: 'of the response',
  both: 'of either message',
};

function http1Field([name, field, which]: (typeof named)[number]): BytesField {
  const description = `${field} field ${carriers[which]}`;
  return text(`http.${name}`, description, { exchange: header(field, which) }, { many: true });
}

function http2Field(name: string, field: string): BytesField {
  return text(
    `http2.headers.${name}`,
    `${field} field in HTTP/2`,
    { exchange: header(field, 'both', true) },
    { many: true },
  );
}

function http2Number(name: string, field: string): Field {
  const on = { exchange: headerNumber(field, true) };
  return number(`http2.headers.${name}`, 'integer', `${field} field in HTTP/2, as a number`, on, { many: true });
}

export const headerFields: readonly Field[] = [
  ...named.map(http1Field),
  number(
    'http.content_length',
    'size',
    'Content-Length field of either message, as a number',
    { exchange: headerNumber('Content-Length') },
    { many: true },
  ),
  ...pseudo.map((name) => http2Field(name, `:${name}`)),
  http2Number('status', ':status'),
  ...http2Numbers.map((name) => http2Number(name, name.replaceAll('_', '-'))),
  ...http2Names.map((name) => http2Field(name, name.replaceAll('_', '-'))),
];
