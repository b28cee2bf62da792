/** Real conversations of random requests, held against what was sent; then the same bytes damaged at random. */
import { constants, type ClientHttp2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { expect, test } from 'vitest';
import { deliver, type Step } from '../../support/transcript.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { Http2Log } from './http2-log.ts';
import { peers } from './peers.ts';
import { random } from './random.ts';

interface Asked {
  path: string;
  fields: Record<string, string>;
  body: string;
  answer: {
    status: number;
    fields: Record<string, string>;
    body: string;
    trailers: Record<string, string> | null;
    interim: boolean;
  };
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789-=/ ;,'.split('');
const pick = <T>(next: () => number, list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
const word = (next: () => number, length: number): string =>
  Array.from({ length: Math.ceil(next() * length) }, () => pick(next, letters))
    .join('')
    .trim();

function fieldsOf(next: () => number): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = Math.floor(next() * 8); i > 0; i--)
    fields[pick(next, ['x-a', 'x-b', 'accept', 'user-agent', 'x-long-name-of-a-field', 'etag', 'via'])] = word(
      next,
      next() < 0.1 ? 3000 : 30,
    );
  return fields;
}

function script(next: () => number, count: number): Asked[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `/${i}/${word(next, 20).replaceAll(/[ ;,]/g, '')}`,
    fields: fieldsOf(next),
    body: next() < 0.4 ? word(next, 40).repeat(Math.floor(next() * 900)) : '',
    answer: {
      status: pick(next, [200, 200, 201, 404, 500]),
      fields: fieldsOf(next),
      body: next() < 0.8 ? word(next, 40).repeat(Math.floor(next() * 2000)) : '',
      trailers: next() < 0.3 ? { 'x-sum': word(next, 10) || '1' } : null,
      interim: next() < 0.2,
    },
  }));
}

async function converse(next: () => number, count = 40): Promise<{ steps: Step[]; asked: Asked[] }> {
  const asked = script(next, count);
  const size = (): number => 65_535 + Math.floor(next() * 1e6);
  const talk = peers((stream, headers) => reply(stream, headers, asked), {
    client: { headerTableSize: pick(next, [0, 100, 4096, 65_536]), initialWindowSize: size() },
    server: { headerTableSize: pick(next, [0, 100, 4096, 65_536]), maxFrameSize: pick(next, [16_384, 100_000]) },
    paddingStrategy: pick(next, [constants.PADDING_STRATEGY_NONE, constants.PADDING_STRATEGY_MAX]),
  });
  for (let at = 0; at < asked.length; at += 8)
    await Promise.all(asked.slice(at, at + 8).map((request) => ask(talk.session, request)));
  await talk.close();
  return { steps: talk.steps, asked };
}

function ask(session: ClientHttp2Session, { path, fields, body }: Asked): Promise<void> {
  const stream = session.request(
    { ':method': body === '' ? 'GET' : 'POST', ':path': path, ...fields },
    { endStream: body === '' },
  );
  if (body !== '') stream.end(body);
  stream.resume();
  return new Promise((resolve) => stream.once('close', resolve));
}

function reply(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, asked: readonly Asked[]): void {
  const { answer } = asked[Number(headers[':path']!.split('/')[1])]!;
  stream.resume().once('end', () => {
    if (answer.interim) stream.additionalHeaders({ ':status': 103, link: '</a>' });
    stream.respond({ ':status': answer.status, ...answer.fields }, { waitForTrailers: answer.trailers !== null });
    stream.once('wantTrailers', () => stream.sendTrailers(answer.trailers!));
    stream.end(answer.body);
  });
}

/** The log's lines of one stream, without its content. */
function told(log: Http2Log, stream: number): string[] {
  return log.text
    .split('\n')
    .filter((line) => line.startsWith(`${stream} `))
    .map((line) => line.slice(`${stream} `.length));
}

test.each([1, 2, 3, 4])('seed %i: what was sent is what is told', { timeout: 60_000 }, async (seed) => {
  const next = random(seed);
  const { steps, asked } = await converse(next);
  for (const size of [Infinity, 1 + Math.floor(next() * 50), 9]) {
    const log = new Http2Log();
    for (const step of steps) deliver(step.kind === 'bytes' ? pieces(step, size) : [step], log);
    log.finish();
    expect([...log.codes.keys()].filter((code) => code !== 'http2.goaway')).toEqual([]);
    expect(log.exchanges).toHaveLength(asked.length);
    for (const { stream, content } of log.exchanges) {
      const lines = told(log, stream);
      const path = lines.find((line) => line.startsWith('→   :path: '))!.slice('→   :path: '.length);
      const request = asked[Number(path.split('/')[1])]!;
      const { answer } = request;
      expect(path).toBe(request.path);
      expect(content).toEqual([request.body, answer.body]);
      for (const [name, value] of Object.entries(request.fields))
        expect(lines).toContain(`→   ${name}: ${value}`.trimEnd());
      for (const [name, value] of Object.entries({ ...answer.fields, ...answer.trailers }))
        expect(lines).toContain(`←   ${name}: ${value}`.trimEnd());
      expect(lines).toContain(`← ${answer.status}`);
      expect(lines.includes('← interim 103')).toBe(answer.interim);
      expect(lines.filter((line) => line.endsWith(' complete'))).toEqual(['→ complete', '← complete']);
    }
  }
});

test.each([1, 2, 3])(
  'seed %i: damaged bytes never throw, and every exchange ends',
  { timeout: 60_000 },
  async (seed) => {
    const next = random(seed * 77);
    const { steps } = await converse(next, 16);
    for (let round = 0; round < 60; round++) {
      const log = new Http2Log({ midstream: next() < 0.2 });
      for (const step of steps) {
        if (step.kind !== 'bytes') continue;
        const data = Uint8Array.from(step.data);
        while (next() < 0.2) data[Math.floor(next() * data.length)] = Math.floor(next() * 256);
        const mishap = next();
        if (mishap < 0.03) log.gap(step.side, Math.ceil(next() * 3000));
        else if (mishap < 0.06)
          deliver(
            [
              { ...step, data: data.subarray(0, Math.floor(next() * data.length)) },
              { kind: 'gap', side: step.side, length: 1 + Math.floor(next() * 40) },
            ],
            log,
          );
        else deliver([{ ...step, data }], log);
      }
      if (next() < 0.5) log.end(next() < 0.5 ? 0 : 1, next() < 0.5 ? EndOfStream.fin : EndOfStream.reset);
      log.finish();
    }
  },
);

function pieces(step: Step & { kind: 'bytes' }, size: number): Step[] {
  const all: Step[] = [];
  for (let at = 0; at < step.data.length; at += size)
    all.push({ ...step, data: step.data.slice(at, Math.min(step.data.length, at + size)) });
  return all;
}
