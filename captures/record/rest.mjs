// curl against a small JSON service: every verb of a REST interface, bodies of every kind, requests that wait for leave.

import { createServer } from 'node:http';
import { inTurn, listening } from './support/lab.mjs';
import { pcapBytes, readPcap } from './support/pcap.mjs';
import { noise, prose } from './support/material.mjs';

export const captures = [
  {
    scenario: 'rest',
    file: 'rest.big-endian.pcap',
    about: `curl works through a collection of orders with POST (201 and Location), GET, HEAD, PUT, PATCH, DELETE (204) and OPTIONS, meets
400, 404, 405, 409, 412, 415 and 422, posts a form, a multipart upload, a chunked body and a large one after 100-continue (granted
once, refused with 417 once, so that its body is never sent), sends a PURGE and an absolute-form target. The last
connection carries seven requests.`,
    made: 'Node.js http and curl on loopback, tcpdump; byte order turned to big-endian by the script',
    expect: {
      connections: 19,
      requests: { DELETE: 3, GET: 5, HEAD: 1, OPTIONS: 1, PATCH: 2, POST: 10, PUT: 2, PURGE: 1 },
      responses: { 100: 1, 200: 9, 201: 5, 204: 2, 400: 1, 404: 1, 405: 2, 409: 1, 412: 1, 415: 1, 417: 1, 422: 1 },
    },
    tshark: { requests: { DELETE: 3, GET: 5, HEAD: 1, OPTIONS: 1, PATCH: 2, POST: 9, PUT: 2 } },
    tsharkNote: 'PURGE is no method to it, and the POST whose body was never sent is not shown as a request',
  },
];

export async function record(lab) {
  await lab.loopback({ addresses: ['192.0.2.10/32', '198.51.100.7/32'], mtu: 1500 });
  const server = createServer(orders());
  server.on('checkContinue', (request, response) => {
    if (request.url === '/uploads/refused') return void response.writeHead(417, { 'Content-Length': 0 }).end();
    response.writeContinue();
    server.emit('request', request, response);
  });
  await listening(server, 8080, '192.0.2.10');
  const capture = await lab.capture({ filter: 'tcp port 8080' });
  await useInterface(lab);
  lab.write('rest.big-endian.pcap', pcapBytes(readPcap(await capture.stop()), { bigEndian: true }));
  server.closeAllConnections();
}

async function useInterface(lab) {
  const site = ['--interface', '198.51.100.7', '--resolve', 'api.example:8080:192.0.2.10'];
  const url = (path) => `http://api.example:8080${path}`;
  const json = ['--header', 'Content-Type: application/json'];
  const call = (...args) => lab.curl([...site, ...args]);
  const post = (body, path = '/orders') => ['--request', 'POST', ...json, '--data', JSON.stringify(body), url(path)];

  await call(...post({ customer: 'Ada', items: [{ sku: 'LAMP-7', count: 2 }] }));
  await call(...post({ customer: 'Grace', items: [{ sku: 'DESK-2', count: 1 }], note: 'Grüße — 你好 🙂' }));
  await call(url('/orders?customer=Ada&sort=-id&limit=10'));
  await call('--request', 'PUT', ...json, '--data', '{"customer":"Ada","items":[]}', url('/orders/1'));
  await call('--request', 'PUT', ...json, '--header', 'If-Match: "9"', '--data', '{"items":[]}', url('/orders/1'));
  await call('--request', 'PATCH', ...json, '--data', '{"state":"paid"}', url('/orders/1'));
  await call('--request', 'OPTIONS', url('/orders'));
  await call('--request', 'DELETE', url('/orders'));
  await call('--request', 'PURGE', url('/orders/1'));
  await call('--request', 'POST', ...json, '--data', '{"customer":', url('/orders'));
  await call('--request', 'POST', '--header', 'Content-Type: text/csv', '--data', 'Ada,LAMP-7,2', url('/orders'));
  await call(...post({ customer: '' }));
  await call('--data-urlencode', 'name=Ada Lovelace', '--data-urlencode', 'text=50% off & more', url('/forms/contact'));
  await upload(lab, call, url);
  await call('--request-target', 'http://api.example:8080/orders/2', url('/orders/2'));
  await oneConnection(lab, url, site, json);
}

async function upload(lab, call, url) {
  const picture = lab.file('label.bin', noise(3000, 5));
  const manual = lab.file('manual.txt', prose(20_000, 6));
  await call('--form', 'caption=Label, front', '--form', `file=@${picture};filename=label.bin`, url('/uploads/form'));
  await call('--header', 'Expect: 100-continue', '--data-binary', `@${manual}`, url('/uploads/manual.txt'));
  await call('--header', 'Expect: 100-continue', '--data-binary', `@${picture}`, url('/uploads/refused'));
  await call('--header', 'Transfer-Encoding: chunked', '--data-binary', `@${picture}`, url('/uploads/chunked'));
}

async function oneConnection(lab, url, site, json) {
  const requests = [
    [url('/orders/2')],
    ['--head', url('/orders/2')],
    ['--request', 'PATCH', ...json, '--data', '{"state":"sent"}', url('/orders/2')],
    [url('/orders/2')],
    ['--request', 'DELETE', url('/orders/2')],
    ['--request', 'DELETE', url('/orders/1')],
    [url('/orders/2')],
  ];
  await lab.curl(inTurn(site, requests));
}

/** The service: a map of orders with versions as entity tags. */
function orders() {
  const stored = new Map();
  return async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const path = request.url.replace(/^http:\/\/[^/]*/, '').split('?')[0];
    const [status, headers, value] = answer(stored, request, path, body);
    const text = value === undefined ? '' : JSON.stringify(value);
    if (value !== undefined) headers['Content-Type'] = 'application/json';
    if (status !== 204) headers['Content-Length'] = Buffer.byteLength(text);
    response.writeHead(status, headers).end(text);
  };
}

function answer(stored, request, path, body) {
  if (path.startsWith('/uploads/')) return [201, { Location: path }, { bytes: body.length }];
  if (path.startsWith('/forms/')) return [200, {}, Object.fromEntries(new URLSearchParams(body.toString()))];
  if (path === '/orders') return collection(stored, request, body);
  return item(stored, request, Number(path.split('/')[2]), body);
}

function collection(stored, request, body) {
  const allow = { Allow: 'GET, POST, OPTIONS' };
  if (request.method === 'OPTIONS') return [204, allow];
  if (request.method === 'GET') return [200, {}, [...stored.values()]];
  if (request.method !== 'POST') return [405, allow, { error: `${request.method} is not for collections` }];
  if (request.headers['content-type'] !== 'application/json') return [415, {}, { error: 'expected application/json' }];
  const order = parsed(body);
  if (order === undefined) return [400, {}, { error: 'not JSON' }];
  if (!order.customer) return [422, {}, { error: 'customer is missing', field: 'customer' }];
  const id = stored.size + 1;
  stored.set(id, { id, version: 1, state: 'open', ...order });
  return [201, { Location: `/orders/${id}`, ETag: '"1"' }, stored.get(id)];
}

function item(stored, request, id, body) {
  const order = stored.get(id);
  if (!order) return [404, {}, { error: `no order ${id}` }];
  const tag = `"${order.version}"`;
  if (request.headers['if-match'] && request.headers['if-match'] !== tag)
    return [412, { ETag: tag }, { error: 'changed' }];
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return [200, { ETag: tag }, order];
    case 'PUT':
    case 'PATCH':
      Object.assign(order, parsed(body), { version: order.version + 1 });
      return [200, { ETag: `"${order.version}"` }, order];
    case 'DELETE':
      if (order.state === 'paid') return [409, {}, { error: 'already paid' }];
      stored.delete(id);
      return [204, {}];
    default:
      return [405, { Allow: 'GET, HEAD, PUT, PATCH, DELETE' }, { error: `${request.method} is not for orders` }];
  }
}

function parsed(body) {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
