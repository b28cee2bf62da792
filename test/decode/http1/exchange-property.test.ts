/** Any well-formed conversation, however it is cut, comes out as it went in, without a single diagnostic. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { client, server } from '../../../src/core/side.ts';
import { EndOfStream } from '../../../src/core/sinks.ts';
import { deliver, type Step } from '../../support/transcript.ts';
import { HttpLog } from './http-log.ts';

interface Message {
  line: string;
  fields: [string, string][];
  framing: 'none' | 'length' | 'chunked' | 'close';
  content: string;
  chunks: number;
  trailers: [string, string][];
}

const tokens = fc.stringMatching(/^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,20}$/);
const values = fc.stringMatching(/^(?:[!-~](?:[ -~]{0,40}[!-~])?)?$/);
const fields = fc.array(fc.tuple(tokens, values), { maxLength: 6 }).map((all) => all.filter(([name]) => !isRead(name)));
const contents = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text).toString('latin1'));

/** Names that mean something to the decoder are added where they mean what they should. */
function isRead(name: string): boolean {
  return /^(?:host|connection|content-length|transfer-encoding|upgrade|trailer|content-encoding|content-type)$/i.test(
    name,
  );
}

const requests = fc.record<Message & { method: string }>({
  method: fc.oneof(
    fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE'),
    tokens.filter((name) => name !== 'CONNECT'),
  ),
  line: fc.stringMatching(/^\/[!-~]{0,40}$/),
  fields,
  framing: fc.constantFrom('none', 'length', 'chunked'),
  content: contents,
  chunks: fc.integer({ min: 1, max: 20 }),
  trailers: fields,
});
const responses = fc.record<Message & { status: number; interim: number[] }>({
  status: fc.constantFrom(200, 201, 204, 206, 301, 304, 404, 500, 599),
  interim: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
  line: fc.stringMatching(/^(?:[!-~]{1,9})?$/),
  fields,
  framing: fc.constantFrom('length', 'chunked', 'close'),
  content: contents,
  chunks: fc.integer({ min: 1, max: 20 }),
  trailers: fields,
});
const conversations = fc.array(fc.tuple(requests, responses), { minLength: 1, maxLength: 6 });

function encoded(line: string, message: Message, hasContent: boolean, host: boolean): string {
  let head = line + '\r\n';
  if (host) head += 'Host: a\r\n';
  for (const [name, value] of message.fields) head += `${name}: ${value}\r\n`;
  const { content } = message;
  if (message.framing === 'length')
    return `${head}Content-Length: ${content.length}\r\n\r\n${hasContent ? content : ''}`;
  if (message.framing === 'close') return `${head}\r\n${hasContent ? content : ''}`;
  if (message.framing === 'none') return head + '\r\n';
  let body = '';
  for (let at = 0; at < content.length; at += message.chunks) {
    const chunk = content.slice(at, at + message.chunks);
    body += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  body += '0\r\n' + message.trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('') + '\r\n';
  return `${head}Transfer-Encoding: chunked\r\n\r\n${hasContent ? body : ''}`;
}

/** The log of one message, the line that names it first. */
function expected(
  id: number,
  arrow: string,
  line: string,
  message: Message,
  hasContent: boolean,
  host: boolean,
): string[] {
  const field = ([name, value]: [string, string]): string =>
    `${id} ${arrow}   ${quoted(name)}: ${quoted(value)}`.trimEnd();
  const log = [`${id} ${arrow} ${line}`.trimEnd()];
  if (host) log.push(field(['Host', 'a']));
  log.push(...message.fields.map(field));
  if (message.framing === 'length') log.push(field(['Content-Length', String(message.content.length)]));
  if (message.framing === 'chunked') log.push(field(['Transfer-Encoding', 'chunked']));
  if (hasContent && message.framing !== 'none' && message.content !== '')
    log.push(`${id} ${arrow} ${quoted(message.content)}`);
  if (hasContent && message.framing === 'chunked' && message.trailers.length > 0)
    log.push(`${id} ${arrow} trailers`, ...message.trailers.map(field));
  log.push(`${id} ${arrow} complete`);
  return log;
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Cuts a side's bytes into deliveries, whose lengths come from `lengths` in turn. */
function cut(side: 0 | 1, text: string, lengths: readonly number[]): Step[] {
  const data = Buffer.from(text, 'latin1');
  const steps: Step[] = [];
  for (let at = 0, i = 0; at < data.length; i++) {
    const length = lengths[i % lengths.length]!;
    steps.push({ kind: 'bytes', side, data: data.subarray(at, at + length) });
    at += length;
  }
  return steps;
}

test('what is sent is what is told', () => {
  fc.assert(
    fc.property(
      conversations,
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
      (exchanges, pipelined, lengths) => {
        const steps: Step[] = [];
        const log: string[] = [];
        let all = '';
        let allAnswers = '';
        const asked: string[] = [];
        const answered: string[] = [];
        exchanges.forEach(([request, response], i) => {
          const last = i === exchanges.length - 1;
          const framed: typeof response =
            response.framing === 'close' && !last ? { ...response, framing: 'length' } : response;
          const hasContent = request.method !== 'HEAD' && framed.status !== 204 && framed.status !== 304;
          // RFC 9112 6.1, RFC 9110 8.6: 204 says nothing of a length.
          if (framed.status === 204) framed.framing = 'close';
          const question = encoded(`${request.method} ${request.line} HTTP/1.1`, request, true, true);
          let answer = '';
          const id = i + 1;
          const interim: string[] = [];
          for (const status of framed.interim) {
            answer += `HTTP/1.1 ${status} Wait\r\n\r\n`;
            interim.push(`${id} ← interim ${status} 1.1`);
          }
          answer += encoded(`HTTP/1.1 ${framed.status} ${framed.line}`, framed, hasContent, false);
          const told = expected(id, '→', `${request.method} ${quoted(request.line)} 1.1`, request, true, true);
          const reply = expected(id, '←', `${framed.status} 1.1 ${quoted(framed.line)}`, framed, hasContent, false);
          asked.push(...told);
          answered.push(...interim, ...reply, `${id} ended`);
          all += question;
          allAnswers += answer;
          if (!pipelined) {
            steps.push(...cut(client, question, lengths), ...cut(server, answer, lengths));
            log.push(...told, ...interim, ...reply, `${id} ended`);
          }
        });
        if (pipelined) {
          steps.push(...cut(client, all, lengths), ...cut(server, allAnswers, lengths));
          log.push(...asked, ...answered);
        }
        steps.push(
          { kind: 'end', side: server, how: EndOfStream.fin },
          { kind: 'end', side: client, how: EndOfStream.fin },
        );
        const heard = new HttpLog();
        deliver(steps, heard);
        expect(heard.finish().text).toBe(log.join('\n'));
      },
    ),
    { numRuns: 1500, seed: 9112 },
  );
});
