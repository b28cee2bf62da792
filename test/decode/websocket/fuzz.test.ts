/** Hostile bytes: never a throw, never a loop, every byte accounted for, and the same events however the bytes are cut. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Side } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { WebSocketDecoder, type WebSocketOptions } from '../../../src/decode/websocket/websocket-decoder.ts';
import { frameBytes } from '../../support/websocket-frame.ts';
import { WebSocketLog } from '../../support/websocket-log.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 400);

const side = fc.constantFrom<Side>(0, 1);
const options: fc.Arbitrary<WebSocketOptions> = fc.record({
  extensions: fc.constantFrom(
    undefined,
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    'x-other, permessage-deflate; client_max_window_bits=8',
    'permessage-deflate;;==,",',
  ),
  midstream: fc.boolean(),
  inflateLimit: fc.constantFrom(0, 10, 1 << 20),
});

/** Frames more or less right: any opcode, bits, mask and length form, payloads compressed or not. */
const frame = fc
  .record({
    opcode: fc.oneof(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.nat(15)),
    fin: fc.boolean(),
    rsv: fc.oneof(fc.constantFrom(0, 4), fc.nat(7)),
    key: fc.option(fc.nat(0xffffffff), { nil: undefined }),
    form: fc.constantFrom<(16 | 64 | undefined)[]>(undefined, undefined, 16, 64),
    payload: fc.uint8Array({ maxLength: 140 }),
    deflate: fc.boolean(),
  })
  .map(({ deflate, payload, key, form, ...rest }) =>
    frameBytes({
      ...rest,
      payload: deflate ? deflateRawSync(payload).subarray(0, -1) : payload,
      ...(key !== undefined && { key }),
      ...(form !== undefined && { form }),
    }),
  );
const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
const stream = fc.oneof(
  fc.tuple(fc.array(frame, { maxLength: 12 }), damage).map(([frames, changes]) => {
    const bytes = Buffer.concat(frames);
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  }),
  fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
);
const how = fc.constantFrom<EndOfStream>(EndOfStream.fin, EndOfStream.reset, EndOfStream.captureEnd);
const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 30 });

function pieces(length: number, sizes: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (let at = 0, i = 0; at < length; i++) {
    const end = Math.min(length, at + sizes[i % sizes.length]!);
    result.push([at, end]);
    at = end;
  }
  return result;
}

test('the same bytes give the same events, however they are cut', () => {
  fc.assert(
    fc.property(stream, side, options, cuts, how, (bytes, from, given, sizes, ending) => {
      const inSync = { ...given, midstream: false };
      const [first, second] = [[bytes.length + 1], sizes].map((lengths) => {
        const log = new WebSocketLog();
        const decoder = new WebSocketDecoder(log, inSync);
        for (const [start, end] of pieces(bytes.length, lengths!)) decoder.bytes(from, bytes, start, end);
        decoder.end(from, ending);
        return log;
      });
      expect(second!.lines).toEqual(first!.lines);
    }),
    { seed, numRuns },
  );
});

test('every byte is a header byte or a payload byte of some frame', () => {
  fc.assert(
    fc.property(stream, side, options, cuts, (bytes, from, given, sizes) => {
      const log = new WebSocketLog();
      const decoder = new WebSocketDecoder(log, { ...given, midstream: false });
      for (const [start, end] of pieces(bytes.length, sizes)) decoder.bytes(from, bytes, start, end);
      decoder.end(from, EndOfStream.fin);
      const seen = log.frames.reduce((sum, { headerLength, payload }) => sum + headerLength + payload.length, 0);
      const rest = bytes.length - seen;
      expect(rest).toBeGreaterThanOrEqual(0);
      expect(rest).toBeLessThan(14);
      const cut = log.reports.some(({ code }) => code === 'websocket.cut-frame');
      expect(rest > 0 || log.frames.some(({ complete }) => !complete)).toBe(cut);
    }),
    { seed, numRuns },
  );
});

test('holes anywhere, on both sides, from any start: no throw, events in order', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: stream.map((bytes) => ({ bytes, gap: 0 })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }).map((gap) => ({ bytes: Buffer.alloc(0), gap })) },
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(side, step), { maxLength: 12 }),
      options,
      cuts,
      how,
      (steps, given, sizes, ending) => {
        const log = new WebSocketLog();
        const decoder = new WebSocketDecoder(log, given);
        for (const [from, { bytes, gap }] of steps) {
          if (gap > 0) decoder.gap(from, gap);
          for (const [start, end] of pieces(bytes.length, sizes)) decoder.bytes(from, bytes, start, end);
        }
        decoder.end(0, ending);
        decoder.end(1, ending);
        for (const { payload, length, complete } of log.frames) {
          expect(payload.length).toBeLessThanOrEqual(length);
          if (complete) expect(payload.length).toBe(length);
        }
        if (given.inflateLimit !== undefined) {
          for (const { compressed, data } of log.messages) {
            if (compressed) expect(data.length).toBeLessThanOrEqual(given.inflateLimit);
          }
        }
      },
    ),
    { seed, numRuns },
  );
});

test('random bytes after a hole hardly ever look like frames', () => {
  let state = seed;
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24;
  let frames = 0;
  for (const from of [0, 1] as const) {
    const log = new WebSocketLog();
    const decoder = new WebSocketDecoder(log);
    const segment = new Uint8Array(1460);
    for (let i = 0; i < 4000; i++) {
      decoder.gap(from, 1);
      for (let j = 0; j < segment.length; j++) segment[j] = random();
      decoder.bytes(from, segment, 0, segment.length);
    }
    frames += log.frames.length;
  }
  expect(frames).toBe(0);
});
