/** CBOR (RFC 8949): told by the agreed subprotocol, or by a message that is one map or array with text in it, from end to end. */
import { labelOf } from './json.ts';
import { view, type Lens, type LensInput, type LensView } from './lens.ts';
import { holdsText, plain } from './plain.ts';

type Library = typeof import('cborg');

let library: Library | undefined;
/** The tag that says no more than that this is CBOR (RFC 8949 3.4.6). */
const selfDescribed = Uint8Array.of(0xd9, 0xd9, 0xf7);

/** Without it the lens reads nothing: the library cannot be loaded while a message waits. */
export async function prepareCbor(): Promise<void> {
  library ??= await import('cborg');
}

export const cbor: Lens = {
  name: 'CBOR',
  subprotocols: ['cbor'],
  read({ text, bytes, conversation }: LensInput): LensView | undefined {
    if (text !== undefined || (!mayBegin(bytes) && conversation.subprotocol === undefined)) return undefined;
    const value = decodeCbor(bytes);
    if (value === undefined) return undefined;
    const agreed = cbor.subprotocols.includes(conversation.subprotocol ?? '');
    if (!agreed && !(typeof value === 'object' && holdsText(value))) return undefined;
    return view(labelOf(value) ?? typeof value, undefined, undefined, value);
  },
};

/** A map or an array that is not empty, or the tag. */
function mayBegin(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first > 0x80 && first <= 0xbf && first !== 0xa0) || isSelfDescribed(bytes);
}

function isSelfDescribed(bytes: Uint8Array): boolean {
  return selfDescribed.every((byte, i) => bytes[i] === byte);
}

/** The value, as JSON can hold it; undefined where the bytes are not one value from end to end. */
export function decodeCbor(bytes: Uint8Array): unknown {
  if (library === undefined) return undefined;
  try {
    const content = isSelfDescribed(bytes) ? bytes.subarray(selfDescribed.length) : bytes;
    return plain(library.decode(content, { useMaps: true, tags: passedOver }));
  } catch {
    return undefined;
  }
}

/** Tags say how a value is meant; it is shown as it stands. */
const passedOver: Record<number, (decode: () => unknown) => unknown> = {};
for (const tag of [0, 1, 2, 3, 4, 5, 21, 22, 23, 24, 32, 33, 34, 35, 36, 37, 258])
  passedOver[tag] = (decode) => decode();
