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
  for (let i = 0; i < 4; i++) {
    groups[i * 2] = words[at + i]! >>> 16;
    groups[i * 2 + 1] = words[at + i]! & 0xffff;
  }
  if (groups[5] === 0xffff && words[at] === 0 && words[at + 1] === 0 && groups[4] === 0)
    return `::ffff:${ipv4Text(words[at + 3]!)}`;
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
    if (length > 0) i += length - 1;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
    } else text += (text === '' || text.endsWith(':') ? '' : ':') + groups[i]!.toString(16);
  }
  return text;
}

/** Scratch: the groups of the address being written. */
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
