/**
 * Reads transcripts of HTTP/2: a `wire` block has a frame a line, `→` from the client and `←` from the server, written as
 * `frames.ts` says; `[gap N]`, `[fin]`, `[reset]` and `[end]` as for HTTP/1. Lines of one side up to the other side's next, or an
 * empty line, are one delivery. `[midstream]` and `[upgraded BASE64]` stand first by themselves.
 */
import { readFileSync } from 'node:fs';
import { client, server } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import type { Step } from '../../support/transcript.ts';
import { frameOf } from './frames.ts';

export interface Http2Transcript {
  name: string;
  midstream: boolean;
  upgradedSettings: string | undefined;
  steps: Step[];
  events: string;
  /** The log is the same however the bytes are cut. */
  anyCut: boolean;
}

export function readHttp2Transcripts(path: URL): Http2Transcript[] {
  const transcripts: Http2Transcript[] = [];
  let name = '';
  let wire = '';
  const blocks = readFileSync(path, 'utf8').matchAll(/^(?:#+ (.*)|```(wire|events)( whole)?\n([\s\S]*?)^```)$/gm);
  for (const [, heading, kind, whole, body] of blocks) {
    if (heading !== undefined) name = heading;
    else if (kind === 'wire') wire = body!;
    else {
      const midstream = wire.startsWith('[midstream]\n');
      const upgradedSettings = /^\[upgraded ?(.*)\]\n/.exec(wire)?.[1];
      const lines = wire.replace(/^\[.*\]\n/, '').split('\n');
      transcripts.push({
        name,
        midstream,
        upgradedSettings,
        steps: readSteps(lines),
        events: body!.trimEnd(),
        anyCut: whole === undefined,
      });
    }
  }
  return transcripts;
}

function readSteps(lines: readonly string[]): Step[] {
  const steps: Step[] = [];
  let open = false;
  for (const line of lines) {
    const side = line.startsWith('→') ? client : server;
    const text = line.slice(2);
    const marker = /^\[(gap|fin|reset|end)(?: (\d+))?\]$/.exec(text);
    const last = steps.at(-1);
    if (line === '') open = false;
    else if (marker?.[1] === 'gap') steps.push({ kind: 'gap', side, length: Number(marker[2]) });
    else if (marker !== null) {
      const how = { fin: EndOfStream.fin, reset: EndOfStream.reset, end: EndOfStream.captureEnd }[marker[1]!]!;
      steps.push({ kind: 'end', side, how });
    } else if (open && last?.kind === 'bytes' && last.side === side)
      last.data = Buffer.concat([last.data, frameOf(text)]);
    else steps.push({ kind: 'bytes', side, data: Buffer.from(frameOf(text)) });
    if (line !== '') open = marker === null;
  }
  return steps;
}
