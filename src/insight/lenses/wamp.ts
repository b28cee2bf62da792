/** WAMP 2: arrays that begin with a message code; calls, publications and registrations are answered by request id. */
import { idOf, view, type Lens, type LensInput, type LensView } from './lens.ts';

const names: Readonly<Record<number, string>> = {
  1: 'HELLO', 2: 'WELCOME', 3: 'ABORT', 4: 'CHALLENGE', 5: 'AUTHENTICATE', 6: 'GOODBYE', 8: 'ERROR', 16: 'PUBLISH',
  17: 'PUBLISHED', 32: 'SUBSCRIBE', 33: 'SUBSCRIBED', 34: 'UNSUBSCRIBE', 35: 'UNSUBSCRIBED', 36: 'EVENT', 48: 'CALL',
  49: 'CANCEL', 50: 'RESULT', 64: 'REGISTER', 65: 'REGISTERED', 66: 'UNREGISTER', 67: 'UNREGISTERED', 68: 'INVOCATION',
  69: 'INTERRUPT', 70: 'YIELD',
}; // prettier-ignore
const requests = new Set(['PUBLISH', 'SUBSCRIBE', 'UNSUBSCRIBE', 'CALL', 'REGISTER', 'UNREGISTER', 'INVOCATION']);
const replies = new Set(['PUBLISHED', 'SUBSCRIBED', 'UNSUBSCRIBED', 'RESULT', 'REGISTERED', 'UNREGISTERED', 'YIELD']);

export const wamp: Lens = {
  name: 'WAMP',
  subprotocols: ['wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor', 'wamp'],
  onlyAgreed: true,
  read({ json }: LensInput): LensView | undefined {
    if (!Array.isArray(json) || typeof json[0] !== 'number') return undefined;
    const name = names[json[0]];
    if (name === undefined) return undefined;
    if (name === 'ERROR') return view(`${name} ${idOf(json[4]) ?? ''}`, idOf(json[2]), 'reply', json);
    const topic = typeof json[3] === 'string' ? ` ${json[3]}` : typeof json[1] === 'string' ? ` ${json[1]}` : '';
    const role = requests.has(name) ? 'request' : replies.has(name) ? 'reply' : undefined;
    return view(name + topic, role === undefined ? undefined : idOf(json[1]), role, json);
  },
};
