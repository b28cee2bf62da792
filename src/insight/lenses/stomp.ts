/** STOMP 1.0-1.2: a command, header lines, an empty line, a body and NUL; receipts answer what asked for one. */
import { view, type Lens, type LensInput, type LensView } from './lens.ts';

const commands = new Set([
  'CONNECT', 'STOMP', 'CONNECTED', 'SEND', 'SUBSCRIBE', 'UNSUBSCRIBE', 'ACK', 'NACK', 'BEGIN', 'COMMIT', 'ABORT',
  'DISCONNECT', 'MESSAGE', 'RECEIPT', 'ERROR',
]); // prettier-ignore

export const stomp: Lens = {
  name: 'STOMP',
  subprotocols: ['v10.stomp', 'v11.stomp', 'v12.stomp', 'stomp'],
  read({ text }: LensInput): LensView | undefined {
    if (text === undefined) return undefined;
    if (/^\r?\n$/.test(text)) return view('heartbeat', undefined, 'heartbeat');
    const head = /^\n*([A-Z]+)\r?\n((?:[^\n]+\n)*)\r?\n/.exec(text);
    if (head === null || !commands.has(head[1]!)) return undefined;
    const [all, command = '', lines = ''] = head;
    const fields = new Map(lines.split('\n').map((line) => split(line.replace(/\r$/, ''))));
    const destination = fields.get('destination');
    const end = text.lastIndexOf('\0');
    const body = text.slice(all.length, end < all.length ? undefined : end);
    const label = destination === undefined ? command : `${command} ${destination}`;
    if (command === 'RECEIPT') return view(label, fields.get('receipt-id'), 'reply');
    return view(label, fields.get('receipt'), 'request', body === '' ? undefined : body);
  },
};

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
}
