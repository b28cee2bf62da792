/**
 * IPv6 extension headers (RFC 8200 4) and the authentication header (RFC 4302), which IPv4 has too. The first byte of
 * each is the number of the header behind it. ESP is none of them: what it carries is encrypted.
 *
 *   +---------------+---------------+-------------------------------+
 *   |  Next Header  |  Hdr Ext Len  |  ...                          |
 *   +---------------+---------------+-------------------------------+
 */
import { u32 } from '../../core/bytes.ts';
import { IpProtocol } from './ip-protocol.ts';

/**
 * Bytes of the extension header `kind` at `at`; 0 where `kind` is no extension header. The range must hold it whole for
 * its fields to be read: where it does not, the answer reaches past `end`.
 */
export function extensionLength(kind: number, data: Uint8Array, at: number, end: number): number {
  switch (kind) {
    case IpProtocol.hopByHop:
    case IpProtocol.routing:
    case IpProtocol.destinationOptions:
    case IpProtocol.mobility:
    case IpProtocol.hip:
    case IpProtocol.shim6:
      return at + 8 > end ? 8 : (data[at + 1]! + 1) * 8;
    case IpProtocol.ah:
      return at + 8 > end ? 8 : (data[at + 1]! + 2) * 4;
    case IpProtocol.fragment:
      return 8;
    default:
      return 0;
  }
}

/** Option type of a jumbo payload (RFC 2675 2), and of the one-byte padding without a length (RFC 8200 4.2). */
const jumboPayload = 0xc2;
const pad1 = 0;

/** The jumbo payload length in the hop-by-hop options header at `at`, counted as the IPv6 payload length is; 0 without. */
export function jumboLength(data: Uint8Array, at: number, end: number): number {
  const stop = Math.min(end, at + extensionLength(IpProtocol.hopByHop, data, at, end));
  let option = at + 2;
  while (option + 1 < stop) {
    const type = data[option]!;
    if (type === jumboPayload) return option + 6 <= stop ? u32(data, option + 2) : 0;
    option += type === pad1 ? 1 : 2 + data[option + 1]!;
  }
  return 0;
}
