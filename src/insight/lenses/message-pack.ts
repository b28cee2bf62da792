/** MessagePack: told by the agreed subprotocol, or by a message that is one map or array with text in it, from end to end. */
import { createRequire } from 'node:module';
import { labelOf } from './json.ts';
import { view, type Lens, type LensInput, type LensView } from './lens.ts';
import { holdsText, plain } from './plain.ts';

type Library = typeof import('@msgpack/msgpack');

const require = createRequire(import.meta.url);
let library: Library | undefined;

export const messagePack: Lens = {
  name: 'MessagePack',
  subprotocols: ['msgpack', 'messagepack'],
  read({ text, bytes, conversation }: LensInput): LensView | undefined {
    if (text !== undefined || (!mayBegin(bytes) && conversation.subprotocol === undefined)) return undefined;
    const value = decodeMessagePack(bytes);
    if (value === undefined) return undefined;
    const agreed = messagePack.subprotocols.includes(conversation.subprotocol ?? '');
    if (!agreed && !(typeof value === 'object' && holdsText(value))) return undefined;
    return view(labelOf(value) ?? typeof value, undefined, undefined, value);
  },
};

/** A map or an array that is not empty. */
function mayBegin(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return (first > 0x80 && first <= 0x9f && first !== 0x90) || (first >= 0xdc && first <= 0xdf);
}

/** The value, as JSON can hold it; undefined where the bytes are not one value from end to end. */
export function decodeMessagePack(bytes: Uint8Array): unknown {
  if (!isWhole(bytes)) return undefined;
  library ??= require('@msgpack/msgpack') as Library;
  try {
    return plain(library.decode(bytes, { useBigInt64: true }));
  } catch {
    return undefined;
  }
}

/**
 * Whether the bytes are one value from end to end, told by its headers alone. Elements that wait to come are never more
 * than the bytes left: the library makes room for as many as an array says it has, and arrays lie in one another.
 */
function isWhole(bytes: Uint8Array): boolean {
  let at = 0;
  for (let waiting = 1; waiting > 0; waiting--) {
    if (waiting > bytes.length - at) return false;
    const first = bytes[at++]!;
    const sizeBytes = lengthBytes(first);
    if (at + sizeBytes > bytes.length) return false;
    const size = sizeOf(bytes, first, at, sizeBytes);
    at += sizeBytes;
    if (first >> 4 === 0x9 || first === 0xdc || first === 0xdd) waiting += size;
    else if (first >> 4 === 0x8 || first === 0xde || first === 0xdf) waiting += size * 2;
    else at += size;
  }
  return at === bytes.length;
}

/** Bytes of length behind the first byte. */
function lengthBytes(first: number): number {
  switch (first) {
    case 0xc4: // bin 8, ext 8, str 8
    case 0xc7:
    case 0xd9:
      return 1;
    case 0xc5: // bin 16, ext 16, str 16, array 16, map 16
    case 0xc8:
    case 0xda:
    case 0xdc:
    case 0xde:
      return 2;
    case 0xc6: // the same with 32
    case 0xc9:
    case 0xdb:
    case 0xdd:
    case 0xdf:
      return 4;
    default:
      return 0;
  }
}

/** Sizes of 0xc0-0xdf that their first byte tells, and the byte of type that ext 8-32 have besides. */
const fixedSizes = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0];

/** Elements, pairs or bytes of content. */
function sizeOf(bytes: Uint8Array, first: number, at: number, sizeBytes: number): number {
  if (first < 0x80 || first >= 0xe0) return 0;
  if (first < 0xa0) return first & 0x0f;
  if (first < 0xc0) return first & 0x1f;
  let size = 0;
  for (let i = at; i < at + sizeBytes; i++) size = size * 256 + bytes[i]!;
  return size + fixedSizes[first - 0xc0]!;
}
