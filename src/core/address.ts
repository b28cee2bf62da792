/** IP addresses and ports as text (RFC 5952), from 32-bit words as the connection table keeps them. */

/** `192.0.2.1:80` or `[2001:db8::1]:80`. `words` holds one word (IPv4) or four (IPv6), big-endian, at `at`. */
export function endpointText(version: number, words: Int32Array, at: number, port: number): string {
  return version === 4 ? `${ipv4Text(words[at]!)}:${port}` : `[${ipv6Text(words, at)}]:${port}`;
}

export function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** The longest run of two or more zero groups is written `::`, the first of equals; digits in lower case. */
export function ipv6Text(words: Int32Array, at: number): string {
  return Buffer.from(scratch.buffer, 0, writeIpv6(words, at, scratch, 0)).toString('latin1');
}

/**
 * An IPv6 address as `ipv6Text` has it, into bytes: 39 at most.
 *
 * @returns one past the last byte written
 */
export function writeIpv6(words: Int32Array, at: number, out: Uint8Array, to: number): number {
  for (let i = 0; i < 4; i++) {
    groups[i * 2] = words[at + i]! >>> 16;
    groups[i * 2 + 1] = words[at + i]! & 0xffff;
  }
  let runStart = -1;
  let runEnd = 0;
  for (let i = 0; i < 8; i++) {
    const start = i;
    while (i < 8 && groups[i] === 0) i++;
    if (i - start < 2 || i - start <= runEnd - runStart) continue;
    runStart = start;
    runEnd = i;
  }
  // RFC 5952 5: the last four octets of an IPv4-mapped address in IPv4's notation.
  const isMapped = runStart === 0 && runEnd === 5 && groups[5] === 0xffff;
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      out[to++] = colon;
      out[to++] = colon;
      i = runEnd - 1;
    } else if (isMapped && i === 6) {
      const text = ipv4Text(words[at + 3]!);
      out[to++] = colon;
      for (let c = 0; c < text.length; c++) out[to++] = text.charCodeAt(c);
      return to;
    } else {
      if (i > 0 && i !== runEnd) out[to++] = colon;
      const group = groups[i]!;
      for (let shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0; shift >= 0; shift -= 4)
        out[to++] = hexDigits.charCodeAt((group >> shift) & 15);
    }
  }
  return to;
}

const colon = 0x3a;
const hexDigits = '0123456789abcdef';
const scratch = new Uint8Array(40);
/** Of the address being written. */
const groups = new Uint16Array(8);

/** Parses `192.0.2.1` or `2001:db8::1` (no brackets, no zone) into words at `at`; the IP version, or 0 if it is neither. */
export function parseAddress(text: string, words: Int32Array, at: number): 4 | 6 | 0 {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) {
    words[at] = v4;
    return 4;
  }
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return 0;
  const head = parseGroups(halves[0]!);
  const tail = halves.length === 2 ? parseGroups(halves[1]!) : [];
  if (head === undefined || tail === undefined) return 0;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return 0;
  const groups = [...head, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0), ...tail];
  for (let i = 0; i < 4; i++) words[at + i] = (groups[i * 2]! << 16) | groups[i * 2 + 1]!;
  return 6;
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word;
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(v4 >>> 16, v4 & 0xffff);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
