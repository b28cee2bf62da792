/** WebSocket frames written out byte by byte, right or wrong as asked. */
import { Opcode } from '../../src/core/websocket.ts';

export interface FrameSpec {
  opcode: number;
  payload?: Uint8Array | string;
  fin?: boolean;
  /** RSV1-3 as a number 0-7. */
  rsv?: number;
  /** Masking key, first byte highest; unmasked without one. */
  key?: number;
  /** The form the length is written in; the shortest that fits without one. */
  form?: 7 | 16 | 64;
  /** A length to announce instead of the payload's own. */
  announce?: bigint;
}

export function frameBytes(spec: FrameSpec): Buffer {
  const payload = Buffer.from(spec.payload ?? '');
  const length = spec.announce ?? BigInt(payload.length);
  const form = spec.form ?? (length < 126n ? 7 : length < 65_536n ? 16 : 64);
  const head = Buffer.alloc(2 + (form === 7 ? 0 : form / 8));
  head[0] = (spec.fin === false ? 0 : 0x80) | ((spec.rsv ?? 0) << 4) | spec.opcode;
  head[1] = (spec.key === undefined ? 0 : 0x80) | (form === 7 ? Number(length) : form === 16 ? 126 : 127);
  if (form === 16) head.writeUInt16BE(Number(length), 2);
  if (form === 64) head.writeBigUInt64BE(length, 2);
  if (spec.key === undefined) return Buffer.concat([head, payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(spec.key);
  return Buffer.concat([head, key, payload.map((byte, i) => byte ^ key[i & 3]!)]);
}

/** A close frame's payload. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

export const text = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): Buffer =>
  frameBytes({ opcode: Opcode.text, payload, ...more });
export const binary = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): Buffer =>
  frameBytes({ opcode: Opcode.binary, payload, ...more });
export const continuation = (payload: string | Uint8Array, more: Partial<FrameSpec> = {}): Buffer =>
  frameBytes({ opcode: Opcode.continuation, payload, ...more });
