/** Values as they are written in an expression: text to numbers, bytes and addresses. `undefined` where it is none. */
import { parseAddress } from '../core/address.ts';

/** Decimal, hex (0x), octal (leading 0), binary (0b); the sign in front. */
export function integer(text: string): number | undefined {
  const [, sign, digits] = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]+|[1-9]\d*|0)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = /^0[0-7]/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return sign === '-' ? -value : value;
}

/** `1.5`, `.5`, `2e3`; without a unit. */
export function decimal(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

const second = 1e9;
const durations: Readonly<Record<string, number>> = {
  ns: 1, us: 1e3, µs: 1e3, ms: 1e6, '': second, s: second, m: 60 * second, min: 60 * second, h: 3600 * second,
  d: 86_400 * second,
}; // prettier-ignore

/** Nanoseconds of `1.5` (seconds), `200ms`, `30us`, `2min`, `1h`. */
export function duration(text: string): number | undefined {
  const nanoseconds = scaled(text, durations);
  return nanoseconds === undefined ? undefined : Math.round(nanoseconds);
}

const ki = 1024;
const sizes: Readonly<Record<string, number>> = {
  '': 1, b: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9, t: 1e12, tb: 1e12, ki: ki, kib: ki, mi: ki ** 2,
  mib: ki ** 2, gi: ki ** 3, gib: ki ** 3, ti: ki ** 4, tib: ki ** 4,
}; // prettier-ignore

/** Bytes of `1500`, `10k` (10,000), `1.5MB`, `64KiB` (65,536). Integers in any base. */
export function size(text: string): number | undefined {
  return integer(text) ?? scaled(text.toLowerCase(), sizes);
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number, unit] = /^(.*?)([a-zµ]*)$/.exec(text) ?? [];
  const value = decimal(number ?? '');
  return value === undefined || !Object.hasOwn(units, unit!) ? undefined : value * units[unit!]!;
}

/** `true` and `false`, in any of Wireshark's spellings; numbers: other than 0. */
export function truth(text: string): boolean | undefined {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  const number = integer(text);
  return number === undefined ? undefined : number !== 0;
}

/**
 * Nanoseconds since the Unix epoch of seconds (`1795361583.359391`) or of a date and time in UTC: `2026-11-22`,
 * `2026-11-22 15:33:03.359391`, `2026-11-22T15:33:03Z`, `2026-11-22T16:33:03+01:00`.
 */
export function moment(text: string): bigint | undefined {
  const seconds = /^(-?)(\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (seconds !== null) {
    const nanoseconds = BigInt(seconds[2]!) * 1_000_000_000n + fraction(seconds[3]);
    return seconds[1] === '-' ? -nanoseconds : nanoseconds;
  }
  const date = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?)?( ?(?:Z|UTC|[+-]\d\d:\d\d))?$/.exec(text);
  if (date === null) return undefined;
  const zone = (date[5] ?? 'Z').trim().replace('UTC', 'Z');
  const ms = Date.parse(`${date[1]}T${date[2] ?? '00:00'}${date[3] ?? ':00'}${zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + fraction(date[4]);
}

function fraction(digits: string | undefined): bigint {
  return BigInt((digits ?? '').padEnd(9, '0'));
}

/** Bytes in hex: `9a:cb:04:42`, `9a-cb`, `9a.cb`, `9acb0442`, `9a`, `0x9a`. */
export function hexBytes(text: string): Uint8Array | undefined {
  const digits = /^0x[0-9a-fA-F]{2}$/.test(text) ? text.slice(2) : text;
  if (!/^:?[0-9a-fA-F]{1,2}(([:.-])[0-9a-fA-F]{1,2}(\2[0-9a-fA-F]{1,2})*)?:?$|^([0-9a-fA-F]{2})+$/.test(digits)) {
    return undefined;
  }
  const pairs = /[:.-]/.test(digits) ? digits.split(/[:.-]/).filter((pair) => pair !== '') : digits.match(/..?/g)!;
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

/** An address, a network, or an endpoint. */
export class AddressLiteral {
  readonly version: 4 | 6;
  /** One word (IPv4) or four (IPv6), big-endian. */
  readonly words: Int32Array;
  /** Leading bits that count: 32 or 128 unless a prefix length was given. */
  readonly prefix: number;
  /** -1: any port. */
  readonly port: number;

  constructor(version: 4 | 6, words: Int32Array, prefix: number, port: number) {
    this.version = version;
    this.words = words;
    this.prefix = prefix;
    this.port = port;
  }
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:80`, `2001:db8::1`, `fe80::/10`, `[::1]:443`. */
export function address(text: string): AddressLiteral | undefined {
  const [, bracketed, bare, slash, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:.]+?))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(text) ?? [];
  const words = new Int32Array(4);
  const whole = parseAddress(text, words, 0);
  if (whole !== 0) return new AddressLiteral(whole, words, whole === 4 ? 32 : 128, -1);
  const version = parseAddress(bracketed ?? bare ?? '', words, 0);
  if (version === 0 || (version === 6 && port !== undefined && bracketed === undefined)) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = Number(slash ?? most);
  if (prefix > most || Number(port ?? 0) > 65_535 || (slash !== undefined && port !== undefined)) return undefined;
  return new AddressLiteral(version, words, prefix, Number(port ?? -1));
}
