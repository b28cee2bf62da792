/** Connections that are open side by side, and what keeping them would save. */
import { expect, test } from 'vitest';
import { ConnectionTable } from '../../../src/core/connection-table.ts';
import { Doctor } from '../../../src/insight/doctor/doctor.ts';
import { savingText } from '../../../src/insight/doctor/connection-use.ts';
import { connection, exchange, openConnection } from '../../support/records.ts';

const ok = 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx';
const switched = 'HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\n';

/** All of them open before the first is closed. */
function sideBySide(answers: readonly string[]): { doctor: Doctor; codes: string[] } {
  const table = new ConnectionTable(64);
  const doctor = new Doctor();
  const codes: string[] = [];
  doctor.reportTo(({ code }) => codes.push(code));
  const open = answers.map((response, i) => {
    const on = openConnection({ client: `192.0.2.1:${40_000 + i}` }, table);
    const request = `GET /${i} HTTP/1.1\nHost: a.example\nUpgrade: websocket\nConnection: Upgrade\n\n`;
    doctor.exchange(exchange({ on, id: i + 1, request: response === ok ? 'GET / HTTP/1.1\n\n' : request, response }));
    return { on, protocols: response === ok ? ['http/1.1' as const] : ['http/1.1' as const, 'websocket' as const] };
  });
  for (const { on, protocols } of open) doctor.connection(connection({ on, protocols, handshakeRtt: 1e6 }));
  doctor.finish();
  return { doctor, codes };
}

test('requests side by side need a connection each', () => {
  const { doctor, codes } = sideBySide(Array.from({ length: 12 }, () => ok));
  const [pair] = doctor.connectionUse.entries();
  expect(pair).toMatchObject({ connections: 12, single: 12, atOnce: 12 });
  expect(savingText(pair!)).toBe('keeping 12 open saves 0 handshakes x 1.00 ms = 0 ns');
  expect(codes).not.toContain('http.connection-per-request');
});

test('what became a WebSocket is none of them', () => {
  const { doctor } = sideBySide([ok, switched, ok]);
  expect(doctor.connectionUse.entries()).toMatchObject([{ connections: 2, exchanges: 2, atOnce: 2 }]);
});
