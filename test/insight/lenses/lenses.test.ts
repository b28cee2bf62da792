/** Each lens on what its subprotocol says, and on what only looks like it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { encode as encodeMessagePack } from '@msgpack/msgpack';
import { encode as encodeCbor } from 'cborg';
import { Payload, prepareLenses, readPayload } from '../../../src/insight/lenses/lenses.ts';
import type { LensJson } from '../../../src/timeline/trace-format.ts';
import { wireFields } from '../../../src/insight/lenses/protobuf.ts';

function read(data: string | Uint8Array, subprotocol: string | undefined, side: 0 | 1): LensJson | undefined {
  const isText = typeof data === 'string';
  const conversation = { subprotocol, mqttLevel: 0 };
  return readPayload(new Payload(side, isText ? Buffer.from(data) : data, isText, conversation));
}

/** `lens: label #id role`. */
function seen(data: string | Uint8Array, subprotocol?: string, side: 0 | 1 = 0): string | undefined {
  const reading = read(data, subprotocol, side);
  if (reading === undefined) return undefined;
  const { name, label, id, role } = reading;
  return `${name}: ${label}${id === undefined ? '' : ` #${id}`}${role === undefined ? '' : ` ${role}`}`;
}

beforeAll(prepareLenses);

const json = JSON.stringify;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('by content', () => {
  test.each([
    ['0{"sid":"x","upgrades":[]}', 'socket.io: open'],
    ['2', 'socket.io: ping heartbeat'],
    ['3probe', 'socket.io: pong heartbeat'],
    ['40', 'socket.io: connect'],
    ['40/admin,{"token":"x"}', 'socket.io: connect /admin'],
    ['42["added",{"sku":1}]', 'socket.io: event added'],
    ['42/shop,17["add",1]', 'socket.io: event add /shop #/shop#17 request'],
    ['43/shop,17[true]', 'socket.io: ack /shop #/shop#17 reply'],
    ['451-["photo",{"_placeholder":true,"num":0}]', 'socket.io: binary event photo'],
    ['42', 'socket.io: event'],
    ['42[broken', undefined],
    ['4 score', undefined],
    ['{"protocol":"json","version":1}\x1e', 'SignalR: handshake json'],
    ['{}\x1e', 'SignalR: handshake accepted'],
    ['{"type":1,"invocationId":"5","target":"Send","arguments":[]}\x1e', 'SignalR: invocation Send #5 request'],
    ['{"type":3,"invocationId":"5","result":1}\x1e', 'SignalR: completion #5 reply'],
    ['{"type":6}\x1e', 'SignalR: ping heartbeat'],
    ['SEND\ndestination:/q\nreceipt:r1\n\nhi\0', 'STOMP: SEND /q #r1 request'],
    ['RECEIPT\nreceipt-id:r1\n\n\0', 'STOMP: RECEIPT #r1 reply'],
    ['\n', 'STOMP: heartbeat heartbeat'],
    ['HELLO\n\n\0', undefined],
    [json({ jsonrpc: '2.0', id: 1, method: 'add' }), 'JSON-RPC: add #0 1 request'],
    [
      json([
        { jsonrpc: '2.0', method: 'a' },
        { jsonrpc: '2.0', method: 'b' },
      ]),
      'JSON-RPC: a and 1 more',
    ],
    [
      json({ id: 'a', type: 'subscribe', payload: { query: 'mutation Buy { x }' } }),
      'graphql: subscribe mutation Buy #a request',
    ],
    [json({ id: 'a', type: 'next', payload: {} }), 'graphql: next #a reply'],
    [json({ type: 'connection_ack' }), 'graphql: connection_ack'],
    [json(['1', '2', 'room:a', 'phx_join', {}]), 'Phoenix: phx_join room:a #2 request'],
    [json(['1', '2', 'room:a', 'phx_reply', {}]), 'Phoenix: phx_reply room:a #2 reply'],
    [json({ topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '3' }), 'Phoenix: heartbeat heartbeat'],
    [json({ type: 'welcome' }), 'Action Cable: welcome'],
    [json({ type: 'welcome', shift: 'early' }), 'JSON: welcome'],
    [
      json({ command: 'subscribe', identifier: '{"channel":"Chat"}' }),
      'Action Cable: subscribe Chat #{"channel":"Chat"} request',
    ],
    [json({ type: 'ping', message: 1 }), 'Action Cable: ping heartbeat'],
    [json({ type: 'price' }), 'JSON: price'],
    [json({ a: 1 }), 'JSON: object'],
    [json([1]), 'JSON: array'],
    ['7', undefined],
    ['plain text', undefined],
  ])('%j is %j', (data, expected) => expect(seen(data)).toBe(expected));

  test.each([
    ['o', 'SockJS: open'],
    ['h', 'SockJS: heartbeat heartbeat'],
    ['a["x","y"]', 'SockJS: 2 messages'],
    ['a["hello"]', 'SockJS: message'],
    ['a["{\\"a\\":1}"]', 'SockJS: message'],
    ['a["CONNECTED\\nversion:1.2\\n\\n\\u0000"]', 'STOMP: CONNECTED'],
    ['a["RECEIPT\\nreceipt-id:7\\n\\n\\u0000","x"]', 'STOMP: RECEIPT and 1 more #7 reply'],
    ['c[3000,"Go away!"]', 'SockJS: close 3000'],
    ['a[broken', undefined],
  ])('%j from the server is %j', (data, expected) => expect(seen(data, undefined, 1)).toBe(expected));
});

test('socket.io in MessagePack', () => {
  const packet = (value: unknown): string | undefined => seen(encodeMessagePack(value));
  expect(packet({ type: 2, data: ['add', { sku: 1 }], id: 0, nsp: '/' })).toBe('socket.io: event add #/#0 request');
  expect(packet({ id: 0, type: 3, data: [true], nsp: '/' })).toBe('socket.io: ack #/#0 reply');
  expect(packet({ type: 0, nsp: '/shop' })).toBe('socket.io: connect /shop');
  expect(packet({ type: 9, nsp: '/shop' })).toBe('MessagePack: object');
  expect(packet({ type: 'price', nsp: '/shop' })).toBe('MessagePack: price');
});

describe('by subprotocol', () => {
  test.each([
    [bytes(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 30, 0, 0), 'MQTT: CONNECT without an id (MQTT 3.1.1)'],
    [bytes(0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 30, 0, 0, 1, 0x61), 'MQTT: CONNECT a (MQTT 5)'],
    [bytes(0x20, 2, 0, 0), 'MQTT: CONNACK'],
    [bytes(0x20, 2, 0, 5), 'MQTT: CONNACK refused (5)'],
    [bytes(0x32, 7, 0, 1, 0x61, 0, 9, 0x6f, 0x6e), 'MQTT: PUBLISH a #publish 9 request'],
    [bytes(0x30, 5, 0, 1, 0x61, 0x6f, 0x6e), 'MQTT: PUBLISH a'],
    [bytes(0x30, 3, 0, 1, 0x61, 0xc0, 0), 'MQTT: PUBLISH a and 1 more'],
    [bytes(0x40, 2, 0, 9), 'MQTT: PUBACK #publish 9 reply'],
    [bytes(0x82, 6, 0, 1, 0, 1, 0x61, 1), 'MQTT: SUBSCRIBE a #subscribe 1 request'],
    [bytes(0x90, 3, 0, 1, 1), 'MQTT: SUBACK #subscribe 1 reply'],
    [bytes(0xc0, 0), 'MQTT: PINGREQ heartbeat'],
    [bytes(0x00, 0), undefined],
    [bytes(0x30), undefined],
  ])('mqtt %j is %j', (data, expected) => expect(seen(data, 'mqtt')).toBe(expected));

  test('MQTT without a subprotocol is told by its CONNECT', () => {
    expect(seen(bytes(0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 30, 0, 1, 0x61))).toBe(
      'MQTT: CONNECT a (MQTT 3.1.1)',
    );
    expect(seen(bytes(0xc0, 0))).toBeUndefined();
  });

  test('a packet of MQTT comes decoded', () => {
    expect(read(bytes(0x32, 7, 0, 1, 0x61, 0, 9, 0x6f, 0x6e), 'mqtt', 0)?.body).toEqual({
      cmd: 'publish',
      retain: false,
      qos: 1,
      dup: false,
      topic: 'a',
      payload: 'on',
      messageId: 9,
    });
  });

  test.each([
    [json([48, 7, {}, 'shop.add', [1]]), 'WAMP: CALL shop.add #7 request'],
    [json([50, 7, {}, [2]]), 'WAMP: RESULT #7 reply'],
    [json([8, 48, 7, {}, 'shop.sold']), 'WAMP: ERROR shop.sold #7 reply'],
    [json([1, 'realm', {}]), 'WAMP: HELLO realm'],
    [json([999]), 'JSON: array'],
  ])('wamp %j is %j', (data, expected) => expect(seen(data, 'wamp.2.json')).toBe(expected));

  test('an array of numbers is no WAMP where that was not agreed', () => {
    expect(seen(json([48, 7, {}, 'shop.add']))).toBe('JSON: array');
  });
});

describe.each([
  ['MessagePack', 'msgpack', encodeMessagePack],
  ['CBOR', 'cbor', encodeCbor],
] as const)('%s', (name, subprotocol, encode) => {
  const price = { type: 'price', sku: 'LAMP-7', amount: 49 };

  test.each([
    [price, `${name}: price`],
    [['price', 49], `${name}: array`],
    [{ a: 1 }, `${name}: object`],
    // Without any text it may be anything.
    [[1, 2, 3], undefined],
    [7, undefined],
    ['text', undefined],
    [{}, undefined],
  ])('%j by content is %j', (value, expected) => {
    const found = seen(encode(value));
    expect(found?.startsWith('protobuf') === true ? undefined : found).toBe(expected);
  });

  test.each([
    [[1, 2, 3], `${name}: array`],
    [7, `${name}: number`],
    ['text', `${name}: string`],
  ])('%j by subprotocol is %j', (value, expected) => expect(seen(encode(value), subprotocol)).toBe(expected));

  test('it comes decoded, bytes as hex, large numbers as text', () => {
    const value = { type: 'a', bytes: bytes(0xff, 0), large: 2n ** 60n, day: null };
    const big = name === 'MessagePack' ? encodeMessagePack(value, { useBigInt64: true }) : encodeCbor(value);
    expect(read(big, undefined, 0)?.body).toEqual({ type: 'a', bytes: 'ff00', large: String(2n ** 60n), day: null });
  });

  test('cut anywhere it is none', () => {
    const whole = encode(price);
    for (let end = 0; end < whole.length; end++)
      expect(seen(whole.subarray(0, end), subprotocol) ?? 'none').not.toContain('price');
  });

  test('inside WAMP it is WAMP', () => {
    expect(seen(encode([48, 7, {}, 'shop.add', [1]]), `wamp.2.${subprotocol}`)).toBe('WAMP: CALL shop.add #7 request');
  });
});

describe('protobuf', () => {
  const message = bytes(0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69, 0x1d, 1, 2, 3, 4);

  test('reads varints, text and fixed numbers', () => {
    expect(wireFields(message)).toEqual([
      { number: 1, type: 'varint', value: 150 },
      { number: 2, type: 'text', value: 'hi' },
      { number: 3, type: 'fixed32', value: '01020304' },
    ]);
  });

  test('cut anywhere but between fields it is none', () => {
    const whole = Array.from({ length: message.length }, (_, i) => i).filter((end) =>
      wireFields(message.subarray(0, end)),
    );
    expect(whole).toEqual([3, 7]);
  });

  test('never throws on anything', () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second += 5)
        wireFields(bytes(first, second, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    }
  });
});

test('hostile messages neither throw nor take long', () => {
  const odd = { toString: 1, valueOf: 1 };
  const started = performance.now();
  for (const subprotocol of [
    undefined,
    'wamp',
    'graphql-ws',
    'v12.stomp',
    'phoenix',
    'actioncable-v1-json',
    'jsonrpc',
  ]) {
    for (const text of [
      json([8, 1, 1, {}, odd]),
      json([odd, odd, odd, odd, odd]),
      json({ jsonrpc: '2.0', id: odd, method: odd, error: odd, type: odd, payload: odd, identifier: odd, ref: odd }),
      `c${json([odd])}`,
      `42/${'1'.repeat(60_000)},x`,
      `42${'1'.repeat(60_000)}x`,
      `SEND\n${'a:b\n'.repeat(15_000)}x`,
      `${'\n'.repeat(60_000)}A`,
    ]) {
      seen(text, subprotocol);
      seen(text, subprotocol, 1);
    }
  }
  for (const subprotocol of [undefined, 'mqtt', 'msgpack', 'cbor', 'wamp.2.cbor']) {
    for (let first = 0; first < 256; first++) {
      seen(bytes(first, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0), subprotocol);
      seen(new Uint8Array(60_000).fill(first), subprotocol);
    }
  }
  expect(performance.now() - started).toBeLessThan(20_000);
});
