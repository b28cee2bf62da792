import { expect, test } from 'vitest';
import { GrpcMessageReader } from '../../../src/decode/grpc/message-reader.ts';

function read(parts: readonly (Uint8Array | 'gap')[]): string[] {
  const said: string[] = [];
  const reader = new GrpcMessageReader({
    grpcMessage: (length, compressed) => said.push(`${length}${compressed ? ' compressed' : ''}`),
    grpcTrailers: (data, start, end) => said.push(Buffer.from(data.subarray(start, end)).toString()),
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

const trailers = (text: string): Uint8Array =>
  Buffer.concat([message(0x80, text.length).subarray(0, 5), Buffer.from(text)]);

const base64 = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.from(Buffer.concat(parts).toString('base64'));

test.each([
  ['one message', [message(0, 3)], ['3']],
  ['none', [], []],
  ['an empty one, and a compressed one', [message(0, 0), message(1, 300)], ['0', '300 compressed']],
  ["gRPC-Web's trailers are no message", [message(0, 1), trailers('grpc-status:0\r\n')], ['1', 'grpc-status:0\r\n']],
  ['compressed trailers', [message(0, 1), message(0x81, 20)], ['1']],
  ['no trailers', [message(0, 1), message(0x80, 0)], ['1']],
  ['cut inside trailers', [message(0x80, 20).subarray(0, 9)], ['cut']],
  ['very long trailers', [trailers('x'.repeat(20_000))], ['x'.repeat(8192)]],
  ['as text', [base64(message(0, 7), trailers('grpc-status: 5\r\n'))], ['7', 'grpc-status: 5\r\n']],
  [
    'as text, padded piece by piece',
    [base64(message(0, 2)), base64(message(1, 3)), Buffer.from('\n'), base64(trailers('a: b'))],
    ['2', '3 compressed', 'a: b'],
  ],
  ['as text, cut', [base64(message(0, 70)).subarray(0, 40)], ['70', 'cut']],
  ['as text that ends', [base64(message(0, 3)), Buffer.from('<html>')], ['3', 'cut']],
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
