import { expect, test } from 'vitest';
import { GrpcMessageReader } from '../../../src/decode/grpc/message-reader.ts';

function read(parts: readonly (Uint8Array | 'gap')[]): string[] {
  const said: string[] = [];
  const reader = new GrpcMessageReader({
    grpcMessage: (length, compressed) => said.push(`${length}${compressed ? ' compressed' : ''}`),
    grpcCut: () => said.push('cut'),
  });
  for (const part of parts) {
    if (part === 'gap') reader.gap();
    else reader.push(part, 0, part.length);
  }
  reader.finish();
  return said;
}

const message = (flag: number, length: number): Uint8Array =>
  Buffer.concat([Buffer.from([flag, 0, 0, length >> 8, length & 255]), Buffer.alloc(length)]);

test.each([
  ['one message', [message(0, 3)], ['3']],
  ['none', [], []],
  ['an empty one, and a compressed one', [message(0, 0), message(1, 300)], ['0', '300 compressed']],
  ["gRPC-Web's trailers are no message", [message(0, 1), message(0x80, 20)], ['1']],
  ['cut inside a message', [message(0, 10).subarray(0, 9)], ['10', 'cut']],
  ['cut inside a prefix', [Uint8Array.of(0, 0)], ['cut']],
  ['no such content', [Buffer.from('{"a": 1}')], ['cut']],
  ['bytes missing', [message(0, 3), 'gap', message(0, 4)], ['3']],
] as const)('%s', (_, parts, expected) => {
  expect(read(parts)).toEqual(expected);
  const octets = parts.flatMap((part): (Uint8Array | 'gap')[] =>
    part === 'gap' ? [part] : Array.from(part, (octet) => Uint8Array.of(octet)),
  );
  expect(read(octets)).toEqual(expected);
});
