/** Decoded values as JSON can hold them: bytes as text or hex, large integers as text, maps as objects; bounded in depth. */
import { isUtf8 } from 'node:buffer';

const deepest = 32;
const unprintable = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/; // eslint-disable-line no-control-regex

export function plain(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'object':
      return value === null ? null : depth >= deepest ? '…' : plainObject(value, depth + 1);
    default:
      return null;
  }
}

function plainObject(value: object, depth: number): unknown {
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return value.map((element: unknown) => plain(element, depth));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [typeof name === 'string' ? name : keyText(name), plain(member, depth)]),
  );
}

function keyText(key: unknown): string {
  return key instanceof Uint8Array ? bytesText(key) : (JSON.stringify(plain(key)) ?? '');
}

/** Text where the bytes are text that can be printed, else hex. */
export function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isUtf8(buffer)) return buffer.toString('hex');
  const text = buffer.toString('utf8');
  return unprintable.test(text) ? buffer.toString('hex') : text;
}

/** Does the value hold a text anywhere near its top? What is read out of random bytes seldom does. */
export function holdsText(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.length > 0 && !unprintable.test(value);
  if (typeof value !== 'object' || value === null || depth > 3) return false;
  if (Array.isArray(value)) return value.slice(0, 32).some((element) => holdsText(element, depth + 1));
  return Object.entries(value).slice(0, 32).some(([name, member]) => holdsText(name) || holdsText(member, depth + 1)); // prettier-ignore
}
