/**
 * WebSocket's own words: opcodes, close codes, the handshake's accept value and extension lists (RFC 6455, RFC 7692).
 * Facts and small pure functions; frames are read in decode/websocket, handshakes judged in timeline/upgrade-checks.ts.
 */
import { createHash } from 'node:crypto';

import { listElements } from './http.ts';

/** RFC 6455 5.2 and 11.8. 0x3-0x7 and 0xb-0xf are not assigned. */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;
export type Opcode = (typeof Opcode)[keyof typeof Opcode];

const opcodeNames: readonly string[] = [
  'continuation', 'text', 'binary', 'reserved-3', 'reserved-4', 'reserved-5', 'reserved-6', 'reserved-7',
  'close', 'ping', 'pong', 'reserved-b', 'reserved-c', 'reserved-d', 'reserved-e', 'reserved-f',
]; // prettier-ignore

/** The trace format's name of an opcode: `text`, `ping`, `reserved-b`. */
export function opcodeName(opcode: number): string {
  return opcodeNames[opcode & 0x0f]!;
}

/** Close, ping, pong, and the opcodes kept for further control frames (RFC 6455 5.5). */
export function isControl(opcode: number): boolean {
  return (opcode & 0x08) !== 0;
}

/** The most payload a control frame may carry (RFC 6455 5.5). */
export const maxControlPayload = 125;

/** Bits of a frame's first byte. */
export const FrameBit = { fin: 0x80, rsv1: 0x40, rsv2: 0x20, rsv3: 0x10 } as const;

export interface CloseCode {
  readonly name: string;
  readonly meaning: string;
}

/** Registered close codes (RFC 6455 7.4.1 and the IANA registry). */
export const closeCodes: ReadonlyMap<number, CloseCode> = new Map([
  [1000, { name: 'normal closure', meaning: 'the purpose of the connection is fulfilled' }],
  [1001, { name: 'going away', meaning: 'the server stops, or the browser left the page' }],
  [1002, { name: 'protocol error', meaning: 'the peer broke the protocol' }],
  [1003, { name: 'unsupported data', meaning: 'a kind of message this end cannot accept' }],
  [1004, { name: 'reserved', meaning: 'has no meaning yet' }],
  [1005, { name: 'no status received', meaning: 'stands for a close frame without a code; never sent' }],
  [1006, { name: 'abnormal closure', meaning: 'stands for a connection that ended without a close frame; never sent' }],
  [1007, { name: 'invalid payload data', meaning: 'data that contradicts its kind, such as text that is not UTF-8' }],
  [1008, { name: 'policy violation', meaning: 'a message against the rules of this end' }],
  [1009, { name: 'message too big', meaning: 'a message larger than this end can process' }],
  [1010, { name: 'mandatory extension', meaning: 'the server did not agree to an extension the client needs' }],
  [1011, { name: 'internal error', meaning: 'the server met a condition it did not expect' }],
  [1012, { name: 'service restart', meaning: 'the service restarts; reconnect after a random delay' }],
  [1013, { name: 'try again later', meaning: 'the service is overloaded' }],
  [1014, { name: 'bad gateway', meaning: 'a gateway got an invalid response from the server behind it' }],
  [1015, { name: 'TLS handshake failure', meaning: 'stands for a TLS handshake that failed; never sent' }],
  [3000, { name: 'unauthorized', meaning: 'credentials are missing or wrong' }],
  [3003, { name: 'forbidden', meaning: 'the credentials do not allow this' }],
  [3008, { name: 'timeout', meaning: 'the peer took too long' }],
]);

/** `1000 normal closure`; ranges of RFC 6455 7.4.2 for codes nobody registered. */
export function describeCloseCode(code: number): string {
  const known = closeCodes.get(code);
  if (known !== undefined) return `${code} ${known.name}`;
  if (code >= 4000 && code <= 4999) return `${code} private`;
  if (code >= 3000 && code <= 3999) return `${code} library or framework`;
  return `${code} unassigned`;
}

/** May this code stand in a close frame (RFC 6455 7.4)? Not those kept for local use, unassigned, or out of range. */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** Code and reason of a close frame's payload (RFC 6455 5.5.1). No code where the payload is shorter than two bytes. */
export function parseCloseBody(body: Uint8Array): { code: number | undefined; reason: string } {
  if (body.length < 2) return { code: undefined, reason: '' };
  const reason = new TextDecoder().decode(body.subarray(2));
  return { code: (body[0]! << 8) | body[1]!, reason };
}

/** Appended to the key before hashing (RFC 6455 1.3). */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The Sec-WebSocket-Accept value that answers this Sec-WebSocket-Key (RFC 6455 4.2.2, item 5.4). */
export function expectedAccept(key: string): string {
  return createHash('sha1')
    .update(key.trim() + acceptSuffix, 'latin1')
    .digest('base64');
}

/** Base64 of exactly 16 bytes (RFC 6455 4.1, item 7)? */
export function isHandshakeKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

export interface Extension {
  readonly name: string;
  /** In wire order, names as sent; the value is null where a parameter has none. Quotes are taken off. */
  readonly params: readonly (readonly [name: string, value: string | null])[];
}

/** A Sec-WebSocket-Extensions value (RFC 6455 9.1). What does not fit the grammar is kept as it stands. */
export function parseExtensions(value: string | undefined): Extension[] {
  if (value === undefined) return [];
  return listElements(value).map((element) => {
    const [name = '', ...params] = splitUnquoted(element, ';');
    return { name, params: params.filter((param) => param !== '').map(parseParam) };
  });
}

function parseParam(param: string): readonly [string, string | null] {
  const equals = param.indexOf('=');
  if (equals < 0) return [param, null];
  return [param.slice(0, equals).trim(), unquote(param.slice(equals + 1).trim())];
}

function splitUnquoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (c === separator && !quoted) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** What both ends agreed on for permessage-deflate (RFC 7692 7.1). */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** 8-15; 15 where the parameter is absent. */
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
  /** Parameters a response may not carry, in words; empty where all is well. */
  readonly problems: readonly string[];
}

export const permessageDeflate = 'permessage-deflate';

/** Reads the response's permessage-deflate element. What is wrong is listed and otherwise passed over. */
export function deflateParameters(extension: Extension): DeflateParameters {
  const problems: string[] = [];
  const seen = new Map<string, string | null>();
  for (const [name, value] of extension.params) {
    if (seen.has(name)) problems.push(`${name} stands twice`);
    seen.set(name, value);
    if (!deflateParameterNames.has(name)) problems.push(`${name} is not a parameter of ${permessageDeflate}`);
  }
  return {
    serverNoContextTakeover: flag(seen, 'server_no_context_takeover', problems),
    clientNoContextTakeover: flag(seen, 'client_no_context_takeover', problems),
    serverMaxWindowBits: windowBits(seen, 'server_max_window_bits', problems),
    clientMaxWindowBits: windowBits(seen, 'client_max_window_bits', problems),
    problems,
  };
}

const deflateParameterNames = new Set([
  'server_no_context_takeover',
  'client_no_context_takeover',
  'server_max_window_bits',
  'client_max_window_bits',
]);

function flag(params: ReadonlyMap<string, string | null>, name: string, problems: string[]): boolean {
  const value = params.get(name);
  if (value === undefined) return false;
  if (value !== null) problems.push(`${name} takes no value, "${value}" is given`);
  return true;
}

function windowBits(params: ReadonlyMap<string, string | null>, name: string, problems: string[]): number {
  const value = params.get(name);
  if (value === undefined) return 15;
  if (value !== null && /^(?:[89]|1[0-5])$/.test(value)) return Number(value);
  problems.push(value === null ? `${name} has no value` : `${name} is "${value}", not a number from 8 to 15`);
  return 15;
}
