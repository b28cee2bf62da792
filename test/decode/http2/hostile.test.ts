/** Bytes made to exhaust the reader: bounded memory and time, and a word about it. */
import { describe, expect, test } from 'vitest';
import { FrameFlag, FrameType } from '../../../src/decode/http2/frame-type.ts';
import { preface } from '../../../src/decode/http2/frame-start.ts';
import { frame, headers, u32be } from './frames.ts';
import { Http2Log } from './http2-log.ts';
import { random } from './random.ts';

const { endHeaders, endStream } = FrameFlag;
const settings = frame(FrameType.settings, 0, 0);
const get = (stream: number, ...more: string[]): Uint8Array =>
  headers(stream, endHeaders | endStream, ':method: GET', ':scheme: http', ':path: /', ':authority: a', ...more);

function started(): Http2Log {
  const log = new Http2Log();
  send(log, 0, preface, settings);
  send(log, 1, settings);
  return log;
}

function send(log: Http2Log, side: 0 | 1, ...parts: readonly Uint8Array[]): void {
  for (const part of parts) log.bytes(side, part, 0, part.length);
}

/** Bytes held after a collection, beyond those held before. */
function growth(run: () => unknown): number {
  global.gc?.();
  const before = process.memoryUsage();
  const kept = run();
  global.gc?.();
  const after = process.memoryUsage();
  void kept;
  return after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
}

describe('hostile connections', () => {
  test('a header bomb: one kilobyte that stands for a hundred thousand fields', () => {
    const log = started();
    const value = Buffer.alloc(4000, 0x61);
    const entry = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]), value]);
    send(
      log,
      0,
      frame(FrameType.headers, endHeaders | endStream, 1, Buffer.concat([Buffer.from([0x82, 0x86, 0x84]), entry])),
    );
    const bomb = Buffer.alloc(16_384, 0xbe);
    send(log, 0, frame(FrameType.headers, endStream, 3, bomb));
    for (let i = 0; i < 5; i++) send(log, 0, frame(FrameType.continuation, 0, 3, bomb));
    send(log, 0, frame(FrameType.continuation, endHeaders, 3, bomb));
    log.finish();
    expect(log.codes.get('hpack.too-many-fields')).toBe(1);
  });

  test('a flood of CONTINUATION frames', () => {
    const log = started();
    send(log, 0, frame(FrameType.headers, 0, 1, [0x82, 0x86, 0x84]));
    const field = Buffer.concat([Buffer.from([0, 1, 0x78, 100]), Buffer.alloc(100, 0x61)]);
    const piece = frame(FrameType.continuation, 0, 1, field);
    const empty = frame(FrameType.continuation, 0, 1);
    expect(
      growth(() => {
        for (let i = 0; i < 50_000; i++) send(log, 0, piece, empty);
        return log;
      }),
    ).toBeLessThan(20e6);
    log.finish();
    expect(log.codes.get('http2.continuation-flood')).toBe(1);
    expect(log.codes.get('hpack.too-many-fields')).toBe(1);
  });

  test('a field that never ends', () => {
    const log = started();
    send(log, 0, frame(FrameType.headers, 0, 1, [0x82, 0x86, 0x84, 0, 0x7f, 0xff, 0xff, 0xff, 0x3f]));
    const piece = frame(FrameType.continuation, 0, 1, Buffer.alloc(16_384, 0x61));
    const began = performance.now();
    for (let i = 0; i < 2000; i++) send(log, 0, piece);
    expect(performance.now() - began).toBeLessThan(20_000);
    log.finish();
    expect(log.codes.get('hpack.field-too-long')).toBe(1);
  });

  test('ten thousand streams at once, and far more than are kept', () => {
    const log = started();
    for (let i = 0; i < 10_000; i++) send(log, 0, get(1 + i * 2));
    for (let i = 0; i < 10_000; i++) send(log, 1, headers(1 + i * 2, endHeaders | endStream, ':status: 200'));
    expect(log.exchanges.every(({ open }) => !open)).toBe(true);
    for (let i = 10_000; i < 40_000; i++) send(log, 0, get(1 + i * 2));
    expect(log.exchanges.filter(({ open }) => open).length).toBeLessThanOrEqual(16_384);
    log.finish();
    expect(log.facts).toMatchObject({ streams: 40_000, concurrentStreams: 16_384 });
    expect([...log.codes.keys()]).toEqual(['http2.stream-limit']);
  });

  test('rapid reset', () => {
    const log = started();
    for (let i = 0; i < 5000; i++) send(log, 0, get(1 + i * 2), frame(FrameType.rstStream, 0, 1 + i * 2, u32be(8)));
    log.finish();
    expect(log.codes.get('http2.rapid-reset')).toBe(1);
    expect(log.facts).toMatchObject({ streams: 5000, concurrentStreams: 1, resetStreams: 5000 });
  });

  test('floods of SETTINGS, PING, empty DATA, window updates', () => {
    const log = started();
    send(log, 0, headers(1, endHeaders, ':method: POST', ':scheme: http', ':path: /'));
    const flood = [
      frame(FrameType.settings, 0, 0, [0, 3, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 1]),
      frame(FrameType.ping, 0, 0, Buffer.alloc(8)),
      frame(FrameType.data, 0, 1),
      frame(FrameType.windowUpdate, 0, 0, u32be(1)),
      frame(FrameType.priorityUpdate, 0, 0, u32be(1)),
      frame(FrameType.origin, 0, 0, [0, 1, 0x61]),
      frame(FrameType.altsvc, 0, 0, [0, 0, 0x61]),
    ];
    expect(
      growth(() => {
        for (let i = 0; i < 20_000; i++) send(log, 0, ...flood);
        return log;
      }),
    ).toBeLessThan(10e6);
    expect(log.finish().facts).toMatchObject({ origins: ['a'], streams: 1 });
  });

  test('a search for frames in megabytes of anything takes linear time', () => {
    const next = random(4);
    const settingsAck = frame(FrameType.settings, 1, 0);
    for (const octets of [
      Buffer.alloc(1 << 20),
      Buffer.from(Array.from({ length: 1 << 20 }, () => Math.floor(next() * 256))),
      Buffer.concat(Array.from({ length: (1 << 20) / 10 }, () => Buffer.concat([settingsAck, Buffer.of(7)]))),
    ]) {
      const log = started();
      send(log, 0, get(1));
      log.gap(0, 100);
      const began = performance.now();
      for (let at = 0; at < octets.length; at += 65_536) log.bytes(0, octets, at, Math.min(octets.length, at + 65_536));
      expect(performance.now() - began).toBeLessThan(20_000);
      log.finish();
    }
  });
});
