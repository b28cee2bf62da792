/** JSON-RPC 2.0, single or in batches. */
import { idOf, isObject, view, type Lens, type LensInput, type LensView } from './lens.ts';

export const jsonRpc: Lens = {
  name: 'JSON-RPC',
  subprotocols: ['jsonrpc', 'json-rpc', 'jsonrpc-2.0'],
  read({ json, side }: LensInput): LensView | undefined {
    const first: unknown = Array.isArray(json) ? json[0] : json;
    if (!isObject(first) || first['jsonrpc'] !== '2.0') return undefined;
    const more = Array.isArray(json) && json.length > 1 ? ` and ${json.length - 1} more` : '';
    const id = idOf(first['id']);
    // Both ends may ask: an id counts for who gave it.
    if (typeof first['method'] === 'string') {
      return view(first['method'] + more, id === undefined ? undefined : `${side} ${id}`, 'request', first['params']);
    }
    const key = id === undefined ? undefined : `${1 - side} ${id}`;
    if ('error' in first) return view(`error${codeOf(first['error'])}${more}`, key, 'reply', first['error']);
    return 'result' in first ? view(`result${more}`, key, 'reply', first['result']) : undefined;
  },
};

function codeOf(error: unknown): string {
  return isObject(error) && typeof error['code'] === 'number' ? ` ${error['code']}` : '';
}
