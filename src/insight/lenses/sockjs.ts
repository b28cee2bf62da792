/** SockJS frames: `o` open, `h` heartbeat, `a[...]` messages, `c[code,reason]` close; a client sends `[...]`. */
import { idOf, parsedJson, view, type Lens, type LensInput, type LensView } from './lens.ts';

export const sockjs: Lens = {
  name: 'SockJS',
  subprotocols: [],
  read({ text, side, json, conversation }: LensInput): LensView | undefined {
    if (text === undefined) return undefined;
    if (side === 0) return conversation.sockjs === true && isTexts(json) ? messages(json) : undefined;
    if (text === 'o') return view('open', undefined, undefined);
    if (text === 'h') return view('heartbeat', undefined, 'heartbeat');
    if (!/^[acm][["]/.test(text)) return undefined;
    const body = parsedJson(text.slice(1));
    if (body === undefined) return undefined;
    if (text[0] === 'c')
      return Array.isArray(body) ? view(`close ${idOf(body[0]) ?? ''}`, undefined, undefined, body) : undefined;
    return isTexts(body) ? messages(body) : view('message', undefined, undefined, body);
  },
};

function messages(texts: readonly string[]): LensView {
  const label = texts.length === 1 ? 'message' : `${texts.length} messages`;
  return { ...view(label, undefined, undefined, texts), inside: texts };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
