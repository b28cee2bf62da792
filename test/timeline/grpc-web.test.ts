/** gRPC-Web: the status stands in the content, which may be base64. */
import { expect, test } from 'vitest';
import type { HttpMessage } from '../../src/timeline/records.ts';
import { GrpcCounter, GrpcCounts, grpcJson } from '../../src/timeline/grpc.ts';

const message = (fields: Partial<HttpMessage>): HttpMessage =>
  ({ present: true, target: '/shop.Cart/Add', headers: [], trailers: [], ...fields }) as unknown as HttpMessage;

function counted(text: string): GrpcCounts {
  const counts = new GrpcCounts();
  const data = Buffer.from(text);
  new GrpcCounter(counts, 1).grpcTrailers(data, 0, data.length);
  return counts;
}

test('the status in the content', () => {
  const counts = counted('Grpc-Status: 5\r\ngrpc-message:not%20found\r\nx\r\n');
  expect(grpcJson(counts, message({}), message({}))).toMatchObject({
    service: 'shop.Cart',
    method: 'Add',
    status: 5,
    message: 'not found',
  });
});

test('that of the trailers stands before it', () => {
  const response = message({ trailers: [['grpc-status', '0']] });
  expect(grpcJson(counted('grpc-status: 5'), message({}), response)).toMatchObject({ status: 0 });
});
