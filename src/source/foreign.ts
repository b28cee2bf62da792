/** Names what a file is that is no capture wirescope reads, from its first bytes, so that an error can say it. */

/** Magic numbers in hex, and what begins with them. */
const magics: readonly (readonly [string, string])[] = [
  ['a1b2cd34', "a 'modified' pcap of a patched libpcap, whose records are longer: convert it with editcap"],
  ['34cdb2a1', "a 'modified' pcap of a patched libpcap, whose records are longer: convert it with editcap"],
  ['a1b234cd', 'a pcap of a patched libpcap, whose records are of another layout: convert it with editcap'],
  ['cd34b2a1', 'a pcap of a patched libpcap, whose records are of another layout: convert it with editcap'],
  ['a12b3c4d', 'a pcap of a Navtel device: convert it with editcap'],
  ['4d3c2ba1', 'a pcap of a Navtel device: convert it with editcap'],
  ['1c0001ac', 'a hardware capture of an Ixia device: convert it with editcap'],
  ['ac01001c', 'a hardware capture of an Ixia device: convert it with editcap'],
  ['1c0001ab', 'a software capture of an Ixia device: convert it with editcap'],
  ['ab01001c', 'a software capture of an Ixia device: convert it with editcap'],
  ['a1b2c3cb', 'a compiled filter program of libpcap'],
  ['cbc3b2a1', 'a compiled filter program of libpcap'],
  ['736e6f6f70000000', 'a snoop capture: convert it with editcap'],
  ['6274736e6f6f7000', 'a btsnoop capture of Bluetooth'],
  ['474d4255', 'a Network Monitor 2 capture: convert it with editcap'],
  ['52545353', 'a Network Monitor 1 capture: convert it with editcap'],
  ['5452534e49464620', 'a Sniffer capture: convert it with editcap'],
  ['58435000', 'a NetXRay capture: convert it with editcap'],
  ['7f7665720000', 'an EtherPeek capture: convert it with editcap'],
  ['7f766572', 'an EtherPeek or OmniPeek capture: convert it with editcap'],
  ['6970747261636520', 'an iptrace capture of AIX: convert it with editcap'],
  ['1f8b', 'gzip data'],
  ['28b52ffd', 'Zstandard data'],
  ['504b0304', 'a ZIP archive: unpack it first'],
  ['504b0506', 'an empty ZIP archive'],
  ['377abcaf271c', 'a 7-Zip archive: unpack it first'],
  ['526172211a07', 'a RAR archive: unpack it first'],
  ['fd377a585a00', 'xz data: unpack it first'],
  ['425a68', 'bzip2 data: unpack it first'],
  ['04224d18', 'LZ4 data: unpack it first'],
  ['02214c18', 'LZ4 data: unpack it first'],
  ['1f9d', 'data of compress: unpack it first'],
  ['7f454c46', 'an ELF program'],
  ['4d5a', 'a Windows program'],
  ['25504446', 'a PDF document'],
  ['89504e47', 'a PNG picture'],
  ['ffd8ff', 'a JPEG picture'],
  ['47494638', 'a GIF picture'],
  ['53514c69746520666f726d6174', 'an SQLite database'],
  ['fffe', 'text in UTF-16'],
  ['feff', 'text in UTF-16'],
];

const texts: readonly (readonly [RegExp, string])[] = [
  [/^(#.*\n)*(CLIENT|SERVER|EXPORTER|EARLY|QUIC)_[A-Z_0-9]+ [0-9a-f]/m, 'a TLS key log: give it with --keys'],
  [/^\s*<\?xml/, 'XML'],
  [/^\s*<(!doctype html|html)/i, 'an HTML page'],
  [/^\s*[[{]/, 'JSON'],
  [/^(0000|000000|0x0000:?)\s+([0-9a-f]{2,4}\s+){4}/im, 'a hex dump: convert it with text2pcap'],
];

/** `starts with 50 4b 03 04 (a ZIP archive: unpack it first)` */
export function describeForeign(head: Uint8Array): string {
  const what = foreignKind(head);
  const bytes = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `starts with ${bytes}${what === undefined ? '' : ` (${what})`}`;
}

function foreignKind(head: Uint8Array): string | undefined {
  const hex = Buffer.from(head.subarray(0, 16)).toString('hex');
  const known = magics.find(([magic]) => hex.startsWith(magic));
  if (known !== undefined) return known[1];
  if (looksLikeTar(head)) return 'a tar archive: unpack it first';
  if (looksLikeErf(head)) return 'an ERF capture: convert it with editcap';
  if (head.every((byte) => byte === 0)) return 'zero bytes';
  return textKind(head);
}

function looksLikeTar(head: Uint8Array): boolean {
  return head.length >= 262 && Buffer.from(head.subarray(257, 262)).toString('latin1') === 'ustar';
}

/** ERF has no magic number: two records in a row must make sense (8 bytes of time, type, flags, length, ..., wire length). */
function looksLikeErf(head: Uint8Array): boolean {
  const length = erfRecord(head, 0);
  return length > 0 && erfRecord(head, length) > 0;
}

function erfRecord(head: Uint8Array, at: number): number {
  if (head.length < at + 16) return 0;
  const type = head[at + 8]! & 0x7f;
  const length = (head[at + 10]! << 8) | head[at + 11]!;
  return type >= 1 && type <= 48 && length >= 18 && head[at + 7]! > 0x30 ? length : 0;
}

/** Whether it is text, and if so of which kind: nothing below a space but line breaks, tabs and the like. */
function textKind(head: Uint8Array): string | undefined {
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x0c && byte !== 0x1b)
      return undefined;
    if (byte === 0x7f) return undefined;
  }
  const text = Buffer.from(head.subarray(0, 4096)).toString('utf8');
  // One replacement may be a character cut at the end of what was looked at.
  if ((text.match(/\ufffd/g) ?? []).length > 1) return undefined;
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? 'text';
}
