/** Hostile bytes: nothing throws, nothing loops, every byte is accounted for, memory and work are bounded. */
import { Buffer } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ByteQueue } from '../../../src/core/byte-queue.ts';
import { client, server, type Side } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { scanner } from '../../../src/decode/http1/head-scanner.ts';
import { transitions } from '../../../src/decode/http1/lane.ts';
import { deliver, readTranscripts, type Step } from '../../support/transcript.ts';
import { HttpLog } from './http-log.ts';

type Append = (this: ByteQueue, data: Uint8Array, start: number, end: number) => void;

/** mulberry32: the same numbers on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const folder = new URL('../../transcripts/http1/', import.meta.url);
const conversations = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .flatMap((file) => readTranscripts(new URL(file, folder)));
const spices = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '0',
  'ff',
  '\r\n\r\n',
  'HTTP/1.1 200 OK\r\n',
  '0\r\n\r\n',
]
  .concat(['GET / HTTP/1.1\r\n\r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', '\x81\x05', '\xff'])
  .map((text) => Buffer.from(text, 'latin1'));

function mutated(steps: readonly Step[], next: () => number): Step[] {
  const pick = (count: number): number => Math.floor(next() * count);
  const result: Step[] = [];
  for (const step of steps) {
    if (step.kind !== 'bytes') {
      if (next() < 0.9) result.push(step);
      continue;
    }
    let data = Buffer.from(step.data);
    for (let changes = pick(4); changes > 0; changes--) {
      const at = pick(data.length + 1);
      const until = Math.min(data.length, at + pick(9));
      const spice = next() < 0.5 ? spices[pick(spices.length)]! : Buffer.alloc(0);
      data = Buffer.concat([data.subarray(0, at), spice, data.subarray(until)]);
      if (data.length > 0 && next() < 0.3) data[pick(data.length)] = pick(256);
    }
    const piece = next() < 0.3 ? 1 + pick(12) : data.length;
    for (let at = 0; at < data.length; at += piece) {
      result.push({ kind: 'bytes', side: step.side, data: data.subarray(at, at + piece) });
      if (next() < 0.03) result.push({ kind: 'gap', side: step.side, length: 1 + pick(100) });
    }
    if (next() < 0.05) result.push({ kind: 'end', side: step.side, how: EndOfStream.reset });
  }
  // What follows an end is no business of the decoder's.
  const ended = [false, false];
  return result.filter((step) => {
    const open = !ended[step.side];
    if (step.kind === 'end') ended[step.side] = true;
    return open;
  });
}

const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 20);

test(`mutated transcripts, ${rounds} of each`, () => {
  for (const [i, { steps, midstream, name }] of conversations.entries()) {
    for (let round = 0; round < rounds; round++) {
      const seed = i * 1_000_003 + round;
      const log = new HttpLog(midstream);
      try {
        deliver(mutated(steps, random(seed)), log);
        log.finish();
      } catch (error) {
        throw new Error(`${name}, seed ${seed}`, { cause: error });
      }
    }
  }
});

test('random bytes', () => {
  const next = random(1);
  for (let round = 0; round < 300; round++) {
    const log = new HttpLog(next() < 0.5);
    for (let i = 0; i < 20; i++) {
      const data = Buffer.from(Array.from({ length: 1 + Math.floor(next() * 50) }, () => Math.floor(next() * 256)));
      deliver([{ kind: 'bytes', side: next() < 0.5 ? client : server, data }], log);
    }
    log.finish();
  }
});

test('every state has a way out by losing, switching and closing', () => {
  for (const [state, row] of Object.entries(transitions)) {
    if (state === 'closed') continue;
    expect(row.close, state).toBe('closed');
    if (state === 'switched') continue;
    expect(row.switch, state).toBe('switched');
    if (state !== 'deaf') expect(row.lose, state).toBe('deaf');
  }
});

describe('bounds', () => {
  test('a head without end is given up at 256 KiB', () => {
    for (const piece of [1000, 300_000]) {
      const log = new HttpLog();
      const data = Buffer.from('GET / HTTP/1.1\r\nX: ' + 'a'.repeat(400_000));
      for (let at = 0; at < data.length; at += piece) log.bytes(client, data, at, Math.min(data.length, at + piece));
      expect([...log.finish().codes]).toEqual(['http.head-too-large', 'http.skipped']);
    }
  });

  test('of a head too long to be read, what was read is told, and its response is its own', () => {
    const log = new HttpLog();
    const head = Buffer.from('GET /long HTTP/1.1\r\nHost: a\r\nX: ' + 'v'.repeat(300_000) + '\r\n\r\n');
    for (let at = 0; at < head.length; at += 1400) log.bytes(client, head, at, Math.min(head.length, at + 1400));
    const response = Buffer.from('HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n');
    log.bytes(server, response, 0, response.length);
    const { lines } = log.finish();
    expect(
      lines.filter((line) => /GET|431/.test(line)).map((line) => line.replace(/^(\S+).*(GET|431).*/, '$1 $2')),
    ).toEqual(['1 GET', '1 431']);
  });

  test('more than 1,024 fields are counted, not kept', () => {
    const log = new HttpLog();
    const data = Buffer.from('GET / HTTP/1.0\r\n' + 'a:1\r\n'.repeat(2000) + '\r\n');
    log.bytes(client, data, 0, data.length);
    expect([...log.finish().codes]).toEqual(['http.too-many-fields']);
    expect(log.lines.filter((line) => line.endsWith('a: 1')).length).toBe(1024);
    expect(log.headBytes).toBe(data.length);
  });

  test('1,000 pipelined requests are all paired', () => {
    const log = new HttpLog();
    const ask = Buffer.from(Array.from({ length: 1000 }, (_, i) => `GET /${i} HTTP/1.0\r\n\r\n`).join(''));
    const answer = Buffer.from(
      Array.from({ length: 1000 }, (_, i) => `HTTP/1.1 200 ${i}\r\nContent-Length: 0\r\n\r\n`).join(''),
    );
    log.bytes(client, ask, 0, ask.length);
    log.bytes(server, answer, 0, answer.length);
    log.finish();
    for (const i of [0, 1, 511, 512, 513, 999]) {
      expect(log.lines).toContain(`${i + 1} → GET /${i} 1.0`);
      expect(log.lines).toContain(`${i + 1} ← 200 1.1 ${i}`);
    }
    expect(log.codes.size).toBe(0);
  });

  test('more than 10,000 unanswered requests are not kept waiting', () => {
    const log = new HttpLog();
    const ask = Buffer.from('GET / HTTP/1.0\r\n\r\n'.repeat(10_001));
    log.bytes(client, ask, 0, ask.length);
    expect(log.codes).toContain('http.pipeline-limit');
    expect(log.exchanges.filter((exchange) => exchange.open).length).toBeLessThanOrEqual(1);
    log.finish();
  });

  test('what is held for an upgrade is bounded', () => {
    const log = new HttpLog();
    const ask = Buffer.from('GET / HTTP/1.0\r\nUpgrade: x\r\n\r\n');
    const more = Buffer.alloc(100_000, 0x81);
    log.bytes(client, ask, 0, ask.length);
    for (let i = 0; i < 20; i++) log.bytes(client, more, 0, more.length);
    expect(log.finish().codes).toContain('http.held-limit');
  });
});

describe('work is linear in the bytes', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Octets read from deliveries, scanned out of queues, and copied. */
  function work(steps: Iterable<[Side, string]>): number {
    let count = 0;
    const scan = scanner.scan.bind(scanner);
    vi.spyOn(scanner, 'scan').mockImplementation((kind, data, start, end) => {
      const after = scan(kind, data, start, end);
      count += (after < 0 ? end : after) - start;
      return after;
    });
    const append = Object.getOwnPropertyDescriptor(ByteQueue.prototype, 'append')!.value as Append;
    vi.spyOn(ByteQueue.prototype, 'append').mockImplementation(function (this: ByteQueue, data, start, end) {
      count += end - start;
      append.call(this, data, start, end);
    });
    const counting: ProxyHandler<Buffer> = {
      get(target, key): unknown {
        if (typeof key === 'string' && key.charCodeAt(0) <= 0x39) {
          count++;
          return target[Number(key)];
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    };
    const log = new HttpLog();
    for (const [side, text] of steps) {
      const data = Buffer.from(text, 'latin1');
      log.bytes(side, new Proxy(data, counting), 0, data.length);
    }
    log.finish();
    return count;
  }

  function* byteByByte(...texts: [Side, string][]): Generator<[Side, string]> {
    for (const [side, text] of texts) for (const octet of text) yield [side, octet];
  }

  const size = 20_000;
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const cases: [name: string, steps: () => Iterable<[Side, string]>, bytes: number][] = [
    ['a long target', () => byteByByte([client, `GET /${'a'.repeat(size)} HTTP/1.1\r\n\r\n`]), size],
    ['a long name', () => byteByByte([client, `GET / HTTP/1.1\r\n${'a'.repeat(size)}: b\r\n\r\n`]), size],
    ['a long value', () => byteByByte([client, `GET / HTTP/1.1\r\na: ${'b'.repeat(size)}\r\n\r\n`]), size],
    ['many folds', () => byteByByte([client, `GET / HTTP/1.1\r\na: b${'\r\n '.repeat(size / 3)}\r\n\r\n`]), size],
    ['many fields', () => byteByByte([client, `GET / HTTP/1.1\r\n${'a:\r\n'.repeat(size / 4)}\r\n`]), size],
    ['empty lines', () => byteByByte([client, '\r\n'.repeat(size / 2)]), size],
    ['a head that never ends', () => byteByByte([client, `GET / HTTP/1.1\r\n${'a'.repeat(size)}`]), size],
    [
      'folded heads in one delivery',
      () => [[client, 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'.repeat(size / 34)]],
      size,
    ],
    ['a chunk extension', () => byteByByte([client, get], [server, `${chunked}1;${'x'.repeat(9000)}\r\n`]), 9000],
    ['small chunks', () => byteByByte([client, get], [server, chunked + '1\r\nx\r\n'.repeat(size / 6)]), size],
    ['trailers', () => byteByByte([client, get], [server, `${chunked}0\r\n${'a: b\r\n'.repeat(size / 6)}\r\n`]), size],
    ['held bytes', () => byteByByte([client, 'GET / HTTP/1.1\r\nUpgrade: x\r\n\r\n' + '\x81'.repeat(size)]), size],
    ['garbage', () => byteByByte([client, '\x01'.repeat(size)]), size],
    [
      'half a request while the server talks',
      () => byteByByte([client, `GET /${'a'.repeat(5000)} HTTP/1.1\r\n`], [server, 'x'.repeat(size)]),
      size,
    ],
    [
      'both sides in turn, one octet each',
      function* (): Generator<[Side, string]> {
        for (let i = 0; i < 5000; i++) {
          yield [client, i === 0 ? 'GET /' : 'a'];
          yield [server, 'H'];
        }
      },
      10_000,
    ],
  ];
  test.each(cases)('%s', (_, steps, bytes) => {
    expect(work(steps())).toBeLessThan(bytes * 12 + 4000);
  });
});
