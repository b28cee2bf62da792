/**
 * Short notation for what the doctor is shown. Messages are `GET /path | Field: value || content`, with `HTTP/1.1` and a Host
 * put in where none is given; a response begins with its status. Times are seconds, given as `@1.5` at the beginning.
 */
import { ConnectionFlag } from '../../../src/core/connection-table.ts';
import type { DiagnosticCode } from '../../../src/core/diagnostics.ts';
import { Opcode } from '../../../src/core/websocket.ts';
import { Doctor } from '../../../src/insight/doctor/doctor.ts';
import type { DiagnosticRecord, ExchangeRecord } from '../../../src/timeline/records.ts';
import type { ExchangeState } from '../../../src/timeline/trace-format.ts';
import { upgradeChecks } from '../../../src/timeline/upgrade-checks.ts';
import { connection, diagnostic, exchange, frame, openConnection, type OpenConnection } from '../../support/records.ts';

export interface ExchangeNotation {
  readonly request?: string;
  readonly response?: string;
  readonly secure?: boolean;
  readonly client?: string;
  readonly server?: string;
  /** Seconds from request to response, or to the end without one. */
  readonly wait?: number;
  /** Where it is not what the messages make of it. */
  readonly state?: ExchangeState;
  /** Bytes of the server's behind it that begin no message, as they are reported. */
  readonly stray?: string;
}

/** What happens on one WebSocket: `→ text`, `← ping x`, `→ close 1000`; `@12` before it sets the time. */
export interface WebSocketNotation {
  readonly frames: readonly string[];
  readonly closing?: 'fin' | 'reset' | 'open';
  readonly closedAt?: number;
  readonly missing?: number;
  /** Who sends the first FIN. */
  readonly closedBy?: 'client' | 'server';
}

/** Exchanges on one connection, in order. */
export interface PipelineNotation {
  readonly pipeline: readonly (readonly [request: string, response: string])[];
}

export type Notation =
  ExchangeNotation | WebSocketNotation | PipelineNotation | readonly [request: string, response: string];

/** The findings, each as `code: message`. */
export function judged(talk: readonly Notation[]): string[] {
  return findingsOf(talk).map(({ code, message }) => `${code}: ${message}`);
}

export function codesOf(talk: readonly Notation[]): DiagnosticCode[] {
  return findingsOf(talk).map(({ code }) => code);
}

export function findingsOf(talk: readonly Notation[], doctor = new Doctor()): DiagnosticRecord[] {
  const found: DiagnosticRecord[] = [];
  doctor.reportTo((record) => found.push(record));
  let time = 0;
  talk.forEach((notation, i) => {
    if ('pipeline' in notation) time = pipeline(doctor, notation, i, time);
    else if ('frames' in notation) time = webSocket(doctor, notation, i, time);
    else time = oneExchange(doctor, 'at' in notation ? pair(notation) : (notation as ExchangeNotation), i, time);
  });
  doctor.finish();
  return found;
}

function pair(notation: readonly [string, string]): ExchangeNotation {
  return { request: notation[0], response: notation[1] };
}

function pipeline(doctor: Doctor, { pipeline: pairs }: PipelineNotation, index: number, before: number): number {
  const on = openConnection();
  on.table.ids[on.slot] = index;
  let time = before;
  for (const one of pairs) time = sayExchange(doctor, pair(one), on, index, time);
  doctor.connection(connection({ on, closing: 'fin', handshakeRtt: 1e6, closedAt: time * 1e9 }));
  return time;
}

function oneExchange(doctor: Doctor, notation: ExchangeNotation, index: number, before: number): number {
  const { secure = false, client = '192.0.2.1:40000', server = '198.51.100.7:80' } = notation;
  const on = openConnection({ client, server, secure });
  on.table.ids[on.slot] = index;
  const answered = sayExchange(doctor, notation, on, index, before);
  on.table.flags[on.slot]! |= ConnectionFlag.finished;
  doctor.connection(connection({ on, closing: 'fin', handshakeRtt: 1e6, closedAt: answered * 1e9 }));
  return answered;
}

function sayExchange(
  doctor: Doctor,
  notation: ExchangeNotation,
  on: OpenConnection,
  index: number,
  before: number,
): number {
  const { secure = false, wait = 0.01, state } = notation;
  const [time, request] = timed(notation.request, before + 0.02);
  const [answered, response] = timed(notation.response, time + wait);
  const record = exchange({
    on,
    id: index + 1,
    secure,
    times: [time * 1e9, time * 1e9, answered * 1e9, answered * 1e9],
    packets: [index * 10 + 1, index * 10 + 1, index * 10 + 2, index * 10 + 2],
    ...(state === undefined ? {} : { state }),
    ...(request === undefined ? {} : { request: requestText(request) }),
    ...(response === undefined ? {} : { response: responseText(response) }),
  });
  record.endedAt = answered * 1e9;
  doctor.exchange(record);
  judgeUpgrade(doctor, record);
  if (notation.stray !== undefined)
    doctor.diagnostic(diagnostic('http.bad-start-line', { connection: index, side: 1, message: notation.stray }));
  return answered;
}

function judgeUpgrade(doctor: Doctor, record: ExchangeRecord): void {
  const { request, response } = record;
  if (!/^(?:upgrade|sec-websocket-key):/im.test(request.headers.map(([name]) => `${name}:`).join('\n'))) return;
  const { problems: _, ...judgement } = upgradeChecks(request.head, response.present ? response.head : null);
  doctor.upgrade({ connection: record.connection, exchange: record.id, time: 0, ...judgement });
}

function timed(text: string | undefined, otherwise: number): [number, string | undefined] {
  const [, time, rest] = /^@([\d.]+) ?(.*)$/s.exec(text ?? '') ?? [];
  return time === undefined ? [otherwise, text] : [Number(time), rest];
}

function requestText(text: string): string {
  const [head = '', content = ''] = text.split(' || ');
  const [line = '', ...fields] = head.split(' | ');
  const host = fields.some((field) => /^host:/i.test(field)) ? [] : ['Host: example.com'];
  const version = line.startsWith('CONNECT /') ? 'HTTP/2.0' : 'HTTP/1.1';
  return [`${line} ${version}`, ...host, ...fields, '', content].join('\r\n');
}

function responseText(text: string): string {
  const [head = '', content = ''] = text.split(' || ');
  const [status = '', ...fields] = head.split(' | ');
  return [`HTTP/1.1 ${status} X`, ...fields, '', content].join('\r\n');
}

const opcodes: Readonly<Record<string, number>> = { ping: Opcode.ping, pong: Opcode.pong, close: Opcode.close };

function webSocket(doctor: Doctor, notation: WebSocketNotation, index: number, before: number): number {
  const on: OpenConnection = openConnection();
  on.table.ids[on.slot] = index;
  let now = before;
  notation.frames.forEach((text, i) => {
    const [time, rest = ''] = timed(text, now + 0.01);
    now = time;
    const [arrow, kind = '', ...words] = rest.split(' ');
    const [value, key] = words;
    const from = arrow === '→' ? 'client' : 'server';
    const code = Number(value);
    const payload = kind === 'close' && value !== undefined ? Uint8Array.of(code >> 8, code & 255) : (value ?? '');
    doctor.frame(
      frame({
        on,
        from,
        time: now * 1e9,
        packets: [i + 1, i + 1],
        opcode: opcodes[kind] ?? Opcode.text,
        payload,
        ...(from === 'client' ? { maskingKey: key === undefined ? 1000 + i : Number(key) } : {}),
      }),
    );
  });
  if (notation.closedBy !== undefined) on.table.noteFin(on.slot, notation.closedBy === 'client' ? 0 : 1);
  const closedAt = notation.closedAt ?? now + 0.01;
  const missing: [number, number] = [notation.missing ?? 0, 0];
  doctor.connection(
    connection({
      on,
      closing: notation.closing ?? 'fin',
      closedAt: closedAt * 1e9,
      missingBytes: missing,
      protocols: ['http/1.1', 'websocket'],
    }),
  );
  return closedAt;
}
