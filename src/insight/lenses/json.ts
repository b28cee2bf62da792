/** Plain JSON: named by the member that usually says what a message is. */
import { isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

const naming = ['type', 'event', 'action', 'op', 'method', 'command', 'cmd', 'topic', 'channel', 'name', 'kind'];

export const json: Lens = {
  name: 'JSON',
  subprotocols: ['json'],
  read({ json: value }: LensInput): LensView | undefined {
    if (value === undefined || value === null || typeof value !== 'object') return undefined;
    if (!isObject(value)) return view('array', undefined, undefined, value);
    const member = naming.find((name) => typeof value[name] === 'string');
    return view(member === undefined ? 'object' : (value[member] as string), undefined, undefined, value);
  },
};
