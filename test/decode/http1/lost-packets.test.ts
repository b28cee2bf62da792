/**
 * Busy connections of which single packets are missing, or captured in another order: requests and responses that are
 * there whole find one another as they do where nothing is missing, and never another's.
 */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { analyze } from '../../../src/index.ts';
import { Conversation, pcap, tcpPacket, type BuiltPacket } from '../../support/captures.ts';

type Kind = 'get' | 'post' | 'chunked' | 'head' | 'empty' | 'unmodified';

interface Packet extends BuiltPacket {
  /** Heads in it: `q3` of the third request, `r3` of its response. */
  readonly heads: readonly string[];
}

interface Shape {
  readonly kinds: readonly Kind[];
  /** Requests sent at once. */
  readonly batch?: number;
  /** Nanoseconds between packets. */
  readonly step?: number;
  /** Bytes of a response at most. */
  readonly body?: number;
  readonly end?: boolean;
}

const everyKind: readonly Kind[] = ['get', 'get', 'post', 'chunked', 'head', 'empty', 'unmodified'];
const exchanges = 30;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function messages(kind: Kind, id: number, size: number): [string, string] {
  const method = kind === 'post' ? 'POST' : kind === 'head' ? 'HEAD' : 'GET';
  const content = kind === 'post' ? 'p'.repeat(size) : '';
  const length = kind === 'post' ? `Content-Length: ${size}\r\n` : '';
  const request = `${method} /${id} HTTP/1.1\r\nHost: a\r\n${length}\r\n${content}`;
  const field = `X-Id: ${id}\r\n`;
  const body = 'x'.repeat(size);
  switch (kind) {
    case 'chunked':
      return [request, `HTTP/1.1 200 OK\r\n${field}Transfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\n\r\n`];
    case 'empty':
      return [request, `HTTP/1.1 204 No Content\r\n${field}\r\n`];
    case 'unmodified':
      return [request, `HTTP/1.1 304 Not Modified\r\n${field}Content-Length: ${size}\r\n\r\n`];
    case 'head':
      return [request, `HTTP/1.1 200 OK\r\n${field}Content-Length: ${size + 1}\r\n\r\n`];
    default:
      return [request, `HTTP/1.1 200 OK\r\n${field}Content-Length: ${size}\r\n\r\n${body}`];
  }
}

function conversation(seed: number, shape: Shape): Packet[] {
  const next = random(seed);
  const talk = new Conversation({
    step: shape.step ?? 20_000,
    clientIsn: Math.floor(next() * 2 ** 32),
    serverIsn: Math.floor(next() * 2 ** 32),
  });
  const heads: string[][] = [];
  const send = (side: 0 | 1, text: string, head: string): void => {
    const first = talk.packets.length;
    if (side === 0) talk.client(text);
    else talk.server(text);
    heads[first] = [head];
    if (next() < 0.3) talk.segment(side === 0 ? 1 : 0, 'A');
  };
  talk.open();
  const { batch = 1 } = shape;
  for (let at = 0; at < exchanges; at += batch) {
    const several = Array.from({ length: batch }, (_, i) => {
      const kind = shape.kinds[Math.floor(next() * shape.kinds.length)]!;
      return messages(kind, at + i, Math.floor(next() * (shape.body ?? 3000)));
    });
    several.forEach(([request], i) => send(0, request, `q${at + i}`));
    several.forEach(([, response], i) => send(1, response, `r${at + i}`));
  }
  if (shape.end !== false) talk.close();
  return talk.packets.map((packet, i) => ({ ...packet, heads: heads[i] ?? [] }));
}

interface Outcome {
  /** Pairs of a request and another's response. */
  wrong: string[];
  /** Exchanges of which both heads are there, but apart. */
  apart: string[];
  /** Exchanges said to be cut. */
  cut: number;
  /** Responses said to be asked for by no request. */
  accused: number;
}

async function judged(packets: readonly Packet[]): Promise<Outcome> {
  const there = new Set(packets.flatMap(({ heads }) => heads));
  const wrong: string[] = [];
  let cut = 0;
  let accused = 0;
  const paired = new Set<string>();
  const stdin = Readable.from([pcap({ packets, nanoseconds: true })]);
  for await (const record of analyze('-', { stdin, maxBody: 0, doctor: false })) {
    if (record.type === 'diagnostic' && record.code === 'http.lone-response') accused++;
    if (record.type !== 'exchange') continue;
    if (record.state === 'truncated') cut++;
    if (record.request === null || record.response === null) continue;
    const asked = record.request.target.slice(1);
    const answered = record.response.headers.find(([name]) => name === 'X-Id')![1];
    if (asked === answered) paired.add(asked);
    else wrong.push(`${asked}: ${answered}`);
  }
  const whole = Array.from({ length: exchanges }, (_, id) => String(id)).filter((id) => {
    return there.has(`q${id}`) && there.has(`r${id}`);
  });
  return { wrong, apart: whole.filter((id) => !paired.has(id)), cut, accused };
}

test.each<[string, Shape]>([
  ['responses of all framings', { kinds: everyKind }],
  ['small responses', { kinds: ['get'], body: 100 }],
  ['large responses', { kinds: everyKind, body: 12_000 }],
  ['a quiet connection', { kinds: everyKind, step: 5_000_000 }],
  ['a capture that ends first', { kinds: everyKind, end: false }],
])('any packet with data is missing: %s', async (_, shape) => {
  const packets = conversation(7, shape);
  for (const [i, { heads, bytes }] of packets.entries()) {
    if (bytes.length <= 54) continue;
    const outcome = await judged(packets.filter((packet) => packet !== packets[i]));
    expect(outcome, `without packet ${i + 1} ${heads.join()}`).toEqual({
      wrong: [],
      apart: [],
      accused: 0,
      cut: expect.toBeOneOf([0, 1]) as number,
    });
  }
});

test('several packets are missing: nothing is paired that does not belong together', async () => {
  let apart = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed * 31);
    const packets = conversation(seed, { kinds: everyKind }).filter((_, i) => i < 3 || next() > 0.05);
    const outcome = await judged(packets);
    expect(outcome.wrong, `seed ${seed}`).toEqual([]);
    expect(outcome.accused, `seed ${seed}`).toBe(0);
    apart += outcome.apart.length;
  }
  expect(apart / (60 * exchanges)).toBeLessThan(0.02);
});

test('a client that pipelines: nothing is paired that does not belong together', async () => {
  const packets = conversation(3, { kinds: ['get', 'chunked', 'empty'], batch: 5 });
  for (const [i, { bytes }] of packets.entries()) {
    if (bytes.length <= 54) continue;
    const outcome = await judged(packets.filter((packet) => packet !== packets[i]));
    expect([outcome.wrong, outcome.accused], `without packet ${i + 1}`).toEqual([[], 0]);
  }
});

test('only one side was captured: no response is said to be asked for by nobody', async () => {
  const packets = conversation(11, { kinds: everyKind });
  const server = (bytes: Uint8Array): boolean => ((bytes[34]! << 8) | bytes[35]!) === 80;
  expect((await judged(packets.filter(({ bytes }) => server(bytes)))).accused).toBe(0);
});

test('neighbours change places', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const packets = conversation(seed, { kinds: everyKind });
    const next = random(seed);
    for (let i = 3; i + 4 < packets.length; i++) {
      if (next() > 0.05) continue;
      const [one, other] = [packets[i]!, packets[i + 1]!];
      packets[i] = { ...other, time: one.time! };
      packets[i + 1] = { ...one, time: other.time! };
      i++;
    }
    const outcome = await judged(packets);
    expect([outcome.wrong, outcome.accused], `seed ${seed}`).toEqual([[], 0]);
  }
});

test('packets of which only the beginning was captured: no response is said to be asked for by nobody', async () => {
  for (const length of [60, 96, 140]) {
    for (const shape of [{ kinds: everyKind }, { kinds: everyKind, batch: 5 }]) {
      const packets = conversation(5, shape).map((packet) => ({
        ...packet,
        bytes: packet.bytes.subarray(0, length),
        originalLength: packet.bytes.length,
      }));
      const { wrong, accused } = await judged(packets);
      expect([wrong, accused], `${length} bytes`).toEqual([[], 0]);
    }
  }
});

/** Processor time for requests behind holes (or none), one by one, beside answers to hundreds. */
async function costBehindHoles(missing: number): Promise<number> {
  const packets: BuiltPacket[] = [];
  const next = [1000, 5000];
  const send = (side: 0 | 1, payload: string, ack: number, flags = 'A'): void => {
    const ends = side === 0 ? {} : { src: '10.0.0.2', dst: '10.0.0.1', srcPort: 80, dstPort: 40000 };
    packets.push({ time: packets.length * 1e5, bytes: tcpPacket({ ...ends, seq: next[side]!, ack, flags, payload }) });
    next[side]! += payload.length;
  };
  const request = 'GET / HTTP/1.1\r\n\r\n';
  const response = 'HTTP/1.1 204 N\r\n\r\n';
  const answers = response.repeat(220);
  send(0, '', 0, 'S');
  send(1, '', 1001, 'SA');
  next[0]!++;
  next[1]!++;
  for (let hole = 0; hole < 3; hole++) {
    const acknowledged = next[0]!;
    next[0]! += missing;
    const from = next[1]!;
    send(0, request, from + 1);
    for (let i = 0; i < 125; i++) send(1, answers, acknowledged);
    for (let i = 0; i < 4000; i++) send(0, request, from + answers.length + i * response.length);
    for (let i = 0; i < 70; i++) send(1, '', next[0]!);
  }
  const stdin = Readable.from([pcap({ packets })]);
  const start = process.cpuUsage();
  let records = 0;
  for await (const { type } of analyze('-', { stdin, maxBody: 0, doctor: false })) if (type === 'exchange') records++;
  expect(records).toBeGreaterThan(3 * 125 * 220);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

test('hostile: responses are not held again and again', { timeout: 60_000 }, async () => {
  await costBehindHoles(0);
  const whole = await costBehindHoles(0);
  expect(await costBehindHoles(10)).toBeLessThan(whole * 2);
});
