/** Classes of octets in HTTP messages (RFC 9110 5.5, 5.6.2), as tables of 256. */
import { latin1 } from '../../core/bytes.ts';

/** The lower-case form of a token character (`tchar`); 0 for every other octet. */
export const tokenLower: Uint8Array = new Uint8Array(256);

/** What an octet is in a field value. */
export const FieldOctet = {
  /** Visible ASCII, SP, HT. */
  plain: 0,
  lineFeed: 1,
  carriageReturn: 2,
  /** NUL, other controls, DEL: invalid. */
  control: 3,
  /** 0x80-0xff: opaque data (obs-text). */
  opaque: 4,
} as const;

/** A `FieldOctet` an octet. */
export const fieldOctet: Uint8Array = new Uint8Array(256);

/** 1 for the octets a request target is made of, 0x21-0x7e; 2 for those of them that JSON escapes. */
export const targetOctet: Uint8Array = new Uint8Array(256);

/** As `targetOctet`, with SP: what a reason phrase is made of. */
export const visibleOctet: Uint8Array = new Uint8Array(256);

/** The value of a hexadecimal digit; 0xff for every other octet. */
export const hexValue: Uint8Array = new Uint8Array(256).fill(0xff);

for (let c = 0; c < 256; c++) {
  const text = String.fromCharCode(c);
  if (/[-!#$%&'*+.^_`|~0-9A-Za-z]/.test(text)) tokenLower[c] = text.toLowerCase().charCodeAt(0);
  if (/[0-9A-Fa-f]/.test(text)) hexValue[c] = parseInt(text, 16);
  if (c > 0x20 && c < 0x7f) targetOctet[c] = text === '"' || text === '\\' ? 2 : 1;
  if (c >= 0x80) fieldOctet[c] = FieldOctet.opaque;
  else if (c === 0x0a) fieldOctet[c] = FieldOctet.lineFeed;
  else if (c === 0x0d) fieldOctet[c] = FieldOctet.carriageReturn;
  else if ((c < 0x20 && c !== 0x09) || c === 0x7f) fieldOctet[c] = FieldOctet.control;
}

visibleOctet.set(targetOctet);
visibleOctet[0x20] = 1;

export function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

export function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** The text's octets, for comparing with `startsWith` and `listHas`. ASCII only. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Whether `[start, end)` begins with `prefix`, exactly. */
export function startsWith(data: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (data[start + i] !== prefix[i]) return false;
  return true;
}

/** Whether a comma-separated list of tokens holds `token` (lower case), in any case (RFC 9110 5.6.1). */
export function listHas(data: Uint8Array, start: number, end: number, token: Uint8Array): boolean {
  let i = start;
  while (i < end) {
    while (i < end && (isBlank(data[i]!) || data[i] === 0x2c)) i++;
    let same = 0;
    while (i < end && same < token.length && tokenLower[data[i]!] === token[same]) {
      i++;
      same++;
    }
    const after = i < end ? data[i]! : 0x2c;
    if (same === token.length && (after === 0x2c || after === 0x3b || isBlank(after))) return true;
    while (i < end && data[i] !== 0x2c) i++;
  }
  return false;
}

/** What stands in `[start, end)`, for a diagnostic: quoted, control characters escaped, at most 40 octets. */
export function excerpt(data: Uint8Array, start: number, end: number): string {
  const shown = Math.min(end, start + 40);
  return JSON.stringify(latin1(data, start, shown)) + (shown < end ? '...' : '');
}

/** An octet as in `0x0b`. */
export function hex(octet: number): string {
  return '0x' + octet.toString(16).padStart(2, '0');
}
