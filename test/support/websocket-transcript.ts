/**
 * WebSocket conversations as Markdown: a `frames` block says what the two sides send, the `log` block after it what the
 * decoder must make of it.
 *
 * A `frames` line is `side: what`, one segment each; ` | ` puts several frames into one. `what` is
 *   text|binary|continuation|close|ping|pong|opcode-N, then any of `nofin`, `rsv=N`, `key=HEX`, `length16`, `length64`,
 *     `announce=N`, a close code, and a payload: `"text"`, `hex:00ff`, `zero*1000` (bytes of 0), `a*1000` (letters)
 *   `hex:8105...` or `bytes a*1000`: as they are
 *   `gap N`, `end fin|reset|captureEnd`
 * Lines before the first side: `extensions: VALUE`, `midstream`, `offsets: CLIENT SERVER`, `inflate limit: N`, and
 * `as segmented` where the result depends on how the bytes are cut.
 */
import { readFileSync, readdirSync } from 'node:fs';

import { client, server, type Side } from '../../src/core/side.ts';
import { EndOfStream, type StreamSink } from '../../src/core/sinks.ts';
import { Opcode } from '../../src/core/websocket.ts';
import type { WebSocketOptions } from '../../src/decode/websocket/websocket-decoder.ts';
import { type FrameSpec, closePayload, frameBytes } from './websocket-frame.ts';

export type Step =
  | { kind: 'bytes'; side: Side; data: Buffer }
  | { kind: 'gap'; side: Side; length: number }
  | { kind: 'end'; side: Side; how: EndOfStream };

export interface Transcript {
  title: string;
  options: WebSocketOptions;
  asSegmented: boolean;
  steps: Step[];
  log: string[];
}

export function readTranscripts(directory: URL): { file: string; transcripts: Transcript[] }[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .map((file) => ({ file, transcripts: parseTranscripts(readFileSync(new URL(file, directory), 'utf8')) }));
}

export function parseTranscripts(markdown: string): Transcript[] {
  const transcripts: Transcript[] = [];
  let title = '';
  let frames: string[] | null = null;
  const blocks = markdown.matchAll(/^##? (.*)$|^```(frames|log)\n([^]*?)^```$/gm);
  for (const [, heading, kind, body] of blocks) {
    const lines = (body ?? '').split('\n').filter((line) => line.trim() !== '');
    if (heading !== undefined) title = heading;
    else if (kind === 'frames') frames = lines;
    else if (frames !== null) {
      transcripts.push({ title, ...parseFrames(frames), log: lines });
      frames = null;
    }
  }
  return transcripts;
}

function parseFrames(lines: string[]): Pick<Transcript, 'options' | 'asSegmented' | 'steps'> {
  const options: { -readonly [K in keyof WebSocketOptions]: WebSocketOptions[K] } = {};
  let asSegmented = false;
  const steps: Step[] = [];
  for (const line of lines) {
    const [, word, rest = ''] = /^([^:]*)(?:: *(.*))?$/.exec(line)!;
    if (word === 'client' || word === 'server') steps.push(parseStep(word === 'client' ? client : server, rest));
    else if (word === 'extensions') options.extensions = rest;
    else if (word === 'midstream') options.midstream = true;
    else if (word === 'inflate limit') options.inflateLimit = Number(rest);
    else if (word === 'as segmented') asSegmented = true;
    else if (word === 'offsets') {
      const [first, second] = rest.split(' ').map(Number);
      options.baseOffset = [first!, second!];
    } else throw new Error(`not understood: ${line}`);
  }
  return { options, asSegmented, steps };
}

function parseStep(side: Side, what: string): Step {
  const gap = /^gap (\d+)$/.exec(what);
  if (gap !== null) return { kind: 'gap', side, length: Number(gap[1]) };
  const end = /^end (fin|reset|captureEnd)$/.exec(what);
  if (end !== null) return { kind: 'end', side, how: EndOfStream[end[1] as keyof typeof EndOfStream] };
  return { kind: 'bytes', side, data: Buffer.concat(what.split(' | ').map(parseFrame)) };
}

function parseFrame(what: string): Buffer {
  const words = what.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const first = words[0]!;
  if (first.startsWith('hex:')) return parsePayload(words.map((word) => word.replace('hex:', '')).join(''), true);
  if (first === 'bytes') return Buffer.concat(words.slice(1).map((word) => parsePayload(word, false)));
  const named = Opcode[first as keyof typeof Opcode] as number | undefined;
  const spec: FrameSpec = { opcode: named ?? Number(first.replace('opcode-', '0x')) };
  const payload: Buffer[] = [];
  for (const word of words.slice(1)) {
    const [name, value = ''] = word.split('=', 2);
    if (word === 'nofin') spec.fin = false;
    else if (word === 'length16') spec.form = 16;
    else if (word === 'length64') spec.form = 64;
    else if (name === 'rsv') spec.rsv = Number(value);
    else if (name === 'key') spec.key = Number(`0x${value}`);
    else if (name === 'announce') spec.announce = BigInt(value);
    else if (/^\d+$/.test(word)) payload.push(closePayload(Number(word)));
    else payload.push(parsePayload(word, false));
  }
  return frameBytes({ ...spec, payload: Buffer.concat(payload) });
}

function parsePayload(word: string, bareHex: boolean): Buffer {
  if (bareHex || word.startsWith('hex:')) return Buffer.from(word.replace('hex:', ''), 'hex');
  const [, letter, count] = /^(zero|[a-z])\*(\d+)$/.exec(word) ?? [];
  if (letter !== undefined) return Buffer.alloc(Number(count), letter === 'zero' ? 0 : letter);
  return Buffer.from(JSON.parse(word) as string);
}

/** Plays a conversation; `cut` gives the lengths to deliver a segment's bytes in. */
export function play(steps: readonly Step[], decoder: StreamSink, cut: (data: Buffer) => number[] = whole): void {
  for (const step of steps) {
    if (step.kind === 'gap') decoder.gap(step.side, step.length);
    else if (step.kind === 'end') decoder.end(step.side, step.how);
    else deliver(decoder, step.side, step.data, cut(step.data));
  }
}

/** Each piece in an array of its own, in the middle of rubbish that is overwritten afterwards: bytes are borrowed. */
function deliver(decoder: StreamSink, side: Side, data: Buffer, lengths: number[]): void {
  let at = 0;
  for (const length of lengths) {
    const around = Buffer.alloc(length + 7, 0xee);
    data.copy(around, 3, at, at + length);
    const before = Buffer.from(around);
    decoder.bytes(side, around, 3, 3 + length);
    if (!around.equals(before)) throw new Error('borrowed bytes were changed');
    around.fill(0xdd);
    at += length;
  }
}

export const whole = (data: Buffer): number[] => [data.length];
export const byteByByte = (data: Buffer): number[] => Array.from(data, () => 1);
export const cutAt =
  (position: number) =>
  (data: Buffer): number[] =>
    position > 0 && position < data.length ? [position, data.length - position] : [data.length];
