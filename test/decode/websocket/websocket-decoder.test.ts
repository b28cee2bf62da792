import { deflateRawSync, constants, createDeflateRaw } from 'node:zlib';
import { describe, expect, test } from 'vitest';

import { MessageEnd, type WebSocketSink } from '../../../src/core/sinks.ts';
import { InflaterPool } from '../../../src/decode/websocket/inflater.ts';
import { WebSocketDecoder } from '../../../src/decode/websocket/websocket-decoder.ts';
import { binary, frameBytes, text } from '../../support/websocket-frame.ts';
import { WebSocketLog } from '../../support/websocket-log.ts';

/** Counts and forgets. */
class Counter implements WebSocketSink {
  frames = 0;
  payload = 0;
  data = 0;
  messages = 0;
  reports: string[] = [];
  /** The last array payload was lent in. */
  lent: Uint8Array | null = null;
  frameStart(): void {}
  framePayload(_side: number, data: Uint8Array, start: number, end: number): void {
    this.payload += end - start;
    this.lent = data;
  }
  frameEnd(): void {
    this.frames++;
  }
  messageStart(): void {}
  messageData(_side: number, _data: Uint8Array, start: number, end: number): void {
    this.data += end - start;
  }
  messageEnd(): void {
    this.messages++;
  }
  report(code: string): void {
    this.reports.push(code);
  }
  end(): void {}
}

const hundredMiB = 100 * 1024 * 1024;

describe('a frame of 100 MiB', () => {
  test.each([
    ['masked, from the client', 0, 0x9acb0442],
    ['from the server', 1, undefined],
  ] as const)('%s: passes through in flat memory', (_name, side, key) => {
    const counter = new Counter();
    const decoder = new WebSocketDecoder(counter);
    const head = frameBytes({ opcode: 1, announce: BigInt(hundredMiB), ...(key !== undefined && { key }) });
    decoder.bytes(side, head, 0, head.length);
    const segment = new Uint8Array(65_536).fill(side === 0 ? 0x2b : 0x61);
    if (key !== undefined) for (let i = 0; i < segment.length; i++) segment[i] = 0x61 ^ (key >>> (24 - 8 * (i & 3)));
    const before = process.memoryUsage();
    for (let sent = 0; sent < hundredMiB; sent += segment.length) decoder.bytes(side, segment, 0, segment.length);
    const after = process.memoryUsage();
    expect(counter).toMatchObject({ frames: 1, payload: hundredMiB, data: hundredMiB, messages: 1, reports: [] });
    expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(2 << 20);
  });
});

test('a server payload is handed on without a copy, a client payload is not unmasked in place', () => {
  const counter = new Counter();
  const decoder = new WebSocketDecoder(counter);
  const fromServer = binary('as it came');
  decoder.bytes(1, fromServer, 0, fromServer.length);
  expect(counter.lent).toBe(fromServer);
  const fromClient = binary('masked', { key: 0x01020304 });
  const copy = Buffer.from(fromClient);
  decoder.bytes(0, fromClient, 0, fromClient.length);
  expect(counter.lent).not.toBe(fromClient);
  expect(fromClient).toEqual(copy);
});

test('small frames allocate nothing', () => {
  const counter = new Counter();
  const decoder = new WebSocketDecoder(counter);
  const segment = Buffer.concat([
    text('x'.repeat(60), { key: 0x9acb0442 }),
    text('y'.repeat(150), { key: 0x1acb0442 }),
  ]);
  const round = (): void => {
    for (let i = 0; i < 50_000; i++) decoder.bytes(0, segment, 0, segment.length);
  };
  round();
  const before = process.memoryUsage().heapUsed;
  round();
  const perFrame = (process.memoryUsage().heapUsed - before) / 100_000;
  expect(perFrame).toBeLessThan(20);
});

test('one byte at a time costs no more than linear time', () => {
  const counter = new Counter();
  const decoder = new WebSocketDecoder(counter);
  const bytes = Buffer.concat(Array.from({ length: 2000 }, () => text('z'.repeat(200), { key: 0x01020304 })));
  for (let at = 0; at < bytes.length; at++) decoder.bytes(0, bytes, at, at + 1);
  expect(counter).toMatchObject({ frames: 2000, messages: 2000, data: 400_000, reports: [] });
});

const noTail = (data: Buffer): Buffer => data.subarray(0, -4);
const squeeze = (data: Uint8Array | string): Buffer =>
  noTail(deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }));
const compressed = (data: Uint8Array | string, opcode = 1): Buffer =>
  frameBytes({ opcode, rsv: 4, payload: squeeze(data) });

/** Messages of one deflate stream, each as its frame's payload. */
async function stream(messages: readonly string[], windowBits: number): Promise<Buffer[]> {
  const deflate = createDeflateRaw({ windowBits });
  let pieces: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => pieces.push(piece));
  const result: Buffer[] = [];
  for (const message of messages) {
    deflate.write(message);
    await new Promise<void>((done) => deflate.flush(constants.Z_SYNC_FLUSH, () => done()));
    result.push(noTail(Buffer.concat(pieces)));
    pieces = [];
  }
  return result;
}

describe('compressed messages', () => {
  test('a bomb is cut at the limit', () => {
    const counter = new Counter();
    const decoder = new WebSocketDecoder(counter, { extensions: 'permessage-deflate', inflateLimit: 1 << 20 });
    const bomb = compressed(new Uint8Array(64 << 20), 2);
    decoder.bytes(1, bomb, 0, bomb.length);
    expect(counter.data).toBe(1 << 20);
    expect(counter.reports).toEqual(['websocket.inflate-limit', 'websocket.deflate-context-lost']);
  });

  test('exactly the limit is within it', () => {
    const log = new WebSocketLog();
    const decoder = new WebSocketDecoder(log, { extensions: 'permessage-deflate', inflateLimit: 100_000 });
    for (const size of [100_000, 100_000]) {
      const frame = compressed(Buffer.alloc(size, 'a'));
      decoder.bytes(1, frame, 0, frame.length);
    }
    expect(log.reports).toEqual([]);
    expect(log.messages.map(({ data }) => data.length)).toEqual([100_000, 100_000]);
  });

  test.each([8, 9, 12, 15])('a stream with a window of %s bits', async (windowBits) => {
    const said = Array.from({ length: 60 }, (_, i) =>
      JSON.stringify({ i, text: 'some words, again and again '.repeat(i % 20) }),
    );
    const log = new WebSocketLog();
    const extensions = `permessage-deflate; server_max_window_bits=${windowBits}`;
    const decoder = new WebSocketDecoder(log, { extensions });
    for (const payload of await stream(said, windowBits)) {
      const frame = frameBytes({ opcode: 1, rsv: 4, payload });
      decoder.bytes(1, frame, 0, frame.length);
    }
    expect(log.messages.map(({ data }) => data.toString())).toEqual(said);
    expect(log.reports).toEqual([]);
  });

  test.each([9, 10, 12, 14])('a window of more than the %s bits agreed is told once, and inflated', async (bits) => {
    const said = Array.from({ length: 60 }, (_, i) => {
      const noise = Array.from({ length: 40 + i * 10 }, (_value, k) => Math.imul(k * 97 + i, 2654435761) >>> 0).join();
      return `${i} ${noise} some words, again and again`;
    });
    const payloads = await stream(said, 15);
    const extensions = `permessage-deflate; server_max_window_bits=${bits}`;
    for (const piece of [1, 7, 1 << 20]) {
      const log = new WebSocketLog();
      const decoder = new WebSocketDecoder(log, { extensions });
      for (const payload of payloads) {
        const frame = frameBytes({ opcode: 1, rsv: 4, payload });
        for (let at = 0; at < frame.length; at += piece)
          decoder.bytes(1, frame, at, Math.min(at + piece, frame.length));
      }
      expect(log.messages.map(({ data }) => data.toString())).toEqual(said);
      expect(log.reports.map(({ code }) => code)).toEqual(['websocket.window-exceeded']);
    }
  });

  test('an engine is given back without the agreed window', async () => {
    const inflaters = new InflaterPool(1);
    const long = `${'x'.repeat(10)}${Array.from({ length: 3000 }, (_, i) => i).join()}${'x'.repeat(10)}`;
    const [payload] = await stream([long], 15);
    const frame = frameBytes({ opcode: 1, rsv: 4, payload: payload! });
    const reports = ['; server_max_window_bits=9', '', '; server_max_window_bits=15'].map((window) => {
      const log = new WebSocketLog();
      const extensions = `permessage-deflate; server_no_context_takeover${window}`;
      new WebSocketDecoder(log, { extensions, inflaters }).bytes(1, frame, 0, frame.length);
      expect(log.messages.map(({ data }) => data.toString())).toEqual([long]);
      return log.reports.map(({ code }) => code);
    });
    expect(reports).toEqual([['websocket.window-exceeded'], [], []]);
  });

  test('connections share a pool: who is put out of it says so once and keeps its frames', async () => {
    const inflaters = new InflaterPool(2);
    const said = ['the same words', 'the same words', 'the same words'];
    const payloads = await stream(said, 15);
    const logs = [0, 1, 2].map(() => new WebSocketLog());
    const decoders = logs.map((log) => new WebSocketDecoder(log, { extensions: 'permessage-deflate', inflaters }));
    for (const payload of payloads) {
      const frame = frameBytes({ opcode: 1, rsv: 4, payload });
      for (const decoder of decoders) decoder.bytes(1, frame, 0, frame.length);
    }
    for (const log of logs) {
      expect(log.frames.length).toBe(3);
      expect(log.messages.map(({ end }) => end)).toEqual([
        MessageEnd.complete,
        MessageEnd.truncated,
        MessageEnd.truncated,
      ]);
      expect(log.reports.map(({ code }) => code)).toEqual(['websocket.deflate-context-lost']);
    }
  });

  test('without context takeover a pool of one serves any number', () => {
    const inflaters = new InflaterPool(1);
    const options = { extensions: 'permessage-deflate; server_no_context_takeover', inflaters };
    const frame = compressed('the same words');
    for (let i = 0; i < 20; i++) {
      const log = new WebSocketLog();
      const decoder = new WebSocketDecoder(log, options);
      decoder.bytes(1, frame, 0, frame.length);
      expect(log.lines.at(-1)).toBe('server message text compressed "the same words"');
    }
  });

  test('sides have contexts of their own', () => {
    const log = new WebSocketLog();
    const decoder = new WebSocketDecoder(log, { extensions: 'permessage-deflate' });
    const hello = Buffer.from('f248cdc9c90700', 'hex');
    const again = Buffer.from('f200110000', 'hex');
    const frames = [hello, again].map((payload) => frameBytes({ opcode: 1, rsv: 4, key: 0x01020304, payload }));
    decoder.bytes(0, frames[0]!, 0, frames[0]!.length);
    const fromServer = frameBytes({ opcode: 1, rsv: 4, payload: again });
    decoder.bytes(1, fromServer, 0, fromServer.length);
    decoder.bytes(0, frames[1]!, 0, frames[1]!.length);
    expect(log.messages.map(({ side, end }) => [side, end])).toEqual([
      [0, MessageEnd.complete],
      [1, MessageEnd.truncated],
      [0, MessageEnd.complete],
    ]);
  });
});
