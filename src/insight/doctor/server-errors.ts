/** Failures of a server that come in a row: when they began, when they ended, how many there were. */
import { server } from '../../core/side.ts';
import type { ExchangeRecord } from '../../timeline/records.ts';
import { countText, spanText } from '../units.ts';
import type { Findings, Place } from './findings.ts';

const mostServers = 4096;
/** From this many failures in a row it is no accident. */
const shortestBurst = 5;

interface Burst {
  readonly server: string;
  readonly place: Place;
  readonly statuses: Set<number>;
  count: number;
  last: number;
}

export class ServerErrors {
  private readonly findings: Findings;
  private readonly open = new Map<number, Burst>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord): void {
    const failed = record.response.status >= 500;
    if (!record.response.present || (!failed && this.open.size === 0)) return;
    const key = serverKey(record);
    const burst = this.open.get(key);
    if (failed) this.failed(record, key, burst);
    else if (burst !== undefined) {
      this.open.delete(key);
      this.tell(burst);
    }
  }

  finish(): void {
    for (const burst of this.open.values()) this.tell(burst);
    this.open.clear();
  }

  private failed(record: ExchangeRecord, key: number, burst: Burst | undefined): void {
    const { status, time, firstPacket } = record.response;
    if (burst !== undefined) {
      burst.count++;
      burst.last = time;
      burst.statuses.add(status);
    } else if (this.open.size < mostServers) {
      const place = { connection: record.connection, exchange: record.id, side: server, time, packet: firstPacket };
      this.open.set(key, { server: record.server, place, statuses: new Set([status]), count: 1, last: time });
    }
  }

  private tell({ server: name, place, statuses, count, last }: Burst): void {
    if (count < shortestBurst) return;
    const kinds = [...statuses].sort((a, b) => a - b).slice(0, 5).join(', '); // prettier-ignore
    const detail = `${name}: ${countText(count)} responses in a row failed (${kinds}), in ${spanText(last - place.time)}`;
    this.findings.at(place, 'http.server-error-burst', detail);
  }
}

/** The server's address and port as one number. */
function serverKey({ table, slot }: ExchangeRecord): number {
  const at = table.wordsAt(slot, server);
  let hash = table.port(slot, server);
  for (let i = at; i < at + 4; i++) hash = Math.imul(hash ^ table.words[i]!, 0x01000193);
  return hash;
}
