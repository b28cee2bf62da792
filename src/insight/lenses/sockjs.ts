/** SockJS frames: `o` open, `h` heartbeat, `a[...]` messages, `c[code,reason]` close. */
import { idOf, parsedJson, view, type Lens, type LensInput, type LensView } from './lens.ts';

export const sockjs: Lens = {
  name: 'SockJS',
  subprotocols: [],
  read({ text, side }: LensInput): LensView | undefined {
    if (text === undefined || side === 0) return undefined;
    if (text === 'o') return view('open', undefined, undefined);
    if (text === 'h') return view('heartbeat', undefined, 'heartbeat');
    if (!/^[acm][["]/.test(text)) return undefined;
    const body = parsedJson(text.slice(1));
    if (body === undefined) return undefined;
    if (text[0] === 'c')
      return Array.isArray(body) ? view(`close ${idOf(body[0]) ?? ''}`, undefined, undefined, body) : undefined;
    return view(Array.isArray(body) ? `${body.length} messages` : 'message', undefined, undefined, body);
  },
};
