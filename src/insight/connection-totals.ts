/** Connections added up: how they opened and closed, what they carried, what TCP had to repair. */
import type { ConnectionRecord } from '../timeline/records.ts';
import { Distribution } from './distribution.ts';
import { TlsLedger } from './tls-ledger.ts';

const sides = [0, 1] as const;

export class ConnectionTotals {
  count = 0;
  readonly opening: Record<ConnectionRecord['opening'], number> = { handshake: 0, midstream: 0 };
  readonly closing: Record<ConnectionRecord['closing'], number> = { fin: 0, reset: 0, open: 0 };
  /** Connections by protocol, TCP itself left out. */
  readonly protocols = new Map<string, number>();
  /** TCP payload bytes by side, retransmissions included. */
  readonly bytes: [number, number] = [0, 0];
  retransmissions = 0;
  outOfOrder = 0;
  missingBytes = 0;
  conflictingOverlaps = 0;
  readonly handshakeRtt: Distribution = new Distribution();
  readonly tls: TlsLedger = new TlsLedger();

  connection(record: ConnectionRecord): void {
    this.count++;
    this.opening[record.opening]++;
    this.closing[record.closing]++;
    for (const name of record.protocols) this.protocols.set(name, (this.protocols.get(name) ?? 0) + 1);
    for (const side of sides) {
      this.bytes[side] += record.bytes(side);
      this.retransmissions += record.retransmissions(side);
      this.outOfOrder += record.outOfOrder(side);
      this.missingBytes += record.missingBytes(side);
    }
    this.conflictingOverlaps += record.conflictingOverlaps;
    if (record.tls !== undefined) this.tls.add(record.tls);
    if (record.handshakeRtt >= 0) this.handshakeRtt.add(record.handshakeRtt);
  }
}
