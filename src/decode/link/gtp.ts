/**
 * GTP-U, the user plane of mobile networks (3GPP TS 29.281 5).
 *
 *   | version 3 bits, PT 1, reserved 1, E 1, S 1, PN 1 | message type 1 | length 2 | tunnel 4 |
 *   | sequence 2 | N-PDU 1 | next extension 1 |      where any of E, S, PN is set
 *   | length 1, in 4 bytes | content | next extension 1 |      where E is set, until the next one is 0
 */
import { u16 } from '../../core/bytes.ts';
import type { PayloadSink } from './payload-sink.ts';

const headerLength = 8;
const optionalLength = 4;
/** Version 1, protocol type GTP. */
const version1 = 0x30;
const optionalPresent = 0x07;
const extensionPresent = 0x04;
/** The message type that carries a user's packet. */
const gPdu = 255;

/** False where it does not look like a user's packet in GTP-U. */
export function gtp(sink: PayloadSink, data: Uint8Array, start: number, end: number): boolean {
  if (start + headerLength > end || (data[start]! & 0xf0) !== version1 || data[start + 1] !== gPdu) return false;
  const stop = Math.min(end, start + headerLength + u16(data, start + 2));
  const at = payloadStart(data, start, stop);
  if (at < 0 || at >= stop) return false;
  const version = data[at]! >>> 4;
  if (version !== 4 && version !== 6) return false;
  sink.ip(data, at, stop);
  return true;
}

function payloadStart(data: Uint8Array, start: number, end: number): number {
  const flags = data[start]!;
  let at = start + headerLength;
  if ((flags & optionalPresent) === 0) return at;
  at += optionalLength;
  if (at > end) return -1;
  if ((flags & extensionPresent) === 0) return at;
  while (data[at - 1] !== 0) {
    if (at >= end || data[at] === 0) return -1;
    at += data[at]! * 4;
    if (at > end) return -1;
  }
  return at;
}
