/** The lenses, and which of them a message is looked at through. To add one: a file, and a line here. */
import { latin1 } from '../../core/bytes.ts';
import type { MessageRecord } from '../../timeline/records.ts';
import type { LensJson } from '../../timeline/trace-format.ts';
import { actionCable } from './action-cable.ts';
import { cbor, decodeCbor, prepareCbor } from './cbor.ts';
import { graphql } from './graphql.ts';
import { json } from './json.ts';
import { jsonRpc } from './json-rpc.ts';
import { parsedJson, type Context, type Conversation, type Lens, type LensInput } from './lens.ts';
import { decodeMessagePack, messagePack } from './message-pack.ts';
import { mqtt } from './mqtt.ts';
import { phoenix } from './phoenix.ts';
import { protobuf } from './protobuf.ts';
import { signalr } from './signalr.ts';
import { socketIo } from './socket-io.ts';
import { sockjs } from './sockjs.ts';
import { stomp } from './stomp.ts';
import { wamp } from './wamp.ts';

/** In the order they are tried where the subprotocol does not tell: what is told surely before what is told loosely. */
export const lenses: readonly Lens[] = [
  signalr,
  stomp,
  jsonRpc,
  actionCable,
  graphql,
  phoenix,
  socketIo,
  sockjs,
  wamp,
  json,
  mqtt,
  messagePack,
  cbor,
  protobuf,
];
/** Loads what cannot be loaded while a message waits. Without it some messages are not read. */
export const prepareLenses = prepareCbor;

/** What may be inside a subprotocol whose own lens does not know a message. */
const generic: readonly Lens[] = [json, messagePack, cbor];

/** What texts begin with that a lens may know by content: `{`, `[`, a digit, a letter of a frame or command, white space. */
const telling = new Uint8Array(256);
for (const c of '{[ \t\r\n0123456ohacmABCDEMNRSU') telling[c.charCodeAt(0)] = 1;

/** @returns undefined where no lens knows the message */
export function readMessage(
  { kind, side, body }: MessageRecord,
  conversation: Conversation,
  { joined, part }: Context = alone,
): LensJson | undefined {
  if (part !== undefined) return part;
  const isText = kind === 'text';
  if ((!isText && kind !== 'binary') || body.truncated || body.length === 0) return undefined;
  if (isText && conversation.subprotocol === undefined && telling[body.data[0]!] === 0) return undefined;
  return readPayload(new Payload(side, joined ?? body.data.subarray(0, body.length), isText, conversation));
}
const alone: Context = {};

export function readPayload(input: LensInput): LensJson | undefined {
  const { subprotocol } = input.conversation;
  const named =
    input.conversation.sockjs === true ? sockjs : subprotocol === undefined ? undefined : lensOf(subprotocol);
  for (const lens of named === undefined ? lenses : [named, ...generic]) {
    if (lens.onlyAgreed === true && lens !== named) continue;
    const view = lens.read(input);
    if (view === undefined) continue;
    const { body, inside, ...rest } = view;
    const within = inside === undefined ? undefined : readInside(input, inside);
    if (within !== undefined) return within;
    // Of a text that is JSON as a whole, the text says it all.
    const isItsText = input.text !== undefined && input.json !== undefined;
    return { name: lens.name, ...rest, ...(body === undefined || isItsText ? {} : { body }) };
  }
  return undefined;
}

function lensOf(subprotocol: string): Lens | undefined {
  return lenses.find((lens) => lens.subprotocols.includes(subprotocol));
}

/** Subprotocols inside another: STOMP in SockJS. What is only JSON says no more than the message around it. */
function readInside({ side }: LensInput, [first = '', ...others]: readonly string[]): LensJson | undefined {
  const reading = readPayload(new Payload(side, Buffer.from(first), true, { subprotocol: undefined, mqttLevel: 0 }));
  if (reading === undefined || reading.name === json.name) return undefined;
  return others.length === 0 ? reading : { ...reading, label: `${reading.label} and ${others.length} more` };
}

/** A message as lenses see it; text and JSON are made when they are asked for. */
export class Payload implements LensInput {
  readonly side: LensInput['side'];
  readonly conversation: Conversation;
  readonly bytes: Uint8Array;
  readonly text: string | undefined;
  private parsed = false;
  private value: unknown;

  constructor(side: LensInput['side'], bytes: Uint8Array, isText: boolean, conversation: Conversation) {
    this.side = side;
    this.conversation = conversation;
    this.bytes = bytes;
    this.text = isText ? textOf(bytes) : undefined;
  }

  get json(): unknown {
    if (!this.parsed) {
      this.parsed = true;
      this.value = this.text === undefined ? this.decoded() : jsonOf(this.text);
    }
    return this.value;
  }

  /** Subprotocols that come in several encodings say which in their name: `wamp.2.msgpack`. */
  private decoded(): unknown {
    const { subprotocol = '' } = this.conversation;
    if (subprotocol.endsWith('.msgpack')) return decodeMessagePack(this.bytes);
    return subprotocol.endsWith('.cbor') ? decodeCbor(this.bytes) : undefined;
  }
}

function jsonOf(text: string): unknown {
  return /^\s*[[{]/.test(text) ? parsedJson(text) : undefined;
}

function textOf(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, bytes.length);
  return /[\x80-\xff]/.test(text) ? new TextDecoder().decode(bytes) : text;
}
