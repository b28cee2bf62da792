/** Plain JSON: named by the member that usually says what a message is. */
import { isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

const naming: readonly string[] = [
  'type',
  'event',
  'action',
  'op',
  'method',
  'command',
  'cmd',
  'topic',
  'channel',
  'name',
  'kind',
];

export const json: Lens = {
  name: 'JSON',
  subprotocols: ['json'],
  read({ json: value }: LensInput): LensView | undefined {
    const label = labelOf(value);
    return label === undefined ? undefined : view(label, undefined, undefined, value);
  },
};

/** What an object or array is called by; undefined for anything else. */
export function labelOf(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (!isObject(value)) return 'array';
  const member = naming.find((name) => typeof value[name] === 'string');
  return member === undefined ? 'object' : (value[member] as string);
}
