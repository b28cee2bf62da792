/** Content behind responses that have none (204, 304, and those to HEAD): receivers take it for the next response. */
import { server } from '../../core/side.ts';
import type { ConnectionRecord, DiagnosticRecord, ExchangeRecord } from '../../timeline/records.ts';
import type { Findings } from './findings.ts';

const mostConnections = 4096;

interface Empty {
  readonly exchange: number;
  readonly what: string;
}

export class Strays {
  private readonly findings: Findings;
  /** By connection id: the last response, where it is one without content. */
  private readonly empty = new Map<number, Empty>();

  constructor(findings: Findings) {
    this.findings = findings;
  }

  exchange(record: ExchangeRecord): void {
    if (record.stream >= 0 || !record.response.present) return;
    const what = withoutContent(record);
    if (what !== undefined && (this.empty.size < mostConnections || this.empty.has(record.connection)))
      this.empty.set(record.connection, { exchange: record.id, what });
    else if (this.empty.size > 0) this.empty.delete(record.connection);
  }

  /** Bytes that begin no message. */
  diagnostic({ connection, side, time, packet, offset, message }: DiagnosticRecord): void {
    const before = side === server ? this.empty.get(connection) : undefined;
    if (before === undefined) return;
    const { exchange, what } = before;
    this.empty.delete(connection);
    const detail = `behind ${what}: ${message}`;
    this.findings.at({ connection, exchange, side: server, time, packet, offset }, 'http.unexpected-content', detail);
  }

  connection({ connection }: ConnectionRecord): void {
    if (this.empty.size > 0) this.empty.delete(connection);
  }
}

function withoutContent({ request, response: { status } }: ExchangeRecord): string | undefined {
  if (status === 204 || status === 304) return `a ${status}`;
  return request.present && request.head.isMethod('HEAD') ? 'the response to a HEAD' : undefined;
}
