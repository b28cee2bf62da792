/** What a lens is: it reads one WebSocket message as what its subprotocol says it is. One file a subprotocol. */
import type { Side } from '../../core/side.ts';
import type { LensJson } from '../../timeline/trace-format.ts';

/** What lenses remember of one WebSocket from message to message. */
export interface Conversation {
  /** As agreed in the handshake, in lower case; undefined where none was, or the handshake was not seen. */
  readonly subprotocol: string | undefined;
  /** Protocol level of the MQTT CONNECT that was seen (4 is 3.1.1, 5 is 5.0), else 0. */
  mqttLevel: number;
  /** The server has opened a SockJS session here. */
  sockjs?: boolean;
}

/** What a message is by those before it. */
export interface Context {
  /** The bytes to read in place of the message's own: they began in messages before. */
  readonly joined?: Uint8Array;
  /** What it is, where its own bytes cannot tell. */
  readonly part?: LensJson;
}

/** A message as a lens sees it. */
export interface LensInput {
  readonly side: Side;
  readonly conversation: Conversation;
  /** The text of a text message; undefined where the message is binary. */
  readonly text: string | undefined;
  readonly bytes: Uint8Array;
  /** The message as JSON, or as what the subprotocol has in its place; undefined where it is none. Parsed when first asked for. */
  readonly json: unknown;
}

export interface LensView {
  /** What the message is: its event, topic or operation, in a few words. */
  readonly label: string;
  /** What ties a reply to its request, where the message has that. */
  readonly id?: string;
  /** A request waits for the reply with its id; a stream's replies go on until its end. */
  readonly role?: 'request' | 'reply' | 'heartbeat';
  /** What it carries, decoded. */
  readonly body?: unknown;
  /** Messages that it carries, of a subprotocol of their own: the first of them tells what it is, if a lens knows it. */
  readonly inside?: readonly string[];
}

export interface Lens {
  readonly name: string;
  /** Names it is agreed by in Sec-WebSocket-Protocol, in lower case. */
  readonly subprotocols: readonly string[];
  /** What the message is; undefined where it is not of this subprotocol. */
  read(input: LensInput): LensView | undefined;
  /** May the lens be chosen by content alone? Left out: yes. */
  readonly onlyAgreed?: boolean;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number or text as an id. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** Undefined where the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only what is there: an id that is undefined is left out. */
export function view(label: string, id: string | undefined, role: LensView['role'], body?: unknown): LensView {
  return {
    label,
    ...(id === undefined ? {} : { id }),
    ...(role === undefined || (id === undefined && role !== 'heartbeat') ? {} : { role }),
    ...(body === undefined ? {} : { body }),
  };
}
