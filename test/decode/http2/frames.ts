/** HTTP/2 frames as octets, and as lines of text that a transcript is made of. */
import { ErrorCode, FrameFlag, FrameType, Setting } from '../../../src/decode/http2/frame-type.ts';
import { preface } from '../../../src/decode/http2/frame-start.ts';
import { HpackEncoder } from './hpack-encoder.ts';

export function frame(type: number, flags: number, stream: number, payload: Uint8Array | number[] = []): Uint8Array {
  const octets = Buffer.alloc(9 + payload.length);
  octets.writeUIntBE(payload.length, 0, 3);
  octets[3] = type;
  octets[4] = flags;
  octets.writeUInt32BE(stream, 5);
  octets.set(payload, 9);
  return octets;
}

export function u32be(value: number): Uint8Array {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return octets;
}

/** `name: value` each. */
export function fieldBlock(fields: readonly string[]): Uint8Array {
  return HpackEncoder.plain(
    fields.map((field) => {
      const colon = field.indexOf(':', 1);
      return { name: field.slice(0, colon), value: field.slice(colon + 1).trim() };
    }),
  );
}

export function headers(stream: number, flags: number, ...fields: string[]): Uint8Array {
  return frame(FrameType.headers, flags, stream, fieldBlock(fields));
}

const camel = (name: string): string =>
  name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const types: Readonly<Record<string, number>> = FrameType;
const settings: Readonly<Record<string, number>> = Setting;
const codes: Readonly<Record<string, number>> = {
  ...ErrorCode,
  protocolError: 1,
  internalError: 2,
  enhanceYourCalm: 11,
};

/**
 * `TYPE WORD... | PART | PART`. Words: the stream's number, flags (END_STREAM, ACK, OPEN for no END_HEADERS), `pad=N`,
 * `priority`, `promised=N`, `last=N`, `+N`, an error code, `NAME=VALUE` settings, `#HEX` for a payload. Parts are fields,
 * or content. `PREFACE`, and `RAW HEX`, stand for themselves.
 */
export function frameOf(line: string): Uint8Array {
  const [words, ...parts] = line.split(' | ');
  const [name, ...rest] = words!.trim().split(/ +/);
  if (name === 'PREFACE') return preface;
  if (name === 'RAW') return Buffer.from(rest.join(''), 'hex');
  const type = name!.startsWith('0x') ? Number(name) : types[camel(name!)];
  if (type === undefined) throw new Error(`no frame type ${name}`);
  const word = (pattern: RegExp): string | undefined =>
    rest.map((text) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  const stream = Number(word(/^(\d+)$/) ?? 0);
  const raw = word(/^#([0-9a-f]*)$/);
  const payload = raw === undefined ? payloadOf(type, rest, parts, word) : Buffer.from(raw, 'hex');
  return frame(type, flagsOf(type, rest, word), stream, padded(payload, word(/^pad=(\d+)$/)));
}

function flagsOf(type: number, words: readonly string[], word: (pattern: RegExp) => string | undefined): number {
  const opensBlock = type === FrameType.headers || type === FrameType.pushPromise || type === FrameType.continuation;
  return (
    (words.includes('END_STREAM') || words.includes('ACK') ? 1 : 0) |
    (opensBlock && !words.includes('OPEN') ? FrameFlag.endHeaders : 0) |
    (words.includes('priority') ? FrameFlag.priority : 0) |
    (word(/^pad=(\d+)$/) === undefined ? 0 : FrameFlag.padded)
  );
}

function padded(payload: Uint8Array, padding: string | undefined): Uint8Array {
  return padding === undefined
    ? payload
    : Buffer.concat([[Number(padding)], payload, Buffer.alloc(Number(padding))].map((part) => Buffer.from(part)));
}

function payloadOf(
  type: number,
  words: readonly string[],
  parts: readonly string[],
  word: (pattern: RegExp) => string | undefined,
): Uint8Array {
  const code = (): Uint8Array => u32be(codes[camel(words.find((text) => camel(text) in codes) ?? 'NO_ERROR')]!);
  switch (type) {
    case FrameType.headers: {
      const priority = words.includes('priority') ? [0, 0, 0, 0, 15] : [];
      return Buffer.concat([Buffer.from(priority), fieldBlock(parts)]);
    }
    case FrameType.continuation:
      return fieldBlock(parts);
    case FrameType.pushPromise:
      return Buffer.concat([u32be(Number(word(/^promised=(\d+)$/))), fieldBlock(parts)]);
    case FrameType.rstStream:
      return code();
    case FrameType.goaway:
      return Buffer.concat([u32be(Number(word(/^last=(\d+)$/) ?? 0)), code(), Buffer.from(parts.join(' | '))]);
    case FrameType.windowUpdate:
      return u32be(Number(word(/^\+(\d+)$/)));
    case FrameType.settings:
      return Buffer.concat(
        words.flatMap((text) => {
          const [, setting, value] = /^([A-Z_0-9]+)=(\d+)$/.exec(text) ?? [];
          if (setting === undefined) return [];
          const identifier = settings[camel(setting)] ?? Number(setting);
          return [Buffer.from([identifier >> 8, identifier & 255]), u32be(Number(value))];
        }),
      );
    default:
      return Buffer.from(parts.join(' | '), 'latin1');
  }
}
