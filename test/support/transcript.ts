/**
 * Reads transcripts: Markdown whose fenced blocks hold a conversation and the events it must give.
 *
 * A `wire` block is what the two sides send. A line begins with `→` (client) or `←` (server) and stands for its text and a
 * CR LF; a backslash at its end leaves the CR LF out. `\r \n \t \\ \xNN` are octets, everything else is Latin-1. Lines of
 * one side up to the other side's next line, or an empty line, are one delivery. `→ [gap 12]`, `→ [fin]`, `→ [reset]` and
 * `→ [end]` (of the capture) are what they say. `[midstream]` by itself: the connection's beginning was not captured.
 *
 * The `events` block after it is the log expected. `events whole` says that the log depends on how the bytes are cut, as it
 * does where a side is deaf until a delivery begins like a message.
 */
import { readFileSync } from 'node:fs';
import { client, server, type Side } from '../../src/core/side.ts';
import { EndOfStream, type StreamSink } from '../../src/core/sinks.ts';

export type Step =
  | { kind: 'bytes'; side: Side; data: Uint8Array }
  | { kind: 'gap'; side: Side; length: number }
  | { kind: 'end'; side: Side; how: EndOfStream };

export interface Transcript {
  name: string;
  midstream: boolean;
  steps: Step[];
  events: string;
  /** The log is the same however the bytes are cut. */
  anyCut: boolean;
}

const ends: Readonly<Record<string, EndOfStream>> = {
  fin: EndOfStream.fin,
  reset: EndOfStream.reset,
  end: EndOfStream.captureEnd,
};

export function readTranscripts(path: URL): Transcript[] {
  const transcripts: Transcript[] = [];
  const blocks = readFileSync(path, 'utf8').matchAll(/^(?:#+ (.*)|```(wire|events)( whole)?\n([\s\S]*?)^```)$/gm);
  let name = '';
  let wire = '';
  for (const [, heading, kind, whole, body] of blocks) {
    if (heading !== undefined) name = heading;
    else if (kind === 'wire') wire = body!;
    else {
      const midstream = wire.startsWith('[midstream]\n');
      const steps = readSteps(midstream ? wire.slice(wire.indexOf('\n') + 1) : wire);
      transcripts.push({ name, midstream, steps, events: body!.trimEnd(), anyCut: whole === undefined });
    }
  }
  return transcripts;
}

function readSteps(wire: string): Step[] {
  const steps: Step[] = [];
  let open = false;
  for (const line of wire.split('\n')) {
    if (line === '') {
      open = false;
      continue;
    }
    if (!/^[→←]/.test(line)) throw new Error(`a line of a transcript begins with an arrow: ${line}`);
    const side = line.startsWith('→') ? client : server;
    const text = line.slice(line[1] === ' ' ? 2 : 1);
    const marker = /^\[(gap|fin|reset|end)(?: (\d+))?\]$/.exec(text);
    const last = steps.at(-1);
    if (marker !== null) {
      const how = ends[marker[1]!];
      steps.push(how === undefined ? { kind: 'gap', side, length: Number(marker[2]) } : { kind: 'end', side, how });
      open = false;
    } else if (open && last?.kind === 'bytes' && last.side === side)
      last.data = Buffer.concat([last.data, octets(text)]);
    else {
      steps.push({ kind: 'bytes', side, data: octets(text) });
      open = true;
    }
  }
  return steps;
}

/** A line's octets, its CR LF with them. */
export function octets(line: string): Uint8Array {
  const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\', '0': '\0' };
  const goesOn = /(?:^|[^\\])(?:\\\\)*\\$/.test(line);
  const text = (goesOn ? line.slice(0, -1) : line).replace(/\\(x[0-9a-f]{2}|.)/gi, (_, escape: string) =>
    escape.length === 3 ? String.fromCharCode(parseInt(escape.slice(1), 16)) : (named[escape] ?? escape),
  );
  return Buffer.from(goesOn ? text : text + '\r\n', 'latin1');
}

/** Every way to cut the deliveries that a test tries: whole, byte by byte, and in two at each position. */
export function* cuts(steps: readonly Step[]): Generator<[name: string, steps: readonly Step[]]> {
  yield ['whole', steps];
  yield ['byte by byte', steps.flatMap((step) => (step.kind === 'bytes' ? pieces(step, 1) : [step]))];
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.kind !== 'bytes') continue;
    for (let at = 1; at < step.data.length; at++) {
      const halves = [step.data.subarray(0, at), step.data.subarray(at)].map((data): Step => ({ ...step, data }));
      yield [`delivery ${i + 1} cut at ${at}`, [...steps.slice(0, i), ...halves, ...steps.slice(i + 1)]];
    }
  }
}

function pieces(step: Step & { kind: 'bytes' }, size: number): Step[] {
  const all: Step[] = [];
  for (let at = 0; at < step.data.length; at += size) all.push({ ...step, data: step.data.subarray(at, at + size) });
  return all;
}

/** Every delivery with up to `length` bytes missing from each position on. */
export function* holes(steps: readonly Step[], length: number): Generator<[name: string, steps: readonly Step[]]> {
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    if (step.kind !== 'bytes') continue;
    for (let at = 0; at < step.data.length; at++) {
      const missing = Math.min(length, step.data.length - at);
      const parts: Step[] = [];
      if (at > 0) parts.push({ ...step, data: step.data.subarray(0, at) });
      parts.push({ kind: 'gap', side: step.side, length: missing });
      if (at + missing < step.data.length) parts.push({ ...step, data: step.data.subarray(at + missing) });
      yield [
        `${missing} bytes of delivery ${i + 1} missing from ${at}`,
        [...steps.slice(0, i), ...parts, ...steps.slice(i + 1)],
      ];
    }
  }
}

/** Delivers the steps. Bytes are lent in a larger buffer that is wiped afterwards: who keeps a reference is found out. */
export function deliver(steps: readonly Step[], sink: StreamSink): void {
  for (const step of steps) {
    if (step.kind === 'gap') sink.gap(step.side, step.length);
    else if (step.kind === 'end') sink.end(step.side, step.how);
    else {
      const lent = new Uint8Array(step.data.length + 24).fill(0x5a);
      lent.set(step.data, 11);
      sink.bytes(step.side, lent, 11, 11 + step.data.length);
      lent.fill(0x5a);
    }
  }
}
