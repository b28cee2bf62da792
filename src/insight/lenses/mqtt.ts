/**
 * MQTT 3.1, 3.1.1 and 5, read by the protocol's own parser: one or several control packets in a message. Which version is
 * spoken only CONNECT says; it is remembered, and also tells a conversation for MQTT where no subprotocol was seen.
 */
import { createRequire } from 'node:module';
import type { Packet } from 'mqtt-packet';
import { u16 } from '../../core/bytes.ts';
import type { LensJson } from '../../timeline/trace-format.ts';
import { view, type Lens, type LensInput, type LensView } from './lens.ts';
import { plain } from './plain.ts';

type Library = typeof import('mqtt-packet');

const require = createRequire(import.meta.url);
let library: Library | undefined;

export const mqttSubprotocols: readonly string[] = ['mqtt', 'mqttv3.1'];
const versions: Readonly<Record<number, string>> = { 3: '3.1', 4: '3.1.1', 5: '5' };
const mostPackets = 100;

export const mqtt: Lens = {
  name: 'MQTT',
  subprotocols: mqttSubprotocols,
  read({ text, bytes, conversation }: LensInput): LensView | undefined {
    if (text !== undefined || bytes.length < 2) return undefined;
    const level = connectLevel(bytes) || conversation.mqttLevel;
    const isAgreed = mqttSubprotocols.includes(conversation.subprotocol ?? '');
    if (level === 0 && !isAgreed) return undefined;
    const packets = packetsOf(bytes, level || 4) ?? (level === 0 ? packetsOf(bytes, 5) : undefined);
    return packets === undefined ? undefined : viewOf(packets);
  },
};

/** The protocol level, where the bytes begin with CONNECT (MQTT 3.1.1 3.1.2); else 0. */
export function connectLevel(bytes: Uint8Array): number {
  if (bytes[0] !== 0x10) return 0;
  let at = 1;
  while (at < 5 && bytes[at]! >= 0x80) at++;
  at++;
  if (at + 2 > bytes.length) return 0;
  const length = u16(bytes, at);
  const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + 2, Math.min(length, 6, bytes.length - at - 2));
  const level = bytes[at + 2 + length] ?? 0;
  const isKnown = name.equals(protocolName) || name.equals(olderName);
  return isKnown && versions[level & 0x7f] !== undefined ? level & 0x7f : 0;
}
const protocolName = Buffer.from('MQTT');
const olderName = Buffer.from('MQIsdp');

/** Undefined where the bytes are not whole packets from end to end. */
function packetsOf(bytes: Uint8Array, protocolVersion: number): Packet[] | undefined {
  library ??= require('mqtt-packet') as Library;
  const packets: Packet[] = [];
  let failed = false;
  const parser = library.parser({ protocolVersion });
  parser.on('packet', (packet: Packet) => {
    if (packets.length < mostPackets) packets.push(packet);
  });
  parser.on('error', () => {
    failed = true;
  });
  try {
    const rest = parser.parse(Buffer.from(bytes));
    return failed || rest > 0 || packets.length === 0 ? undefined : packets;
  } catch {
    return undefined;
  }
}

const typeNames = [
  '', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE',
  'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH',
]; // prettier-ignore

/** A message that holds part of a packet, and not its end. */
export function partOfPacket(type: number): LensJson {
  return { name: mqtt.name, label: `part of ${typeNames[type]!}` };
}

function viewOf(packets: readonly Packet[]): LensView {
  const [first] = packets;
  const more = packets.length > 1 ? ` and ${packets.length - 1} more` : '';
  const bodies = packets.map(bodyOf);
  const { label, id, role } = summaryOf(first!);
  return view(label + more, id, role, bodies.length === 1 ? bodies[0] : bodies);
}

type Summary = Pick<LensView, 'label' | 'id' | 'role'>;

function summaryOf(packet: Packet): Summary {
  const name = packet.cmd.toUpperCase();
  const id = packet.messageId;
  const of = (kind: string, role: 'request' | 'reply', label = name): Summary =>
    id === undefined ? { label } : { label, id: `${kind} ${id}`, role };
  switch (packet.cmd) {
    case 'connect':
      return {
        label: `${name} ${packet.clientId || 'without an id'} (MQTT ${versions[packet.protocolVersion ?? 4] ?? '?'})`,
      };
    case 'connack': {
      const code = packet.reasonCode ?? packet.returnCode ?? 0;
      return { label: code === 0 ? name : `${name} refused (${code})` };
    }
    case 'publish':
      return of('publish', 'request', `${name} ${packet.topic}`.trimEnd());
    case 'subscribe':
      return of('subscribe', 'request', topicsLabel(name, packet.subscriptions.map(({ topic }) => topic))); // prettier-ignore
    case 'unsubscribe':
      return of('unsubscribe', 'request', topicsLabel(name, packet.unsubscriptions));
    case 'puback':
    case 'pubrec':
      return of('publish', 'reply');
    case 'suback':
      return of('subscribe', 'reply');
    case 'unsuback':
      return of('unsubscribe', 'reply');
    case 'pingreq':
    case 'pingresp':
      return { label: name, role: 'heartbeat' };
    default:
      return { label: name };
  }
}

function topicsLabel(name: string, topics: readonly string[]): string {
  const [first = '', ...others] = topics;
  return `${name} ${first}${others.length === 0 ? '' : ` and ${others.length} more`}`;
}

/** The packet's fields; those of its first byte mean something in PUBLISH alone. */
function bodyOf(packet: Packet): unknown {
  const { length: _, ...fields } = packet;
  const shown = Object.entries(fields).filter(
    ([name, value]) => value !== null && value !== undefined && (packet.cmd === 'publish' || !publishFlags.has(name)),
  );
  return plain(Object.fromEntries(shown));
}
const publishFlags: ReadonlySet<string> = new Set(['retain', 'qos', 'dup']);
