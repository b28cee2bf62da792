/** Reads the messages of all open WebSockets by what each has agreed on. Memory: one small object a conversation that needs it. */
import type { MessageReader, MessageRecord } from '../../timeline/records.ts';
import type { LensJson } from '../../timeline/trace-format.ts';
import { server } from '../../core/side.ts';
import type { Context, Conversation } from './lens.ts';
import { prepareLenses, readMessage } from './lenses.ts';
import { MqttStream } from './mqtt-stream.ts';
import { connectLevel, mqttSubprotocols, partOfPacket } from './mqtt.ts';
import { attachmentsOf } from './socket-io.ts';

const mostConnections = 1 << 17;
/** Streams of one connection that are told apart (HTTP/2). */
const mostStreams = 256;
const longestSubprotocol = 200;
const letterO = 0x6f;
const digit4 = 0x34;

interface Known extends Conversation {
  readonly stream: number;
  /** By side, once MQTT is spoken. */
  mqtt?: readonly [MqttStream, MqttStream];
  /** By side: the binary messages that a socket.io packet has announced. */
  attachments?: [Attachments | undefined, Attachments | undefined];
}

interface Attachments {
  readonly of: string;
  readonly count: number;
  seen: number;
}

const unknown: Conversation = { subprotocol: undefined, mqttLevel: 0 };
const noContext: Context = {};

export class MessageLenses implements MessageReader {
  private prepared = false;
  /** By connection id: what is known of its conversations. */
  private readonly known = new Map<number, Known[]>();
  /** What the message that came last is by those before it. */
  private last = -1;
  private context: Context = noContext;

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
    this.last = -1;
    const { kind, body } = record;
    if (body.length === 0) return;
    if (kind === 'text') this.text(record);
    else if (kind === 'binary') this.binary(record);
  }

  read(record: MessageRecord): LensJson | undefined {
    const context = record.id === this.last ? this.context : noContext;
    return readMessage(record, this.find(record.connection, record.stream) ?? unknown, context);
  }

  /** Two texts say how later messages are to be read. */
  private text(record: MessageRecord): void {
    const { side, body, connection, stream } = record;
    const first = body.data[0]!;
    if (first === letterO && body.length === 1 && side === server) {
      const conversation = this.find(connection, stream) ?? this.add(connection, stream, undefined);
      if (conversation !== undefined) conversation.sockjs = true;
    } else if (first === digit4 && body.length > 4 && (body.data[1] === digit4 + 1 || body.data[1] === digit4 + 2)) {
      this.announce(record);
    }
  }

  private announce({ side, body, connection, stream }: MessageRecord): void {
    if (body.truncated) return;
    const announced = attachmentsOf(Buffer.from(body.data.subarray(0, body.length)).toString());
    if (announced === undefined) return;
    const conversation = this.find(connection, stream) ?? this.add(connection, stream, undefined);
    if (conversation === undefined) return;
    conversation.attachments ??= [undefined, undefined];
    conversation.attachments[side] = { of: announced.label.slice(0, 200), count: announced.count, seen: 0 };
  }

  private binary(record: MessageRecord): void {
    // Who did not prepare them reads what comes a moment later.
    if (!this.prepared) void prepareLenses();
    this.prepared = true;
    const { connection, stream, side, body } = record;
    let conversation = this.find(connection, stream);
    if (body.length >= 10 && body.data[0] === 0x10) {
      const level = connectLevel(body.data.subarray(0, body.length));
      if (level !== 0) conversation ??= this.add(connection, stream, undefined);
      if (level !== 0 && conversation !== undefined) conversation.mqttLevel = level;
    }
    if (conversation === undefined) return;
    const { mqttLevel, subprotocol = '', attachments } = conversation;
    if (mqttLevel !== 0 || mqttSubprotocols.includes(subprotocol)) this.mqtt(conversation, record);
    else if (attachments?.[side] !== undefined) this.attachment(attachments[side], record);
  }

  private mqtt(conversation: Known, { id, side, body, length, complete }: MessageRecord): void {
    const stream = (conversation.mqtt ??= [new MqttStream(), new MqttStream()])[side];
    if (!complete) {
      stream.lose();
      return;
    }
    const bytes = body.data.subarray(0, body.length);
    const joined = stream.push(bytes, length);
    this.last = id;
    if (joined === undefined) this.context = stream.partOf === 0 ? noContext : { part: partOfPacket(stream.partOf) };
    else this.context = { joined };
    if (joined !== undefined && conversation.mqttLevel === 0) conversation.mqttLevel = connectLevel(joined);
  }

  private attachment(announced: Attachments, { id }: MessageRecord): void {
    if (announced.seen === announced.count) return;
    announced.seen++;
    this.last = id;
    this.context = {
      part: { name: 'socket.io', label: `attachment ${announced.seen} of ${announced.count}: ${announced.of}` },
    };
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
    const conversation: Known = { stream, subprotocol, mqttLevel: 0 };
    conversations.push(conversation);
    return conversation;
  }
}
