/** GraphQL over WebSocket: graphql-transport-ws and the older graphql-ws (subscriptions-transport-ws). */
import { idOf, isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

const beginning = new Set(['subscribe', 'start']);
const ending = new Set(['next', 'data', 'complete', 'error']);
const connection = new Set(['connection_init', 'connection_ack', 'connection_error', 'connection_terminate', 'stop']);
const heartbeats = new Set(['ping', 'pong', 'ka']);

export const graphql: Lens = {
  name: 'graphql',
  subprotocols: ['graphql-transport-ws', 'graphql-ws'],
  read({ json }: LensInput): LensView | undefined {
    if (!isObject(json) || typeof json['type'] !== 'string') return undefined;
    const { type, payload } = json;
    const id = idOf(json['id']);
    if (heartbeats.has(type)) return view(type, undefined, 'heartbeat', payload);
    if (connection.has(type)) return view(type, id, undefined, payload);
    if (id === undefined) return undefined;
    if (beginning.has(type) && isObject(payload)) return view(`${type} ${operation(payload)}`, id, 'request', payload);
    return ending.has(type) ? view(type, id, 'reply', payload) : undefined;
  },
};

/** `query Cart`, from the operation's name or the document. */
function operation(payload: Record<string, unknown>): string {
  const document = typeof payload['query'] === 'string' ? payload['query'] : '';
  const [, kind = 'query', name = ''] = /^\s*(query|mutation|subscription)\b\s*(\w*)/.exec(document) ?? [];
  const given = payload['operationName'];
  return `${kind} ${typeof given === 'string' && given !== '' ? given : name}`.trim();
}
