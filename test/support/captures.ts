/**
 * Builds capture files and packets for tests: `pcap()` and `pcapng()` give whole files, `tcpPacket()` a whole Ethernet
 * frame, `Conversation` a whole connection; the layers they are made of are exported for tests that bend one of them.
 * Checksums and lengths are right unless a test says otherwise. Times are nanoseconds after `epoch`.
 */

/** Where times in built captures count from: 2026-11-22T15:33:03Z, nanoseconds since the Unix epoch. */
export const epoch = 1_795_361_583_000_000_000n;

export interface BuiltPacket {
  /** Nanoseconds after `epoch`; the packet's index in milliseconds where left out. */
  readonly time?: number;
  readonly bytes: Uint8Array;
  /** Length on the wire; the captured length where left out. */
  readonly wireLength?: number;
}

// --- numbers and bytes -----------------------------------------------------------------------------------------------

export function u8(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

export function u16(value: number, bigEndian = true): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, !bigEndian);
  return bytes;
}

export function u32(value: number, bigEndian = true): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, !bigEndian);
  return bytes;
}

export function u64(value: bigint, bigEndian = true): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, !bigEndian);
  return bytes;
}

/** Text is taken as latin1: one byte a character. */
export function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Uint8Array.from(Buffer.from(content, 'latin1')) : content;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

// --- pcap ------------------------------------------------------------------------------------------------------------

export interface PcapOptions {
  readonly packets: readonly BuiltPacket[];
  readonly bigEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
  readonly snaplen?: number;
  readonly magic?: number;
}

/** A classic pcap file; little-endian, microseconds, Ethernet unless told otherwise. */
export function pcap(options: PcapOptions): Uint8Array {
  const big = options.bigEndian ?? false;
  const nanoseconds = options.nanoseconds ?? false;
  const parts = [
    u32(options.magic ?? (nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4), big),
    u16(2, big),
    u16(4, big),
    u32(0, big),
    u32(0, big),
    u32(options.snaplen ?? 262144, big),
    u32(options.linkType ?? 1, big),
  ];
  options.packets.forEach((packet, index) => parts.push(pcapRecord(packet, index, big, nanoseconds)));
  return concat(...parts);
}

export function pcapRecord(packet: BuiltPacket, index = 0, bigEndian = false, nanoseconds = false): Uint8Array {
  const time = absoluteTime(packet, index);
  const fraction = Number(time % 1_000_000_000n);
  return concat(
    u32(Number(time / 1_000_000_000n), bigEndian),
    u32(nanoseconds ? fraction : Math.floor(fraction / 1000), bigEndian),
    u32(packet.bytes.length, bigEndian),
    u32(packet.wireLength ?? packet.bytes.length, bigEndian),
    packet.bytes,
  );
}

function absoluteTime(packet: BuiltPacket, index: number): bigint {
  return epoch + BigInt(packet.time ?? index * 1_000_000);
}

// --- pcapng ----------------------------------------------------------------------------------------------------------

export interface NgInterface {
  readonly linkType?: number;
  readonly snaplen?: number;
  /** if_tsresol as it stands in the file: 6 is 10^-6, 0x8a is 2^-10. */
  readonly resolution?: number;
  /** if_tsoffset, seconds. */
  readonly offset?: bigint;
  /** if_fcslen, bytes. */
  readonly fcsLength?: number;
}

export interface NgPacket extends BuiltPacket {
  /** Index into the section's interfaces. */
  readonly interface?: number;
}

export interface PcapngOptions {
  readonly packets: readonly NgPacket[];
  readonly interfaces?: readonly NgInterface[];
  readonly bigEndian?: boolean;
}

/** One pcapng section: header, interfaces, an enhanced packet block a packet. Concatenate for several sections. */
export function pcapng(options: PcapngOptions): Uint8Array {
  const big = options.bigEndian ?? false;
  const interfaces = options.interfaces ?? [{}];
  return concat(
    ngSection(big),
    ...interfaces.map((description) => ngInterface(description, big)),
    ...options.packets.map((packet, index) => ngPacket(packet, index, interfaces[packet.interface ?? 0] ?? {}, big)),
  );
}

/** Any block: type, length, body padded to 32 bits, length. */
export function ngBlock(type: number, body: Uint8Array, bigEndian = false): Uint8Array {
  const padded = padTo4(body);
  const length = u32(padded.length + 12, bigEndian);
  return concat(u32(type, bigEndian), length, padded, length);
}

export function ngSection(bigEndian = false): Uint8Array {
  const unknownLength = u64(0xffff_ffff_ffff_ffffn, bigEndian);
  return ngBlock(
    0x0a0d0d0a,
    concat(u32(0x1a2b3c4d, bigEndian), u16(1, bigEndian), u16(0, bigEndian), unknownLength),
    bigEndian,
  );
}

export function ngInterface(description: NgInterface = {}, bigEndian = false): Uint8Array {
  const body = [u16(description.linkType ?? 1, bigEndian), u16(0, bigEndian), u32(description.snaplen ?? 0, bigEndian)];
  const options: Uint8Array[] = [];
  if (description.resolution !== undefined) options.push(ngOption(9, u8(description.resolution), bigEndian));
  if (description.offset !== undefined) {
    options.push(ngOption(14, u64(BigInt.asUintN(64, description.offset), bigEndian), bigEndian));
  }
  if (description.fcsLength !== undefined) options.push(ngOption(13, u8(description.fcsLength), bigEndian));
  if (options.length > 0) options.push(ngOption(0, u8(), bigEndian));
  return ngBlock(1, concat(...body, ...options), bigEndian);
}

export function ngOption(code: number, value: Uint8Array, bigEndian = false): Uint8Array {
  return concat(u16(code, bigEndian), u16(value.length, bigEndian), padTo4(value));
}

/** An enhanced packet block, its time in units of the interface's resolution (rounded down). */
export function ngPacket(packet: NgPacket, index = 0, description: NgInterface = {}, bigEndian = false): Uint8Array {
  const ticks = ngTicks(absoluteTime(packet, index), description);
  const body = concat(
    u32(packet.interface ?? 0, bigEndian),
    u32(Number(ticks >> 32n), bigEndian),
    u32(Number(ticks & 0xffff_ffffn), bigEndian),
    u32(packet.bytes.length, bigEndian),
    u32(packet.wireLength ?? packet.bytes.length, bigEndian),
    packet.bytes,
  );
  return ngBlock(6, body, bigEndian);
}

export function ngTicks(time: bigint, description: NgInterface): bigint {
  const resolution = description.resolution ?? 6;
  const perSecond = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  return ((time - (description.offset ?? 0n) * 1_000_000_000n) * perSecond) / 1_000_000_000n;
}

function padTo4(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & 3;
  return missing === 0 ? bytes : concat(bytes, new Uint8Array(missing));
}

// --- packets ---------------------------------------------------------------------------------------------------------

export const EtherType = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8 } as const;

export function ethernet(payload: Uint8Array, etherType: number, vlans: readonly number[] = []): Uint8Array {
  const parts = [u8(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)];
  vlans.forEach((id, i) => parts.push(u16(i + 1 < vlans.length ? EtherType.qinq : EtherType.vlan), u16(id)));
  return concat(...parts, u16(etherType), payload);
}

export interface Ipv4Options {
  readonly src: string;
  readonly dst: string;
  readonly id?: number;
  readonly ttl?: number;
  /** Bytes; a multiple of 8. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** Overrides the total length field: 0 is what segmentation offload leaves. */
  readonly totalLength?: number;
  /** IP options; a multiple of 4 bytes. */
  readonly options?: Uint8Array;
}

export function ipv4(payload: Uint8Array, protocol: number, o: Ipv4Options): Uint8Array {
  const options = o.options ?? new Uint8Array(0);
  const headerLength = 20 + options.length;
  const header = concat(
    u8(0x40 | (headerLength / 4), 0),
    u16(o.totalLength ?? headerLength + payload.length),
    u16(o.id ?? 0),
    u16(((o.moreFragments ?? false) ? 0x2000 : 0) | ((o.fragmentOffset ?? 0) / 8)),
    u8(o.ttl ?? 64, protocol, 0, 0),
    addressBytes(o.src),
    addressBytes(o.dst),
    options,
  );
  header.set(u16(checksum(header)), 10);
  return concat(header, payload);
}

export interface Ipv6Options {
  readonly src: string;
  readonly dst: string;
  readonly hopLimit?: number;
  /** Overrides the payload length field. */
  readonly payloadLength?: number;
}

export function ipv6(payload: Uint8Array, nextHeader: number, o: Ipv6Options): Uint8Array {
  return concat(
    u8(0x60, 0, 0, 0),
    u16(o.payloadLength ?? payload.length),
    u8(nextHeader, o.hopLimit ?? 64),
    addressBytes(o.src),
    addressBytes(o.dst),
    payload,
  );
}

export interface TcpOptions {
  readonly src?: string;
  readonly dst?: string;
  readonly srcPort?: number;
  readonly dstPort?: number;
  readonly seq?: number;
  readonly ack?: number;
  /** Letters of `FSRPAUEC`: FIN SYN RST PSH ACK URG ECE CWR. */
  readonly flags?: string;
  readonly window?: number;
  readonly urgent?: number;
  /** TCP options; padded to a multiple of 4 bytes. */
  readonly tcpOptions?: Uint8Array;
  readonly payload?: string | Uint8Array;
}

/** A TCP segment with its checksum. */
export function tcp(o: TcpOptions): Uint8Array {
  const options = padTo4(o.tcpOptions ?? new Uint8Array(0));
  let flags = 0;
  for (const letter of o.flags ?? 'A') flags |= 1 << 'FSRPAUEC'.indexOf(letter);
  const segment = concat(
    u16(o.srcPort ?? 40000),
    u16(o.dstPort ?? 80),
    u32((o.seq ?? 0) >>> 0),
    u32((o.ack ?? 0) >>> 0),
    u8(((20 + options.length) / 4) << 4, flags),
    u16(o.window ?? 65535),
    u16(0),
    u16(o.urgent ?? 0),
    options,
    toBytes(o.payload ?? ''),
  );
  segment.set(u16(transportChecksum(segment, 6, o.src ?? defaultSrc, o.dst ?? defaultDst)), 16);
  return segment;
}

/** A UDP datagram with its checksum. */
export function udp(o: Pick<TcpOptions, 'src' | 'dst' | 'srcPort' | 'dstPort' | 'payload'>): Uint8Array {
  const payload = toBytes(o.payload ?? '');
  const datagram = concat(u16(o.srcPort ?? 40000), u16(o.dstPort ?? 53), u16(payload.length + 8), u16(0), payload);
  datagram.set(u16(transportChecksum(datagram, 17, o.src ?? defaultSrc, o.dst ?? defaultDst) || 0xffff), 6);
  return datagram;
}

const defaultSrc = '10.0.0.1';
const defaultDst = '10.0.0.2';

export interface TcpPacketOptions extends TcpOptions, Omit<Ipv4Options, 'src' | 'dst'> {
  /** VLAN identifiers, outermost first. */
  readonly vlan?: number | readonly number[];
  /** `ethernet` (link type 1) or `raw` (101, the bare IP packet). */
  readonly link?: 'ethernet' | 'raw';
  /** Zero bytes appended after the IP packet, as Ethernet pads short frames. */
  readonly padding?: number;
}

/** A TCP segment in an IP packet in an Ethernet frame. The IP version is that of the addresses. */
export function tcpPacket(o: TcpPacketOptions): Uint8Array {
  return ipFrame(tcp(o), 6, o);
}

/** Any transport payload in an IP packet in an Ethernet frame. */
export function ipFrame(payload: Uint8Array, protocol: number, o: TcpPacketOptions): Uint8Array {
  const ends = { src: o.src ?? defaultSrc, dst: o.dst ?? defaultDst };
  const v6 = ends.src.includes(':');
  const packet = v6 ? ipv6(payload, protocol, ends) : ipv4(payload, protocol, { ...o, ...ends });
  const padded = o.padding === undefined ? packet : concat(packet, new Uint8Array(o.padding));
  if (o.link === 'raw') return padded;
  const vlans = o.vlan === undefined ? [] : typeof o.vlan === 'number' ? [o.vlan] : o.vlan;
  return ethernet(padded, v6 ? EtherType.ipv6 : EtherType.ipv4, vlans);
}

/** The address in network byte order: 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.'), Number);
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const middle = Array<number>(8 - before.length - after.length).fill(0);
  return concat(...[...before, ...middle, ...after].map((group) => u16(group)));
}

/** The Internet checksum (RFC 1071). */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) sum += (part[i]! << 8) | (part[i + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function transportChecksum(segment: Uint8Array, protocol: number, src: string, dst: string): number {
  return checksum(addressBytes(src), addressBytes(dst), u32(segment.length), u32(protocol), segment);
}

// --- connections -----------------------------------------------------------------------------------------------------

export interface ConversationOptions extends Pick<
  TcpPacketOptions,
  'src' | 'dst' | 'srcPort' | 'dstPort' | 'vlan' | 'link'
> {
  /** Initial sequence numbers. */
  readonly clientIsn?: number;
  readonly serverIsn?: number;
  /** The most payload a segment carries; longer sends are divided. */
  readonly segmentSize?: number;
  /** Nanoseconds from one packet to the next. */
  readonly step?: number;
}

/**
 * A TCP connection told as a dialogue: `new Conversation().open().client('GET / ...').server('HTTP/1.1 ...').close()`.
 * `packets` holds what has been said so far; drop, swap or repeat them to make loss and disorder.
 */
export class Conversation {
  readonly packets: Required<Pick<BuiltPacket, 'time' | 'bytes'>>[] = [];
  private readonly options: ConversationOptions;
  /** Next sequence number of client and server. */
  private readonly next: [number, number];
  private time = 0;

  constructor(options: ConversationOptions = {}) {
    this.options = options;
    this.next = [options.clientIsn ?? 1000, options.serverIsn ?? 2000];
  }

  open(): this {
    return this.segment(0, 'S').segment(1, 'SA').segment(0, 'A');
  }

  client(payload: string | Uint8Array): this {
    return this.send(0, payload);
  }

  server(payload: string | Uint8Array): this {
    return this.send(1, payload);
  }

  close(): this {
    return this.segment(0, 'FA').segment(1, 'FA').segment(0, 'A');
  }

  /** A segment of one side (0 the client) that continues its stream; SYN and FIN take a sequence number. */
  segment(side: 0 | 1, flags: string, payload: string | Uint8Array = ''): this {
    const o = this.options;
    const ends = side === 0 ? {} : { src: o.dst ?? defaultDst, dst: o.src ?? defaultSrc };
    const ports =
      side === 0
        ? { srcPort: o.srcPort ?? 40000, dstPort: o.dstPort ?? 80 }
        : { srcPort: o.dstPort ?? 80, dstPort: o.srcPort ?? 40000 };
    const content = toBytes(payload);
    const seq = this.next[side];
    const ack = flags.includes('A') ? this.next[side === 0 ? 1 : 0] : 0;
    const bytes = tcpPacket({ ...o, ...ends, ...ports, seq, ack, flags, payload: content });
    this.packets.push({ time: this.time, bytes });
    this.time += o.step ?? 1_000_000;
    this.next[side] = (seq + content.length + (/[SF]/.test(flags) ? 1 : 0)) >>> 0;
    return this;
  }

  private send(side: 0 | 1, payload: string | Uint8Array): this {
    const content = toBytes(payload);
    const size = this.options.segmentSize ?? 1460;
    for (let at = 0; at < content.length; at += size) this.segment(side, 'PA', content.slice(at, at + size));
    return this;
  }
}
