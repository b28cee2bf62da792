/** Action Cable: commands and messages of channels named by a JSON identifier. */
import { isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

const types = new Set(['welcome', 'disconnect', 'confirm_subscription', 'reject_subscription']);

export const actionCable: Lens = {
  name: 'Action Cable',
  subprotocols: ['actioncable-v1-json', 'actioncable-unsupported'],
  read({ json }: LensInput): LensView | undefined {
    if (!isObject(json)) return undefined;
    const { type, command, identifier, message } = json;
    if (type === 'ping' && typeof message === 'number') return view('ping', undefined, 'heartbeat');
    if (type === 'welcome' && Object.keys(json).length > 1) return undefined;
    const id = typeof identifier === 'string' && identifier.includes('"channel"') ? identifier : undefined;
    if (typeof command === 'string' && id !== undefined) {
      return view(`${command} ${channel(id)}`, id, command === 'subscribe' ? 'request' : undefined, json['data']);
    }
    if (typeof type === 'string' && types.has(type)) {
      if (id === undefined)
        return type === 'welcome' || type === 'disconnect' ? view(type, undefined, undefined) : undefined;
      return view(`${type} ${channel(id)}`, id, 'reply');
    }
    return id === undefined || message === undefined
      ? undefined
      : view(`message ${channel(id)}`, id, undefined, message);
  },
};

function channel(identifier: string): string {
  return /"channel"\s*:\s*"([^"]*)"/.exec(identifier)?.[1] ?? identifier;
}
