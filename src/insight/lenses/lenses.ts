/** The lenses, and which of them a message is looked at through. To add one: a file, and a line here. */
import { latin1 } from '../../core/bytes.ts';
import type { MessageRecord } from '../../timeline/records.ts';
import { actionCable } from './action-cable.ts';
import { graphql } from './graphql.ts';
import { json } from './json.ts';
import { jsonRpc } from './json-rpc.ts';
import { parsedJson, type Lens, type LensInput, type LensView } from './lens.ts';
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
  mqtt,
  wamp,
  json,
  protobuf,
];

export interface Reading extends LensView {
  /** Name of the lens. */
  readonly lens: string;
}

/**
 * @param subprotocol as agreed, where one was
 * @returns undefined where no lens knows the message
 */
export function readMessage(record: MessageRecord, subprotocol: string | undefined): Reading | undefined {
  const text = record.kind === 'text';
  if ((!text && record.kind !== 'binary') || record.body.truncated) return undefined;
  return readPayload(new Payload(record, text), subprotocol);
}

export function readPayload(input: LensInput, subprotocol: string | undefined): Reading | undefined {
  const agreed = subprotocol?.toLowerCase();
  const named = agreed === undefined ? undefined : lenses.find(({ subprotocols }) => subprotocols.includes(agreed));
  for (const lens of named === undefined ? lenses : [named, json]) {
    if (lens.onlyAgreed === true && lens !== named) continue;
    const view = lens.read(input);
    if (view !== undefined) return { lens: lens.name, ...view };
  }
  return undefined;
}

/** A record as lenses see it; text and JSON are made when they are asked for. */
export class Payload implements LensInput {
  readonly side: LensInput['side'];
  readonly bytes: Uint8Array;
  readonly text: string | undefined;
  private parsed = false;
  private value: unknown;

  constructor({ side, body }: Pick<MessageRecord, 'side' | 'body'>, isText: boolean) {
    this.side = side;
    this.bytes = body.data.subarray(0, body.length);
    this.text = isText ? textOf(this.bytes) : undefined;
  }

  get json(): unknown {
    if (!this.parsed) {
      this.parsed = true;
      this.value = this.text !== undefined && /^\s*[[{]/.test(this.text) ? parsedJson(this.text) : undefined;
    }
    return this.value;
  }
}

function textOf(bytes: Uint8Array): string {
  const text = latin1(bytes, 0, bytes.length);
  return /[\x80-\xff]/.test(text) ? new TextDecoder().decode(bytes) : text;
}
