/** Every transcript of test/transcripts/websocket: as written, byte by byte, cut at every position, and with holes. */
import { describe, expect, test } from 'vitest';

import type { Side } from '../../../src/core/side.ts';
import { WebSocketDecoder } from '../../../src/decode/websocket/websocket-decoder.ts';
import { type LoggedFrame, WebSocketLog } from '../../support/websocket-log.ts';
import {
  type Step,
  type Transcript,
  byteByByte,
  cutAt,
  play,
  readTranscripts,
  whole,
} from '../../support/websocket-transcript.ts';

const directory = new URL('../../transcripts/websocket/', import.meta.url);

for (const { file, transcripts } of readTranscripts(directory)) {
  describe(file, () => {
    for (const transcript of transcripts) {
      describe(transcript.title, () => {
        test('as written', () => expect(run(transcript).lines).toEqual(transcript.log));
        if (transcript.asSegmented) return;
        test('byte by byte', () => expect(run(transcript, byteByByte).lines).toEqual(transcript.log));
        test('cut at every position', () => cutEverywhere(transcript));
        test('with a hole, makes nothing up', () => punchHoles(transcript));
      });
    }
  });
}

function run(transcript: Transcript, cut: (data: Buffer) => number[] = whole, steps = transcript.steps): WebSocketLog {
  const log = new WebSocketLog();
  play(steps, new WebSocketDecoder(log, transcript.options), cut);
  return log;
}

function longest(steps: readonly Step[]): number {
  return Math.max(...steps.map((step) => (step.kind === 'bytes' ? step.data.length : 0)));
}

function cutEverywhere(transcript: Transcript): void {
  for (const position of positions(longest(transcript.steps))) {
    expect(run(transcript, cutAt(position)).lines, `cut at ${position}`).toEqual(transcript.log);
  }
}

/** Long payloads look the same all the way: their ends are what matters. */
function positions(length: number): number[] {
  const all = Array.from({ length }, (_, i) => i + 1);
  return length <= 400 ? all : [...all.slice(0, 150), ...all.slice(-150)];
}

function punchHoles(transcript: Transcript): void {
  const known = new Set(run(transcript).frames.map(identity));
  transcript.steps.forEach((step, index) => {
    if (step.kind !== 'bytes') return;
    for (const position of positions(step.data.length - 1)) {
      for (const length of [1, 2, 7, 40]) {
        const log = run(transcript, whole, withHole(transcript.steps, index, position - 1, length));
        const invented = log.frames.filter((frame) => frame.complete && !known.has(identity(frame)));
        expect(invented.map(identity), `a hole of ${length} at ${position - 1} of step ${index}`).toEqual([]);
      }
    }
  });
}

function withHole(steps: readonly Step[], index: number, position: number, length: number): Step[] {
  const step = steps[index]!;
  if (step.kind !== 'bytes') return [...steps];
  const { side, data } = step;
  const end = Math.min(data.length, position + length);
  const pieces: Step[] = [
    { kind: 'bytes', side, data: data.subarray(0, position) },
    { kind: 'gap', side, length: end - position },
    { kind: 'bytes', side, data: data.subarray(end) },
  ];
  return [
    ...steps.slice(0, index),
    ...pieces.filter((piece) => piece.kind !== 'bytes' || piece.data.length > 0),
    ...steps.slice(index + 1),
  ];
}

function identity(frame: LoggedFrame): string {
  const side: Side = frame.side;
  return `${side} ${frame.opcode} ${frame.bits} ${frame.maskingKey} ${frame.length} ${frame.payload.toString('hex')}`;
}
