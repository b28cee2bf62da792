/**
 * The frame header (RFC 6455 5.2) and the rules it can break.
 *
 *      0               1               2               3
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| length      | length if 126 (16 bits)       |
 *     |I|S|S|S|  (4)  |A|   (7)       |        if 127 (64 bits)       |
 *     |N|V|V|V|       |S|             |                               |
 *     | |1|2|3|       |K|             |                               |
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     | masking key, if MASK is set (32 bits)                         |
 *     +---------------------------------------------------------------+
 */
import { u16, u32 } from '../../core/bytes.ts';
import type { DiagnosticCode } from '../../core/diagnostics.ts';
import { client, type Side } from '../../core/side.ts';
import { FrameBit, Opcode, isControl, maxControlPayload, opcodeName } from '../../core/websocket.ts';

/** The longest header: 64-bit length and masking key. */
export const maxHeaderLength = 14;

/** Length of the header whose second byte this is: 2, 4, 6, 8, 10 or 14. */
export function headerLength(second: number): number {
  const length = second & 0x7f;
  return 2 + (second >>> 7) * 4 + (length < 126 ? 0 : length === 126 ? 2 : 8);
}

/** Payload length of the whole header at `at`, in bytes; a double, so inexact (and never reached) above 2^53. */
export function payloadLength(data: Uint8Array, at: number): number {
  const length = data[at + 1]! & 0x7f;
  if (length < 126) return length;
  if (length === 126) return u16(data, at + 2);
  return u32(data, at + 2) * 0x1_0000_0000 + u32(data, at + 6);
}

/** What a frame header can do wrong by itself, as bits. */
export const Fault = {
  unmasked: 1,
  masked: 2,
  reservedBits: 4,
  misplacedRsv1: 8,
  unassignedOpcode: 16,
  fragmentedControl: 32,
  longControl: 64,
  notMinimal: 128,
  topBit: 256,
} as const;

/**
 * The rules broken by a frame header.
 *
 * @param second the second byte: MASK and the 7-bit length
 * @param extensionBits the reserved bits that agreed extensions give a meaning to, as `FrameBit`
 */
export function headerFaults(side: Side, first: number, second: number, length: number, extensionBits: number): number {
  const opcode = first & 0x0f;
  let faults = 0;
  if (side === client) {
    if (second < 0x80) faults |= Fault.unmasked;
  } else if (second >= 0x80) faults |= Fault.masked;
  if ((first & 0x70) !== 0) faults |= reservedBitFaults(first, extensionBits);
  if (opcode > Opcode.binary) {
    if (opcode < Opcode.close || opcode > Opcode.pong) faults |= Fault.unassignedOpcode;
    if (isControl(opcode)) {
      if (first < 0x80) faults |= Fault.fragmentedControl;
      if (length > maxControlPayload) faults |= Fault.longControl;
    }
  }
  const form = second & 0x7f;
  if (form >= 126) faults |= longLengthFaults(form, length);
  return faults;
}

function reservedBitFaults(first: number, extensionBits: number): number {
  let faults = (first & 0x70 & ~extensionBits) !== 0 ? Fault.reservedBits : 0;
  // Only permessage-deflate claims RSV1 and nothing else; an extension not known here may use its bits as it likes.
  const deflateAlone = extensionBits === FrameBit.rsv1 && (first & FrameBit.rsv1) !== 0;
  const opcode = first & 0x0f;
  if (deflateAlone && (opcode === Opcode.continuation || isControl(opcode))) faults |= Fault.misplacedRsv1;
  return faults;
}

function longLengthFaults(form: number, length: number): number {
  let faults = 0;
  if (length < 126 || (form === 127 && length <= 0xffff)) faults |= Fault.notMinimal;
  if (length >= 0x8000_0000_0000_0000) faults |= Fault.topBit;
  return faults;
}

interface FaultReport {
  readonly fault: number;
  readonly code: DiagnosticCode;
  readonly detail: (first: number, length: number) => string;
}

/** How each fault is reported, in the order of the header's bits. */
export const faultReports: readonly FaultReport[] = [
  {
    fault: Fault.reservedBits,
    code: 'websocket.reserved-bits',
    detail: (first) => `${reservedBitNames(first)} set on a ${opcodeName(first)} frame`,
  },
  {
    fault: Fault.misplacedRsv1,
    code: 'websocket.misplaced-rsv1',
    detail: (first) => `RSV1 set on a ${opcodeName(first)} frame`,
  },
  {
    fault: Fault.unassignedOpcode,
    code: 'websocket.unassigned-opcode',
    detail: (first) => `opcode 0x${(first & 0x0f).toString(16)}`,
  },
  {
    fault: Fault.fragmentedControl,
    code: 'websocket.fragmented-control',
    detail: (first) => `a ${opcodeName(first)} frame without FIN`,
  },
  {
    fault: Fault.longControl,
    code: 'websocket.long-control',
    detail: (first, length) => `a ${opcodeName(first)} frame of ${length} bytes`,
  },
  {
    fault: Fault.unmasked,
    code: 'websocket.unmasked-client-frame',
    detail: (first) => `a ${opcodeName(first)} frame from the client is not masked`,
  },
  {
    fault: Fault.masked,
    code: 'websocket.masked-server-frame',
    detail: (first) => `a ${opcodeName(first)} frame from the server is masked`,
  },
  {
    fault: Fault.notMinimal,
    code: 'websocket.length-not-minimal',
    detail: (_first, length) => `a length of ${length} written in ${length < 126 ? 'more than 7' : '64'} bits`,
  },
  {
    fault: Fault.topBit,
    code: 'websocket.length-top-bit',
    detail: (_first, length) => `a length of ${length} bytes`,
  },
];

function reservedBitNames(first: number): string {
  const names: string[] = [];
  if ((first & FrameBit.rsv1) !== 0) names.push('RSV1');
  if ((first & FrameBit.rsv2) !== 0) names.push('RSV2');
  if ((first & FrameBit.rsv3) !== 0) names.push('RSV3');
  return names.join(', ');
}
