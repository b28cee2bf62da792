/** engine.io 3-4 and socket.io 2-5: `42["event",...]`, acknowledgements by number. https://socket.io/docs/v4/engine-io-protocol/ */
import { decodeMessagePack } from './message-pack.ts';
import { idOf, isObject, parsedJson, view, type Lens, type LensInput, type LensView } from './lens.ts';

const enginePackets = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];
const socketPackets = ['connect', 'disconnect', 'event', 'ack', 'connect error', 'binary event', 'binary ack'];

/** Engine packet, then for messages: socket packet, attachments, namespace, ack id, data. */
const grammar = /^4([0-6])(?:(\d{1,9})-)?(?:(\/[^,{[]{0,100}),?)?(\d{1,15})?([[{].*)?$/s;

export const socketIo: Lens = {
  name: 'socket.io',
  subprotocols: [],
  read({ text, bytes }: LensInput): LensView | undefined {
    if (text === undefined) return packed(bytes);
    if (/^[2356](?:probe)?$/.test(text)) return { label: enginePackets[Number(text[0])]!, role: 'heartbeat' };
    if (text === '1') return { label: 'close' };
    if (text.startsWith('0{"sid"')) return { label: 'open', body: parsedJson(text.slice(1)) };
    const match = grammar.exec(text);
    return match === null ? undefined : socketPacket(match);
  },
};

/** A packet of socket.io-msgpack-parser: `{"type":2,"data":["event",...],"nsp":"/","id":0}`, a map of few entries. */
function packed(bytes: Uint8Array): LensView | undefined {
  if ((bytes[0] ?? 0) < 0x82 || bytes[0]! > 0x86) return undefined;
  const packet = decodeMessagePack(bytes);
  if (!isObject(packet)) return undefined;
  const { type, nsp, data, id } = packet;
  if (typeof nsp !== 'string' || !nsp.startsWith('/') || typeof type !== 'number') return undefined;
  const name = socketPackets[type];
  return name === undefined ? undefined : packetView(name, nsp, idOf(id), data);
}

/** How many binary messages follow a packet (`451-["picture",{"_placeholder":true,"num":0}]`), and what it is; else undefined. */
export function attachmentsOf(text: string): { count: number; label: string } | undefined {
  const match = grammar.exec(text);
  if (match === null || match[2] === undefined || (match[1] !== '5' && match[1] !== '6')) return undefined;
  const label = socketPacket(match)?.label;
  return label === undefined ? undefined : { count: Number(match[2]), label };
}

function socketPacket([, type = '', , namespace, id, data]: RegExpExecArray): LensView | undefined {
  const name = socketPackets[Number(type)]!;
  const body = data === undefined ? undefined : parsedJson(data);
  if (data !== undefined && body === undefined) return undefined;
  return packetView(name, namespace, id, body);
}

function packetView(name: string, namespace: string | undefined, id: string | undefined, body: unknown): LensView {
  const event = Array.isArray(body) && typeof body[0] === 'string' && name.endsWith('event') ? ` ${body[0]}` : '';
  const place = namespace === undefined || namespace === '/' ? '' : ` ${namespace}`;
  const key = id === undefined ? undefined : `${namespace ?? ''}#${id}`;
  return view(name + event + place, key, name.endsWith('ack') ? 'reply' : 'request', body);
}
