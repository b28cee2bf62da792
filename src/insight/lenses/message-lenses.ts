/** Reads the messages of all open WebSockets by what each has agreed on. Memory: one small object a conversation that needs it. */
import type { MessageReader, MessageRecord } from '../../timeline/records.ts';
import type { LensJson } from '../../timeline/trace-format.ts';
import type { Conversation } from './lens.ts';
import { prepareLenses, readMessage } from './lenses.ts';
import { connectLevel } from './mqtt.ts';

const mostConnections = 1 << 17;
/** Streams of one connection that are told apart (HTTP/2). */
const mostStreams = 256;
const longestSubprotocol = 200;

interface Known extends Conversation {
  readonly stream: number;
}

const unknown: Conversation = { subprotocol: undefined, mqttLevel: 0 };

export class MessageLenses implements MessageReader {
  private prepared = false;
  /** By connection id: what is known of its conversations. */
  private readonly known = new Map<number, Known[]>();

  /** @param subprotocol as the server chose it; undefined where it chose none */
  agreed(connection: number, stream: number, subprotocol: string | undefined): void {
    if (subprotocol !== undefined) this.add(connection, stream, subprotocol.slice(0, longestSubprotocol).toLowerCase());
  }

  ended(connection: number): void {
    if (this.known.size > 0) this.known.delete(connection);
  }

  /** Makes the message readable for all who come after. */
  message(record: MessageRecord): void {
    record.reader = this;
    if (record.kind !== 'binary' || record.body.length === 0) return;
    // Who did not prepare them has a live session: what comes a moment later can be read.
    if (!this.prepared) void prepareLenses();
    this.prepared = true;
    if (record.body.length < 10 || record.body.data[0] !== 0x10) return;
    const level = connectLevel(record.body.data.subarray(0, record.body.length));
    if (level === 0) return;
    const { connection, stream } = record;
    const conversation = this.find(connection, stream) ?? this.add(connection, stream, undefined);
    if (conversation !== undefined) conversation.mqttLevel = level;
  }

  read(record: MessageRecord): LensJson | undefined {
    return readMessage(record, this.find(record.connection, record.stream) ?? unknown);
  }

  private find(connection: number, stream: number): Known | undefined {
    return this.known.size === 0 ? undefined : this.known.get(connection)?.find((one) => one.stream === stream);
  }

  private add(connection: number, stream: number, subprotocol: string | undefined): Known | undefined {
    let conversations = this.known.get(connection);
    if (conversations === undefined) {
      if (this.known.size >= mostConnections) return undefined;
      this.known.set(connection, (conversations = []));
    }
    if (conversations.length >= mostStreams) conversations.shift();
    const conversation = { stream, subprotocol, mqttLevel: 0 };
    conversations.push(conversation);
    return conversation;
  }
}
