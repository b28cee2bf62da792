/** How TLS is told from a connection's first bytes: a record that holds a hello (RFC 8446 5.1 and 4). */
import { client, server, type Side } from '../../core/side.ts';
import type { Likeness, Protocol } from '../protocol.ts';
import { ContentType, HandshakeType, headerLength, longestFragment } from './numbers.ts';

export const tls: Protocol = { name: 'tls', looksLike: looksLikeHello };

const helloLength = headerLength + 1;

function looksLikeHello(side: Side, data: Uint8Array, start: number, end: number): Likeness {
  const length = Math.min(end - start, helloLength);
  for (let i = 0; i < length; i++) if (!fits(side, data[start + i]!, i)) return 'no';
  return length < helloLength ? 'more' : 'yes';
}

function fits(side: Side, byte: number, at: number): boolean {
  switch (at) {
    case 0:
      return byte === ContentType.handshake;
    case 1:
      return byte === 3;
    case 2:
      return byte <= 4;
    case 3:
      return byte <= longestFragment >>> 8;
    case 5:
      return byte === (side === client ? HandshakeType.clientHello : HandshakeType.serverHello);
    default:
      return true;
  }
}

/** A record in the middle of a connection whose beginning was not captured: a header, and another or nothing behind it. */
export function looksLikeRecords(data: Uint8Array, start: number, end: number): boolean {
  if (!isRecordHeader(data, start, end)) return false;
  const next = start + headerLength + ((data[start + 3]! << 8) | data[start + 4]!);
  return next >= end || isRecordHeader(data, next, end);
}

function isRecordHeader(data: Uint8Array, at: number, end: number): boolean {
  if (at + headerLength > end) return false;
  const type = data[at]!;
  const length = (data[at + 3]! << 8) | data[at + 4]!;
  return (
    (type === ContentType.applicationData || type === ContentType.handshake) &&
    data[at + 1] === 3 &&
    data[at + 2]! >= 1 &&
    data[at + 2]! <= 3 &&
    length > 0 &&
    length <= longestFragment
  );
}

/** Whose hello these bytes are; -1 where they are none. */
export function tlsSpeaker(data: Uint8Array, start: number, end: number): Side | -1 {
  if (looksLikeHello(client, data, start, end) === 'yes') return client;
  return looksLikeHello(server, data, start, end) === 'yes' ? server : -1;
}
