/** HTTP/1 as it may be spoken, through both modes of the tap: every byte arrives as sent, and every message is recorded. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { proxy } from '../../../src/source/tap/proxy.ts';
import { reverse } from '../../../src/source/tap/reverse.ts';
import { comparable, LiveTap } from './session.ts';

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

const host = '127.0.0.1';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A socket's bytes, as they have come so far. */
class Peer {
  heard = '';
  ended = false;
  readonly socket: Socket;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      this.heard += data.toString('latin1');
      this.wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.wake();
    });
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

/** Who says what in turn: the next is said when the other has heard all of the one before. */
type Step = readonly ['client' | 'server', string];
interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly exchanges: readonly object[];
}

const post = 'POST /form HTTP/1.1\r\nHost: shop.example\r\n';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: shop.example\r\n\r\n`;
const ok = (text: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

const conversations: Conversation[] = [
  {
    name: 'trailers both ways',
    steps: [
      ['client', `${post}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`],
      ['client', '5;name=value\r\nhello\r\n'],
      ['client', '0\r\nX-Sum: 5d41\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Took: 3ms\r\n\r\n'],
      ['client', get('/next')],
      ['server', ok('next')],
    ],
    exchanges: [
      { request: { trailers: [['X-Sum', '5d41']], text: 'hello' }, response: { trailers: [['X-Took', '3ms']] } },
      { request: { url: expect.stringMatching(/\/next$/) }, response: { text: 'next' } },
    ],
  },
  {
    name: 'pipelined requests, answered together',
    steps: [
      ['client', get('/1') + get('/2') + `${post}Content-Length: 4\r\n\r\nbody` + get('/3')],
      ['server', ok('one') + ok('two') + ok('') + ok('three')],
    ],
    exchanges: [
      { request: { url: expect.stringMatching(/\/1$/) }, response: { text: 'one' } },
      { request: { url: expect.stringMatching(/\/2$/) }, response: { text: 'two' } },
      { request: { method: 'POST', text: 'body' } },
      { request: { url: expect.stringMatching(/\/3$/) }, response: { text: 'three' } },
    ],
  },
  {
    name: 'content that waits for 100 Continue',
    steps: [
      ['client', `${post}Content-Length: 7\r\nExpect: 100-continue\r\n\r\n`],
      ['server', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['client', 'content'],
      ['server', ok('thanks')],
    ],
    exchanges: [{ request: { text: 'content' }, response: { status: 200, interim: [{ status: 100 }] } }],
  },
  {
    name: 'content that is refused before it is sent',
    steps: [
      ['client', `${post}Content-Length: 7\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`],
      ['server', 'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
    ],
    exchanges: [{ response: { status: 417 } }],
  },
  {
    name: 'interim responses of all kinds',
    steps: [
      ['client', get('/page')],
      ['server', 'HTTP/1.1 102 Processing\r\n\r\n'],
      ['server', 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n'],
      ['server', 'HTTP/1.1 199 Whatever\r\n\r\n'],
      ['server', ok('page')],
    ],
    exchanges: [{ response: { interim: [{ status: 102 }, { status: 103 }, { status: 199 }], text: 'page' } }],
  },
  {
    name: 'an upgrade to a protocol nobody knows',
    steps: [
      ['client', 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: private/7\r\n\r\n'],
      ['server', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 101 Switch'],
      ['server', 'ing Protocols\r\nConnection: Upgrade\r\nUpgrade: private/7\r\n\r\n\x00\x01\x02'],
      ['client', '\xff\xfe\r\n\r\nGET'],
      ['server', 'HTTP/1.1 \x00'],
      ['client', '\n\n\n'],
    ],
    exchanges: [{ response: { status: 101 } }],
  },
  {
    name: 'an upgrade that is refused, and requests after it',
    steps: [
      ['client', 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: private/7\r\n\r\n'],
      ['server', ok('no')],
      ['client', get('/y')],
      ['server', ok('yes')],
    ],
    exchanges: [{ response: { text: 'no' } }, { response: { text: 'yes' } }],
  },
  {
    name: 'lines that end in LF alone, empty lines between requests, odd methods',
    steps: [
      ['client', 'PURGE /cache HTTP/1.1\nHost: a\n\n'],
      ['server', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'],
      ['client', '\r\n\r\nM-SEARCH /x HTTP/1.1\r\nHost: a\r\n\r\n'],
      ['server', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ],
    exchanges: [{ request: { method: 'PURGE' } }, { request: { method: 'M-SEARCH' }, response: { status: 204 } }],
  },
  {
    name: 'a response before the request is complete',
    steps: [
      ['client', `${post}Content-Length: 10\r\n\r\n01234`],
      ['server', ok('early')],
      ['client', '56789'],
    ],
    exchanges: [{ request: { text: '0123456789' }, response: { text: 'early' } }],
  },
];

/** The client's text as it is said to a proxy. */
function absolute(text: string, target: number): string {
  return text.replace(
    /(?<=^|[^A-Z])([A-Z-]+) (\/\S*) (?=HTTP\/1\.1\r?\n)/g,
    (_all, method: string, path: string) => `${method} http://${host}:${target}${path} `,
  );
}

async function hold({ steps, exchanges }: Conversation, mode: 'reverse' | 'proxy', drip: boolean): Promise<void> {
  let accept: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => (accept = resolve));
  const target = await listening(createServer({ allowHalfOpen: true }, (socket) => accept(socket)));
  const live = new LiveTap();
  const port = await live.listen(mode === 'proxy' ? proxy() : reverse({ host, port: target }));
  const near = new Peer(connect({ port, host, allowHalfOpen: true, noDelay: true }));
  let far: Peer | undefined;
  const sent = { client: '', server: '' };
  for (const [side, text] of steps) {
    // A proxy leaves out empty lines before a request (RFC 9112 2.2).
    sent[side] += mode === 'proxy' && side === 'client' ? text.replace(/^(?:\r\n)+(?=[A-Z])/, '') : text;
    const said = Buffer.from(side === 'client' && mode === 'proxy' ? absolute(text, target) : text, 'latin1');
    const speaker = side === 'client' ? near : far!;
    if (drip) {
      for (const byte of said) {
        speaker.socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    } else speaker.socket.write(said);
    far ??= new Peer(await accepted);
    const hearer = side === 'client' ? far : near;
    await hearer.until(() => hearer.heard.length >= sent[side].length);
    expect(hearer.heard).toBe(sent[side]);
  }
  near.socket.end();
  await far!.until(() => far!.ended);
  far!.socket.end();
  await near.until(() => near.ended);
  const records = await live.stop();
  const found = records.filter(({ type }) => type === 'exchange');
  expect(found).toHaveLength(exchanges.length);
  expect(found).toMatchObject(exchanges);
  expect(records.filter(({ type }) => type === 'connection')).toMatchObject([{ closing: 'fin' }]);
  expect(comparable(await live.reread())).toEqual(comparable(records));
  expect(live.said).toEqual([]);
}

describe.each(['reverse', 'proxy'] as const)('%s', (mode) => {
  test.each(conversations)('$name', async (conversation) => hold(conversation, mode, false));
  test.each(conversations)('$name, byte by byte', async (conversation) => hold(conversation, mode, true));
});
