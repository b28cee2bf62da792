/** Phoenix channels: `[join_ref, ref, topic, event, payload]`, or the older object; replies carry the request's ref. */
import { idOf, isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

export const phoenix: Lens = {
  name: 'Phoenix',
  subprotocols: ['phoenix'],
  read({ json, side }: LensInput): LensView | undefined {
    const parts = fields(json);
    if (parts === undefined) return undefined;
    const { ref, topic, event, payload } = parts;
    if (event === 'heartbeat') return view('heartbeat', undefined, 'heartbeat', payload);
    const id = idOf(ref);
    return view(`${event} ${topic}`, id, event === 'phx_reply' ? 'reply' : side === 0 ? 'request' : undefined, payload);
  },
};

function fields(json: unknown): { ref: unknown; topic: string; event: string; payload: unknown } | undefined {
  const [ref, topic, event, payload] = Array.isArray(json)
    ? json.length === 5
      ? json.slice(1)
      : []
    : isObject(json) && 'ref' in json
      ? [json['ref'], json['topic'], json['event'], json['payload']]
      : [];
  return typeof topic === 'string' && typeof event === 'string' ? { ref, topic, event, payload } : undefined;
}
