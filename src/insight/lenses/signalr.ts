/** SignalR's JSON hub protocol: objects that end in a record separator, told by their type number. */
import { idOf, isObject, parsedJson, view, type Lens, type LensInput, type LensView } from './lens.ts';

const separator = '\x1e';
const types = [
  '',
  'invocation',
  'stream item',
  'completion',
  'stream invocation',
  'cancel',
  'ping',
  'close',
  'ack',
  'sequence',
];

export const signalr: Lens = {
  name: 'SignalR',
  subprotocols: [],
  read({ text }: LensInput): LensView | undefined {
    if (text === undefined || !text.endsWith(separator)) return undefined;
    const records = text.slice(0, -1).split(separator);
    const body = parsedJson(records[0]!);
    if (!isObject(body)) return undefined;
    const more = records.length > 1 ? ` and ${records.length - 1} more` : '';
    if (typeof body['protocol'] === 'string')
      return view(`handshake ${body['protocol']}${more}`, undefined, undefined, body);
    if (body['type'] === undefined) return view(`handshake accepted${more}`, undefined, undefined, body);
    const type = types[Number(body['type'])] ?? 'unknown';
    const target = typeof body['target'] === 'string' ? ` ${body['target']}` : '';
    if (type === 'ping') return view(type, undefined, 'heartbeat');
    const role = type === 'completion' ? 'reply' : type.endsWith('invocation') ? 'request' : undefined;
    return view(type + target + more, idOf(body['invocationId']), role, body);
  },
};
