/** TLS that begins behind something else: tunnels, upgrades, TLS inside of TLS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { client, server, type Side } from '../../../src/core/side.ts';
import { analyze, type RecordJson } from '../../../src/index.ts';
import { Conversation, pcap } from '../../support/captures.ts';
import { TlsScript } from '../../support/tls-script.ts';
import { FrameFlag, FrameType } from '../../../src/decode/http2/frame-type.ts';
import { preface } from '../../../src/decode/http2/frame-start.ts';
import { frame, frameOf } from '../http2/frames.ts';

const scratch = mkdtempSync(join(tmpdir(), 'wirescope-tunnels-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const keyLog = join(scratch, 'keys.log');
writeFileSync(keyLog, new TlsScript().keyLog);

type Piece = readonly [Side, Buffer | string];

const established = 'HTTP/1.1 200 Connection established\r\n\r\n';
const connect: Piece[] = [
  [client, 'CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n'],
  [server, established],
];

/** Twelve small exchanges. */
function exchanges(): Piece[] {
  return Array.from({ length: 12 }, (_, n): Piece[] => [
    [client, `GET /${n} HTTP/1.1\r\nHost: inner.example\r\n\r\n`],
    [server, `HTTP/1.1 200 OK\r\nContent-Length: ${n}\r\n\r\n${'x'.repeat(n)}`],
  ]).flat();
}

/** What is said, inside of TLS. */
function sealed(pieces: readonly Piece[]): Piece[] {
  const script = new TlsScript().handshake();
  for (const [side, data] of pieces) script.data(side, data);
  return script.pieces.map(({ side, data }): Piece => [side, data]);
}

/** Pieces of one side that follow one another, as one: several inner records to an outer one. */
function joined(pieces: readonly Piece[]): Piece[] {
  const runs: [Side, Buffer][] = [];
  for (const [side, data] of pieces) {
    const last = runs.at(-1);
    if (last?.[0] === side) last[1] = Buffer.concat([last[1], Buffer.from(data)]);
    else runs.push([side, Buffer.from(data)]);
  }
  return runs;
}

async function found(pieces: readonly Piece[], segmentSize = 1460): Promise<RecordJson[]> {
  const conversation = new Conversation({ segmentSize, dstPort: 4444 }).open();
  for (const [side, data] of pieces) {
    if (side === client) conversation.client(data);
    else conversation.server(data);
  }
  const stdin = Readable.from([pcap({ packets: conversation.packets })]);
  const list: RecordJson[] = [];
  for await (const record of analyze('-', { stdin, keys: [keyLog], doctor: false })) list.push(record);
  return list;
}

const lines = (list: readonly RecordJson[]): string[] =>
  list.flatMap((r) =>
    r.type === 'exchange' && r.request?.method === 'GET'
      ? [`${r.request.target} ${r.response?.status} ${r.response?.bodyBytes} ${r.secure} ${r.state}`]
      : [],
  );

const expected = Array.from({ length: 12 }, (_, n) => `/${n} 200 ${n} true complete`);

test.each<[string, Piece[]]>([
  ['by itself', sealed(exchanges())],
  ['behind CONNECT', [...connect, ...sealed(exchanges())]],
  [
    'behind an upgrade to TLS (RFC 2817)',
    [
      [client, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n'],
      [server, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.2, HTTP/1.1\r\nConnection: Upgrade\r\n\r\n'],
      ...sealed(exchanges()),
    ],
  ],
  ['behind STARTTLS', [[server, '220 hello\r\n'], [client, 'STARTTLS\r\n'], [server, '220 go on\r\n'], ...sealed(exchanges())]],
  ['inside of TLS, behind CONNECT', sealed([...connect, ...sealed(exchanges())])],
  ['inside of TLS, several records in one', sealed(joined([...connect, ...sealed(exchanges())]))],
  ['inside of TLS inside of TLS', sealed([...connect, ...sealed([...connect, ...sealed(exchanges())])])],
])('%s', async (_name, pieces) => {
  for (const segmentSize of [1460, 37]) expect(lines(await found(pieces, segmentSize))).toEqual(expected);
}); // prettier-ignore

/** The bytes of each piece as DATA of stream `id`. */
function asStream(id: number, pieces: readonly Piece[]): Piece[] {
  const head = [`:method: CONNECT`, `:authority: inner.example:${id}`];
  return [
    [client, Buffer.from(frameOf(`HEADERS ${id} | ${head.join(' | ')}`))],
    [server, Buffer.from(frameOf(`HEADERS ${id} | :status: 200`))],
    ...pieces.map(([side, data]): Piece => [side, Buffer.from(frame(FrameType.data, 0, id, Buffer.from(data)))]),
    [client, Buffer.from(frame(FrameType.data, FrameFlag.endStream, id))],
    [server, Buffer.from(frame(FrameType.data, FrameFlag.endStream, id))],
  ];
}

const started: Piece[] = [
  [client, Buffer.concat([preface, frame(FrameType.settings, 0, 0)])],
  [server, Buffer.from(frame(FrameType.settings, 0, 0))],
];

test.each<[string, Piece[], number]>([
  ['plain HTTP/2', [...started, ...asStream(1, sealed(exchanges()))], 1],
  ['HTTP/2 inside of TLS', sealed([...started, ...asStream(1, sealed(exchanges()))]), 1],
  ['two, one after the other', [...started, ...asStream(1, sealed(exchanges())), ...asStream(3, sealed(exchanges()))], 2],
  ['two at once', [...started, ...merged(asStream(1, sealed(exchanges())), asStream(3, sealed(exchanges())))], 2],
])('a tunnel through a stream: %s', async (_name, pieces, times) => {
  for (const segmentSize of [1460, 41]) {
    const list = await found(pieces, segmentSize);
    const all = Array.from({ length: times }, () => expected).flat();
    expect(lines(list).toSorted()).toEqual(all.toSorted());
    const tunnels = list.filter((r) => r.type === 'exchange' && r.request?.method === 'CONNECT');
    expect(tunnels.map((r) => r.type === 'exchange' && r.state)).toEqual(Array(times).fill('complete'));
  }
}); // prettier-ignore

function merged(one: readonly Piece[], other: readonly Piece[]): Piece[] {
  return one.flatMap((piece, n) => [piece, other[n]!]);
}

test('TLS in a tunnel through one stream secures what is in it, not the streams beside it', async () => {
  const plain = (id: number): Piece[] => [
    [client, Buffer.from(frameOf(`HEADERS ${id} END_STREAM | :method: GET | :scheme: http | :path: /plain${id} | :authority: a`))],
    [server, Buffer.from(frameOf(`HEADERS ${id} END_STREAM | :status: 204`))],
  ];
  const tunnel = asStream(3, sealed(exchanges().slice(0, 4)));
  const list = await found([...started, ...plain(1), ...tunnel.slice(0, 9), ...plain(5), ...tunnel.slice(9), ...plain(7)]);
  expect(lines(list).toSorted()).toEqual(
    ['/0 200 0 true complete', '/1 200 1 true complete', ...[1, 5, 7].map((id) => `/plain${id} 204 0 false complete`)],
  );
}); // prettier-ignore

test('a tunnel through a stream that is reset, and one that says something else', async () => {
  const said: Piece[] = [[server, '220 ready\r\n'], [client, 'QUIT\r\n']]; // prettier-ignore
  const reset: Piece = [client, Buffer.from(frameOf('RST_STREAM 1 CANCEL'))];
  const list = await found([
    ...started,
    ...asStream(1, exchanges().slice(0, 2)).slice(0, -2),
    reset,
    ...asStream(3, said),
  ]);
  expect(list.flatMap((r) => (r.type === 'exchange' ? [`${r.request?.target} ${r.state}`] : []))).toEqual([
    'inner.example:1 complete',
    '/0 complete',
    'inner.example:3 complete',
  ]);
});

test('many inner records in an outer one, in both directions at once', async () => {
  const inner = sealed(exchanges());
  const byTurns = [...inner.filter(([side]) => side === client), ...inner.filter(([side]) => side === server)];
  const list = await found(sealed(joined([...connect, ...byTurns])));
  expect(lines(list)).toEqual(expected);
  expect(list.filter(({ type }) => type === 'diagnostic')).toEqual([]);
});

test.each([
  ['TLS in TLS', (pieces: readonly Piece[]): Piece[] => sealed([...connect, ...pieces])],
  ['tunnels in tunnels', (pieces: readonly Piece[]): Piece[] => [...started, ...asStream(1, pieces)]],
])('%s, deeper than anybody goes: read to a depth, and no further', async (_name, wrap) => {
  const nested = (depth: number): Piece[] => (depth === 0 ? exchanges() : wrap(nested(depth - 1)));
  expect(lines(await found(nested(7))).length).toBe(12);
  expect(lines(await found(nested(12)))).toEqual([]);
});
