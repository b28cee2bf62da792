/** How the doctor says what it has found: as diagnostics, of each code no more than a bound one by one. */
import { diagnostics, type DiagnosticCode, type DiagnosticEntry } from '../../core/diagnostics.ts';
import { latin1 } from '../../core/bytes.ts';
import { printable } from '../../core/printable.ts';
import { client, type Side } from '../../core/side.ts';
import type { DiagnosticRecord, ExchangeRecord } from '../../timeline/records.ts';
import { countText } from '../units.ts';

/** Findings of one code that are told one by one; the rest is counted. */
const toldPerCode = 200;

const longestMessage = 500;

/** Where a finding belongs. Ids are -1 where it belongs to none. */
export interface Place {
  readonly connection: number;
  readonly exchange: number;
  readonly side: Side | -1;
  readonly time: number;
  readonly packet: number;
  /** Stream offset; left out where it is not known. */
  readonly offset?: number;
}

export type Detail = string | (() => string);

const nowhere: Place = { connection: -1, exchange: -1, side: -1, time: 0, packet: 0 };

export class Findings {
  emit: (record: DiagnosticRecord) => void = () => {};
  private readonly counts = new Map<DiagnosticCode, number>();
  private lastTime = 0;

  /**
   * Of one exchange, told with the message of `side`. The code is added to the exchange's own list.
   *
   * @param detail made when it is told; where findings may be many, no text is made of those that are only counted
   */
  exchange(record: ExchangeRecord, code: DiagnosticCode, side: Side, detail: Detail): void {
    if (!record.diagnostics.includes(code)) record.diagnostics.push(code);
    const message = side === client ? record.request : record.response;
    const { time, firstPacket, head } = message.present ? message : record.request;
    if (!this.isTold(code, time)) return;
    const { connection, id: exchange } = record;
    this.tell({ connection, exchange, side, time, packet: firstPacket, offset: head.offset }, code, detail);
  }

  at(place: Place, code: DiagnosticCode, detail: Detail): void {
    if (this.isTold(code, place.time)) this.tell(place, code, detail);
  }

  /** Says how many were counted without being told. */
  finish(): void {
    for (const [code, count] of this.counts) {
      if (count <= toldPerCode) continue;
      const more = count - toldPerCode;
      this.tell({ ...nowhere, time: this.lastTime }, code, `${countText(more)} more of these`, more);
    }
    this.counts.clear();
  }

  private isTold(code: DiagnosticCode, time: number): boolean {
    const count = (this.counts.get(code) ?? 0) + 1;
    this.counts.set(code, count);
    this.lastTime = time;
    return count <= toldPerCode;
  }

  private tell(place: Place, code: DiagnosticCode, detail: Detail, times = 1): void {
    const { severity, reference }: DiagnosticEntry = diagnostics[code];
    const { connection, exchange, side, time, packet, offset = -1 } = place;
    const message = (typeof detail === 'string' ? detail : detail()).slice(0, longestMessage);
    this.emit({ severity, code, message, reference, connection, exchange, side, time, packet, offset, times });
  }
}

const longestTarget = 100;

/** `GET /items/17`, bounded, to begin a sentence with. */
export function asked(record: ExchangeRecord): string {
  const { head, present } = record.request;
  if (!present) return 'a request that was not seen';
  const end = Math.min(head.targetEnd, head.targetStart + longestTarget);
  const target = latin1(head.data, head.targetStart, end) + (end < head.targetEnd ? '…' : '');
  return printable(`${record.request.method.slice(0, 32)} ${target}`);
}
