/**
 * Filters over rows: what the columns can answer is asked of them; what only heads and bodies tell is answered by reading
 * the capture again.
 */
import { complete, tryFilter, FilterError, type Filter } from '../filter/filter.ts';
import { findField } from '../filter/fields.ts';
import { parse } from '../filter/parser.ts';

/** Fields of exchanges whose values the timeline's columns hold whole. */
const inColumns = new Set([
  'method', 'status', 'host', 'path', 'query', 'target', 'url', 'type', 'request.type', 'duration', 'ttfb', 'receive',
  'http.time', 'size', 'reqsize', 'reason', 'state', 'version', 'kind', 'id', 'packet', 'time', 'connection', 'exchange', 'stream',
  'protocol', 'secure', 'client', 'server', 'frame.time_relative', 'ip.addr', 'ip.src', 'ip.dst', 'ipv6.addr', 'ipv6.src',
  'ipv6.dst', 'tcp.port', 'tcp.srcport', 'tcp.dstport', 'http.request', 'http.response', 'http.request.version',
  'http.response.version', 'http.response.phrase',
]); // prettier-ignore

export { complete, tryFilter, FilterError, type Filter };

/** Some of what the expression asks stands in heads or bodies, which the timeline does not hold. */
export function asksDeep(expression: string): boolean {
  return words(parse(expression)).some((word) => {
    const field = findField(word);
    return field !== undefined && field.on.exchange !== undefined && !inColumns.has(field.name);
  });
}

/** Every word and field name in a tree, wherever it stands. */
function words(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(words);
  if (node === null || typeof node !== 'object') return [];
  const own = 'kind' in node && node.kind === 'word' && 'text' in node ? [String(node.text)] : [];
  return [...own, ...Object.values(node).flatMap(words)];
}
