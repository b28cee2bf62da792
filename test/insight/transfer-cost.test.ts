/** What HTTP and WebSocket cost where one connection carries both. */
import { expect, test } from 'vitest';
import { TransferCost } from '../../src/insight/transfer-cost.ts';
import { connection, exchange, frame, openConnection } from '../support/records.ts';

const packets = [30, 30] as const;
const bytes = [6000, 4000] as const;
const connectRequest = 'CONNECT /chat HTTP/2.0\nHost: a.example\n:protocol: websocket\n\n';

test('streams of both share what their connection carried', () => {
  const cost = new TransferCost();
  const on = openConnection();
  const asked = exchange({ on, stream: 1, request: 'GET / HTTP/2.0\n\n', response: 'HTTP/2.0 200\n\nx' });
  const opened = exchange({ on, stream: 3, request: connectRequest, response: 'HTTP/2.0 200\n\n' });
  cost.exchange(asked);
  cost.exchange(opened);
  const theirs = asked.request.head.size + asked.response.head.size + asked.response.bodyBytes;
  const handshake = opened.request.head.size + opened.response.head.size;
  const said = frame({ on, stream: 3, payload: 'x'.repeat(3 * theirs - handshake - 2) });
  said.headerLength = 2;
  cost.frame(said);
  cost.connection(
    connection({ on, packets, bytes, opening: 'handshake', protocols: ['h2', 'websocket'], closing: 'fin' }),
  );

  expect(cost.http).toMatchObject({ connections: 1, units: 1, packets: 24, carried: 2500, packetHeaders: 960 });
  expect(cost.webSocket).toMatchObject({ connections: 1, packets: 36, carried: 7500, packetHeaders: 1440 });
  expect(cost).toMatchObject({ handshakes: 1, handshakeBytes: handshake });
  expect([cost.http.roundTrips, cost.webSocket.roundTrips]).toEqual([2, 1]);
});

test('a connection that became a WebSocket is all its own', () => {
  const cost = new TransferCost();
  const on = openConnection();
  cost.exchange(exchange({ on, request: 'GET /ws HTTP/1.1\n\n', response: 'HTTP/1.1 101 Switching Protocols\n\n' }));
  cost.connection(connection({ on, packets, bytes, protocols: ['http/1.1', 'websocket'] }));
  expect(cost.http).toMatchObject({ connections: 0, packets: 0, carried: 0, roundTrips: 0 });
  expect(cost.webSocket).toMatchObject({ connections: 1, packets: 60, carried: 10_000, roundTrips: 2 });
});
