/** MQTT 3.1.1 and 5: control packets by their fixed header, topics, packet identifiers. Properties are not read. */
import { u16 } from '../../core/bytes.ts';
import { view, type Lens, type LensInput, type LensView } from './lens.ts';

const names = [
  '', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK', 'UNSUBSCRIBE',
  'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH',
]; // prettier-ignore
const utf8 = new TextDecoder();

export const mqtt: Lens = {
  name: 'MQTT',
  subprotocols: ['mqtt', 'mqttv3.1'],
  onlyAgreed: true,
  read({ text, bytes }: LensInput): LensView | undefined {
    if (text !== undefined || bytes.length < 2) return undefined;
    const type = bytes[0]! >> 4;
    const name = names[type];
    const body = afterLength(bytes);
    if (name === undefined || name === '' || body < 0) return undefined;
    return packet(name, bytes, body);
  },
};

function packet(name: string, bytes: Uint8Array, at: number): LensView {
  switch (name) {
    case 'PUBLISH': {
      const quality = (bytes[0]! >> 1) & 3;
      const topic = string(bytes, at);
      const after = at + 2 + (at + 2 <= bytes.length ? u16(bytes, at) : 0);
      const id = quality > 0 && after + 2 <= bytes.length ? `publish ${u16(bytes, after)}` : undefined;
      return view(`PUBLISH ${topic}`, id, 'request', { quality });
    }
    case 'CONNECT': {
      const protocol = string(bytes, at);
      const level = bytes[at + 2 + protocol.length];
      return view(`CONNECT ${protocol} ${level ?? ''}`.trimEnd(), undefined, undefined);
    }
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return view(name, idAt(name, bytes, at), 'request');
    case 'PUBACK':
    case 'PUBREC':
      return view(name, idAt('publish', bytes, at), 'reply');
    case 'SUBACK':
    case 'UNSUBACK':
      return view(name, idAt(name === 'SUBACK' ? 'SUBSCRIBE' : 'UNSUBSCRIBE', bytes, at), 'reply');
    case 'PINGREQ':
    case 'PINGRESP':
      return view(name, undefined, 'heartbeat');
    default:
      return view(name, undefined, undefined);
  }
}

function idAt(kind: string, bytes: Uint8Array, at: number): string | undefined {
  return at + 2 <= bytes.length ? `${kind} ${u16(bytes, at)}` : undefined;
}

/** Where the packet goes on after its remaining length (1-4 bytes of seven bits); -1 where that is none. */
function afterLength(bytes: Uint8Array): number {
  for (let i = 1; i <= 4 && i < bytes.length; i++) if (bytes[i]! < 0x80) return i + 1;
  return -1;
}

function string(bytes: Uint8Array, at: number): string {
  if (at + 2 > bytes.length) return '';
  return utf8.decode(bytes.subarray(at + 2, Math.min(bytes.length, at + 2 + u16(bytes, at))));
}
