/** engine.io 3-4 and socket.io 2-5: `42["event",...]`, acknowledgements by number. https://socket.io/docs/v4/engine-io-protocol/ */
import { parsedJson, view, type Lens, type LensInput, type LensView } from './lens.ts';

const enginePackets = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'];
const socketPackets = ['connect', 'disconnect', 'event', 'ack', 'connect error', 'binary event', 'binary ack'];

/** Engine packet, then for messages: socket packet, attachments, namespace, ack id, data. */
const grammar = /^4([0-6])(?:(\d{1,9})-)?(?:(\/[^,{[]{0,100}),?)?(\d{1,15})?([[{].*)?$/s;

export const socketIo: Lens = {
  name: 'socket.io',
  subprotocols: [],
  read({ text }: LensInput): LensView | undefined {
    if (text === undefined) return undefined;
    if (/^[2356](?:probe)?$/.test(text)) return { label: enginePackets[Number(text[0])]!, role: 'heartbeat' };
    if (text === '1') return { label: 'close' };
    if (text.startsWith('0{"sid"')) return { label: 'open', body: parsedJson(text.slice(1)) };
    const match = grammar.exec(text);
    return match === null ? undefined : socketPacket(match);
  },
};

function socketPacket([, type = '', , namespace, id, data]: RegExpExecArray): LensView | undefined {
  const name = socketPackets[Number(type)]!;
  const body = data === undefined ? undefined : parsedJson(data);
  if (data !== undefined && body === undefined) return undefined;
  const event = Array.isArray(body) && typeof body[0] === 'string' && name.endsWith('event') ? ` ${body[0]}` : '';
  const place = namespace === undefined || namespace === '/' ? '' : ` ${namespace}`;
  const key = id === undefined ? undefined : `${namespace ?? ''}#${id}`;
  return view(name + event + place, key, name.endsWith('ack') ? 'reply' : 'request', body);
}
