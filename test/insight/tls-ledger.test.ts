import { expect, test } from 'vitest';
import { TlsLedger } from '../../src/insight/tls-ledger.ts';

const closed = (reason: string) => ({ version: 'TLS 1.3', cipher: 'unknown', decrypted: false, reason }) as const;

test('connections are counted by reason, places left out', () => {
  const ledger = new TlsLedger();
  ledger.add({ version: 'TLS 1.3', cipher: 'unknown', decrypted: true });
  ledger.add({ ...closed('a gap at byte 7 of the client'), decrypted: true });
  ledger.add(closed('no secret for this client random'));
  ledger.add(closed('a gap at byte 12 of the server'));
  ledger.add(closed('a gap at byte 900 of the client'));
  ledger.add(closed('a gap at byte 0 of the server took the ServerHello, without which TLS 1.2 has no keys'));
  ledger.add(closed('key log line malformed: keys.log line 3'));
  ledger.add(closed('key log line malformed: keys.log line 12'));
  expect(ledger).toMatchObject({ count: 8, decrypted: 2, partly: 1 });
  expect([...ledger.reasons]).toEqual([
    ['no secret for this client random', 1],
    ['a gap', 2],
    ['a gap took the ServerHello, without which TLS 1.2 has no keys', 1],
    ['key log line malformed', 2],
  ]);
});

test('reasons are bounded', () => {
  const ledger = new TlsLedger();
  for (let i = 0; i < 1000; i++) ledger.add(closed(`reason ${i}`));
  expect(ledger.count).toBe(1000);
  expect(ledger.reasons.size).toBe(40);
});
